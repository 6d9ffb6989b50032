# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole procedure by real ansible-playbook runs over real WinRM and HTTPS; what comes between two runs, in this process."""

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
from tests.lab.states import renamed, together
from tests.support.estates import failed, failures, host_variables, of_each
from tests.support.play import Run

from .in_process import Estate, changes, facts, messages

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

    first = play(lab, CONFIGURE, "--diff", "-vvv")
    assert first.code == 0, first.output
    secret = greenfield["tenants"][0]["applications"][0]["secret"]
    for shown in (first.output, json.dumps(first.record)):
        assert secret not in shown
        assert "eyJ0eXAiOiAiSldU" not in shown  # how the lab's tokens begin
    # The cloud holds the certificate before the farm relies on it.
    assert [entry["kind"] for entry in lab.requests() if entry["write"]] == ["graph"] * 4 + ["cmdlet"] * 3
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
    # Each of the two principals alone, since lists give no certificates.
    assert lab.counts(mark) == {"powershell": 2, "entra": 2, "graph_reads": 2, "graph_writes": 0}
    (audit,) = play(lab, AUDIT).fact("trust_audit")
    assert audit["compliant"] is True


@pytest.mark.either_runner
def test_several_deployments_in_one_play_go_to_their_own_tenants(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    # No two tenants have an object of the same id.
    text = json.dumps(greenfield).replace(TENANT, "6699c5fe-0000-4000-8000-000000000001").replace("b3f1c6a0-", "b3f1c6a1-")
    text = text.replace("CONTOSO", "FABRIKAM")
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
    assert lab.counts(mark) == {"powershell": 4, "entra": 4, "graph_reads": 2 * 2, "graph_writes": 0}


def test_two_deployments_of_one_tenant_do_not_overwrite_each_other(greenfield: dict[str, Any], tmp_path: Path) -> None:
    second = copy.deepcopy(greenfield["deployments"][0])
    second["name"] = "contoso-us"
    for front_end, name in zip(second["front_ends"], ("fe11.contoso.com", "fe12.contoso.com"), strict=True):
        front_end["name"] = name
    greenfield["deployments"].append(second)
    estate = Estate(greenfield, tmp_path)
    played = estate.play("main")
    assert not played.failed, messages(played)
    assert len(principal(estate, SKYPE)["keyCredentials"]) == 2
    assert len(principal(estate, EXCHANGE)["keyCredentials"]) == 3
    # Each knows what the other signs with, so that not even its name has it removed.
    named = [key["customKeyIdentifier"] for key in principal(estate, SKYPE)["keyCredentials"]]
    assert {key["displayName"].split(" ")[2] for key in principal(estate, SKYPE)["keyCredentials"]} == {"contoso", "contoso-us"}
    played = estate.play("rotate", trust_rotation_remove_thumbprints=named)
    assert not played.failed, messages(played)
    assert len(principal(estate, SKYPE)["keyCredentials"]) == 2
    reasons = {entry["reason"] for one in facts(played, "trust_rotation") for entry in one["keep"]}
    assert reasons >= {"deployment contoso signs with it now", "deployment contoso-us signs with it now"}


OBSTACLES: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "module": (lambda farm, _tenant: farm["front_ends"][0].update(module=None), "management tools"),
    "hop": (lambda farm, _tenant: farm["front_ends"][0].update(second_hop=False), "CredSSP"),
    "store": (lambda farm, _tenant: farm["front_ends"][-1].update(store=[]), "is not in the computer store"),
    "issuer": (lambda farm, _tenant: farm["cms"].update(token_issuer=None), "is not assigned"),
    "names": (lambda farm, _tenant: farm["cms"].update(web_services=[]), "no pool has an external Web services FQDN"),
    "expired": (lambda farm, _tenant: farm["certificates"]["issuer"].update(days=-2), "expired on"),
    "key": (lambda farm, _tenant: farm["certificates"]["issuer"].update(private_key=False), "no private key"),
    "access": (lambda farm, _tenant: farm["front_ends"][0].update(can_write=False), "RTCUniversalServerAdmins"),
    "reader": (lambda _farm, tenant: tenant["applications"][0].update(roles=["Application.Read.All"]), "Application.ReadWrite.All"),
    "nobody": (lambda _farm, tenant: tenant["applications"][0].update(roles=[]), "Application.Read.All"),
    "principal": (lambda _farm, tenant: tenant["service_principals"].pop(), "no service principal for"),
}


