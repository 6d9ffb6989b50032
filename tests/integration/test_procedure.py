# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole procedure by real ansible-playbook runs over real WinRM and HTTPS."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.support.play import Run

CONFIGURE, AUDIT = "sfb.hybrid_auth.configure", "sfb.hybrid_auth.audit"
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]


def principal(lab: Lab, app_id: str, tenant: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in lab.state()["tenants"][tenant]["service_principals"] if one["appId"] == app_id)
    return found


def test_a_run_sets_everything_up_and_a_second_changes_nothing(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    before = lab.state()
    predicted = play(lab, CONFIGURE, "--check", "--diff")
    assert predicted.code == 0, predicted.output
    assert lab.state() == before
    assert [entry for entry in lab.requests() if entry["write"]] == []

    first = play(lab, CONFIGURE, "--diff")
    assert first.code == 0, first.output
    assert first.total("changed") == predicted.total("changed") == 6
    diffs = [[task["result"].get("diff") for task in run.record["tasks"] if task["result"].get("changed")] for run in (predicted, first)]
    assert diffs[0] == diffs[1]

    cms = lab.state()["deployments"][0]["cms"]
    (server,), (application,) = cms["oauth_servers"], cms["partner_applications"]
    assert server["MetadataUrl"] == f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"
    assert (application["ApplicationIdentifier"], application["ApplicationTrustLevel"], application["Enabled"]) == (EXCHANGE, "Full", True)
    assert cms["oauth_configuration"]["ServiceName"] == SKYPE
    names = principal(lab, SKYPE)["servicePrincipalNames"]
    assert names[:6] == greenfield["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
    assert sorted(names[6:]) == [f"{SKYPE}/{host}.contoso.com" for host in ("webdir", "webext", "webext2")]
    exchange = principal(lab, EXCHANGE)
    assert exchange["accountEnabled"] is True
    assert exchange["keyCredentials"][0] == greenfield["tenants"][0]["service_principals"][1]["keyCredentials"][0]
    assert [len(principal(lab, app_id)["keyCredentials"]) for app_id in (SKYPE, EXCHANGE)] == [1, 2]

    after, mark = lab.state(), lab.mark()
    second = play(lab, CONFIGURE)
    assert (second.code, second.total("changed")) == (0, 0), second.output
    assert lab.state() == after
    assert lab.counts(mark) == {"powershell": 2, "entra": 2, "graph_reads": 1, "graph_writes": 0}
    (audit,) = play(lab, AUDIT).fact("trust_audit")
    assert audit["compliant"] is True


@pytest.mark.either_runner
def test_the_cloud_holds_the_certificate_before_the_farm_relies_on_it(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    assert play(lab, CONFIGURE).code == 0
    writes = [entry["kind"] for entry in lab.requests() if entry["write"]]
    assert writes == ["graph"] * 4 + ["cmdlet"] * 3


@pytest.mark.either_runner
def test_an_audit_of_a_greenfield_names_what_is_missing_and_can_fail(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    before = lab.state()
    run = play(lab, AUDIT)
    (audit,) = run.fact("trust_audit")
    assert (run.code, audit["compliant"], len(audit["differences"])) == (0, False, 6)
    assert play(lab, AUDIT, "-e", "trust_fail_on=difference").code == 2
    assert lab.state() == before


@pytest.mark.either_runner
def test_several_deployments_in_one_play_go_to_their_own_tenants(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    text = json.dumps(greenfield).replace(TENANT, "6699c5fe-0000-4000-8000-000000000001").replace("CONTOSO", "FABRIKAM")
    other = json.loads(
        text.replace("contoso", "fabrikam").replace("0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002")
    )
    lab = start({**greenfield, **{name: greenfield[name] + other[name] for name in ("deployments", "tenants")}})
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    assert sorted(one["deployment"] for one in run.fact("trust_summary")) == ["contoso", "fabrikam"]
    thumbprints = {one["certificate"] for one in run.fact("trust_summary")}
    assert len(thumbprints) == 2
    for index in range(2):
        assert len(principal(lab, SKYPE, index)["keyCredentials"]) == 1
        assert "fabrikam" in json.dumps(lab.state()["deployments"][1]["cms"]["web_services"])
    mark = lab.mark()
    assert play(lab, CONFIGURE).total("changed") == 0
    assert lab.counts(mark) == {"powershell": 4, "entra": 4, "graph_reads": 2, "graph_writes": 0}


@pytest.mark.either_runner
def test_two_deployments_of_one_tenant_do_not_overwrite_each_other(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    second = copy.deepcopy(greenfield["deployments"][0])
    second["name"] = "contoso-us"
    for front_end, name in zip(second["front_ends"], ("fe11.contoso.com", "fe12.contoso.com"), strict=True):
        front_end["name"] = name
    greenfield["deployments"].append(second)
    lab = start(greenfield)
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    assert len(principal(lab, SKYPE)["keyCredentials"]) == 2
    assert len(principal(lab, EXCHANGE)["keyCredentials"]) == 3


def test_no_secret_is_in_any_output_at_the_highest_verbosity(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    run = play(lab, CONFIGURE, "-vvv", "--diff")
    assert run.code == 0
    secret = greenfield["tenants"][0]["applications"][0]["secret"]
    for shown in (run.output, json.dumps(run.record)):
        assert secret not in shown
        assert "eyJ0eXAiOiAiSldU" not in shown  # how the lab's tokens begin


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda farm, _tenant: farm["front_ends"][0].update(module=None), "management tools"),
        (lambda farm, _tenant: farm["front_ends"][0].update(second_hop=False), "CredSSP"),
        (lambda farm, _tenant: farm["front_ends"][1].update(store=[]), "is not in the computer store"),
        (lambda farm, _tenant: farm["cms"].update(token_issuer=None), "is not assigned"),
        (lambda farm, _tenant: farm["cms"].update(web_services=[]), "no pool has an external Web services FQDN"),
        (lambda farm, _tenant: farm["certificates"]["issuer"].update(days=-2), "expired on"),
        (lambda farm, _tenant: farm["certificates"]["issuer"].update(private_key=False), "no private key"),
        (lambda farm, _tenant: farm["front_ends"][0].update(can_write=False), "RTCUniversalServerAdmins"),
        (lambda _farm, tenant: tenant["applications"][0].update(roles=["Application.Read.All"]), "Application.ReadWrite.All"),
        (lambda _farm, tenant: tenant["applications"][0].update(roles=[]), "Application.Read.All"),
        (lambda _farm, tenant: tenant["service_principals"].pop(), "no service principal for"),
    ],
    ids=["module", "second hop", "store", "issuer", "names", "expired", "private key", "access", "read only", "no permission", "principal"],
)
def test_each_obstacle_has_its_own_message(
    start: Start, play: Play, greenfield: dict[str, Any], change: Callable[[Any, Any], Any], part: str
) -> None:
    change(greenfield["deployments"][0], greenfield["tenants"][0])
    lab = start(greenfield)
    run = play(lab, CONFIGURE)
    assert run.code == 2
    failures = " ".join(str(task["result"].get("msg")) for task in run.record["tasks"] if task["status"] == "failed")
    assert part in failures


@pytest.mark.either_runner
@pytest.mark.parametrize(
    ("option", "part"),
    [("trust_client_secret=wrong", "AADSTS7000215"), ("trust_tenant=fabrikam.com", "AADSTS90002"), ("trust_tenant_id=" + "1" * 8, "GUID")],
)
def test_a_wrong_sign_in_changes_nothing(start: Start, play: Play, greenfield: dict[str, Any], option: str, part: str) -> None:
    lab = start(greenfield)
    before = lab.state()
    run = play(lab, CONFIGURE, "-e", option)
    assert (run.code, lab.state()) == (2, before)
    assert part in json.dumps(run.record["tasks"]) or part.lower() in run.output.lower()


@pytest.mark.either_runner
@pytest.mark.parametrize("form", ["PEM", "PFX"])
def test_the_sign_in_with_a_certificate_is_checked_by_its_signature(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path, form: str
) -> None:
    entry: dict[str, Any] = {"subject": "CN=automation"}
    certificates.complete(entry)
    file = tmp_path / f"app.{form.lower()}"
    content = base64.b64decode(entry["pfx"])
    key, certificate, _others = pkcs12.load_key_and_certificates(content, None)
    assert key is not None
    assert certificate is not None
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(content if form == "PFX" else private + certificate.public_bytes(Encoding.PEM))
    application = greenfield["tenants"][0]["applications"][0]
    application.update(secret=None, certificate=certificate.public_bytes(Encoding.PEM).decode())
    lab = start(greenfield)
    options = ("-e", json.dumps({"trust_client_secret": None, "trust_client_certificate_path": str(file)}))
    assert play(lab, CONFIGURE, *options).code == 0
    other: dict[str, Any] = {"subject": "CN=automation"}
    certificates.complete(other)
    file.write_bytes(base64.b64decode(other["pfx"]))
    refused = play(lab, CONFIGURE, *options)
    assert refused.code == 2
    assert "AADSTS700027" in refused.output


FAULTS = [
    {"on": "graph.get", "nth": 1, "do": "throttle:1"},
    {"on": "graph.patch", "nth": 2, "do": "status:503"},
    {"on": "graph.patch", "nth": 1, "do": "reset"},
    {"on": "entra.token", "nth": 1, "do": "status:503"},
]


@pytest.mark.either_runner
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['on']} {fault['do']}")
def test_what_passes_by_itself_is_waited_for(start: Start, play: Play, greenfield: dict[str, Any], fault: dict[str, Any]) -> None:
    lab = start(greenfield)
    lab.fault(fault)
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    assert [len(principal(lab, app_id)["keyCredentials"]) for app_id in (SKYPE, EXCHANGE)] == [1, 2]


@pytest.mark.either_runner
def test_stale_reads_are_waited_out(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start({**greenfield, "graph": {"stale_reads": 2, "list_returns_key": False}})
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    assert play(lab, CONFIGURE).total("changed") == 0


@pytest.mark.either_runner
@pytest.mark.parametrize("cmdlet", ["New-CsOAuthServer", "New-CsPartnerApplication", "Set-CsOAuthConfiguration"])
def test_a_run_that_was_cut_off_is_finished_by_the_next(start: Start, play: Play, greenfield: dict[str, Any], cmdlet: str) -> None:
    lab = start(greenfield)
    lab.fault({"on": f"cmdlet:{cmdlet}", "do": "error:cut off"})
    assert play(lab, CONFIGURE).code == 2
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    (audit,) = play(lab, AUDIT).fact("trust_audit")
    assert audit["compliant"] is True
