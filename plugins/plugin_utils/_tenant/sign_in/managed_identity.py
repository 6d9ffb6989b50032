# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with the managed identity of the Azure resource that the controller is. Private to the collection.

MSAL knows the endpoints: virtual machine, App Service, Azure Arc, Service Fabric and Azure Machine Learning
(https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra, token_answer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken, claims_of, ready_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import LocalSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.access_token import of_its_cloud, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

# What the platforms set for their workloads, in the order in which MSAL looks. The last is for virtual machines and pods whose
# metadata service is not at 169.254.169.254.
_PLATFORMS = (
    ("Service Fabric", ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT")),
    ("App Service", ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")),
    ("Azure Machine Learning", ("MSI_ENDPOINT", "MSI_SECRET")),
    ("Azure Arc", ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT")),
    ("virtual machine", ("AZURE_POD_IDENTITY_AUTHORITY_HOST",)),
)
_SECRET_VARIABLES = ("IDENTITY_HEADER", "MSI_SECRET")


def platform(environment: Mapping[str, str]) -> str | None:
    """The platform that the environment variables name; None where they name none, as on a plain virtual machine."""
    return next((name for name, variables in _PLATFORMS if all(variable in environment for variable in variables)), None)


@dataclass(frozen=True)
class ManagedIdentity(Method):
    """The identity of this machine: the one that Azure gave it, or with client_id one that was assigned to it."""

    source: ClassVar[str] = "managed_identity"
    client_id: str | None
    tenant: str | None

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> ManagedIdentity:
        client_id = params.get("managed_identity_client_id")
        return cls(guid("managed_identity_client_id", client_id) if client_id else None, params.get("tenant"))

    @property
    def description(self) -> str:
        which = f"user-assigned, client id {self.client_id}" if self.client_id else "system-assigned"
        return f"the managed identity of this {platform(os.environ) or 'machine'} ({which})"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        secrets.update(os.environ[name] for name in _SECRET_VARIABLES if os.environ.get(name))
        client = entra.managed_identity_client(self.client_id, LocalSession(), secrets)
        try:
            answer = client.acquire_token_for_client(resource=where.graph_url)
        except HybridAuthError as exc:
            raise self._failed(str(exc)) from None
        except OSError as exc:
            if exc.filename is None:  # MSAL's own session, which it uses for Service Fabric
                raise self._failed(str(exc)) from None
            raise HybridAuthError(
                f"The key of the Azure Arc agent cannot be read: {exc}.",
                "Add the account that runs Ansible to the group himds (Linux) or Hybrid Agent Extension Applications (Windows).",
            ) from None
        except ValueError as exc:  # MSAL's ManagedIdentityError, or an answer that is no JSON
            raise self._failed(str(exc).splitlines()[0]) from None
        if "access_token" not in answer:
            raise self._failed(str(answer.get("error_description") or answer.get("error") or "no reason given"))
        secrets.add(answer["access_token"])
        return self._checked(answer, where)

    def _checked(self, answer: Mapping[str, Any], where: Endpoints) -> AccessToken:
        token = ready_token(answer["access_token"])
        used = claims_of(token.value).get("appid")
        if self.client_id and used and not same_text(used, self.client_id):
            raise HybridAuthError(
                f"The platform gave a token of the identity {used}, not of {self.client_id}. It was not sent.",
                "Assign that identity to the machine. On Azure Arc, both its agent and MSAL (1.38.0) must know user-assigned identities.",
            )
        expires = token.expires or token_answer.end_of(answer)
        subject = f"The token of {self.description}"
        return usable(of_its_cloud(AccessToken(token.value, expires, token.tenant_id), where, subject), where, self.tenant, subject)

    def _failed(self, reason: str) -> HybridAuthError:
        its_id = f" and that {options('managed_identity_client_id')} is its client id" if self.client_id else ""
        return HybridAuthError(
            f"{self.description[0].upper()}{self.description[1:]} gave no token: {reason.strip().rstrip('.')}.",
            "Check that the controller runs on Azure (or has the Azure Arc agent), that the identity is assigned to it"
            f"{its_id}, or set another {options('auth_source')}.",
        )
