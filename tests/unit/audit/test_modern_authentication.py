# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of hybrid modern authentication: off, on and whole, and each thing that clients would lack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action
from .test_states import audited

RULE = "names.modern_authentication"
ADFS = "https://sts.contoso.com/FederationMetadata/2007-06/FederationMetadata.xml"
ACS = f"https://accounts.accesscontrol.windows.net/{states.TENANT}/metadata/json/1"
State = dict[str, Any]
Judge = Callable[[State], list[dict[str, Any]]]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """What the audit finds in a state that does not pass."""

    def wrong(state: State) -> list[dict[str, Any]]:
        return [one for one in audited(state, {}, tmp_path, monkeypatch)["findings"] if one["status"] != "pass"]

    return wrong


def diagnostic_is_content(state: State) -> bool:
    """What RDCheckModernAuth of Microsoft's diagnostic takes for right, without what it asks of hosting providers."""
    cms = states.farm(state)["cms"]
    issued = any(one.get("IssuerIdentifier") == "sts.windows.net" for one in cms["oauth_servers"])
    return issued and str(cms["oauth_configuration"].get("ClientAuthorizationOAuthServerIdentity") or "").lower() == "evosts"


def test_it_may_be_off_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = [one for one in audited(states.right(), {}, tmp_path, monkeypatch)["findings"] if one["id"] == RULE]
    assert (finding["status"], finding["actual"]) == ("pass", "off: clients are not sent to the tenant")


def test_where_it_is_on_and_whole_every_rule_passes(judge: Judge) -> None:
    state = states.right()
    states.modern(state)
    assert judge(state) == []
    assert diagnostic_is_content(state)


def test_it_is_whole_with_the_tenants_own_metadata_and_in_any_letter_case(judge: Judge) -> None:
    state = states.right()
    states.modern(state, Type="AzureAd", MetadataUrl=states.FEDERATION_METADATA.replace("common", states.TENANT))
    states.cms(state, "oauth_configuration", ClientAuthorizationOAuthServerIdentity="EVOSTS")
    listed = states.principal(state, states.SKYPE)["servicePrincipalNames"]
    listed[:] = [name.upper() if name in states.CLIENT_NAMES else name for name in listed]
    assert judge(state) == []


@pytest.mark.parametrize("name", states.CLIENT_NAMES)
def test_each_name_that_is_missing_is_named(judge: Judge, name: str) -> None:
    state = states.right()
    states.modern(state)
    states.principal(state, states.SKYPE)["servicePrincipalNames"].remove(name)
    (finding,) = judge(state)
    assert (finding["id"], finding["status"], finding["subject"]) == (RULE, "fail", name)
    assert "missing" in finding["actual"]


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"Type": "ADFS", "MetadataUrl": ADFS, "IssuerIdentifier": "http://sts.contoso.com/adfs/services/trust"}, "its type is ADFS"),
        ({"IssuerIdentifier": "https://sts.contoso.com/"}, "its issuer is https://sts.contoso.com/"),
        ({"AcceptSecurityIdentifierInformation": False}, "does not accept security identifiers"),
        ({"MetadataUrl": states.FEDERATION_METADATA.replace("common", states.OTHER_TENANT)}, "is another tenant's or service's"),
        ({"MetadataUrl": None}, "it has no metadata URL"),
        ({"MetadataUrl": states.FEDERATION_METADATA.replace("https", "http")}, "is no https URL"),
        ({"MetadataUrl": states.FEDERATION_METADATA.replace("https", "http").replace("common", states.TENANT)}, "is no https URL"),
        (
            {"MetadataUrl": states.FEDERATION_METADATA.replace("common", "organizations")},
            f"is not {states.FEDERATION_METADATA}, which Microsoft documents",
        ),
        ({"MetadataUrl": states.FEDERATION_METADATA.replace("windows.net", "microsoftonline.us")}, "is another cloud's"),
        ({"MetadataUrl": ACS}, f"its metadata URL ({ACS}) is that of the trust between servers"),
    ],
)
def test_an_oauth_server_that_lets_no_client_in_fails(judge: Judge, changed: dict[str, Any], part: str) -> None:
    state = states.right()
    states.modern(state, **changed)
    (finding,) = [one for one in judge(state) if one["id"] == RULE]
    assert (finding["status"], finding["subject"]) == ("fail", "OAuth server evoSTS")
    assert part in finding["actual"]
    assert "trust_takeover: [evoSTS]" in finding["remedy"]
    assert diagnostic_is_content(state) is (changed.get("IssuerIdentifier") is None)


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        (
            {"MetadataUrl": f"https://login.windows.net/{states.TENANT}/.well-known/openid-configuration"},
            "is not the federation metadata that Microsoft documents",
        ),
        ({"AcceptSecurityIdentifierInformation": None}, "whether it accepts security identifiers was not read"),
    ],
)
def test_what_is_not_known_of_the_oauth_server_is_not_checked(judge: Judge, changed: dict[str, Any], part: str) -> None:
    state = states.right()
    states.modern(state, **changed)
    (finding,) = [one for one in judge(state) if one["id"] == RULE]
    assert (finding["status"], finding["subject"]) == ("skip", "OAuth server evoSTS")
    assert part in finding["actual"]


@pytest.mark.parametrize("value", ["webext.contoso.com:4443", "web\u00e9xt.contoso.com"])
def test_a_name_of_the_topology_that_the_tenant_cannot_know_fails(judge: Judge, value: str) -> None:
    state = states.right()
    states.modern(state)
    states.farm(state)["cms"]["web_services"][0]["ExternalFqdn"] = value
    pool = states.farm(state)["cms"]["web_services"][0]["PoolFqdn"]
    (finding,) = [one for one in judge(state) if one["id"] == RULE]
    assert (finding["status"], finding["subject"]) == ("fail", pool)
    assert f"external Web services FQDN {value!r}" in finding["actual"]


