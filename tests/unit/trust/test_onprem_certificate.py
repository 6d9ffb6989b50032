# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""onprem_certificate as conversations with the runner: what it asks, what it refuses before it writes, and what it reads back."""

from __future__ import annotations

import base64
import copy
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.action import onprem_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import SipDomain
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import assignment, issue
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..farm.test_actions import WINDOWS
from ..support import certificate, key, roll, run_action

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=timezone.utc)
A, B, C = (letter * 40 for letter in "ABC")
DAY = timedelta(days=1)
BACK = timedelta(minutes=5)
READ = ["Read-Server", "Get-CsCertificate", "Read-Certificate", "Read-Certificate"]
WRITE = ["Read-Server", "Get-CsCertificate", "Set-CsCertificate", "Read-Server", "Get-CsCertificate"]
TENANTLESS = {"check_tenant": False}


def stored(thumbprint: str, **changed: Any) -> dict[str, Any]:
    row = {
        "thumbprint": thumbprint,
        "found": True,
        "has_private_key": True,
        "subject": "CN=contoso.com",
        "issuer": "CN=contoso.com",
        "serial_number": "01",
        "not_before": utc_text(NOW - 100 * DAY),
        "not_after": utc_text(NOW + 300 * DAY),
        "content": "MII",
        "key_type": "RSA",
        "key_size": 2048,
        "signature_algorithm": "sha256RSA",
    }
    return {**row, **changed}


def assigned(thumbprint: str | None, previous: str = "", effective: datetime = NOW - 90 * DAY) -> list[dict[str, Any]]:
    if thumbprint is None:
        return []
    return [{"Thumbprint": thumbprint, "PreviousThumbprint": previous, "EffectiveDate": utc_text(effective), "Subject": "CN=contoso.com"}]


def whole(issuer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**dict.fromkeys(("Issuer", "SerialNumber", "NotBefore", "NotAfter")), **row} for row in copy.deepcopy(issuer)]


class Server:
    """Answers the requests of one task in order; each is (what the farm has assigned, its store, the rows of other ids)."""

    def __init__(self, *said: tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]) -> None:
        self.said, self.calls = list(said), []

    def prepare(self, action: Any) -> None:
        def execute(module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
            request = json.loads(module_args["request"])
            calls, write = request["calls"], request.get("write")
            change = [write["look"], *write["calls"], write["look"]] if write else []
            self.calls.append([*calls, *change])
            assert self.said, f"unexpected {[call['cmdlet'] for call in calls]}"
            issuer, store, rows = self.said.pop(0)
            answers: dict[str, Any] = copy.deepcopy(rows)
            failure = None
            if write:
                # As it was when it was read, as the next that is said afterwards, unless the rows say how it went.
                self.seen, failure, told = write["seen"], answers.pop("failure", None), answers.pop("told", {"state": "done"})
                written = {"restored": [], "unread": None, **told}
                answers[write["look"]["id"]] = whole(issuer)
                if written["state"] != "stale" and not written["unread"]:
                    answers["after"] = whole(issuer)
            for call in [*calls, *(write["calls"] if write else ())]:
                if call["cmdlet"] == "Read-Server":
                    answers[call["id"]] = [{"name": "fe01", "time": utc_text(NOW), "culture": "de-DE", "powershell": "5.1"}]
                elif call["cmdlet"] == "Get-CsCertificate":
                    answers[call["id"]] = whole(issuer)
                elif call["cmdlet"] == "Get-CsSipDomain":
                    answers[call["id"]] = [{"Name": name, "IsDefault": name == "contoso.com"} for name in ("Fabrikam.com", "contoso.com")]
                elif call["id"].endswith("certificate_store"):
                    answers[call["id"]] = copy.deepcopy(store)
            result = {"changed": False, "module": "Lync", "answers": answers, "failure": failure, "warnings": []}
            return {**result, "write": written} if write else result

        action._execute_module = execute
        action._is_pipelining_enabled = lambda _style: True

    def cmdlets(self) -> list[list[str]]:
        return [[call["cmdlet"] for call in calls] for calls in self.calls]


def run(options: dict[str, Any], *said: Any, check_mode: bool = False) -> tuple[dict[str, Any], Server]:
    server = Server(*said)
    result = run_action("onprem_certificate", options, connection=WINDOWS, prepare=server.prepare, check_mode=check_mode)
    assert server.said == []
    return result, server


def read(issuer: list[dict[str, Any]], *wanted: dict[str, Any], store: list[dict[str, Any]] | None = None) -> Any:
    return issuer, [stored(A), stored(B)] if store is None else store, {"store": list(wanted)}


def cloud(*thumbprints: str) -> dict[str, Any]:
    entries = [
        {
            "key_id": one,
            "thumbprint": one,
            "usage": "Verify",
            "type": "AsymmetricX509Cert",
            "end": utc_text(NOW + 300 * DAY),
        }
        for one in thumbprints
    ]
    return {
        "service_principals": [
            {
                "id": app_id,
                "app_id": app_id,
                "display_name": None,
                "account_enabled": True,
                "names": [],
                "key_credentials": entries,
                "password_credentials": [],
            }
            for app_id in ("00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000")
        ]
    }


TOMORROW = datetime(2026, 11, 25, 9, tzinfo=timezone.utc)  # the full hour after 24 hours


def test_a_certificate_is_staged_for_the_full_hour_after_24_hours_with_a_real_time() -> None:
    options = {"thumbprint": B.lower(), "cloud": cloud(A, B)}
    said = read(assigned(A), stored(B)), (assigned(B, A, TOMORROW), [stored(A), stored(B)], {})
    result, server = run(options, *said)
    assert server.cmdlets() == [READ, WRITE]
    assert server.seen == [{name: row[name] for name in ("Thumbprint", "PreviousThumbprint", "EffectiveDate")} for row in assigned(A)]
    assert server.calls[1][2]["parameters"] == {
        "Type": ["OAuthTokenIssuer"],
        "Identity": "global",
        "Thumbprint": B,
        "Roll": True,
        "EffectiveDate": {"time": utc_text(TOMORROW)},
    }
    assert (result["changed"], result["signing"]["next"]["thumbprint"]) == (True, B)
    predicted, _server = run(options, said[0], check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])
    again, server = run(options, read(assigned(B, A, TOMORROW), stored(B)))
    assert (again["changed"], again["certificate"]["thumbprint"]) == (False, B)


