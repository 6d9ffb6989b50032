# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the environment of the clients: msgraph-sdk and azure-identity carry out steps that come as JSON, and tell what they saw.

It is no part of the tests' own environment, and nothing here imports from them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from azure.identity import CertificateCredential, ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphServiceClient
from msgraph.generated.applications_with_app_id.applications_with_app_id_request_builder import ApplicationsWithAppIdRequestBuilder
from msgraph.generated.models.application import Application
from msgraph.generated.models.key_credential import KeyCredential
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.organization.organization_request_builder import OrganizationRequestBuilder
from msgraph.generated.service_principals.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.service_principals.item.remove_password.remove_password_post_request_body import RemovePasswordPostRequestBody
from msgraph.generated.service_principals.service_principals_request_builder import ServicePrincipalsRequestBuilder
from msgraph.generated.service_principals_with_app_id.service_principals_with_app_id_request_builder import (
    ServicePrincipalsWithAppIdRequestBuilder,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core import PageIterator
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem


def client(asked: dict[str, Any]) -> GraphServiceClient:
    who = (asked["tenant"], asked["client_id"])
    where = {"authority": asked["login_url"], "disable_instance_discovery": True}
    if asked.get("certificate_path"):
        credential: Any = CertificateCredential(*who, certificate_path=asked["certificate_path"], **where)
    else:
        credential = ClientSecretCredential(*who, asked["client_secret"], **where)
    host = urlsplit(asked["graph_url"]).hostname
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[f"{asked['graph_url']}/.default"], allowed_hosts=[host])
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{asked['graph_url']}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def shown(keys: list[KeyCredential]) -> list[dict[str, Any]]:
    return [
        {
            "key_id": str(one.key_id),
            "display_name": one.display_name,
            "end": one.end_date_time.isoformat(),
            "key": base64.b64encode(one.key).decode() if one.key else None,
        }
        for one in keys
    ]


class Steps:
    def __init__(self, asked: dict[str, Any]) -> None:
        self._client = client(asked)

    def _principal(self, app_id: str) -> Any:
        return self._client.service_principals_with_app_id(app_id)

    async def _read(self, app_id: str, *select: str) -> ServicePrincipal:
        parameters = ServicePrincipalsWithAppIdRequestBuilder.ServicePrincipalsWithAppIdRequestBuilderGetQueryParameters
        return await self._principal(app_id).get(RequestConfiguration(query_parameters=parameters(select=list(select) or None)))

    async def keys(self, app_id: str) -> Any:
        return shown((await self._read(app_id, "id", "keyCredentials")).key_credentials)

    async def add_key(self, app_id: str, certificate: str, display_name: str) -> Any:
        there = (await self._read(app_id, "keyCredentials")).key_credentials
        new = KeyCredential(display_name=display_name, key=base64.b64decode(certificate), type="AsymmetricX509Cert", usage="Verify")
        await self._principal(app_id).patch(ServicePrincipal(key_credentials=[*there, new]))

    async def remove_key(self, app_id: str, key_id: str) -> Any:
        there = (await self._read(app_id, "keyCredentials")).key_credentials
        left = [one for one in there if one.key_id != UUID(key_id)]
        await self._principal(app_id).patch(ServicePrincipal(key_credentials=left))

    async def add_names(self, app_id: str, names: list[str]) -> Any:
        there = (await self._read(app_id, "servicePrincipalNames")).service_principal_names
        await self._principal(app_id).patch(ServicePrincipal(service_principal_names=[*there, *names]))

    async def enable(self, app_id: str, enabled: bool) -> Any:
        await self._principal(app_id).patch(ServicePrincipal(account_enabled=enabled))

    async def password(self, app_id: str) -> Any:
        """Made, seen and taken away again."""
        found = await self._read(app_id, "id")
        one = self._client.service_principals.by_service_principal_id(found.id)
        made = await one.add_password.post(AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="sdk")))
        there = (await self._read(app_id)).password_credentials
        await one.remove_password.post(RemovePasswordPostRequestBody(key_id=made.key_id))
        left = (await self._read(app_id)).password_credentials
        return {"secret": bool(made.secret_text), "there": [entry.display_name for entry in there], "left": len(left)}

    async def listed(self, top: int, condition: str | None = None) -> Any:
        """Application ids of all pages, and the count that the first one tells."""
        parameters = ServicePrincipalsRequestBuilder.ServicePrincipalsRequestBuilderGetQueryParameters
        asked = RequestConfiguration(query_parameters=parameters(top=top, filter=condition, count=True, select=["id", "appId"]))
        asked.headers.add("ConsistencyLevel", "eventual")
        first = await self._client.service_principals.get(request_configuration=asked)
        found: list[str] = []
        await PageIterator(first, self._client.request_adapter).iterate(lambda one: found.append(one.app_id) or True)
        return {"count": first.odata_count, "app_ids": found}

    async def raw_count(self) -> Any:
        asked: Any = RequestConfiguration()
        asked.headers.add("ConsistencyLevel", "eventual")
        return await self._client.service_principals.count.get(request_configuration=asked)

    async def organization(self) -> Any:
        parameters = OrganizationRequestBuilder.OrganizationRequestBuilderGetQueryParameters
        asked = RequestConfiguration(query_parameters=parameters(select=["id", "verifiedDomains"]))
        (one,) = (await self._client.organization.get(request_configuration=asked)).value
        return {"id": one.id, "domains": [domain.name for domain in one.verified_domains]}

    async def batch(self, app_ids: list[str]) -> Any:
        """The status of each reading of a batch."""
        # One by one: builders share their parameters until the address is made.
        items = {app_id: BatchRequestItem(self._principal(app_id).to_get_request_information(), app_id) for app_id in app_ids}
        answers = await self._client.batch.post(BatchRequestContent(items))
        return [answers.get_response_by_id(app_id).status for app_id in items]

    async def refused(self, app_id: str) -> Any:
        """What the SDK reads of an error."""
        try:
            await self._read(app_id, "nothing")
        except Exception as exc:
            error = exc.error
            ids = [error.inner_error.request_id, error.inner_error.client_request_id]
            return {"status": exc.response_status_code, "code": error.code, "ids": all(ids)}
        return None

    async def application_key(self, app_id: str, certificate: str) -> Any:
        """The keys of an application after one was added."""
        one = self._client.applications_with_app_id(app_id)
        new = KeyCredential(key=base64.b64decode(certificate), type="AsymmetricX509Cert", usage="Verify")
        await one.patch(Application(key_credentials=[new]))
        parameters = ApplicationsWithAppIdRequestBuilder.ApplicationsWithAppIdRequestBuilderGetQueryParameters
        found = await one.get(RequestConfiguration(query_parameters=parameters(select=["keyCredentials"])))
        return shown(found.key_credentials)


async def main() -> None:
    asked = json.load(sys.stdin)
    steps = Steps(asked)
    told = [await getattr(steps, step.pop("do"))(**step) for step in asked["steps"]]
    json.dump(told, sys.stdout)


asyncio.run(main())
