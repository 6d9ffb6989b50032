# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The assertion that the server signs to prove the trust: what is asked of the runner and what it answers. Private to the collection.

The runner makes header and claims itself and signs only with an OAuthTokenIssuer certificate of the farm; the private key stays on
the server. The assertion comes back sealed with a key that the controller makes for the one request, since connection plugins show
what a server printed at the highest verbosity. Names have the form <application id>[/<host>]@<realm>, as
https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-xoauth/2a67f794-8455-4dc4-9b0d-9bf0dac6f5ee describes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, is_guid, is_host_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # reported by new_seal()
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

# What the runner signs at once; all of them are exchanged before the next ones are signed, since they last for minutes.
MOST_HOSTS = 50
_TEXTS = ("thumbprint", "subject", "not_after", "issued", "sealed", "problem", "message")
_PRINCIPAL = re.compile(r"(?P<application>[^/@\s]+)/(?P<host>[^/@\s]+)(?:@(?P<realm>[^/@\s]+))?")


@dataclass(frozen=True)
class Principal:
    """A name <application>/<host>@<realm>; realm is None where it is left open."""

    application: str
    host: str
    realm: str | None

    def text(self, realm: str) -> str:
        return f"{self.application}/{self.host}@{self.realm or realm}"


@dataclass(frozen=True)
class Signed:
    """What the server made for one issuer: the assertion, or what kept its certificate from signing (problem, message)."""

    issuer: str
    thumbprint: str | None
    subject: str | None
    not_after: str | None
    issued: datetime | None
    assertion: str | None
    problem: str | None
    message: str | None


def principal(option: str, value: str) -> Principal:
    """The name in an option; InvalidOptionError if it is none."""
    match = _PRINCIPAL.fullmatch(bare(value))
    realm = match["realm"] if match else None
    if match is None or not is_guid(match["application"]) or not is_host_name(match["host"]) or (realm and not _is_realm(realm)):
        raise InvalidOptionError(
            option, f"{str(value)!r} is no principal", "<application id>/<host name>, with @<tenant id> at its end where that differs"
        )
    return Principal(match["application"].lower(), match["host"].lower(), realm.lower() if realm else None)


def new_seal() -> str:
    """A key for one request; HybridAuthError without the cryptography package."""
    if not HAS_CRYPTOGRAPHY:
        raise missing("cryptography", "keeping an assertion secret on its way")
    return Fernet.generate_key().decode("ascii")


def call(
    application_id: str, hosts: Sequence[str], realm: str, audience_host: str, lifetime: int, thumbprint: str | None, seal: str
) -> Call:
    """The call of the runner that signs one assertion for each host; an empty host makes an issuer without one."""
    return Call(
        "assertions",
        "New-Assertion",
        {
            "application": application_id,
            "hosts": list(hosts),
            "realm": realm,
            "audience_host": audience_host,
            "lifetime": lifetime,
            "thumbprint": thumbprint,
            "seal": seal,
        },
    )


def read(rows: Sequence[Mapping[str, Any]], seal: str) -> list[Signed]:
    """The runner's rows, opened with the key of the request; HybridAuthError where they are none, or were sealed with another."""
    for row in rows:
        if not isinstance(row.get("issuer"), str) or not all(name in row and isinstance(row[name], (str, type(None))) for name in _TEXTS):
            raise HybridAuthError("The server's answer holds no assertion.", "Run again, and see with -vvv what else answers there.")
    return [
        Signed(
            issuer=row["issuer"],
            thumbprint=row["thumbprint"],
            subject=row["subject"],
            not_after=row["not_after"],
            issued=time_or_none(row["issued"]),
            assertion=_opened(row["sealed"], seal) if row["sealed"] else None,
            problem=row["problem"],
            message=row["message"],
        )
        for row in rows
    ]


def _opened(sealed: str, seal: str) -> str:
    try:
        return Fernet(seal).decrypt(sealed.encode("ascii", "replace")).decode("ascii", "replace")
    except InvalidToken:
        raise HybridAuthError(
            "The server's assertion cannot be opened: it was cut or changed on its way.", "Please report it with the output of -vvv."
        ) from None


def _is_realm(text: str) -> bool:
    return is_guid(text) or is_host_name(text)