def test_a_first_certificate_is_assigned_without_a_roll() -> None:
    result, server = run({"thumbprint": B, **TENANTLESS}, read([], stored(B)), (assigned(B, effective=NOW), [stored(B)], {}))
    assert server.seen == []
    assert "Roll" not in server.calls[1][2]["parameters"]
    assert result["operations"] == [f"assign {B} to sign at once"]


def test_current_that_shows_the_roll_is_believed() -> None:
    info, _server = run({"state": "in_store", "thumbprint": B}, read(assigned(B, A, TOMORROW), stored(B)))
    current = {"management_module": "Lync", "signing": info["signing"]}
    for options in ({"state": "in_store"}, {"cloud": cloud(B)}, {"cloud": cloud(B), "effective_date": utc_text(TOMORROW)}):
        result, _server = run({"thumbprint": B, "current": current, **options})
        assert result["changed"] is False
    current["signing"]["previous"] = current["signing"]["next"] = None
    assert run({"state": "previous_absent", "current": current})[0]["changed"] is False


@pytest.mark.parametrize(
    ("options", "issuer", "row", "part"),
    [
        ({}, assigned(A), stored(B, found=False, has_private_key=False), "is not in the computer store"),
        ({}, assigned(A), stored(B, has_private_key=False), "has no private key"),
        ({}, assigned(A), stored(B, key_size=1024), "1024 bits"),
        ({}, assigned(A), stored(B, key_type="ECDSA", key_size=256), "ECDSA"),
        ({}, assigned(A), stored(B, not_after=utc_text(NOW - DAY)), "expired on"),
        ({}, assigned(A), stored(B, not_before=utc_text(NOW + 2 * DAY)), "outside of the validity"),
        ({"effective_date": "2026-11-23"}, assigned(A), stored(B), "is over"),
        ({"effective_date": "2028-01-01"}, assigned(A), stored(B, not_after="2030-01-01T00:00:00Z"), "after 2027-"),
        ({"effective_date": "2026-12-01"}, [], stored(B), "none to roll from"),
        ({}, assigned(C, A, TOMORROW), stored(B), "is pending"),
        ({"effective_date": "2026-12-24"}, assigned(B, A, TOMORROW), stored(B), "is pending"),
        ({"immediate": True}, assigned(B, A, TOMORROW), stored(B), "is pending"),
        ({"check_tenant": True, "cloud": cloud(A)}, assigned(A), stored(B), "is not on service principal"),
    ],
)
def test_what_would_break_the_trust_is_refused_before_anything_is_written(
    options: dict[str, Any], issuer: Any, row: dict[str, Any], part: str
) -> None:
    result, server = run({"thumbprint": B, **TENANTLESS, **options}, read(issuer, row))
    assert result["failed"]
    assert part in result["msg"]
    assert server.cmdlets() == [READ]


