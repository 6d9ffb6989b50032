# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document behind a report: its schema, its verdict, what it takes and what it keeps."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report import values
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.facts import proof_fold
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.first import actions
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.links import LINKS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.terminal import deployment_lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import SEVERITIES, STATUSES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import printable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from tests.support import reports
from tests.support.play import ROOT

SCHEMA = json.loads((ROOT / "docs" / "audit-schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
findings = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.builds(
                "{}.{}".format, st.sampled_from([area for link in LINKS for area in link.about]), st.text("abc_", min_size=1, max_size=9)
            ),
            "title": st.text(),
            "severity": st.sampled_from(SEVERITIES),
            "status": st.sampled_from(STATUSES),
            "subject": st.none() | st.text(),
            "expected": anything,
            "actual": anything,
            "remedy": st.none() | st.text(),
        }
    ),
    max_size=8,
)


def made(audits: list[dict[str, Any]]) -> dict[str, Any]:
    return document(audits, title="Audit", now=reports.NOW, ending_soon_days=30)


def test_the_schema_is_one_and_describes_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for name, entry in part.get("properties", {}).items():
                assert entry.get("description"), name
            assert set(part.get("required", [])) == set(part.get("properties", {}))
            for entry in part.values():
                walk(entry)
        if isinstance(part, list):
            for entry in part:
                walk(entry)

    walk(SCHEMA)


@pytest.mark.parametrize("name", reports.FIXTURES)
def test_a_document_is_as_its_schema_says(name: str) -> None:
    shape = json.loads(json.dumps(made(reports.FIXTURES[name]())))
    assert list(VALIDATOR.iter_errors(shape)) == []


@given(findings, st.booleans(), st.booleans(), st.booleans())
def test_the_verdict_follows_from_what_was_found(
    found: list[dict[str, Any]], would_change: bool, would_stop: bool, was_unread: bool
) -> None:
    audit = {
        "deployment": "contoso",
        "audit": {"findings": found},
        "differences": [{"step": "names", "title": "Names", "operations": ["add"]}] if would_change else [],
        "obstacle": "there is no certificate" if would_stop else None,
        "errors": [{"subject": "tenant", "message": "no answer"}] if was_unread else [],
    }
    shape = made([audit])
    assert list(VALIDATOR.iter_errors(shape)) == []
    (one,) = shape["deployments"]
    broken = would_change or would_stop or any(finding["status"] == "fail" for finding in found)
    assert one["verdict"] == ("not_compliant" if broken else "incomplete" if was_unread else "compliant")
    assert shape["compliant"] is one["compliant"] is (one["verdict"] == "compliant")
    assert sum(one["counts"].values()) == len(one["findings"]) == len(found)
    order = [(STATUSES.index(finding["status"]), SEVERITIES.index(finding["severity"])) for finding in one["findings"]]
    assert order == sorted(order)
    assert sum(sum(link["counts"].values()) for link in one["links"]) == len(found)


@given(st.text())
def test_a_text_that_is_shown_moves_no_cursor_and_turns_no_line(value: str) -> None:
    shown = printable.text(value)
    assert printable.text(shown) == shown
    assert not set(shown) & {"\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\ufffe"}
    assert len(shown) == len(value)


@given(st.text(min_size=1), st.integers(min_value=2, max_value=60))
def test_a_shortened_text_keeps_both_ends(value: str, longest: int) -> None:
    short = values.shortened(value, longest)
    assert len(short) == min(len(value), longest)
    assert short == value or (short[0], short[-1]) == (value[0], value[-1] if longest > 2 else "\u2026")


def test_what_was_not_read_differs_from_what_there_is_none_of() -> None:
    (unread, half), (fine,) = made(reports.unread())["deployments"], made(reports.good())["deployments"]
    assert unread["facts"]["oauth_servers"] is None
    assert half["facts"]["service_principals"] is None
    assert fine["facts"]["missing_service_principals"] == []
    assert (unread["verdict"], half["verdict"]) == ("incomplete", "incomplete")


def test_an_audit_without_result_and_reason_is_no_success() -> None:
    (one,) = made([{"deployment": "contoso"}])["deployments"]
    assert (one["verdict"], one["errors"][0]["subject"]) == ("incomplete", "contoso")


def test_a_finding_of_the_proof_that_the_audit_took_over_is_there_once() -> None:
    (audit,) = reports.bad()
    audit["audit"]["findings"] += audit["proof"]["findings"]
    (one,) = made([audit])["deployments"]
    assert [finding["id"] for finding in one["findings"]].count("proof.token") == 1


def test_a_proof_of_which_one_half_was_not_made_is_not_drawn_as_passed() -> None:
    (audit,) = reports.good()
    audit["audit"]["findings"][-1]["status"] = "pass"
    audit["audit"]["findings"].append(reports.finding("proof.mailbox", "skip", "info", "Exchange Online takes the token"))
    (one,) = made([audit])["deployments"]
    assert {link["id"]: link["state"] for link in one["links"]}["proof"] == "unknown"


