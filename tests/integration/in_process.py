# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection in this process: an action that speaks HTTPS with a lab, and plays of the role on an estate without connections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.faults import Fault, Faults
from tests.sweep.hybrid import Hybrid
from tests.sweep.role import Play
from tests.sweep.script import PROCESS, Script
from tests.unit.support import run_action

COMMON = {
    "trust_tenant": "contoso.com",
    "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001",
    "trust_client_secret": "lab~Secret.0123456789",
    "trust_report_formats": "none",
}
_WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))


class _Rules(Script):
    """Lets go wrong what rules say, as those of a lab, and counts the processes."""

    def take(self, point: str) -> Fault | None:
        if point == PROCESS:
            self.met.append(point)
        return Faults.take(self, point)


class Estate:
    """Plays of the role in this process, one after the other, on one hybrid. counts: of the last one, as a lab has them."""

    def __init__(self, state: dict[str, Any], folder: Path) -> None:
        for deployment in state["deployments"]:
            for certificate in deployment["certificates"].values():
                certificates.complete(certificate)  # as a farm does that begins
        self.hybrid = Hybrid(state, folder)
        self.counts: dict[str, int] = {}

    def play(self, entry_point: str, *, check_mode: bool = False, faults: Sequence[dict[str, Any]] = (), **variables: Any) -> Play:
        """On all Front Ends. faults: rules as a lab has them. variables: of the role beside the common ones."""
        rules = _Rules()
        for rule in faults:
            rules.add(rule)
        hosts = {one["name"]: {"trust_deployment": deployment["name"]} for deployment, one in self.hybrid.estate.front_ends()}
        played, _alive = self.hybrid.play(entry_point, {**COMMON, **variables}, rules, check_mode=check_mode, hosts=hosts)
        self.counts = {**self.hybrid.counts, "powershell": rules.met.count(PROCESS)}
        return played

    def state(self) -> dict[str, Any]:
        return self.hybrid.state()


def changes(played: Play) -> int:
    """How many tasks changed something, as the recap counts them."""
    return sum(bool(one.result.get("changed")) for one in played.done)


def facts(played: Play, name: str) -> list[Any]:
    """The fact on each host that has it."""
    return [own[name] for own in played.variables.values() if name in own]


def messages(played: Play) -> str:
    """What ended the play."""
    return " ".join(str(one.result.get("msg")) for one in played.failures)


def on_server(lab: Lab, action: str, options: dict[str, Any], *, server: str = "fe01.contoso.com", check: bool = False) -> dict[str, Any]:
    """The result of an action for that Front End, whose runner is the lab's; each question is logged as the process that it would be."""
    front_end = lab.farm.front_ends[server]
    user = next(iter(front_end.data["users"]))

    def execute(module_name: str, module_args: Mapping[str, Any], task_vars: Any) -> Any:
        assert module_name == "sfb.hybrid_auth.cs_invoke"
        lab.farm.log.add("powershell", "start", module_name, host=server, user=user)
        return json.loads(front_end.runner(user).answer(module_args["request"]))

    def prepare(made: Any) -> None:
        made._execute_module = execute

    return run_action(action, options, connection=_WINDOWS, prepare=prepare, check_mode=check, task_vars={"inventory_hostname": server})
