# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roll of the farm's certificate from beginning to end, by real ansible-playbook runs: the tenant always holds what signs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.proof import prove
from tests.lab.states import audit as states
from tests.support.play import Run

ROTATE, CONFIGURE = "sfb.hybrid_auth.rotate", "sfb.hybrid_auth.configure"
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]
QUIET = {"powershell": 2, "entra": 2, "graph_reads": 3, "graph_writes": 0}


def moment(days: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def farm(greenfield: dict[str, Any], days: int = 200) -> dict[str, Any]:
    """A farm that has signed for long, and whose tenant holds its certificate beside a foreign one."""
    deployment, right = greenfield["deployments"][0], states.farm(states.right())
    deployment["cms"].update({part: right["cms"][part] for part in ("oauth_servers", "partner_applications")})
    deployment["certificates"]["issuer"]["days"] = days
    certificates.complete(deployment["certificates"]["issuer"])
    deployment["cms"]["token_issuer"]["effective_date"] = moment(-300)
    made = certificates.load(deployment["certificates"]["issuer"])
    begin, end = certificates.times(made)
    for principal in greenfield["tenants"][0]["service_principals"]:
        principal["accountEnabled"] = True
        principal["keyCredentials"].append(
            {
                "keyId": f"22222222-0000-4000-8000-{principal['appId'][:8]}0000",
                "customKeyIdentifier": certificates.thumbprint(made),
                "displayName": "CN=contoso.com",
                "startDateTime": begin,
                "endDateTime": end,
                "type": "AsymmetricX509Cert",
                "usage": "Verify",
                "key": base64.b64encode(made.public_bytes(Encoding.DER)).decode(),
            }
        )
    return greenfield


def trusted(lab: Lab) -> bool:
    """Whether the token service accepts what each Front End signs at this moment, and Exchange Online has the certificate too."""
    proofs = [prove(lab, name) for name in lab.farm.front_ends]
    return all(proof.accepted and proof.thumbprint in held(lab, EXCHANGE) for proof in proofs)


def thumbprint(lab: Lab, name: str) -> str:
    return certificates.thumbprint(certificates.load(lab.state()["deployments"][0]["certificates"][name]))


def held(lab: Lab, app_id: str) -> list[str]:
    principals = lab.state()["tenants"][0]["service_principals"]
    return [key["customKeyIdentifier"] for one in principals if one["appId"] == app_id for key in one["keyCredentials"]]


def issuer(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.state()["deployments"][0]["cms"]["token_issuer"]
    return found


def stage_by_hand(lab: Lab, days: float) -> None:
    """An administrator stages a new certificate on the farm, which replicates it."""
    entry: dict[str, Any] = {"subject": "CN=contoso.com", "days": 900}
    certificates.complete(entry)
    with lab.edit() as state:
        deployment = state["deployments"][0]
        deployment["certificates"]["next"] = entry
        deployment["cms"]["token_issuer"] = {"certificate": "next", "previous": "issuer", "effective_date": moment(days)}
        for front_end in lab.farm.front_ends.values():
            front_end.put("next")


def move(lab: Lab, days: float) -> None:
    """Time passes, so that the certificate that was staged last took effect that many days ago."""
    with lab.edit() as state:
        state["deployments"][0]["cms"]["token_issuer"]["effective_date"] = moment(-days)


def ok(run: Run, lab: Lab) -> dict[str, Any]:
    """The fact of a run that went well and after which the tenant accepts what the farm signs."""
    assert run.code == 0, run.output
    assert trusted(lab)
    (fact,) = run.fact("trust_rotation")
    found: dict[str, Any] = fact
    return found


def leaves_the_stores(lab: Lab, play: Play, old: str) -> None:
    """What the farm has forgotten leaves both stores once it is named, as check mode says, and a second run changes nothing."""
    named = ("-e", "trust_rotation_remove_previous=true", "-e", f"trust_rotation_remove_from_store={old}", "--diff")
    before = lab.state()
    predicted = play(lab, ROTATE, *named, "--check")
    assert lab.state() == before
    emptied = play(lab, ROTATE, *named)
    fact = ok(emptied, lab)
    assert fact["operations"] == ok(predicted, lab)["operations"]
    assert fact["operations"] == [
        f"remove certificate {old} with its private key from the computer store of {name}" for name in lab.farm.front_ends
    ]
    assert emptied.total("changed") == predicted.total("changed") == 2
    assert [front_end.data["store"] for front_end in lab.farm.front_ends.values()] == [["next"], ["next"]]
    assert "removed from 2 stores" in emptied.output
    mark = lab.mark()
    again = play(lab, ROTATE, *named)
    assert (ok(again, lab)["operations"], again.total("changed")) == ([], 0)
    assert lab.counts(mark) == QUIET


@pytest.mark.either_runner
def test_a_whole_roll_from_a_quiet_day_to_the_removal_of_the_previous(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield))
    foreign, old = held(lab, EXCHANGE)
    mark = lab.mark()
    quiet = play(lab, ROTATE)
    fact = ok(quiet, lab)
    assert (quiet.total("changed"), fact["operations"], fact["upcoming"][0]["action"]) == (0, [], "stage")
    assert lab.counts(mark) == QUIET
    assert f"current {old} expires on" in quiet.output

    stage_by_hand(lab, 2)
    new, before = thumbprint(lab, "next"), lab.state()
    predicted = play(lab, ROTATE, "--check", "--diff")
    assert lab.state() == before
    added = play(lab, ROTATE, "--diff")
    fact = ok(added, lab)
    assert fact["operations"] == ok(predicted, lab)["operations"]
    assert added.total("changed") == predicted.total("changed") == 1
    assert [entry["action"] for entry in fact["upcoming"]][:2] == ["switch", "remove"]
    assert (held(lab, SKYPE), held(lab, EXCHANGE)) == ([old, new], [foreign, old, new])
    mark = lab.mark()
    assert ok(play(lab, ROTATE), lab)["operations"] == []
    assert lab.counts(mark) == QUIET

    for days in (0.1, 6.9):
        move(lab, days)
        mark = lab.mark()
        fact = ok(play(lab, ROTATE), lab)
        assert (fact["operations"], fact["upcoming"][0]["action"]) == ([], "remove")
        assert lab.counts(mark) == QUIET

    move(lab, 7.1)
    before = lab.state()
    predicted = play(lab, ROTATE, "--check")
    assert lab.state() == before
    removed = play(lab, ROTATE)
    assert ok(removed, lab)["operations"] == ok(predicted, lab)["operations"]
    assert removed.total("changed") == predicted.total("changed") == 1
    assert (held(lab, SKYPE), held(lab, EXCHANGE)) == ([new], [foreign, new])
    mark = lab.mark()
    assert ok(play(lab, ROTATE), lab)["operations"] == []
    assert lab.counts(mark) == QUIET
    assert issuer(lab)["previous"] == "issuer"
    forgotten = play(lab, ROTATE, "-e", "trust_rotation_remove_previous=true")
    assert ok(forgotten, lab)["operations"] == [f"remove the previous certificate {old} from the farm"]
    assert issuer(lab)["previous"] is None
    leaves_the_stores(lab, play, old)


@pytest.mark.either_runner
def test_configure_keeps_a_staged_roll(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield))
    (old,) = held(lab, SKYPE)
    stage_by_hand(lab, 2)
    new, staged = thumbprint(lab, "next"), issuer(lab)
    assert play(lab, CONFIGURE).code == 0
    assert (held(lab, SKYPE), issuer(lab)) == ([old, new], staged)
    second = play(lab, CONFIGURE)
    assert (second.code, second.total("changed")) == (0, 0)
    assert ok(play(lab, ROTATE), lab)["operations"] == []


