# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils import _onprem
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._arguments import ONPREM, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._clock import Asking
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._management_shell import ManagementShell


class ActionModule(HybridAuthAction):
    """Read everything about the trust in one PowerShell process."""

    ARGUMENTS = Arguments(
        {
            **ONPREM,
            "gather": {"type": "list", "elements": "str", "choices": ["all", *_onprem.GATHER], "default": ["all"]},
            "local_store": {"type": "bool", "default": False},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        parts = [part for part in _onprem.GATHER if "all" in params["gather"] or part in params["gather"]]
        shell = ManagementShell(self, params["management_modules"], task_vars)
        asking = Asking()
        answer = shell.run(_onprem.calls(parts, params["local_store"]))
        asked = asking.done()
        result = {"changed": False, **_onprem.shaped(answer, parts), **asked.info(), "inventory_name": shell.server}
        if answer.warnings:
            result["warnings"] = answer.warnings
        return result
