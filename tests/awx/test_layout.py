# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/awx with the programs and collections that it is for: awx.awx, ansible-lint, ansible-builder, ansible-rulebook."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.play import DEVELOPMENT

from .controller import TOKEN, controller
from .programs import AWX, VENV, run

SECRETS = {
    "CONTOSO_CLIENT_SECRET": "secret-of-contoso",
    "FABRIKAM_CLIENT_SECRET": "secret-of-fabrikam",
    "SFBADMIN_PASSWORD": "pass-of-sfbadmin",
}
DEPLOYMENTS = ["contoso", "fabrikam"]


def test_the_playbook_lays_out_everything_and_a_second_run_makes_nothing_twice(tmp_path: Path) -> None:
    with controller() as awx:
        environment = {**SECRETS, "CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}
        output = run("ansible-playbook", "-vv", str(AWX / "controller.yml"), folder=tmp_path, environment=environment)
        names = {kind: [one["name"] for one in listed if "name" in one] for kind, listed in awx.objects.items()}
        again = run("ansible-playbook", str(AWX / "controller.yml"), folder=tmp_path, environment=environment)
        assert {kind: [one["name"] for one in listed if "name" in one] for kind, listed in awx.objects.items()} == names
        jobs = {one["name"]: one for one in awx.objects["job_templates"]}
        nodes, schedules = awx.objects["workflow_job_template_nodes"], awx.objects["schedules"]
        kinds = {one["id"]: one["name"] for one in awx.objects["credential_types"]}
        credentials = {one["id"]: one for one in awx.objects["credentials"]}
        given = {job["name"]: [credentials[one]["name"] for one in awx.related[f"{job['url']}credentials/"]] for job in jobs.values()}
        started = [next(name for name, job in jobs.items() if job["id"] == node["unified_job_template"]) for node in nodes]
        surveys, notified = awx.surveys, [awx.related[f"{job['url']}notification_templates_error/"] for job in jobs.values()]
    assert [secret for secret in SECRETS.values() if secret in output + again] == []
    names_of = ("Trust audit", "Trust configure", "Trust rotate", "Trust modern authentication")
    assert list(jobs) == [f"{name} of {deployment}" for name in names_of for deployment in DEPLOYMENTS]
    assert {(job["job_slice_count"], job["allow_simultaneous"]) for job in jobs.values()} == {(1, False)}
    for name, job in jobs.items():
        deployment = name.rpartition(" ")[2]
        assert (job["limit"], given[name]) == (deployment, ["Front Ends", f"Tenant of {deployment}"])
    assert started == [f"{name} of {deployment}" for name in ("Trust audit", "Trust rotate") for deployment in DEPLOYMENTS]
    assert [one["inputs"].get("secret") for one in credentials.values() if kinds[one["credential_type"]] != "Machine"] == [
        "secret-of-contoso",
        "secret-of-fabrikam",
    ]
    assert [len(one["rrule"].split(" ")) for one in schedules] == [2, 2]
    assert {question["variable"] for survey in surveys.values() for question in survey["spec"]} >= {"trust_fail_on", "trust_takeover"}
    assert [len(one) for one in notified] == [1] * len(jobs)


def test_a_run_without_secrets_keeps_those_that_are_there_and_makes_no_credential_without_one(tmp_path: Path) -> None:
    with controller() as awx:
        environment = {"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}
        told = run("ansible-playbook", str(AWX / "controller.yml"), folder=tmp_path, environment=environment, fails=True)
        assert "Front Ends is not there yet, so it needs its secret: set SFBADMIN_PASSWORD" in told
        assert awx.objects["credentials"] == []
        machine, azure = (one["id"] for one in awx.objects["credential_types"])
        other = awx.add("organizations", {"name": "Other"})["id"]
        (default, *_others) = (one["id"] for one in awx.objects["organizations"])
        for organization, kind in ((other, machine), (default, azure)):
            awx.add("credentials", {"name": "Front Ends", "organization": organization, "credential_type": kind, "inputs": {}})
        told = run("ansible-playbook", str(AWX / "controller.yml"), folder=tmp_path, environment=environment, fails=True)
        assert "Front Ends is not there yet" in told
        awx.objects["credentials"].clear()
        run("ansible-playbook", str(AWX / "controller.yml"), folder=tmp_path, environment={**SECRETS, **environment})
        there = [dict(one["inputs"]) for one in awx.objects["credentials"]]
        again = run("ansible-playbook", str(AWX / "controller.yml"), "--tags", "credentials", folder=tmp_path, environment=environment)
        assert [one["inputs"] for one in awx.objects["credentials"]] == there
        assert "changed=0" in again
        play = (AWX / "controller.yml").read_text(encoding="utf-8")
        changed = play.replace("client: 0a1b2c3d-0000-4000-8000-000000000002", "client: 0a1b2c3d-0000-4000-8000-000000000009")
        (tmp_path / "controller.yml").write_text(changed.replace("sfbadmin@contoso.com", "other@contoso.com"), encoding="utf-8")
        shutil.copy(AWX / "surveys.yml", tmp_path)
        run("ansible-playbook", str(tmp_path / "controller.yml"), folder=tmp_path, environment=environment)
        front_ends, contoso, fabrikam = [one["inputs"] for one in awx.objects["credentials"]]
    assert front_ends == {"username": "other@contoso.com", "password": "pass-of-sfbadmin"}
    assert contoso == there[1]
    assert fabrikam == {**there[2], "client": "0a1b2c3d-0000-4000-8000-000000000009"}


@pytest.mark.parametrize("name", ["controller.yml", "project/inventory.yml", "rulebook.yml", "project/audit.yml"])
def test_ansible_lint_finds_nothing(name: str, tmp_path: Path) -> None:
    shutil.copytree(AWX, folder := tmp_path / "awx")  # the repository's own settings leave the playbook out
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(DEVELOPMENT)}
    told = run(
        "ansible-lint", "--offline", "--profile", "production", "--strict", name, folder=tmp_path, environment=environment, cwd=folder
    )
    assert "0 failure(s), 0 warning(s) in 1 files" in told


def test_the_execution_environment_takes_what_the_collection_needs(tmp_path: Path) -> None:
    told = run("ansible-builder", "introspect", "--sanitize", str(DEVELOPMENT), folder=tmp_path)
    found: dict[str, Any] = yaml.safe_load(told.partition("---")[2])
    assert {"msal", "pywinrm", "requests-credssp"} <= {line.partition(">")[0] for line in found["python"]}
    assert any(line.startswith("krb5-workstation") for line in found["system"])
    run("ansible-builder", "create", "-f", str(AWX / "execution-environment.yml"), "-c", str(tmp_path / "context"), folder=tmp_path)
    (definition,) = (tmp_path / "context").glob("*file")
    assert "python3.12" in definition.read_text(encoding="utf-8")
    wanted = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert wanted["collections"] in (["sfb.hybrid_auth"], [{"name": "sfb.hybrid_auth"}])


_CHECK = """
import sys, yaml
from ansible_rulebook.rules_parser import parse_rule_sets
from ansible_rulebook.validators import Validate
with open(sys.argv[1], encoding="utf-8") as file:
    rules = yaml.safe_load(file)
Validate.rulebook(rules)
for rule in parse_rule_sets(rules, {"WEBHOOK_TOKEN": "x"})[0].rules:
    print(rule.name, rule.condition)
"""


def test_ansible_rulebook_takes_the_rules(tmp_path: Path) -> None:
    assert VENV.is_dir()
    told = run("python", "-c", _CHECK, str(AWX / "rulebook.yml"), folder=tmp_path)
    assert "A roll of the certificate needs something" in told
