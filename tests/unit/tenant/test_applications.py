# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sp_info tells of the tenant's own applications: who may open every mailbox, and the one that is named."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import Conversation, Said, run_action
from .test_actions import CERTIFICATE, EXCHANGE, FIELDS, GRAPH, MADE, OURS, SKYPE, TOKEN, Talk, principal, wholes

ROLE = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
HYBRID = "10000000-0000-4000-8000-000000000000"
OBJECT = "20000000-0000-4000-8000-000000000000"
ASSIGNED = f"{GRAPH}/servicePrincipals(appId='{EXCHANGE}')/appRoleAssignedTo?$select=appRoleId,principalId&$top=999"
UNEXPANDED = "$select=id,appId,displayName,keyCredentials,passwordCredentials,requiredResourceAccess"
OF_APPLICATIONS = f"{UNEXPANDED}&$expand=federatedIdentityCredentials"
GRANTED = f"{FIELDS},servicePrincipalType"
ACCESS = [{"resourceAppId": EXCHANGE, "resourceAccess": [{"id": ROLE, "type": "Role"}]}]


def application(**changed: Any) -> dict[str, Any]:
    return {
        "id": OBJECT,
        "appId": HYBRID,
        "displayName": "SfB hybrid",
        "keyCredentials": [],
        "passwordCredentials": [],
        "requiredResourceAccess": ACCESS,
        "federatedIdentityCredentials": [],
        **changed,
    }


def assignment(principal_id: str, role: str = ROLE) -> dict[str, Any]:
    return {"appRoleId": role, "principalId": principal_id}


def listing(collection: str, name: str, value: str, fields: str, *objects: dict[str, Any]) -> Said:
    return Said("GET", f"{GRAPH}/{collection}?$filter={name} in ('{value}')&{fields}", answer={"value": list(objects)})


def test_applications_with_the_permission_are_told_by_their_app_role(talk: Talk) -> None:
    own = principal(HYBRID, id="20000000-0000-4000-8000-000000000009", displayName="SfB hybrid")
    other = "30000000-0000-4000-8000-000000000000"
    talk(
        *wholes(principal(SKYPE)),
        Said("GET", ASSIGNED, answer={"value": [assignment(own["id"]), assignment(other, "00000000-0000-0000-0000-000000000000")]}),
        listing("servicePrincipals", "id", own["id"], GRANTED, own),
        listing("applications", "appId", HYBRID, OF_APPLICATIONS, application(keyCredentials=[{**OURS, "key": None}])),
        Said(
            "GET",
            f"{GRAPH}/applications/{OBJECT}?$select=keyCredentials",
            answer={"keyCredentials": [{**OURS, "key": CERTIFICATE.content}]},
        ),
    )
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})
    (found,) = result["applications"]
    assert (found["app_id"], found["id"], found["display_name"]) == (HYBRID, OBJECT, "SfB hybrid")
    assert (found["full_access_granted"], found["full_access_requested"], found["named"]) == (True, True, False)
    assert [key["key_type"] for key in found["key_credentials"]] == ["RSA"]
    assert found["service_principal"]["app_id"] == HYBRID
    assert result["applications_problem"] is None


def test_a_managed_identity_with_the_permission_is_told_without_another_request(talk: Talk) -> None:
    identity = principal(HYBRID, id=OBJECT, displayName="archive-vm", servicePrincipalType="ManagedIdentity")
    talk(
        *wholes(principal(SKYPE)),
        Said("GET", ASSIGNED, answer={"value": [assignment(OBJECT)]}),
        listing("servicePrincipals", "id", OBJECT, GRANTED, identity),
        listing("applications", "appId", HYBRID, OF_APPLICATIONS),
    )
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})
    assert result["applications"] == []
    (found,) = result["identities"]
    assert (found["id"], found["display_name"], found["type"]) == (OBJECT, "archive-vm", "ManagedIdentity")


