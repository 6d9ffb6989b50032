# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import FORMS, whole_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery, ending, expectation, plan, refused, registered
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Tenant,
    Unread,
    check_obstacles,
    failure,
    split_obstacles,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import IN_TENANT, TITLES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid

_PARTS = ("certificate", "signing", "web_services", "sip_domains")


class ActionModule(HybridAuthAction):
    """Decide what a deployment's trust takes. Contacts nothing."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **registered.DEPLOYMENT,
            "onprem": {"type": "dict"},
            "unchecked": {"type": "list", "elements": "str", "default": []},
            "token": {"type": "dict"},
            "principals": {"type": "dict"},
            "refusals": {"type": "dict"},
            "refusals_follow": {"type": "bool", "default": False},
            "tenant_id": {"type": "str"},
            "certificate_path": {"type": "path"},
            "external_fqdns": {"type": "list", "elements": "str", "default": []},
            "form": {"type": "str", "choices": list(FORMS), "default": "procedure"},
            "app_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
        },
        required_one_of=[("onprem", "members")],
        mutually_exclusive=[("onprem", "members")],
        required_by={"members": ("settings",)},
    )

    PUBLIC = (
        *("deployment", "lead", "servers", "unchecked", "sip_domains", "external_fqdns", "internal_fqdns", "names"),
        *("tenant", "tenant_id", "tenant_source", "tenant_proven", "certificate"),
        *("due", "acts", "steps", "arguments", "expected", "prove", "proof"),
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        settings = registered.settings_in(params) if params["settings"] is not None else self._single(params)
        deployment = registered.deployment_in(params, settings, task_vars) if params["members"] else _alone(params, settings)
        tenant = registered.tenant_in(params["token"], params["principals"], params["refusals"])
        now = datetime.now(timezone.utc)
        known = (
            registered.neighbours_in(params, settings, deployment, _tenant_id(tenant), params["principals"], task_vars)
            if params["members"]
            else None
        )
        made, told = plan.plan(settings, deployment, tenant, now, known), ""
        ahead: tuple[str, ...] = ()
        if params["refusals_follow"] and made.due("certificate"):
            made.warnings = []  # the next decision says them
        elif params["obstacles"] == "fail":
            split = split_obstacles(deployment)
            writes, stands = any(made.due(name) for name in IN_TENANT), bool(split or made.obstacles)
            # What ends the run in any case is said with all the rest.
            sign_in = refused.sign_in(params["token"], writes=writes, check_mode=self.check_mode and not stands)
            made.warnings += sign_in.warnings
            ahead = sign_in.ahead
            if stands or sign_in.obstacles:
                held = None if split or sign_in.obstacles else plan.held(settings, deployment, tenant, now, known)
                if held is None:
                    check_obstacles(settings.deployment, [*split, *made.obstacles, *sign_in.obstacles])
                else:
                    made, told = held, failure(settings.deployment, held.obstacles)
            made.warnings += _ending(settings, deployment, now)
        return {**self._result(params, settings, deployment, tenant, made), "failure": told, "ahead": list(ahead)}

    def _result(
        self, params: Mapping[str, Any], settings: Settings, deployment: Deployment, tenant: Tenant | Unread, made: plan.Plan
    ) -> dict[str, Any]:
        facts = made.facts
        found = discovery.tenant_of(params, settings.tenant_id, facts.sip_domains)
        found |= {name: value for name in ("tenant", "tenant_source") if (value := (params["token"] or {}).get(name))}
        result: dict[str, Any] = {
            "changed": False,
            "deployment": settings.deployment,
            "lead": deployment.lead,
            "servers": list(deployment.members),
            "unchecked": list(deployment.unchecked),
            **found,
            "tenant_id": facts.tenant_id or found["tenant_id"],
            "certificate": dict(facts.certificate) if facts.certificate else None,
            "external_fqdns": list(facts.external_fqdns),
            "internal_fqdns": list(facts.internal_fqdns),
            "names": list(facts.names),
            "due": dict.fromkeys(TITLES, False) | {step.name: step.change.changed for step in made.steps},
            "acts": any(step.change.changed for step in made.steps),
            "steps": [step.shown() for step in made.steps],
            "arguments": {name: made.arguments.get(name, {}) for name in TITLES},
            "prove": (settings.prove or settings.prove_exchange) and not isinstance(deployment.leading, Unread),
            "proof": expectation.proof(settings, tenant, facts),
            "obstacles": [obstacle.shown() for obstacle in made.obstacles],
            "expected": expectation.expected(settings, tenant),
        }
        if made.warnings:
            result["warnings"] = made.warnings
        return result

    @staticmethod
    def _single(params: Mapping[str, Any]) -> Settings:
        """The settings of a task that gives options of its own and no whole settings; what is wrong is said of the options."""
        app_id = guid("app_id", params["app_id"])
        for name in params["external_fqdns"]:
            whole_names("external_fqdns", app_id, name, params["form"])
        if params["certificate_path"]:
            load_certificate_file("certificate_path", params["certificate_path"])
        return Settings(
            tenant_id=guid("tenant_id", params["tenant_id"]) if params["tenant_id"] else None,
            certificate_path=params["certificate_path"] or None,
            external_fqdns=tuple(params["external_fqdns"]),
            name_form=params["form"],
            skype_application_id=app_id,
        )


def _ending(settings: Settings, deployment: Deployment, now: datetime) -> list[str]:
    """That the farm's certificate needs a successor, as rotate warns of it."""
    signing = None if isinstance(deployment.leading, Unread) else deployment.leading.get("signing")
    told = ending.unstaged(signing, settings.rotation_warn_days, now) if signing else None
    return [told] if told else []


def _tenant_id(tenant: Tenant | Unread) -> str | None:
    return None if isinstance(tenant, Unread) else tenant.tenant_id


def _alone(params: Mapping[str, Any], settings: Settings) -> Deployment:
    """One server, read by the task before."""
    farm = discovery.checked_farm("onprem", params["onprem"], *_PARTS)
    name = str(farm["server"]["name"])
    return Deployment(settings.deployment, name, (name,), tuple(params["unchecked"]), {name: farm})
