# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action of the collection in this process: it speaks HTTPS with the lab, and its server answers without a connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from tests.lab import Lab
from tests.unit.support import run_action

_WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))


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
