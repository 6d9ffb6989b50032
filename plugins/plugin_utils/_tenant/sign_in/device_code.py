# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in of a person with a code on another device (RFC 8628), for a first run by hand. Private to the collection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible.utils.display import Display

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method, application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import text

_UNANSWERED = ("authorization_pending", "slow_down", "expired_token", "code_expired")


@dataclass(frozen=True)
class DeviceCode(Method):
    """A person who opens a page and enters a code. timeout: seconds that the task waits for it."""

    source: ClassVar[str] = "device_code"
    tenant: str
    client_id: str
    timeout: int

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> DeviceCode:
        tenant, client_id = application(params, where)
        return cls(tenant, client_id, params["device_code_timeout"])

    @property
    def description(self) -> str:
        return f"a person with a device code, through application {self.client_id} in tenant {self.tenant}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        with entra.public_client(where, self.tenant, self.client_id, secrets) as client:
            flow = client.application.initiate_device_flow([f"{where.graph_url}/.default"])
            if not all(isinstance(flow.get(name), str) and flow[name] for name in ("user_code", "device_code", "verification_uri")):
                raise entra.refused(flow, client.subject)
            flow["expires_at"] = min(flow["expires_at"], time.time() + self.timeout)
            # Not on standard output, which a callback may write as JSON.
            Display().display(
                f"\nTo sign in to tenant {self.tenant}, open {text(flow['verification_uri'])} "
                f"and enter the code {text(flow['user_code'])}. "
                f"The task waits {int(flow['expires_at'] - time.time() + 0.5)} seconds.\n",
                stderr=True,
            )
            answer = client.application.acquire_token_by_device_flow(flow)
            if answer.get("error") in _UNANSWERED:
                raise HybridAuthError(
                    f"Nobody entered the device code within {self.timeout} seconds.",
                    f"Run again and enter it in time, or set {options('device_code_timeout')}. Where nobody watches, sign in "
                    f"as an application: set {options('auth_source')} to federated, managed_identity, client_certificate or client_secret.",
                    error_code="authorization_pending",
                )
            return client.token(answer)
