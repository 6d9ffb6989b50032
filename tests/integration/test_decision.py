# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything is decided before the first write: what is wrong costs nothing, and what is another's is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.states import audit as states
from tests.support.play import Run
from tests.sweep.role import Done
from tests.sweep.role import Play as Played

from .in_process import Estate, facts, messages

CONFIGURE, AUDIT = "sfb.hybrid_auth.configure", "sfb.hybrid_auth.audit"
ON_PREMISES = "https://autodiscover.contoso.com/autodiscover/metadata/json/1"
AUTODISCOVER = "https://exchange.contoso.com/autodiscover/autodiscover.svc"
OTHER = states.OTHER_TENANT
# The lab's inventory gives these, and a play cannot do without.
_NEEDED = (
    "trust_hosts",
    "trust_deployment",
    "trust_tenant",
    "trust_client_id",
    "trust_client_secret",
    "trust_login_url",
    "trust_graph_url",
    "trust_ca_path",
)
Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]

pytestmark = pytest.mark.either_runner


def failures(run: Run) -> str:
    return " ".join(str(task["result"].get("msg")) for task in run.record["tasks"] if task["status"] == "failed")


def results(played: Played, module: str) -> list[Done]:
    return [one for one in played.done if one.task.module == module and not one.result.get("skipped")]


@pytest.mark.parametrize(("days", "staged"), [(3.5, "staged before "), (0.5, "staged now, since less than the 24 hours")])
def test_a_certificate_that_ends_soon_is_told_by_configure_in_the_words_of_rotate(days: float, staged: str, tmp_path: Path) -> None:
    state = states.right()
    states.issuer(state, not_after=states.at(days))
    estate = Estate(state, tmp_path)
    found = []
    for entry_point, fact in (("main", "trust_summary"), ("rotate", "trust_rotation")):
        played = estate.play(entry_point, trust_exchange_credential=False)
        ((warning,),) = (one["warnings"] for one in facts(played, fact))
        found.append(warning)
        (lines,) = (one["lines"] for one in facts(played, "_trust_outcome"))
        if entry_point == "main":
            assert [line for line in lines if line.startswith(f"next: the certificate's successor, {staged}")]
    assert found[0] == found[1]
    assert "Stage its successor" in found[0]


def given(**variables: Any) -> tuple[str, str]:
    return ("-e", json.dumps(variables))


