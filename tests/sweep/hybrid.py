# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A farm and a tenant in this process, on which plays of the role run one after the other, each as a controller of its own."""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
import time as real_time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from ansible import constants
from cryptography.hazmat.primitives.serialization import pkcs12
from urllib3.util import retry

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from tests.lab.cloud import replicas
from tests.lab.cloud.device_codes import DeviceCodes
from tests.lab.cloud.entra import Entra
from tests.lab.cloud.federation import Providers
from tests.lab.cloud.graph import Graph
from tests.lab.cloud.metadata import resolve
from tests.lab.farm.farm import Farm
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.host import ProcessEndedError
from tests.lab.winrm.listener import WinRmListener

from .role import Play, Task
from .script import PROCESS, BrokenOffError, ControllerKilledError, Script
from .wire import RestrictedConnection, Wire

_GRAPH, _LOGIN = "graph.microsoft.com", "login.microsoftonline.com"
_USER = "CONTOSO\\sfbadmin"
# Opening a PFX takes longer than all else in a run, and it is always one of few.
_LOADED = cache(pkcs12.load_key_and_certificates)
# A run is not begun before every replica has heard of the one before it; what happens within a run is another matter.
_BETWEEN_RUNS_SECONDS = 10.0
# What the connection plugin winrm makes of a process that ended without a word.
_ENDED = {
    "failed": True,
    "module_stdout": "",
    "module_stderr": "",
    "msg": "MODULE FAILURE: No start of json char found\nSee stdout/stderr for the exact error",
    "rc": 1,
}


class Clock:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:
        return real_time.monotonic() + self._slept

    def time(self) -> float:
        return real_time.time() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class Hybrid:
    """state: as tests/lab/README.md describes it. folder: for all that the controller keeps. restricted: how the servers are reached.

    logged: what libraries wrote to the log.
    """

    def __init__(self, state: dict[str, Any], folder: Path, *, restricted: bool = False) -> None:
        self._state, self._folder, self._restricted = State(state), folder, restricted
        self._clock, self._runs, self._log = Clock(), 0, RequestLog()
        self.logged = io.StringIO()
        self._replicas: replicas.Replicas | None = None
        self.secrets = {one["secret"] for tenant in state["tenants"] for one in tenant["applications"]}

    def state(self) -> dict[str, Any]:
        return self._state.snapshot()

    @property
    def estate(self) -> State:
        """The state itself, to be changed between runs: an administrator works by hand."""
        return self._state

    @property
    def replaced(self) -> str:
        """What the controller keeps of objects whose replacement was cut short."""
        folder = self._folder / "home" / "sfb_hybrid_auth" / "replaced"
        return " ".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json")))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What the last run asked of servers and tenant."""
        return self._log.entries(0)

    @property
    def counts(self) -> dict[str, int]:
        """Its requests to Entra ID and Graph, counted. No process of PowerShell is begun."""
        return self._log.counts(0)

    def play(
        self,
        entry_point: str,
        variables: Mapping[str, Any],
        script: Script,
        *,
        check_mode: bool = False,
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> tuple[Play, bool]:
        """The role's entry point, and whether the controller lived to its end. script: what goes wrong.

        hosts: the play's hosts, all Front Ends by default, each with variables of its own beside those.
        """
        self._runs += 1
        self._clock.sleep(_BETWEEN_RUNS_SECONDS)
        local = self._folder / f"run{self._runs}"
        local.mkdir()
        with ExitStack() as stack:
            made = self._begun(stack, script, local, variables, hosts, check_mode=check_mode)
            try:
                made.run(entry_point)
            except ControllerKilledError:
                return made, False
        return made, True

    def _begun(
        self,
        stack: ExitStack,
        script: Script,
        local: Path,
        variables: Mapping[str, Any],
        hosts: Mapping[str, Mapping[str, Any]] | None,
        *,
        check_mode: bool,
    ) -> Play:
        log, state = RequestLog(), self._state
        self._log = log
        farm = Farm(state, log, script, self._folder / "farm", None, lambda url: resolve(state, url, f"https://{_LOGIN}"))
        entra = Entra(state, log, script, Providers(), DeviceCodes())
        graph = Graph(state, log, script, entra)
        self._replicas = graph.replicas = self._replicas or graph.replicas  # they lag behind an earlier run, too
        graph.url = entra.graph_url = f"https://{_GRAPH}"
        entra.url = f"https://{_LOGIN}"
        wire = Wire({_GRAPH: graph.handle, _LOGIN: entra.handle}, script)
        original = HttpSession.adapter
        listeners = {}
        if self._restricted:
            for name, front_end in farm.front_ends.items():
                listeners[name] = stack.enter_context(_listening(WinRmListener(front_end, log=log, faults=script)))
        for module in (waiting, replicas, retry):
            stack.enter_context(mock.patch.object(module, "time", self._clock))
        stack.enter_context(mock.patch.object(pkcs12, "load_key_and_certificates", _LOADED))
        stack.enter_context(mock.patch.object(HttpSession, "adapter", staticmethod(lambda: wire.adapter(original))))
        stack.enter_context(mock.patch.object(constants, "DEFAULT_LOCAL_TMP", str(local)))
        stack.enter_context(mock.patch.object(tempfile, "tempdir", str(self._folder)))
        stack.enter_context(mock.patch.dict(os.environ, {"ANSIBLE_HOME": str(self._folder / "home"), "no_proxy": "*"}))
        handler = logging.StreamHandler(self.logged)  # what libraries log ends on the terminal or in Ansible's log
        logging.getLogger().addHandler(handler)
        stack.callback(logging.getLogger().removeHandler, handler)
        stack.callback(lambda: self.secrets.update(wire.secrets))

        def prepare(action: Any, task: Task) -> None:
            front_end = farm.front_ends[task.host]

            def execute(module_name: str, module_args: Mapping[str, Any], task_vars: Any) -> Any:
                return _process(front_end, module_args["request"], script)

            action._execute_module = execute
            action._is_pipelining_enabled = lambda _style: True
            if self._restricted:
                action._connection = RestrictedConnection(listeners[task.host], _USER, script)

        own: Mapping[str, Mapping[str, Any]] = hosts if hosts is not None else {name: {} for name in farm.front_ends}
        return Play({name: {**variables, **more} for name, more in own.items()}, prepare, check_mode=check_mode)


@contextmanager
def _listening(listener: WinRmListener) -> Iterator[WinRmListener]:
    try:
        yield listener
    finally:
        listener.server_close()


def _process(front_end: Any, request: str, script: Script) -> Any:
    """One process of PowerShell, which answers with a line of JSON, as the connection plugin gives it."""
    script.take_struck()
    try:
        script.take(PROCESS)
        struck = script.take_struck()
        answer = json.loads(front_end.runner(_USER).answer(request))
    except ProcessEndedError:
        return dict(_ENDED)
    except BrokenOffError as exc:
        struck, answer = None, None
        do = str(exc)
    do = struck.do if struck else "" if answer is not None else do
    if do == "killed":
        raise ControllerKilledError
    if do == "reset":
        raise requests.exceptions.ConnectionError("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))")
    return answer
