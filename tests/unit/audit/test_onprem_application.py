# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On-premises Exchange and SharePoint among the partner applications: told apart from strangers, and compared with what is wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import pack, unpack
from tests.lab.scenarios import ONPREM_EXCHANGE, onprem_exchange
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action
from .test_states import audited

SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
WANTED, METADATA, OTHERS = (f"partner_application.{slug}" for slug in ("onprem", "onprem_metadata", "others_full_trust"))
EXCHANGE_WANTED = {"product": "exchange", "metadata_url": ONPREM_EXCHANGE}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Status and actual state of a rule's findings by their subjects, with these partner applications beside Exchange Online."""

    def told(rule: str, *applications: dict[str, Any], wanted: tuple[dict[str, Any], ...] = ()) -> dict[str, tuple[str, str]]:
        state = states.right()
        states.farm(state)["cms"]["partner_applications"] += applications
        result = audited(state, {"onprem_applications": list(wanted)}, tmp_path, monkeypatch)
        return {
            one["subject"].removeprefix("partner application "): (one["status"], one["actual"])
            for one in result["findings"]
            if one["id"] == rule
        }

    return told


def test_documented_products_are_known_by_id_and_metadata(found: Any) -> None:
    sharepoint = onprem_exchange("http://sharepoint.contoso.com/_layouts/15/metadata/json/1", "sp", ApplicationIdentifier=SHAREPOINT)
    through_server = states.application("Other", SHAREPOINT)
    stranger = onprem_exchange(ONPREM_EXCHANGE, "stranger", ApplicationIdentifier=states.CLIENT)
    there = (onprem_exchange(), sharepoint, through_server, stranger)
    others = found(OTHERS, *there)
    assert {name: status for name, (status, _actual) in others.items()} == {
        "Exchange": "pass",
        "sp": "pass",
        "Other": "warn",
        "stranger": "warn",
    }
    assert others["Exchange"][1].endswith(f"the on-premises Exchange by {ONPREM_EXCHANGE}")
    # Without TLS whoever is on the way gives the keys.
    assert {name: status for name, (status, _actual) in found(METADATA, *there).items()} == {"Exchange": "pass", "sp": "warn"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("contoso.com", "pass"),
        ("mail.EU.contoso.com", "pass"),
        ("notcontoso.com", "warn"),
        ("contoso.com.fabrikam.com", "warn"),
        ("fabrikam.com", "warn"),
        ("mail.contoso.com.", "pass"),
        ("mail.contoso.com:8443", "pass"),
        ("fabrikam.com\\.contoso.com", "warn"),
        ("fabrikam.com\\@mail.contoso.com", "warn"),
        ("reader@mail.contoso.com", "warn"),
        ("contoso.com:x@fabrikam.com", "warn"),
    ],
)
def test_metadata_comes_from_a_host_of_the_farms_domains(found: Any, host: str, status: str) -> None:
    (finding,) = found(METADATA, onprem_exchange(f"https://{host}/autodiscover/metadata/json/1")).values()
    assert finding[0] == status


def test_a_password_in_a_metadata_url_is_in_nothing_that_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, url = states.right(), "https://reader:pa55w0rd@mail.contoso.com/autodiscover/metadata/json/1"
    states.farm(state)["cms"]["partner_applications"].append(onprem_exchange(url))
    states.cms(state, "oauth_servers", MetadataUrl=url)
    servers, cloud = Estate(state, tmp_path, monkeypatch).everything()
    options = {"deployment": "contoso", "onprem": servers, "cloud": cloud, "expected": states.RIGHT_EXPECTED}
    result = run_action("trust_audit", options)
    (finding,) = [one for one in result["findings"] if one["id"] == METADATA]
    shown = f"{url.replace('pa55w0rd', '********')}, which holds a user name or password"
    assert (finding["status"], finding["actual"]) == ("warn", shown)
    assert finding["expected"].endswith(", without a user name or password")
    assert not [one for one in (servers, result, unpack(pack([{"actual": url}]))) if "pa55w0rd" in json.dumps(one)]
    assert {"oauth_server.metadata_url"} <= {one["id"] for one in result["findings"] if one["status"] == "fail"}


def test_the_wanted_url_may_be_at_any_host(found: Any) -> None:
    url = "https://autodiscover.fabrikam.com/autodiscover/metadata/json/1"
    wanted = ({**EXCHANGE_WANTED, "metadata_url": url},)
    for rule in (WANTED, METADATA):
        assert found(rule, onprem_exchange(url.upper().replace("HTTPS", "https")), wanted=wanted)["Exchange"][0] == "pass"
    assert "Exchange" not in found(OTHERS, onprem_exchange(url), wanted=wanted)


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({}, "pass", "enabled, trust level Full"),
        ({"Enabled": False}, "fail", "disabled"),
        ({"ApplicationTrustLevel": "User"}, "fail", "trust level User"),
        ({"ApplicationIdentifier": SHAREPOINT}, "fail", SHAREPOINT),
        ({"AuthToken": {"type": "Settings.SSAuth.UseOAuthServer", "value": None}}, "fail", "the OAuth server"),
        ({"AuthToken": {"type": "Settings.SSAuth.MetadataUrl", "value": "https://mail.contoso.com/"}}, "fail", "https://mail.contoso.com/"),
        ({"ApplicationTrustLevel": ""}, "skip", "not known"),
    ],
)
def test_what_is_wanted_is_compared_in_all_its_settings(found: Any, changed: dict[str, Any], status: str, told: str) -> None:
    actual = found(WANTED, onprem_exchange(**changed), wanted=(EXCHANGE_WANTED,))["Exchange"]
    assert (actual[0], told in actual[1]) == (status, True), actual


def test_what_was_not_read_is_not_judged() -> None:
    result = run_action("trust_audit", {"deployment": "contoso", "onprem": [{"management_module": "x"}], "expected": {}})
    assert {one["status"] for one in result["findings"] if one["id"] in (WANTED, METADATA)} == {"skip"}


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ([{"product": "exchange", "metadata_url": "http://mail.contoso.com/"}], "expected.onprem_applications.metadata_url"),
        ([EXCHANGE_WANTED, {**EXCHANGE_WANTED, "name": "two"}], "a product is there twice"),
        ([{"product": "exchange"}], "metadata_url"),
    ],
)
def test_what_is_not_usable_is_refused(wanted: list[dict[str, Any]], problem: str) -> None:
    result = run_action("trust_audit", {"deployment": "contoso", "onprem": [], "expected": {"onprem_applications": wanted}})
    assert result["failed"]
    assert problem in result["msg"]
