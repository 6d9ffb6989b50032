# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a removal takes away and what stays: nothing of others goes, and everything that stays is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import PRODUCTS, OnpremApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entry_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import names_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import removal, removal_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Known, Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import UNPROVED
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import server_losses

from ..support import run_action
from .test_discovery import SKYPE, STAGED, TENANT, farm

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
URL = f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"
OTHER = "6699c5fe-0000-4000-8000-000000000001"
OURS, FOREIGN = "A" * 40, "F" * 40
TRUST = removal.Trust(
    tenant_id=TENANT,
    metadata_url=URL,
    oauth_server="microsoft.sts",
    partner_application="microsoft.exchange",
    exchange_app_id=EXCHANGE,
    skype_app_id=SKYPE,
    thumbprints=(OURS,),
    names=tuple(names_of(SKYPE, "webext.contoso.com", "both")),
    given_names=(),
    service_name=SKYPE,
    now=datetime(2026, 1, 1, tzinfo=timezone.utc),
)


def server(identity: str = "microsoft.sts", url: str | None = URL, realm: str | None = TENANT) -> dict[str, Any]:
    return {"identity": identity, "metadata_url": url, "realm": realm}


def application(identity: str = "microsoft.exchange", app_id: str = EXCHANGE, through_server: bool = True) -> dict[str, Any]:
    return {"identity": identity, "application_id": app_id, "use_oauth_server": through_server}


def objects(**changed: Any) -> dict[str, Any]:
    configuration = {
        "service_name": SKYPE,
        "exchange_autodiscover_url": None,
        "exchange_autodiscover_allowed_domains": [],
        "client_authorization_oauth_server": None,
    }
    return {
        "oauth_servers": [server()],
        "partner_applications": [application()],
        **changed,
        "oauth_configuration": {**configuration, **changed.get("oauth_configuration", {})},
    }


def key(thumbprint: str | None) -> dict[str, Any]:
    return {"thumbprint": thumbprint, "identifier": None, "key_id": "1", "key_type": thumbprint and "RSA"}


def principal(app_id: str, names: list[str] | None = None, keys: list[Any] | None = None, enabled: bool = True) -> dict[str, Any]:
    return {"app_id": app_id, "names": names or [], "key_credentials": keys or [], "account_enabled": enabled}


def why(planned: removal.Removal) -> dict[str, str]:
    return {left.what: left.why for left in planned.left}


identities = st.sampled_from(["microsoft.sts", "Microsoft.STS", "evoSTS", "other"])
servers = st.lists(
    st.builds(
        server,
        identities,
        st.sampled_from([URL, URL.upper(), URL.replace(TENANT, OTHER), "https://sts.fabrikam.com/", None]),
        st.sampled_from([TENANT, OTHER, "x", None]),
    ),
    max_size=3,
    unique_by=lambda one: one["identity"].lower(),
)
applications = st.lists(
    st.builds(
        application, st.sampled_from(["microsoft.exchange", "Exchange"]), st.sampled_from([EXCHANGE, EXCHANGE.upper(), "x"]), st.booleans()
    ),
    max_size=2,
    unique_by=lambda one: one["identity"].lower(),
)


@given(servers, applications, st.sampled_from([None, "evoSTS", "MICROSOFT.sts"]))
def test_only_the_trusts_own_objects_go_and_what_stays_is_said(
    there: list[dict[str, Any]], partners: list[dict[str, Any]], modern: str | None
) -> None:
    state = objects(oauth_servers=there, partner_applications=partners, oauth_configuration={"client_authorization_oauth_server": modern})
    planned = removal.plan(state, [], TRUST)
    said = why(planned)
    for one in partners:
        ours = one["identity"].lower() == "microsoft.exchange"
        stays = not (ours and planned.partner_application)
        assert (f"partner application {one['identity']}" in said) is stays
        if ours and planned.partner_application:
            assert (one["application_id"].lower(), one["use_oauth_server"]) == (EXCHANGE, True)
    for one in there:
        ours = one["identity"].lower() == "microsoft.sts"
        assert (f"OAuth server {one['identity']}" in said) is not (ours and planned.oauth_server)
        if ours and planned.oauth_server:
            assert TENANT in (str(one["metadata_url"]).lower() + str(one["realm"]))
            assert server_losses(state, "microsoft.sts", TENANT, URL) == [], "what configure calls another's stays"
            assert (modern or "").lower() != "microsoft.sts"
            assert not any(partner["use_oauth_server"] for partner in partners if f"partner application {partner['identity']}" in said), (
                "a partner application that stays needs it"
            )