def test_each_obstacle_has_its_own_message(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    estates = []
    for name, (change, _part) in OBSTACLES.items():
        estate = copy.deepcopy(greenfield)
        # The store of another server than the lead is looked at; all else is seen on one.
        if name != "store":
            del estate["deployments"][0]["front_ends"][1:]
        change(estate["deployments"][0], estate["tenants"][0])
        estates.append(renamed(estate, name))
    run = play(start(together(*estates)), CONFIGURE)
    assert run.code == 2
    assert failed(run) == set(OBSTACLES)
    assert {name: part in failures(run, name) for name, (_change, part) in OBSTACLES.items()} == dict.fromkeys(OBSTACLES, True)


@pytest.mark.either_runner
def test_a_wrong_sign_in_changes_nothing(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(together(renamed(greenfield, "secret"), renamed(greenfield, "tenant")))
    before = lab.state()
    wrong = of_each({"secret": {"trust_client_secret": "wrong"}, "tenant": {"trust_tenant": "fabrikam.com"}})
    run = play(lab, CONFIGURE, *host_variables(tmp_path, wrong))
    assert (run.code, failed(run), lab.state()) == (2, {"secret", "tenant"}, before)
    for name, part in (("secret", "AADSTS7000215"), ("tenant", "AADSTS90002")):
        assert part in failures(run, name)
    run = play(lab, CONFIGURE, "-e", f"trust_tenant_id={'1' * 8}")
    assert (run.code, lab.state()) == (2, before)
    assert "GUID" in run.output


@pytest.mark.either_runner
def test_the_sign_in_with_a_certificate_is_checked_by_its_signature(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    entries: list[dict[str, Any]] = [{"subject": "CN=automation"}, {"subject": "CN=automation"}]
    for entry in entries:
        certificates.complete(entry)
    content, other = (base64.b64decode(entry["pfx"]) for entry in entries)
    key, certificate, _others = pkcs12.load_key_and_certificates(content, None)
    assert key is not None
    assert certificate is not None
    public = certificate.public_bytes(Encoding.PEM)
    files = {"pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + public, "pfx": content, "other": other}
    greenfield["tenants"][0]["applications"][0].update(secret=None, certificate=public.decode())
    for name, written in files.items():
        (tmp_path / f"{name}.{'pem' if name == 'pem' else 'pfx'}").write_bytes(written)
    paths = {name: str(tmp_path / f"{name}.{'pem' if name == 'pem' else 'pfx'}") for name in files}
    given = {name: {"trust_client_secret": None, "trust_client_certificate_path": path} for name, path in paths.items()}
    lab = start(together(*(renamed(greenfield, name) for name in files)))
    run = play(lab, CONFIGURE, *host_variables(tmp_path, of_each(given)))
    assert (run.code, failed(run)) == (2, {"other"})
    assert sorted(one["deployment"] for one in run.fact("trust_summary") if one["changed"]) == ["pem", "pfx"]
    assert "AADSTS700027" in failures(run, "other")


# The PATCH that is sent again after the reset is the second.
FAULTS = [
    {"on": "graph.get", "nth": 1, "do": "throttle:1"},
    {"on": "graph.patch", "nth": 1, "do": "reset"},
    {"on": "graph.patch", "nth": 3, "do": "status:503"},
    {"on": "entra.token", "nth": 1, "do": "status:503"},
]


@pytest.mark.either_runner
def test_what_passes_by_itself_is_waited_for(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    for fault in FAULTS:
        lab.fault(fault)
    run = play(lab, CONFIGURE)
    assert run.code == 0, run.output
    assert [len(principal(lab, app_id)["keyCredentials"]) for app_id in (SKYPE, EXCHANGE)] == [1, 2]
    met = [(entry["kind"], entry["verb"], entry["status"]) for entry in lab.requests() if entry["status"] not in (None, 200, 204)]
    assert sorted(status for _kind, _verb, status in met if isinstance(status, int)) == [429, 503, 503], met


def test_stale_reads_are_waited_out(greenfield: dict[str, Any], tmp_path: Path) -> None:
    estate = Estate({**greenfield, "graph": {**greenfield["graph"], "stale_reads": 2}}, tmp_path)
    played = estate.play("main")
    assert not played.failed, messages(played)
    assert changes(estate.play("main")) == 0


def test_a_run_that_was_cut_off_is_finished_by_the_next(greenfield: dict[str, Any], tmp_path: Path) -> None:
    estate = Estate(greenfield, tmp_path)
    for cmdlet in ("New-CsOAuthServer", "New-CsPartnerApplication", "Set-CsOAuthConfiguration"):
        played = estate.play("main", faults=[{"on": f"cmdlet:{cmdlet}", "do": "error:cut off"}])
        assert f"{cmdlet} failed" in messages(played)
    played = estate.play("main")
    assert not played.failed, messages(played)
    assert estate.play("audit").fact("trust_audit")["compliant"] is True
