# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab for each test, once with the PowerShell engine where pwsh is on PATH and once without."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab, engine_path
from tests.lab.state import GREENFIELD
from tests.support.play import Run, run_playbook

_RUNNERS = ["python", *(["engine"] if engine_path() else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each runner, or with the one that its marker names.

    With EVERY_RUNNER=1 in the environment every test runs with each.
    """
    if "engine" in metafunc.fixturenames:
        chosen = {"either_runner": _RUNNERS[:1], "best_runner": _RUNNERS[-1:]}
        marked = [name for name in chosen if metafunc.definition.get_closest_marker(name)]
        every = not marked or os.environ.get("EVERY_RUNNER") == "1"
        metafunc.parametrize("engine", _RUNNERS if every else chosen[marked[0]], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    return "auto" if request.param == "engine" else "none"


@pytest.fixture
def greenfield() -> dict[str, Any]:
    state: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    return state


@pytest.fixture
def start(tmp_path: Path, engine: str) -> Iterator[Callable[[dict[str, Any]], Lab]]:
    """Start a lab from a state; it is stopped at the end of the test."""
    started: list[Lab] = []

    def begin(state: dict[str, Any]) -> Lab:
        lab = Lab(copy.deepcopy(state), workdir=tmp_path / "lab", engine=engine)
        started.append(lab)
        return lab

    yield begin
    for lab in started:
        lab.stop()


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Run]:
    """Run one of the collection's playbooks, or a list of tasks, on the Front Ends of a lab."""

    def run(lab: Lab, what: str | list[dict[str, Any]], *options: str) -> Run:
        playbook = what
        if not isinstance(what, str):
            path = tmp_path / "tasks.yml"
            path.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "tasks": what}]), encoding="utf-8")
            playbook = str(path)
        return run_playbook(str(playbook), lab.inventory, tmp_path / "run", *options)

    return run
