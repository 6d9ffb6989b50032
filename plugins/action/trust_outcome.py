# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import OtherHosts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import outcome
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

_PLANS = {
    "configure": "trust_plan",
    "rotate": "trust_rotation",
    "remove": "trust_removal",
    "modern_authentication": "trust_modern_authentication",
}


class ActionModule(HybridAuthAction):
    """Sum up what a run did. Contacts nothing."""

    ARGUMENTS = Arguments(
        {
            "run": {"type": "str", "choices": list(_PLANS), "required": True},
            "plan": {"type": "dict", "required": True},
            "done": {"type": "dict", "default": {}},
            "later": {"type": "dict"},
            "token": {"type": "dict"},
            "removed_from_store": {"type": "str"},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        plan, done, run = params["plan"], params["done"], params["run"]
        more = (params["token"] or {}).get("warnings") or ()
        try:
            if run == "configure":
                summary = outcome.configured(plan, done, more)
                lines = outcome.configured_lines(plan, summary, self.check_mode, datetime.now(timezone.utc))
            elif run == "rotate":
                others = OtherHosts(task_vars["hostvars"]) if params["removed_from_store"] else None
                servers = plan["arguments"]["from_store"] if others else ()
                stores = [found for one in servers if others and (found := others.raw(one).get(params["removed_from_store"]))]
                summary = outcome.rotated(plan, params["later"], {**done, "from_store": {"results": stores}})
                lines = outcome.rotated_lines(plan, summary, self.check_mode, datetime.now(timezone.utc), params["later"])
            elif run == "modern_authentication":
                summary = outcome.switched(plan, done, more)
                lines = outcome.switched_lines(plan, summary, self.check_mode)
            else:
                summary = outcome.removed(plan, done, more)
                lines = outcome.removed_lines(plan, summary, self.check_mode)
        except KeyError as exc:
            raise InvalidOptionError("plan", f"it lacks {exc}", f"the registered result of {_PLANS[run]} for a whole deployment") from None
        return {"changed": False, "summary": summary, "lines": lines}