@pytest.mark.parametrize("how", ["application id", "object id", "name"])
def test_the_one_that_is_named_is_read_whatever_it_may(talk: Talk, how: str) -> None:
    unasked = application(requiredResourceAccess=[])
    by_app = Said("GET", f"{GRAPH}/applications(appId='{HYBRID}')?{OF_APPLICATIONS}", answer=unasked)
    by_id = [
        Said("GET", f"{GRAPH}/applications(appId='{OBJECT}')?{OF_APPLICATIONS}", status=404),
        Said("GET", f"{GRAPH}/applications/{OBJECT}?{OF_APPLICATIONS}", answer=unasked),
    ]
    by_name = Said("GET", f"{GRAPH}/applications?$filter=displayName eq 'SfB hybrid'&{OF_APPLICATIONS}", answer={"value": [unasked]})
    text, asked = {"application id": (HYBRID, [by_app]), "object id": (OBJECT, by_id), "name": ("SfB hybrid", [by_name])}[how]
    talk(
        *wholes(principal(SKYPE)),
        Said("GET", ASSIGNED, answer={"value": []}),
        *asked,
        listing("servicePrincipals", "appId", HYBRID, FIELDS),
    )
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "dedicated_application": text})
    (found,) = result["applications"]
    assert (found["named"], found["full_access_granted"], found["full_access_requested"]) == (True, False, False)
    assert found["service_principal"] is None


FEDERATED = {
    "id": "60000000-0000-4000-8000-000000000000",
    "name": "automation",
    "issuer": "https://sts.fabrikam.com",
    "subject": "system:serviceaccount:jobs:archive",
    "audiences": ["api://AzureADTokenExchange"],
    "description": None,
}
SHOWN = {name: FEDERATED[name] for name in ("id", "name", "issuer", "subject")}
CREDENTIALS = f"{GRAPH}/applications/{OBJECT}/federatedIdentityCredentials"


def federated(talk: Talk, *asked: Said) -> dict[str, Any]:
    """What sp_info makes of the federated credentials of one application, of which it asks so."""
    own = principal(HYBRID, id="20000000-0000-4000-8000-000000000009", displayName="SfB hybrid")
    talk(
        *wholes(principal(SKYPE)),
        Said("GET", ASSIGNED, answer={"value": [assignment(own["id"])]}),
        listing("servicePrincipals", "id", own["id"], GRANTED, own),
        *asked,
    )
    return run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})


def test_federated_credentials_come_with_the_application_and_cost_no_request(talk: Talk) -> None:
    told = federated(talk, listing("applications", "appId", HYBRID, OF_APPLICATIONS, application(federatedIdentityCredentials=[FEDERATED])))
    assert told["applications"][0]["federated_credentials"] == [SHOWN]


@pytest.mark.parametrize("how", ["left out", "refused", "not all"])
def test_federated_credentials_that_do_not_come_whole_are_asked_for(talk: Talk, how: str) -> None:
    whole, without = application(), application()
    del without["federatedIdentityCredentials"]
    refusal = {"error": {"code": "Request_UnsupportedQuery", "message": "Not supported."}}
    more = {**whole, "federatedIdentityCredentials@odata.nextLink": f"{CREDENTIALS}?$skiptoken=20"}
    asked = {
        "left out": [listing("applications", "appId", HYBRID, OF_APPLICATIONS, without)],
        "refused": [
            Said("GET", f"{GRAPH}/applications?$filter=appId in ('{HYBRID}')&{OF_APPLICATIONS}", status=400, answer=refusal),
            listing("applications", "appId", HYBRID, UNEXPANDED, without),
        ],
        "not all": [listing("applications", "appId", HYBRID, OF_APPLICATIONS, more)],
    }[how]
    told = federated(talk, *asked, Said("GET", CREDENTIALS, answer={"value": [{**FEDERATED, "subject": None}]}))
    assert told["applications"][0]["federated_credentials"] == [{**SHOWN, "subject": None}]


def test_federated_credentials_that_cannot_be_read_are_not_none(talk: Talk) -> None:
    told = federated(talk, listing("applications", "appId", HYBRID, OF_APPLICATIONS, application(federatedIdentityCredentials={"id": 1})))
    assert told["applications"] == []
    assert f"the federated credentials of application {HYBRID} is not what Graph documents" in told["applications_problem"]


@pytest.mark.parametrize(("expand", "more"), [("given", 0), ("left_out", 1), ("refused", 2)])
def test_federated_credentials_are_read_however_the_tenant_gives_them(
    expand: str, more: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    state["graph"] = {"expand": expand}
    state["tenants"][0]["applications"][-1]["federated_credentials"] = [FEDERATED]
    estate = Estate(state, tmp_path, monkeypatch)
    before = estate.log.counts()["graph_reads"]
    estate.in_tenant("sp_info", {"application_permissions": True})
    # Two service principals, who has the permission, those and their applications, and the certificates of the one.
    assert estate.log.counts()["graph_reads"] - before == 6 + more
    for asked in ({"application_permissions": True}, {"dedicated_application": states.HYBRID}, {"dedicated_application": "SfB hybrid"}):
        (found,) = estate.in_tenant("sp_info", asked)["applications"]
        assert found["federated_credentials"] == [SHOWN]


def test_what_cannot_be_read_of_them_is_told_beside_the_service_principals(talk: Talk) -> None:
    refusal = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}}
    talk(*wholes(principal(SKYPE)), Said("GET", ASSIGNED, status=403, answer=refusal))
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})
    assert not result.get("failed")
    assert [one["app_id"] for one in result["service_principals"]] == [SKYPE]
    assert result["applications"] == []
    assert "403 Authorization_RequestDenied" in result["applications_problem"]


