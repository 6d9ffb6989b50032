# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token service answered, read before any library sees it, since those log what they cannot use. Private to the collection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_SECRET = ("access_token", "refresh_token", "id_token", "device_code", "client_assertion", "client_secret")
_MOST_DIGITS = 12
# What MSAL reads as numbers.
_NUMBERS = ("expires_in", "expires_on", "ext_expires_in", "refresh_in")
_REMEDY = "Run again; if it stays so, check 'login_url', and that no proxy answers in its place."


def tell(content: Any, secrets: set[str]) -> None:
    """Add the secrets in an answer or in a request's form to those that are not shown."""
    if isinstance(content, Mapping):
        for name in _SECRET:
            value = content.get(name)
            text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
            if isinstance(text, str) and text.strip():
                secrets.add(text)


def read(answer: Any, secrets: set[str], remedy: str = _REMEDY) -> dict[str, Any]:
    """The JSON object that was answered, its secrets told; HybridAuthError, without a word of the answer, where it is none.

    An answer with an access token has one that can be sent, and says when it ends.
    """
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        content = None
    tell(content, secrets)
    said = f"{urlsplit(answer.url).netloc} answered {answer.status_code} to the sign-in"
    if not isinstance(content, dict):
        raise HybridAuthError(f"{said}, but not with a JSON object.", remedy)
    if answer.status_code == 200 and "access_token" in content:
        if not sendable(content["access_token"]):
            raise HybridAuthError(f"{said}, but what it calls an access token is none.", remedy)
        if end_of(content) is None or not all(is_number(content[name]) for name in _NUMBERS if name in content):
            raise HybridAuthError(f"{said}, but does not say for how long the access token is valid.", remedy)
    return content


def sendable(token: Any) -> bool:
    """Whether it may be a bearer token: printable ASCII without blanks (RFC 6750 section 2.1)."""
    return isinstance(token, str) and bool(token) and token.isascii() and token.isprintable() and " " not in token


def end_of(answer: Mapping[str, Any]) -> int | None:
    """When the token of an answer ends, in seconds since 1970-01-01 UTC; None where it does not say."""
    if is_number(answer.get("expires_in")):
        return int(time.time()) + int(answer["expires_in"])
    return int(answer["expires_on"]) if is_number(answer.get("expires_on")) else None


def is_number(value: Any) -> bool:
    """Whether it is a whole number that may be one of seconds, or its digits as text."""
    text = str(value)
    return not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
