# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.files import folder, write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import OtherHosts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.support import STEPS, Observed, bundle, closing_lines, lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

FILE = "support.json"
# What the tasks of a play registered: under settings what trust_settings did, and so on.
_REGISTERED = ("settings", "servers", "read", "token", "cloud", "refusals")


class ActionModule(HybridAuthAction):
    """Write what the reading tasks of a play observed to one file."""

    ARGUMENTS = Arguments({"registered": {"type": "dict", "required": True}, "path": {"type": "path", "default": "."}}, folders=("path",))

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """In check mode too: a file on the controller is no change of the systems that check mode protects."""
        place = folder("path", params["path"])
        lacking = [name for name in _REGISTERED if not params["registered"].get(name)]
        if lacking:
            raise InvalidOptionError("registered", f"it does not name {', '.join(lacking)}", "the names of the registered variables")
        made = bundle(list(_deployments(params["registered"], task_vars)))
        text = json.dumps(made, indent=2, ensure_ascii=True) + "\n"
        path = write(place, {FILE: [text]}, private=True)[FILE]
        return {
            "changed": False,
            "path": path,
            "shown": [
                *lines(made),
                f"bundle: {path}",
                "It has no names, domains, addresses, thumbprints, ids or keys of yours. Read it before you attach it to a report.",
                *closing_lines(made),
            ],
        }


def _deployments(names: Mapping[str, str], task_vars: Mapping[str, Any]) -> Iterator[Observed]:
    """What each deployment whose lead is in the play registered."""
    others = OtherHosts(task_vars["hostvars"])
    for host in task_vars["ansible_play_hosts_all"]:
        variables = others.raw(host)
        checked, servers = variables.get(names["settings"]), variables.get(names["servers"])
        if not isinstance(checked, Mapping) or not isinstance(servers, Mapping) or host not in servers["leads"]:
            continue
        members = servers["deployments"][Settings.from_facts(checked["settings"]).deployment]
        order = dict.fromkeys((members["lead"], *members["members"]))
        steps = dict(zip(STEPS, ("token", "cloud", "refusals"), strict=True))
        yield Observed(
            servers=[_dict(others.raw(member).get(names["read"])) for member in order],
            unchecked=len(members.get("unchecked") or ()),
            steps={step: _dict(variables.get(names[registered])) for step, registered in steps.items()},
        )


def _dict(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None
