# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role where servers are not at the same task, and where the server that does a deployment's work is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import Lab
from tests.support.play import Run, run_playbook

Start = Callable[[dict[str, Any]], Lab]
pytestmark = pytest.mark.either_runner
FIRST, SECOND = "fe01.contoso.com", "fe02.contoso.com"


def role(entry_point: str, **keywords: Any) -> list[dict[str, Any]]:
    task = {"name": "Run", "ansible.builtin.import_role": {"name": "sfb.hybrid_auth.trust", "tasks_from": entry_point}}
    return [{"hosts": "front_ends", "gather_facts": False, "tasks": [task], **keywords}]


def run(lab: Lab, folder: Path, play: list[dict[str, Any]], *options: str, **environment: str) -> Run:
    playbook = folder / "role.yml"
    playbook.write_text(json.dumps(play), encoding="utf-8")
    return run_playbook(playbook, lab.inventory, folder / "run", *options, extra_environment=environment)


def unreachable(lab: Lab, host: str) -> None:
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    inventory["all"]["children"]["front_ends"]["hosts"][host]["ansible_port"] = 9
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")


def writes(lab: Lab) -> list[str]:
    return [entry["kind"] for entry in lab.requests() if entry["write"]]


@pytest.mark.parametrize(("strategy", "entry_points"), [("free", ("main", "rotate", "remove", "audit")), ("host_pinned", ("main",))])
def test_servers_that_are_not_at_the_same_task_are_refused_and_nothing_is_contacted(
    start: Start, tmp_path: Path, greenfield: dict[str, Any], strategy: str, entry_points: tuple[str, ...]
) -> None:
    greenfield["deployments"][0]["front_ends"][1]["store"] = []
    lab = start(greenfield)
    for entry_point in entry_points:
        done = run(lab, tmp_path, role(entry_point), "-e", "trust_remove_confirm=contoso", ANSIBLE_STRATEGY=strategy)
        assert done.code == 2, done.output
        assert f"The play's strategy is {strategy}" in done.output
        assert "strategy: linear" in done.output
        assert lab.requests() == [], entry_point


def test_the_shipped_playbook_is_linear_whatever_the_environment_says(start: Start, tmp_path: Path, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["front_ends"][1]["store"] = []
    lab = start(greenfield)
    environment = {"ANSIBLE_STRATEGY": "free"}
    done = run_playbook("sfb.hybrid_auth.configure", lab.inventory, tmp_path / "run", extra_environment=environment)
    assert done.code == 2
    assert writes(lab) == []
    assert f"{SECOND}" in done.output
    assert "Nothing was changed" in done.output


@pytest.mark.parametrize("entry_point", ["main", "rotate", "remove"])
def test_where_the_lead_cannot_be_reached_the_deployment_fails_and_says_so(
    start: Start, tmp_path: Path, greenfield: dict[str, Any], entry_point: str
) -> None:
    lab = start(greenfield)
    unreachable(lab, FIRST)
    done = run(lab, tmp_path, role(entry_point), "-e", "trust_remove_confirm=contoso")
    assert done.code == 2, done.output
    assert writes(lab) == []
    # The decision is made on the controller, so it says for the deployment which server was not read, and what to do.
    assert done.record["stats"][FIRST]["failures"] == 1, done.output
    last = done.output.rpartition(f"[{FIRST}]: FAILED!")[2]
    assert f"Deployment contoso: {FIRST} could not be reached" in last
    assert f"Make {FIRST} reachable" in last


@pytest.mark.parametrize("playbook", ["configure", "rotate", "remove"])
def test_where_another_server_cannot_be_reached_nothing_is_written(
    start: Start, tmp_path: Path, greenfield: dict[str, Any], playbook: str
) -> None:
    lab = start(greenfield)
    unreachable(lab, SECOND)
    done = run_playbook(f"sfb.hybrid_auth.{playbook}", lab.inventory, tmp_path / "run", "-e", "trust_remove_confirm=contoso")
    assert done.code == 2
    assert writes(lab) == []
    last = done.output.rpartition(f"[{FIRST}]: FAILED!")[2]
    assert SECOND in last
    if playbook != "rotate":  # which first of all finds no trust
        assert f"Deployment contoso: {SECOND} could not be reached" in last
        assert f"Make {SECOND} reachable" in last


def test_a_server_that_was_lost_before_the_role_stops_its_deployment(start: Start, tmp_path: Path, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    unreachable(lab, SECOND)
    reach = {"name": "Reach it", "ansible.builtin.raw": "hostname", "when": f"inventory_hostname == '{SECOND}'"}
    before = {"hosts": "front_ends", "gather_facts": False, "tasks": [reach]}
    done = run(lab, tmp_path, [before, *role("main")])
    assert done.code == 4, done.output
    assert writes(lab) == []
    assert SECOND in done.output.rpartition(f"[{FIRST}]: FAILED!")[2]


def test_an_audit_without_its_lead_is_a_failure_of_the_deployment(start: Start, tmp_path: Path, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    unreachable(lab, FIRST)
    done = run(lab, tmp_path, role("audit"))
    assert done.code == 2, done.output
    assert FIRST in done.output
    (audit,) = done.fact("trust_audit")
    assert audit["verdict"] != "compliant"
    assert FIRST in {error["subject"] for error in audit["errors"]}
