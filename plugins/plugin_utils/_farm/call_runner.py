# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs calls one by one as the runner on the server runs them, where no script may run there. Private to the collection.

The same request has the same answer both ways: the same allowed cmdlets, the first failure stops, what had succeeded is taken back,
failures are data. tests/powershell/test_conformance.py compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import CMDLETS, RUNNER, RUNNER_ONLY
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import KINDS, ProjectionError, project_row

# What only the server itself could tell.
_SERVER = dict.fromkeys(("name", "time", "culture", "powershell"))
_STORED = ("subject", "issuer", "serial_number", "not_before", "not_after", "content", "key_type", "key_size", "signature_algorithm")

NOT_FOUND = "CommandNotFoundException"
LOST = "ConnectionLost"


@dataclass(frozen=True)
class Failure:
    """Why a cmdlet failed, as its error record tells: the identifier is the FullyQualifiedErrorId."""

    message: str
    error_id: str
    category: str
    parameter: str | None = None


@dataclass(frozen=True)
class Finished:
    """A pipeline that came to its end: the objects it returned, what it warned of, and why it failed if it did."""

    output: Sequence[Any] = ()
    warnings: Sequence[str] = ()
    failure: Failure | None = None


Invoke = Callable[[str, Mapping[str, Any]], Finished]


class _CallError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class CallRunner:
    """invoke: runs one cmdlet with its parameters on the server, without any script around it."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._unknown: dict[str, str] = {}
        self._warnings: list[str] = []

    def answer(self, calls: Sequence[Call]) -> dict[str, Any]:
        """The answer in the shape of cs_invoke, with the rows that stay unknown beside it."""
        failure = request_problem(calls)
        undone: list[dict[str, Any]] = []
        if failure is None:
            failure, undone = self._run(calls)
        return {
            "changed": False,
            "module": None,
            "answers": self._rows,
            "unknown": self._unknown,
            "failure": failure,
            "undone": undone,
            "warnings": self._warnings,
        }

    def _run(self, calls: Sequence[Call]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        undo: list[tuple[Call, ...]] = []
        for call in calls:
            try:
                self._rows[call.id] = self._call(call)
            except _CallError as exc:
                if call.optional and exc.failure.error_id.startswith(NOT_FOUND):
                    self._unknown[call.id] = exc.failure.message
                    continue
                if exc.failure.error_id == LOST:  # it may have done its work all the same
                    undo.append(call.undo)
                return _failure(call, exc.failure), [self._undo(step) for steps in reversed(undo) for step in steps]
            undo.append(call.undo)
        return None, []

    def _undo(self, step: Call) -> dict[str, Any]:
        try:
            self._call(step)
        except _CallError as exc:
            return {"id": step.id, "cmdlet": step.cmdlet, "ok": False, "message": exc.failure.message}
        return {"id": step.id, "cmdlet": step.cmdlet, "ok": True, "message": None}

    def _call(self, call: Call) -> list[dict[str, Any]]:
        if call.cmdlet == "Read-Server":
            return [dict(_SERVER)]
        if call.cmdlet == "Read-Certificate":
            return self._certificates(str(call.parameters.get("of")))
        finished = self._invoke(call.cmdlet, {**call.parameters, **CMDLETS[call.cmdlet]})
        self._warnings += finished.warnings
        if finished.failure:
            raise _CallError(finished.failure)
        rows = []
        for source in finished.output:
            if source is None:
                continue
            try:
                row, zoneless = project_row(source, call.select)
            except ProjectionError as exc:
                raise _CallError(Failure(f"what it returned cannot be read: {exc}", "ProjectionError", "InvalidResult")) from None
            self._warnings += [f"{call.cmdlet}: {name} came without a time zone and was taken as UTC." for name in zoneless]
            rows.append(row)
        return rows

    def _certificates(self, of: str) -> list[dict[str, Any]]:
        """Nothing is known of the computer's own store here."""
        names = [row.get(name) for row in self._rows.get(of, []) for name in ("Thumbprint", "PreviousThumbprint")]
        thumbprints = dict.fromkeys(str(name).upper() for name in names if name)
        return [{"thumbprint": one, "found": None, "has_private_key": None, **dict.fromkeys(_STORED)} for one in thumbprints]


def request_problem(calls: Sequence[Call]) -> dict[str, Any] | None:
    """The failure of a request that cannot be run, or None; looked for before anything runs."""
    seen = set()
    for call in calls:
        for step in (call, *call.undo):
            if step.cmdlet in RUNNER_ONLY:
                text = f"'{step.cmdlet}' needs the server's certificate store, which a restricted endpoint does not open."
                return _failure(step, Failure(text, "NotAllowed", "NotAllowed"))
            if step.cmdlet not in CMDLETS and step.cmdlet not in RUNNER:
                return _failure(step, Failure(f"The cmdlet '{step.cmdlet}' is not one that this module runs.", "NotAllowed", "NotAllowed"))
            for name, kind in step.select.items():
                if kind not in KINDS:
                    return _failure(step, Failure(f"The kind '{kind}' of {name} is not known.", "InvalidRequest", "InvalidRequest"))
        if call.id in seen:
            return _failure(call, Failure(f"The id '{call.id}' is used twice.", "InvalidRequest", "InvalidRequest"))
        seen.add(call.id)
    return None


def _failure(call: Call, failure: Failure) -> dict[str, Any]:
    return {
        "id": call.id,
        "cmdlet": call.cmdlet,
        "message": failure.message,
        "error_id": failure.error_id,
        "category": failure.category,
        "parameter": failure.parameter,
    }
