# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of the trust: the server signs, the token service decides by what the tenant holds.

What happens on the server and on the way there is a real ansible-playbook run. What the token service says, over real HTTPS, is asked in
this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.scenarios import SCENARIOS, SKYPE, scenario
from tests.support.play import Run

from .in_process import on_server

Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
FIRST = ("--limit", "fe01.contoso.com")
LAB = {"metadata_url": "{{ lab_metadata_url }}", "ca_path": "{{ trust_ca_path }}"}


def proving(**options: Any) -> list[dict[str, Any]]:
    return [{"name": "Prove the trust", "sfb.hybrid_auth.trust_proof": {**LAB, **options}}]


def proved(run: Run) -> dict[str, Any]:
    assert run.code == 0, run.output
    (result,) = run.results("trust_proof")
    return result


def asked(lab: Lab, since: int = 0) -> list[str]:
    """Processes, documents and exchanges, in order."""
    kinds = {"powershell": "process", "token GET": "document", "token POST": "exchange"}
    entries = (entry["kind"] if entry["kind"] == "powershell" else f"{entry['kind']} {entry['verb']}" for entry in lab.requests(since))
    return [kinds[entry] for entry in entries if entry in kinds]


def asking(lab: Lab, **options: Any) -> dict[str, Any]:
    """What the action says in this process."""
    given = {"metadata_url": lab.info["tenants"][0]["metadata_url"], "ca_path": lab.info["ca_path"], **options}
    result = on_server(lab, "trust_proof", {name: value for name, value in given.items() if value is not None})
    assert not result.get("failed"), result
    return result


@pytest.mark.either_runner
@pytest.mark.parametrize("name", SCENARIOS)
def test_each_state_has_its_outcome(start: Start, name: str) -> None:
    lab = start(scenario(name))
    before = lab.state()
    result = asking(lab, name=["webext.contoso.com"], tenant_id=TENANT)
    wanted = SCENARIOS[name][0] if name != "wrong_tenant" else "name_not_registered"
    assert (result["outcome"], result["accepted"], result["changed"]) == (wanted, wanted == "accepted", False)
    assert result["explanation"]
    assert bool(result["remedy"]) is (wanted != "accepted")
    assert result["findings"][0]["status"] == ("pass" if wanted == "accepted" else "fail")
    assert lab.state() == before
    assert [entry for entry in lab.requests() if entry["write"]] == []
    signs = wanted != "wrong_certificate" or name == "expired_credential"
    assert asked(lab) == ["document", "process", *(["exchange"] if signs else [])]


@pytest.mark.either_runner
def test_a_farm_whose_tenant_does_not_know_it_is_in_the_wrong_tenant(start: Start) -> None:
    lab = start(scenario("wrong_tenant"))
    assert asking(lab)["outcome"] == "wrong_tenant"
    result = asking(lab, tenant_id="6699c5fe-0000-4000-8000-000000000001")
    assert (result["outcome"], "Nothing was signed" in result["explanation"]) == ("wrong_tenant", True)
    mark = lab.mark()
    nowhere = f"{lab.info['login_url']}/7777c5fe-0000-4000-8000-000000000001/metadata/json/1"
    assert asking(lab, metadata_url=nowhere)["outcome"] == "wrong_tenant"
    assert asked(lab, mark) == ["document"]


