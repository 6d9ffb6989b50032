# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph v1.0: service principals and the organization, with the documented meaning of PATCH.

https://learn.microsoft.com/graph/api/serviceprincipal-update and https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from ..faults import Faults
from ..log import RequestLog
from ..state import State
from .entra import Entra
from .https import Answer, Request
from .key_credentials import RefusedError, replaced

_READS = {"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
_WRITES = {"Application.ReadWrite.All", "Directory.ReadWrite.All"}
_ORGANIZATION = {"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
_ONE = re.compile(r"/v1\.0/servicePrincipals(?:/(?P<id>[^/(]+)|\(appId='(?P<app>[^']+)'\))", re.IGNORECASE)
_APP_ID = re.compile(r"appId eq '([^']+)'", re.IGNORECASE)
_BEGINNINGS = re.compile(r"startswith\(displayName,\s*'((?:[^']|'')*)'\)", re.IGNORECASE)
_APP_IDS = re.compile(r"appId in \(([^)]*)\)", re.IGNORECASE)
# Names and types of the properties, from Microsoft's own schema.
TYPES: dict[str, Any] = json.loads((Path(__file__).parent / "graph_types.json").read_text(encoding="utf-8"))["types"]
_KNOWN = {"id", *TYPES["servicePrincipal"]}
_DEFAULT = ("id", "appId", "displayName", "accountEnabled", "servicePrincipalNames", "keyCredentials", "passwordCredentials")


class Graph:
    """url: the server's own address, set once it listens."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, entra: Entra) -> None:
        self._state, self._log, self._faults, self._entra = state, log, faults, entra
        self.url = ""
        self._stale: dict[str, tuple[int, dict[str, Any]]] = {}

    def handle(self, request: Request) -> Answer:
        write = request.method != "GET"
        self._state.wait("graph")
        fault = self._faults.take(f"graph.{request.method.lower()}")
        if fault and fault.do == "reset":
            answer = Answer(reset=True)
        elif fault and fault.do == "throttle":
            answer = Answer(429, _error("TooManyRequests", "Too many requests"), {"Retry-After": str(int(fault.number))})
        elif fault and fault.do == "status":
            answer = Answer(int(fault.number), _error("ServiceNotAvailable", "a fault of the lab"))
        else:
            try:
                with self._state.lock:
                    answer = self._route(request)
            except RefusedError as exc:
                answer = Answer(exc.status, _error(exc.code, str(exc)))
            if fault and fault.do == "truncate":
                answer = Answer(answer.status, answer.content, truncate=True)
        target = request.path + (f"?{'&'.join(f'{name}={value}' for name, value in request.query.items())}" if request.query else "")
        body = json.loads(request.body) if request.body else None
        self._log.add(
            "graph", request.method, target, write=write, status="reset" if answer.reset else answer.status, detail={"body": body}
        )
        moment = datetime.now(timezone.utc) + timedelta(seconds=self._state.data["graph"]["clock_offset"])
        return replace(answer, headers={"Date": format_datetime(moment, usegmt=True), **answer.headers})

    def _route(self, request: Request) -> Answer:
        claims = self._entra.read(request.headers.get("authorization", "").removeprefix("Bearer "))
        tenant = self._state.tenant(claims["tid"]) if claims else None
        if claims is None or tenant is None:
            raise RefusedError(401, "InvalidAuthenticationToken", "Access token validation failure.")
        roles = set(claims["roles"])
        path = request.path.rstrip("/")
        if path == "/v1.0/organization" and request.method == "GET":
            _need(roles, _ORGANIZATION)
            domains = [{"name": name, "isDefault": index == 0} for index, name in enumerate(tenant["domains"])]
            return Answer(content={"value": [{"id": tenant["id"], "displayName": tenant["display_name"], "verifiedDomains": domains}]})
        if path == "/v1.0/servicePrincipals" and request.method == "GET":
            _need(roles, _READS)
            return self._list(tenant, request)
        match = _ONE.fullmatch(path)
        if match and request.method in ("GET", "PATCH"):
            _need(roles, _READS if request.method == "GET" else _WRITES)
            principal = next(
                (
                    one
                    for one in tenant["service_principals"]
                    if one["id"] == match["id"] or (match["app"] and one["appId"] == match["app"].lower())
                ),
                None,
            )
            if principal is None:
                raise RefusedError(404, "Request_ResourceNotFound", f"Resource '{match['id'] or match['app']}' does not exist.")
            if request.method == "PATCH":
                self._change(tenant, principal, json.loads(request.body))
                return Answer(204)
            return Answer(content=self._shown(self._seen(principal), request.query.get("$select"), key=True))
        raise RefusedError(404, "Request_ResourceNotFound", f"The lab's Graph has no {request.method} {path}.")

    def _list(self, tenant: dict[str, Any], request: Request) -> Answer:
        chosen = [self._seen(one) for one in tenant["service_principals"] if _matches(one, request.query.get("$filter"))]
        start, size = (
            int(request.query.get("$skiptoken", 0)),
            min(int(request.query.get("$top", 100)), int(self._state.data["graph"]["page_size"])),
        )
        key = bool(self._state.data["graph"]["list_returns_key"])
        content: dict[str, Any] = {"value": [self._shown(one, request.query.get("$select"), key) for one in chosen[start : start + size]]}
        if start + size < len(chosen):
            kept = "&".join(f"{name}={value}" for name, value in request.query.items() if name != "$skiptoken")
            content["@odata.nextLink"] = f"{self.url}{request.path}?{kept}&$skiptoken={start + size}"
        return Answer(content=content)

    def _seen(self, principal: dict[str, Any]) -> dict[str, Any]:
        """The principal as a replica shows it, which may be as it was before the last write."""
        left, old = self._stale.get(principal["id"], (0, principal))
        if left <= 0:
            return principal
        self._stale[principal["id"]] = (left - 1, old)
        return old

    def _shown(self, principal: dict[str, Any], select: str | None, key: bool) -> dict[str, Any]:
        unknown = set(select.split(",") if select else ()) - _KNOWN
        if unknown:
            raise RefusedError(
                400, "BadRequest", f"Could not find a property named '{min(unknown)}' on type 'microsoft.graph.servicePrincipal'."
            )
        shown: dict[str, Any] = copy.deepcopy({name: principal.get(name) for name in (select.split(",") if select else _DEFAULT)})
        for entry in shown.get("keyCredentials") or []:
            if not key or not select:
                entry["key"] = None
        return shown

    def _change(self, tenant: dict[str, Any], principal: dict[str, Any], body: dict[str, Any]) -> None:
        before, after = copy.deepcopy(principal), copy.deepcopy(principal)
        for name, value in body.items():
            if name == "keyCredentials":
                after[name] = replaced(principal["keyCredentials"], value)
            elif name == "servicePrincipalNames":
                after[name] = _names(tenant, principal, value)
            elif name == "accountEnabled" and isinstance(value, bool):
                after[name] = value
            else:
                raise RefusedError(400, "Request_BadRequest", f"Property '{name}' cannot be set to that value.")
        principal.update(after)
        stale = int(self._state.data["graph"]["stale_reads"])
        if stale:
            self._stale[principal["id"]] = (stale, before)


def _need(roles: set[str], any_of: set[str]) -> None:
    if not roles & any_of:
        raise RefusedError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _matches(principal: dict[str, Any], condition: str | None) -> bool:
    if condition is None:
        return True
    wanted = {value.lower() for value in _APP_ID.findall(condition)}
    for listed in _APP_IDS.findall(condition):
        wanted |= {value.strip().strip("'").lower() for value in listed.split(",")}
    beginnings = tuple(text.replace("''", "'").lower() for text in _BEGINNINGS.findall(condition))
    rest = _BEGINNINGS.sub("", _APP_IDS.sub("", _APP_ID.sub("", condition)))
    if not (wanted or beginnings) or re.sub(r"\s+or\s+", "", rest).strip():
        raise RefusedError(400, "Request_UnsupportedQuery", f"The lab's Graph cannot filter by {condition!r}.")
    named = bool(beginnings) and str(principal.get("displayName") or "").lower().startswith(beginnings)
    return named or principal["appId"].lower() in wanted


def _names(tenant: dict[str, Any], principal: dict[str, Any], value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RefusedError(400, "Request_BadRequest", "servicePrincipalNames is a list of texts.")
    taken = {name.lower() for one in tenant["service_principals"] if one is not principal for name in one["servicePrincipalNames"]}
    for name in value:
        if name.lower() in taken:
            raise RefusedError(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The service principal cannot be updated because the service principal name {name} is already in use.",
            )
    return list(value)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": str(uuid.uuid4())}}}
