# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/awx lays out: names that are there, surveys that the role takes, and blank answers that say nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Template

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.audit import RULES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import ENTRY_POINTS, SECRETS, taken_by

ROOT = Path(__file__).parents[2]
AWX = ROOT / "docs" / "awx"
SURVEYS: dict[str, Any] = yaml.safe_load((AWX / "surveys.yml").read_text(encoding="utf-8"))["surveys"]
(PLAY,) = yaml.safe_load((AWX / "controller.yml").read_text(encoding="utf-8"))
(RULEBOOK,) = yaml.safe_load((AWX / "rulebook.yml").read_text(encoding="utf-8"))
QUESTIONS = [(entry_point, question) for entry_point, survey in SURVEYS.items() for question in survey["spec"]]
SIGNED_IN = {"trust_client_id": "4a1aa1d5-c567-49d0-ad0b-cd957a47f842", "trust_client_secret": "s3cret"}
# An answer to what a person writes.
ANSWERS = {
    "trust_takeover": "microsoft.exchange\nmicrosoft.sts",
    "trust_rotation_effective_date": "2026-12-07T02:00:00Z",
    "trust_rotation_remove_thumbprints": "BB5D1064437D8720A5C53078185E6A361A78B10A\n",
    "trust_ending_soon_days": "45",
}


def tasks(module: str) -> list[dict[str, Any]]:
    return [task[f"awx.awx.{module}"] for task in PLAY["tasks"] if f"awx.awx.{module}" in task]


def filled(task: dict[str, Any], *item: dict[str, Any]) -> dict[str, Any]:
    """The task's options as the loop over both lists fills them in."""
    found: dict[str, Any] = yaml.safe_load(Template(yaml.safe_dump(task, width=10_000)).render(item=item, organization="Default"))
    return found


LAID_OUT = {
    made["name"]: made
    for job in PLAY["vars"]["job_templates"]
    for deployment in PLAY["vars"]["deployments"]
    for made in [filled({**tasks("job_template")[0], "survey_spec": {}}, job, deployment)]
}


def settings(entry_point: str, **given: Any) -> Any:
    return read({**SIGNED_IN, **given}, entry_point, check_mode=True)


@pytest.mark.parametrize(("entry_point", "question"), QUESTIONS, ids=lambda one: one["variable"] if isinstance(one, dict) else one)
def test_every_question_asks_for_what_its_job_takes_and_may_stay_blank(entry_point: str, question: dict[str, Any]) -> None:
    name = question["variable"]
    assert name in taken_by(entry_point)
    assert name not in SECRETS
    assert question["required"] is False
    for blank in ("", None, [], [""]):
        assert settings(entry_point, **{name: blank}) == settings(entry_point)
    default = settings(entry_point)
    found = {settings(entry_point, **{name: answer}) != default for answer in question.get("choices") or [ANSWERS[name]]}
    assert True in found
    assert question["default"] in ("", *(question.get("choices") or ()))


def sent(survey: dict[str, Any]) -> dict[str, Any]:
    """What AWX sends where nobody answers: each default that its own check takes. It takes an empty text only where a text is asked for."""
    return {
        one["variable"]: one["default"]
        for one in survey["spec"]
        if one["type"] in ("text", "textarea") or (one["default"] != "" and one["default"] in one.get("choices", [one["default"]]))
    }


def test_a_survey_that_nobody_fills_in_says_nothing_but_its_defaults() -> None:
    for entry_point, survey in SURVEYS.items():
        defaults = sent(survey)
        assert settings(entry_point, **defaults) == settings(entry_point, **{name: one for name, one in defaults.items() if one})


# What a run does once. Without it a run does less, so an empty text that hides the inventory's value is safe.
ONCE = {"trust_takeover", "trust_rotation_effective_date", "trust_rotation_remove_thumbprints"}


