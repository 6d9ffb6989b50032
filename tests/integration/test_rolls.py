# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolls of the farm's certificate as plays of the role in this process: day by day, cut off, and with certificates that cannot serve.

test_rotation.py has those whose work is on the server, and a whole roll by ansible-playbook.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.lab.cloud.token_service import TokenService
from tests.lab.farm import certificates
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.proof import ask
from tests.lab.states import audit as states
from tests.support.pages import blocks
from tests.sweep.role import Play

from .in_process import Estate, changes, facts, messages
from .test_rotation import EXCHANGE, QUIET, SKYPE, farm, held, issuer, moment, pfx, thumbprint

SELF_SIGNED = {"trust_rotation_create": "self_signed"}


def accepted(estate: Estate) -> list[str]:
    """The certificate of each Front End whose tokens the token service accepts at this moment."""
    state = estate.state()
    tokens, deployment = TokenService(estate.hybrid.estate, RequestLog(), Faults()), state["deployments"][0]
    proofs = [ask(tokens, state["tenants"][0]["id"], deployment, one, at=datetime.now(timezone.utc)) for one in deployment["front_ends"]]
    return [str(proof.thumbprint) for proof in proofs if proof.accepted]


def told_by(played: Play) -> tuple[list[str], str]:
    """Of a roll's lines the two certificates of the table, and the closing line."""
    ((*_others, new, old, line),) = (one["lines"] for one in facts(played, "_trust_outcome"))
    return [new, old], line


def trusted(estate: Estate) -> bool:
    """Whether that is so of each Front End, and Exchange Online has the certificate too."""
    found = accepted(estate)
    return len(found) == len(estate.state()["deployments"][0]["front_ends"]) and set(found) <= set(held(estate, EXCHANGE))


def stage_by_hand(estate: Estate, days: float, **given: Any) -> None:
    """An administrator stages a new certificate on the farm, which replicates it. given: more of the certificate."""
    entry: dict[str, Any] = {"subject": "CN=contoso.com", "days": 900, **given}
    certificates.complete(entry)
    deployment = estate.hybrid.estate.data["deployments"][0]
    deployment["certificates"]["next"] = entry
    deployment["cms"]["token_issuer"] = {"certificate": "next", "previous": "issuer", "effective_date": moment(days)}
    for front_end in deployment["front_ends"]:
        front_end["store"].append("next")


def move(estate: Estate, days: float) -> None:
    """Time passes, so that the certificate that was staged last took effect that many days ago."""
    estate.hybrid.estate.data["deployments"][0]["cms"]["token_issuer"]["effective_date"] = moment(-days)


def rotate(estate: Estate, **given: Any) -> Play:
    """A run that went well and after which the tenant accepts what the farm signs."""
    played = estate.play("rotate", **given)
    assert not played.failed, messages(played)
    assert trusted(estate)
    return played


def operations(played: Play) -> list[str]:
    found: list[str] = played.fact("trust_rotation")["operations"]
    return found


def upcoming(played: Play) -> list[str]:
    return [entry["action"] for entry in played.fact("trust_rotation")["upcoming"]]


def nothing_to_do(estate: Estate, **given: Any) -> Play:
    played = rotate(estate, **given)
    assert (operations(played), changes(played), estate.counts) == ([], 0, QUIET)
    return played


def predicted_and_done(estate: Estate, *, changed: int, **given: Any) -> Play:
    """What was done, which is what check mode said without a write."""
    before = estate.state()
    predicted = rotate(estate, check_mode=True, **given)
    assert estate.state() == before
    done = rotate(estate, **given)
    assert operations(done) == operations(predicted)
    assert changes(done) == changes(predicted) == changed
    return done


