# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did is told from its plan and from what its tasks returned."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.entry import entry, failure
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.headline import headline
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import VERDICTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Unread,
    check_obstacles,
    unread_obstacles,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.successor import follows, store_arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.support.pages import ROOT

from ..support import run_action

CERTIFICATE = {"thumbprint": "A" * 40, "subject": "CN=contoso.com", "not_after": "2090-01-02T00:00:00Z"}
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
STAGES = "an administrator does that, or sfb.hybrid_auth.rotate with trust_rotation_create"
SKIPPED = {"changed": False, "skipped": True}


def step(name: str, *operations: str, **more: Any) -> dict[str, Any]:
    return {
        "step": name,
        "title": name.title(),
        "changed": bool(operations),
        "operations": list(operations),
        "losses": [],
        "warnings": [],
        **more,
    }


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "deployment": "contoso",
        "lead": "fe01",
        "servers": ["fe01", "fe02"],
        "unchecked": [],
        "tenant": "contoso.com",
        "tenant_id": TENANT,
        "tenant_source": "given",
        "certificate": CERTIFICATE,
        "external_fqdns": ["webext.contoso.com"],
        "names": ["name"],
        "steps": list(steps),
        "expected": {},
        **more,
    }


def test_a_step_that_was_not_due_is_as_planned_and_one_that_ran_as_it_went() -> None:
    planned = plan(step("certificate", "add it", losses=["a key"]), step("names"), warnings=["w"])
    done = {"certificate": {"changed": True, "operations": ["added it"], "warnings": ["v"]}, "names": SKIPPED}
    result = run_action("trust_outcome", {"run": "configure", "plan": planned, "done": done, "token": {"warnings": ["u"]}})
    summary = result["summary"]
    assert [(one["step"], one["changed"], one["operations"], one["losses"]) for one in summary["steps"]] == [
        ("certificate", True, ["added it"], ["a key"]),
        ("names", False, [], []),
    ]
    assert (summary["changed"], summary["warnings"], summary["certificate"]) == (True, ["w", "u", "v"], "A" * 40)
    lines = result["lines"]
    assert lines[:3] == ["changes (1)", "  added it", "  loses: a key"]
    following = f"next: the certificate's successor, staged before 2090-01-01T00:00:00Z; {STAGES}"
    assert lines[3] == following
    head, certificate, names, warnings = lines[-1].split("; ")[0:1] + lines[-1].split("; ")[2:]
    assert (head, lines[-1].split("; ")[1], len(lines)) == ("Deployment contoso: made 1 change", f"tenant {TENANT}", 5)
    assert certificate.startswith(f"certificate {'A' * 40} (CN=contoso.com), ends 2090-01-02T00:00:00Z (in ")
    assert (names, warnings) == ("names webext.contoso.com", "3 warnings, shown above")


def test_a_certificate_that_is_staged_is_said_to_sign_from_its_date_on() -> None:
    staged = {**CERTIFICATE, "effective_date": "2089-01-02T00:00:00Z"}
    said = run_action("trust_outcome", {"run": "configure", "plan": plan(certificate=staged), "done": {}, "token": {}})["lines"]
    assert f"; certificate {'A' * 40} (CN=contoso.com), signs from 2089-01-02T00:00:00Z on (in " in said[-1]
    began = {**CERTIFICATE, "effective_date": "2020-01-02T00:00:00Z"}
    said = run_action("trust_outcome", {"run": "configure", "plan": plan(certificate=began), "done": {}, "token": {}})["lines"]
    assert not [line for line in said if "signs from" in line]


