# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One scenario from its first to its last day."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine

from tests.sweep.script import Script

from . import judge
from .judge import UNTRUE, Violation
from .oracle import Oracle
from .scenarios import SCENARIOS
from .world import AUDIT, AUDIT_AT, CONFIGURE, CONFIGURE_AT, CONFIGURE_DAY, ROTATE, ROTATE_AT, WEEK, World

DAYS = 730
# Before a boundary: when a successor is due, the report's "soon", when runs fail, the 24 hours between two certificates; after it: overlap.
_DEFAULT_WARN_DAYS, _DISTANCES = 60, (-30.0, -7.0, -1.0, 0.0, 7.0)
_NEAR_DAYS, _LONGEST_GAP_DAYS = 1.1, 14.0


@dataclass(frozen=True)
class _Before:
    """The last run of an entry point for some deployments, and the state that it left."""

    day: float
    red: bool
    changed: bool
    state: str


@dataclass
class Outcome:
    """What a scenario came to. asked: moments at which each Front End was asked for. notable: the runs that were red or wrote something."""

    scenario: str
    runs: int = 0
    asked: int = 0
    violations: list[Violation] = field(default_factory=list)
    seconds: float = 0.0
    notable: list[tuple[datetime, str, bool, bool]] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.violations)


def simulate(name: str, days: int = DAYS, tell: Callable[[str], None] | None = None, *, daily: bool = False) -> Outcome:
    """tell: is told each run that is red. daily: leave out no day."""
    began = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="sfb-years-"))
    outcome = Outcome(name)
    try:
        _Simulation(name, folder, outcome, tell, daily=daily).run(days)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    outcome.seconds = time.perf_counter() - began
    return outcome


class _Simulation:
    def __init__(self, name: str, folder: Path, outcome: Outcome, tell: Callable[[str], None] | None, *, daily: bool) -> None:
        self._scenario, self._folder, self._outcome, self._tell, self._daily = SCENARIOS[name], folder, outcome, tell, daily
        self._before: dict[tuple[str, ...], _Before] = {}

    def run(self, days: int) -> None:
        setting = self._scenario.setting
        zone = ZoneInfo(setting.zone)
        with time_machine.travel(setting.start.astimezone(zone), tick=False) as clock:
            self._world = world = World(setting, self._folder)
            self._scenario.begin(world)
            self._oracle = Oracle(world)
            self._known: set[str] = set()
            last = setting.start
            for at, do in self._stops(days):
                for moment in self._oracle.moments(last, at):
                    self._outcome.violations += judge.refusals(world, self._oracle.refused(moment), "a boundary")
                clock.move_to(at.astimezone(zone))
                do(at)
                last = at
            self._outcome.asked = self._oracle.asked

    def _stops(self, days: int) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """Everything that happens, in its order. What an administrator does comes before a run of the same moment."""
        world = self._world
        stops: list[tuple[float, int, Callable[[datetime], None]]] = [(day, 0, self._event(do)) for day, do in world.events]
        for day in range(days):
            runs = [(ROTATE, ROTATE_AT), (AUDIT, AUDIT_AT), *([(CONFIGURE, CONFIGURE_AT)] if day % WEEK == CONFIGURE_DAY else [])]
            for entry_point, hour in runs:
                if not any(one == entry_point and begin <= day + hour < end for one, begin, end in world.pauses):
                    stops += [(day + hour, 1 + number, self._run(entry_point, names)) for number, names in enumerate(world.plays)]
        stops += [(day, 1, self._run(entry_point, names)) for day, entry_point in world.extra_runs for names in world.plays[:1]]
        chosen = sorted((one for one in stops if one[0] < days), key=lambda one: one[:2])
        return [(world.moment(day), do) for day, _order, do in chosen]

    def _event(self, do: Callable[[], object]) -> Callable[[datetime], None]:
        def happen(at: datetime) -> None:
            do()
            self._outcome.violations += judge.refusals(self._world, self._oracle.refused(at), "after an administrator's work")

        return happen

    def _run(self, entry_point: str, deployments: list[str]) -> Callable[[datetime], None]:
        def happen(at: datetime) -> None:
            world, outcome, day = self._world, self._outcome, self._world.day_of(at)
            key, state = (entry_point, *deployments), self._state()
            earlier = self._before.get(key)
            gap = day - earlier.day if earlier else 0.0
            if earlier and not self._eventful(earlier, day, state):
                return
            hosts = {one["name"]: world.options[name] for name in deployments for one in world.deployment(name)["front_ends"]}
            self._known |= {
                str(one["ExternalFqdn"]).lower() for name in deployments for one in world.deployment(name)["cms"]["web_services"]
            }
            held = judge.held(world)
            outcome.runs += 1
            try:
                play, _alive = world.hybrid.play(entry_point, {}, Script(), hosts=hosts)
            except Exception as exc:  # what ends a run without a message of ours is what is looked for
                outcome.violations.append(Violation(UNTRUE, at, f"{entry_point} ended with {type(exc).__name__}: {exc}"))
                return
            done = judge.ran(play, entry_point, deployments, at)
            if done.red and self._tell:
                self._tell(f"{at:%Y-%m-%d %H:%M} (day {day:.2f}) {done.name}: {done.said}")
            left = self._state()
            self._before[key] = _Before(day, done.red, left != state, left)
            if done.red or left != state:
                outcome.notable.append((at, done.name, done.red, left != state))
            if (
                earlier
                and gap > (WEEK if entry_point == CONFIGURE else 1) * _NEAR_DAYS
                and earlier.state == state
                and (done.red or left != state)
            ):
                outcome.violations.append(Violation(UNTRUE, at, f"{done.name}: something happened in {gap:.0f} days that were left out"))
            refused = self._oracle.refused(at, names=entry_point == CONFIGURE and not done.red)
            outcome.violations += judge.refusals(world, refused, f"after {done.name}")
            outcome.violations += judge.lost(world, held, done, self._known)
            found = [judge.untrue(world, self._oracle, done), *(check() for check in world.checks)]
            outcome.violations += [Violation(UNTRUE, at, f"{done.name}: {text}") for text in found if text]

        return happen

    def _state(self) -> str:
        """All that a run can see and an administrator can change, but for time."""
        world = self._world
        return json.dumps([world.state["deployments"], world.state["tenants"], world.options], default=str)

    def _eventful(self, earlier: _Before, day: float, state: str) -> bool:
        """Whether a run may do or say something else than the one before it; the package's description has the rule."""
        if self._daily or earlier.red or earlier.changed or earlier.state != state or day - earlier.day >= _LONGEST_GAP_DAYS - 0.5:
            return True
        warn = [float(one.get("trust_rotation_warn_days", _DEFAULT_WARN_DAYS)) for one in self._world.options.values()]
        distances = (*_DISTANCES, *(-one for one in warn))
        boundaries = {self._world.day_of(one) for one in self._oracle.boundaries()}
        marks = {*self._declared, *(one + distance for one in boundaries for distance in distances)}
        return any(earlier.day < one <= day or abs(day - one) <= _NEAR_DAYS for one in marks)

    @cached_property
    def _declared(self) -> Sequence[float]:
        """Days on which somebody does something, or for which the scenario declares something."""
        world = self._world
        spans = (*world.outages, *world.troubles)
        return [0.0, *(day for day, _do in world.events), *(edge for one in spans for edge in (one.begin, one.end))]
