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
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from ..faults import Fault, Faults, serve_delay
from ..log import RequestLog
from ..state import State
from .entra import Entra
from .https import Answer, Request
from .key_credentials import RefusedError, replaced
from .replicas import Replicas
from .writers import Writers

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
        self.replicas = Replicas(state.data["graph"])
        self.writers = Writers(state, self.replicas)

    def handle(self, request: Request) -> Answer:
        write = request.method != "GET"
        point = f"graph.{request.method.lower()}"
        self._state.wait("graph")
        self.writers.act(point, after=False)
        fault = self._faults.take(point)
        answer = self._faulty(fault, request) if fault else self._routed(request)
        self.writers.act(point, after=True)
        target = request.path + (f"?{'&'.join(f'{name}={value}' for name, value in request.query.items())}" if request.query else "")
        body = json.loads(request.body) if request.body else None
        self._log.add(
            "graph", request.method, target, write=write, status="reset" if answer.reset else answer.status, detail={"body": body}
        )
        moment = datetime.now(timezone.utc) + timedelta(seconds=self._state.data["graph"]["clock_offset"])
        return replace(answer, headers={"Date": format_datetime(moment, usegmt=True), **answer.headers})

    def _faulty(self, fault: Fault, request: Request) -> Answer:
        """What comes back where something goes wrong, before Graph acts or after it."""
        done = self._routed(request) if fault.after or fault.do == "truncate" else None
        if fault.do == "reset":
            return Answer(reset=True)
        if fault.do == "throttle":
            wait = {"Retry-After": str(int(fault.number))} if fault.argument else {}
            return Answer(429, _error(fault.code or "TooManyRequests", fault.message or "Too many requests"), wait)
        if fault.do == "status":
            return Answer(int(fault.number), _error(fault.code or "ServiceNotAvailable", fault.message or "a fault of the lab"))
        if fault.do == "late":
            timer = threading.Timer(fault.number, self._routed, [request])
            timer.daemon = True
            timer.start()
            return Answer(504, _error(fault.code or "UnknownError", fault.message or ""))
        if fault.do == "truncate" and done:
            return replace(done, truncate=True)
        if fault.do == "delay":
            serve_delay(fault)
        return done or self._routed(request)

    def _routed(self, request: Request) -> Answer:
        try:
            with self._state.lock:
                return self._route(request)
        except RefusedError as exc:
            return Answer(exc.status, _error(exc.code, str(exc)))

    def _route(self, request: Request) -> Answer:
        claims = self._entra.read(request.headers.get("authorization", "").removeprefix("Bearer "))
        tenant = self._state.tenant(claims["tid"]) if claims else None
        if claims is None or tenant is None:
            raise RefusedError(401, "InvalidAuthenticationToken", "Access token validation failure.")
        lag = self.replicas.lag_of(request.headers["authorization"]) if request.method == "GET" else 0
        roles = {*claims.get("roles", ()), *claims.get("scp", "").split()}  # of an application, or of a person through one
        path = request.path.rstrip("/")
        if path == "/v1.0/organization" and request.method == "GET":
            _need(roles, _ORGANIZATION)
            domains = [{"name": name, "isDefault": index == 0} for index, name in enumerate(tenant["domains"])]
            return Answer(content={"value": [{"id": tenant["id"], "displayName": tenant["display_name"], "verifiedDomains": domains}]})
        if path == "/v1.0/servicePrincipals" and request.method == "GET":
            _need(roles, _READS)
            return self._list(tenant, request, lag)
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
            return Answer(content=self._shown(self.replicas.shown(principal, lag), request.query.get("$select"), key=True))
        raise RefusedError(404, "Request_ResourceNotFound", f"The lab's Graph has no {request.method} {path}.")

    def _list(self, tenant: dict[str, Any], request: Request, lag: float) -> Answer:
        chosen = [self.replicas.shown(one, lag) for one in tenant["service_principals"] if _matches(one, request.query.get("$filter"))]
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
        after = copy.deepcopy(principal)
        for name, value in body.items():
            if name == "keyCredentials":
                after[name] = replaced(principal["keyCredentials"], value, self._state.data["graph"]["key_null"])
            elif name == "servicePrincipalNames":
                after[name] = _names(tenant, principal, value)
            elif name == "accountEnabled" and isinstance(value, bool):
                after[name] = value
            else:
                raise RefusedError(400, "Request_BadRequest", f"Property '{name}' cannot be set to that value.")
        self.replicas.changes(principal)
        principal.update(after)


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
