# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One point with one fault: the run that goes wrong there, the next one, a third, and the audit."""

from __future__ import annotations

import copy
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import judge
from .hybrid import Hybrid
from .judge import OPEN, UNCLEAR, Violation
from .operations import PASSWORD, Operation
from .role import Play, shown
from .script import Kind, Script, kinds


@dataclass(frozen=True)
class Trial:
    """number: of the point in a clean run. point: what happens there."""

    operation: str
    number: int
    point: str
    fault: str

    @property
    def command(self) -> str:
        return f'python -m tests.sweep --operation "{self.operation}" --point {self.number} --fault "{self.fault}"'


@dataclass(frozen=True)
class Outcome:
    """message: what the run that went wrong said."""

    trial: Trial
    violations: tuple[Violation, ...]
    message: str = ""


class Bench:
    """An operation with what a clean run of it does: its points in order, and the state after it."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.before = operation.before()
        with tempfile.TemporaryDirectory(prefix="sfb-sweep-") as name:
            hybrid = self._hybrid(Path(name))
            self.before = hybrid.state()
            script = Script()
            play, alive = hybrid.play(operation.entry_point, operation.given(Path(name)), script)
            self.points, self.clean = script.met, self._plain(hybrid)
            wrong = [*_went_wrong("the clean run", play, alive), *self._rest(hybrid, Path(name))]
        self._was = judge.plain(self.before, self.before)
        if wrong or judge.settled(self._was) == judge.settled(self.clean):
            raise AssertionError(f"{operation.name}: {'; '.join(one.text for one in wrong) or 'a clean run changes nothing'}")

    def trials(self) -> list[Trial]:
        """Every point with everything that may go wrong there."""
        return [Trial(self.operation.name, number, point, kind.name) for number, point in enumerate(self.points) for kind in kinds(point)]

    def run(self, trial: Trial) -> Outcome:
        """What is violated when it goes wrong there."""
        kind = next(one for one in kinds(trial.point) if one.name == trial.fault)
        folder = Path(tempfile.mkdtemp(prefix="sfb-sweep-"))
        try:
            return self._run(trial, kind, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, trial: Trial, kind: Kind, folder: Path) -> Outcome:
        hybrid, script = self._hybrid(folder), Script(trial.number, kind)
        try:
            play, alive = hybrid.play(self.operation.entry_point, self.operation.given(folder), script)
        except Exception as exc:  # what ended the run is what the sweep looks for
            return Outcome(trial, (Violation(UNCLEAR, f"the run ended with {type(exc).__name__}: {exc}"),))
        violations = list(self._after(hybrid))
        if trial.number >= len(script.met) or script.met[trial.number] != trial.point:
            violations.append(Violation(OPEN, "the point was not met"))
        if alive:
            violations += judge.unclear(play.failures, play.done, judge.known_names(self.before))
        violations += judge.secret(shown(play.done) + hybrid.logged.getvalue(), {*hybrid.secrets, PASSWORD})
        message = " | ".join(f"{one.task.name}: {one.result.get('msg')}" for one in play.failures)
        if alive and not play.failed:
            violations += self._converged(hybrid, "a run that says it went well")
            violations += self._rest(hybrid, folder, audited=bool(violations))  # the clean run's state has passed the audit
        elif not self._untouched(hybrid, folder):
            again, lived = hybrid.play(self.operation.entry_point, self.operation.given(folder), Script())
            violations += [*_went_wrong("the next run", again, lived), *self._after(hybrid), *self._converged(hybrid, "the next run")]
            violations += self._rest(hybrid, folder)
        return Outcome(trial, tuple(violations), message)

    def _hybrid(self, folder: Path) -> Hybrid:
        return Hybrid(copy.deepcopy(self.before), folder, restricted=self.operation.restricted)

    def _plain(self, hybrid: Hybrid) -> dict[str, Any]:
        return judge.plain(hybrid.state(), self.before)

    def _untouched(self, hybrid: Hybrid, folder: Path) -> bool:
        """Whether everything is as it was, so that the next run is the clean run."""
        return hybrid.state() == self.before and not hybrid.replaced and not list(folder.glob("sfb_hybrid_auth-*/*.json"))

    def _after(self, hybrid: Hybrid) -> list[Violation]:
        now = self._plain(hybrid)
        return [
            *judge.lost(self._was, self.clean, now),
            *judge.missing(self._was, self.clean, now, hybrid.replaced),
            *judge.stranded(now),
        ]

    def _converged(self, hybrid: Hybrid, who: str) -> list[Violation]:
        now, clean = judge.settled(self._plain(hybrid)), judge.settled(self.clean)
        differing = [f"{name}: {_difference(clean[name], now[name])}" for name in clean if now[name] != clean[name]]
        return [Violation(OPEN, f"{who} leaves another state than a clean run: {'; '.join(differing)}")] if differing else []

    def _rest(self, hybrid: Hybrid, folder: Path, *, audited: bool = True) -> list[Violation]:
        """A run that is to change nothing, and the audit."""
        before = hybrid.state()
        third, alive = hybrid.play(self.operation.entry_point, self.operation.given(folder), Script())
        violations = _went_wrong("the third run", third, alive)
        changed = [one.task.name for one in third.done if one.result.get("changed")]
        if changed or hybrid.state() != before:
            violations.append(Violation(OPEN, f"the third run changes something: {', '.join(changed)}"))
        if audited and self.operation.audited:
            audit, alive = hybrid.play("audit", self.operation.given(folder), Script())
            report: Any = audit.fact("_trust_report") or {}
            violations += _went_wrong("the audit", audit, alive)
            if not report.get("compliant"):
                violations.append(Violation(OPEN, f"the audit says {report.get('verdict')}: {report.get('counts')}"))
        return violations


def _went_wrong(who: str, play: Play, alive: bool) -> list[Violation]:
    if alive and not play.failed:
        return []
    said = "; ".join(f"{one.task.name}: {one.result.get('msg')}" for one in play.failures)
    return [Violation(OPEN, f"{who} failed: {said}")]


def _difference(clean: Any, now: Any) -> str:
    """Where two values first differ."""
    if isinstance(clean, dict) and isinstance(now, dict):
        name = next(name for name in {**clean, **now} if clean.get(name) != now.get(name))
        return f"{name}: {_difference(clean.get(name), now.get(name))}"
    if isinstance(clean, (list, tuple)) and isinstance(now, (list, tuple)) and len(clean) == len(now):
        return next(_difference(one, other) for one, other in zip(clean, now, strict=True) if one != other)
    return f"{str(now)[:300]} instead of {str(clean)[:300]}"