def test_a_blank_answer_hides_nothing_that_the_inventory_says_of_a_deployment() -> None:
    hidden = {name for survey in SURVEYS.values() for name, value in sent(survey).items() if value == ""}
    assert hidden == ONCE
    for entry_point, survey in SURVEYS.items():
        for question in survey["spec"]:
            if question["variable"] in ONCE or question["default"]:
                continue
            for one in question.get("choices") or [ANSWERS[question["variable"]]]:
                inventory = {question["variable"]: one}
                assert settings(entry_point, **{**inventory, **sent(survey)}) == settings(entry_point, **{**sent(survey), **inventory})
    asked = {question["variable"] for _entry_point, question in QUESTIONS}
    assert not asked & {"trust_exchange_credential", "trust_name_form", "trust_exchange_enabled"}


def test_every_job_has_its_playbook_and_its_survey() -> None:
    jobs = PLAY["vars"]["job_templates"]
    assert [Path(job["playbook"]).stem for job in jobs] == ["audit", "configure", "rotate", "modern_authentication"]
    for job in jobs:
        entry_point = Path(job["playbook"]).stem
        (imported,) = yaml.safe_load((AWX / "project" / job["playbook"]).read_text(encoding="utf-8"))
        assert imported["ansible.builtin.import_playbook"] == f"sfb.hybrid_auth.{entry_point}"
        assert job["survey"] == f"{{{{ surveys.{entry_point} }}}}"
    assert set(SURVEYS) < set(ENTRY_POINTS)


def test_a_job_runs_on_whole_deployments() -> None:
    inventory = yaml.safe_load((AWX / "project" / "inventory.yml").read_text(encoding="utf-8"))["front_ends"]
    assert {one["name"] for one in PLAY["vars"]["deployments"]} == set(inventory["children"])
    for name, group in inventory["children"].items():
        assert group["vars"]["trust_deployment"] == name
        assert group["vars"]["trust_front_ends"] == list(group["hosts"])
    (job,) = tasks("job_template")
    assert (job["job_slice_count"], job["ask_limit_on_launch"], job["ask_credential_on_launch"]) == (1, False, False)
    assert {one["limit"] for one in LAID_OUT.values()} == set(inventory["children"])


def test_one_job_never_runs_twice_at_once_for_a_deployment_and_those_of_two_deployments_may() -> None:
    # AWX holds back a job of a template that has one running.
    assert {one["allow_simultaneous"] for one in LAID_OUT.values()} == {False}
    (node,) = tasks("workflow_job_template_node")
    for workflow in PLAY["vars"]["workflows"]:
        nodes = [filled(node, workflow, deployment) for deployment in PLAY["vars"]["deployments"]]
        assert len({one["unified_job_template"] for one in nodes}) == len(nodes)
        for one, deployment in zip(nodes, PLAY["vars"]["deployments"], strict=True):
            assert deployment["credential"] in LAID_OUT[one["unified_job_template"]]["credentials"]
            assert not {"limit", "credentials"} & set(one)


def test_what_the_jobs_name_is_laid_out_before() -> None:
    (job,) = tasks("job_template")
    assert [one["name"] for one in tasks("notification_template")] == job["notification_templates_error"]
    assert job["credentials"] == [tasks("credential")[0]["name"], "{{ item.1.credential }}"]
    assert tasks("credential")[1]["name"] == "{{ item.credential }}"
    for module in ("project", "inventory", "execution_environment"):
        (made,) = tasks(module)
        assert job[module] == made["name"]


def test_the_rulebook_waits_for_findings_that_there_are_and_starts_jobs_that_there_are() -> None:
    conditions = " ".join(rule["condition"] for rule in RULEBOOK["rules"])
    asked = {word for word in conditions.replace('"', " ").split() if "." in word and not word.startswith("event.")}
    assert asked
    assert asked <= set(RULES)
    started = [rule["action"]["run_job_template"] for rule in RULEBOOK["rules"]]
    assert {one["organization"] for one in started} == {PLAY["vars"]["organization"]}
    for one in started:
        for deployment in PLAY["vars"]["deployments"]:
            job = LAID_OUT[one["name"].replace("{{ event.payload.deployment }}", deployment["name"])]
            assert deployment["credential"] in job["credentials"]
            assert job["limit"] == deployment["name"]
            # What is not asked on launch is ignored, and a limit from outside would name servers of others.
            assert set(one.get("job_args", {})) <= {name for name in ("job_type", "limit") if job[f"ask_{name}_on_launch"]}