@given(st.lists(st.sampled_from([OURS, FOREIGN, None]), max_size=4), st.lists(st.sampled_from([OURS, FOREIGN, None]), max_size=4))
def test_every_credential_that_stays_is_said(skype: list[str | None], exchange: list[str | None]) -> None:
    principals = [principal(SKYPE, keys=[key(one) for one in skype]), principal(EXCHANGE, keys=[key(one) for one in exchange])]
    planned = removal.plan(objects(), principals, TRUST)
    credentials = [left for left in planned.left if left.what.startswith("key credential")]
    assert len(credentials) == sum(one != OURS for one in [*skype, *exchange])
    assert not any(OURS in left.what or left.decide for left in credentials)
    unknown = removal.plan(objects(), principals, replace(TRUST, thumbprints=()))
    assert len([left for left in unknown.left if left.decide]) == len(skype) + len(exchange)


def test_an_id_goes_from_the_principal_that_has_the_farms_entry_alone() -> None:
    principals = [principal(SKYPE, keys=[key(OURS)]), principal(EXCHANGE, keys=[key(FOREIGN)])]
    planned = removal.plan(objects(), principals, TRUST)
    assert planned.key_ids == {SKYPE: ("1",)}
    assert why(planned)[f"key credential {FOREIGN} of service principal {EXCHANGE}"] == "it is none of the farm's certificates"


@pytest.mark.parametrize(
    ("url", "realm", "part"),
    [
        (URL.replace(TENANT, OTHER), TENANT, f"its metadata URL {URL.replace(TENANT, OTHER)} is another tenant's"),
        (URL, OTHER, f"its realm {OTHER} is another tenant's"),
        ("https://sts.fabrikam.com/", TENANT, "its metadata URL https://sts.fabrikam.com/ is another tenant's or service's"),
    ],
    ids=str,
)
def test_a_server_that_is_in_part_anothers_stays_with_a_warning_and_goes_by_its_name(url: str, realm: str, part: str) -> None:
    state = objects(oauth_servers=[server(url=url, realm=realm)])
    planned = removal.plan(state, [], TRUST)
    assert planned.oauth_server is False
    (left,) = [one for one in planned.left if one.decide]
    assert part in left.why
    assert removal.plan(state, [], replace(TRUST, although_foreign=("microsoft.sts",))).oauth_server is True
    assert len(server_losses(state, "microsoft.sts", TENANT, URL)) == 1


def test_an_object_that_is_named_goes_although_it_is_foreign() -> None:
    state = objects(oauth_servers=[server(url="https://sts.fabrikam.com/", realm="x")], partner_applications=[application(app_id="x")])
    left = removal.plan(state, [], TRUST)
    assert (left.partner_application, left.oauth_server) == (False, False)
    assert sum(one.decide for one in left.left) == 2
    named = removal.plan(state, [], replace(TRUST, although_foreign=("MICROSOFT.STS", "microsoft.exchange")))
    assert (named.partner_application, named.oauth_server) == (True, True)


ONPREM = OnpremApplication(PRODUCTS["exchange"], "Exchange", "https://autodiscover.contoso.com/autodiscover/metadata/json/1")


