# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import connection_packages
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.secrets import secret_values
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.templating import templated
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import ENTRY_POINTS, MAIN, OBSERVED, PREFIX, SECRETS, taken_by

_MARKED = {name: {"no_log": True} for name in SECRETS}


class ActionModule(HybridAuthAction):
    """Turn the variables of the role into checked settings. Contacts nothing."""

    ARGUMENTS = Arguments({"entry_point": {"type": "str", "choices": [MAIN, *ENTRY_POINTS], "required": True}})
    # Secrets are no part of the settings, and a secret such as pfx must not change a name or a choice of theirs.
    PUBLIC = ("settings",)

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        names = {name: None for name in task_vars if name.startswith(PREFIX)}
        self.secrets.update(secret_values(_MARKED, task_vars))
        taken = [name for name in taken_by(params["entry_point"]) if name in names]
        values = templated(self._templar, {name: task_vars[name] for name in taken}, task_vars.get("omit"))
        self.secrets.update(secret_values(_MARKED, values))
        settings = read({**names, **values}, params["entry_point"], check_mode=self.check_mode, paths=self.paths)
        connection_packages.check(self._connection, str(task_vars.get("inventory_hostname") or "the server"))
        result: dict[str, Any] = {"changed": False, "settings": {**settings.as_facts(), "observe": params["entry_point"] in OBSERVED}}
        if settings.warnings:
            result["warnings"] = list(settings.warnings)
        return result
