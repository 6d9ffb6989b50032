# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roll of the farm's certificate from beginning to end, by real ansible-playbook runs: the tenant always holds what signs.

What may happen between the runs of a roll is in test_rolls.py.
"""

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


@pytest.mark.either_runner
def test_a_whole_roll_from_the_staged_certificate_to_the_removal_of_the_previous(
    start: Start, play: Play, greenfield: dict[str, Any]
) -> None:
    lab = start(farm(greenfield))
    foreign, old = held(lab, EXCHANGE)
    stage_by_hand(lab, 2)
    new = thumbprint(lab, "next")
    added = play(lab, ROTATE, "--diff")
    assert [entry["action"] for entry in ok(added, lab)["upcoming"]][:2] == ["switch", "remove"]
    assert (added.total("changed"), held(lab, SKYPE), held(lab, EXCHANGE)) == (1, [old, new], [foreign, old, new])

    move(lab, 7.1)
    removed = play(lab, ROTATE)
    ok(removed, lab)
    assert (removed.total("changed"), held(lab, SKYPE), held(lab, EXCHANGE)) == (1, [new], [foreign, new])
    forgotten = play(lab, ROTATE, "-e", "trust_rotation_remove_previous=true")
    assert ok(forgotten, lab)["operations"] == [f"remove the previous certificate {old} from the farm"]
    assert issuer(lab)["previous"] is None
    assert f"{new}, which signs, expires on" in forgotten.output

    named = ("-e", "trust_rotation_remove_previous=true", "-e", f"trust_rotation_remove_from_store={old}", "--diff")
    emptied = play(lab, ROTATE, *named)
    assert ok(emptied, lab)["operations"] == [
        f"remove certificate {old} with its private key from the computer store of {name}" for name in lab.farm.front_ends
    ]
    assert emptied.total("changed") == 2
    assert [front_end.data["store"] for front_end in lab.farm.front_ends.values()] == [["next"], ["next"]]
    assert "removed from 2 stores" in emptied.output
    mark = lab.mark()
    again = play(lab, ROTATE, *named)
    assert (ok(again, lab)["operations"], again.total("changed")) == ([], 0)
    assert lab.counts(mark) == QUIET


SELF_SIGNED = ("-e", "trust_rotation_create=self_signed")


@pytest.mark.best_runner
def test_a_self_signed_successor_is_made_once_it_is_due(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield, days=90))
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
    tables = [[(one["role"], one["app_ids"], one["action"]) for one in found["certificates"]] for found in (ok(predicted, lab), fact)]
    assert tables[0] == tables[1]
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
    assert held(lab, SKYPE)[1:] == [thumbprint(lab, issuer(lab)["certificate"])]


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


@pytest.mark.best_runner
def test_a_certificate_that_must_sign_at_once_is_in_the_tenant_before(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(farm(greenfield, days=1))
    run = play(lab, ROTATE, *SELF_SIGNED, "-e", "trust_rotation_immediate=true")
    ok(run, lab)
    assert [entry["verb"] for entry in lab.requests() if entry["write"]][-1] == "Set-CsCertificate"
    assert issuer(lab)["effective_date"] <= moment(0)
    assert len(held(lab, SKYPE)) == 2