def test_a_whole_roll_day_by_day(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield), tmp_path)
    foreign, old = held(estate, EXCHANGE)
    quiet = nothing_to_do(estate)
    assert upcoming(quiet)[0] == "stage"
    assert f"{old}, which signs, expires on" in " ".join(quiet.fact("_trust_outcome")["lines"])

    stage_by_hand(estate, 2)
    new = thumbprint(estate, "next")
    assert upcoming(predicted_and_done(estate, changed=1))[:2] == ["switch", "remove"]
    assert (held(estate, SKYPE), held(estate, EXCHANGE)) == ([old, new], [foreign, old, new])
    nothing_to_do(estate)
    for days in (0.1, 6.9):
        move(estate, days)
        assert upcoming(nothing_to_do(estate))[0] == "remove"
    move(estate, 7.1)
    predicted_and_done(estate, changed=1)
    assert (held(estate, SKYPE), held(estate, EXCHANGE)) == ([new], [foreign, new])
    nothing_to_do(estate)
    assert issuer(estate)["previous"] == "issuer"
    forgotten = rotate(estate, trust_rotation_remove_previous=True)
    assert operations(forgotten) == [f"remove the previous certificate {old} from the farm"]
    assert issuer(estate)["previous"] is None

    # What the farm has forgotten leaves both stores once it is named.
    named = {"trust_rotation_remove_previous": True, "trust_rotation_remove_from_store": [old]}
    emptied = predicted_and_done(estate, changed=2, **named)
    front_ends = estate.state()["deployments"][0]["front_ends"]
    assert operations(emptied) == [
        f"remove certificate {old} with its private key from the computer store of {one['name']}" for one in front_ends
    ]
    assert [one["store"] for one in front_ends] == [["next"], ["next"]]
    assert "removed from 2 stores" in " ".join(emptied.fact("_trust_outcome")["lines"])
    nothing_to_do(estate, **named)


def as_on_the_page(lines: list[str], names: dict[str, str], later: timedelta) -> str:
    """What a run said, that much later, with these names in place of thumbprints."""

    def moved(match: re.Match[str]) -> str:
        form = "%Y-%m-%dT%H:%M:%SZ" if match[1] else "%Y-%m-%d"
        return (datetime.strptime(match[0], form) + later).strftime(form)

    text = re.sub(r"\b20\d\d-\d\d-\d\d(T[\d:]+Z)?", moved, "\n".join(lines))
    for one, name in names.items():
        text = re.sub(f"^{one}", name.ljust(40), text, flags=re.MULTILINE).replace(one, name)
    return f"{text}\n"


def test_the_page_shows_what_a_run_says(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    (sample,) = (one.text for one in blocks("text") if one.text.startswith("does ("))
    effective = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=7)
    day = {days: (effective + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (-366, 0, 29, 365)}
    greenfield["deployments"][0]["certificates"]["issuer"] |= {"not_before": day[-366], "not_after": day[29]}
    estate = Estate(farm(greenfield), tmp_path)
    stage_by_hand(estate, 7, not_after=day[365])
    estate.hybrid.estate.data["deployments"][0]["cms"]["token_issuer"]["effective_date"] = day[0]
    names = {thumbprint(estate, "issuer"): "5E1C0A...", thumbprint(estate, "next"): "77B4D2..."}
    played = rotate(estate)
    later = datetime(2026, 12, 9, 8, tzinfo=timezone.utc) - effective
    lines = played.fact("_trust_outcome")["lines"][:-1]  # the page has the closing line elsewhere
    assert as_on_the_page(lines, names, later) == sample


def test_configure_keeps_a_staged_roll(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield), tmp_path)
    (old,) = held(estate, SKYPE)
    stage_by_hand(estate, 2)
    new, staged = thumbprint(estate, "next"), issuer(estate)
    assert not estate.play("main").failed
    assert (held(estate, SKYPE), issuer(estate)) == ([old, new], staged)
    second = estate.play("main")
    assert (second.failed, changes(second)) == (set(), 0)
    assert operations(rotate(estate)) == []


def test_an_entry_that_begins_next_month_does_not_serve(tmp_path: Path) -> None:
    state = states.right()
    (key,) = states.principal(state, SKYPE)["keyCredentials"]
    key["startDateTime"] = moment(30)
    estate = Estate(state, tmp_path)
    assert accepted(estate) == []
    own = {"trust_exchange_credential": False}
    played = estate.play("main", **own)
    assert (played.failed, changes(played)) == (set(), 1), messages(played)
    first, second = states.principal(estate.state(), SKYPE)["keyCredentials"]
    assert first["startDateTime"] == key["startDateTime"]
    assert first["key"] == key["key"]
    assert second["startDateTime"] < moment(0)
    assert len(accepted(estate)) == 2
    assert operations(estate.play("rotate", **own)) == []


def test_configure_puts_both_certificates_of_a_roll_into_an_empty_tenant(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(greenfield, tmp_path)
    stage_by_hand(estate, 2)
    assert not estate.play("main").failed
    assert held(estate, SKYPE) == [thumbprint(estate, "issuer"), thumbprint(estate, "next")]


def test_a_self_signed_successor_is_made_once_it_is_due_and_takes_over(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield, days=90), tmp_path)
    nothing_to_do(estate, **SELF_SIGNED)
    due = {**SELF_SIGNED, "trust_rotation_warn_days": 100}
    rotate(estate, **due)
    assert estate.counts["powershell"] == 6
    new = thumbprint(estate, issuer(estate)["certificate"])
    nothing_to_do(estate, **due)
    move(estate, 0.1)
    assert operations(rotate(estate, **due)) == []
    move(estate, 8)
    assert len(operations(rotate(estate, **due))) == 2
    assert held(estate, SKYPE) == [new]