def test_what_a_step_loses_is_said_where_it_is_not_what_the_step_does() -> None:
    lost = "MetadataUrl https://ex.contoso.com/json/1 of partner application microsoft.exchange"
    planned = plan(step("partner_application", "change it", losses=[lost]), step("names", "remove name x", losses=["remove name x"]))
    lines = run_action("trust_outcome", {"run": "configure", "plan": planned}, check_mode=True)["lines"]
    assert lines[:4] == ["changes (2)", "  change it", f"  loses: {lost}", "  remove name x"]
    assert lines[-1].startswith("Deployment contoso: would make 2 changes; ")
    done = {"partner_application": {"changed": False, "operations": []}}
    result = run_action("trust_outcome", {"run": "configure", "plan": planned, "done": done})
    assert [one["losses"] for one in result["summary"]["steps"]] == [[], ["remove name x"]]


def test_nothing_to_change_and_a_tenant_of_the_farms_own_domain_are_said() -> None:
    planned = plan(step("names"), tenant_source="sip_domain", certificate=None)
    lines = run_action("trust_outcome", {"run": "configure", "plan": planned}, check_mode=True)["lines"]
    tenant = f"tenant {TENANT} (none is named, so it is that of contoso.com, the farm's default SIP domain)"
    assert lines == [f"Deployment contoso: nothing to change; {tenant}; names webext.contoso.com; no warnings"]


def test_a_roll_tells_what_was_made_before_what_can_only_be_said() -> None:
    planned = plan(unmade=["add the new one"], upcoming=[], keep=[], certificates=[], certificate=None)
    done = {
        "store": {"changed": True, "operations": ["create it"]},
        "remove": {"results": [{"changed": False, "operations": []}]},
        "add": SKIPPED,
    }
    coming = [
        {"date": "2026-10-02T00:00:00Z", "action": "stage", "text": "B ends on a day", "by": "an administrator"},
        {"date": "2089-12-09T00:00:00Z", "action": "switch", "text": "B signs instead of A", "by": "the farm"},
        {"date": "2089-12-16T00:00:00Z", "action": "remove", "text": "A stays until a day", "by": "sfb.hybrid_auth.rotate"},
        {"date": "2090-12-16T00:00:00Z", "action": "expire", "text": "B expires", "by": None},
    ]
    later = {"upcoming": coming, "warnings": ["soon"], "certificates": [], "certificate": None}
    result = run_action("trust_outcome", {"run": "rotate", "plan": planned, "done": done, "later": later}, check_mode=True)
    assert result["summary"]["operations"] == ["create it", "add the new one"]
    assert result["lines"][:3] == ["does (2)", "  create it", "  add the new one"]
    # What comes, on which day, and who does it.
    assert result["lines"][3:8] == [
        "next (4)",
        "  since 2026-10-02: B ends on a day; an administrator does that",
        "  on 2089-12-09: B signs instead of A; the farm does it by itself",
        "  on 2089-12-16: A stays until a day; sfb.hybrid_auth.rotate removes it",
        "  on 2090-12-16: B expires",
    ]
    first = "due since 2026-10-02: B ends on a day; an administrator does that"
    assert result["lines"][8:] == [f"Deployment contoso: would do 2 things; tenant {TENANT}; {first}; 1 warning, shown above"]
    nothing = plan(unmade=[], upcoming=[], keep=[], certificates=[], certificate=None)
    quiet = run_action("trust_outcome", {"run": "rotate", "plan": nothing, "later": SKIPPED})
    assert quiet["summary"]["changed"] is False
    assert quiet["lines"] == [f"Deployment contoso: nothing was due; tenant {TENANT}; no warnings"]