def test_a_tenant_without_exchange_online_grants_it_to_nobody(talk: Talk) -> None:
    talk(*wholes(principal(SKYPE)), Said("GET", ASSIGNED, status=404))
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})
    assert (result["applications"], result["applications_problem"]) == ([], None)


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """The right state, in which another's certificate is on the application object beside the farm's."""
    state = states.right()
    states.dedicated(state)["keyCredentials"] = [states.entry("archive", states.made("CN=archive.fabrikam.com"))]
    return Estate(state, tmp_path, monkeypatch)


def keys(estate: Estate) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = states.dedicated(estate.data)["keyCredentials"]
    return listed


def test_a_certificate_is_put_on_the_application_object_beside_what_is_there(estate: Estate) -> None:
    before, content = copy.deepcopy(keys(estate)), MADE.public_bytes(Encoding.PEM).decode()
    options = {"object": "application", "app_ids": [states.HYBRID], "certificate_content": content}
    foreseen = estate.in_tenant("sp_credential", options, check_mode=True)
    assert (foreseen["changed"], keys(estate)) == (True, before)
    done = estate.in_tenant("sp_credential", options)
    assert done["operations"] == foreseen["operations"]
    assert done["operations"][0].endswith(f"to application {states.HYBRID} (SfB hybrid)")
    assert keys(estate)[:1] == before
    assert [key["customKeyIdentifier"] for key in keys(estate)[1:]] == [CERTIFICATE.thumbprint]
    assert estate.principal(states.HYBRID)["keyCredentials"] == []
    (shown,) = done["applications"]
    assert list(shown) == ["app_id", "id", "display_name", "key_credentials", "password_credentials"]
    assert "service_principals" not in done
    read = estate.in_tenant("sp_info", {"dedicated_application": states.HYBRID})
    again = estate.in_tenant("sp_credential", {**options, "current": read})
    assert (again["changed"], again["applications"]) == (False, [{name: read["applications"][0][name] for name in shown}])
    gone = estate.in_tenant("sp_credential", {**options, "state": "absent"})
    assert (gone["changed"], keys(estate)) == (True, before)


