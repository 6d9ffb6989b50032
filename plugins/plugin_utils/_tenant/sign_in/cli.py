# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with what the Azure CLI is signed in with. Private to the collection.

https://learn.microsoft.com/cli/azure/account#az-account-get-access-token. The token comes over a pipe; no list of processes shows it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken, ready_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints, tenant_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.access_token import of_its_cloud, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.token_answer import is_number, sendable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import TENANT, options

_LONGEST_SECONDS = 120
_SUBJECT = "The token of the Azure CLI"
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes: no such tenant, or the account is not in it.
_WRONG_TENANT = ("AADSTS90002", "AADSTS900023", "AADSTS50020", "AADSTS50034")
_WRONG_CLOUD = "AADSTS500011"  # the tenant has no such resource


def installed() -> bool:
    """Whether the Azure CLI is on PATH."""
    return shutil.which("az") is not None


@dataclass(frozen=True)
class AzureCli(Method):
    """The account of the Azure CLI. tenant: the one to sign in to, or None for the account's own."""

    source: ClassVar[str] = "cli"
    executable: str
    tenant: str | None

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> AzureCli:
        tenant = params.get("tenant")
        executable = shutil.which("az")
        if executable is None:
            raise HybridAuthError(
                "The Azure CLI (az) is not on PATH on the controller.",
                f"Install it where Ansible runs (in an execution environment: in its image), or set another {options('auth_source')}.",
            )
        return cls(executable, tenant_name("tenant", tenant) if tenant else None)

    @property
    def description(self) -> str:
        return f"the account of the Azure CLI ({self.executable}) in {f'tenant {self.tenant}' if self.tenant else 'its own tenant'}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        command = [self.executable, "account", "get-access-token", "--output", "json", "--resource", where.graph_url]
        if self.tenant:
            command += ["--tenant", self.tenant]
        try:
            done = subprocess.run(  # noqa: S603  # no shell; the URL and the tenant were checked
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",  # its words may be in another code page; a token is ASCII
                timeout=_LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise HybridAuthError(
                f"The Azure CLI gave no token within {_LONGEST_SECONDS} seconds.", "Try 'az account get-access-token' by hand."
            ) from None
        except OSError as exc:
            raise HybridAuthError(f"{self.executable} cannot be run: {exc.strerror}.", "Repair the Azure CLI on the controller.") from None
        if done.returncode:
            raise self._failed(done.stderr, where)
        try:
            answer = json.loads(done.stdout)
        except (ValueError, RecursionError):
            answer = None
        text = answer.get("accessToken") if isinstance(answer, dict) else None
        if not isinstance(text, str) or not text:
            raise HybridAuthError(
                "The Azure CLI's answer holds no token.", "Try 'az account get-access-token --output json' by hand, and update the CLI."
            )
        secrets.add(text)
        if not sendable(text):
            raise HybridAuthError("What the Azure CLI calls an access token is none.", "Update the CLI, and sign in again.")
        token = ready_token(text)
        told = answer.get("expires_on")  # seconds since 1970-01-01 UTC, in answers of version 2.54.0 and later
        expires = token.expires or (int(told) if is_number(told) else None)
        got = of_its_cloud(AccessToken(token.value, expires, token.tenant_id), where, _SUBJECT)
        return usable(got, where, self.tenant, _SUBJECT)

    def _failed(self, errors: str, where: Endpoints) -> HybridAuthError:
        lines = [line.strip() for line in errors.splitlines() if line.strip()]
        line = next((line for line in lines if line.startswith("ERROR:")), lines[-1] if lines else "no reason given")
        reason = re.split(r"\s*Trace ID:", line.removeprefix("ERROR:").strip())[0].rstrip(".")
        login = f"az login{f' --tenant {self.tenant}' if self.tenant else ''} --allow-no-subscriptions"
        if any(f"{code}:" in errors for code in _WRONG_TENANT):
            return HybridAuthError(
                f"The account of the Azure CLI cannot sign in to tenant {self.tenant or 'of its own'}: {reason}.",
                f"Correct {TENANT}, in the environment AZURE_TENANT, or run '{login}' with an account of that tenant.",
            )
        if f"{_WRONG_CLOUD}:" in errors:
            return HybridAuthError(
                f"The Azure CLI gives no token for {where.graph_url}: {reason}.",
                f"Sign in to the tenant's cloud: 'az cloud set --name ...', then '{login}'; or correct {options('cloud')}.",
            )
        if "az login" in errors:
            return HybridAuthError(
                f"The Azure CLI is not signed in: {reason}.",
                f"Run '{login}' with the account that runs Ansible, or set another {options('auth_source')}.",
            )
        return HybridAuthError(f"The Azure CLI gave no token: {reason}.", "Try 'az account get-access-token' by hand.")
