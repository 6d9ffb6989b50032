# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph v1.0: service principals, applications and the organization, with the documented meaning of PATCH.

https://learn.microsoft.com/graph/api/serviceprincipal-update and https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from ..faults import Fault, Faults, serve_delay
from ..log import RequestLog
from ..state import State
from . import app_policies, batch, passwords, readings
from .entity_sets import ENTITY_SETS, EntitySet, assignments
from .entra import Entra
from .graph_error import RefusedError, error
from .https import Answer, Request
from .replicas import Replicas
from .schema import body_of, typed
from .writers import Writers

_READING = ("GET", "HEAD")
_PATH = re.compile(
    r"/v1\.0/(?P<set>servicePrincipals|applications|organization)"
    r"(?:(?P<count>/\$count)|(?:/(?P<id>[^/($]+)|\(appId='(?P<app>[^']+)'\))"
    r"(?:/(?:microsoft\.graph\.)?(?P<action>addPassword|removePassword)|/(?P<linked>appRoleAssignedTo|appManagementPolicies|federatedIdentityCredentials))?)?",
    re.IGNORECASE,
)
_POLICY = "/v1.0/policies/defaultappmanagementpolicy"


class Graph:
    """url: the server's own address, set once it listens."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, entra: Entra) -> None:
        self._state, self._log, self._faults, self._entra = state, log, faults, entra
        self.url = ""
        self.replicas = Replicas(state.data["graph"])
        self.writers = Writers(state, self.replicas)

    def handle(self, request: Request) -> Answer:
        answer = self._served(request)
        moment = datetime.now(timezone.utc) + timedelta(seconds=self._state.data["graph"]["clock_offset"])
        return replace(answer, headers={"Date": format_datetime(moment, usegmt=True), **answer.headers})

    def _served(self, request: Request) -> Answer:
        """The answer to a request by itself, or to one of a batch."""
        point = f"graph.{request.method.lower()}"
        self._state.wait("graph")
        self.writers.act(point, after=False)
        fault = self._faults.take(point)
        answer = self._faulty(fault, request) if fault else self._routed(request)
        self.writers.act(point, after=True)
        target = request.path + (f"?{'&'.join(f'{name}={value}' for name, value in request.query.items())}" if request.query else "")
        write = request.method not in _READING and request.path != batch.PATH
        status: int | str = "reset" if answer.reset else answer.status
        self._log.add("graph", request.method, target, write=write, status=status, detail={"body": _logged(request.body)})
        return _identified(answer, request.headers.get("client-request-id"))

    def _faulty(self, fault: Fault, request: Request) -> Answer:
        """What comes back where something goes wrong, before Graph acts or after it."""
        done = self._routed(request) if fault.after or fault.do == "truncate" else None
        if fault.do == "reset":
            return Answer(reset=True)
        if fault.do == "throttle":
            wait = {"Retry-After": str(int(fault.number))} if fault.argument else {}
            return Answer(429, error(fault.code or "TooManyRequests", fault.message or "Too many requests"), wait)
        if fault.do == "status":
            return Answer(int(fault.number), error(fault.code or "ServiceNotAvailable", fault.message or "a fault of the lab"))
        if fault.do == "late":
            timer = threading.Timer(fault.number, self._routed, [request])
            timer.daemon = True
            timer.start()
            return Answer(504, error(fault.code or "UnknownError", fault.message or ""))
        if fault.do == "truncate" and done:
            return replace(done, truncate=True)
        if fault.do == "delay":
            serve_delay(fault)
        return done or self._routed(request)

    def _routed(self, request: Request) -> Answer:
        try:
            claims, tenant = self._caller(request)
            if request.path == batch.PATH:
                _allow(request, "POST")
                return batch.answered(request, self._served)
            with self._state.lock:
                return self._route(request, tenant, {*claims.get("roles", ()), *claims.get("scp", "").split()})
        except RefusedError as exc:
            return Answer(exc.status, error(exc.code, str(exc)), exc.headers)

    def _caller(self, request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The claims of the caller's token and its tenant; RefusedError where it has none for Graph."""
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        claims = self._entra.read(token) if scheme.lower() == "bearer" else None
        tenant = self._state.tenant(claims["tid"]) if claims and str(claims["aud"]).rstrip("/") == self._entra.graph_url else None
        if claims is None or tenant is None:
            where = f'Bearer realm="", authorization_uri="{self._entra.url}/common/oauth2/authorize", client_id="{_GRAPH_APP_ID}"'
            text = "Access token validation failure." if token else "Access token is empty."
            raise RefusedError(401, "InvalidAuthenticationToken", text, {"WWW-Authenticate": where})
        return claims, tenant

    def _route(self, request: Request, tenant: dict[str, Any], permissions: set[str]) -> Answer:
        """permissions: of an application, or of a person through one."""
        match = _PATH.fullmatch(request.path.rstrip("/"))
        if request.path.rstrip("/").lower() == _POLICY:
            _allow(request, *_READING)
            _permit(permissions, app_policies.READS)
            return readings.single("tenantAppManagementPolicy", lambda: app_policies.default(tenant), request, f"{self.url}/v1.0")
        if match is None:
            segment = request.path.removeprefix("/v1.0/").partition("/")[0]
            raise RefusedError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
        entities = ENTITY_SETS[match["set"].lower()]
        names_one = bool(match["id"] or match["app"])
        changing = ("POST",) if match["action"] else (("PATCH",) if names_one and entities.writes and not match["linked"] else ())
        _allow(request, *(() if match["action"] else _READING), *changing)
        _permit(permissions, entities.reads if request.method in _READING else entities.writes)
        if match["linked"]:
            return self._linked(entities, tenant, request, match, permissions)
        if request.method in _READING:
            return self._read(entities, tenant, request, match)
        found = _one(entities, tenant, match)
        body = body_of(request.body, request.headers.get("content-type", ""))
        if match["action"]:
            return self._password(entities, tenant, found, match["action"].lower(), body)
        values = typed(entities.kind, body)
        changes = entities.changes(tenant, found, values, self._state.data["graph"]["key_null"])
        if "keyCredentials" in changes:
            app_policies.check(tenant, entities.kind, found, changes["keyCredentials"], self._state.data["graph"]["lifetime_from"])
        self._store(entities, tenant, found, changes)
        return Answer(204)

    def _linked(self, entities: EntitySet, tenant: dict[str, Any], request: Request, match: re.Match[str], permissions: set[str]) -> Answer:
        """What is linked to one object: who has its app roles, the policy that is assigned to it, or its federated credentials."""
        settings, base, found = self._state.data["graph"], f"{self.url}/v1.0", _one(entities, tenant, match)
        if match["linked"].lower() == "appmanagementpolicies":
            _permit(permissions, app_policies.READS)
            kind, objects = "appManagementPolicy", app_policies.assigned(tenant, found)
        elif match["linked"].lower() == "federatedidentitycredentials" and entities.kind == "application":
            kind, objects = "federatedIdentityCredential", found["federatedIdentityCredentials"]
        elif match["linked"].lower() == "approleassignedto" and entities.kind == "servicePrincipal":
            kind, objects = "appRoleAssignment", assignments(tenant, found)
        else:
            raise RefusedError(400, "BadRequest", f"Resource not found for the segment '{match['linked']}'.")
        return readings.page(kind, objects, request, base, replica=dict, largest=int(settings["page_size"]), gives_keys=False)

    def _read(self, entities: EntitySet, tenant: dict[str, Any], request: Request, match: re.Match[str]) -> Answer:
        settings, base = self._state.data["graph"], f"{self.url}/v1.0"
        lag = self.replicas.lag_of(request.headers["authorization"])

        def replica(one: dict[str, Any]) -> dict[str, Any]:
            return self.replicas.shown(one, lag)

        if match["id"] or match["app"]:
            return readings.single(entities.kind, lambda: replica(_one(entities, tenant, match)), request, base, settings["expand"])
        objects = entities.objects(tenant)
        if match["count"]:
            return readings.count(entities.kind, objects, request)
        largest, gives_keys = int(settings["page_size"]), bool(settings["list_returns_key"])
        expand = str(settings["expand"])
        return readings.page(entities.kind, objects, request, base, replica=replica, largest=largest, gives_keys=gives_keys, expand=expand)

    def _password(self, entities: EntitySet, tenant: dict[str, Any], found: dict[str, Any], action: str, body: dict[str, Any]) -> Answer:
        if action == "removepassword":
            self._store(entities, tenant, found, {"passwordCredentials": passwords.removed(found["passwordCredentials"], body)})
            return Answer(204)
        kept, made = passwords.added(found["passwordCredentials"], body)
        self._store(entities, tenant, found, {"passwordCredentials": kept})
        return Answer(content={"@odata.context": f"{self.url}/v1.0/$metadata#microsoft.graph.passwordCredential", **made})

    def _store(self, entities: EntitySet, tenant: dict[str, Any], found: dict[str, Any], changes: dict[str, Any]) -> None:
        self.replicas.changes(found)
        entities.store(tenant, found, changes)


