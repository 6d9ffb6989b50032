# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit with other programs around it and other callbacks: what they keep is of use, and no secret is in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.scenarios import configured
from tests.lab.state import GREENFIELD
from tests.support.play import DEVELOPMENT
from tests.support.secret_search import files_in, found_in

from .programs import run

AUDIT = "sfb.hybrid_auth.audit"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    state: dict[str, Any] = configured(json.loads(GREENFIELD.read_text(encoding="utf-8")))
    with Lab(state, workdir=tmp_path / "lab", engine="none") as running:
        yield running


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    (folder := tmp_path / "kept").mkdir()
    return folder


def secrets(lab: Lab) -> dict[str, str]:
    return {
        "client secret": lab.info["tenants"][0]["client_secret"],
        **{f"password of {one['name']}": one["password"] for one in lab.info["front_ends"]},
    }


def check(lab: Lab, kept: Path, output: str) -> None:
    """Nothing that the run printed or left holds a secret; what was given to it is elsewhere."""
    assert found_in([("inventory", lab.inventory.read_bytes())], secrets(lab))
    assert found_in([("output", output.encode()), *files_in(kept)], secrets(lab)) == set()


def test_json_has_the_verdict_and_every_result(lab: Lab, kept: Path) -> None:
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(DEVELOPMENT), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    output = run("ansible-playbook", "-i", str(lab.inventory), AUDIT, folder=kept, environment=environment)
    told, _end = json.JSONDecoder().raw_decode(output[output.index("{") :])
    assert {one["failures"] + one["unreachable"] for one in told["stats"].values()} == {0}
    facts = [
        host["ansible_facts"]
        for play in told["plays"]
        for task in play["tasks"]
        for host in task["hosts"].values()
        if "ansible_facts" in host
    ]
    assert [one["trust_audit"]["compliant"] for one in facts if "trust_audit" in one] == [True]
    check(lab, kept, output)


def test_ara_keeps_every_task(lab: Lab, kept: Path) -> None:
    plugins = run("python", "-m", "ara.setup.callback_plugins", folder=kept).strip()
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(DEVELOPMENT),
        "ANSIBLE_CALLBACK_PLUGINS": plugins.splitlines()[0],
        "ARA_BASE_DIR": str(kept / "ara"),
        "ARA_DATABASE_NAME": str(kept / "ara.sqlite"),
    }
    output = run("ansible-playbook", "-i", str(lab.inventory), AUDIT, folder=kept, environment=environment)
    with closing(sqlite3.connect(kept / "ara.sqlite")) as database:
        assert database.execute("select status from playbooks").fetchall() == [("completed",)]
        ((results,),) = database.execute("select count(*) from results").fetchall()
    assert results > 10
    check(lab, kept, output)


def test_navigator_on_standard_output_prints_what_ansible_playbook_prints(lab: Lab, kept: Path) -> None:
    options = ("--execution-environment", "false", "--mode", "stdout", "--playbook-artifact-save-as", str(kept / "artifact.json"))
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(DEVELOPMENT), "ANSIBLE_NAVIGATOR_LOG_FILE": str(kept / "navigator.log")}
    output = run("ansible-navigator", "run", AUDIT, "-i", str(lab.inventory), *options, folder=kept, environment=environment)
    assert "compliant" in output
    assert json.loads((kept / "artifact.json").read_text(encoding="utf-8"))["status"] == "successful"
    check(lab, kept, output)
