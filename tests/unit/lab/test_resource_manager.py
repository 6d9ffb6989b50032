# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's resource manager: where a cloud's services are, and who may ask for subscriptions."""

from __future__ import annotations

from tests.lab.cloud.https import Answer, Request
from tests.lab.cloud.resource_manager import ResourceManager
from tests.lab.log import RequestLog

from .tenant import Tenant

MANAGER = "https://management.contoso.com"


def ask(tenant: Tenant, path: str, audience: str = MANAGER, method: str = "GET") -> Answer:
    tenant.entra.url, tenant.entra.manager_url = "https://login.contoso.com", MANAGER
    manager = ResourceManager(RequestLog(), tenant.entra)
    manager.url = MANAGER
    token = tenant.entra.issue(tenant.state.data["tenants"][0]["id"], "one", audience=audience)[0]
    return manager.handle(Request(method, path, {}, {"authorization": f"Bearer {token}"}, b""))


def test_a_cloud_says_where_its_services_are() -> None:
    told = ask(Tenant(), "/metadata/endpoints", audience="https://nobody.contoso.com").content
    assert told["authentication"] == {
        "loginEndpoint": "https://login.contoso.com",
        "audiences": [MANAGER],
        "tenant": "common",
        "identityProvider": "AAD",
    }
    assert (told["resourceManager"], told["microsoftGraphResourceId"]) == (MANAGER, "https://graph.contoso.com")


def test_subscriptions_are_for_tokens_of_this_resource() -> None:
    tenant = Tenant()
    assert ask(tenant, "/subscriptions").content["value"] == []
    assert [one["tenantId"] for one in ask(tenant, "/tenants", f"{MANAGER}/").content["value"]] == [tenant.state.data["tenants"][0]["id"]]
    assert ask(tenant, "/subscriptions", audience="https://graph.contoso.com").status == 401
    assert ask(tenant, "/resourceGroups").status == 404
    assert ask(tenant, "/subscriptions", method="PUT").status == 405
