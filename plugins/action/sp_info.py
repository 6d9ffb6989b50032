# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import OBSERVE, SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import application, service_principal, shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import Clock, PrincipalsReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import DEDICATED_APPLICATION, PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

_MOST_NAMES = 15  # https://learn.microsoft.com/graph/filter-query-parameter


class ActionModule(HybridAuthAction):
    """Read service principals."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **OBSERVE,
            "app_ids": {"type": "list", "elements": "str"},
            "all": {"type": "bool", "default": False},
            "dedicated_applications": {"type": "bool", "default": False},
            "dedicated_application_names": {
                "type": "list",
                "elements": "str",
                "default": [DEDICATED_APPLICATION],
            },
            "application_permissions": {"type": "bool", "default": False},
            "dedicated_application": {"type": "str"},
        },
    )

    PUBLIC = (
        *("service_principals", "dedicated_applications", "applications", "identities", "missing", "tenant_id"),
        *("tenant_time", "controller_time", "clock_uncertainty", "observed"),
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        if params["all"] and params["app_ids"]:
            raise InvalidOptionError("all", "it is true, and app_ids is set too", "one of them")
        wanted = [guid("app_ids", app_id) for app_id in params["app_ids"] or PROCEDURE]
        beginnings = _beginnings(params["dedicated_application_names"]) if params["dedicated_applications"] else []
        connection = TenantConnection(params, self.given, self.secrets)
        graph = connection.graph()
        found = service_principal.read_all(graph) if params["all"] else service_principal.read_whole(graph, list(dict.fromkeys(wanted)))
        dedicated = service_principal.read_named(graph, beginnings) if beginnings else []
        applications, identities, problem = _applications(graph, params)
        now = datetime.now(timezone.utc)
        there = {principal.app_id for principal in found}
        clock = _clock(graph)
        reading: PrincipalsReading = {
            "service_principals": [principal.info(now) for principal in found],
            "missing": [] if params["all"] else [app_id for app_id in dict.fromkeys(wanted) if app_id not in there],
            "tenant_id": connection.known_tenant_id,
            "tenant_time": clock["tenant_time"],
            "controller_time": clock["controller_time"],
            "clock_uncertainty": clock["clock_uncertainty"],
        }
        if beginnings:
            reading["dedicated_applications"] = [principal.info(now) for principal in dedicated]
        if params["application_permissions"] or params["dedicated_application"]:
            reading["applications"] = [one.info(now) for one in applications]
            reading["identities"] = identities
            reading["applications_problem"] = problem
        result: dict[str, Any] = {"changed": False, **reading}
        identified = [*found, *dedicated, *(one.entity for one in applications)]
        warnings = [*connection.warnings, *service_principal.identifier_warnings(identified)]
        if warnings:
            result["warnings"] = warnings
        return result


def _applications(graph: Graph, params: dict[str, Any]) -> tuple[list[application.Application], list[shapes.Identity], str | None]:
    """The applications that were asked for, and why they are not known. The service principals are returned in spite of that."""
    named = bare(params["dedicated_application"] or "") or None
    if not params["application_permissions"] and named is None:
        return [], [], None
    try:
        return *application.read(graph, named), None
    except HybridAuthError as exc:
        return [], [], str(exc)


def _beginnings(names: list[str]) -> list[str]:
    given = [str(name).strip() for name in names]
    if not given or not all(given) or len(given) > _MOST_NAMES:
        raise InvalidOptionError(
            "dedicated_application_names",
            f"it has {len(given)} entries, or an empty one",
            f"1 to {_MOST_NAMES} texts with which display names begin, such as {DEDICATED_APPLICATION}",
        )
    return given


def _clock(graph: Graph) -> Clock:
    if graph.clock is None:
        return {"tenant_time": None, "controller_time": None, "clock_uncertainty": None}
    tenant, asked = graph.clock
    told = asked.info()
    return {
        "tenant_time": utc_text(tenant) if tenant else None,
        "controller_time": told["controller_time"],
        "clock_uncertainty": told["clock_uncertainty"],
    }