def test_a_pending_roll_is_replaced_where_that_is_wished() -> None:
    said = read(assigned(C, A, TOMORROW), stored(B)), (assigned(B, A, TOMORROW), [stored(A), stored(B)], {})
    assert run({"thumbprint": B, "replace_pending": True, **TENANTLESS}, *said)[0]["changed"] is True


@pytest.mark.parametrize("options", [{}, {"immediate": True}], ids=["staged", "at once"])
@pytest.mark.parametrize("known", [False, True], ids=["asked", "given"])
def test_what_signs_takes_no_pending_roll_back(options: dict[str, Any], known: bool) -> None:
    wish = {"thumbprint": A, "replace_pending": True, **TENANTLESS, **options}
    rows = [{**stored(one), "effective_date": utc_text(TOMORROW)} for one in (A, C)]
    given = {"management_module": "Lync", "signing": roll(*rows)}
    result, server = run({**wish, "current": given} if known else wish, *([] if known else [read(assigned(C, A, TOMORROW), stored(A))]))
    assert result["failed"]
    assert f"The certificate {A} signs already, and {C} is staged to sign from " in result["msg"]
    assert f"Nothing was changed. Stage another certificate in place of {C}, one that neither signs nor is staged." in result["msg"]
    assert server.cmdlets() == ([] if known else [READ])
    del wish["replace_pending"]
    assert run(wish, read(assigned(C, A, TOMORROW), stored(A)))[0]["changed"] is False


@pytest.mark.parametrize("after", [assigned(A), assigned(B, C, TOMORROW), assigned(B, A, TOMORROW + DAY)], ids=["none", "signer", "date"])
def test_a_roll_that_the_farm_shows_otherwise_is_a_failure(after: Any) -> None:
    said = read(assigned(A), stored(B)), (after, [stored(A), stored(B), stored(C)], {})
    result, _server = run({"thumbprint": B, **TENANTLESS}, *said)
    assert "the farm shows" in result["msg"]


FAILED = {"failure": {"cmdlet": "Set-CsCertificate", "message": "cut off", "error_id": "x", "category": "NotSpecified"}}


@pytest.mark.parametrize(
    ("after", "told", "part"),
    [
        (assigned(A), {"state": "failed"}, "cut off. It is as it was."),
        (assigned(C), {"state": "failed"}, f"'current': '{C}', 'next': None"),
        (assigned(C), {"state": "failed"}, "neither as it was nor as wanted"),
        (assigned(A), {"state": "done", "unread": "busy"}, "The change was made, but not read back, so it is not known"),
        (assigned(C), {"state": "stale"}, "another program changed the farm's certificate in between"),
    ],
)
def test_what_a_change_that_failed_left_is_looked_at_and_said(after: Any, told: dict[str, Any], part: str) -> None:
    rows = {"told": told, **({} if told["state"] == "stale" else FAILED)}
    look = [(after, [stored(A), stored(B)], {})] if told["state"] == "failed" else []
    result, _server = run({"thumbprint": B, **TENANTLESS}, read(assigned(A), stored(B)), (after, [stored(A)], rows), *look)
    assert result["failed"]
    assert part in result["msg"]
    assert ("Nothing was written" in result["msg"]) is (told["state"] == "stale")