# Each run goes a step further than the one before. The process that is killed is the one that assigns; the one after it, in the last of
# these runs, looks at what the cmdlet that failed left.
FAULTS = [
    {"on": "cmdlet:New-SelfSignedCertificate", "do": "error:cut off"},
    {"on": "graph.patch", "nth": 1, "do": "status:403"},
    {"on": "graph.patch", "nth": 2, "do": "status:403"},
    {"on": "cmdlet:Set-CsCertificate", "do": "error:cut off"},
    {"on": "cmdlet:Set-CsCertificate", "do": "kill"},
]


def test_a_roll_that_was_cut_off_is_finished_by_the_next_run(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield, days=30), tmp_path)
    for fault in FAULTS:
        assert estate.play("rotate", faults=[fault], **SELF_SIGNED).failed
        assert trusted(estate)
        assert issuer(estate)["previous"] is None
    rotate(estate, **SELF_SIGNED)
    assert issuer(estate)["previous"] == "issuer"
    new = thumbprint(estate, issuer(estate)["certificate"])
    assert held(estate, SKYPE)[1:] == [new]
    assert len(estate.state()["deployments"][0]["certificates"]) == 2
    assert operations(rotate(estate, **SELF_SIGNED)) == []


def test_a_removal_that_was_cut_off_is_finished_by_the_next_run(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield), tmp_path)
    stage_by_hand(estate, 2)
    rotate(estate)
    move(estate, 8)
    assert estate.play("rotate", faults=[{"on": "graph.patch", "nth": 2, "do": "status:403"}]).failed
    assert trusted(estate)
    assert len(operations(rotate(estate))) == 1
    assert held(estate, SKYPE) == [thumbprint(estate, "next")]


def test_an_imported_certificate_takes_over_and_the_one_before_goes(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield), tmp_path)
    given = {
        "trust_rotation_create": "pfx",
        "trust_rotation_pfx_path": str(pfx(tmp_path, "x")),
        "trust_rotation_pfx_password": "x",
    }
    rotate(estate, trust_rotation_effective_date=moment(3), **given)
    nothing_to_do(estate, **given)
    for days in (1, 8, 9):
        move(estate, days)
        rotate(estate, **given)
    assert held(estate, SKYPE) == [thumbprint(estate, issuer(estate)["certificate"])]


def test_an_effective_date_after_the_end_of_the_present_certificate_is_refused(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield, days=30), tmp_path)
    before = issuer(estate)
    played = estate.play("rotate", trust_rotation_effective_date=moment(31), **SELF_SIGNED)
    assert "expires" in messages(played)
    assert issuer(estate) == before


def test_a_front_end_without_the_staged_certificate_fails_the_run_once_the_tenant_has_it(
    tmp_path: Path, greenfield: dict[str, Any]
) -> None:
    estate = Estate(farm(greenfield), tmp_path)
    stage_by_hand(estate, 2)
    estate.hybrid.estate.data["deployments"][0]["front_ends"][1]["store"].remove("next")
    assert "is not in the computer store" in messages(estate.play("rotate"))
    assert held(estate, SKYPE)[1:] == [thumbprint(estate, "next")]
    before = estate.state()
    again = estate.play("rotate")
    assert estate.state() == before
    assert "Nothing was changed." in messages(again)


def test_a_certificate_that_must_sign_at_once_is_in_the_tenant_before(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(farm(greenfield, days=1), tmp_path)
    foreseen = estate.play("rotate", check_mode=True, trust_rotation_immediate=True, **SELF_SIGNED)
    (new, old), coming = told_by(foreseen)
    assert "; the new certificate (CN=contoso.com), ends " in coming
    assert "; next on " in coming
    played = estate.play("rotate", trust_rotation_immediate=True, **SELF_SIGNED)
    assert messages(played) == ""
    rows, line = told_by(played)
    assert f"; certificate {thumbprint(estate, issuer(estate)['certificate'])} (CN=contoso.com), ends " in line
    assert [row.split()[-5:] for row in (new, old)] == [row.split()[-5:] for row in rows]
    assert old.endswith(": it is removed")
    assert [entry["verb"] for entry in estate.hybrid.requests if entry["write"]][-1] == "Set-CsCertificate"
    assert issuer(estate)["effective_date"] <= moment(0)
    assert len(held(estate, SKYPE)) == 2