@pytest.mark.either_runner
def test_an_entry_that_begins_next_month_does_not_serve(start: Start, play: Play) -> None:
    state = states.right()
    (key,) = states.principal(state, SKYPE)["keyCredentials"]
    key["startDateTime"] = moment(30)
    lab = start(state)
    assert prove(lab, "fe01.contoso.com").accepted is False
    run = play(lab, CONFIGURE, "-e", "trust_exchange_credential=false")
    assert (run.code, run.total("changed")) == (0, 1), run.output
    first, second = states.principal(lab.state(), SKYPE)["keyCredentials"]
    assert first == key
    assert second["startDateTime"] < moment(0)
    assert prove(lab, "fe01.contoso.com").accepted is True
    (roll,) = play(lab, ROTATE, "-e", "trust_exchange_credential=false").fact("trust_rotation")
    assert roll["operations"] == []


@pytest.mark.either_runner
def test_configure_puts_both_certificates_of_a_roll_into_an_empty_tenant(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    stage_by_hand(lab, 2)
    assert play(lab, CONFIGURE).code == 0
    assert held(lab, SKYPE) == [thumbprint(lab, "issuer"), thumbprint(lab, "next")]


SELF_SIGNED = ("-e", "trust_rotation_create=self_signed")


@pytest.mark.best_runner
def test_a_self_signed_successor_is_made_once_it_is_due(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield, days=90))
    mark = lab.mark()
    assert ok(play(lab, ROTATE, *SELF_SIGNED), lab)["operations"] == []
    assert lab.counts(mark) == QUIET

    due = (*SELF_SIGNED, "-e", "trust_rotation_warn_days=100")
    before = lab.state()
    predicted = play(lab, ROTATE, *due, "--check", "--diff")
    assert lab.state() == before
    mark = lab.mark()
    made = play(lab, ROTATE, *due, "--diff")
    fact = ok(made, lab)
    assert lab.counts(mark)["powershell"] == 6
    writes = [entry["verb"] for entry in lab.requests(mark) if entry["write"]]
    assert writes == ["New-SelfSignedCertificate", "PATCH", "PATCH", "Set-CsCertificate"]
    name = issuer(lab)["certificate"]
    new = thumbprint(lab, name)
    assert ok(predicted, lab)["operations"][0] == fact["operations"][0]
    assert (predicted.total("changed"), made.total("changed")) == (2, 3)
    assert len(ok(predicted, lab)["operations"]) == len(fact["operations"]) == 4
    assert issuer(lab)["previous"] == "issuer"
    assert issuer(lab)["effective_date"] >= moment(1 - 0.01)
    assert all(name in front_end["store"] for front_end in lab.state()["deployments"][0]["front_ends"])
    assert fact["upcoming"][0]["text"].startswith(f"from {issuer(lab)['effective_date']} on {new} signs instead of ")
    certificate = certificates.load(lab.state()["deployments"][0]["certificates"][name])
    assert certificate.subject.rfc4514_string() == "CN=contoso.com"
    assert moment(363) < certificates.times(certificate)[1] < moment(366)

    mark = lab.mark()
    assert ok(play(lab, ROTATE, *due), lab)["operations"] == []
    assert lab.counts(mark) == QUIET
    move(lab, 0.1)
    assert ok(play(lab, ROTATE, *due), lab)["operations"] == []
    move(lab, 8)
    assert len(ok(play(lab, ROTATE, *due), lab)["operations"]) == 2
    assert held(lab, SKYPE) == [new]