def test_a_change_that_acted_and_failed_is_there_with_a_warning() -> None:
    for options, said, after in (
        ({"thumbprint": B, **TENANTLESS}, read(assigned(A), stored(B)), assigned(B, A, TOMORROW)),
        ({"state": "previous_absent"}, (assigned(B, A), [stored(A), stored(B)], {}), assigned(B)),
    ):
        store = [stored(A), stored(B)]
        result, _server = run(options, said, (after, store, {"told": {"state": "failed"}, **FAILED}), (after, store, {}))
        assert result["changed"] is True, result
        assert [warning for warning in result["warnings"] if "as wanted all the same" in warning]


@pytest.mark.parametrize(
    ("issuer", "part"),
    [(assigned(B, A, TOMORROW), "A roll is pending"), (assigned(B, A, NOW - DAY / 2), "may be in use for 24 hours")],
)
def test_the_previous_certificate_is_not_removed_while_it_may_be_in_use(issuer: Any, part: str) -> None:
    result, server = run({"state": "previous_absent"}, (issuer, [stored(A), stored(B)], {}))
    assert part in result["msg"]
    assert server.cmdlets() == [READ[:3]]


def test_the_previous_certificate_is_removed() -> None:
    said = (assigned(B, A), [stored(A), stored(B)], {}), (assigned(B), [stored(B)], {})
    result, server = run({"state": "previous_absent"}, *said)
    assert server.calls[1][2]["parameters"] == {"Type": ["OAuthTokenIssuer"], "Identity": "global", "Previous": True}
    predicted, _server = run({"state": "previous_absent"}, said[0], check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])
    assert run({"state": "previous_absent"}, said[1])[0]["changed"] is False
    assert "still there" in run({"state": "previous_absent"}, said[0], said[0])[0]["msg"]


OWN = {"state": "in_store", "source": "self_signed", "valid_days": 365}
SELF = [*READ[:3], "Get-CsSipDomain", "Read-Certificate"]


@pytest.mark.parametrize("named", [B, B.lower()])
def test_a_certificate_that_was_withdrawn_is_not_the_one_that_waits(named: str) -> None:
    fresh = stored(B, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY))
    made = stored(C, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY))
    options = {**OWN, "withdrawn_thumbprints": [named]}
    result, server = run(options, read(assigned(A), fresh), ([], [], {"made": [made]}))
    assert (server.cmdlets()[1], result["certificate"]["thumbprint"]) == (["Read-Server", "New-StoreCertificate"], C)
    predicted, _server = run(options, read(assigned(A), fresh), check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])
    again, _server = run(options, read(assigned(A), fresh, made))
    assert (again["changed"], again["certificate"]["thumbprint"]) == (False, C)
    staged, _server = run(options, read(assigned(B, A, TOMORROW)))
    assert (staged["changed"], staged["certificate"]["thumbprint"]) == (False, B)


def test_a_self_signed_certificate_is_made_once() -> None:
    fresh = stored(B, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY))
    result, server = run(OWN, read(assigned(A)), ([], [], {"made": [fresh]}))
    assert server.cmdlets() == [SELF, ["Read-Server", "New-StoreCertificate"]]
    assert server.calls[1][1]["parameters"] == {
        "subject": "CN=contoso.com",
        "dns_names": ["contoso.com", "fabrikam.com"],
        "key_size": 2048,
        "valid_days": 365,
        "backdated_minutes": 5,
    }
    foreseen = issue.SelfSigned("CN=contoso.com", 2048, 365).row(NOW)
    assert (foreseen["not_before"], foreseen["not_after"]) == (utc_text(NOW - BACK), utc_text(NOW + 365 * DAY - BACK))
    assert result["operations"] == ["create certificate CN=contoso.com for contoso.com, fabrikam.com, self-signed, 2048 bits, for 365 days"]
    assert result["certificate"]["thumbprint"] == B
    predicted, _server = run(OWN, read(assigned(A)), check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])
    assert predicted["certificate"]["thumbprint"] is None
    for left in (read(assigned(A), fresh), read(assigned(B, A, TOMORROW)), read(assigned(B), store=[fresh])):
        again, _server = run(OWN, left)
        assert (again["changed"], again["certificate"]["thumbprint"]) == (False, B)


