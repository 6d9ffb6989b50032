# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure plans of the on-premises modules: what a plan says is what its cmdlets bring about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_configuration, oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
OF_TENANT = f"https://a.contoso.com/{TENANT}/json/1"
URLS = st.sampled_from(["https://a.contoso.com/json/1", "https://A.contoso.com/JSON/1", "https://b.contoso.com/json/1", OF_TENANT])
REALMS = st.sampled_from(["contoso.com", "CONTOSO.com", "fabrikam.com", TENANT.upper()])
server_settings = {
    "metadata_url": URLS,
    "realm": REALMS,
    "type": st.sampled_from(["Acs", "AzureAD"]),
    "accept_security_identifier_information": st.booleans(),
    "authorization_uri_override": st.sampled_from([None, "", "https://c.contoso.com/"]),
}
servers = st.lists(
    st.fixed_dictionaries({"identity": st.sampled_from(["microsoft.sts", "Microsoft.STS", "evoSTS"]), **server_settings}),
    max_size=2,
    unique_by=lambda server: server["identity"].lower(),
)
server_wishes = st.one_of(
    st.none(), st.fixed_dictionaries({"metadata_url": URLS}, optional={k: v for k, v in server_settings.items() if k != "metadata_url"})
)


def after_plan(objects: list[dict[str, Any]], name: str, plan: Any) -> list[dict[str, Any]]:
    others = [one for one in objects if one["identity"].lower() != name.lower()]
    if plan.predicted is None:
        return others
    empty = dict.fromkeys([*oauth_server.PARAMETERS, *partner_application.PARAMETERS])
    return [*others, {**empty, "use_oauth_server": False, **plan.predicted}]


@given(servers, server_wishes)
def test_an_oauth_server_needs_nothing_more_after_its_plan(current: list[dict[str, Any]], wish: dict[str, Any] | None) -> None:
    plan = oauth_server.plan(current, "microsoft.sts", wish)
    assert plan.change.changed is bool(plan.calls)
    assert not oauth_server.plan(after_plan(current, "microsoft.sts", plan), "microsoft.sts", wish).change.changed


@given(servers, server_wishes)
def test_only_another_realm_removes_an_oauth_server_and_then_with_a_way_back(
    current: list[dict[str, Any]], wish: dict[str, Any] | None
) -> None:
    plan = oauth_server.plan(current, "microsoft.sts", wish)
    removals = [call for call in plan.calls if call.cmdlet == "Remove-CsOAuthServer"]
    if wish is not None and removals:
        there = oauth_server.find(current, "microsoft.sts")
        assert there is not None
        assert there["realm"].lower() != wish.get("realm", TENANT).lower()
        assert "realm" in wish or (wish["metadata_url"], there["metadata_url"]) == (OF_TENANT, OF_TENANT)
        assert plan.replaced == there
        again, rest = plan.restore
        assert (again.cmdlet, rest.cmdlet) == ("New-CsOAuthServer", "Set-CsOAuthServer")
        assert again.parameters["Realm"] == there["realm"]
        assert plan.calls[0].parameters["InMemory"] is True


@given(servers, server_wishes)
def test_a_server_that_is_gone_comes_back_with_what_the_task_does_not_set(kept: list[dict[str, Any]], wish: dict[str, Any] | None) -> None:
    plan = oauth_server.plan([], "microsoft.sts", wish, kept[0] if kept else None)
    assert plan.change.changed is (wish is not None)
    if kept and wish is not None:
        assert plan.predicted is not None
        for setting in ("type", "accept_security_identifier_information", "authorization_uri_override"):
            assert (plan.predicted.get(setting) or None) == (wish.get(setting, kept[0][setting]) or None)
    assert not oauth_server.plan(after_plan([], "microsoft.sts", plan), "microsoft.sts", wish).change.changed