# Each run goes a step further than the one before. The process that is killed is the one that assigns; the one after it, in the last of
# these runs, looks at what the cmdlet that failed left.
FAULTS = [
    {"on": "cmdlet:New-SelfSignedCertificate", "do": "error:cut off"},
    {"on": "graph.patch", "nth": 1, "do": "status:403"},
    {"on": "graph.patch", "nth": 2, "do": "status:403"},
    {"on": "cmdlet:Set-CsCertificate", "do": "error:cut off"},
]


@pytest.mark.either_runner
def test_a_roll_that_was_cut_off_is_finished_by_the_next_run(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield, days=30))
    for fault in FAULTS:
        lab.fault(fault)
        mark = lab.mark()
        assert play(lab, ROTATE, *SELF_SIGNED).code == 2
        assert trusted(lab)
        assert issuer(lab)["previous"] is None
        processes = lab.counts(mark)["powershell"] - 1
        lab.clear_faults()
    lab.fault({"on": "winrm.process", "nth": processes, "do": "kill"})
    assert play(lab, ROTATE, *SELF_SIGNED).code == 2
    assert trusted(lab)
    lab.clear_faults()
    ok(play(lab, ROTATE, *SELF_SIGNED), lab)
    assert issuer(lab)["previous"] == "issuer"
    new = thumbprint(lab, issuer(lab)["certificate"])
    assert held(lab, SKYPE)[1:] == [new]
    assert len(lab.state()["deployments"][0]["certificates"]) == 2
    assert ok(play(lab, ROTATE, *SELF_SIGNED), lab)["operations"] == []


@pytest.mark.either_runner
def test_a_removal_that_was_cut_off_is_finished_by_the_next_run(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield))
    stage_by_hand(lab, 2)
    ok(play(lab, ROTATE), lab)
    move(lab, 8)
    lab.fault({"on": "graph.patch", "nth": 2, "do": "status:403"})
    assert play(lab, ROTATE).code == 2
    assert trusted(lab)
    assert len(ok(play(lab, ROTATE), lab)["operations"]) == 1
    assert held(lab, SKYPE) == [thumbprint(lab, "next")]


