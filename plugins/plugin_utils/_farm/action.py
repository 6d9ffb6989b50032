# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of the actions that write on-premises objects: read, plan, write and read back. Private to the collection.

A request that writes carries what its plan was made from. Where the object is no longer so, nothing is written, and the plan is made anew
from what was read instead; so an object whose reading is given as 'current' costs one PowerShell process.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, ClassVar, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import AFTER, Answer, Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.journal import LONGEST, Entry, Journal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.seen import as_seen, find_row
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

CURRENT: dict[str, dict[str, Any]] = {"current": {"type": "dict"}}

# How often a plan is made before it is said that the object does not stay as it is.
_ATTEMPTS = 4


@dataclass(frozen=True)
class OnpremPlan:
    """calls: the cmdlets that make the change, in order. predicted: the object as it will be, None where it will be absent.

    replaced: the object that the calls remove and make anew. restore: what makes it again as it was, should that fail.
    """

    change: Change
    calls: tuple[Call, ...] = ()
    predicted: Mapping[str, Any] | None = None
    restore: tuple[Call, ...] = ()
    replaced: Mapping[str, Any] | None = None


class OnpremAction(HybridAuthAction):
    """An action whose subclass says what it wants of one part of what onprem_info reads.

    OBJECT: what an object of the part is called in a message. identity: the task's own object, set before converge().
    """

    PART: ClassVar[str]
    RESULT: ClassVar[str]
    OBJECT: ClassVar[str]
    identity: str

    @abstractmethod
    def plan(self, found: Any, kept: Mapping[str, Any] | None = None) -> OnpremPlan:
        """The plan for the part as it was read; nothing is contacted. kept: the object before a replacement that was cut short."""

    @abstractmethod
    def find(self, found: Any) -> Mapping[str, Any] | None:
        """The task's own object in the part as it was read."""

    def check_written(self, found: Any) -> None:
        """HybridAuthError where what the farm itself made of a change shows that it was not the one that was meant; it is taken back."""

    def back(self, before: Mapping[str, Any] | None, found: Any) -> OnpremPlan:
        """The plan that takes back a change that check_written() refuses. before: the object as it was. found: the part as it is."""
        raise NotImplementedError

    def converge(self, params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Read, plan, write where the object is still so, and compare what it reads back with the plan."""
        self._shell = ManagementShell(self, params["management_modules"], task_vars, params["endpoint"])
        self._warned: list[str] = []
        self._journal = Journal(self._shell.server, self.PART, self.identity)
        found = self._current(params["current"])
        found = self._read() if found is None else found
        entry = self._journal.read()
        kept = self._kept(entry, found)
        done: list[OnpremPlan] = []
        for _attempt in range(_ATTEMPTS):
            plan = self.plan(found, kept)
            if not plan.change.changed or self.check_mode:
                break
            if done and plan.change.operations == done[-1].change.operations:
                raise self._unchanged(plan)
            after, written = self._write(plan, self.find(found))
            if written:
                try:
                    self.check_written(after)
                except HybridAuthError as exc:
                    raise self._taken_back(exc, self.find(found), after) from None
                done.append(plan)
            found, kept = after, None if written else self._kept(entry, after)
        else:
            raise HybridAuthError(
                f"{self._shell.server}: {self._name} was changed by another program each time before it could be written.",
                "See what else manages it, and run again.",
            )
        if not self.check_mode:
            self._journal.forget()
        return self._result(done or [plan], plan.predicted if self.check_mode else self.find(found))

    def _taken_back(self, error: HybridAuthError, before: Mapping[str, Any] | None, found: Any) -> HybridAuthError:
        """The error with how the object is after its change was taken back."""
        try:
            found, _written = self._write(self.back(before, found), self.find(found))
        except HybridAuthError as exc:
            left = f"The change could NOT be taken back: {exc.message}"
            return HybridAuthError(f"{error.message} {left}", f"Look at {self._name} in the Management Shell. {error.remedy}", changed=True)
        now = self.find(found)
        if now == before:
            self._journal.forget()
            return HybridAuthError(
                f"{error.message} The change was taken back: {self._name} is {'as it was' if before else 'not there, as before'}.",
                error.remedy,
            )
        is_now = f"it has {self._definition(now)}" if now else "it is not there"
        was = f"it had {self._definition(before)}" if before else "it was not there"
        left = f"The change could NOT be taken back: {self._name} is not as it was. Now {is_now}; before, {was}."
        return HybridAuthError(f"{error.message} {left}", f"Look at {self._name} in the Management Shell. {error.remedy}", changed=True)

    @property
    def _name(self) -> str:
        return f"{self.OBJECT} {self.identity}".strip()

    def _read(self) -> Any:
        answer = self._shell.run(parts.calls([self.PART]))
        self._warned += answer.warnings
        return self._found(answer, self.PART)

    def _found(self, answer: Answer, call_id: str) -> Any:
        rows = {"server": answer.rows["server"], self.PART: answer.rows[call_id]}
        found: Mapping[str, Any] = parts.shaped(replace(answer, rows=rows), [self.PART])
        return found[self.PART]

    def _kept(self, entry: Entry | None, found: Any) -> Mapping[str, Any] | None:
        """What the journal keeps of an object that is gone; it is said when it is used, and when it is too old for that."""
        if entry is None or self.find(found) is not None:
            return None
        told = (
            f"The replacement of {self._name}, which began {utc_text(entry.since)} on {self._shell.server}, was cut short: it is not there."
        )
        try:
            definition = f"{self._definition(entry.old)} ({self._journal.path})"
        except KeyError as exc:
            raise self._journal.damaged(f"it lacks {exc}") from None
        if entry.is_stale(datetime.now(timezone.utc)):
            text = f"{told} That is more than {LONGEST.days} days ago, so what it had is not brought back: {definition}."
        else:
            text = f"{told} What the task does not set itself is brought back from what it had: {definition}."
        if text not in self._warned:
            self._warned.append(text)
        return None if entry.is_stale(datetime.now(timezone.utc)) else entry.old

    def _write(self, plan: OnpremPlan, current: Mapping[str, Any] | None) -> tuple[Any, bool]:
        """The part as it is after the write and True, or as it is instead of what the plan was made from and False."""
        (look,) = [call for call in parts.calls([self.PART]) if call.id == self.PART]
        row = parts.PARTS[self.PART].row
        seen = dict(row(current)) if row and current is not None else None
        write = Write(look, self.identity, seen, plan.calls, plan.restore)
        if plan.replaced is not None:
            self._journal.keep(plan.replaced, datetime.now(timezone.utc))
        try:
            answer, error = self._shell.change(write)
        except HybridAuthError as exc:
            raise self._told(exc, plan, "") from None
        self._warned += answer.warnings
        problem = error or HybridAuthError(f"{self._shell.server}: the answer lacks a part.", "Please report it with the output of -vvv.")
        if answer.write is None:
            # What could not be read was not written either.
            if plan.replaced is not None:
                self._journal.forget()
            raise self._told(problem, replace(plan, replaced=None), "Nothing was written.")
        if answer.write["state"] == "stale":
            if plan.replaced is not None:
                self._journal.forget()
            return self._found(answer, self.PART), False
        if AFTER not in answer.rows:
            text = "The change was made, but not read back" if answer.write["state"] == "done" else "It could not be looked at afterwards"
            raise self._told(problem, plan, f"{text}, so it is not known how {self._name} is now ({answer.write['unread']}).")
        after = self._found(answer, AFTER)
        if error:
            self._judge(error, plan, write, answer, after)
        return after, True

    def _judge(self, error: HybridAuthError, plan: OnpremPlan, write: Write, answer: Answer, after: Any) -> None:
        """Say what a failed cmdlet left; HybridAuthError unless the object is as wanted all the same."""
        there = find_row(answer.rows[AFTER], self.identity) is not None
        left = self.plan(after).change
        if not left.changed:
            self._warned.append(f"{error.message} {self._name} is {'there' if there else 'gone'} as wanted all the same.")
            return
        restored = answer.write["restored"] if answer.write else []
        broken = "; ".join(f"{step['cmdlet']}: {step['message']}" for step in restored if not step["ok"])
        if as_seen(write, answer.rows[AFTER]):
            self._journal.forget()
            unharmed = f"{self._name} is {'as it was' if there else 'not there, as before'}."
            raise self._told(
                error, replace(plan, replaced=None), "What was there before was restored." if restored else unharmed, looked=True
            )
        if there:
            took = "; ".join(left.operations)
            text = f"{self._name} is there, neither as it was nor as wanted{f' ({broken})' if broken else ''}; it would still take: {took}."
        else:
            text = f"{self._name} is gone, and what was there before could NOT be restored{f': {broken}' if broken else ''}."
        raise self._told(error, plan, text, looked=True)

    def _told(self, error: HybridAuthError, plan: OnpremPlan, text: str, looked: bool = False) -> HybridAuthError:
        """The error with what is known of the object, and with the old definition of one that may be lost."""
        details = dict(error.details)
        if looked:  # so it can be reached again
            details.pop("unreachable", None)
        if self._warned:
            details["warnings"] = list(self._warned)
        words = [error.message, text]
        if plan.replaced is not None:
            details["replaced"] = dict(plan.replaced)
            words.append(
                f"Before, it had {self._definition(plan.replaced)}. The next run brings back what of this the task does not set itself, "
                f"from {self._journal.path}."
            )
        return HybridAuthError(" ".join(word for word in words if word), error.remedy, **details)

    def _definition(self, old: Mapping[str, Any]) -> str:
        row = parts.PARTS[self.PART].row
        return shown_settings(row(old) if row else old)

    def _unchanged(self, plan: OnpremPlan) -> HybridAuthError:
        return HybridAuthError(
            f"{self._shell.server}: the cmdlets ran without error, but it would still take: {'; '.join(plan.change.operations)}.",
            "Look at the object in the Management Shell; another program may have changed it at the same time.",
            diff=plan.change.as_result()["diff"],
        )

    def _result(self, plans: list[OnpremPlan], now: Mapping[str, Any] | None) -> dict[str, Any]:
        changes = [plan.change for plan in plans]
        operations = tuple(operation for change in changes for operation in change.operations)
        result = Change(changes[0].before, changes[-1].after, operations).as_result()
        result[self.RESULT] = dict(now) if now is not None else None
        replaced = next((plan.replaced for plan in plans if plan.replaced is not None), None)
        if replaced is not None:
            result["replaced"] = dict(replaced)
        if self._warned:
            result["warnings"] = self._warned
        return result

    def _current(self, current: Mapping[str, Any] | None) -> Any:
        whole: Mapping[str, Any] | None = whole_result(current)
        return None if whole is None else whole.get(self.PART)


def shown_settings(settings: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Settings in words, without the empty ones. names: how they are called, by their keys."""
    return ", ".join(
        f"{(names or {}).get(key, key)} {_shown_value(value)}" for key, value in settings.items() if value not in (None, "", [])
    )


def _shown_value(value: Any) -> str:
    if isinstance(value, Mapping):  # how an application's tokens are checked
        return " ".join(str(part) for part in value.values() if part)
    return repr(value)


def whole_result(current: Mapping[str, Any] | None) -> FarmReading | None:
    """What the option 'current' holds; InvalidOptionError where it is not what onprem_info returned."""
    if current is not None and "management_module" not in current:
        raise InvalidOptionError("current", "it is no result of onprem_info", "the whole registered result of onprem_info")
    return cast("FarmReading | None", current)
