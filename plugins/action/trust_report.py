# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.entry import FAIL_ON, entry, failure
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import Shared
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import deployment, head
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.files import folder
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.parts import FORMATS, Parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.terminal import closing_line, deployment_lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import OtherHosts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.registered import deployment_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

_CONCLUSION = (
    *("verdict", "headline", "compliant", "counts", "findings", "differences", "obstacle", "errors", "unchecked", "warnings"),
    *("calendar", "provenance"),
)
# What of it a deployment may have thousands of.
_MANY = ("findings", "calendar")
# What the tasks of a play registered: under settings what trust_settings did, and so on.
_REGISTERED = ("settings", "servers", "read", "token", "cloud", "plan", "audit", "proof")
_DICTS = {"type": "list", "elements": "dict"}


class ActionModule(HybridAuthAction):
    """Write the report of audits to files."""

    ARGUMENTS = Arguments(
        {
            "audits": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "deployment": {"type": "str", "required": True},
                    "audit": {"type": "dict"},
                    "onprem": _DICTS,
                    "cloud": {"type": "dict"},
                    "proof": {"type": "dict"},
                    "differences": _DICTS,
                    "obstacle": {"type": "str"},
                    "errors": {
                        "type": "list",
                        "elements": "dict",
                        "options": {"subject": {"type": "str", "required": True}, "message": {"type": "str", "required": True}},
                    },
                    "warnings": {"type": "list", "elements": "str"},
                    "unchecked": {"type": "list", "elements": "str"},
                    "provenance": {
                        "type": "dict",
                        "options": {
                            "servers": {"type": "list", "elements": "str"},
                            "signed_in_as": {"type": "str"},
                            "auth_source": {"type": "str"},
                            "tenant": {"type": "str"},
                        },
                    },
                    "time": {"type": "str"},
                    "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "never"},
                },
            },
            "registered": {"type": "dict"},
            "path": {"type": "path", "default": "."},
            "private": {"type": "bool", "default": False},
            "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
            "title": {"type": "str", "default": "Audit of server-to-server authentication"},
            "ending_soon_days": {"type": "int", "default": 30},
        },
        required_one_of=[("audits", "registered")],
        mutually_exclusive=[("audits", "registered")],
        folders=("path",),
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """In check mode too: a report is no change of the systems that check mode protects, and an audit is made in check mode."""
        place = folder("path", params["path"]) if params["formats"] else Path()
        now, ending_soon_days, alone = datetime.now(timezone.utc), params["ending_soon_days"], params["registered"] is None
        audits = params["audits"] if alone else _registered(params["registered"], task_vars)
        shared, shown, closing, conclusions, failures = Shared(), [], [], [], {}
        with Parts(params["formats"], ending_soon_days) as parts:
            for index, audit in enumerate(audits):
                made = deployment(index, audit, now, ending_soon_days)
                parts.add(made)
                conclusion = {"deployment": made["name"], **{name: made[name] for name in _CONCLUSION}}
                conclusions.append({**conclusion, **{name: [shared.finding(one) for one in made[name]] for name in _MANY}})
                shown += deployment_lines(made)
                closing.append(closing_line(made))
                if why := failure(conclusion, audit.get("fail_on") or FAIL_ON[0]):
                    failures[made["name"]] = why
            concluded = [{"name": one["deployment"], **one} for one in conclusions]
            whole = head(concluded, title=params["title"], now=now, ending_soon_days=ending_soon_days)
            paths = parts.write(place, {**whole, "deployments": concluded}, private=params["private"])
        return {
            "changed": False,
            "paths": paths,
            **{name: whole[name] for name in ("verdict", "headline", "compliant", "counts")},
            "lines": [*shown, *closing],
            "shown": [*shown, *(f"report: {path}" for path in paths.values()), *closing],
            "failures": failures,
            # What a play keeps, it keeps until its end, so each way of asking has its own.
            **({"deployments": conclusions} if alone else {"conclusions": {one["deployment"]: one for one in conclusions}}),
        }


def _registered(names: Mapping[str, str], task_vars: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An audit of each deployment whose lead has judged it in this play, in this batch or an earlier one."""
    lacking = [name for name in _REGISTERED if not names.get(name)]
    if lacking:
        raise InvalidOptionError("registered", f"it does not name {', '.join(lacking)}", "the names of the registered variables")
    others, now = OtherHosts(task_vars["hostvars"]), utc_text(datetime.now(timezone.utc))
    for host in task_vars["ansible_play_hosts_all"]:
        variables = others.raw(host)
        found = {name: variables.get(names[name]) for name in _REGISTERED}
        checked, servers = found["settings"], found["servers"]
        if not isinstance(checked, Mapping) or not isinstance(servers, Mapping) or host not in servers["leads"]:
            continue
        settings = Settings.from_facts(checked["settings"])
        members = servers["deployments"][settings.deployment]
        judged = deployment_in({"members": members, "readings": names["read"]}, settings, task_vars)
        yield {**entry(judged, found, now), "fail_on": settings.fail_on}