@pytest.mark.parametrize(
    "row",
    [
        stored(B, not_after=utc_text(NOW + 300 * DAY)),
        stored(B, not_after=utc_text(NOW + 365 * DAY), subject="CN=fabrikam.com"),
        stored(B, not_after=utc_text(NOW + 365 * DAY), not_before=utc_text(NOW - 101 * DAY)),
        stored(B, not_after=utc_text(NOW + 365 * DAY), key_size=1024),
        stored(A, not_after=utc_text(NOW + 365 * DAY), has_private_key=False),
    ],
    ids=["old", "subject", "older than the one that signs", "short", "no key"],
)
def test_a_certificate_that_is_not_a_new_one_is_not_taken_for_it(row: dict[str, Any]) -> None:
    wanted = issue.SelfSigned("CN=contoso.com", 2048, 365)
    assert issue.find_self_signed(wanted, roll(stored(A)), [row], NOW) is None


@pytest.mark.parametrize(
    ("names", "taken"), [(["Fabrikam.com", "contoso.com", "more.contoso.com"], True), (["contoso.com"], False), ([], False)]
)
def test_a_certificate_that_does_not_name_a_sip_domain_is_not_a_new_one(names: list[str], taken: bool) -> None:
    content = base64.b64encode(certificates.load(states.made("CN=contoso.com", names=names)).public_bytes(Encoding.DER)).decode()
    fresh = stored(B, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY), content=content)
    made = stored(C, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY))
    result, _server = run(OWN, read(assigned(A), fresh), *(() if taken else (([], [], {"made": [made]}),)))
    assert (result["changed"], result["certificate"]["thumbprint"]) == (not taken, B if taken else C)


def test_a_subject_of_ones_own_has_the_sip_domains_beside_it() -> None:
    fresh = stored(B, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY), subject="CN=hybrid")
    _result, server = run({**OWN, "subject": "CN=hybrid"}, read(assigned(A)), ([], [], {"made": [fresh]}))
    asked = server.calls[1][1]["parameters"]
    assert (asked["subject"], asked["dns_names"]) == ("CN=hybrid", ["contoso.com", "fabrikam.com"])


def test_a_domain_beyond_ascii_is_named_in_its_ascii_form() -> None:
    listed: list[SipDomain] = [
        {"name": "Fabrikam.com", "default": False},
        {"name": "m\u00fcnchen.contoso.com", "default": True},
    ]
    assert onprem_certificate._names(listed) == ("xn--mnchen-3ya.contoso.com", "fabrikam.com")


@pytest.mark.parametrize("given", [r"CN=hybrid,O=Contoso\, Inc.", 'CN=hybrid, O="Contoso, Inc."'])
def test_a_subject_in_either_form_is_sent_as_windows_reads_it_and_made_once(given: str) -> None:
    shown = 'CN=hybrid, O="Contoso, Inc."'
    fresh = stored(B, not_before=utc_text(NOW), not_after=utc_text(NOW + 365 * DAY), subject=shown, issuer=shown)
    _result, server = run({**OWN, "subject": given}, read(assigned(A)), ([], [], {"made": [fresh]}))
    assert server.calls[1][1]["parameters"]["subject"] == shown
    other = {**fresh, "subject": r"CN=hybrid,O=Contoso\, Inc.", "issuer": r"CN=hybrid,O=Contoso\, Inc."}
    for left in (fresh, other):
        again, _server = run({**OWN, "subject": given}, read(assigned(A), left))
        assert (again["changed"], again["certificate"]["thumbprint"]) == (False, B)


@pytest.mark.parametrize("age", [0, 31, 182])
def test_a_certificate_that_was_made_long_ago_and_never_staged_is_used(age: int) -> None:
    """The tenant was not writable for a while after it had been made."""
    wanted, begin = issue.SelfSigned("CN=contoso.com", 2048, 365), NOW - age * DAY
    first = stored(B, not_before=utc_text(begin), not_after=utc_text(begin + 365 * DAY))
    signs = stored(A, not_before=utc_text(NOW - 700 * DAY), not_after=utc_text(NOW + 30 * DAY))
    assert issue.find_self_signed(wanted, roll(signs), [first], NOW) == first
    # The farm has left it already.
    assert issue.find_self_signed(wanted, roll(signs, previous=first), [first], NOW) is None
    # It would end before the one that it is to follow.
    longer = {**signs, "issuer": "CN=Fabrikam CA", "not_after": utc_text(NOW + 400 * DAY)}
    assert (issue.find_self_signed(wanted, roll(longer), [first], NOW) is None) is (age > 0)


