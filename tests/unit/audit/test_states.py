# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each finding of the audit in the lab's states: it passes where everything is right, and says what it is documented to where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import expected as options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.audit import RULES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Rule
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import expectation
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Unread
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES, Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import taking_back
from tests.lab.states import audit as states
from tests.support.findings_page import PAGE, page
from tests.support.play import ROOT

from ..estate import Estate
from ..support import run_action

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*_*.py")} - {"trust_settings"}
# Those of trust_audit that the role has too, under its own names, and what modules call in other words than it.
OPTIONS = {name for name in options.OPTIONS if f"trust_{name}" in VARIABLES and "_" in name} | {"key_id", "remove_expired"}


def audited(state: dict[str, Any], expected: dict[str, Any], workdir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What trust_audit returns of the state."""
    estate = Estate(state, workdir, monkeypatch)
    servers, cloud = estate.everything()
    return run_action(
        "trust_audit",
        {
            "deployment": "contoso",
            "onprem": servers,
            "servers_expected": [entry["name"] for entry in state["deployments"][0]["front_ends"]],
            "cloud": cloud,
            "token": estate.signed_in(),
            "refusals": estate.refusals(principals=cloud),
            "expected": {**states.RIGHT_EXPECTED, **expected},
        },
    )


# Of these no variable and no playbook of the role repairs what is wrong: another's key, a server's own settings, its clock, a store.
BY_HAND = re.compile(
    r"(?:clock|replication|server|sign_in)\..*"
    r"|credential\.(?:weak_key|weak_hash|validity|password|symmetric|several_principals)"
    r"|certificate\.(?:present|same|store|private_key|key_access|chain)|roll\.on_servers|principal\.present|exchange_online\.ews|names\.pool"
)


def assert_the_role_comes_first(rule: str, remedy: str) -> None:
    """A variable or a playbook of the role stands before each module and option of one, or the remedy says that there is none."""
    role = re.search(r"trust_\w+|sfb\.hybrid_auth\.\w+|The role has no variable", remedy)
    for match in re.finditer(r"\w+", remedy):
        if match[0] in MODULES | OPTIONS and not remedy[: match.start()].endswith("sfb.hybrid_auth."):
            assert role and role.start() < match.start(), f"{match[0]}: {remedy}"
    assert set(re.findall(r"\btrust_\w+", remedy)) <= {*VARIABLES, *MODULES}, remedy
    assert role or BY_HAND.fullmatch(rule), f"{rule} names neither a variable nor a playbook of the role: {remedy}"


def statuses(result: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in result["findings"]:
        found.setdefault(finding["id"], set()).add(finding["status"])
    return found


def test_in_the_right_state_every_finding_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = audited(states.right(), {}, tmp_path, monkeypatch)
    assert [finding for finding in result["findings"] if finding["status"] != "pass"] == []
    assert statuses(result) == {name: {"pass"} for name in RULES}
    assert [finding for finding in result["findings"] if not finding["actual"].strip() or finding["actual"].rstrip().endswith(":")] == []
    assert result["compliant"] is True
    assert result["changed"] is False
    assert result["counts"] == {"pass": len(result["findings"]), "fail": 0, "warn": 0, "skip": 0}


@pytest.mark.parametrize("case", states.CASES, ids=lambda case: case.name)
def test_in_the_changed_state_it_is_what_is_documented(case: states.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = audited(case.state(), case.expected, tmp_path, monkeypatch)
    wrong = [finding for finding in result["findings"] if finding["id"] == case.id and finding["status"] == case.status]
    assert wrong, [finding for finding in result["findings"] if finding["id"] == case.id]
    for finding in wrong:
        assert all(finding[name] for name in ("subject", "expected", "actual", "remedy")), finding
        assert finding["heading"] not in (finding["title"], "")
        assert_the_role_comes_first(finding["id"], finding["remedy"])
        assert not set(re.findall(r"\w+", finding["expected"])) & OPTIONS, "the role's variable"
    assert result["compliant"] is not any(finding["status"] == "fail" for finding in result["findings"])


@pytest.mark.parametrize("case", states.UNTOLD, ids=lambda case: case.name)
def test_what_only_an_identifier_says_is_not_checked_with_the_reason(
    case: states.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [one for one in audited(case.state(), case.expected, tmp_path, monkeypatch)["findings"] if one["id"] == case.id]
    held = [one for one in found if not one["subject"].startswith(states.EXCHANGE)]
    assert {one["status"] for one in held} == {"skip"}
    assert all(one["actual"].startswith("not known: ") for one in held)
    if case.id in ("credential.own", "principal.dedicated_application"):
        assert "(key id " in held[0]["actual"] and held[0]["actual"].endswith("remove that key credential by its key id and run configure")


def test_the_policy_for_application_objects_is_that_of_the_dedicated_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.forbid(state, "P90D", "applicationRestrictions")
    found = [one for one in audited(state, {}, tmp_path, monkeypatch)["findings"] if one["id"] == "credential.policy"]
    assert [one["status"] for one in found] == ["pass"] * (len(found) - 1) + ["warn"]
    assert f"The app management policy for application {states.HYBRID}" in found[-1]["actual"]
    assert_the_role_comes_first(found[-1]["id"], found[-1]["remedy"])


def _only(state: dict[str, Any], rule: str, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The headings with which that rule is not right."""
    found = audited(state, {}, workdir, monkeypatch)["findings"]
    return {one["heading"] for one in found if one["id"] == rule and one["status"] in ("fail", "warn")}


@pytest.mark.parametrize(
    ("rule", "change", "heading"),
    [
        ("certificate.in_date", lambda state: states.issuer(state, days=-2), "The certificate has expired"),
        ("certificate.ending_soon", lambda state: states.issuer(state, days=-2), "The certificate has ended"),
        ("certificate.in_date", lambda state: states.issuer(state, not_before=states.at(5), days=300), "The certificate is not yet valid"),
        (
            "oauth_configuration.autodiscover_url",
            lambda state: states.cms(
                state, "oauth_configuration", ExchangeAutodiscoverUrl="http://a.contoso.com/autodiscover/autodiscover.svc"
            ),
            "The farm's URL of Exchange's Autodiscover does not begin with https",
        ),
        (
            "oauth_configuration.autodiscover_url",
            lambda state: states.cms(state, "oauth_configuration", ExchangeAutodiscoverUrl="https://a.contoso.com/ews"),
            "The farm's URL of Exchange's Autodiscover is not that of its service",
        ),
        (
            "oauth_configuration.autodiscover_url",
            lambda state: states.cms(state, "oauth_configuration", ExchangeAutodiscoverUrl=""),
            "The farm does not know where Exchange's Autodiscover is",
        ),
        ("server.build", states._other_build, "The server's build differs from another server's"),
        (
            "certificate.key_access",
            lambda state: states.key_rules(
                state, [*states.key_files.RULES, {"sid": "S-1-1-0", "name": "Everyone", "allow": True, "rights": 1}]
            ),
            "Not only services and administrators can read the certificate's private key",
        ),
        (
            "principal.application_permission",
            lambda state: states.add_application(state, "40000000-0000-4000-8000-000000000000", "Archive"),
            "An application that may open every mailbox has nothing that signs in as it, and nobody named it",
        ),
        (
            "principal.application_permission",
            lambda state: state["tenants"][0]["applications"][-1].update(
                federated_credentials=[
                    {"issuer": "https://sts.fabrikam.com", "subject": "jobs", "audiences": ["api://AzureADTokenExchange"]}
                ]
            ),
            "An application that may open every mailbox has a federated credential of an unknown owner",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_heading_says_which_of_the_wrong_states_it_is(
    rule: str, change: Callable[[dict[str, Any]], object], heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    change(state)
    assert _only(state, rule, tmp_path, monkeypatch) == {heading}


def test_another_applications_name_is_taken_over_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, anothers = states.right(), "12345678-0000-4000-8000-000000000000"
    states.cms(state, "oauth_configuration", ServiceName=anothers)
    found = audited(state, {}, tmp_path, monkeypatch)["findings"]
    (finding,) = [one for one in found if one["id"] == "oauth_configuration.service_name"]
    assert f"trust_takeover: [{anothers}]" in finding["remedy"]
    assert "without which the run stops" in finding["remedy"]


def test_an_autodiscover_url_that_is_to_be_cleared_is_right_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, state = "oauth_configuration.autodiscover_url", states.right()
    expected = expectation.expected(Settings(exchange_autodiscover_url=""), Unread("not asked"))
    clear = {"exchange_autodiscover_url": expected["exchange_autodiscover_url"]}
    assert statuses(audited(state, clear, tmp_path, monkeypatch))[rule] == {"fail"}
    state["deployments"][0]["cms"]["oauth_configuration"]["ExchangeAutodiscoverUrl"] = ""
    assert statuses(audited(state, clear, tmp_path, monkeypatch))[rule] == {"pass"}
    assert statuses(audited(state, {}, tmp_path, monkeypatch))[rule] == {"warn"}
    assert "exchange_autodiscover_url" not in expectation.expected(Settings(), Unread("not asked"))


def test_every_status_of_every_rule_has_a_state() -> None:
    documented = sorted((rule.id, status) for rule in RULES.values() for status in rule.wrong)
    assert sorted((case.id, case.status) for case in states.CASES) == documented


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.support.findings_page"


@pytest.mark.parametrize(("end", "told"), [(-2, "its entry there ended on "), (None, "not there")])
def test_an_entry_of_the_farm_that_ended_is_told_from_one_that_is_not_there(
    end: float | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    keys = states.principal(state, states.SKYPE)["keyCredentials"]
    keys[:] = [{**keys[0], "endDateTime": states.at(end)}] if end else []
    (finding,) = [one for one in audited(state, {}, tmp_path, monkeypatch)["findings"] if one["id"] == "credential.own"]
    assert (finding["status"], finding["actual"].startswith(told)) == ("fail", True), finding
    assert ("does not serve" in finding["heading"]) is (end is not None)


def test_the_farms_certificate_on_the_shared_principal_tells_what_the_other_choice_costs_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = [one for one in states.CASES if (one.id, one.status) == ("credential.shared_own", "warn")]
    (finding,) = [one for one in audited(case.state(), case.expected, tmp_path, monkeypatch)["findings"] if one["id"] == case.id]
    assert finding["remedy"].endswith(taking_back(datetime.now(timezone.utc)))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_has_words_for_the_wrong_state(rule: Rule) -> None:
    for words in (rule.title, rule.otherwise):
        assert words[0].isupper()
        assert words == words.strip(" .?!")
    assert rule.otherwise.lower() != rule.title.lower()
