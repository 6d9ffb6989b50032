# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core and which Python the playbook tests take, by what PyPI has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support import cores
from tests.support.cores import Core, UnknownError

ROOT = Path(__file__).parents[2]
THERE = ["2.22.0rc1", "2.22.0b2", "2.21.0", "2.21.0rc1", "2.20.10", "2.20.9", "2.17.14rc1", "2.17.13", "2.17.14", "2.16.19", "0.0.1a1"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def xml(tests: int, skipped: int = 0, failures: int = 0, errors: int = 0, name: str = "pytest") -> str:
    return (
        f'<testsuites><testsuite name="{name}" tests="{tests}" skipped="{skipped}" failures="{failures}" errors="{errors}"/></testsuites>'
    )


def test_the_newest_release_of_each_series_is_taken_from_the_oldest_supported_one_on() -> None:
    found = cores.newest(THERE, (2, 17))
    assert [(core.release, core.coming) for core in found] == [
        ("2.17.14", False),
        ("2.20.10", False),
        ("2.21.0", False),
        ("2.22.0rc1", True),
    ]


@pytest.mark.parametrize(
    ("releases", "release"),
    [
        (["2.22.0b1", "2.22.0rc2", "2.22.0rc1"], "2.22.0rc2"),
        (["2.22.0b1", "2.22.0b10", "2.22.0b9"], "2.22.0b10"),
        (["2.22.0", "2.22.1rc1"], "2.22.0"),
        (["2.22.1rc1", "2.22.0", "2.22.0rc3"], "2.22.0"),
    ],
)
def test_a_pre_release_counts_only_as_long_as_its_series_has_no_release(releases: list[str], release: str) -> None:
    assert [core.release for core in cores.newest(releases, (2, 17))] == [release]


@pytest.mark.parametrize(
    ("names", "releases"),
    [
        ([], ["2.17.14", "2.20.10", "2.21.0", "2.22.0rc1"]),
        (["oldest", "newest"], ["2.17.14", "2.21.0"]),
        (["coming"], ["2.22.0rc1"]),
        (["2.22", "2.17", "oldest"], ["2.22.0rc1", "2.17.14"]),
    ],
)
def test_some_are_chosen_by_name(names: list[str], releases: list[str]) -> None:
    assert [core.release for core in cores.chosen(cores.newest(THERE, (2, 17)), names)] == releases


def test_where_none_is_coming_that_is_no_error_but_an_unknown_one_is() -> None:
    there = cores.newest(["2.21.0"], (2, 17))
    assert cores.chosen(there, ["coming"]) == []
    with pytest.raises(UnknownError, match=r"2\.16 names no ansible-core that there is: 2\.21, oldest, newest, coming\."):
        cores.chosen(there, ["2.16"])


def test_the_newest_python_that_it_supports_and_that_is_here_is_taken() -> None:
    told = [f"Programming Language :: Python :: {one}" for one in ("3", "3.9", "3.13", "3.12", "3.14", "3 :: Only")]
    core = Core((2, 21), "2.21.0", cores.pythons_in(["Framework :: Ansible", *told]))
    assert core.pythons == ((3, 9), (3, 12), (3, 13), (3, 14))
    assert cores.program_for(core, {(3, 15): "a", (3, 13): "b", (3, 12): "c"}) == ((3, 13), "b")
    assert cores.program_for(core, {(3, 11): "a", (3, 9): "b"}) is None


def test_the_table_has_what_ran_in_the_order_of_the_versions() -> None:
    rows = cores.table(
        {"2.20.10-3.13": xml(9, failures=1, errors=1), "2.9.1-3.12": xml(3), "2.20.2-3.13": xml(7, 2), "2.20.10rc1-3.13": xml(1)}
    )
    assert rows.splitlines() == [
        "| 2.9.1 | 3.12 | 3 passed |",
        "| 2.20.2 | 3.13 | 5 passed |",
        "| 2.20.10rc1 | 3.13 | 1 passed |",
        "| 2.20.10 | 3.13 | 7 passed, 2 failed |",
    ]
    page = cores.with_table(README, rows)
    assert page.count(rows) == 1
    assert cores.with_table(page, "") == cores.with_table(README, "")


def test_a_run_of_some_tests_is_not_taken_for_one_of_all() -> None:
    rows = cores.table({"2.20.2-3.13": xml(9, 1, 2, name="choice"), "2.21.0-3.13": xml(3)})
    assert rows.splitlines() == ["| 2.20.2 | 3.13 | 6 passed, 2 failed, of a choice |", "| 2.21.0 | 3.13 | 3 passed |"]


@pytest.mark.parametrize(
    ("chosen", "name"), [({}, "pytest"), ({"ONLY": "some"}, "choice"), ({"TESTS": "tests/integration/test_a.py"}, "choice")]
)
def test_a_run_of_some_tests_says_so_in_its_report(tmp_path: Path, chosen: dict[str, str], name: str) -> None:
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=lambda _folder, names: {one for one in names if one.endswith(".py")})
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    (programs := tmp_path / "programs").mkdir()
    python = programs / "python"
    plan = f"2.21.0\\t3.13\\treleased\\t{python}\\n"
    made = f'mkdir -p "$3/bin"; cp "{python}" "$3/bin/python"; cp "{python}" "$3/bin/ansible"'
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *support.cores*) printf "{plan}" ;; *venv*) {made} ;; *pytest*) echo "$*" > "{tmp_path}/call" ;; esac\n',
        encoding="utf-8",
    )
    (programs / "make").write_text("#!/bin/sh\n", encoding="utf-8")
    for program in programs.iterdir():
        program.chmod(0o755)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHON": str(python), **chosen}
    done = subprocess.run([tmp_path / "tests/cores.sh"], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert f"-o junit_suite_name={name} " in (tmp_path / "call").read_text(encoding="utf-8")


def test_the_readme_says_what_a_run_of_all_of_them_found() -> None:
    (head,) = re.findall(r"^\| ansible-core \| Python \| playbook tests \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    rows = re.findall(r"^\| (\d+\.\d+)\.(\w+) \| (3\.\d+) \| \d+ passed(?:, of a choice)? \|$", head, re.MULTILINE)
    assert len(rows) == len(head.splitlines())
    assert ("of a choice" in head) == ("with the choice of tests in `.ci/run`" in " ".join(README.split()))
    found = [cores.series_of(series) for series, _patch, _python in rows]
    assert found == [(2, minor) for minor in range(cores.supported()[1], found[-1][1] + 1)]
    # The checks of every change run on one of them.
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8"))["jobs"]["checks"]
    series = workflow["env"]["CORE"]
    (python,) = [step["with"]["python-version"] for step in workflow["steps"] if "python-version" in step.get("with", {})]
    assert f"on ansible-core {series} and Python {python}" in " ".join(README.split())
