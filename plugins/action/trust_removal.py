# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import onprem_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import CLOUD, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import whole_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import (
    discovery,
    refused,
    registered,
    removal,
    removal_application,
    usable,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.plan import removal_obstacles
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Obstacle,
    Unread,
    check_obstacles,
    read_or_not,
    unchecked_warnings,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, https_url

_OBJECTS = ("oauth_servers", "partner_applications", "oauth_configuration", "web_services", "certificate", "signing")


# The options of single tasks that have another name than the role's variable.
_SETTINGS = {
    "metadata_url": "metadata_url",
    "oauth_server": "oauth_server_name",
    "partner_application": "partner_application_name",
    "exchange_app_id": "exchange_application_id",
    "skype_app_id": "skype_application_id",
    "service_name": "service_name",
    "clear_service_name": "remove_service_name",
    "certificate_path": "certificate_path",
    "names": "external_fqdns",
    "onprem_applications": "onprem_applications",
    "although_foreign": "remove_foreign",
}


class ActionModule(HybridAuthAction):
    """Plan what a removal takes away. Contacts nothing."""

    ARGUMENTS = Arguments(
        {
            **registered.DEPLOYMENT,
            "token": {"type": "dict"},
            "onprem": {"type": "dict"},
            "servers": {"type": "list", "elements": "dict", "default": []},
            "principals": {"type": "dict", "required": True},
            "refusals": {"type": "dict"},
            "tenant_id": {"type": "str"},
            "cloud": CLOUD,
            "metadata_url": {"type": "str"},
            "oauth_server": {"type": "str", "default": "microsoft.sts"},
            "partner_application": {"type": "str", "default": "microsoft.exchange"},
            "exchange_app_id": {"type": "str", "default": EXCHANGE_ONLINE},
            "skype_app_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "service_name": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "clear_service_name": {"type": "bool", "default": False},
            "certificate_path": {"type": "path"},
            "names": {"type": "list", "elements": "str", "default": []},
            "although_foreign": {"type": "list", "elements": "str", "default": []},
            "onprem_applications": {"type": "list", "elements": "dict", "options": onprem_application.OPTIONS, "default": []},
        },
        required_one_of=[("onprem", "members")],
        mutually_exclusive=[("onprem", "members")],
        required_by={"members": ("settings", "token"), "onprem": ("tenant_id",)},
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        name, obstacles, warnings = None, list[Obstacle](), list[str]()
        neighbours = Neighbours()
        if params["settings"] is not None:
            deployment, obstacles, neighbours, params = self._registered(params, task_vars)
            name, warnings = deployment.name, unchecked_warnings(deployment)
        farm = discovery.checked_farm("onprem", params["onprem"], *_OBJECTS)
        servers = [discovery.checked_farm("servers", server, "certificate", "signing") for server in params["servers"]]
        principals = params["principals"].get("service_principals")
        if not isinstance(principals, list):
            raise InvalidOptionError("principals", "it holds no service_principals", "the whole registered result of sp_info")
        trust = _trust(params, farm, servers, neighbours)
        planned = removal.plan(farm, principals, trust)
        named = (params["settings"] or {}).get("dedicated_application")
        all_left = [*planned.left, *removal_application.left(params["principals"], trust, named)]
        writes = name is not None and params["obstacles"] == "fail" and bool(planned.names or planned.key_ids)
        sign_in = refused.sign_in(params["token"], writes=writes, check_mode=self.check_mode)
        unconfirmed: tuple[str, ...] = ()
        if name is not None:
            check_obstacles(name, sign_in.obstacles)
            unconfirmed = removal.unconfirmed(registered.settings_in(params)) if self.check_mode else ()
        result: dict[str, Any] = {
            "changed": False,
            "partner_application": planned.partner_application,
            "onprem_applications": list(planned.onprem_applications.values()),
            "oauth_server": planned.oauth_server,
            "service_name": planned.service_name,
            "app_ids": list(planned.app_ids),
            "thumbprints": list(planned.thumbprints),
            "key_ids": {app_id: list(ids) for app_id, ids in planned.key_ids.items()},
            "names": list(planned.names),
            "left": [{"what": left.what, "why": left.why} for left in all_left],
        }
        if name is not None:
            losses = removal.losses(params["principals"], planned, trust)
            lockable = refused.lockable(app_id for app_id, _loss, _remedy in losses)
            locked = refused.obstacles(refused.of_losses(_refusals(params), losses))
            obstacles += locked
            if params["obstacles"] == "fail":
                check_obstacles(name, locked)
            waiting = {"wait_timeout": params["settings"]["wait_timeout"]}
            result |= {
                "deployment": name,
                "tenant_id": trust.tenant_id,
                "obstacles": [obstacle.shown() for obstacle in obstacles],
                "ahead": [*sign_in.ahead, *unconfirmed],
                "steps": {
                    "preflight": bool(lockable),
                    "partner_application": planned.partner_application,
                    **{step: step in planned.onprem_applications for step in onprem_application.STEPS},
                    "oauth_server": planned.oauth_server,
                    "oauth_configuration": planned.service_name,
                    "names": bool(planned.names),
                    "certificate": bool(planned.key_ids),
                },
                "arguments": {
                    "preflight": {"app_ids": lockable, "assigned": False},
                    "partner_application": {"name": trust.partner_application, "state": "absent"},
                    **{
                        step: {"name": planned.onprem_applications[step], "state": "absent"} if step in planned.onprem_applications else {}
                        for step in onprem_application.STEPS
                    },
                    "oauth_server": {"name": trust.oauth_server, "state": "absent"},
                    "names": {"app_id": trust.skype_app_id, "names": list(planned.names), "state": "absent", **waiting},
                    "certificate": [{"app_id": app_id, "key_id": list(ids)} for app_id, ids in planned.key_ids.items()],
                },
            }
        warnings += [*sign_in.warnings, *(f"Without --check this run fails: {one}" for one in unconfirmed)]
        warnings += [f"Kept: {left.what}. Reason: {left.why}." for left in all_left if left.decide]
        if neighbours.unnamed:
            warnings.append(
                f"Deployment {', '.join(neighbours.unnamed)} was not read in this run. If it is of this tenant and has the same "
                "certificate or names, what goes is gone for it too: run without --limit, or audit it afterwards."
            )
        if warnings:
            result["warnings"] = warnings
        return result

    @staticmethod
    def _registered(
        params: Mapping[str, Any], task_vars: Mapping[str, Any]
    ) -> tuple[Deployment, list[Obstacle], Neighbours, dict[str, Any]]:
        """The deployment, the obstacles, the other deployments, and the options as the settings and what was registered say them.

        Obstacles stop here where that is asked for, and where nothing was read of the lead or of the tenant to plan from.
        """
        settings = registered.settings_in(params)
        deployment = registered.deployment_in(params, settings, task_vars)
        tenant = registered.tenant_in(params["token"], params["principals"])
        obstacles = removal_obstacles(settings, deployment, tenant)
        if params["obstacles"] == "fail" or isinstance(deployment.leading, Unread) or isinstance(tenant, Unread):
            check_obstacles(settings.deployment, obstacles)
        if isinstance(deployment.leading, Unread) or isinstance(tenant, Unread):  # which an obstacle says
            raise TypeError(deployment.name)
        facts = settings.as_facts()
        return (
            deployment,
            obstacles,
            registered.neighbours_in(params, settings, deployment, tenant.tenant_id, params["principals"], task_vars),
            {
                **params,
                **{option: facts[name] for option, name in _SETTINGS.items()},
                "onprem": deployment.leading,
                "servers": list(deployment.read.values()),
                "tenant_id": tenant.tenant_id,
                "cloud": tenant.cloud,
            },
        )


def _refusals(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the tenant refuses; None where it was not asked, or that failed, which stops nothing."""
    asked = read_or_not(params["refusals"], "what the tenant refuses")
    return None if isinstance(asked, Unread) else asked


def _trust(params: Mapping[str, Any], farm: FarmReading, servers: Sequence[FarmReading], neighbours: Neighbours) -> removal.Trust:
    tenant_id, skype = guid("tenant_id", params["tenant_id"]), guid("skype_app_id", params["skype_app_id"])
    template = cloud_named(params["cloud"]).metadata_template
    known_url = template.format(tenant_id=tenant_id) if template else None
    thumbprints = list(usable.farms_certificates([farm, *servers]))
    if params["certificate_path"]:
        thumbprints.append(load_certificate_file("certificate_path", params["certificate_path"]).thumbprint)
    return removal.Trust(
        tenant_id=tenant_id,
        metadata_url=https_url("metadata_url", params["metadata_url"]) if params["metadata_url"] else known_url,
        oauth_server=params["oauth_server"],
        partner_application=params["partner_application"],
        exchange_app_id=guid("exchange_app_id", params["exchange_app_id"]),
        skype_app_id=skype,
        thumbprints=tuple(dict.fromkeys(thumbprints)),
        names=tuple(discovery.every_name(skype, farm)),
        given_names=tuple(whole for name in params["names"] for whole in whole_names("names", skype, name, "procedure")),
        service_name=guid("service_name", params["service_name"]),
        now=datetime.now(timezone.utc),
        clear_service_name=params["clear_service_name"],
        although_foreign=tuple(params["although_foreign"]),
        onprem_applications=onprem_application.given("onprem_applications", params["onprem_applications"]),
        neighbours=neighbours,
    )