# Microsoft Graph's own application id, the same in every tenant.
_GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


def _permit(permissions: set[str], needed: frozenset[str]) -> None:
    if not permissions & needed:
        raise RefusedError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        text = "Specified HTTP method is not allowed for the request target."
        raise RefusedError(405, "Request_BadRequest", text, {"Allow": ", ".join(methods)})


def _one(entities: EntitySet, tenant: dict[str, Any], match: re.Match[str]) -> dict[str, Any]:
    name, wanted = ("id", match["id"]) if match["id"] else ("appId", match["app"])
    found = next((one for one in entities.objects(tenant) if str(one[name]).lower() == wanted.lower()), None)
    if found is None:
        text = f"Resource '{wanted}' does not exist or one of its queried reference-property objects are not present."
        raise RefusedError(404, "Request_ResourceNotFound", text)
    return found


def _identified(answer: Answer, given: str | None) -> Answer:
    """The answer with the ids of its request: https://learn.microsoft.com/graph/best-practices-concept, "Reliability and support"."""
    request_id = str(uuid.uuid4())
    ids = {"request-id": request_id, "client-request-id": given or request_id}
    headers = {**ids, **answer.headers}
    content = answer.content
    if isinstance(content, dict):
        headers = {"Content-Type": "application/json; odata.metadata=minimal; charset=utf-8", "OData-Version": "4.0", **headers}
        if "error" in content:
            inner = {"date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"), **ids}
            content = {"error": {**content["error"], "innerError": inner}}
    return replace(answer, content=content, headers=headers)


def _logged(body: bytes) -> Any:
    """The body as JSON, or as text where it is none."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