@pytest.mark.parametrize(("begin", "end"), [(-184, 181), (-40, 300)], ids=["half over", "of another kind"])
def test_a_certificate_that_is_half_over_or_was_made_with_another_validity_is_not_used(begin: int, end: int) -> None:
    signs = stored(A, not_before=utc_text(NOW - 700 * DAY), not_after=utc_text(NOW + 30 * DAY))
    there = stored(B, not_before=utc_text(NOW + begin * DAY), not_after=utc_text(NOW + end * DAY))
    assert issue.find_self_signed(issue.SelfSigned("CN=contoso.com", 2048, 365), roll(signs), [there], NOW) is None


def pfx(folder: Path, password: str | None, **changed: Any) -> Path:
    path = folder / "next.pfx"
    protection = BestAvailableEncryption(password.encode()) if password else None
    made = certificate(**changed)
    bits = changed.get("bits", 2048)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"next", key(bits), made, None, protection or NoEncryption()))
    return path


def test_a_pfx_goes_in_the_request_alone(tmp_path: Path) -> None:
    path = pfx(tmp_path, "s3cret")
    options = {"state": "in_store", "source": "pfx", "pfx_path": str(path), "pfx_password": "s3cret"}
    missing = stored(B, found=False, has_private_key=False)
    result, server = run(options, read(assigned(A), missing), ([], [], {"made": [stored(B)]}))
    assert server.calls[1][1]["parameters"] == {"content": base64.b64encode(path.read_bytes()).decode(), "password": "s3cret"}
    predicted, _server = run(options, read(assigned(A), missing), check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])
    assert run(options, read(assigned(A), stored(B)))[0]["changed"] is False


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_pfx_is_not_sent_where_ansible_core_would_print_it(tmp_path: Path, check_mode: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_DEBUG", True)
    options = {"state": "in_store", "source": "pfx", "pfx_path": str(pfx(tmp_path, "s3cret")), "pfx_password": "s3cret"}
    result, server = run(options, check_mode=check_mode)
    assert "with ANSIBLE_DEBUG ansible-core prints what it sends to the server, here a PFX and its password" in result["msg"]
    assert server.calls == []
    assert not run({"state": "in_store", "thumbprint": B}, read(assigned(A), stored(B)))[0].get("failed")


def test_a_pfx_is_not_sent_where_it_would_lie_in_a_file(tmp_path: Path) -> None:
    options = {"state": "in_store", "source": "pfx", "pfx_path": str(pfx(tmp_path, None))}

    def prepare(action: Any) -> None:
        action._is_pipelining_enabled = lambda _style: False

    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
    result = run_action("onprem_certificate", options, connection=connection, prepare=prepare)
    assert "would be written to a file" in result["msg"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "does not show the service principals"),
        ({"cloud": {"x": 1}}, "holds no service_principals"),
        ({"cloud": {"service_principals": []}}, "does not show the service principals"),
        (TENANTLESS, "Option 'thumbprint'"),
        ({**TENANTLESS, "thumbprint": "12"}, "Option 'thumbprint'"),
        ({**TENANTLESS, "thumbprint": B, "effective_date": "7/22/2026 6:00 AM"}, "is not a time"),
        ({**TENANTLESS, "thumbprint": B, "effective_date": "2026-12-01", "immediate": True}, "one of them"),
        ({**TENANTLESS, "thumbprint": B, "prepared": {"certificate": {"thumbprint": B}}}, "mutually exclusive"),
        ({**TENANTLESS, "prepared": {"certificate": None}}, "it holds no certificate"),
        ({**TENANTLESS, "prepared": {"certificate": {"thumbprint": None}}}, "it holds no certificate"),
        ({"source": "self_signed", "cloud": cloud(B)}, "is made only now"),
        ({**OWN, "thumbprint": B}, "Option 'thumbprint': it names a certificate, and source is self_signed"),
        ({**OWN, "pfx_path": "next.pfx"}, "Option 'pfx_path' (trust_rotation_pfx_path of the role): it names a file"),
        ({**OWN, "pfx_password": "s3cret"}, "Option 'pfx_password' (trust_rotation_pfx_password of the role): it is set"),
        ({**OWN, "key_size": 1024}, "key_size must be one of: 2048, 3072, 4096"),
        ({**OWN, "valid_days": 5}, "from 60 to 3650"),
        ({**OWN, "subject": "contoso"}, "not a distinguished name"),
        ({"state": "in_store", "source": "pfx"}, "pfx_path"),
        ({"state": "in_store", "source": "pfx", "pfx_path": "nowhere.pfx"}, "cannot be read"),
        ({"state": "in_store", "thumbprint": B, "current": {"x": 1}}, "no result of onprem_info"),
    ],
)
def test_bad_input_is_refused_before_anything_is_contacted(options: dict[str, Any], part: str) -> None:
    result, _server = run(options)
    assert result["failed"]
    assert part in result["msg"]


