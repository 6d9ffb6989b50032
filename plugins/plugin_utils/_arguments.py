# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shared options of the actions: sign-in to Microsoft Graph and the on-premises ones. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import env_fallback

CLOUDS = ("global", "gcc", "gcc_high", "dod", "china")


def from_environment(*names: str) -> tuple[Any, list[str]]:
    """The fallback of an option that may also come from the first of these environment variables that is set."""
    return (env_fallback, list(names))


# Documented in doc_fragments/graph.py. The first environment variable of each is the one azure.azcollection and AWX set.
SIGN_IN: dict[str, dict[str, Any]] = {
    "tenant": {"type": "str", "fallback": from_environment("AZURE_TENANT", "AZURE_TENANT_ID")},
    "client_id": {"type": "str", "fallback": from_environment("AZURE_CLIENT_ID")},
    "client_secret": {
        "type": "str",
        "no_log": True,
        "aliases": ["secret"],
        "fallback": from_environment("AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    },
    "client_certificate_path": {
        "type": "path",
        "fallback": from_environment("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    },
    "client_certificate_password": {
        "type": "str",
        "no_log": True,
        "fallback": from_environment("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    },
    "access_token": {"type": "str", "no_log": True, "fallback": from_environment("AZURE_ACCESS_TOKEN")},
    "cloud": {"type": "str", "choices": list(CLOUDS), "default": "global"},
    "login_url": {"type": "str", "fallback": from_environment("SFB_LOGIN_URL")},
    "graph_url": {"type": "str", "fallback": from_environment("SFB_GRAPH_URL")},
    "ca_path": {"type": "path", "fallback": from_environment("SFB_CA_PATH")},
    "validate_certs": {"type": "bool", "default": True},
}

# Documented in doc_fragments/onprem.py.
ONPREM: dict[str, dict[str, Any]] = {
    "management_modules": {"type": "list", "elements": "str", "default": ["SkypeForBusiness", "Lync"]},
    "endpoint": {"type": "str", "choices": ["auto", "full", "restricted"], "default": "auto"},
}


@dataclass(frozen=True)
class Arguments:
    """An action's options in the form of ansible-core's argument spec, with the rules between them."""

    options: Mapping[str, Mapping[str, Any]]
    mutually_exclusive: Sequence[Sequence[str]] = field(default_factory=tuple)
    required_together: Sequence[Sequence[str]] = field(default_factory=tuple)
    required_one_of: Sequence[Sequence[str]] = field(default_factory=tuple)
    required_if: Sequence[Sequence[Any]] = field(default_factory=tuple)
    required_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
