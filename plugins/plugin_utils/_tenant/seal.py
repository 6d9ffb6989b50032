# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one task hands an access token to the next, unseen and for the same use only. Private to the collection.

A registered result is visible to every task and callback of the play, so graph_token returns the token sealed. The key is random and lies
in the run's own folder of temporary files, which ansible-core makes with mode 0700 before its workers start and takes away at the end
(https://docs.ansible.com/ansible/latest/reference_appendices/config.html#default-local-tmp). Outside the run the text is worthless.
The seal also holds what the token was got with, so that no later task uses it with another endpoint, tenant or verification of TLS.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # reported by _fernet()
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_PREFIX = "sfb-sealed-1:"
_KEY_FILE = "sfb_hybrid_auth-seal.key"
_KEY_LENGTH = 44  # of Fernet's key, 32 bytes in base64


def is_sealed(text: str) -> bool:
    """Whether seal() made the text, in this run or in another one."""
    return text.strip().startswith(_PREFIX)


def seal(token: AccessToken, where: Endpoints, tenant: str | None) -> str:
    """The token as text that only this run of Ansible can read. tenant: the option that it was got with, an id or a domain."""
    content = {"token": asdict(token), "use": _use(where, tenant)}
    return _PREFIX + _fernet().encrypt(json.dumps(content).encode()).decode("ascii")


def unseal(text: str, where: Endpoints, tenant: str | None) -> AccessToken:
    """The token that seal() hid; HybridAuthError where another run sealed it, or this one for another endpoint, tenant or TLS setting."""
    try:
        content = json.loads(_fernet().decrypt(text.strip()[len(_PREFIX) :].encode("ascii", "replace")))
    except InvalidToken:
        raise HybridAuthError(
            "The access token was made by graph_token in another run of Ansible, or it was cut.",
            "Call graph_token in the same play; its result cannot be stored.",
        ) from None
    made, now = content["use"], _use(where, tenant)
    differ = [option for option in now if option != "tenant" and made[option] != now[option]]
    if _other_tenant(made["tenant"], now["tenant"]):
        differ.append("tenant")
    if differ:
        decided = " (or cloud)" if {"login_url", "graph_url"} & set(differ) else ""
        raise HybridAuthError(
            f"The access token was made by graph_token with {_shown(made, differ)}; this task has {_shown(now, differ)}. It was not sent.",
            f"Give both the same {' and '.join(differ)}{decided}, for example in module_defaults for group/sfb.hybrid_auth.graph.",
        )
    return AccessToken(**content["token"])


def _use(where: Endpoints, tenant: str | None) -> dict[str, Any]:
    """What a token is got and used with, by the option's name."""
    return {
        "login_url": where.login_url.lower(),
        "graph_url": where.graph_url.lower(),
        "validate_certs": where.validate_certs,
        "ca_path": str(Path(where.ca_path).resolve()) if where.ca_path else None,
        "tenant": bare(tenant or "").lower() or None,
    }


def _other_tenant(made: str | None, now: str | None) -> bool:
    """Whether two options cannot mean one tenant as far as their texts tell: an id and a domain cannot be compared."""
    return bool(made and now and made != now and is_guid(made) == is_guid(now))


def _shown(use: dict[str, Any], options: list[str]) -> str:
    return " and ".join(f"{option} {'not set' if use[option] is None else str(use[option])}" for option in options)


def _fernet() -> Fernet:
    if not HAS_CRYPTOGRAPHY:
        raise missing("cryptography", "keeping a token secret between tasks")
    try:
        return Fernet(_run_key())
    except ValueError:
        raise HybridAuthError(
            f"The key that keeps access tokens secret between tasks is damaged: {Path(constants.DEFAULT_LOCAL_TMP) / _KEY_FILE}.",
            "See what else writes to the folder of Ansible's temporary files (ANSIBLE_LOCAL_TEMP), and run again.",
        ) from None


def _run_key() -> bytes:
    """The key of this run, made by the first worker that asks; the lock keeps the others waiting until it is written whole."""
    path = Path(constants.DEFAULT_LOCAL_TMP) / _KEY_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read()
            if len(key) != _KEY_LENGTH:  # new, or left by a worker that was killed before it used the key
                key = Fernet.generate_key()
                file.seek(0)
                file.truncate()
                file.write(key)
                file.flush()
    except OSError as exc:
        raise HybridAuthError(
            f"The key that keeps access tokens secret between tasks cannot be kept in {path.parent}: {exc.strerror or exc}.",
            "Let the user of Ansible write there (ANSIBLE_LOCAL_TEMP), or give the sign-in options to each module without graph_token.",
        ) from None
    return key
