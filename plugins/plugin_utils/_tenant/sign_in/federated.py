# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with a federated credential: a token of an identity provider that the application trusts. Private to the collection.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken, claims_of, ready_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, json_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method, application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.token_answer import sendable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import content_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import text_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, https_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

# https://docs.github.com/actions/reference/security/oidc: set in jobs with the permission "id-token: write".
GITHUB_URL, GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_LARGEST_TOKEN_BYTES = 65536


@dataclass(frozen=True)
class GitHub:
    """Where a job of GitHub Actions asks for a token that names it, and with what."""

    url: str
    request_token: str = field(repr=False)

    def token(self, where: Endpoints, audience: str) -> str:
        """A new token of the job for that audience."""
        session = HttpSession(validate_certs=where.validate_certs, ca_path=where.ca_path)
        answer = session.get(self.url, params={"audience": audience}, headers={"Authorization": f"Bearer {self.request_token}"})
        content = json_of(answer)
        value = content.get("value") if isinstance(content, dict) else None
        if answer.status_code != 200 or not isinstance(value, str) or not value:
            raise HybridAuthError(
                f"GitHub Actions gave no identity token for this job: {answer.status_code}.",
                "Give the job the permission 'id-token: write', and run again: the request is valid for the time of the job only.",
            )
        return value


@dataclass(frozen=True)
class Federated(Method):
    """An application that shows a token of a provider it trusts (RFC 7523): one that is here, or one that GitHub gives."""

    source: ClassVar[str] = "federated"
    tenant: str
    client_id: str
    origin: str
    provided: str | GitHub = field(repr=False)

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> Federated:
        tenant, client_id = application(params, where)
        return cls(tenant, client_id, *_provided(params))

    @property
    def description(self) -> str:
        return f"the federated token from {self.origin} as application {self.client_id} in tenant {self.tenant}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        if isinstance(self.provided, GitHub):
            secrets.add(self.provided.request_token)
            assertion = self.provided.token(where, cloud_named(where.cloud).federation_audience)
        else:
            assertion = self.provided
        secrets.add(assertion)
        return entra.client_token(where, self.tenant, self.client_id, {"client_assertion": lambda: assertion}, secrets)


def _provided(params: Mapping[str, Any]) -> tuple[str, str | GitHub]:
    """Where the token comes from in words, and the token or GitHub."""
    path, variable = params.get("federated_token_file"), params.get("federated_token_variable")
    if variable and path:
        raise InvalidOptionError("federated_token_variable", f"it is set beside {options('federated_token_file')}", "one of them")
    if variable:
        if not os.environ.get(variable, "").strip():
            raise InvalidOptionError(
                "federated_token_variable",
                f"the environment variable {variable} is not set for Ansible",
                "the name of a variable that holds the provider's token",
            )
        origin = f"the environment variable {variable}"
        return origin, _checked(os.environ[variable], "federated_token_variable", origin)
    if path:
        return f"the file {path}", _checked(_content(path), "federated_token_file", f"the file {path}")
    if os.environ.get(GITHUB_URL, "").strip() and os.environ.get(GITHUB_TOKEN, "").strip():
        if not sendable(os.environ[GITHUB_TOKEN].strip()):
            raise InvalidOptionError(GITHUB_TOKEN, "it holds blanks or characters that no token has", "what GitHub Actions sets")
        return "GitHub Actions", GitHub(https_url(GITHUB_URL, os.environ[GITHUB_URL]), os.environ[GITHUB_TOKEN].strip())
    raise HybridAuthError(
        "No federated token is given.",
        f"Set one of {options('federated_token_file', 'federated_token_variable')}, in the environment AZURE_FEDERATED_TOKEN_FILE, or give "
        "the job of GitHub Actions the permission 'id-token: write'.",
    )


def _content(path: str) -> str:
    option, expected = "federated_token_file", "a file on the controller with the provider's token"
    content = content_of(option, path, expected, _LARGEST_TOKEN_BYTES + 1)
    if len(content) > _LARGEST_TOKEN_BYTES:
        raise InvalidOptionError(option, f"{path} is larger than a token can be", expected)
    return text_of(content) or ""


def _checked(text: str, option: str, origin: str) -> str:
    token = ready_token(bare(text))
    if not claims_of(token.value):
        raise InvalidOptionError(option, f"{origin} holds no token", "a JSON Web Token as the identity provider gives it")
    if token.expires is not None and token.expires <= time.time():
        raise HybridAuthError(
            f"The federated token from {origin} expired on {token.expires_text}.",
            "Have the platform give a new one: such tokens live for minutes.",
            option=option,
        )
    return token.value