@pytest.mark.parametrize(
    ("there", "goes"),
    [
        (None, True),
        ({"metadata_url": ONPREM.metadata_url}, True),
        ({"metadata_url": ONPREM.metadata_url.upper(), "identity": "EXCHANGE"}, True),
        ({"metadata_url": "https://mail.contoso.com/"}, False),
        ({"metadata_url": ONPREM.metadata_url, "application_id": "x"}, False),
        ({"metadata_url": None}, False),
    ],
)
def test_an_on_premises_partner_goes_as_it_was_made_or_by_its_name(there: dict[str, Any] | None, goes: bool) -> None:
    partners = [{**application("Exchange", through_server=False), **there}] if there else []
    state = objects(partner_applications=[application(), *partners])
    planned = removal.plan(state, [], replace(TRUST, onprem_applications=(ONPREM,)))
    assert set(planned.onprem_applications) == ({"exchange_onprem"} if goes else set())
    said = [one for one in planned.left if "partner application" in one.what]
    assert [one.decide for one in said] == ([] if goes else [True])
    named = removal.plan(state, [], replace(TRUST, onprem_applications=(ONPREM,), although_foreign=("exchange",)))
    assert set(named.onprem_applications) == {"exchange_onprem"}
    # What no variable names is another's.
    assert removal.plan(state, [], TRUST).onprem_applications == {}


@pytest.mark.parametrize(
    ("current", "clear", "goes", "part"),
    [
        (SKYPE, False, False, "clears it"),
        (SKYPE.upper(), True, True, None),
        ("lync.contoso.com", True, False, "which the trust sets"),
        (None, True, False, None),
    ],
)
def test_the_service_name_is_cleared_only_where_it_is_the_trusts_and_asked_for(
    current: str | None, clear: bool, goes: bool, part: str | None
) -> None:
    state = objects(oauth_configuration={"service_name": current, "exchange_autodiscover_url": "https://ex.contoso.com/"})
    planned = removal.plan(state, [], replace(TRUST, clear_service_name=clear))
    assert planned.service_name is goes
    reasons = [text for what, text in why(planned).items() if what.startswith("ServiceName")]
    assert len(reasons) == bool(part)
    assert all(str(part) in reason for reason in reasons)
    assert any("ExchangeAutodiscoverUrl" in what for what in why(planned))


def test_names_for_modern_authentication_stay_while_it_is_on_unless_they_are_given() -> None:
    principals = [principal(SKYPE, [*TRUST.names, f"{SKYPE}/old.contoso.com", f"{SKYPE}/x.online.lync.com"])]
    off, on = (
        removal.plan(objects(oauth_configuration={"client_authorization_oauth_server": one}), principals, TRUST) for one in (None, "evoSTS")
    )
    assert off.names == TRUST.names
    assert on.names == (f"{SKYPE}/webext.contoso.com",)
    assert "modern authentication" in why(on)[f"name https://webext.contoso.com/ of service principal {SKYPE}"]
    assert [what for what in why(off) if what.startswith("name")] == [f"name {SKYPE}/old.contoso.com of service principal {SKYPE}"]
    named = removal.plan(
        objects(oauth_configuration={"client_authorization_oauth_server": "evoSTS"}),
        principals,
        replace(TRUST, given_names=("https://webext.contoso.com/",)),
    )
    assert set(named.names) == set(TRUST.names)


def test_a_name_of_the_farms_host_goes_however_it_is_spelled() -> None:
    spelled = ["https://WebExt.contoso.com", f"{SKYPE}/WEBEXT.contoso.com", "https://old.contoso.com/"]
    planned = removal.plan(objects(), [principal(SKYPE, spelled)], TRUST)
    assert {name.lower() for name in planned.names} == {name.lower() for name in (*TRUST.names, *spelled[:2])}
    assert spelled[0] in planned.names
    assert {left for left in why(planned) if left.startswith("name ")} == {f"name {spelled[2]} of service principal {SKYPE}"}


def test_a_service_principal_that_the_tenant_lacks_is_not_asked_for() -> None:
    assert removal.plan(objects(), [], TRUST).names == ()
    assert removal.plan(objects(), [principal(EXCHANGE)], TRUST).app_ids == (EXCHANGE,)


