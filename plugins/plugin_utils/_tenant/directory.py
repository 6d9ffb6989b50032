# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's directory: the only thing that writes to service principals. Private to the collection.

It holds the lock among the runs of this machine, has a change carried out as a transaction, and predicts one without carrying it out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import rehearsal, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import repeated_for
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.readings import Readings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.transaction import Planner, Transaction, described
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.waiting import Waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.wishes import Wishes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError


@dataclass(frozen=True)
class Converged:
    """plans: in the order asked for, predicted as it was read back where something was written."""

    plans: list[PrincipalPlan]
    warnings: list[str] = field(default_factory=list)


class Directory:
    """The service principals behind a connection.

    folder: where this run of Ansible keeps its temporary files. timeout: seconds that a change may take to be done and seen.
    collection: service principals, or the application objects behind them, which have keys of their own.
    """

    def __init__(self, connection: TenantConnection, folder: str, timeout: float, collection: str = service_principal.PRINCIPALS) -> None:
        self._connection, self._folder, self._timeout, self._collection = connection, folder, timeout, collection

    def converge(
        self, app_ids: Sequence[str], planner: Planner, now: datetime, current: Sequence[ServicePrincipal], *, write: bool
    ) -> Converged:
        """Bring the principals to what the planner wants, or with write false tell what that would take.

        current: an earlier reading of the run, or nothing. Raises HybridAuthError, whose details have changed and written where a part was
        done.
        """
        graph = self._connection.graph()
        # Not every sign-in tells the tenant; the ids of the objects do.
        wishes = Wishes(self._connection.where.graph_url)

        def read(wanted: Sequence[str]) -> list[ServicePrincipal]:
            reader = service_principal.read_whole if planner.whole_keys else service_principal.read
            return service_principal.required(reader(graph, wanted, self._collection), wanted, self._collection)

        with wishes.exclusive(), repeated_for(self._timeout):
            foreseen = Journal(self._folder, f"{self._connection.where.graph_url} foreseen")
            if not write:
                waiting = Waiting(self._timeout)
                readings = Readings(lambda: read(app_ids), wishes, planner.kinds, current)
                found = readings.settled(lambda one: planner.plan(one, now), waiting, agree=False)
                return Converged(_foresee(found, planner, now, foreseen), readings.warnings)
            transaction = Transaction(graph, wishes, planner, now, read, self._timeout)
            try:
                plans = transaction.run(app_ids, current)
            except HybridAuthError as exc:
                raise described(exc, transaction) from None
            if rehearsal.is_rehearsal():  # a task that writes in spite of it: what it wrote counts now
                foreseen.add({plan.principal.path: dict.fromkeys(plan.body) for plan in plans if plan.change.changed})
            return Converged(plans, transaction.warnings)


def _foresee(found: Sequence[ServicePrincipal], planner: Planner, now: datetime, foreseen: Journal) -> list[PrincipalPlan]:
    """The plans for what is there, or in a rehearsal for what earlier tasks said that they would make of it."""
    if not rehearsal.is_rehearsal():
        return [planner.plan(principal, now) for principal in found]
    said = foreseen.entries()
    try:
        applied = [rehearsal.applied(principal, said.get(principal.path, {})) for principal in found]
    except (AttributeError, TypeError, ValueError) as exc:
        raise foreseen.damaged(exc) from None
    plans = [planner.plan(principal, now) for principal in applied]
    foreseen.add({plan.principal.path: rehearsal.foreseen(plan.predicted, plan.body, now) for plan in plans if plan.change.changed})
    return plans


class Journal:
    """What this run of Ansible foresees, kept for its later tasks in its folder of temporary files, which ends with it."""

    def __init__(self, folder: str, name: str) -> None:
        self._path = Path(folder) / f"sfb_hybrid_auth-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"

    def entries(self) -> dict[str, dict[str, Any]]:
        """What was foreseen, by the object's path; HybridAuthError where it cannot be read."""
        try:
            entries: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as exc:
            raise self.damaged(exc) from None
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise self.damaged("it holds something else")
        return entries

    def damaged(self, why: object) -> HybridAuthError:
        """The error that says why what was foreseen is not known."""
        return HybridAuthError(
            f"{self._path}, which tells what earlier tasks of this run foresee, cannot be read: {why}.",
            "See what else writes to the folder of Ansible's temporary files (ANSIBLE_LOCAL_TEMP), and run again.",
            unchanged=True,
        )

    def add(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember these entries; an object's newer properties replace its older ones."""
        entries = self.entries()
        for path, entry in written.items():
            entries[path] = {**entries.get(path, {}), **entry}
        part = self._path.with_suffix(".part")
        try:
            part.write_text(json.dumps(entries), encoding="utf-8")
            part.replace(self._path)
        except OSError as exc:
            raise HybridAuthError(
                f"What this run foresees could not be noted in {self._path}: {exc}.",
                "Make room there, or let Ansible keep its temporary files elsewhere (ANSIBLE_LOCAL_TEMP).",
            ) from None
