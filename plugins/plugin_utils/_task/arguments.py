# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shared options of the actions: sign-in to Microsoft Graph and the on-premises ones. Private to the collection."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible.utils.path import unfrackpath

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS, named_in_environment
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

# In the order in which auto looks for them, except that it never chooses device_code, which needs a person.
AUTH_SOURCES = (
    "auto",
    "access_token",
    "client_secret",
    "client_certificate",
    "federated",
    "managed_identity",
    "cli",
    "device_code",
)
# What azure.azcollection, which reads the same environment variable, calls them.
_AZURE_AUTH_SOURCES = {"env": "auto", "msi": "managed_identity", **{name: name for name in AUTH_SOURCES}}


def first_set(*names: str) -> str:
    """The value of the first of these environment variables that is set. AWX sets those that it has no value for to an empty text."""
    for name in names:
        if os.environ.get(name, "").strip():
            return os.environ[name]
    raise AnsibleFallbackNotFound


def first_path(*names: str) -> str:
    """The same of a path, whole: it begins where ansible-playbook was started, as for other programs."""
    return str(unfrackpath(first_set(*names).strip(), follow=False))


def environment_of(spec: Mapping[str, Any]) -> str | None:
    """The environment variable that says what an option of this spec is where no task does; None where none is set."""
    _strategy, names = spec.get("fallback", (None, ()))
    return next((name for name in names if os.environ.get(name, "").strip()), None)


def from_environment(*names: str) -> tuple[Any, list[str]]:
    """The fallback of an option that may also come from the first of these environment variables that is set."""
    return (first_set, list(names))


def _cloud(name: str) -> str:
    return named_in_environment(name, first_set(name))


def _auth_source(name: str) -> str:
    value = first_set(name).strip()
    try:
        return _AZURE_AUTH_SOURCES[value.lower()]
    except KeyError:
        raise HybridAuthError(
            f"The environment variable {name} is {value!r}, a sign-in that this collection does not know.",
            f"Set {options('auth_source')} to one of {', '.join(AUTH_SOURCES)}.",
        ) from None


# A fallback is read before the choices are checked, so it gives the name that the option takes.
CLOUD: dict[str, Any] = {
    "type": "str",
    "choices": list(CLOUDS),
    "default": "global",
    "fallback": (_cloud, ["AZURE_CLOUD_ENVIRONMENT"]),
}

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
        "fallback": (first_path, ["AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"]),
    },
    "client_certificate_password": {
        "type": "str",
        "no_log": True,
        "fallback": from_environment("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    },
    "access_token": {"type": "str", "no_log": True, "fallback": from_environment("AZURE_ACCESS_TOKEN")},
    "cloud": CLOUD,
    "login_url": {"type": "str", "fallback": from_environment("SFB_LOGIN_URL")},
    "graph_url": {"type": "str", "fallback": from_environment("SFB_GRAPH_URL")},
    # Not from the environment, which may be what named the endpoints.
    "own_endpoints": {"type": "bool", "default": False},
    "ca_path": {"type": "path", "fallback": (first_path, ["SFB_CA_PATH"])},
    "validate_certs": {"type": "bool", "default": True},
    "auth_source": {
        "type": "str",
        "choices": list(AUTH_SOURCES),
        "default": "auto",
        "fallback": (_auth_source, ["ANSIBLE_AZURE_AUTH_SOURCE"]),
    },
    "federated_token_file": {"type": "path", "no_log": False, "fallback": (first_path, ["AZURE_FEDERATED_TOKEN_FILE"])},
    "federated_token_variable": {"type": "str", "no_log": False},
    "managed_identity_client_id": {"type": "str"},
    "device_code_timeout": {"type": "int", "default": 300},
}

# The names under which a task can give them.
SIGN_IN_NAMES = frozenset(name for option, spec in SIGN_IN.items() for name in (option, *spec.get("aliases", ())))

# Documented in doc_fragments/onprem.py.
ONPREM: dict[str, dict[str, Any]] = {
    "management_modules": {"type": "list", "elements": "str", "default": ["SkypeForBusiness", "Lync"]},
    "endpoint": {"type": "str", "choices": ["auto", "full", "restricted"], "default": "auto"},
}

# Documented in doc_fragments/observe.py.
OBSERVE: dict[str, dict[str, Any]] = {"observe": {"type": "bool", "default": False}}


@dataclass(frozen=True)
class Arguments:
    """An action's options in the form of ansible-core's argument spec, with the rules between them.

    folders: which options of type path name where the task writes; the others name what it reads.
    """

    options: Mapping[str, Mapping[str, Any]]
    mutually_exclusive: Sequence[Sequence[str]] = field(default_factory=tuple)
    required_one_of: Sequence[Sequence[str]] = field(default_factory=tuple)
    required_if: Sequence[Sequence[Any]] = field(default_factory=tuple)
    required_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    folders: Sequence[str] = ()


def given(args: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a task without those that say nothing: null, and for the options of the sign-in blank text too.

    So the default or the environment decides, as where the option is left out. AWX sends an empty text for what nobody filled in.
    """
    blank = SIGN_IN_NAMES if SIGN_IN.keys() & options.keys() else frozenset()
    return {
        name: value
        for name, value in args.items()
        if value is not None and not (name in blank and isinstance(value, str) and not value.strip())
    }
