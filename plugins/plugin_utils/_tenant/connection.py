# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task's way to the tenant: options checked at once, sign-in and Graph at first use. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.utils.display import Display

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken, claims_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints, endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.permissions import told_by
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.seal import seal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import Permissions
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import ending
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.access_token import ReadyToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.choice import sign_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import text


class TenantConnection:
    """secrets: the action's set of texts that are not shown; the token joins it."""

    def __init__(self, params: Mapping[str, Any], given: Collection[str], secrets: set[str]) -> None:
        self.where: Endpoints = endpoints(params)
        self._how: Method = sign_in(params, given, self.where)
        self._secrets = secrets
        # A ready token is known without a sign-in.
        self._ready: AccessToken | None = self._how.token if isinstance(self._how, ReadyToken) else None
        if self._ready:
            secrets.add(self._ready.value)
        # A tenant of the environment says nothing of a token that came from elsewhere.
        self._tenant: str | None = params.get("tenant") if self._ready is None or "tenant" in given else None
        self._token: AccessToken | None = None
        self._graph: Graph | None = None

    @property
    def warnings(self) -> list[str]:
        return self.where.warnings

    @property
    def auth_source(self) -> str:
        """How it signs in, as the option auth_source names it."""
        return self._how.source

    def token(self) -> AccessToken:
        """The access token; signs in at the first call."""
        if self._token is None:
            Display().v(text(f"Signing in to {self.where.graph_url} with {self._how.description}."))
            self._token = self._how.authenticate(self.where, self._secrets)
            self._secrets.add(self._token.value)
        return self._token

    def permissions(self) -> Permissions:
        """What the sign-in may, by its token; signs in at the first call."""
        return told_by(claims_of(self.token().value))

    def sealed_token(self) -> str:
        """The access token for the result of a task: only this run reads it, and only for the same endpoint, tenant and TLS settings."""
        return seal(self.token(), self.where, self._tenant)

    def graph(self) -> Graph:
        """The tenant's Graph; signs in at the first call."""
        if self._graph is None:
            self._graph = Graph(self.where, self.token())
        return self._graph

    def credential(self) -> dict[str, str | None]:
        """What signs in and until when it may, as ending.credential() tells it; reads the application."""

        def read(client_id: str, select: str) -> Mapping[str, Any]:
            return self.graph().read(f"applications(appId='{client_id}')", f"application {client_id}", {"$select": select})

        return ending.credential(self._how, read, datetime.now(timezone.utc))

    @property
    def known_tenant_id(self) -> str | None:
        """The tenant's id if a sign-in told it."""
        token = self._token or self._ready
        return token.tenant_id if token else None
