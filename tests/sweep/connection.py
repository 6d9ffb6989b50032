# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the connection to the lead itself, by runs of ansible-playbook: each message of WinRM around the most dangerous change.

That is the replacement of the OAuth server, where the object is gone for a moment.
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.lab import Lab
from tests.support.play import Run, run_playbook

from . import judge
from .judge import OPEN, UNCLEAR, Violation
from .operations import OPERATIONS, PASSWORD, Operation
from .trial import Outcome, Trial

_CONFIGURE, _DANGER = "sfb.hybrid_auth.configure", "cmdlet:Remove-CsOAuthServer"
# The messages of a process, those before it runs and those after; a runspace of the restricted endpoint serves one task.
_ORDINARY, _RESTRICTED = (("create", "command", "send"), ("receive", "signal", "delete")), (("create", "command"), ("receive", "delete"))
_FAULTS = {
    f"{do} {when}": {"do": do, **({"after": True} if when == "after" else {})} for do in ("reset", "error") for when in ("before", "after")
}


@dataclass(frozen=True)
class Connection:
    """An operation over real messages."""

    operation: Operation

    @property
    def name(self) -> str:
        return f"WinRM, {self.operation.name}"

    def trials(self) -> list[Trial]:
        verbs = _RESTRICTED if self.operation.restricted else _ORDINARY
        chosen = [verb for part in verbs for verb in part]
        return [Trial(self.name, number, f"winrm.{verb}", fault) for number, verb in enumerate(chosen) for fault in _FAULTS]

    @cached_property
    def _clean(self) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        """The state before and after a clean run, and its points until the dangerous one."""
        folder = Path(tempfile.mkdtemp(prefix="sfb-sweep-"))
        with Lab(self.operation.before(), workdir=folder / "lab", engine="none") as lab:
            before = lab.state()
            run = self._play(lab, folder)
            points = lab.faults.points
            if run.code or _DANGER not in points:
                raise AssertionError(f"{self.name}: {run.output}")
            return before, judge.plain(lab.state(), before), points[: points.index(_DANGER)]

    def prepare(self) -> None:
        """Make the clean run, before other processes share its outcome."""
        assert self._clean

    def run(self, trial: Trial) -> Outcome:
        folder = Path(tempfile.mkdtemp(prefix="sfb-sweep-"))
        try:
            with Lab(copy.deepcopy(self._clean[0]), workdir=folder / "lab", engine="none") as lab:
                return self._run(trial, lab, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, trial: Trial, lab: Lab, folder: Path) -> Outcome:
        before, clean, points = self._clean
        verbs = _RESTRICTED if self.operation.restricted else _ORDINARY
        met = points.count(trial.point)
        nth = met if trial.point.removeprefix("winrm.") in verbs[0] else met + 1
        lab.fault({"on": trial.point, "nth": nth, **_FAULTS[trial.fault]})
        run = self._play(lab, folder)
        violations = [*self._judged(lab, folder), *_messages(run, judge.known_names(before))]
        if not lab.faults.fired:
            violations.append(Violation(OPEN, "the point was not met"))
        secrets = {one["client_secret"] for one in lab.info["tenants"]} | {PASSWORD}
        violations += judge.secret(run.output + json.dumps(run.record), secrets)
        if run.code == 0 and judge.settled(judge.plain(lab.state(), before)) != judge.settled(clean):
            violations.append(Violation(OPEN, "a run that says it went well leaves another state than a clean run"))
        lab.clear_faults()
        for who in ("the next run", "the third run"):
            again = self._play(lab, folder)
            violations += self._judged(lab, folder)
            if again.code or judge.settled(judge.plain(lab.state(), before)) != judge.settled(clean):
                violations.append(Violation(OPEN, f"{who} does not end in the state of a clean run: {_failed(again)}"))
            elif who == "the third run" and again.total("changed"):
                violations.append(Violation(OPEN, f"{who} changes something"))
        return Outcome(trial, tuple(violations), _failed(run))

    def _judged(self, lab: Lab, folder: Path) -> list[Violation]:
        before, clean, _points = self._clean
        kept = sorted((folder / "run" / "ansible" / "sfb_hybrid_auth" / "replaced").glob("*.json"))
        replaced = " ".join(file.read_text(encoding="utf-8") for file in kept)
        was, now = (judge.plain(state, before) for state in (before, lab.state()))
        return [*judge.lost(was, clean, now), *judge.missing(was, clean, now, replaced)]

    def _play(self, lab: Lab, folder: Path) -> Run:
        given = self.operation.given(folder)
        if self.operation.restricted:
            given |= {"ansible_connection": "psrp", "ansible_psrp_path": "OcsPowershell"}
        return run_playbook(_CONFIGURE, lab.inventory, folder / "run", "-e", json.dumps(given))


def connections() -> list[Connection]:
    return [Connection(one) for one in OPERATIONS if one.name.startswith("configure, drifted")]


def _messages(run: Run, known: list[str]) -> list[Violation]:
    """Of what ended the run; ansible-playbook shows the host beside each."""
    ends = [task for task in run.record["tasks"] if task["status"] != "ok" and not task["result"].get("ignore_errors")]
    said: Callable[[dict[str, Any]], str] = lambda task: f"{task['host']}: {task['result'].get('msg') or ''}"  # noqa: E731
    if run.code and not ends:
        return [Violation(UNCLEAR, f"the run ended with code {run.code} and no task failed: {run.output[-500:]}")]
    return [
        Violation(UNCLEAR, f"no message of ours: {task['name']}: {said(task)}")
        for task in ends
        if "Unexpected " in said(task) or "Traceback" in said(task) or not any(name in said(task) for name in known)
    ]


def _failed(run: Run) -> str:
    return " | ".join(f"{task['name']}: {task['result'].get('msg')}" for task in run.record["tasks"] if task["status"] != "ok")