def test_wrong_values_are_all_said_at_once_and_nothing_is_contacted(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    wrong = {
        "trust_service_name": "notaguid",
        "trust_exchange_autodiscover_url": "http://autodiscover.contoso.com/autodiscover/autodiscover.svc",
        "trust_metadata_url": "http://accounts.contoso.com/metadata/json/1",
        "trust_exchange_credentials": False,
    }
    run = play(lab, CONFIGURE, *given(**wrong))
    assert run.code == 2
    said = failures(run)
    assert [name for name in wrong if name not in said] == []
    assert "trust_exchange_credential" in said
    assert lab.requests() == []


def test_blank_and_null_answers_change_nothing(start: Start, play: Play) -> None:
    state = states.right()
    lab = start(state)
    before = lab.state()
    blank = {name: "" if number % 2 else None for number, name in enumerate(VARIABLES) if name not in _NEEDED}
    run = play(lab, CONFIGURE, *given(**{**blank, "trust_exchange_credential": "no"}))
    assert run.code == 0, run.output
    assert lab.state() == before
    (summary,) = run.fact("trust_summary")
    assert summary["changed"] is False
    assert AUTODISCOVER in json.dumps(before)


def test_what_is_anothers_stops_a_run_and_is_taken_over_by_name(tmp_path: Path) -> None:
    state = states.right()
    cms = state["deployments"][0]["cms"]
    cms["partner_applications"][0]["AuthToken"] = {
        "type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.MetadataUrl",
        "value": ON_PREMISES,
    }
    cms["oauth_configuration"]["ServiceName"] = OTHER
    estate = Estate(state, tmp_path)
    before = estate.state()
    own = {"trust_exchange_credential": False}
    said = messages(estate.play("main", **own))
    assert [part for part in (ON_PREMISES, f"ServiceName {OTHER}", "trust_takeover", "Nothing was changed") if part not in said] == []
    assert estate.state() == before

    audit = estate.play("audit", **own).fact("trust_audit")
    assert ON_PREMISES in audit["obstacle"]
    assert [step["step"] for step in audit["differences"]] == ["partner_application", "oauth_configuration"]
    assert estate.state() == before

    taken = estate.play("main", trust_takeover=f"microsoft.exchange, {OTHER}", **own)
    assert not taken.failed, messages(taken)
    assert ON_PREMISES in json.dumps([one.result["diff"]["before"] for one in results(taken, "partner_application")])
    losses = [loss for step in taken.fact("trust_summary")["steps"] for loss in step["losses"]]
    assert len([loss for loss in losses if ON_PREMISES in loss or OTHER in loss]) == 2


def test_an_audit_after_a_run_leaves_the_runs_summary_alone(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    role = {"name": "sfb.hybrid_auth.trust"}
    tasks = [
        {"name": "Configure", "ansible.builtin.include_role": role},
        {"name": "Audit", "ansible.builtin.include_role": {**role, "tasks_from": "audit"}},
    ]
    lab = start(greenfield)
    run = play(lab, tasks)
    assert run.code == 0, run.output
    (summary,) = run.fact("trust_summary")
    (audit,) = run.fact("trust_audit")
    assert (summary["changed"], audit["differences"]) == (True, [])


def test_an_audit_that_left_a_known_server_out_is_incomplete(start: Start, play: Play) -> None:
    lab = start(states.right())
    run = play(lab, AUDIT, "--limit", "fe01.contoso.com", *given(trust_exchange_credential=False))
    (audit,) = run.fact("trust_audit")
    assert (run.code, audit["verdict"], audit["compliant"], audit["unchecked"]) == (0, "incomplete", False, ["fe02.contoso.com"])
    assert "fe02.contoso.com" in run.output
    failed = play(lab, AUDIT, "--limit", "fe01.contoso.com", *given(trust_exchange_credential=False, trust_fail_on="fail"))
    assert failed.code == 2
    assert "not checked: fe02.contoso.com" in failures(failed)


def test_servers_of_one_deployment_with_different_values_are_refused(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    inventory["all"]["children"]["front_ends"]["hosts"]["fe02.contoso.com"]["trust_exchange_credential"] = False
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    run = play(lab, CONFIGURE)
    assert run.code == 2
    assert "fe01.contoso.com and fe02.contoso.com have different values of trust_exchange_credential" in failures(run)
    assert lab.requests() == []


def test_servers_of_a_later_batch_are_not_left_out(start: Start, play: Play) -> None:
    lab = start(states.right())
    playbook = lab.inventory.parent / "serial.yml"
    task = {"name": "Audit", "ansible.builtin.import_role": {"name": "sfb.hybrid_auth.trust", "tasks_from": "audit"}}
    text = yaml.safe_dump([{"hosts": "front_ends", "gather_facts": False, "serial": 1, "tasks": [task]}])
    playbook.write_text(text, encoding="utf-8")
    run = play(lab, str(playbook), *given(trust_exchange_credential=False, trust_fail_on="fail"))
    assert run.code == 0, run.output
    assert [audit["verdict"] for audit in run.fact("trust_audit")] == ["compliant", "compliant"]


def test_what_signs_reaches_the_tenant_though_no_pool_has_a_name_and_then_the_run_fails(tmp_path: Path) -> None:
    state = states.right()
    states.staged(state, -1, in_cloud=False)
    for service in states.farm(state)["cms"]["web_services"]:
        service["ExternalFqdn"] = None
    following = certificates.thumbprint(certificates.load(states.farm(state)["certificates"]["next"]))
    estate = Estate(state, tmp_path)
    before = estate.state()
    own = {"trust_exchange_credential": False}
    predicted = estate.play("main", check_mode=True, **own)
    assert estate.state() == before
    played = estate.play("main", **own)
    for one in (predicted, played):
        assert "no pool has an external Web services FQDN" in messages(one)
        assert "nothing else is done, and nothing is removed" in messages(one)
        assert [following in json.dumps(done.result["diff"]["after"]) for done in results(one, "sp_credential")] == [True]
    after = estate.state()
    held = [key["customKeyIdentifier"] for key in states.principal(after, states.SKYPE)["keyCredentials"]]
    assert held[1:] == [following]
    assert after["deployments"] == before["deployments"]
    assert "Nothing was changed." in messages(estate.play("main", **own))
    assert estate.state() == after