application_settings = {
    "application_id": st.sampled_from(["a", "A", "b"]),
    "trust_level": st.sampled_from(["Full", "User"]),
    "enabled": st.booleans(),
    "accept_security_identifier_information": st.booleans(),
}
sources = st.sampled_from([{"use_oauth_server": True}, {"metadata_url": "https://a.contoso.com/json/1"}, {}])
applications = st.lists(
    st.builds(
        lambda base, source: {**base, "realm": None, "use_oauth_server": False, "metadata_url": None, "certificate": None, **source},
        st.fixed_dictionaries({"identity": st.sampled_from(["microsoft.exchange", "Exchange"]), **application_settings}),
        sources.filter(bool),
    ),
    max_size=2,
    unique_by=lambda one: one["identity"],
)
application_wishes = st.one_of(
    st.none(),
    st.builds(
        lambda base, source, named: {
            **{k: v for k, v in base.items() if k != "application_id" or "metadata_url" not in source or named},
            **source,
        },
        st.fixed_dictionaries(
            {"application_id": application_settings["application_id"], "trust_level": application_settings["trust_level"]},
            optional={"enabled": st.booleans()},
        ),
        sources,
        st.booleans(),
    ),
)


@given(applications, application_wishes)
def test_a_partner_application_needs_nothing_more_after_its_plan(current: list[dict[str, Any]], wish: dict[str, Any] | None) -> None:
    plan = partner_application.plan(current, "microsoft.exchange", wish)
    assert plan.change.changed is bool(plan.calls)
    assert not partner_application.plan(after_plan(current, "microsoft.exchange", plan), "microsoft.exchange", wish).change.changed


@given(applications, application_wishes, applications)
def test_a_metadata_url_is_given_alone_to_new_and_set_in_place_for_the_same_application(
    current: list[dict[str, Any]], wish: dict[str, Any] | None, kept: list[dict[str, Any]]
) -> None:
    plan = partner_application.plan(current, "microsoft.exchange", wish, kept[0] if kept else None)
    for call in (*plan.calls, *plan.restore):
        if "MetadataUrl" in call.parameters:
            assert not {"ApplicationIdentifier", "Realm", "UseOAuthServer"} & set(call.parameters)
    there = partner_application.find(current, "microsoft.exchange")
    if there and wish and "metadata_url" in wish:
        other = wish.get("application_id", there["application_id"]).lower() != there["application_id"].lower()
        assert (plan.replaced is not None) is other


def test_a_partner_application_with_a_certificate_is_not_replaced_since_there_is_no_way_back() -> None:
    current = {"identity": "x", "application_id": "a", "realm": "r", "trust_level": "Full", "enabled": True, "use_oauth_server": False}
    current |= {"metadata_url": None, "certificate": None, "accept_security_identifier_information": False}
    with pytest.raises(HybridAuthError, match="cannot be restored"):
        partner_application.plan([current], "x", {"application_id": "b", "trust_level": "Full"})


configurations = st.fixed_dictionaries(
    {
        "service_name": st.sampled_from([None, "a", "A", "b"]),
        "realm": REALMS,
        "exchange_autodiscover_url": st.sampled_from([None, "https://a.contoso.com/"]),
        "exchange_autodiscover_allowed_domains": st.lists(st.sampled_from(["a.com", "b.com"]), unique=True),
        "client_authorization_oauth_server": st.none(),
        "client_adal_auth_override": st.just("NoOverride"),
    }
)
configuration_wishes = st.fixed_dictionaries(
    {},
    optional={
        "service_name": st.sampled_from(["", "a", "b"]),
        "realm": REALMS,
        "exchange_autodiscover_url": st.sampled_from(["", "https://A.contoso.com/"]),
        "exchange_autodiscover_allowed_domains": st.lists(st.sampled_from(["A.com", "b.com"]), unique=True),
        "client_adal_auth_override": st.sampled_from(["NoOverride", "Allowed"]),
    },
)


@given(configurations, configuration_wishes)
def test_the_configuration_needs_nothing_more_after_its_plan_and_the_rest_stays(current: dict[str, Any], wish: dict[str, Any]) -> None:
    plan = oauth_configuration.plan({"identity": "Global", **current}, wish)
    assert plan.predicted is not None
    assert plan.change.changed is bool(plan.calls)
    assert not oauth_configuration.plan(plan.predicted, wish).change.changed
    assert {name: plan.predicted[name] for name in current if name not in wish} == {n: v for n, v in current.items() if n not in wish}