def pfx(folder: Path, password: str, days: int = 900) -> Path:
    entry: dict[str, Any] = {"subject": "CN=contoso.com", "days": days}
    certificates.complete(entry)
    key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(entry["pfx"]), None)
    path = folder / "next.pfx"
    protection = BestAvailableEncryption(password.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"next", key, certificate, None, protection))  # type: ignore[arg-type]
    return path


@pytest.mark.best_runner
def test_a_given_certificate_is_imported_and_staged_and_its_key_is_shown_nowhere(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(farm(greenfield))
    password = 'P@ss "w0rd" d\u00e9j\u00e0'
    path = pfx(tmp_path, password)
    options = (
        "-e",
        json.dumps({"trust_rotation_create": "pfx", "trust_rotation_pfx_path": str(path), "trust_rotation_pfx_password": password}),
    )
    date = ("-e", f"trust_rotation_effective_date={moment(3)}")
    before = lab.state()
    predicted = play(lab, ROTATE, *options, *date, "--check", "--diff")
    assert lab.state() == before
    made = play(lab, ROTATE, *options, *date, "--diff", "-vvv")
    assert ok(made, lab)["operations"] == ok(predicted, lab)["operations"]
    assert made.total("changed") == predicted.total("changed") == 3
    diffs = [[task["result"].get("diff") for task in run.record["tasks"] if task["result"].get("changed")] for run in (predicted, made)]
    assert diffs[0] == diffs[1]
    writes = [entry["verb"] for entry in lab.requests() if entry["write"]]
    assert writes == ["Add-StoreCertificate", "PATCH", "PATCH", "Set-CsCertificate"]
    assert issuer(lab)["effective_date"] == date[1].partition("=")[2]
    content = base64.b64encode(path.read_bytes()).decode()
    for shown in (made.output, json.dumps(made.record, ensure_ascii=False), json.dumps(lab.requests(), ensure_ascii=False)):
        assert password not in shown
        assert json.dumps(password)[1:-1] not in shown
        assert content[:60] not in shown
    mark = lab.mark()
    assert ok(play(lab, ROTATE, *options), lab)["operations"] == []
    assert lab.counts(mark) == QUIET
    for days in (1, 8, 9):
        move(lab, days)
        ok(play(lab, ROTATE, *options), lab)
    assert held(lab, SKYPE) == [thumbprint(lab, issuer(lab)["certificate"])]


@pytest.mark.either_runner
@pytest.mark.entry_point
def test_a_file_that_is_left_from_an_earlier_roll_starts_none(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(farm(greenfield))
    path = pfx(tmp_path, "x", days=100)
    options = ("-e", f"trust_rotation_create=pfx trust_rotation_pfx_path={path} trust_rotation_pfx_password=x")
    before = issuer(lab)
    ok(play(lab, ROTATE, *options), lab)
    assert issuer(lab) == before
    assert len(held(lab, SKYPE)) == 1


def test_a_certificate_that_must_sign_at_once_is_in_the_tenant_before(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield, days=1))
    run = play(lab, ROTATE, *SELF_SIGNED, "-e", "trust_rotation_immediate=true")
    ok(run, lab)
    assert [entry["verb"] for entry in lab.requests() if entry["write"]][-1] == "Set-CsCertificate"
    assert issuer(lab)["effective_date"] <= moment(0)
    assert len(held(lab, SKYPE)) == 2


@pytest.mark.either_runner
def test_an_effective_date_after_the_end_of_the_present_certificate_is_refused(
    start: Start, play: Play, greenfield: dict[str, Any]
) -> None:
    lab = start(farm(greenfield, days=30))
    before = issuer(lab)
    run = play(lab, ROTATE, *SELF_SIGNED, "-e", f"trust_rotation_effective_date={moment(31)}")
    assert run.code == 2
    assert "expires" in run.output
    assert issuer(lab) == before


@pytest.mark.either_runner
def test_a_front_end_without_the_staged_certificate_fails_the_run_once_the_tenant_has_it(
    start: Start, play: Play, greenfield: dict[str, Any]
) -> None:
    lab = start(farm(greenfield))
    stage_by_hand(lab, 2)
    with lab.edit() as state:
        state["deployments"][0]["front_ends"][1]["store"].remove("next")
        (lab.farm.front_ends["fe02.contoso.com"].folder / "LocalMachine" / "My" / "next.pfx").unlink()
    run = play(lab, ROTATE)
    assert run.code == 2
    assert "is not in the computer store" in run.output
    assert held(lab, SKYPE)[1:] == [thumbprint(lab, "next")]
    before = lab.state()
    again = play(lab, ROTATE)
    assert (again.code, lab.state()) == (2, before)
    assert "Nothing was changed." in again.output
