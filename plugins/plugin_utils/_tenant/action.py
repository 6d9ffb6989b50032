# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of the actions that work on service principals. Private to the collection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, ClassVar

from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.application import keys_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.directory import Directory
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal

# The options of every action that writes to service principals.
WRITING: dict[str, dict[str, Any]] = {
    "wait_timeout": {"type": "int", "default": 120},
    "current": {"type": "dict"},
}


class PrincipalAction(HybridAuthAction):
    """An action whose subclass says what it wants of each principal, and fulfils transaction.Planner so."""

    PUBLIC: ClassVar[tuple[str, ...]] = ("operations", "service_principals", "written")

    kinds: tuple[str, ...]
    merges = True
    whole_keys = False

    def connect(self, params: Mapping[str, Any]) -> TenantConnection:
        return TenantConnection(params, self.given, self.secrets)

    @abstractmethod
    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        """The plan for one principal; nothing is contacted."""

    def decided(self, plans: Sequence[PrincipalPlan]) -> None:
        """Whatever later readings show, the task takes away nothing more than these plans; where it names what goes, that is so anyway."""

    def problems(self, found: ServicePrincipal, now: datetime) -> list[str]:  # noqa: ARG002  # for subclasses
        """What the principal that was read back lacks beyond the facts of the plan, in words."""
        return []

    def foreseen(self, connection: TenantConnection, plans: Sequence[PrincipalPlan], now: datetime) -> list[str]:  # noqa: ARG002
        """What check mode warns of beyond the plans; HybridAuthError where the write would surely be refused."""
        return []

    def converge(self, params: Mapping[str, Any], app_ids: Sequence[str], collection: str = service_principal.PRINCIPALS) -> dict[str, Any]:
        """Plan, and where something is due, read, plan again and write. collection: what the objects are, application objects or else."""
        now = datetime.now(timezone.utc)
        current = service_principal.from_current(params["current"], app_ids, collection)
        connection = self.connect(params)
        plans = [self.plan(principal, now) for principal in current or []]
        warnings = list(connection.warnings)
        if current is None or any(plan.change.changed for plan in plans):
            directory = Directory(connection, constants.DEFAULT_LOCAL_TMP, params["wait_timeout"], collection)
            converged = directory.converge(app_ids, self, now, current or (), write=not self.check_mode)
            plans = converged.plans
            warnings += converged.warnings
            if self.check_mode:
                warnings += self.foreseen(connection, plans, now)
            if self.whole_keys:
                warnings += service_principal.identifier_warnings(plan.principal for plan in plans)
        merged = Change(
            before={plan.principal.app_id: dict(plan.change.before) for plan in plans},
            after={plan.principal.app_id: dict(plan.change.after) for plan in plans},
            operations=tuple(operation for plan in plans for operation in plan.change.operations),
        )
        result = merged.as_result()
        if collection == service_principal.APPLICATIONS:
            result["applications"] = [keys_of(plan.predicted, now) for plan in plans]
        else:
            result["service_principals"] = [plan.predicted.info(now) for plan in plans]
        if warnings:
            result["warnings"] = warnings
        return result