FARM = {**farm(), **objects()}
SAID: dict[str, Any] = {"onprem": FARM, "principals": {"service_principals": [principal(SKYPE)]}, "tenant_id": TENANT}


def test_certificates_of_every_server_and_the_given_one_belong_to_the_farm() -> None:
    other = farm(signing={"current": STAGED, "next": None, "previous": None}, certificate=STAGED)
    there = {"service_principals": [principal(SKYPE, keys=[key("A" * 40), key("B" * 40), key(FOREIGN)])]}
    result = run_action("trust_removal", {**SAID, "servers": [other], "names": ["old.contoso.com"], "principals": there})
    assert result["thumbprints"] == ["A" * 40, "B" * 40]
    assert f"{SKYPE}/old.contoso.com" in result["names"]
    assert "https://se01.contoso.com/" in result["names"]
    assert "warnings" not in result


def test_where_the_clouds_url_is_not_documented_the_realm_tells_the_tenant() -> None:
    assert run_action("trust_removal", {**SAID, "cloud": "china"})["oauth_server"] is True
    there = {**FARM, "oauth_servers": [server(url="https://sts.fabrikam.com/", realm=None)]}
    result = run_action("trust_removal", {**SAID, "onprem": there, "cloud": "china"})
    assert result["oauth_server"] is False
    assert "Kept: OAuth server microsoft.sts" in result["warnings"][0]
    given_url = run_action("trust_removal", {**SAID, "onprem": there, "metadata_url": "https://STS.fabrikam.com/"})
    assert given_url["oauth_server"] is True


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"onprem": {}}, "it lacks"),
        ({"servers": [{}]}, "Option 'servers'"),
        ({"principals": {}}, "service_principals"),
        ({"tenant_id": "contoso.com"}, "is not a GUID"),
        ({"names": ["webext"]}, "Option 'names'"),
        ({"metadata_url": "http://sts.contoso.com"}, "not an https URL"),
        ({"certificate_path": "/nowhere"}, "cannot be read"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], problem: str) -> None:
    result = run_action("trust_removal", {**SAID, **options})
    assert result["failed"]
    assert problem in result["msg"]


@pytest.mark.parametrize("named", ["microsoft.sts", "MICROSOFT.sts"])
def test_a_server_that_clients_are_sent_to_stays_though_it_is_named_and_the_way_back_is_said(named: str) -> None:
    switched = {"client_authorization_oauth_server": named}
    planned = removal.plan(objects(oauth_configuration=switched), [], replace(TRUST, although_foreign=("microsoft.sts",)))
    assert planned.oauth_server is False
    (left,) = [one for one in planned.left if one.decide]
    assert "clients are sent to it" in left.why
    assert left.why.endswith("sfb.hybrid_auth.modern_authentication with trust_modern_authentication_state: absent takes that back")


def test_another_server_says_that_clients_are_sent_to_it() -> None:
    there, switched = [server(), server("evoSTS")], {"client_authorization_oauth_server": "EVOSTS"}
    planned = removal.plan(objects(oauth_servers=there, oauth_configuration=switched), [], TRUST)
    assert (planned.oauth_server, "clients are sent to it" in why(planned)["OAuth server evoSTS"]) == (True, True)
    assert why(removal.plan(objects(oauth_servers=there), [], TRUST))["OAuth server evoSTS"] == "it is another one"


WEST: Known = {
    "deployment": "west",
    "lead": "w.contoso.com",
    "read": True,
    "topology": True,
    "here": True,
    "tenant_ids": [],
    "app_ids": [SKYPE],
    "overlap_days": None,
    "uses": [{"thumbprint": OURS, "role": "current", "since": None}],
    "names": [],
    "client_names": [],
    "hosts": [],
}
HYBRID = "10000000-0000-4000-8000-000000000000"


