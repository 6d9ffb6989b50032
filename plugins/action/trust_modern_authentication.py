# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import modern_authentication, refused, registered
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Unread,
    check_obstacles,
    failure,
    split_obstacles,
)

_STEPS = ("names", "oauth_server", "oauth_configuration")


class ActionModule(HybridAuthAction):
    """Decide what switching hybrid modern authentication takes. Contacts nothing."""

    ARGUMENTS = Arguments(
        {
            **registered.DEPLOYMENT,
            "token": {"type": "dict"},
            "principals": {"type": "dict"},
        },
        required_one_of=[("members",)],
        required_by={"members": ("settings",)},
    )

    PUBLIC = (
        "deployment",
        "lead",
        "tenant_id",
        "state",
        "server",
        "clients",
        "names",
        "due",
        "acts",
        "enables",
        "disables",
        "steps",
        "arguments",
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        settings = registered.settings_in(params)
        deployment = registered.deployment_in(params, settings, task_vars)
        tenant = registered.tenant_in(params["token"], params["principals"])
        tenant_id = None if isinstance(tenant, Unread) else tenant.tenant_id
        neighbours = registered.neighbours_in(params, settings, deployment, tenant_id, params["principals"], task_vars)
        made, told = modern_authentication.plan(settings, deployment, tenant, neighbours), ""
        split = split_obstacles(deployment)
        writes, held = params["obstacles"] == "fail" and made.due("names"), None if split else modern_authentication.held(made)
        # Where a run fails in any case, or does the switch alone and fails, so does check mode, with whatever sign-in.
        goes_on = self.check_mode and held is None and not (split or made.obstacles)
        sign_in = refused.sign_in(params["token"], writes=writes, check_mode=goes_on)
        made.obstacles += sign_in.obstacles
        made.warnings += sign_in.warnings
        if params["obstacles"] == "fail" and (split or made.obstacles):
            if held is None:
                check_obstacles(settings.deployment, [*split, *made.obstacles])
            else:
                done = modern_authentication.ONLY_THE_SWITCH_WOULD if self.check_mode else modern_authentication.ONLY_THE_SWITCH
                made, told = held, failure(settings.deployment, made.obstacles, done)
                made.warnings.append(told)
        acts = any(step.change.changed for step in made.steps)
        result: dict[str, Any] = {
            "changed": False,
            "deployment": settings.deployment,
            "lead": deployment.lead,
            "tenant_id": tenant_id,
            "state": made.state,
            "server": made.server,
            "clients": made.clients,
            "names": list(made.names),
            "due": {name: made.due(name) for name in _STEPS},
            "acts": acts,
            "enables": acts and made.state == "present",
            "disables": acts and made.state == "absent",
            "steps": [step.shown() for step in made.steps],
            "arguments": {name: made.arguments.get(name, {}) for name in _STEPS},
            "left": [{"what": left.what, "why": left.why} for left in made.left],
            "obstacles": [obstacle.shown() for obstacle in made.obstacles],
            "failure": told,
            "ahead": list(sign_in.ahead),
        }
        warnings = [*made.warnings, *(f"Kept: {left.what}. Reason: {left.why}." for left in made.left if left.decide)]
        if warnings:
            result["warnings"] = warnings
        return result
