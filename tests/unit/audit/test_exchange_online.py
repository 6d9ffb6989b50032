# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the end of Exchange Web Services means for a deployment, by the date of the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import credential_shared, exchange_online, expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import ALLOW_LIST, END, SHARED_BLOCKED
from tests.lab.states import audit as states

from ..estate import Estate

DEFAULTS = {name: option.get("default") for name, option in expected.OPTIONS.items()}
ON_PREMISES = "https://exchange.contoso.com/autodiscover/autodiscover.svc"
DEDICATED = "10000000-0000-4000-8000-000000000000"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("now", "moves"), [(END.begins - SECOND, True), (END.begins, False)])
def test_nobody_is_sent_to_a_dedicated_application_that_ended_too(
    now: datetime, moves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = [one for one in states.CASES if (one.id, one.status) == ("credential.shared_own", "warn")]
    servers, cloud = Estate(case.state(), tmp_path, monkeypatch).everything()
    farms = servers[0]["signing"]["current"]
    for one in (farms, *(key for principal in cloud["service_principals"] for key in principal["key_credentials"])):
        one.update({name: "2029-01-01T00:00:00Z" for name in ("end", "not_after") if name in one})
    wanted = expected.expected({**DEFAULTS, **case.expected})
    (own,) = [one for one in credential_shared.check(facts("contoso", servers, [], cloud, wanted, now)) if one.id == case.id]
    assert ("Move to a dedicated application" in own.remedy) is moves
    assert "et trust_exchange_credential to false" in own.remedy


@pytest.mark.parametrize("subject", ["CN=fabrikam", "CN=Microsoft Exchange Server Auth Certificate"])
@pytest.mark.parametrize(("now", "moves"), [(END.begins - SECOND, True), (END.begins, False)])
def test_owners_of_other_keys_are_not_sent_there_either(
    now: datetime, moves: bool, subject: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = [one for one in states.CASES if (one.id, one.status) == ("credential.shared_foreign", "warn")]
    servers, cloud = Estate(case.state(), tmp_path, monkeypatch).everything()
    for one in (key for principal in cloud["service_principals"] for key in principal["key_credentials"]):
        one.update(end="2029-01-01T00:00:00Z", subject=subject)
    wanted = expected.expected({**DEFAULTS, **case.expected})
    found = [one for one in credential_shared.check(facts("contoso", servers, [], cloud, wanted, now)) if one.id == case.id]
    assert found
    for one in found:
        assert ("to move to a dedicated application" in one.remedy or "moved to its own dedicated application" in one.remedy) is moves
        assert (f"ended on {END.day} for every application" in one.remedy) is not moves
        assert ("Hybrid Configuration Wizard" in one.remedy) is ("Exchange" in subject)
        assert one.remedy.endswith(" then.")


@pytest.fixture(scope="module")
def lead(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        servers, _cloud = Estate(states.right(), tmp_path_factory.mktemp("right"), monkeypatch).everything()
    found: dict[str, Any] = servers[0]
    return found


def judged(lead: dict[str, Any], now: datetime, url: str | None = ON_PREMISES, **options: Any) -> Finding:
    there = {**lead, "oauth_configuration": {**lead["oauth_configuration"], "exchange_autodiscover_url": url}}
    wanted = expected.expected({**DEFAULTS, "exchange_credential": False, **options})
    (finding,) = exchange_online.check(facts("contoso", [there], [], None, wanted, now))
    return finding


@pytest.mark.parametrize(
    ("now", "shared", "other"),
    [
        (SHARED_BLOCKED.begins - SECOND, "medium", "medium"),
        (SHARED_BLOCKED.begins, "high", "medium"),
        (ALLOW_LIST.begins - SECOND, "high", "medium"),
        (ALLOW_LIST.begins, "high", "high"),
        (END.begins - SECOND, "high", "high"),
        (END.begins, "critical", "critical"),
    ],
    ids=str,
)
def test_the_severity_is_that_of_the_day(lead: dict[str, Any], now: datetime, shared: str, other: str) -> None:
    assert judged(lead, now, exchange_credential=True).severity == shared
    for options in ({"url": states.ONLINE}, {"exchange_credential": True, "exchange_application_id": DEDICATED}):
        assert judged(lead, now, **options).severity == other
    assert judged(lead, now, exchange_credential=True).status == "warn"


@pytest.mark.parametrize(
    ("now", "options", "says", "silent"),
    [
        (SHARED_BLOCKED.begins - SECOND, {"exchange_credential": True}, "shared principal is refused from 31 October 2025 on", "let in"),
        (SHARED_BLOCKED.begins, {"exchange_credential": True}, "refuse what comes through it since 31 October 2025", "10 October 2026"),
        (ALLOW_LIST.begins, {"exchange_credential": True}, "not on the tenant's list since 10 October 2026", "let in only"),
        (ALLOW_LIST.begins - SECOND, {"url": states.ONLINE}, "the tenant's list counts from 10 October 2026 on", "shared"),
        (ALLOW_LIST.begins, {"url": states.ONLINE}, "since 10 October 2026 they let in only applications on the tenant's list", "shared"),
        (END.begins - timedelta(days=123), {"url": states.ONLINE}, "they end in 123 days, on 1 April 2027", "ended"),
        (END.begins, {"url": states.ONLINE}, "they ended on 1 April 2027", "they end in"),
        (END.begins, {"exchange_credential": True}, "they ended on 1 April 2027", "they end in"),
    ],
)
def test_it_says_what_is_so_on_that_day(lead: dict[str, Any], now: datetime, options: dict[str, Any], says: str, silent: str) -> None:
    finding = judged(lead, now, **options)
    assert says in finding.actual
    assert silent not in finding.actual


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"exchange_credential": True}, "Set trust_exchange_credential to false"),
        ({"url": states.ONLINE}, "trust_exchange_autodiscover_url: clear"),
        ({"dedicated_application": "SfB Hybrid"}, "take trust_dedicated_application out of the settings"),
    ],
)
def test_what_is_to_be_given_up_is_what_the_options_or_the_farm_have(lead: dict[str, Any], options: dict[str, Any], remedy: str) -> None:
    finding = judged(lead, END.begins, **options)
    assert remedy in finding.remedy
    assert ("trust_exchange_credential" in finding.remedy) is ("exchange_credential" in options)


