# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every way to sign in has: an offline check of its options, and the sign-in itself. Private to the collection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints, check_pair, tenant_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options


class Method(ABC):
    """One way to sign in with everything it needs. source: its name in the option auth_source."""

    source: ClassVar[str]

    @classmethod
    @abstractmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> Method:
        """The method as the options describe it. Nothing is contacted. HybridAuthError where something lacks or cannot be used."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What signs in, for a line of -v; it holds no secret."""

    @abstractmethod
    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        """Sign in. What must not be shown joins secrets before it is used. HybridAuthError where the sign-in is refused."""


def application(params: Mapping[str, Any], where: Endpoints) -> tuple[str, str]:
    """The tenant and the client id of an application that signs in at login_url."""
    missing = [name for name in ("tenant", "client_id") if not params.get(name)]
    if missing:
        raise HybridAuthError(
            f"The sign-in lacks {options(*missing)}.",
            "Set it, or its environment variable (AZURE_TENANT, AZURE_CLIENT_ID).",
        )
    check_pair(params, where)
    return tenant_name("tenant", params["tenant"]), guid("client_id", params["client_id"])


def lacking(option: str, variable: str) -> HybridAuthError:
    """The error where the method's own option is not set."""
    return HybridAuthError(f"The sign-in lacks {options(option)}.", f"Set it, or its environment variable ({variable}).")
