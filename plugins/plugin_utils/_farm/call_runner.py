# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs calls one by one as the runner on the server runs them, where no script may run there. Private to the collection.

The same request has the same answer both ways: the same allowed cmdlets, the first failure stops, an object is written only where it is
as the caller saw it and is looked at afterwards, failures are data. tests/powershell/test_conformance.py compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import AFTER, Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import CMDLETS, RUNNER, RUNNER_ONLY
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import (
    KINDS,
    RowError,
    object_shapes,
    object_type,
    project_row,
    unrolled,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.seen import as_seen, find_row
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import is_observed

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
        self._shapes: dict[str, list[dict[str, Any]]] = {}
        self._failure: dict[str, Any] | None = None
        self._write: dict[str, Any] | None = None
        # For a bundle everything is read that can be read, and every failure is told; None where the first one ends the request.
        self._failures: list[dict[str, Any]] | None = None

    def answer(self, calls: Sequence[Call], write: Write | None = None) -> dict[str, Any]:
        """The answer in the shape of cs_invoke."""
        self._failure = request_problem(calls, write)
        if is_observed() and write is None and self._failure is None:
            self._failures = []
        for call in calls:
            if self._failure is None or (self._failures is not None and self._failure["error_id"] != LOST):
                self._read(call)
        if write and self._failure is None:
            self._change(write)
        return {
            "changed": False,
            "module": None,
            "answers": self._rows,
            "unknown": self._unknown,
            "failure": self._failure,
            "write": self._write,
            "warnings": self._warnings,
            **({"shapes": self._shapes} if is_observed() else {}),
            **({"failures": self._failures} if self._failures is not None else {}),
        }

    def _read(self, call: Call) -> None:
        try:
            self._rows[call.id] = self._call(call)
        except _CallError as exc:
            failure = _failure(call, exc.failure)
            if self._failures is not None:
                self._failures.append(failure)
            missing = call.optional and exc.failure.error_id.startswith(NOT_FOUND)
            if missing or (call.tolerant and exc.failure.error_id != LOST):
                self._unknown[call.id] = exc.failure.message
            elif self._failure is None or exc.failure.error_id == LOST:
                self._failure = failure

    def _change(self, write: Write) -> None:
        """Change one object where it is as the caller saw it, and look at it afterwards.

        Where a cmdlet failed and the object is gone, it is made again as it was; it is looked at before anything is done, since a cmdlet
        that failed may have done its work.
        """
        self._read(write.look)
        if self._failure:
            return
        outcome: dict[str, Any] = {"state": "stale", "restored": [], "unread": None}
        self._write = outcome
        if not as_seen(write, self._rows[write.look.id]):
            return
        outcome["state"] = "done"
        for call in write.calls:
            self._read(call)
            if self._failure:
                outcome["state"] = "failed"
                break
        outcome["unread"] = self._look(write)
        if outcome["state"] == "done":
            return
        for step in write.restore:
            # The first step makes what is gone; each further one is for what those before it left different.
            if outcome["unread"] or (
                as_seen(write, self._rows[AFTER]) if outcome["restored"] else find_row(self._rows[AFTER], write.identity) is not None
            ):
                break
            outcome["restored"].append(self._step(step))
            outcome["unread"] = self._look(write)

    def _look(self, write: Write) -> str | None:
        """Read the object again; why it could not be read, or None."""
        self._rows.pop(AFTER, None)
        try:
            self._rows[AFTER] = self._call(write.look)
        except _CallError as exc:
            self._failure = self._failure or _failure(write.look, exc.failure)
            return exc.failure.message
        return None

    def _step(self, step: Call) -> dict[str, Any]:
        try:
            self._call(step)
        except _CallError as exc:
            return {"id": step.id, "cmdlet": step.cmdlet, "ok": False, "message": exc.failure.message}
        return {"id": step.id, "cmdlet": step.cmdlet, "ok": True, "message": None}

    def _call(self, call: Call) -> list[dict[str, Any]]:
        if call.cmdlet == "Read-Server":
            return [dict(_SERVER)]
        if call.cmdlet == "Read-ServerSetting":
            return []
        if call.cmdlet == "Read-Certificate":
            return self._certificates(str(call.parameters.get("of")))
        finished = self._invoke(call.cmdlet, {**call.parameters, **CMDLETS[call.cmdlet]})
        self._warnings += finished.warnings
        if finished.failure:
            raise _CallError(finished.failure)
        objects = unrolled(finished.output)
        if is_observed():
            self._shapes[call.id] = object_shapes(objects)
        return self._projected(call, objects) if call.select else []

    def _projected(self, call: Call, objects: Sequence[Any]) -> list[dict[str, Any]]:
        rows, foreign = [], []
        for source in objects:
            try:
                row, zoneless = project_row(source, call.select)
            except RowError as exc:
                raise _CallError(Failure(str(exc), exc.error_id, "InvalidResult")) from None
            self._warnings += [f"{call.cmdlet}: {name} came without a time zone and was taken as UTC." for name in zoneless]
            if row is None:
                foreign.append(object_type(source))
            else:
                rows.append(row)
        if foreign and not rows:
            # None of what was asked for may be all that there is, or what failed to be listed.
            text = f"it returned a {foreign[0]}, which has none of the properties that were asked for, and nothing else"
            raise _CallError(Failure(text, "ForeignObject", "InvalidResult"))
        self._warnings += [
            f"{call.cmdlet} returned a {kind}, which has none of the properties that were asked for; it was left out." for kind in foreign
        ]
        return rows

    def _certificates(self, of: str) -> list[dict[str, Any]]:
        """Nothing is known of the computer's own store here."""
        names = [row.get(name) for row in self._rows.get(of, []) for name in ("Thumbprint", "PreviousThumbprint")]
        thumbprints = dict.fromkeys(str(name).upper() for name in names if name)
        return [{"thumbprint": one, "found": None, "has_private_key": None, **dict.fromkeys(_STORED)} for one in thumbprints]


def request_problem(calls: Sequence[Call], write: Write | None = None) -> dict[str, Any] | None:
    """The failure of a request that cannot be run, or None; looked for before anything runs."""
    seen = {AFTER}
    for step in (*calls, *((write.look, *write.calls, *write.restore) if write else ())):
        if step.cmdlet in RUNNER_ONLY:
            text = f"'{step.cmdlet}' needs the server's certificate store, which a restricted endpoint does not open."
            return _failure(step, Failure(text, "NotAllowed", "NotAllowed"))
        if step.cmdlet not in CMDLETS and step.cmdlet not in RUNNER:
            return _failure(step, Failure(f"The cmdlet '{step.cmdlet}' is not one that this module runs.", "NotAllowed", "NotAllowed"))
        for name, kind in step.select.items():
            if kind.rstrip("?") not in KINDS:
                return _failure(step, Failure(f"The kind '{kind}' of {name} is not known.", "InvalidRequest", "InvalidRequest"))
        if step.id in seen:
            return _failure(step, Failure(f"The id '{step.id}' is used twice.", "InvalidRequest", "InvalidRequest"))
        seen.add(step.id)
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