def test_a_topology_without_web_services_is_skipped(judge: Judge) -> None:
    state = states.right()
    states.modern(state)
    states.farm(state)["cms"]["web_services"].clear()
    (finding,) = [one for one in judge(state) if one["id"] == RULE]
    assert (finding["status"], finding["actual"]) == ("skip", "not known: the topology has no Web services")


def test_without_the_principal_the_remedy_creates_it_first(judge: Judge) -> None:
    state = states.right()
    states.modern(state)
    state["tenants"][0]["service_principals"].remove(states.principal(state, states.SKYPE))
    found = [one for one in judge(state) if one["id"] == RULE]
    assert [one["subject"] for one in found] == states.CLIENT_NAMES
    assert {one["actual"] for one in found} == {f"the tenant has no service principal {states.SKYPE}"}
    assert f"Create it with 'az ad sp create --id {states.SKYPE}'" in found[0]["remedy"]


@pytest.mark.parametrize("told", ["NoOverride", "Allowed"])
def test_clients_that_are_kept_from_the_tenant_although_they_are_sent_there_fail(told: str, judge: Judge) -> None:
    state = states.right()
    states.cms(state, "oauth_configuration", ClientAdalAuthOverride="Disallowed")
    assert judge(state) == []
    states.modern(state)
    (finding,) = judge(state)
    assert (finding["id"], finding["status"], finding["subject"]) == (RULE, "fail", "ClientAdalAuthOverride")
    assert "kept from modern authentication" in finding["heading"]
    states.cms(state, "oauth_configuration", ClientAdalAuthOverride=told)
    assert judge(state) == []


def test_an_override_that_the_procedure_leaves_alone_passes_and_says_that_the_pages_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    states.modern(state)
    (finding,) = [one for one in audited(state, {}, tmp_path, monkeypatch)["findings"] if one["subject"] == "ClientAdalAuthOverride"]
    assert finding["status"] == "pass"
    assert finding["actual"].startswith("NoOverride: Microsoft's overview")


def test_a_switch_to_a_server_that_is_not_there_fails(judge: Judge) -> None:
    state = states.right()
    states.modern(state)
    states.farm(state)["cms"]["oauth_servers"].pop()
    (finding,) = judge(state)
    assert (finding["subject"], finding["actual"]) == ("OAuth server evoSTS", "not there, although clients are sent to it")
    assert not diagnostic_is_content(state)


def test_a_server_that_clients_are_not_sent_to_is_only_prepared(judge: Judge) -> None:
    state = states.right()
    states.modern(state, names=False)
    states.cms(state, "oauth_configuration", ClientAuthorizationOAuthServerIdentity="")
    assert judge(state) == []


@pytest.mark.parametrize("part", ["Get-CsOAuthConfiguration", "Get-CsOAuthServer", "Get-CsService"])
def test_what_was_not_read_is_skipped_and_never_passes(judge: Judge, part: str) -> None:
    state = states.right()
    states.modern(state)
    states.farm(state)["front_ends"][0]["lacks"] = [part]
    found = [one for one in judge(state) if one["id"] == RULE]
    assert {one["status"] for one in found} == {"skip"}
    assert "Cmdlet" in found[0]["actual"] or part in found[0]["actual"]


def test_the_metadata_that_is_given_is_what_the_audit_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.modern(state)
    given = states.FEDERATION_METADATA.replace("common", states.TENANT)
    found = audited(state, {"modern_authentication_metadata_url": given}, tmp_path, monkeypatch)["findings"]
    (finding,) = [one for one in found if one["id"] == RULE and one["status"] != "pass"]
    said = "which trust_modern_authentication_metadata_url gives"
    assert finding["actual"] == f"its metadata URL ({states.FEDERATION_METADATA}) is not {given}, {said}"
    assert finding["remedy"].startswith("Run sfb.hybrid_auth.modern_authentication, with trust_takeover: [evoSTS]")


def test_a_server_that_the_role_does_not_name_is_not_said_to_be_corrected_by_a_run_without_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    states.modern(state, Identity="other", Name="other")
    states.cms(state, "oauth_configuration", ClientAuthorizationOAuthServerIdentity="other")
    given = states.FEDERATION_METADATA.replace("common", states.TENANT)
    found = audited(state, {"modern_authentication_metadata_url": given}, tmp_path, monkeypatch)["findings"]
    (finding,) = [one for one in found if one["id"] == RULE and one["status"] != "pass"]
    assert "a run would set" not in finding["actual"]
    assert finding["remedy"].startswith(
        "Run sfb.hybrid_auth.modern_authentication with trust_modern_authentication_server: other, which corrects this server, or with "
        "trust_takeover: [other]"
    )


def test_a_tenant_and_a_setting_that_were_not_read_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.modern(state)
    servers, _cloud = Estate(state, tmp_path, monkeypatch).everything()
    options = {"deployment": "contoso", "onprem": servers, "cloud": {"failed": True, "msg": "refused"}, "expected": states.RIGHT_EXPECTED}
    found = [one for one in run_action("trust_audit", options)["findings"] if one["id"] == RULE]
    by_status = {status: [one["subject"] for one in found if one["status"] == status] for status in ("pass", "skip")}
    assert by_status == {"pass": ["ClientAdalAuthOverride", "OAuth server evoSTS"], "skip": states.CLIENT_NAMES}
    del servers[0]["oauth_configuration"]["client_authorization_oauth_server"]
    (unread,) = [one for one in run_action("trust_audit", options)["findings"] if one["id"] == RULE]
    assert (unread["status"], unread["actual"]) == ("skip", "not known: the setting was not read")
