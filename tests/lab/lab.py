# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole simulated estate, started and stopped as one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from . import inventory
from .authority import Authority
from .cloud import metadata
from .cloud.device_codes import DeviceCodes
from .cloud.entra import Entra
from .cloud.exchange_online import ExchangeOnline
from .cloud.federation import GitHubActions, Providers
from .cloud.graph import Graph
from .cloud.https import Answer, HttpsServer, Request
from .cloud.managed_identity import ManagedIdentityEndpoints
from .cloud.resource_manager import ResourceManager
from .cloud.token_service import TokenService
from .control import Control
from .farm.farm import Farm
from .faults import Faults
from .log import RequestLog
from .state import State
from .winrm.listener import ORDINARY, RESTRICTED, WinRmListener


def engine_path() -> str | None:
    """The PowerShell engine on PATH, or None."""
    return shutil.which("pwsh")


class Lab:
    """Everything listens on free ports of 127.0.0.1 until stop().

    state: as in README.md, the greenfield state by default. engine: auto (pwsh on PATH where it is there), none, or a path.
    """

    def __init__(self, state: dict[str, Any] | None = None, *, workdir: Path, engine: str = "auto") -> None:
        workdir.mkdir(parents=True, exist_ok=True)
        self._state, self._log, self._faults = State(state), RequestLog(), Faults()
        for fault in self._state.data.get("faults", []):
            self._faults.add(fault)
        authority = Authority(workdir)
        tls = (authority.certificate, authority.key)
        found = engine_path() if engine == "auto" else None if engine == "none" else engine
        self.tokens = TokenService(self._state, self._log, self._faults)
        self.farm = Farm(
            self._state, self._log, self._faults, workdir, found, lambda url: metadata.resolve(self._state, url, self.tokens.url)
        )
        self.providers, self.device_codes = Providers(), DeviceCodes()
        self.entra = entra = Entra(self._state, self._log, self._faults, self.providers, self.device_codes)
        self.graph = graph = Graph(self._state, self._log, self._faults, entra)
        github = GitHubActions(self._state, self._log, self.providers)
        identity = ManagedIdentityEndpoints(self._state, self._log, self._faults, entra, workdir / "arc_keys")

        manager = ResourceManager(self._log, entra)

        def sign_in(request: Request) -> Answer:
            return (self.tokens if self.tokens.answers(request.path) else entra).handle(request)

        exchange = ExchangeOnline(self._state, self._log, self._faults, self.tokens.claims_of)

        self._servers = [
            HttpsServer(sign_in, tls),
            HttpsServer(graph.handle, tls),
            HttpsServer(github.handle, tls),
            HttpsServer(identity.handle, None),
            HttpsServer(manager.handle, tls),
            HttpsServer(exchange.handle, tls),
        ]
        entra.url, graph.url, github.url, identity.url, manager.url, exchange.url = (server.url for server in self._servers)
        self.tokens.url = entra.url
        entra.graph_url, entra.manager_url = graph.url, manager.url
        self._control = Control(self._state, self._log, self._faults, self.device_codes)
        self._write_users(workdir)
        self._listeners: list[WinRmListener] = []
        front_ends = [self._listen(name, tls) for name in self.farm.front_ends]
        self.info: dict[str, Any] = {
            "login_url": entra.url,
            "graph_url": graph.url,
            "resource_manager_url": manager.url,
            "exchange_url": exchange.url,
            "control_url": self._control.server.url,
            "ca_path": str(authority.ca_pem),
            "inventory": str(workdir / "inventory.yml"),
            "engine": found,
            "environments": {"github": github.environment, **identity.environment},
            "arc_keys": str(identity.arc_keys),
            "front_ends": front_ends,
            "tenants": [self._tenant(tenant) for tenant in self._state.data["tenants"]],
        }
        self.inventory = workdir / "inventory.yml"
        inventory.write(self.inventory, self.info, {one["name"]: self._tenant_of(one) for one in self._state.data["deployments"]})

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """All at once, since each server takes up to its poll interval to notice."""
        servers: list[WinRmListener | HttpsServer] = [*self._listeners, *self._servers, self._control.server]
        stops = [self.farm.stop, *(one.stop for one in servers)]
        with ThreadPoolExecutor(len(stops)) as pool:
            for stopped in [pool.submit(stop) for stop in stops]:
                stopped.result()

    def state(self) -> dict[str, Any]:
        return self._state.snapshot()

    @contextmanager
    def edit(self) -> Iterator[dict[str, Any]]:
        """The state itself, to be changed while nothing else looks at it: time passes, an administrator works by hand."""
        with self._state.lock:
            yield self._state.data

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        return self._log.entries(since)

    def counts(self, since: int = 0) -> dict[str, int]:
        return self._log.counts(since)

    def mark(self) -> int:
        return self._log.mark()

    def fault(self, rule: dict[str, Any]) -> None:
        self._faults.add(rule)

    def writer(self, rule: dict[str, Any]) -> None:
        """Another tool writes at a chosen request."""
        self.graph.writers.add(rule)

    def clear_faults(self) -> None:
        self._faults.clear()

    @property
    def faults(self) -> Faults:
        """The rules, with the points that were met and those at which a rule fired."""
        return self._faults

    def write_info(self, path: Path) -> None:
        path.write_text(json.dumps(self.info, indent=2) + "\n", encoding="utf-8")

    def _listen(self, name: str, tls: tuple[Path, Path]) -> dict[str, Any]:
        front_end = self.farm.front_ends[name]
        plain, secure = (
            WinRmListener(front_end, log=self._log, faults=self._faults, tls=one, credssp=front_end.data["credssp"]) for one in (None, tls)
        )
        for listener in (plain, secure):
            listener.start()
            self._listeners.append(listener)
        user, password = next(iter(front_end.data["users"].items()))
        return {
            "name": name,
            "deployment": front_end.deployment,
            "host": "127.0.0.1",
            "http_port": plain.port,
            "https_port": secure.port,
            "psrp": {"full": f"https://127.0.0.1:{secure.port}{ORDINARY}", "restricted": f"https://127.0.0.1:{secure.port}{RESTRICTED}"},
            "user": user,
            "password": password,
        }

    def _tenant_of(self, deployment: dict[str, Any]) -> dict[str, Any]:
        name = deployment.get("tenant")
        tenant = self._state.tenant(name) if name else self._state.data["tenants"][0]
        if tenant is None:
            raise ValueError(f"deployment {deployment['name']} is in tenant {name}, which the state does not have")
        return self._tenant(tenant)

    def _tenant(self, tenant: dict[str, Any]) -> dict[str, Any]:
        application = (tenant.get("applications") or [{}])[0]
        return {
            "id": tenant["id"],
            "domain": tenant["domains"][0],
            "client_id": application.get("client_id"),
            "client_secret": application.get("secret"),
            "metadata_url": f"{self.tokens.url}/{tenant['id']}/metadata/json/1",
        }

    def _write_users(self, workdir: Path) -> None:
        """The accounts for NTLM, which pyspnego reads from the file that this variable names."""
        lines = set()
        for _deployment, front_end in self._state.front_ends():
            for user, password in front_end["users"].items():
                domain, _slash, name = user.rpartition("\\")
                lines.add(f"{domain}:{name}:{password}")
                lines.add(f":{name}@{front_end['name'].partition('.')[2]}:{password}")  # as a client sends a user principal name
        path = workdir / "ntlm_users"
        path.touch(mode=0o600)
        path.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
        os.environ["NTLM_USER_FILE"] = str(path)
