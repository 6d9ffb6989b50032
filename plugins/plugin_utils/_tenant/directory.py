# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's directory: the only thing that writes to service principals. Private to the collection.

It locks, reads what is there now, has it planned, writes what is due, reads back until it is there, and keeps a journal of it.

Entra ID answers reads from replicas, so a read soon after a write may still show the old object, and the write of a list that was
read stale loses entries (https://learn.microsoft.com/entra/architecture/architecture, "Consistency").
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import rehearsal, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

T = TypeVar("T")

# One reading that shows a change is enough, unless one before it did not: then a replica lags, and this many in a row are asked for.
_AGREEING_READS = 3
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0
# A simulated tenant has no replicas to wait for.
_PAUSE_VARIABLE = "SFB_READ_PAUSE_SECONDS"


class Planner(Protocol):
    """What one task wants of each principal. Nothing of it contacts anything."""

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        """The plan for one principal."""

    def problems(self, plan: PrincipalPlan, found: ServicePrincipal, now: datetime) -> list[str]:
        """How the principal that was read back differs from the plan, in words."""


class Directory:
    """The service principals behind a connection.

    folder: where this run of Ansible keeps its temporary files. timeout: seconds that a change may take to be seen.
    """

    def __init__(self, connection: TenantConnection, folder: str, timeout: float) -> None:
        self._connection, self._folder, self._timeout = connection, folder, timeout

    def converge(self, app_ids: Sequence[str], planner: Planner, now: datetime, *, write: bool) -> list[PrincipalPlan]:
        """The plans for what is there, everything planned before the first write; with write done, and predicted as it was read back.

        Without write, in a run with --check, for what would be there by now.
        """
        name = f"{self._connection.where.graph_url} {self._connection.known_tenant_id}"
        with exclusive(self._folder, self._connection.where.graph_url):
            graph = self._connection.graph()
            journal, foreseen = Journal(self._folder, name), Journal(self._folder, f"{name} foreseen")
            found = self._current(app_ids, journal.entries())
            if not write:
                return _foresee(found, planner, now, foreseen)
            plans = [planner.plan(principal, now) for principal in found]
            due = [plan for plan in plans if plan.change.changed]
            if not due:
                return plans
            for plan in due:
                graph.change(plan.principal.path, plan.principal.label, plan.body)
            after = self._read_back(due, planner, now)
            journal.add(
                {plan.principal.path: service_principal.written(plan.principal, after[plan.principal.app_id], plan.body) for plan in due}
            )
            if rehearsal.is_rehearsal():  # a task that writes in spite of it: what it wrote counts now
                foreseen.add({plan.principal.path: dict.fromkeys(plan.body) for plan in due})
            return [replace(plan, predicted=after.get(plan.principal.app_id, plan.predicted)) for plan in plans]

    def _current(self, app_ids: Sequence[str], written: Mapping[str, Mapping[str, Any]]) -> list[ServicePrincipal]:
        """The principals as they are, not as a replica remembers them from before a write of this run."""

        def read() -> list[ServicePrincipal]:
            return service_principal.required(service_principal.read(self._connection.graph(), app_ids), app_ids)

        def outdated(found: list[ServicePrincipal]) -> list[str]:
            return [problem for one in found for problem in service_principal.outdated(one, written.get(one.path, {}))]

        found = read()
        return wait_until(read, outdated, " and ".join(one.label for one in found), self._timeout) if outdated(found) else found

    def _read_back(self, due: Sequence[PrincipalPlan], planner: Planner, now: datetime) -> dict[str, ServicePrincipal]:
        app_ids = [plan.principal.app_id for plan in due]

        def read() -> dict[str, ServicePrincipal]:
            return {principal.app_id: principal for principal in service_principal.read(self._connection.graph(), app_ids)}

        def problems(found: dict[str, ServicePrincipal]) -> list[str]:
            wrong = []
            for plan in due:
                principal = found.get(plan.principal.app_id)
                wrong += planner.problems(plan, principal, now) if principal else [f"{plan.principal.label} is not there"]
            return wrong

        return wait_until(read, problems, " and ".join(plan.principal.label for plan in due), self._timeout)


def _foresee(found: Sequence[ServicePrincipal], planner: Planner, now: datetime, foreseen: Journal) -> list[PrincipalPlan]:
    """The plans for what is there, or in a rehearsal for what earlier tasks said that they would make of it."""
    if not rehearsal.is_rehearsal():
        return [planner.plan(principal, now) for principal in found]
    said = foreseen.entries()
    plans = [planner.plan(rehearsal.applied(principal, said.get(principal.path, {})), now) for principal in found]
    foreseen.add({plan.principal.path: rehearsal.foreseen(plan.predicted, plan.body, now) for plan in plans if plan.change.changed})
    return plans


def wait_until(read: Callable[[], T], problems: Callable[[T], list[str]], subject: str, timeout: float) -> T:
    """What read() gives once it shows no problem; where it has shown one before, once it has shown none several times in a row.

    timeout: seconds, after which HybridAuthError tells the last problems.
    """
    shortest = _shortest_pause()
    deadline = time.monotonic() + timeout
    pause, agreeing, needed = shortest, 0, 1
    while True:
        found = read()
        wrong = problems(found)
        agreeing = 0 if wrong else agreeing + 1
        needed = _AGREEING_READS if wrong else needed
        if agreeing == needed:
            return found
        if wrong and time.monotonic() + pause > deadline:
            raise HybridAuthError(
                f"Microsoft Graph took the change of {subject}, but {timeout:g} seconds later it shows: {'; '.join(wrong)}.",
                "Another program may have written at the same time. Look at it with sp_info, and run again.",
                problems=wrong,
            )
        time.sleep(pause)
        pause = shortest if not wrong else min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _shortest_pause() -> float:
    text = os.environ.get(_PAUSE_VARIABLE, "").strip()
    try:
        return max(float(text), 0.01) if text else _PAUSE_SECONDS
    except ValueError:
        raise HybridAuthError(
            f"The environment variable {_PAUSE_VARIABLE} is {text!r}, which is no number of seconds.", "Unset it."
        ) from None


@contextmanager
def exclusive(folder: str, name: str) -> Iterator[None]:
    """Hold a lock against the other workers of this run of Ansible: they share the folder of temporary files."""
    path = Path(folder) / f"sfb_hybrid_auth-{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Journal:
    """What this run of Ansible wrote to the directory, kept for its later tasks in its folder of temporary files, which ends with it.

    A task that reads an object from a replica that has not heard of an earlier task's write would merge its own change into the old
    list and so undo that write. Entries hold ids and names only. Use it while holding exclusive().
    """

    def __init__(self, folder: str, name: str) -> None:
        self._path = Path(folder) / f"sfb_hybrid_auth-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"

    def entries(self) -> dict[str, dict[str, Any]]:
        """What was written, by the object's path."""
        try:
            entries: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return entries

    def add(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember these entries; an object's newer properties replace its older ones."""
        entries = self.entries()
        for path, entry in written.items():
            entries[path] = {**entries.get(path, {}), **entry}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(self._path)
