# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of service principals, from a reading that can be relied on to a reading that shows it. Private to the collection.

Graph has no ETag for them, so what another program writes between the last reading and the PATCH is lost; everything before and after is
read, and what was lost to another writer is written again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_echo
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph, GraphError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import UnansweredError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.readings import Readings, UnsettledError, labels
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.waiting import Waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.wishes import Wishes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

# One reading that shows a change is enough, unless one before it did not: then a replica lags, and this many in a row are asked for.
_AGREEING_READS = 3
# After this share of the time what a reading does not show counts as lost to another writer and is written again.
_SHOWN_WITHIN = 0.5
# So often is a change looked at again that was sent twice, since the service may still carry out the first request.
_LATE_LOOKS = 5
_LONGEST_ANSWER_SECONDS = 60.0
# Writers that met each other do not try again at the same moment.
_JITTER = random.SystemRandom()
_LONGEST_JITTER_SECONDS = 3.0


class Planner(Protocol):
    """What one task wants of each principal. Nothing of it contacts anything.

    kinds: with what the facts begin that it changes. merges: whether it writes a list, for which readings must agree. whole_keys:
    whether it writes key credentials.
    """

    kinds: tuple[str, ...]
    merges: bool
    whole_keys: bool

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        """The plan for one principal."""

    def decided(self, plans: Sequence[PrincipalPlan]) -> None:
        """These plans are what the task does: whatever later readings show, it takes away nothing more."""

    def problems(self, found: ServicePrincipal, now: datetime) -> list[str]:
        """What the principal that was read back lacks beyond the facts of the plan, in words."""


Read = Callable[[Sequence[str]], list[ServicePrincipal]]


