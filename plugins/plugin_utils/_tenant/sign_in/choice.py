# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way to sign in the options and the environment mean. Private to the collection.

docs/sign-in.md has the order as a table.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.access_token import ReadyToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.cli import AzureCli, installed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_certificate import ClientCertificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_secret import ClientSecret
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.device_code import DeviceCode
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.federated import GITHUB_TOKEN, GITHUB_URL, Federated
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.managed_identity import ManagedIdentity, platform
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_METHODS: dict[str, type[Method]] = {
    method.source: method for method in (ReadyToken, ClientSecret, ClientCertificate, Federated, ManagedIdentity, AzureCli, DeviceCode)
}
# The options that say by themselves how to sign in.
_SAYING = {
    "access_token": "access_token",
    "client_secret": "client_secret",
    "client_certificate_path": "client_certificate",
    "federated_token_file": "federated",
    "federated_token_variable": "federated",
    "managed_identity_client_id": "managed_identity",
}
# What AWX's credential type "Microsoft Azure Resource Manager" sets for a user with a password.
_PASSWORD_USER = "AZURE_AD_USER"  # noqa: S105  # the name of a variable


def sign_in(params: Mapping[str, Any], given: Collection[str], where: Endpoints) -> Method:
    """The sign-in that the options and the environment mean, checked; nothing is contacted. HybridAuthError where there is none.

    given: names of the options that the task itself sets; they win over what comes from the environment.
    """
    source = choose(params, given, os.environ, installed())
    used = dict(params)
    if source == "federated" and params.get("federated_token_variable") and "federated_token_file" not in given:
        used["federated_token_file"] = None  # the token that the task names wins over the one that the environment names
    if source == "access_token" and "access_token" in given and "tenant" not in given:
        used["tenant"] = None  # a tenant of the environment says nothing of a token that the task gives
    return _METHODS[source].validate(used, where)


def choose(params: Mapping[str, Any], given: Collection[str], environment: Mapping[str, str], cli_installed: bool) -> str:
    """The name of the sign-in, as in the option auth_source but never auto. HybridAuthError where none or more than one is meant."""
    by_task = {*given, *(("client_secret",) if "secret" in given else ())}
    explicit = [option for option in _SAYING if params.get(option) and option in by_task]
    if "access_token" in explicit:
        return "access_token"
    wished = str(params["auth_source"])
    if wished != "auto" and "auth_source" in given:
        return wished
    if len(explicit) > 1:
        raise HybridAuthError(
            f"{options(*explicit)} are both set, which leaves open how to sign in.",
            "Set one of them.",
        )
    if explicit:
        return _SAYING[explicit[0]]
    if wished != "auto":
        return wished
    return _from_environment(params, environment, cli_installed)


def _from_environment(params: Mapping[str, Any], environment: Mapping[str, str], cli_installed: bool) -> str:
    """The first sign-in for which the environment has what it needs. No address is tried, since that would hang outside Azure."""
    for option in ("access_token", "client_secret", "client_certificate_path", "federated_token_file"):
        if params.get(option):
            return _SAYING[option]
    # GitHub sets these for jobs that sign in elsewhere too, so they mean this sign-in only where an application is named.
    if environment.get(GITHUB_URL) and environment.get(GITHUB_TOKEN) and params.get("tenant") and params.get("client_id"):
        return "federated"
    if platform(environment):
        return "managed_identity"
    if environment.get(_PASSWORD_USER, "").strip():
        raise HybridAuthError(
            f"The environment variable {_PASSWORD_USER} names a user with a password. Microsoft Entra ID asks users for a second factor, "
            "so the collection does not sign in with a password.",
            "Sign in as an application: in AWX, fill in client, secret and tenant of the credential instead of user name and password "
            "(AZURE_CLIENT_ID, AZURE_SECRET, AZURE_TENANT), or set "
            f"{options('auth_source')}.",
        )
    if cli_installed:
        return "cli"
    raise HybridAuthError(
        "No sign-in to Microsoft Graph is given.",
        f"Set {options('tenant', 'client_id')} with one of {options('client_secret', 'client_certificate_path', 'federated_token_file')}, "
        f"or set one of {options('access_token', 'auth_source')}; each may also come from its environment "
        "variable (AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET, ...).",
    )