@pytest.mark.parametrize(("check_mode", "done"), [(False, "did nothing"), (True, "would do nothing")])
def test_a_successor_that_is_due_is_no_day_on_which_nothing_was_due(check_mode: bool, done: str) -> None:
    date = "2026-10-02T00:00:00Z"
    coming = [{"date": date, "action": "stage", "text": "A ends on a day", "by": "an administrator"}]
    row = {"thumbprint": "A", "role": "signs now", "app_ids": [], "since": None, "until": None, "action": "stage", "date": date}
    planned = plan(unmade=[], upcoming=coming, keep=[], certificates=[row], certificate=None)
    lines = run_action("trust_outcome", {"run": "rotate", "plan": planned, "later": SKIPPED}, check_mode=check_mode)["lines"]
    assert lines[-2].endswith("  since 2026-10-02: its successor is due")
    due = "due since 2026-10-02: A ends on a day; an administrator does that"
    assert lines[-1] == f"Deployment contoso: {done}; tenant {TENANT}; {due}; no warnings"
    assert f"`{done}`" in (ROOT / "docs" / "configure.md").read_text(encoding="utf-8")


def test_the_page_says_what_each_run_comes_to() -> None:
    text = (ROOT / "docs" / "configure.md").read_text(encoding="utf-8")
    rows = {name: re.findall(r"`([a-z][^`]+)`", cell) for name, cell in re.findall(r"^\| `(\w+)`.*? \| (`[^|]+) \|$", text, re.MULTILINE)}
    headings: set[str] = set()
    for run, step_name, count in (("configure", "names", 7), ("rotate", "add", 2), ("remove", "names", 7)):
        made = [f"thing {number}" for number in range(count)]
        coming = [{"date": "2089-12-09T00:00:00Z", "action": "expire", "text": "B expires", "by": None}] * 5
        left = [{"what": "a name", "why": "it is another's"}] * 3
        more: dict[str, Any] = {"unmade": [], "upcoming": coming, "keep": [], "certificates": [], "left": left}
        due = {"run": run, "plan": plan(step("names", *made), **more), "done": {step_name: {"changed": True, "operations": made}}}
        results = [
            run_action("trust_outcome", due),
            run_action("trust_outcome", {"run": run, "plan": plan(**more)}),
            run_action("trust_outcome", due, check_mode=True),
        ]
        assert [one["lines"][-1].partition(": ")[2].partition("; ")[0] for one in results] == rows[run]
        headings |= {line for one in results for line in one["lines"]}
    named = re.findall(r"`([a-z]+ \(\d\))`", text)
    assert len(named) == 5
    assert set(named) <= headings
    compliant, not_compliant, incomplete = (headline(verdict, {}).lower() for verdict in VERDICTS)
    assert rows["audit"] == [compliant, headline("compliant", {"high": 3}).lower(), not_compliant, incomplete]


def test_a_removal_tells_what_went_and_what_stays() -> None:
    planned = plan(left=[{"what": "a name", "why": "it is another's"}])
    done = {"names": {"changed": True, "operations": ["remove x"]}}
    result = run_action("trust_outcome", {"run": "remove", "plan": planned, "done": done})
    assert result["lines"] == [
        "removes (1)",
        "  remove x",
        "keeps (1)",
        "  a name: it is another's",
        f"Deployment contoso: removed 1 thing; tenant {TENANT}; keeps 1; no warnings",
    ]
    assert result["summary"]["changed"] is True
    foreseen = run_action("trust_outcome", {"run": "remove", "plan": planned, "done": done}, check_mode=True)["lines"]
    confirmed = "next: the same without --check and with trust_remove_confirm: contoso, or nothing is removed"
    closing = f"Deployment contoso: would remove 1 thing; tenant {TENANT}; keeps 1; no warnings"
    assert foreseen == [*result["lines"][:-1], confirmed, closing]
    wrong = run_action("trust_outcome", {"run": "remove", "plan": {}})
    assert "it lacks" in wrong["msg"]


