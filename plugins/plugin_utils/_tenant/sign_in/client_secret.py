# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with an application's client secret. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method, application, lacking


@dataclass(frozen=True)
class ClientSecret(Method):
    """An application that shows its secret (RFC 6749 section 2.3.1)."""

    source: ClassVar[str] = "client_secret"
    tenant: str
    client_id: str
    secret: str = field(repr=False)

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> ClientSecret:
        tenant, client_id = application(params, where)
        if not str(params.get("client_secret") or "").strip():
            raise lacking("client_secret", "AZURE_SECRET")
        return cls(tenant, client_id, str(params["client_secret"]).strip())

    @property
    def description(self) -> str:
        return f"the client secret of application {self.client_id} in tenant {self.tenant}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        secrets.add(self.secret)
        return entra.client_token(where, self.tenant, self.client_id, self.secret, secrets)
