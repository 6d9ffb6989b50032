# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token service answered, read before any library sees it, since those log what they cannot use. Private to the collection."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import json_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

with suppress(ImportError):  # reported by require_requests() when a connection is needed
    import requests

_SECRET = ("access_token", "refresh_token", "id_token", "device_code", "client_assertion", "client_secret")
_MOST_DIGITS = 12
_LONGEST_REASON = 500
# What MSAL reads as numbers.
_NUMBERS = ("expires_in", "expires_on", "ext_expires_in", "refresh_in")
# What MSAL and the collection use of an answer, as text: of one with a token, and of any other. Azure Arc tells whose token it is.
_GRANTED = ("access_token", "client_id", "object_id", "msi_res_id", "mi_res_id", "resource")
_OTHER = ("error", "error_description", "message", "user_code", "device_code", "verification_uri", "interval", *_NUMBERS)
_LONGEST_INTERVAL = 60  # seconds between two questions whether a person has signed in
_REMEDY = f"Run again; if it stays so, check {options('login_url')}, and that no proxy answers in its place."


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
    content = json_of(answer)
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


def used_of(answer: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    """What a library needs of an answer that was read, each part of the type that it takes, so that none stumbles over the rest."""
    granted = answer.status_code == 200 and "access_token" in content
    used: dict[str, Any] = {"token_type": "Bearer"} if granted else {}
    for name in (*_GRANTED, *_NUMBERS) if granted else _OTHER:
        value = content.get(name)
        if name not in (*_NUMBERS, "interval"):
            used |= {name: value} if isinstance(value, str) else {}
        elif is_number(value):
            used[name] = min(int(str(value)), _LONGEST_INTERVAL) if name == "interval" else int(str(value))
    return used


def reason_in(content: Mapping[str, Any]) -> str:
    """Why no token was given, in the words of any of the platforms that give a machine its token."""
    error = content.get("error")
    inner = error if isinstance(error, dict) else {}
    for value in (content.get("error_description"), inner.get("message"), content.get("message"), inner.get("code"), error):
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:_LONGEST_REASON]
    return "no reason given"


def with_content(answer: Any, content: Mapping[str, Any]) -> Any:
    """The answer with this JSON object in place of what it holds."""
    made = requests.Response()
    made.status_code, made.url, made.request = answer.status_code, answer.url, answer.request
    made.headers.update({**answer.headers, "Content-Type": "application/json; charset=utf-8"})
    made.raw = io.BytesIO(json.dumps(content).encode())
    return made


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
