# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the forge runs and asks for: the make targets that decide here, the same versions of ansible-core, one way to report a weakness."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import cores

ROOT = Path(__file__).parents[2]
FORGE = ROOT / ".github"
WORKFLOW = FORGE / "workflows" / "checks.yml"
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
REPORT = f"{REPOSITORY}/security/advisories/new"
FORMS = sorted(path for path in (FORGE / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def targets(text: str) -> set[str]:
    """The targets of make that a script calls."""
    return {name for line in re.findall(r"^.*?\bmake (.*)$", text, re.MULTILINE) for name in line.split() if re.fullmatch(r"[a-z-]+", name)}


def test_the_forge_runs_what_decides_whether_a_change_lands() -> None:
    scripts = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    # One job has its targets from its matrix.
    chosen = {name for names in JOBS["checks"]["strategy"]["matrix"]["targets"] for name in names.split()}
    assert "make $TARGETS" in scripts
    code = "\n".join(line for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() if not re.match(r" *(#|echo)", line))
    decides = {name for line in re.findall(r"(?:^|\" )make ([-a-z ]+)", code, re.MULTILINE) for name in line.split()}
    assert {"lint", "importer", "test-cores"} <= decides
    # The site of the documentation changes nothing of what is installed, so the forge alone builds it.
    assert chosen | targets("\n".join(scripts)) == decides | {"docs"}
    (known,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert decides <= set(known.split())


def test_the_forge_runs_every_ansible_core_that_the_script_takes() -> None:
    asked = 'cores=$(python3 -m tests.support.cores --forge)\necho "cores=$cores" >> "$GITHUB_OUTPUT"\n'
    assert [step["run"] for step in JOBS["which"]["steps"] if step.get("id") == "ask"] == [asked]
    assert JOBS["which"]["outputs"] == {"cores": "${{ steps.ask.outputs.cores }}"}
    job = JOBS["cores"]
    assert (job["needs"], job["strategy"]["matrix"]) == ("which", {"include": "${{ fromJSON(needs.which.outputs.cores) }}"})
    assert job["continue-on-error"] == "${{ matrix.coming }}"
    (run,) = [step for step in job["steps"] if "run" in step]
    assert (run["run"], run["env"]) == ("make test-cores", {"CORES": "${{ matrix.core }}"})
    assert "-m tests.support.cores ${CORES:-}" in (ROOT / "tests" / "cores.sh").read_text(encoding="utf-8")


def test_the_forge_is_told_each_ansible_core_with_the_newest_python_that_it_supports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pythons = {"2.21.5": ((3, 12), (3, 14)), "2.22.0rc1": ((3, 13), (3, 15))}
    monkeypatch.setattr(cores, "listed", lambda: cores.newest(pythons, cores.supported()))
    monkeypatch.setattr(cores, "described", lambda core: replace(core, pythons=pythons[core.release]))
    assert cores.main(["--forge"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"core": "2.21", "python": "3.14", "coming": False},
        {"core": "2.22", "python": "3.15", "coming": True},
    ]


def test_the_forge_gives_a_run_no_right_to_write_and_keeps_no_token_in_the_checkout() -> None:
    assert yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job] == []
    checkouts = [step for job in JOBS.values() for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert {step["with"]["persist-credentials"] for step in checkouts} == {False}


def test_every_action_is_named_by_its_commit() -> None:
    used = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []


def test_a_weakness_is_reported_in_one_place_and_in_private() -> None:
    assert REPORT in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    chooser = yaml.safe_load((FORGE / "ISSUE_TEMPLATE" / "config.yml").read_text(encoding="utf-8"))
    assert chooser["blank_issues_enabled"] is False
    assert [link["url"] for link in chooser["contact_links"]] == [REPORT]


def test_every_field_of_a_form_has_a_name_of_its_own() -> None:
    assert FORMS
    for path in FORMS:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert form["name"] and form["description"], path.name
        fields = [field["id"] for field in form["body"] if field["type"] != "markdown"]
        assert len(fields) == len(set(fields)) > 0, path.name