def test_a_switch_tells_what_was_done_and_where_clients_are_sent_then() -> None:
    planned = plan(
        step("oauth_configuration", "clear it", losses=["a setting"]), step("names"), state="absent", server="evoSTS", clients=None, left=[]
    )
    done = {"oauth_configuration": {"changed": True, "operations": ["cleared it"]}, "names": SKIPPED}
    options = {"run": "modern_authentication", "plan": planned, "done": done}
    result = run_action("trust_outcome", options)
    assert (result["summary"]["changed"], result["summary"]["clients"]) == (True, None)
    closing = f"Deployment contoso: made 1 change; tenant {TENANT}; clients sent to no OAuth server; no warnings"
    assert result["lines"] == ["changes (1)", "  cleared it", "  loses: a setting", closing]
    left = [{"what": "a name", "why": "it is another's"}]
    on = {**planned, "steps": [], "state": "present", "clients": "evoSTS", "left": left, "warnings": ["w"], "tenant_id": None}
    assert run_action("trust_outcome", {**options, "plan": on}, check_mode=True)["lines"] == [
        "keeps (1)",
        "  a name: it is another's",
        "Deployment contoso: nothing to change; tenant not known; clients sent to OAuth server evoSTS; names name; 1 warning, shown above",
    ]
    assert "it lacks 'left'" in run_action("trust_outcome", {**options, "plan": plan(state="absent", server="x", clients=None)})["msg"]


def test_which_certificate_comes_into_the_store_and_which_follows() -> None:
    pfx = store_arguments(Settings(rotation_create="pfx", rotation_pfx_path="next.pfx"))
    assert (pfx["source"], pfx["pfx_path"]) == ("pfx", "next.pfx")
    made = store_arguments(Settings(rotation_create="self_signed"))
    assert (made["source"], made["key_size"]) == ("self_signed", 2048)
    signing = {"current": CERTIFICATE, "next": None, "previous": None}
    assert not follows(None, signing)
    assert not follows(CERTIFICATE, signing)
    assert not follows({"thumbprint": "B" * 40, "not_after": "2080-01-01T00:00:00Z"}, signing)
    assert follows({"thumbprint": None, "not_after": "2091-01-01T00:00:00Z"}, signing)


def reported(**registered: Any) -> dict[str, Any]:
    deployment = Deployment(
        "contoso", "fe01", ("fe01", "fe02"), ("fe03", "fe04"), {"fe01": {"server": {}}, "fe02": Unread("gone.")}, ("fe03",)
    )
    return entry(deployment, registered, "2026-11-01T00:00:00Z")


def test_an_entry_of_the_report_has_what_was_read_and_why_the_rest_was_not() -> None:
    obstacles = [{"subject": "fe02", "message": "gone."}, {"subject": "plan", "message": "stop."}]
    made = reported(
        plan=plan(step("names", "x"), step("account"), obstacles=obstacles),
        audit={"findings": []},
        token={"msg": "refused", "failed": True},
    )
    assert [one["subject"] for one in made["errors"]] == ["fe02", "tenant"]
    assert (made["obstacle"], made["unchecked"], [one["step"] for one in made["differences"]]) == ("stop.", ["fe04"], ["names"])
    assert "cloud" not in made
    broken = reported(plan={"failed": True, "msg": "damaged"})
    assert {"subject": "audit", "message": "damaged."} in broken["errors"]


def test_a_server_that_was_not_read_is_named_once() -> None:
    told = {"fe01": Unread("fe01: Import-Module failed."), "fe02": Unread("fe02 could not be reached.")}
    made = entry(Deployment("contoso", "fe01", ("fe01", "fe02"), (), told, ()), {}, "2026-11-01T00:00:00Z")
    first, second, *_others = made["errors"]
    assert first == {"subject": "fe01", "message": "Import-Module failed."}
    assert second == {"subject": "fe02", "message": "fe02 could not be reached."}
    said = failure({"deployment": "contoso", "counts": {}, "errors": [first, second]}, "never")
    assert said == ("Deployment contoso could not be audited as a whole. fe01: Import-Module failed. fe02 could not be reached.")