def limited(estate: Estate, name: str, longest: str, **changed: Any) -> dict[str, Any]:
    """What sp_credential foresees for the application object where the tenant's policy has that restriction."""
    restriction = {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": longest, "state": "enabled", **changed}
    estate.data["tenants"][0]["policies"] = {"default": {"isEnabled": True, name: {"keyCredentials": [restriction]}}}
    options = {"object": "application", "app_ids": [states.HYBRID], "certificate_content": CERTIFICATE.content}
    return estate.attempt("sp_credential", options, check_mode=True)


def test_what_the_tenant_refuses_on_an_application_object_is_foreseen(estate: Estate) -> None:
    before = copy.deepcopy(keys(estate))
    told = limited(estate, "applicationRestrictions", "P1D")
    assert told["failed"]
    assert f"The app management policy for application {states.HYBRID} (the tenant's own) refuses certificate" in told["msg"]
    assert "assign the application an app management policy of its own" in told["msg"]
    assert keys(estate) == before
    options = {"object": "application", "app_ids": [states.HYBRID], "certificate_content": CERTIFICATE.content}
    assert "CredentialInvalidLifetimeAsPerAppPolicy" in estate.attempt("sp_credential", options)["msg"]


def test_what_the_tenant_may_refuse_on_an_application_object_is_a_warning(estate: Estate) -> None:
    told = limited(estate, "applicationRestrictions", "P1D", restrictForAppsCreatedAfterDateTime="2020-01-01T00:00:00Z")
    assert told["changed"]
    assert any("may refuse certificate" in one for one in told["warnings"])


def test_what_does_not_bind_the_application_object_stops_nothing(estate: Estate) -> None:
    assert limited(estate, "servicePrincipalRestrictions", "P1D")["changed"]
    own = {"id": "1", "displayName": "hybrid", "isEnabled": True, "restrictions": {"keyCredentials": []}}
    (shown,) = estate.in_tenant("sp_info", {"dedicated_application": states.HYBRID, "app_ids": []})["applications"]
    assert limited(estate, "applicationRestrictions", "P1D").get("failed")
    estate.data["tenants"][0]["policies"]["assigned"] = {shown["id"]: own}
    options = {"object": "application", "app_ids": [states.HYBRID], "certificate_content": CERTIFICATE.content}
    assert estate.in_tenant("sp_credential", options, check_mode=True)["changed"]


def test_a_policy_that_may_not_be_read_foresees_nothing(estate: Estate) -> None:
    estate.data["tenants"][0]["applications"][0]["roles"].remove("Policy.Read.All")
    assert limited(estate, "applicationRestrictions", "P1D")["changed"]


@pytest.mark.parametrize("named", [[], ["00000004-0000-0ff1-ce00-000000000000", HYBRID]])
def test_an_application_of_microsofts_has_no_object_here(talk: Talk, named: list[str]) -> None:
    talk()
    ids = {"app_ids": named} if named else {}
    result = run_action("sp_credential", {**TOKEN, **ids, "object": "application", "certificate_content": CERTIFICATE.content})
    assert result["failed"]
    assert "Option 'app_ids'" in result["msg"]


def test_an_application_that_is_another_tenants_is_told_in_words(estate: Estate) -> None:
    other = "70000000-0000-4000-8000-000000000000"
    options = {"object": "application", "app_ids": [other], "certificate_content": CERTIFICATE.content}
    result = estate.attempt("sp_credential", options)
    assert result["failed"]
    assert f"The tenant owns no application {other}. Nothing was changed." in result["msg"]


def test_the_play_of_the_guide_puts_what_signs_and_what_is_to_sign_on_the_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    states.staged(state, 20)
    states.dedicated(state)["keyCredentials"] = []
    estate = Estate(state, tmp_path, monkeypatch)
    page = (Path(__file__).parents[3] / "docs" / "shared-principal.md").read_text(encoding="utf-8")
    (play,) = yaml.safe_load(re.findall(r"```yaml\n(- name: Put the certificate that signs.*?)```", page, re.DOTALL)[0])
    read, put = play["tasks"]
    farm = estate.onprem(estate.servers[0], **read["sfb.hybrid_auth.onprem_info"])
    options = dict(put["sfb.hybrid_auth.sp_credential"])
    options["certificates"] = NativeEnvironment().from_string(options["certificates"]).render(farm=farm)
    options["app_ids"] = [states.HYBRID]
    estate.in_tenant("sp_credential", options)
    told = [farm["signing"][role]["thumbprint"] for role in ("current", "next")]
    assert [key["customKeyIdentifier"] for key in keys(estate)] == told


@pytest.mark.parametrize("key_null", ["kept", "wiped", "refused"])
def test_others_keys_on_the_application_object_stay_whatever_graph_makes_of_null(
    key_null: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    state["graph"] = {"key_null": key_null}
    states.dedicated(state)["keyCredentials"] = [states.entry("archive", states.made("CN=archive.fabrikam.com"))]
    estate = Estate(state, tmp_path, monkeypatch)
    before = copy.deepcopy(keys(estate))
    options = {"object": "application", "app_ids": [states.HYBRID], "certificate_content": CERTIFICATE.content}
    estate.in_tenant("sp_credential", options)
    assert keys(estate)[:1] == before
    assert len(keys(estate)) == 2


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@settings(max_examples=60)
@given(ODD, ODD, st.sampled_from([*application()]))
def test_odd_answers_about_applications_are_told_and_keep_nothing_else_from_being_read(value: Any, role: Any, name: str) -> None:
    conversation = Conversation(
        *wholes(principal(SKYPE)),
        Said("GET", ASSIGNED, answer={"value": [{"appRoleId": role, "principalId": value}, assignment(OBJECT)]}),
        listing("servicePrincipals", "id", OBJECT, GRANTED, principal(HYBRID, id=OBJECT)),
        listing("applications", "appId", HYBRID, OF_APPLICATIONS, application(**{name: value})),
        *(Said("GET", f"{GRAPH}/applications/{OBJECT}?$select=keyCredentials", answer={"keyCredentials": value}) for _again in range(3)),
    )
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: conversation))
        result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "application_permissions": True})
    assert not result.get("failed"), result.get("msg")
    assert [one["app_id"] for one in result["service_principals"]] == [SKYPE]
    assert result["applications_problem"] is None or result["applications"] == []
