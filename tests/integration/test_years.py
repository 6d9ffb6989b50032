# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of `make years`, and that it sees what it looks for."""

from __future__ import annotations

import runpy
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.play import ROOT
from tests.sweep.hybrid import Hybrid
from tests.years import judge
from tests.years.judge import LOST, REFUSED, UNTRUE
from tests.years.scenario import Scenario
from tests.years.scenarios import SCENARIOS
from tests.years.simulation import Outcome, simulate
from tests.years.world import EXCHANGE, Setting, World

# Scenarios, each with the day on which the sample ends: shortly after what it is about.
SAMPLE = {
    "rolls from PFX files": 110,
    "1: staged certificate lacks its key on a server, and nobody looks": 118,
    "2: what signs ends while a roll is pending": 118,
    "10: another roll follows within the overlap": 125,
    "2050, by hand": 2,
}


@pytest.mark.parametrize(("name", "days"), SAMPLE.items())
def test_tokens_are_accepted_and_runs_say_what_is_so(name: str, days: int) -> None:
    outcome = simulate(name, days)
    assert [f"{one.at}: {one.kind}: {one.text}" for one in outcome.violations] == []
    assert outcome.runs > 0


def test_the_days_that_are_left_out_are_those_on_which_nothing_happens() -> None:
    """A successor is made, takes effect, and its overlap ends."""
    left_out, daily = (simulate("rolls, self-signed", 52, daily=one) for one in (False, True))
    assert left_out.notable == daily.notable
    assert [run for _at, run, _red, wrote in daily.notable if wrote] == ["rotate of contoso"] * 2
    assert left_out.runs < daily.runs


def test_the_days_of_the_labs_page_are_walked_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "tests" / "lab" / "README.md").read_text(encoding="utf-8").partition("## Walking through days")[2]
    code = page.partition("```python\n")[2].partition("```")[0]
    assert "/tmp/days" in code
    (tmp_path / "walk.py").write_text(code.replace("/tmp/days", str(tmp_path)), encoding="utf-8")
    runpy.run_path(str(tmp_path / "walk.py"))
    days = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Deployment default: ")]
    assert [number for number, line in enumerate(days) if "did " in line] == [0, 9], "what is staged comes, and what is over goes"
    assert len(days) == 11


def broken(world: World) -> None:
    """The tenant takes nothing from the second day on, and a roll takes effect on the fourth; the scenario declares nothing of it."""
    world.at(1.4, lambda: world.roles("Application.Read.All", "Organization.Read.All"))
    world.at(2.4, lambda: world.stage_new("next", 1, 800, 4))


@pytest.fixture
def outcome_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(days: int) -> Outcome:
        monkeypatch.setitem(SCENARIOS, "broken", Scenario("broken", Setting(), broken))
        return simulate("broken", days)

    return run


def test_a_refusal_that_is_not_declared_is_seen_from_its_first_second(outcome_of: Any) -> None:
    refused = [one for one in outcome_of(5).violations if one.kind == REFUSED]
    assert f"{refused[0].at:%m-%d %H:%M:%S}" == "01-05 00:00:00"
    assert {one.text.partition(":")[0] for one in refused} == {"fe01.contoso.com", "fe02.contoso.com"}


def test_a_green_run_before_a_refusal_is_seen(outcome_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = judge.ran
    monkeypatch.setattr(judge, "ran", lambda *given: replace(ran(*given), red=False))
    texts = Counter(one.text.partition(": ")[2].partition(": ")[0] for one in outcome_of(5).violations if one.kind == UNTRUE)
    # The runs of the day before, and those of the day itself.
    assert texts == {"green, and a token is refused on 2027-01-05 00:00:00": 3, "green, and a token is refused": 2}


def test_a_red_run_without_need_is_seen(outcome_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = judge.ran
    monkeypatch.setattr(judge, "ran", lambda *given: replace(ran(*given), red=True, said="No."))
    (first, second) = (one for one in outcome_of(1).violations if one.kind == UNTRUE)
    assert first.text == "rotate of contoso: red, and nothing is wrong: No."
    assert second.text == "audit of contoso: red, and nothing is wrong: No."


def test_a_key_of_others_that_a_run_takes_is_seen(outcome_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    play = Hybrid.play

    def taking(self: Hybrid, *given: Any, **more: Any) -> Any:
        done = play(self, *given, **more)
        (principal,) = (one for one in self.estate.data["tenants"][0]["service_principals"] if one["appId"] == EXCHANGE)
        principal["keyCredentials"][0]["key"] = None
        return done

    monkeypatch.setattr(Hybrid, "play", taking)
    (lost,) = (one for one in outcome_of(1).violations if one.kind == LOST)
    assert lost.text.startswith("rotate of contoso took 11111111-2222-4333-8444-555555555555")
