# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's sign-in as other clients than ours use it: authorities without a tenant, published keys, secrets added through Graph."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from tests.lab.cloud.https import Answer, Request

from .tenant import Tenant

LOGIN, GRAPH = "https://login.contoso.com", "https://graph.contoso.com"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"


@pytest.fixture
def tenant() -> Tenant:
    made = Tenant()
    made.entra.url = LOGIN
    return made


def get(tenant: Tenant, path: str, **query: str) -> Answer:
    return tenant.entra.handle(Request("GET", path, query, {}, b""))


def sign_in(tenant: Tenant, authority: str = TENANT, **form: str) -> Any:
    usual = {
        "client_id": CLIENT,
        "client_secret": "lab~Secret.0123456789",
        "grant_type": "client_credentials",
        "scope": f"{GRAPH}/.default",
    }
    return tenant.entra.handle(Request("POST", f"/{authority}/oauth2/v2.0/token", {}, {}, urlencode({**usual, **form}).encode())).content


@pytest.mark.parametrize("audience", [GRAPH, f"{GRAPH}/"])
def test_a_token_has_the_resource_as_it_was_asked_for_and_opens_graph(tenant: Tenant, audience: str) -> None:
    token = sign_in(tenant, scope=f"{audience}/.default")["access_token"]
    (key,) = get(tenant, f"/{TENANT}/discovery/v2.0/keys").content["keys"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], audience=audience)
    assert claims["tid"] == TENANT
    assert tenant.send("GET", "servicePrincipals", headers={"authorization": f"Bearer {token}"}).status == 200


@pytest.mark.parametrize(
    ("authority", "form", "code"),
    [
        (TENANT, {"scope": "https://nobody.contoso.com/.default"}, 500011),
        (TENANT, {"scope": GRAPH}, 1002012),
        (TENANT, {"scope": ".default"}, 1002012),
        (TENANT, {"scope": "/.default"}, 500011),
        ("organizations", {}, 50059),
        ("common", {}, 50059),
        ("fabrikam.com", {}, 90002),
    ],
)
def test_who_asks_for_something_else_is_refused(tenant: Tenant, authority: str, form: dict[str, str], code: int) -> None:
    assert sign_in(tenant, authority, **form)["error_codes"] == [code]


@pytest.mark.parametrize("everyone", ["organizations", "common"])
def test_an_authority_without_a_tenant_has_its_name_as_a_placeholder(tenant: Tenant, everyone: str) -> None:
    found = get(tenant, f"/{everyone}/v2.0/.well-known/openid-configuration").content
    assert found["issuer"] == f"{LOGIN}/{{tenantid}}/v2.0"
    assert found["token_endpoint"] == f"{LOGIN}/{everyone}/oauth2/v2.0/token"
    assert get(tenant, f"/{everyone}/discovery/v2.0/keys").status == 200


def test_a_person_signs_in_without_naming_the_tenant(tenant: Tenant) -> None:
    tenant.state.data["tenants"][0]["applications"][0].update(public_client=True, delegated=["Directory.Read.All"])
    asked = Request("POST", "/organizations/oauth2/v2.0/devicecode", {}, {}, urlencode({"client_id": CLIENT}).encode())
    code = tenant.entra.handle(asked).content["device_code"]
    waiting = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code}
    assert sign_in(tenant, "organizations", **waiting)["error_codes"] == [70016]


def test_this_host_and_no_other_is_where_sign_in_is(tenant: Tenant) -> None:
    wanted = {"api-version": "1.1", "authorization_endpoint": f"{LOGIN}/{TENANT}/oauth2/v2.0/authorize"}
    told = get(tenant, "/common/discovery/instance", **wanted)
    assert told.content["tenant_discovery_endpoint"] == f"{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration"
    assert told.content["metadata"][0]["aliases"] == ["login.contoso.com"]
    assert get(tenant, "/common/discovery/instance", authorization_endpoint="https://login.fabrikam.com/x").status == 400


def test_a_secret_that_was_added_through_graph_signs_in_until_it_is_removed(tenant: Tenant) -> None:
    path = f"applications(appId='{CLIENT}')"
    made = tenant.send("POST", f"{path}/addPassword", b'{"passwordCredential": {}}').content
    assert sign_in(tenant, client_secret=made["secretText"])["token_type"] == "Bearer"
    tenant.send("POST", f"{path}/removePassword", json.dumps({"keyId": made["keyId"]}).encode())
    assert sign_in(tenant, client_secret=made["secretText"])["error_codes"] == [7000215]
