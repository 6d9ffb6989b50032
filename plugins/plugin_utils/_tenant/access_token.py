# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens for Microsoft Graph: what they say of themselves, and how one task hands one to the next unseen. Private to the collection.

A registered result is visible to every task and callback of the play, so graph_token returns the token sealed. The key of the
seal is never stored: it comes from CPython's per-process random hash seed (PEP 456), which ansible-core's forked workers share
and no other process has. Outside the play the text is worthless.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # reported by _fernet()
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_PREFIX = "sfb-sealed-1:"


@dataclass(frozen=True)
class AccessToken:
    """A token with what is known of it.

    expires: seconds since 1970-01-01 UTC, or None where the token does not tell.
    tenant_id: a GUID in lower case, or None where the token does not tell.
    graph_url: the endpoint it was made for, or None where the token came from outside.
    """

    value: str
    expires: int | None = None
    tenant_id: str | None = None
    graph_url: str | None = None
    cloud: str | None = None

    @property
    def expires_text(self) -> str | None:
        return None if self.expires is None else utc_text(datetime.fromtimestamp(self.expires, timezone.utc))


def seal(token: AccessToken) -> str:
    """The token as text that only this run of Ansible can read."""
    return _PREFIX + _fernet().encrypt(json.dumps(asdict(token)).encode()).decode("ascii")


def read_token(text: str) -> AccessToken:
    """The token in the option access_token: one that seal() made in this run, or a ready one."""
    text = text.strip()
    if not text.startswith(_PREFIX):
        return ready_token(text)
    try:
        plain = _fernet().decrypt(text[len(_PREFIX) :].encode("ascii", "replace"))
    except InvalidToken:
        raise HybridAuthError(
            "The access token was made by graph_token in another run of Ansible, or it was cut.",
            "Call graph_token in the same play; its result cannot be stored.",
        ) from None
    return AccessToken(**json.loads(plain))


def ready_token(text: str) -> AccessToken:
    """A token that came from outside, with what it says of itself."""
    claims = claims_of(text)
    expires, tenant = claims.get("exp"), claims.get("tid")
    return AccessToken(
        value=text,
        expires=int(expires) if isinstance(expires, (int, float)) else None,
        tenant_id=str(tenant).lower() if tenant else None,
    )


def claims_of(text: str) -> dict[str, Any]:
    """The claims of a JSON Web Token (RFC 7519), unverified: Graph verifies. Empty for an opaque token."""
    parts = text.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:  # an opaque token with two dots
        return {}
    return claims if isinstance(claims, dict) else {}


def _fernet() -> Fernet:
    if not HAS_CRYPTOGRAPHY:
        raise HybridAuthError(
            "The Python package 'cryptography' is not installed for the Python that runs Ansible.",
            "Install what the collection needs with 'pip install -r requirements.txt'.",
        )
    if os.environ.get("PYTHONHASHSEED", "random") not in ("", "random"):
        raise HybridAuthError(
            "The environment variable PYTHONHASHSEED fixes Python's hash seed, so a token cannot be kept secret between tasks.",
            "Unset PYTHONHASHSEED for ansible-playbook, or give the sign-in options to each module without graph_token.",
        )
    # Sixteen 64-bit outputs of SipHash under the process's secret 128-bit key.
    seed = b"".join((hash(f"sfb.hybrid_auth {index}") & (2**64 - 1)).to_bytes(8, "big") for index in range(16))
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(seed).digest()))