def dedicated(*thumbprints: str | None, on_principal: tuple[str, ...] = ()) -> dict[str, Any]:
    """What sp_info tells of the farm's dedicated application."""
    entries = [{**key(one), "key_id": f"k{number}"} for number, one in enumerate(thumbprints)]
    there = principal(HYBRID, keys=[key(one) for one in on_principal]) if on_principal else None
    return {"app_id": HYBRID, "display_name": "SfB hybrid", "key_credentials": entries, "service_principal": there, "named": True}


def left_on(told: dict[str, Any], trust: removal.Trust = TRUST, named: str | None = "SfB hybrid") -> list[tuple[str, str, bool]]:
    return [(one.what, one.why, one.decide) for one in removal_application.left(told, trust, named)]


def test_the_farms_key_credentials_on_its_dedicated_application_stay_and_are_named() -> None:
    label = f"application {HYBRID} (SfB hybrid)"
    by_hand = "a removal writes to no application; take it away with sp_credential, {}key_id: {} and state: absent"
    assert left_on({"applications": [dedicated(FOREIGN, OURS, None, on_principal=(OURS,))]}) == [
        (f"key credential {OURS} (key id k1) of {label}", by_hand.format("object: application, ", "k1"), True),
        (f"key credential {OURS} (key id 1) of the service principal of {label}", by_hand.format("", "1"), True),
    ]
    shared = replace(TRUST, neighbours=Neighbours("east", others=(WEST,)))
    assert left_on({"applications": [dedicated(OURS)]}, shared) == [
        (f"key credential {OURS} (key id k0) of {label}", "deployment west signs with it now", False)
    ]
    assert left_on({}, named=None) == left_on({"applications": [dedicated(FOREIGN)]}) == []


def test_a_dedicated_application_that_was_not_read_or_is_not_there_is_said() -> None:
    ((what, why, decide),) = left_on({"applications": [], "applications_problem": "Graph said no."})
    assert (what, decide) == ("the farm's key credentials on dedicated application SfB hybrid", True)
    assert why == "the application was not read, so it is not known whether there are any: Graph said no"
    ((what, why, decide),) = left_on({"applications": [{**dedicated(OURS), "named": False}], "applications_problem": None})
    assert (what, decide) == ("dedicated application SfB hybrid", True)
    assert "the tenant has no application of that name or id" in why


def test_a_removal_warns_of_them_with_the_variable_that_names_the_application() -> None:
    told = {"service_principals": [principal(SKYPE)], "applications": [dedicated(OURS)], "applications_problem": None}
    result = run_action("trust_removal", {**SAID, "principals": told}, check_mode=True)
    what = f"key credential {OURS} (key id k0) of application {HYBRID} (SfB hybrid)"
    assert what in [one["what"] for one in result["left"]]
    assert any(warning.startswith(f"Kept: {what}. Reason: a removal writes to no application; ") for warning in result["warnings"])


def test_a_display_name_of_the_deployment_that_nothing_proves_keeps_an_entry_with_a_warning() -> None:
    name = f"SfB trust contoso 20250101-{entry_name.mark('pool.contoso.com')} {FOREIGN}"
    trust = replace(TRUST, neighbours=Neighbours("contoso", ("pool.contoso.com",)))
    usual = {"display_name": name, "type": "AsymmetricX509Cert", "usage": "Verify"}
    proven, hidden, signing = ({**key(FOREIGN), **usual, **changed} for changed in ({}, {"key_type": None}, {"usage": "Sign"}))
    planned = removal.plan(objects(), [principal(SKYPE, keys=[proven]), principal(EXCHANGE, keys=[hidden, signing])], trust)
    assert (planned.key_ids, planned.thumbprints) == ({SKYPE: ("1",)}, (FOREIGN,))
    left = [(one.why, one.decide) for one in planned.left if one.what.startswith("key credential")]
    by_hand = "if nothing needs it, remove it with sp_credential, key_id: 1 and state: absent"
    assert left == [(f"{UNPROVED}; {by_hand}", True), ("it is none of the farm's certificates", False)]
