# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readings of service principals until one can be written from. Private to the collection.

Entra ID answers reads from replicas, so a reading may show an object as it was before a recent write, and the write of a list that was
read so loses entries (https://learn.microsoft.com/entra/architecture/architecture, "Consistency").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.waiting import Waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.wishes import Wishes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

Read = Callable[[], list[ServicePrincipal]]


class UnsettledError(HybridAuthError):
    """Readings contradicted each other to the end."""


class Readings:
    """What was shown of some service principals, by whom, and what a reading has to show therefore.

    read: reads them. kinds: with what the facts begin that matter, those of the property that is to be written. current: an earlier
    reading of the run, if there is one. warnings: what was given up waiting for.
    """

    def __init__(self, read: Read, wishes: Wishes, kinds: tuple[str, ...], current: Iterable[ServicePrincipal]) -> None:
        self._read, self._wishes, self._kinds = read, wishes, kinds
        self.warnings: list[str] = []
        self._seen: dict[str, dict[str, str]] = {}
        self._last: dict[str, set[str]] = {}
        self._certificates: dict[str, str] = {}
        self._remember(current)
        # It may be as old as the run, and agrees with a replica that has not heard of what another tool wrote since.
        self._last.clear()

    def settled(
        self, planned: Callable[[ServicePrincipal], PrincipalPlan], waiting: Waiting, *, agree: bool = True, written: bool = False
    ) -> list[ServicePrincipal]:
        """A reading that lacks nothing that was shown or is wanted. From one that is to be written from, with agree, the one before it does
        not differ either.

        What stays away as long as the wait lasts counts as gone. planned: what the task would make of a principal; what it brings anyway
        is not waited for. Raises UnsettledError where readings contradict each other to the end, and HybridAuthError where with
        written, since the task itself wrote, they lack something to the end.
        """
        waiting.fresh()
        while True:
            found = self._read()
            plans = [planned(one) for one in found]
            agrees = not (agree and any(plan.change.changed for plan in plans))
            agrees = agrees or all(self._steady(one) == self._last.get(one.path) for one in found)
            wrong = {plan.principal.path: self._outdated(plan.principal, plan.predicted) for plan in plans}
            self._remember(found)
            if agrees and not any(wrong.values()):
                return found
            if waiting.pause():
                continue
            if not agrees:
                raise UnsettledError(
                    f"For {waiting.timeout:g} seconds readings of {labels(found)} have been contradicting each other.",
                    "Another program may be writing to it all the time. Run again when it has ended.",
                )
            if written:
                problems = [f"{one.label} {words}" for one in found for words in wrong[one.path].values()]
                raise HybridAuthError(
                    f"Since this task wrote, {'; '.join(problems)}.",
                    "Another program may have written at the same time. Look at it with sp_info, add what is missing, and run again.",
                    problems=problems,
                )
            for one in found:
                self._give_up(one, wrong[one.path], waiting.timeout)
            return found

    def expect(self, principal: ServicePrincipal, gone: Iterable[str]) -> None:
        """The principal is written: these facts are no longer expected of it, and it shows others than before."""
        for fact in gone:
            self._seen.get(principal.path, {}).pop(fact, None)
        self._last.pop(principal.path, None)

    def facts(self, principal: ServicePrincipal) -> dict[str, str]:
        """The facts that matter, in words."""
        return {fact: words for fact, words in principal.facts.items() if fact.startswith(self._kinds)}

    def _remember(self, found: Iterable[ServicePrincipal]) -> None:
        for one in found:
            lasting = {fact: words for fact, words in self.facts(one).items() if fact.startswith(("credential [", "name "))}
            self._seen[one.path] = self._seen.get(one.path, {}) | lasting
            self._last[one.path] = self._steady(one)
            self._certificates |= {f"credential {key.fingerprint}": f"certificate {key.proven}" for key in one.keys if key.proven}

    def _steady(self, one: ServicePrincipal) -> set[str]:
        """The facts without those that this controller's runs are changing, which may differ between two readings."""
        wished = self._wishes.there(one.path) | self._wishes.gone(one.path)
        moving = {
            f"credential {key.fingerprint}" for key in one.keys if {f"certificate {key.thumbprint}", f"credential id {key.key_id}"} & wished
        }
        moving |= {f"credential id {key.key_id}" for key in one.keys if f"credential {key.fingerprint}" in moving}
        return set(self.facts(one)) - wished - moving

    def _outdated(self, one: ServicePrincipal, after: ServicePrincipal) -> dict[str, str]:
        """What the reading should show or should not, in words, by the fact."""
        shown, brought = one.facts, after.facts
        gone, there = self._wishes.gone(one.path), self._wishes.there(one.path)
        # Where a run had to write its certificate twice, the second entry took the first one's place.
        gone = gone | {fact for fact, certificate in self._certificates.items() if certificate in there and certificate in shown}
        due = dict(self._seen.get(one.path, {})) | {fact: fact for fact in there if fact.startswith(self._kinds)}
        wrong = {fact: f"lacks {words}" for fact, words in due.items() if fact not in shown and fact not in brought and fact not in gone}
        # What the task takes away itself is not waited for, and an entry is told once.
        lasting = {fact for fact in self._wishes.gone(one.path) if fact in shown and fact in brought}
        return wrong | {
            fact: f"still has {shown[fact]}" for fact in lasting if fact.startswith(self._kinds) and not fact.startswith("credential [")
        }

    def _give_up(self, one: ServicePrincipal, wrong: dict[str, str], seconds: float) -> None:
        if not wrong:
            return
        self._wishes.forget(one.path, wrong)
        for fact in wrong:
            self._seen.get(one.path, {}).pop(fact, None)
        self.warnings.append(
            f"Readings of {one.label} differ from what was there minutes ago, for {seconds:g} seconds: it {', '.join(wrong.values())}. "
            "This was taken for another program's change."
        )


def labels(principals: Sequence[ServicePrincipal]) -> str:
    return " and ".join(one.label for one in principals)