@pytest.mark.parametrize(
    ("changed", "password", "part"),
    [({}, "wrong", "pfx_password"), ({"days": -1, "since": 9}, "right", "expired"), ({"bits": 1024}, "right", "1024")],
)
def test_a_pfx_that_cannot_serve_is_refused_before_anything_is_contacted(
    tmp_path: Path, changed: dict[str, Any], password: str, part: str
) -> None:
    path = pfx(tmp_path, "right", **changed)
    result, _server = run({"state": "in_store", "source": "pfx", "pfx_path": str(path), "pfx_password": password})
    assert result["failed"]
    assert part in result["msg"]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(timezone.utc)))
def test_the_default_date_is_a_full_hour_24_to_25_hours_ahead(now: datetime) -> None:
    moment = assignment.effective_date(B, roll(stored(A)), assignment.Assignment(), now)
    assert moment is not None
    assert 24 * 3600 <= (moment - now).total_seconds() < 25 * 3600
    assert parse_time(utc_text(moment)) == moment
    assert (moment.minute, moment.second) == (0, 0)


@pytest.mark.parametrize(
    ("signs", "comes", "wanted", "named", "words"),
    [
        (9, 0.5, {}, False, "Without trust_rotation_effective_date (effective_date of a module) a roll takes effect on 2026-11-25T"),
        (9, 0.5, {"effective": NOW + DAY}, True, "is outside of the validity"),
        (0.5, 9, {}, False, "Without trust_rotation_effective_date (effective_date of a module) a roll takes effect at least"),
        (0.5, 9, {"effective": NOW + DAY}, True, "when the certificate that signs now expires"),
        (9, -1, {"immediate": True}, False, "Use a certificate that is valid now"),
    ],
)
def test_a_date_that_nobody_set_is_not_told_as_an_option(
    signs: float, comes: float, wanted: dict[str, Any], named: bool, words: str
) -> None:
    farm, row = (
        stored(name, not_before=utc_text(NOW - 9 * DAY), not_after=utc_text(NOW + days * DAY)) for name, days in ((A, signs), (B, comes))
    )
    signing, asked = roll(farm), assignment.Assignment(**wanted)
    with pytest.raises(HybridAuthError, match=re.escape(words)) as raised:
        assignment.check_roll(row, signing, assignment.effective_date(B, signing, asked, NOW), asked, NOW)
    assert raised.value.message.startswith("Option 'effective_date'") is named


@pytest.mark.parametrize(
    ("age", "days", "taken"), [(0, 365, True), (0, 366, True), (0, 390, False), (0, 730, False), (20, 365, True), (20, 390, False)]
)
def test_one_that_waits_is_not_taken_where_it_lasts_longer_than_was_asked_for(age: int, days: int, taken: bool) -> None:
    signs = stored(A, not_before=utc_text(NOW - 700 * DAY), not_after=utc_text(NOW + 60 * DAY))
    there = stored(B, not_before=utc_text(NOW - age * DAY), not_after=utc_text(NOW + (days - age) * DAY))
    found = issue.find_self_signed(issue.SelfSigned("CN=contoso.com", 2048, 365), roll(signs), [there], NOW)
    assert (found == there) is taken
