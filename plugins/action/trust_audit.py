# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import audit, dates, expected, oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import pack
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import registered
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Unread, read_or_not


class ActionModule(HybridAuthAction):
    """Judge what was read; nothing is contacted."""

    ARGUMENTS = Arguments(
        {
            **registered.REGISTERED,
            "deployment": {"type": "str", "default": "default"},
            "onprem": {"type": "list", "elements": "dict", "default": []},
            "servers_expected": {"type": "list", "elements": "str", "default": []},
            "cloud": {"type": "dict"},
            "token": {"type": "dict"},
            "refusals": {"type": "dict"},
            "expected": {"type": "dict", "apply_defaults": True, "options": expected.OPTIONS},
        },
        mutually_exclusive=[("onprem", "members")],
        required_by={"members": ("settings",)},
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        name, onprem, servers = params["deployment"], params["onprem"], params["servers_expected"]
        wanted, neighbours, lead = expected.expected(params["expected"]), None, None
        why_unread: dict[str, str] = {}
        cloud = None if params["cloud"] is not None and params["cloud"].get("failed") else params["cloud"]
        if params["members"]:
            settings = registered.settings_in(params)
            deployment = registered.deployment_in(params, settings, task_vars)
            tenant_id = wanted.tenant_id or (cloud or {}).get("tenant_id")
            neighbours = registered.neighbours_in(params, settings, deployment, tenant_id, cloud, task_vars)
            name, onprem, servers = deployment.name, list(deployment.read.values()), list(deployment.members)
            why_unread, lead = {member: unread.why for member, unread in deployment.unread.items()}, deployment.lead
        asked = read_or_not(params["refusals"], "what the tenant refuses")
        known = facts(
            deployment=name,
            onprem=onprem,
            servers_expected=servers,
            cloud=cloud,
            expected=wanted,
            now=datetime.now(timezone.utc),
            neighbours=neighbours,
            token=params["token"],
            refusals=None if isinstance(asked, Unread) else asked,
            why_unread=why_unread,
            lead=lead,
        )
        findings = list(audit.audit(known))
        result = {"changed": False, "deployment": known.deployment, **audit.result(findings)}
        result["calendar"] = [one.as_result() for one in dates.calendar(known)]
        result["metadata_doubt"] = oauth_server.metadata_doubt(findings, known.expected.oauth_server_name)
        if params["members"]:
            result["packed"], result["packed_calendar"] = pack(result.pop("findings")), pack(result.pop("calendar"))
        return result