def test_a_server_that_was_not_reached_says_what_to_do_next() -> None:
    told = {"fe01": Unread("fe01: Import-Module failed. Install it."), "fe02": Unread("fe02 could not be reached: refused.", True)}
    deployment = Deployment("contoso", "fe01", ("fe01", "fe02"), (), told, ())
    made = entry(deployment, {}, "2026-11-01T00:00:00Z")
    said = str(failure({"deployment": "contoso", "counts": {}, "errors": made["errors"][:2]}, "never"))
    do = "Make fe02 reachable (does it run, does its listener answer Test-WSMan, is a firewall between), or "
    without = "take it out of the inventory and of trust_front_ends where it is gone for good."
    assert said.endswith(f"fe01: Import-Module failed. Install it. fe02 could not be reached: refused. {do}{without}")
    with pytest.raises(HybridAuthError) as stopped:
        check_obstacles("contoso", unread_obstacles(deployment))
    assert str(stopped.value).endswith(f"{do}leave it out with --limit where it is gone for good.")


def test_what_an_earlier_audit_of_the_play_left_is_not_reported_where_this_one_did_not_get_so_far() -> None:
    damaged = {"failed": True, "msg": "damaged"}
    left = {"audit": {"findings": ["old"]}, "proof": {"accepted": True}}
    assert {"audit", "proof"} & set(reported(plan=damaged, **left)) == set()
    assert {"audit", "proof"} & set(reported(plan=plan(obstacles=[]), **{**left, "audit": damaged})) == set()
    assert {"audit", "proof"} & set(reported(plan=plan(obstacles=[]), **left)) == {"audit", "proof"}


@pytest.mark.parametrize(
    ("fail_on", "part"), [("never", None), ("fail", "1 failed"), ("difference", "a run would change Names"), ("warn", "2 warnings")]
)
def test_why_an_audit_fails_follows_from_what_it_is_to_fail_on(fail_on: str, part: str | None) -> None:
    conclusion = {
        "deployment": "contoso",
        "verdict": "not_compliant",
        "counts": {"fail": 1, "warn": 2},
        "errors": [],
        "unchecked": [],
        "differences": [{"title": "Names"}],
        "obstacle": None,
    }
    said = failure(conclusion, fail_on)
    assert said is None if part is None else part in str(said)
    assert said is None or str(said).endswith("The report names each; sfb.hybrid_auth.configure makes the changes.")
    assert "could not be audited as a whole" in str(failure({**conclusion, "errors": [{"subject": "fe02", "message": "gone"}]}, "never"))


def test_an_audit_that_could_not_tell_what_the_verdict_hangs_on_fails_where_a_failed_finding_would() -> None:
    nothing: dict[str, Any] = {"counts": {"fail": 0, "warn": 0}, "errors": [], "unchecked": [], "differences": [], "obstacle": None}
    for verdict, fail_on, part in (("incomplete", "fail", "is not known"), ("incomplete", "never", None), ("compliant", "warn", None)):
        said = failure({"deployment": "contoso", "verdict": verdict, **nothing}, fail_on)
        assert said is None if part is None else part in str(said)


@pytest.mark.parametrize("fail_on", ["fail", "difference"])
def test_where_a_run_would_stop_an_audit_that_fails_says_what_stops_it_and_not_that_a_run_helps(fail_on: str) -> None:
    obstacle = "A run would lose what looks like another's: realm x. Leave it, or have it taken over with trust_takeover: [microsoft.sts]."
    conclusion = {
        "deployment": "contoso",
        "verdict": "not_compliant",
        "counts": {"fail": 1, "warn": 0},
        "errors": [],
        "unchecked": [],
        "differences": [{"title": "OAuth server"}],
        "obstacle": obstacle,
    }
    said = str(failure(conclusion, fail_on))
    assert said.count(obstacle) == 1
    assert said.endswith(f"The report names each. A run of sfb.hybrid_auth.configure would stop before its first change: {obstacle}")
    assert "makes the changes" not in said
    assert ("a run would change OAuth server once nothing stops it" in said) is (fail_on == "difference")