class Transaction:
    """now: an aware time. read: the principals of these applications, all there.

    done: all that was done to a principal, by its application id. written: the same of all of them, in words.
    """

    def __init__(self, graph: Graph, wishes: Wishes, planner: Planner, now: datetime, read: Read, timeout: float) -> None:
        self._graph, self._wishes, self._planner, self._now, self._read = graph, wishes, planner, now, read
        self._waiting = Waiting(timeout)
        self._tried: dict[str, PrincipalPlan] = {}
        self._refused: dict[str, tuple[PrincipalPlan, GraphError]] = {}
        self._open: set[str] = set()
        self._replaced: set[str] = set()
        self._trouble: HybridAuthError | None = None
        self._after: dict[str, ServicePrincipal] = {}
        self.done: dict[str, PrincipalPlan] = {}
        self.written: list[str] = []
        self.warnings: list[str] = []

    def run(self, app_ids: Sequence[str], current: Sequence[ServicePrincipal]) -> list[PrincipalPlan]:
        """Bring the principals to what the planner wants. The plans as they were carried out, predicted as it was read back."""
        readings = Readings(lambda: self._read(app_ids), self._wishes, self._planner.kinds, current)
        resent, decided = False, False
        while True:
            try:
                settled = readings.settled(self._plan, self._waiting, agree=self._planner.merges, written=bool(self.done))
            except UnsettledError as exc:
                raise self._trouble or exc from None  # time ran out while a request was to be sent again
            plans = [self._plan(one) for one in settled]
            if not decided:
                self._planner.decided(plans)
                decided = True
            due = [plan for plan in plans if plan.change.changed]
            carried_out = [self._tried.pop(plan.principal.app_id) for plan in plans if not plan.change.changed and self._was_tried(plan)]
            for plan in carried_out:
                self._finish(plan)
            # Nobody has seen yet what a request that was not answered made of the keys that were to stay.
            if any(key_echo.staying(plan) for plan in carried_out) and not self._see(carried_out):
                continue
            if not due:
                break
            resent = resent or any(plan.principal.app_id in self._open for plan in due)
            if self._write(due, readings) and not (resent and not self._stays(due)):
                break
        if resent:
            self.warnings.append(
                f"Microsoft Graph did not say whether it had changed {labels(settled)}, and was asked again. If it carries out the first "
                "request now, what other programs wrote meanwhile is lost: look at it with sp_info in some minutes."
            )
        self.warnings += readings.warnings
        shown = {one.app_id: one for one in settled} | self._after
        return [
            replace(self.done[app_id], predicted=shown[app_id]) if app_id in self.done else self._plan(shown[app_id]) for app_id in app_ids
        ]

    def _was_tried(self, plan: PrincipalPlan) -> bool:
        return plan.principal.app_id in self._tried

    @property
    def unsure(self) -> list[str]:
        """The principals of which it is not known whether they were changed."""
        return [plan.principal.label for app_id, plan in self._tried.items() if app_id in self._open]

    def _plan(self, principal: ServicePrincipal) -> PrincipalPlan:
        return self._planner.plan(principal, self._now)

    def _write(self, due: Sequence[PrincipalPlan], readings: Readings) -> bool:
        """Send each change and see it. False where something is to be read and planned anew."""
        unseen = []
        for plan in due:
            dropped = readings.facts(plan.principal).keys() - readings.facts(plan.predicted).keys()
            self._want(plan, dropped)
            readings.expect(plan.principal, dropped)
            if not self._send(plan):
                return False
            unseen.append(plan)
            # Where another's keys could be lost, the next principal is not written before this one is known to have kept them.
            if key_echo.staying(plan):
                if not self._see(unseen):
                    return False
                unseen = []
        return not unseen or self._see(unseen)

    def _want(self, plan: PrincipalPlan, dropped: set[str]) -> None:
        path, before, after = plan.principal.path, plan.principal.facts, plan.predicted.facts
        wanted = {fact for fact in after if fact.startswith(self._planner.kinds) and fact not in before}
        gone = {fact for fact in dropped if fact.startswith(("credential id ", "credential [", "name "))}
        self._wishes.forget(path, {fact for fact in dropped if fact.startswith(("certificate ", "account "))})
        self._wishes.want(path, wanted, gone)

    def _send(self, plan: PrincipalPlan) -> bool:
        """One PATCH. False where it is to be planned anew, after the wait that the service asked for."""
        principal, app_id = plan.principal, plan.principal.app_id
        if app_id in self._open and app_id in self._tried and (taken := self._tried[app_id].without(plan)):
            self._finish(taken)  # what is no longer due of a request that was not answered
        seconds = max(min(_LONGEST_ANSWER_SECONDS, self._waiting.left), 5.0)
        echoes = key_echo.possible(plan) and (self._wishes.echoes_keys or self._refused_so(plan))
        try:
            self._graph.change(principal.path, principal.label, (plan.echo if echoes else None) or plan.body, seconds)
        except UnansweredError as exc:
            self._tried[app_id] = plan
            self._again(exc, None, plan)
            return False
        except GraphError as exc:
            if exc.passes:
                self._tried[app_id] = plan
                self._again(exc, exc.retry_after, plan)
                return False
            if exc.status == 400 and key_echo.possible(plan) and not echoes and self._waiting.wait(None):
                self._refused[app_id] = (plan, exc)
                return False
            self._wishes.forget(principal.path, plan.predicted.facts.keys() - principal.facts.keys())
            if echoes and app_id in self._refused:
                raise self._refused[app_id][1] from None
            raise
        if echoes:
            self._wishes.note_that_keys_are_echoed()
        self._refused.pop(app_id, None)
        self._tried.pop(app_id, None)
        self._finish(plan)
        return True

    def _refused_so(self, plan: PrincipalPlan) -> bool:
        """Whether Graph refused null for keys that are all still there: an entry that is gone since is not to come back with its key."""
        refused = self._refused.get(plan.principal.app_id)
        return refused is not None and self._facts(refused[0].principal).keys() <= self._facts(plan.principal).keys()

    def _again(self, exc: HybridAuthError, seconds: float | None, plan: PrincipalPlan) -> None:
        """Wait before the next attempt; the error itself where there is no time for one."""
        self._waiting.fresh()
        if not isinstance(exc, GraphError) or exc.may_be_done:
            self._open.add(plan.principal.app_id)
        self._trouble = exc
        if not self._waiting.wait(seconds):
            asked = f" It asks to wait {seconds:g} seconds, and wait_timeout is {self._waiting.timeout:g}." if seconds else ""
            raise HybridAuthError(f"{exc.message}{asked}", exc.remedy, **exc.details) from None

    def _finish(self, plan: PrincipalPlan) -> None:
        app_id = plan.principal.app_id
        self.done[app_id] = self.done[app_id].then(plan) if app_id in self.done else plan
        self._trouble = None
        self.written += [operation for operation in plan.change.operations if operation not in self.written]

    def _see(self, plans: Sequence[PrincipalPlan]) -> bool:
        """Read until the changes are shown. False where they are not, and there is time to write again; HybridAuthError at the end."""
        part = self._waiting.part(_SHOWN_WITHIN)
        agreeing, needed, moved = 0, 1, 0
        before = [set(self._facts(plan.principal)) for plan in plans]
        last: list[set[str]] = []
        while True:
            wrong = self._look(plans)
            shown = [set(self._facts(self._after[plan.principal.app_id])) for plan in plans]
            # Neither as it was nor as it was written, and it stays so: another writer came after.
            moved = moved + 1 if wrong and shown not in (before, []) and shown == last else 0
            last = shown
            if moved == _AGREEING_READS:
                self._waiting.wait(_JITTER.uniform(0, _LONGEST_JITTER_SECONDS))
                return False
            agreeing = 0 if wrong else agreeing + 1
            needed = _AGREEING_READS if wrong else needed
            if agreeing == needed:
                return True
            if not wrong:
                part.fresh()
            if not part.pause():
                if not wrong or self._waiting.left > part.timeout / 2:
                    return not wrong
                raise HybridAuthError(
                    f"Microsoft Graph took the change of {labels([plan.principal for plan in plans])}, but "
                    f"{self._waiting.timeout:g} seconds later it shows: {'; '.join(dict.fromkeys(wrong))}.",
                    "Another program may have written at the same time. Look at it with sp_info, and run again.",
                    problems=list(dict.fromkeys(wrong)),
                )

    def _look(self, plans: Sequence[PrincipalPlan]) -> list[str]:
        """How the principals differ from the plans, in words. A key that the service has wiped is put back at once."""
        found = {one.app_id: one for one in self._read([plan.principal.app_id for plan in plans])}
        wrong = []
        for plan in plans:
            one = found[plan.principal.app_id]
            wiped = key_echo.wiped(plan, one)
            if wiped:
                self._put_back(plan, one, wiped)
                wrong.append(f"{one.label} lacked the keys of other key credentials, which were put back")
            self._after[one.app_id] = one
            wrong += self._differences(plan, one)
        return wrong

    def _facts(self, principal: ServicePrincipal) -> dict[str, str]:
        return {fact: words for fact, words in principal.facts.items() if fact.startswith(self._planner.kinds)}

    def _differences(self, plan: PrincipalPlan, found: ServicePrincipal) -> list[str]:
        before, after, shown = self._facts(plan.principal), self._facts(plan.predicted), self._facts(found)
        lacking = {words: "lost" if fact in before else "lacks" for fact, words in after.items() if fact not in {*shown, *self._replaced}}
        # An entry that goes is told by its id: another one may claim its certificate, or have come since.
        left = {words for fact, words in before.items() if not fact.startswith("certificate ") and fact not in after and fact in shown}
        return [
            *(f"{found.label} {verb} {words}" for words, verb in lacking.items()),
            *(f"{found.label} still has {words}" for words in sorted(left)),
            *self._planner.problems(found, self._now),
        ]

    def _put_back(self, plan: PrincipalPlan, found: ServicePrincipal, wiped: Mapping[str, str]) -> None:
        """The keys that the service wiped, by the id of their entry."""
        self._wishes.note_that_keys_are_echoed()
        lost = f"the keys of these key credentials of {found.label}"
        named = ", ".join(sorted(key.label for key in plan.principal.keys if key.key_id in wiped))
        taken = next((number for number, body in enumerate(key_echo.bodies(plan, found, wiped)) if self._taken(found, body)), None)
        if taken == 1:  # in entries of their own, so that the old ones are gone
            gone = set(replace(plan.principal, keys=tuple(key for key in plan.principal.keys if key.key_id in wiped)).facts)
            gone = {fact for fact in gone if fact.startswith("credential ")}
            self._replaced |= gone
            self._wishes.want(found.path, (), gone)
        if taken is None:
            raise HybridAuthError(
                f"Microsoft Graph wiped {lost} when another was added beside them, and did not take them back: {named}.",
                "Add each certificate again with sp_credential.",
                wiped=[{"key_id": key_id, "key": key} for key_id, key in wiped.items()],
            )
        warning = (
            f"Microsoft Graph wiped {lost} when another was added beside them, and they were put back: {named}. Until then tokens signed "
            "with them were refused. Later writes of this hour send every key back as it was."
        )
        if warning not in self.warnings:  # a replica that lags shows the same loss again
            self.warnings.append(warning)

    def _taken(self, found: ServicePrincipal, body: Mapping[str, Any]) -> bool:
        """Whether Graph takes the body, asked as often as the time allows where the trouble may pass."""
        self._waiting.fresh()
        while True:
            try:
                self._graph.change(found.path, found.label, body, _LONGEST_ANSWER_SECONDS)
            except UnansweredError:
                seconds = None
            except GraphError as exc:
                if not exc.passes:
                    return False
                seconds = exc.retry_after
            else:
                return True
            if not self._waiting.wait(seconds):
                return False

    def _stays(self, plans: Sequence[PrincipalPlan]) -> bool:
        """Whether a change that was sent twice is still there after some more looks."""
        for _look in range(_LATE_LOOKS):
            self._waiting.fresh()
            if not self._waiting.pause():
                return True
            if self._look(plans):
                return False
        return True


def described(exc: HybridAuthError, transaction: Transaction) -> HybridAuthError:
    """The failure of a transaction, with what was done before it and what may have been."""
    details: dict[str, Any] = {**exc.details}
    said = exc.message
    unchanged = exc.unchanged and not (transaction.written or transaction.unsure)
    if transaction.written:
        said += f" This was done: {'; '.join(transaction.written)}."
        details |= {"changed": True, "written": list(transaction.written)}
    if transaction.unsure:
        said += f" It is not known whether {' and '.join(transaction.unsure)} was changed."
    if transaction.warnings:
        details["warnings"] = list(transaction.warnings)
    return HybridAuthError(said, exc.remedy, unchanged=unchanged, **details)