@pytest.mark.best_runner
def test_what_was_configured_is_proved_for_every_name(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    before = asking(lab)
    assert (before["outcome"], before["accepted"]) == ("unknown_key", False)
    assert play(lab, "sfb.hybrid_auth.configure").code == 0
    names = [f"{host}.contoso.com" for host in ("webext", "webext2", "webdir")]
    mark = lab.mark()
    read = {"name": "Read", "sfb.hybrid_auth.onprem_info": {"gather": ["oauth_servers"]}, "register": "farm"}
    run = play(lab, [read, *proving(name=names, current="{{ farm }}")], *FIRST)
    result = proved(run)
    assert (result["accepted"], [proof["accepted"] for proof in result["proofs"]]) == (True, [True] * 3)
    assert [proof["issuer"] for proof in result["proofs"]] == [f"{SKYPE}/{name}@{TENANT}" for name in names]
    assert asked(lab, mark) == ["process", "document", "process", "exchange", "exchange", "exchange"]
    result = asking(lab, name=["other.contoso.com", *names])
    assert (result["outcome"], [proof["accepted"] for proof in result["proofs"]]) == ("name_not_registered", [False, True, True, True])


@pytest.mark.either_runner
def test_the_farms_own_url_is_asked_where_nothing_else_names_its_host(start: Start) -> None:
    state = scenario("accepted")
    lab = start(state)
    url = lab.info["tenants"][0]["metadata_url"]
    with lab.edit() as data:
        data["deployments"][0]["cms"]["oauth_servers"][0]["MetadataUrl"] = url
    mark = lab.mark()
    assert asking(lab, metadata_url=None)["outcome"] == "not_known"
    assert asked(lab, mark) == ["process"]
    result = asking(lab, metadata_url=None, token_endpoint=f"{lab.info['login_url']}/tokens/OAuth/2")
    assert (result["accepted"], result["metadata_url"]) == (True, url)


@pytest.mark.best_runner
def test_every_server_proves_its_own_copy_of_the_key(start: Start, play: Play) -> None:
    state = scenario("accepted")
    state["deployments"][0]["front_ends"][1]["store"] = []
    run = play(start(state), proving())
    assert [result["outcome"] for result in run.results("trust_proof")] in (
        ["accepted", "wrong_certificate"],
        ["wrong_certificate", "accepted"],
    )


@pytest.mark.best_runner
def test_a_staged_certificate_is_proved_before_its_date(start: Start, play: Play) -> None:
    state = scenario("accepted")
    deployment = state["deployments"][0]
    deployment["certificates"]["next"] = {"subject": "CN=next"}
    deployment["cms"]["token_issuer"] = {"certificate": "next", "previous": "issuer", "effective_date": "2099-01-01T00:00:00Z"}
    for front_end in deployment["front_ends"]:
        front_end["store"].append("next")
    lab = start(state)
    read = {"name": "Read", "sfb.hybrid_auth.onprem_info": {"gather": ["certificate"]}, "register": "farm"}
    run = play(lab, [read, *proving(), *proving(thumbprint="{{ farm.signing.next.thumbprint }}"), *proving(thumbprint="AB" * 20)], *FIRST)
    assert run.code == 0, run.output
    present, staged, stranger = run.results("trust_proof")
    assert present["accepted"] is True
    assert (staged["outcome"], staged["thumbprint"] in staged["explanation"]) == ("unknown_key", True)
    assert stranger["outcome"] == "wrong_certificate"


@pytest.mark.best_runner
def test_a_certificate_with_another_kind_of_key_cannot_sign(start: Start, play: Play) -> None:
    state = scenario("accepted")
    state["deployments"][0]["certificates"]["issuer"] = {"subject": "CN=contoso.com", "key_type": "ec"}
    result = proved(play(start(state), proving(), *FIRST))
    assert (result["outcome"], "no RSA key" in result["explanation"]) == ("wrong_certificate", True)


@pytest.mark.best_runner
def test_check_mode_asks_for_the_token_and_never_writes_into_a_mailbox(start: Start, play: Play) -> None:
    state = scenario("accepted")
    state["deployments"][0]["mailboxes"] = {"sip:user@contoso.com": "passed"}
    lab = start(state)
    tasks = proving(mailbox="user@contoso.com")
    result = proved(play(lab, tasks, *FIRST, "--check"))
    assert (result["accepted"], [one["status"] for one in result["findings"]]) == (True, ["pass", "skip"])
    assert [entry for entry in lab.requests() if entry["write"]] == []
    result = proved(play(lab, tasks, *FIRST))
    assert ([one["status"] for one in result["findings"]], result["changed"]) == (["pass", "pass"], False)
    assert [entry["verb"] for entry in lab.requests() if entry["write"]] == ["WriteItem", "DeleteItem"]
    assert asked(lab).count("process") == 2


@pytest.mark.either_runner
@pytest.mark.parametrize(
    ("mailbox", "status", "part"),
    [("access_denied", "warn", "RTCUniversalUserAdmins"), ("forbidden", "fail", "X-EWS-Policy-Reason"), ("not_found", "fail", "-Verbose")],
)
def test_a_mailbox_that_is_not_reached_is_explained(start: Start, mailbox: str, status: str, part: str) -> None:
    state = scenario("accepted")
    state["deployments"][0]["mailboxes"] = {"sip:user@contoso.com": mailbox}
    lab = start(state)
    result = asking(lab, mailbox="user@contoso.com")
    finding = next(one for one in result["findings"] if one["id"] == "proof.mailbox")
    assert (finding["status"], part in finding["remedy"], result["accepted"]) == (status, True, True)
    assert [entry for entry in lab.requests() if entry["write"]] == []


@pytest.mark.either_runner
@pytest.mark.parametrize("fault", [{"do": "status:503"}, {"do": "throttle:1"}, {"do": "reset"}], ids=lambda fault: fault["do"])
def test_what_passes_by_itself_is_waited_for(start: Start, fault: dict[str, Any]) -> None:
    lab = start(scenario("accepted"))
    lab.fault({"on": "tokens.post", **fault})
    assert asking(lab)["accepted"] is True


@pytest.mark.either_runner
def test_an_answer_that_is_cut_off_is_not_known(start: Start) -> None:
    lab = start(scenario("accepted"))
    lab.fault({"on": "tokens.post", "times": 99, "do": "truncate"})
    result = asking(lab)
    assert (result["accepted"], result["outcome"], result["findings"][0]["status"]) == (None, "not_known", "warn")


@pytest.mark.either_runner
def test_tls_that_cannot_be_verified_sends_nothing(start: Start) -> None:
    lab = start(scenario("accepted"))
    result = asking(lab, ca_path=None)
    assert (result["accepted"], "TLS" in result["explanation"]) == (None, True)
    assert asked(lab) == []


@pytest.mark.either_runner
def test_the_modules_former_name_is_the_module_with_the_defaults_of_its_group(start: Start, play: Play) -> None:
    lab = start(scenario("accepted"))
    task = {"name": "Prove the trust", "sfb.hybrid_auth.trust_test": {"ca_path": "{{ trust_ca_path }}"}}
    defaults = {"group/sfb.hybrid_auth.onprem": {"management_modules": ["SkypeForBusiness"]}}
    named = {"sfb.hybrid_auth.trust_proof": {"metadata_url": "{{ lab_metadata_url }}"}}
    run = play(lab, [{**task, "module_defaults": {**defaults, **named}}], *FIRST)
    assert run.code == 0, run.output
    assert [task["result"]["outcome"] for task in run.record["tasks"]] == ["accepted"]


def test_no_assertion_and_no_token_is_in_any_output(start: Start, play: Play) -> None:
    lab = start(scenario("accepted"))
    run = play(lab, proving(name=["webext.contoso.com"]), *FIRST, "-vvvvvv", "--diff")
    assert proved(run)["accepted"] is True
    for shown in (run.output, json.dumps(run.record), json.dumps(lab.requests())):
        assert "eyJ0eXAi" not in shown  # how the header of an assertion and of a token begins
        assert '"seal"' not in shown.replace("\\", "")  # the key in the request
