# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of the actions that work on service principals: sign in, read, plan, write, read back. Private to the collection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.consistency import Journal, exclusive, wait_until
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

# The options of every action that writes to service principals.
WRITING: dict[str, dict[str, Any]] = {
    "wait_timeout": {"type": "int", "default": 120},
    "current": {"type": "dict"},
}


class PrincipalAction(HybridAuthAction):
    """An action whose subclass says what it wants of each principal."""

    def connect(self, params: Mapping[str, Any]) -> TenantConnection:
        return TenantConnection(params, self.given, self.secrets)

    @abstractmethod
    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        """The plan for one principal; nothing is contacted."""

    @abstractmethod
    def problems(self, plan: PrincipalPlan, found: ServicePrincipal, now: datetime) -> list[str]:
        """How the principal that was read back differs from the plan, in words."""

    def converge(self, params: Mapping[str, Any], app_ids: Sequence[str]) -> dict[str, Any]:
        """Read, plan and write; everything is planned before the first write."""
        now = datetime.now(timezone.utc)
        if params["wait_timeout"] < 1:
            raise InvalidOptionError("wait_timeout", f"{params['wait_timeout']} is too short", "seconds, at least 1")
        current = service_principal.from_current(params["current"], app_ids)
        connection = self.connect(params)
        plans = [self.plan(principal, now) for principal in current or []]
        if current is None or any(plan.change.changed for plan in plans):
            with exclusive(constants.DEFAULT_LOCAL_TMP, connection.where.graph_url):
                graph = connection.graph()
                journal = Journal(constants.DEFAULT_LOCAL_TMP, f"{connection.where.graph_url} {connection.known_tenant_id}")
                read = self._read_current(connection, app_ids, journal.entries(), params["wait_timeout"])
                plans = [self.plan(principal, now) for principal in read]
                due = [plan for plan in plans if plan.change.changed]
                if due and not self.check_mode:
                    for plan in due:
                        graph.change(plan.principal.path, plan.principal.label, plan.body)
                    after = self._read_back(connection, due, params["wait_timeout"], now)
                    journal.add(
                        {
                            plan.principal.path: service_principal.written(plan.principal, after[plan.principal.app_id], plan.body)
                            for plan in due
                        }
                    )
                    plans = [
                        PrincipalPlan(plan.principal, after.get(plan.principal.app_id, plan.predicted), plan.change, plan.body)
                        for plan in plans
                    ]
        merged = Change(
            before={plan.principal.app_id: dict(plan.change.before) for plan in plans},
            after={plan.principal.app_id: dict(plan.change.after) for plan in plans},
            operations=tuple(operation for plan in plans for operation in plan.change.operations),
        )
        result = merged.as_result()
        result["service_principals"] = [plan.predicted.info(now) for plan in plans]
        if connection.warnings:
            result["warnings"] = connection.warnings
        return result

    def _read_current(
        self, connection: TenantConnection, app_ids: Sequence[str], written: Mapping[str, Mapping[str, Any]], timeout: float
    ) -> list[ServicePrincipal]:
        """The principals as they are, not as a replica remembers them from before a write of this run."""

        def read() -> list[ServicePrincipal]:
            return service_principal.required(service_principal.read(connection.graph(), app_ids), app_ids)

        def outdated(found: list[ServicePrincipal]) -> list[str]:
            return [problem for one in found for problem in service_principal.outdated(one, written.get(one.path, {}))]

        found = read()
        return wait_until(read, outdated, " and ".join(one.label for one in found), timeout) if outdated(found) else found

    def _read_back(
        self, connection: TenantConnection, due: list[PrincipalPlan], timeout: float, now: datetime
    ) -> dict[str, ServicePrincipal]:
        app_ids = [plan.principal.app_id for plan in due]

        def read() -> dict[str, ServicePrincipal]:
            return {principal.app_id: principal for principal in service_principal.read(connection.graph(), app_ids)}

        def problems(found: dict[str, ServicePrincipal]) -> list[str]:
            wrong = []
            for plan in due:
                principal = found.get(plan.principal.app_id)
                wrong += self.problems(plan, principal, now) if principal else [f"{plan.principal.label} is not there"]
            return wrong

        return wait_until(read, problems, " and ".join(plan.principal.label for plan in due), timeout)
