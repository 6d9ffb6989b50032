# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first page of a report: the verdict in words, what to do first, the calendar, and where it comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import label, principal_label
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import rows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.first import actions
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import cover, page
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.terminal import lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import clipped
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import SEVERITIES, STATUSES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import versions
from tests.support import reports
from tests.support.play import ROOT

KEY_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def made(audits: list[dict[str, Any]]) -> dict[str, Any]:
    return document(audits, title="Audit", now=reports.NOW, ending_soon_days=30)


def warned(*severities: str) -> list[dict[str, Any]]:
    """A compliant deployment with these warnings."""
    (audit,) = reports.good()
    audit["audit"]["findings"] += [
        reports.finding(f"names.warning{index}", "warn", severity, "It is worth a look") for index, severity in enumerate(severities)
    ]
    return [audit]


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ((), "Compliant"),
        (("medium", "low", "info"), "Compliant"),
        (("high", "medium"), "Compliant with 1 high warning"),
        (("high", "high", "high"), "Compliant with 3 high warnings"),
        (("critical",), "Compliant with 1 critical warning"),
        (("high", "critical", "high"), "Compliant with 1 critical and 2 high warnings"),
    ],
)
def test_what_is_compliant_says_which_warnings_stand_beside_it(severities: tuple[str, ...], line: str) -> None:
    shape = made(warned(*severities))
    (one,) = shape["deployments"]
    assert (shape["headline"], one["headline"], shape["verdict"], one["verdict"], shape["compliant"]) == (
        *(line, line),
        *("compliant", "compliant", True),
    )
    shown = page(shape)
    assert shown.cover.verdict == shown.deployments[0].verdict == shown.cover.deployments[0].verdict == line
    assert shown.cover.state == ("pass" if line == "Compliant" else "warn")
    assert lines(shape)[0].startswith(f"contoso: {line[0].lower()}{line[1:]} (")
    assert f"<span>{line}</span>" in html(shown)


def test_the_headline_of_several_counts_the_warnings_of_all() -> None:
    (one,), (other,) = warned("high"), warned("high", "low")
    assert made([one, {**other, "deployment": "fabrikam"}])["headline"] == "Compliant with 2 high warnings"
    assert (made(reports.bad())["headline"], made(reports.unread())["headline"]) == ("Not compliant", "Incomplete")


_RANKS = {"It could not be read": 0, "A run would stop before its first change": 1}
findings = st.lists(
    st.builds(
        lambda number, status, severity: reports.finding(f"names.n{number}", status, severity, f"It is so {number}"),
        st.integers(0, 5),
        st.sampled_from(STATUSES),
        st.sampled_from(SEVERITIES),
    ),
    max_size=12,
)


