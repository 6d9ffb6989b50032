# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a run or a moment of a scenario, in the words of the package's own description."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.lab.farm import certificates
from tests.sweep.role import Play

from .oracle import Oracle, Refused, thumbprint_in
from .world import AUDIT, REMOVE, ROTATE, Span, Trouble, World

REFUSED, LOST, UNTRUE = "refused", "lost", "untrue"
_FAIL = timedelta(days=7)
_NEXT_RUN = timedelta(days=1)
_LONGEST_TEXT = 600
_HALF_A_SECOND = 0.5 / 86400  # days are no whole seconds, and moments are


@dataclass(frozen=True)
class Violation:
    kind: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Ran:
    """A run as it ended. red: it failed or, for an audit, the verdict is not compliant. said: all that it says of what is wrong."""

    entry_point: str
    deployments: tuple[str, ...]
    at: datetime
    red: bool
    said: str

    @property
    def name(self) -> str:
        return f"{self.entry_point} of {', '.join(self.deployments)}"


def ran(play: Play, entry_point: str, deployments: Iterable[str], at: datetime) -> Ran:
    said = [f"{one.task.host}: {one.task.name}: {one.result.get('msg')}" for one in play.failures]
    red = bool(play.failed)
    report: Any = play.fact("_trust_report") if entry_point == AUDIT else None
    for name in deployments if entry_point == AUDIT else ():
        found = (report or {}).get("conclusions", {}).get(name)
        if not found or not found["compliant"]:
            red = True
            said.append(_conclusion(name, found))
    return Ran(entry_point, tuple(deployments), at, red, " | ".join(said))


def _conclusion(name: str, found: Any) -> str:
    """Why an audit is not compliant."""
    if not found:
        return f"{name}: there is no conclusion"
    failed = [f"{one['id']} {one['subject']}: {one['actual']}" for one in found["findings"] if one["status"] == "fail"]
    rest = {key: found[key] for key in ("differences", "obstacle", "errors", "unchecked") if found[key]}
    return f"{name} is {found['verdict']}: {'; '.join(failed)} {json.dumps(rest, default=str) if rest else ''}"


def refusals(world: World, refused: Iterable[Refused], why: str) -> Iterator[Violation]:
    """The refusals that no outage of the scenario covers. why: what happened at that moment."""
    for one in refused:
        if not any(_covers(outage, world.day_of(one.at), one.front_end) for outage in world.outages):
            yield Violation(REFUSED, one.at, f"{one.front_end}: {one.text} ({why})")


def untrue(world: World, oracle: Oracle, run: Ran) -> str | None:
    """Why a run is untrue; None where it is not. A removal is to end the trust, so it is only to be green."""
    front_ends = {one["name"] for name in run.deployments for one in world.deployment(name)["front_ends"]}
    refused = next((one for one in oracle.refused(run.at) if one.front_end in front_ends), None)
    wrong = [one for one in world.troubles if _within(one, world.day_of(run.at))]
    must = next((one for one in wrong if run.entry_point in one.must), None)
    if not run.red:
        return None if run.entry_point == REMOVE else _green(world, oracle, run, front_ends, refused, must)
    if must and must.words and not any(word.lower() in run.said.lower() for word in must.words):
        return f"red without {' or '.join(must.words)}: {run.said[:_LONGEST_TEXT]}"
    if refused or wrong or oracle.next_refused(run.at, run.at + _FAIL, front_ends):
        return None
    return f"red, and nothing is wrong: {run.said[:_LONGEST_TEXT]}"


def _green(world: World, oracle: Oracle, run: Ran, front_ends: set[str], refused: Refused | None, must: Trouble | None) -> str | None:
    """Why a green run is untrue. refused: what is at its moment. must: what it has to say."""
    if refused:
        return f"green, and a token is refused: {refused.front_end}: {refused.text}"
    ahead = oracle.next_refused(run.at, run.at + _NEXT_RUN, front_ends)
    if ahead:
        return f"green, and a token is refused on {ahead.at:%Y-%m-%d %H:%M:%S}: {ahead.front_end}: {ahead.text}"
    day = world.day_of(run.at)
    for one in world.outages if run.entry_point in (ROTATE, AUDIT) else ():
        if one.known is not None and max(one.known, one.begin - _FAIL.days) <= day < one.begin and _concerns(one, front_ends):
            return f"green, and a foreseeable outage begins on {world.text(one.begin)}"
    return f"green, and it has to say: {' or '.join(must.words) or 'what is wrong'}" if must else None


def held(world: World) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """The keys and names of others by tenant and principal."""
    own = {
        certificates.thumbprint(certificates.load(entry))
        for deployment in world.state["deployments"]
        for entry in deployment["certificates"].values()
    }
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for tenant in world.state["tenants"]:
        for one in tenant["service_principals"]:
            keys = {(str(key["keyId"]), str(key["key"])) for key in one["keyCredentials"] if thumbprint_in(key["key"]) not in own}
            found[tenant["id"], one["displayName"]] = keys | {("name", name) for name in one["servicePrincipalNames"]}
    return found


def lost(world: World, before: dict[tuple[str, str], set[tuple[str, str]]], run: Ran, known: set[str]) -> Iterator[Violation]:
    """known: external names that the farm has or had."""
    now = held(world)
    for where, things in before.items():
        for name, value in sorted(things - now[where]):
            if name == "name" and run.entry_point == REMOVE and value.rpartition("/")[2].lower() in known:
                continue
            yield Violation(LOST, run.at, f"{run.name} took {name} {value[:80]} from {where[1]}")


def _covers(span: Span, day: float, front_end: str) -> bool:
    return _within(span, day) and (not span.front_ends or front_end.startswith(span.front_ends))


def _within(span: Span, day: float) -> bool:
    return span.begin - _HALF_A_SECOND <= day < span.end - _HALF_A_SECOND


def _concerns(span: Span, front_ends: Iterable[str]) -> bool:
    return not span.front_ends or any(one.startswith(span.front_ends) for one in front_ends)
