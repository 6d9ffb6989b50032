# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit as the mesh of AWX runs jobs: a controller sends it, another machine works, and events and artifacts come back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import junitparser
import pytest
import yaml

from tests.lab import Lab
from tests.lab.scenarios import configured
from tests.support.play import invocation, run_playbook
from tests.support.secret_search import files_in, found_in

Start = Callable[[dict[str, Any]], Lab]
pytestmark = pytest.mark.either_runner
AUDIT = "sfb.hybrid_auth.audit"


def audited(folder: Path) -> Any:
    """What audit.json in that folder says of the deployment, without times."""
    (found,) = json.loads((folder / "audit.json").read_text(encoding="utf-8"))["deployments"]
    return {
        **{name: found[name] for name in ("name", "verdict", "counts", "differences", "errors", "unchecked")},
        "findings": [(one["id"], one["status"], one["subject"]) for one in found["findings"]],
    }


def as_awx_has_it(lab: Lab, job: Path) -> dict[str, str]:
    """Lay out a job as AWX does, and give its secrets: those of credentials are in extra variables and in the environment."""
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    group = inventory["all"]["children"]["front_ends"]
    (password,) = {one.pop("ansible_password") for one in group["hosts"].values()}
    (secret,) = {one.pop("trust_client_secret") for one in group["hosts"].values()}
    for name in ("inventory", "project", "env"):
        (job / name).mkdir(parents=True)
    (job / "inventory" / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (job / "project" / "audit.yml").write_text(json.dumps([{"import_playbook": AUDIT}]), encoding="utf-8")
    extra = {"ansible_password": password, "trust_report_path": str(job.parent), "trust_fail_on": "difference"}
    (job / "env" / "extravars").write_text(json.dumps(extra), encoding="utf-8")
    return {"password": password, "secret": secret}


def test_a_job_on_another_machine_finds_the_same_and_leaves_no_secret(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(configured(greenfield))
    plain, kept = tmp_path / "plain", tmp_path / "kept"
    job, worker, back = tmp_path / "mesh" / "job", tmp_path / "mesh" / "worker", kept / "back"
    for folder in (plain, worker, back):
        folder.mkdir(parents=True)
    secrets = as_awx_has_it(lab, job)
    # The credential type of Azure sets AZURE_SECRET for ansible-playbook.
    _command, environment = invocation("audit.yml", lab.inventory, tmp_path / "mesh", extra_environment={"AZURE_SECRET": secrets["secret"]})
    program = [str(Path(sys.executable).parent / "ansible-runner")]
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    def runner(*arguments: str, sent: bytes = b"") -> bytes:
        done = subprocess.run([*program, *arguments], input=sent, env=environment, capture_output=True, timeout=200, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]
        return done.stdout

    sent = runner("transmit", str(job), "-p", "audit.yml")
    returned = runner("worker", "--private-data-dir", str(worker), sent=sent)
    output = runner("process", str(back), sent=returned)
    assert b"compliant" in output
    # JUnit of ansible-core itself has each task with what it returned.
    options = ("-e", "trust_fail_on=difference", "-e", f"trust_report_path={plain}")
    extra = {"ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit", "JUNIT_OUTPUT_DIR": str(kept / "junit")}
    run = run_playbook(AUDIT, lab.inventory, tmp_path / "run", *options, extra_environment=extra)
    assert run.code == 0, run.output
    assert audited(tmp_path / "mesh") == audited(plain)
    assert audited(plain)["verdict"] == "compliant"
    (results,) = (kept / "junit").glob("*.xml")
    assert sum(suite.tests for suite in junitparser.JUnitXml.fromfile(str(results))) > 10
    # ansible-runner writes the environment in which a run was started into the file command, as docs/security.md says.
    places = [(place, content) for place, content in files_in(kept) if not place.endswith("/command")]
    assert sum(place.startswith("back/artifacts/job_events/") for place, _content in places) > 20
    assert found_in([("command", (back / "artifacts" / "command").read_bytes())], secrets)
    assert found_in([*places, ("output", output)], secrets) == set()