def test_neither_certificates_nor_anything_unnamed_is_kept() -> None:
    (audit,) = reports.good()
    audit["onprem"][0]["certificate"]["content"] = "MIIContentOfTheCertificate"
    audit["cloud"]["service_principals"][0]["key_credentials"][0]["key"] = "MIIKey"
    audit["cloud"]["access_token"] = "eyJ0eXAiOiAiSldU"
    shape = json.dumps(made([audit]))
    assert "MIIC" not in shape
    assert "MIIKey" not in shape
    assert "eyJ0" not in shape


def test_each_certificate_is_there_once_with_what_it_does_and_where_it_is() -> None:
    (one,) = made(reports.bad())["deployments"]
    rows = {row["thumbprint"]: row for row in one["certificates"]}
    assert (rows[reports.ISSUER]["roles"], rows[reports.ISSUER]["state"]) == (["signs now"], "ending")
    assert (rows[reports.AFTER]["roles"], rows[reports.AFTER]["effective_date"]) == (["signs next"], reports.moment(6))
    assert (rows[reports.BEFORE]["state"], rows[reports.BEFORE]["places"]) == ("expired", ["Skype for Business Online"])
    assert (rows[reports.OTHER]["farm"], rows[reports.OTHER]["state"]) == (False, "valid")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"audit": {"findings": [{"id": "certificate.assigned"}]}}, r"audits\[0\].audit.findings\[0\].*title.*is missing"),
        ({"audit": {"findings": [reports.finding("a.b", "broken", "high", "")]}}, "'broken' is unknown.*one of fail"),
        ({"audit": {"findings": [reports.finding("a.b", "fail", "grave", "")]}}, "'grave' is unknown.*one of critical"),
        ({"time": "yesterday"}, r"audits\[0\].time.*is not a time"),
    ],
)
def test_what_is_no_audit_is_refused_with_its_place(change: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidOptionError, match=part):
        made([{"deployment": "contoso", **change}])


def test_no_audit_is_refused() -> None:
    with pytest.raises(InvalidOptionError, match="Option 'audits': it is empty"):
        made([])


@pytest.mark.parametrize(("accepted", "word"), [(True, "accepted"), (False, "not accepted"), (None, "not known")])
def test_a_proof_of_which_nothing_is_known_is_not_one_that_was_refused(accepted: bool | None, word: str) -> None:
    (audit,) = reports.bad()
    audit["proof"]["accepted"] = accepted
    (one,) = made([audit])["deployments"]
    assert one["proof"]["accepted"] is accepted
    assert proof_fold(one["proof"]).note == word


def test_a_finding_of_an_earlier_audit_is_headed_by_its_title() -> None:
    (audit,) = reports.good()
    del audit["audit"]["findings"][0]["heading"]
    (one,) = made([audit])["deployments"]
    assert all(finding["heading"] for finding in one["findings"])


def test_each_server_shows_what_it_itself_has_and_nothing_where_that_was_not_read() -> None:
    lead = {**reports.server("fe01.contoso.com", None, lead=True), "server_settings": None}
    other = reports.server("fe02.contoso.com", None)
    third = reports.server("fe03.contoso.com", None)
    third["server_settings"]["unread"] = {"strong_crypto_32": "No access."}
    (deployment,) = made([{"deployment": "contoso", "findings": [], "onprem": [lead, other, third]}])["deployments"]
    shown = [tuple(one[name] for name in ("product", "build", "strong_crypto")) for one in deployment["facts"]["servers"]]
    of_2019 = ("Skype for Business Server 2019", "7.0.2046.553")
    assert shown == [(None, None, None), (*of_2019, False), (*of_2019, None)]


def test_where_it_was_not_checked_whether_the_tenant_has_the_certificate_the_verdict_is_open() -> None:
    (audit,) = reports.good()
    audit["audit"]["findings"] = [
        reports.finding("credential.own", "skip", "critical", "It is there", actual="not known: nothing tells", remedy=""),
        reports.finding("credential.weak_key", "skip", "high", "It is strong", remedy=""),
    ]
    (one,) = made([audit])["deployments"]
    assert (one["verdict"], one["headline"], one["compliant"]) == ("incomplete", "Incomplete", False)
    assert "  unread  contoso: not known: nothing tells" in deployment_lines(one)
    (action,) = actions([one])
    assert (action.state, action.what, action.about, action.remedy) == (
        "unknown",
        "Not checked: It is as documented",
        "contoso",
        "Nothing tells.",
    )
    audit["audit"]["findings"][0]["status"] = "pass"
    assert made([audit])["deployments"][0]["verdict"] == "compliant"