def test_which_id_belongs_on_the_list_is_not_guessed(lead: dict[str, Any]) -> None:
    finding = judged(lead, ALLOW_LIST.begins, states.ONLINE)
    assert "-EwsAllowedAppIDs" in finding.remedy
    assert "is not documented" in finding.remedy
    assert not any(app_id in finding.remedy for app_id in (states.SKYPE, states.EXCHANGE))


def test_a_dedicated_application_ends_with_them_too(lead: dict[str, Any]) -> None:
    for url in (ON_PREMISES, None):
        for now, severity in ((ALLOW_LIST.begins - SECOND, "medium"), (ALLOW_LIST.begins, "high"), (END.begins, "critical")):
            finding = judged(lead, now, url, dedicated_application="SfB Hybrid")
            assert (finding.status, finding.severity) == ("warn", severity)
            assert finding.actual.startswith("the farm is to have the dedicated application SfB Hybrid: ")
            assert "shared" not in finding.actual


def test_without_a_way_to_exchange_online_it_passes_on_every_day(lead: dict[str, Any]) -> None:
    for now in (SHARED_BLOCKED.begins, ALLOW_LIST.begins, END.begins):
        for url in (ON_PREMISES, None, ""):
            assert (judged(lead, now, url).status, judged(lead, now, url).severity) == ("pass", "medium")


def test_an_address_that_was_not_read_is_not_known(lead: dict[str, Any]) -> None:
    configuration = {name: value for name, value in lead["oauth_configuration"].items() if name != "exchange_autodiscover_url"}
    wanted = expected.expected({**DEFAULTS, "exchange_credential": False})
    for there in ({**lead, "oauth_configuration": configuration}, {**lead, "oauth_configuration": None}):
        (finding,) = exchange_online.check(facts("contoso", [there], [], None, wanted, END.begins))
        assert (finding.status, finding.actual.startswith("not known: ")) == ("skip", True)