@given(st.lists(st.tuples(findings, st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=3))
def test_what_to_do_first_has_each_matter_once_and_the_most_pressing_before(given_deployments: Any) -> None:
    audits = []
    for index, (found, stops, changes, unread) in enumerate(given_deployments):
        (audit,) = reports.good()
        audit |= {"deployment": f"d{index}", "audit": {"findings": found}}
        audit |= {"obstacle": "there is no certificate"} if stops else {}
        audit |= {"differences": [{"step": "names", "title": "Names", "operations": ["add"]}]} if changes else {}
        audit |= {"errors": [{"subject": "tenant", "message": "no answer"}]} if unread else {}
        audits.append(audit)
    shape = made(audits)
    listed = actions(shape["deployments"])
    # What is the same in several deployments is one matter.
    wanted: set[tuple[str, ...]] = set()
    for found, stops, changes, unread in given_deployments:
        wanted |= {name for name, is_so in ((("unread",), unread), (("stops",), stops), (("changes", str(stops)), changes)) if is_so}
        wanted |= {(row["severity"], row["id"]) for row in found if row["status"] == "fail"}
        wanted |= {(row["severity"], row["id"], "") for row in found if row["status"] == "warn" and row["severity"] in SEVERITIES[:2]}
    assert len(listed) == len(wanted)
    states = [one.state for one in listed]
    assert states == sorted(states, key=["fail", "warn"].index)
    ranks = [_RANKS.get(one.what, len(_RANKS)) for one in listed]
    assert ranks == sorted(ranks)
    assert bool(listed) or shape["compliant"] or any(one["counts"]["fail"] for one in shape["deployments"])


def test_the_first_page_says_how_much_more_there_is() -> None:
    shown = cover(made(reports.bad()))
    assert len(shown.actions) == 5
    assert shown.more_actions == "And 4 more matters."
    assert shown.actions[0].remedy.startswith("Put the certificate that signs now")
    assert cover(made(reports.good())).actions == ()
    assert "Nothing has to be done now." in html(page(made(reports.good())))


def test_the_days_are_in_order_and_say_each_change_once() -> None:
    shape = made(reports.two())
    days = rows(shape["deployments"])
    assert [row.day for row in days] == sorted(row.day for row in days)
    assert len({(row.day, row.what) for row in days}) == len(days)
    assert [row.deployments for row in days if row.what.startswith("Exchange")] == ["contoso and 1 more"]
    (fine,) = made(reports.good())["deployments"]
    assert [(row.state, row.what, row.about) for row in rows([fine])][1] == (
        "warn",
        "The certificate has fewer than 30 days left. The farm's entry has fewer than 30 days left",
        f"certificate {'A' * 10}\u2026{'A' * 4} (CN=contoso.com) and 2 more",
    )
    (rolls,) = [row for row in rows(made(reports.bad())["deployments"]) if "signs with" in row.what]
    assert (rolls.state, rolls.what) == ("fail", "The tenant refuses what the farm signs. The farm signs with the staged certificate")


@pytest.mark.parametrize(
    ("key", "about"),
    [
        (
            {"thumbprint": "0123456789ABCDEF" * 2 + "01234567", "key_type": "RSA", "key_id": KEY_ID},
            "Skype for Business Online: 0123456789\u2026",
        ),
        ({"thumbprint": None, "display_name": "a key: of (one)", "key_id": KEY_ID}, "Skype for Business Online: key id 7c9e6679\u2026"),
        ({"thumbprint": None, "key_id": None}, "Skype for Business Online: key id None"),
    ],
)
def test_the_calendar_tells_a_key_from_the_others_of_its_principal(key: dict[str, Any], about: str) -> None:
    principal = {"app_id": "00000004-0000-0ff1-ce00-000000000000", "display_name": "Skype for Business Online"}
    assert _about(label(principal, key)) == about
    assert _about(label({**principal, "display_name": None}, key)) == about.replace("Skype for Business Online", "00000004\u2026")
    assert _about(principal_label(principal)) == "Skype for Business Online (00000004\u2026)"
    longer = _about(label({**principal, "display_name": "Contoso " * 40}, key))
    assert longer.startswith("Contoso")
    assert longer.endswith(about.partition(": ")[2])
    assert len(longer) <= 60


def _about(subject: str) -> str:
    (audit,) = reports.good()
    audit["audit"]["calendar"] = [{**reports.date(1, "a.b", "warn", "x"), "subject": subject}]
    (row,) = rows(made([audit])["deployments"])
    return row.about


dates = st.lists(
    st.builds(reports.date, st.integers(1, 40), st.sampled_from(["a.b", "c.d", ""]), st.sampled_from(["fail", "warn", "pass"]), st.text()),
    max_size=30,
)


@given(dates)
def test_no_date_is_lost_on_the_way_to_the_page(listed: list[dict[str, Any]]) -> None:
    (audit,) = reports.good()
    audit["audit"]["calendar"] = listed
    (one,) = made([audit])["deployments"]
    assert len(one["calendar"]) == len(listed)
    days = rows([one])
    assert [row.day for row in days] == sorted({date["date"][:10] for date in listed})
    for row in days:
        there = [date for date in one["calendar"] if date["date"].startswith(row.day)]
        assert all(date["what"] in row.what for date in there)
        assert row.state == min((date["status"] for date in there), key=["fail", "warn", "pass"].index)
    told = [line for line in lines({"deployments": [one]}) if line.startswith("  date ")]
    assert len(told) == min(len(days), 5) + (len(days) > 5)


def test_without_dates_the_page_says_so() -> None:
    (audit,) = reports.good()
    del audit["audit"]["calendar"]
    assert "No date was read that changes this verdict." in html(page(made([audit])))


def test_a_report_tells_where_it_comes_from() -> None:
    shape = made(reports.good())
    (one,) = shape["deployments"]
    assert shape["provenance"]["collection"] == yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert shape["provenance"]["ansible_core"] == versions.ansible_core()
    assert one["provenance"] == {
        "servers": ["fe01.contoso.com", "fe02.contoso.com"],
        "signed_in_as": "the client secret of application 0a1b2c3d-0000-4000-8000-000000000001 in tenant contoso.com",
        "auth_source": "client_secret",
        "tenant": "contoso.com",
        "tenant_id": reports.TENANT,
        "began": "2026-11-02T07:59:56Z",
        "seconds": 4,
    }
    shown = dict(cover(shape).provenance)
    assert shown["Tenant"] == f"contoso.com ({reports.TENANT})"
    assert shown["Read in"] == "4 seconds"


def test_what_is_not_known_of_where_it_comes_from_is_null() -> None:
    (unread, _half) = made(reports.unread())["deployments"]
    assert unread["provenance"] == {
        "servers": [],
        **dict.fromkeys(("signed_in_as", "auth_source", "tenant", "tenant_id", "began", "seconds")),
    }


def test_nothing_but_what_is_named_comes_from_the_sign_in() -> None:
    (audit,) = reports.good()
    audit["provenance"] |= {"access_token": "eyJ0eXAiOiAiSldU", "client_secret": "lab~Secret"}
    shape = json.dumps(made([audit]))
    assert "eyJ0" not in shape
    assert "lab~Secret" not in shape


def test_a_long_remedy_is_told_in_its_first_sentences() -> None:
    (audit,) = reports.good()
    sentences = "Run configure. Look at the server. " + "It may take a while. " * 20
    audit["audit"]["findings"] = [reports.finding("names.n", "fail", "high", "It is so", remedy=sentences)]
    (told,) = actions(made([audit])["deployments"])
    assert sentences.startswith(told.remedy)
    assert told.remedy.startswith("Run configure. Look at the server. It may")
    assert told.remedy.endswith("while.")


def test_what_to_do_is_told_however_much_stands_before_it() -> None:
    (audit,) = reports.good()
    lost = f"Set-CsOAuthConfiguration would lose '{'a' * 120}', a value that no other option brings back, and whoever set it needs it."
    does = "Leave it by giving another value (trust_service_name), or have it taken over with trust_takeover: [oauth_configuration]."
    for before in (lost, f"It is so. {lost}", f"{lost} {lost}"):
        audit["obstacle"] = f"{before} {does} Then run it again."
        (told,) = actions(made([audit])["deployments"])
        assert told.remedy.endswith(does), told.remedy
        assert told.remedy != does


def test_no_run_is_named_as_the_remedy_while_it_would_stop() -> None:
    (audit,), remedy = reports.good(), "Run sfb.hybrid_auth.configure, which sets it."
    audit["audit"]["findings"] = [reports.finding("names.n", "fail", "high", "It is so", remedy=remedy)]
    (told,) = actions(made([audit])["deployments"])
    assert told.remedy == remedy
    audit["obstacle"] = "There is another's value."
    (_stops, told) = actions(made([audit])["deployments"])
    assert told.remedy == f"First see to what stops the run. {remedy}"


@given(st.text(), st.integers(2, 50))
def test_a_clipped_text_is_its_begin(value: str, longest: int) -> None:
    short, whole = clipped(value, longest), " ".join(value.split())
    assert len(short) <= longest
    assert short == whole or (short.endswith("\u2026") and whole.startswith(short[:-1]))
