# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab's farm and tenant without sockets: the real info actions, answered in this process. For tests that look at many states."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
import requests
from ansible import constants
from requests.adapters import BaseAdapter

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OnpremReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import PrincipalsReading, Refusals
from tests.lab.cloud import replicas
from tests.lab.cloud.device_codes import DeviceCodes
from tests.lab.cloud.entra import Entra
from tests.lab.cloud.federation import Providers
from tests.lab.cloud.graph import Graph
from tests.lab.cloud.https import Request
from tests.lab.cloud.metadata import resolve
from tests.lab.farm.farm import Farm
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.support.shapes import result_misfits

from .support import Clock, run_action

_GRAPH = "https://graph.microsoft.com"
_LOGIN = "https://login.microsoftonline.com"
_WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))


def _done(result: dict[str, Any], shape: Any = None) -> dict[str, Any]:
    """The result of a task that went well, of the shape; a test that judged a failed one would judge nothing."""
    assert not result.get("failed"), result.get("msg")
    assert shape is None or result_misfits(result, shape) == []
    return result


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


class _InProcess(BaseAdapter):
    """Hands each request to the lab's Graph, or to its sign-in service."""

    def __init__(self, graph: Graph, entra: Entra) -> None:
        super().__init__()
        self._graph, self._entra = graph, entra

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(str(request.url))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        service = self._entra if str(request.url).startswith(_LOGIN) else self._graph
        told = service.handle(Request(str(request.method), unquote(parts.path), query, headers, _bytes(request.body)))
        if told.reset:
            raise requests.exceptions.ConnectionError(ConnectionResetError("Connection reset by peer"))
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = told.status, request, str(request.url)
        answer.headers.update(told.headers)
        answer.raw = io.BytesIO(json.dumps(told.content).encode())
        return answer

    def close(self) -> None:
        """Nothing is open."""


class Estate:
    """state: as tests/lab/README.md describes it."""

    def __init__(self, state: dict[str, Any], workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._state, self.log, self.faults, self.clock = State(state), RequestLog(), Faults(), Clock()
        log, faults = self.log, self.faults
        self._farm = Farm(self._state, log, faults, workdir, None, lambda url: resolve(self._state, url, _LOGIN))
        self._entra = Entra(self._state, log, faults, Providers(), DeviceCodes())
        graph = Graph(self._state, log, faults, self._entra)
        graph.url = self._entra.graph_url = _GRAPH
        self._entra.url = _LOGIN
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(workdir))  # what was written is kept for the run, and this is one
        monkeypatch.setattr(waiting, "time", self.clock)
        monkeypatch.setattr(replicas, "time", self.clock)
        self.writers, self.replicas = graph.writers, graph.replicas
        monkeypatch.setattr(tempfile, "tempdir", str(workdir))
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: _InProcess(graph, self._entra)))

    @property
    def servers(self) -> list[str]:
        """The names of the Front Ends, the lead first."""
        return list(self._farm.front_ends)

    def certificate(self, name: str) -> dict[str, Any]:
        """A certificate of the first deployment's state."""
        found: dict[str, Any] = self._state.data["deployments"][0]["certificates"][name]
        return found

    def onprem(self, name: str, **options: Any) -> dict[str, Any]:
        """What onprem_info returns of a Front End."""
        return _done(self.on_server(name, "onprem_info", options), OnpremReading)

    def on_server(self, name: str, module: str, options: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """What a module returns that works on a Front End."""
        return _done(self.tried(name, module, options, check_mode=check_mode))

    def tried(self, name: str, module: str, options: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """The same, whether it failed or not."""
        front_end = self._farm.front_ends[name]

        def execute(module_name: str, module_args: Mapping[str, Any], task_vars: Any) -> Any:
            return json.loads(front_end.runner("CONTOSO\\sfbadmin").answer(module_args["request"]))

        def prepare(action: Any) -> None:
            action._execute_module = execute
            action._is_pipelining_enabled = lambda _style: True

        named = {"inventory_hostname": name}
        return run_action(module, options, connection=_WINDOWS, prepare=prepare, task_vars=named, check_mode=check_mode)

    def cloud(self, **options: Any) -> dict[str, Any]:
        """What sp_info returns of the first tenant."""
        return _done(self.in_tenant("sp_info", options), PrincipalsReading)

    @property
    def data(self) -> dict[str, Any]:
        """The state as it is now."""
        return self._state.data

    def refusals(self, **options: Any) -> dict[str, Any]:
        """What app_policy_info returns of the first tenant."""
        return _done(self.in_tenant("app_policy_info", options), Refusals)

    def principal(self, app_id: str) -> dict[str, Any]:
        """The service principal as the first tenant stores it."""
        found: dict[str, Any] = next(one for one in self._state.data["tenants"][0]["service_principals"] if one["appId"] == app_id)
        return found

    def in_tenant(self, module: str, options: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """What a module returns that works on the first tenant."""
        return _done(self.attempt(module, options, check_mode=check_mode))

    def attempt(self, module: str, options: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """What a module returns that works on the first tenant, also where it fails."""
        tenant = self._state.data["tenants"][0]
        application = tenant["applications"][0]
        form = {
            "client_id": application["client_id"],
            "client_secret": application["secret"],
            "grant_type": "client_credentials",
            "scope": f"{_GRAPH}/.default",
        }
        asked = Request("POST", f"/{tenant['id']}/oauth2/v2.0/token", {}, {}, urlencode(form).encode())
        token = self._entra.handle(asked).content["access_token"]
        return run_action(module, {"access_token": token, **options}, check_mode=check_mode)

    def signed_in(self, **options: Any) -> dict[str, Any]:
        """What graph_token returns for the first tenant's application, with the end of what signs in."""
        tenant = self._state.data["tenants"][0]
        application = tenant["applications"][0]
        secret = {} if "client_certificate_path" in options else {"client_secret": application["secret"]}
        given = {"tenant": tenant["id"], "client_id": application["client_id"], **secret, **options}
        return _done(run_action("graph_token", {**given, "read_credential": True}))

    def everything(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Every server, the first as the lead and the others with their certificate, and the tenant with its applications."""
        names = list(self._farm.front_ends)
        parts = [{"gather": [one, "server_settings"]} for one in ("all", *("certificate" for _other in names[1:]))]
        servers = [self.onprem(name, store=True, **part) for name, part in zip(names, parts, strict=True)]
        return servers, self.cloud(application_permissions=True)
