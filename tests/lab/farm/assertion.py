# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner on the server does to sign an assertion, for machines without PowerShell: the same checks, claims and answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import certificates
from .binder import CmdletError

AUTHORIZATION_SERVER = "00000001-0000-0000-c000-000000000000"
SKYPE_FOR_BUSINESS = "00000004-0000-0ff1-ce00-000000000000"
_SHORTEST_SECONDS, _LONGEST_SECONDS, _MOST = 60, 600, 50
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_SEAL = re.compile(r"[A-Za-z0-9_-]{43}=", re.ASCII)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}", re.ASCII)


@dataclass(frozen=True)
class Stored:
    """A certificate of the computer's store, with its private key where it is there."""

    certificate: x509.Certificate
    key: Any


def rows(
    parts: dict[str, Any] | None,
    assigned: Callable[[], Sequence[dict[str, Any]]],
    service_name: Callable[[], str | None],
    store: Sequence[Stored],
) -> list[dict[str, Any]]:
    """One row for each host; CmdletError where the parts are not what the runner takes.

    assigned: rows of Get-CsCertificate with Thumbprint, PreviousThumbprint and EffectiveDate. service_name: the farm's ServiceName.
    """
    given = parts or {}
    wrong = _problem(given)
    if wrong:
        raise CmdletError(f"No assertion was signed: {wrong}.", "AssertionParts", "InvalidArgument")
    application = str(given["application"]).lower()
    if application != SKYPE_FOR_BUSINESS and (service_name() or "").lower() != application:
        raise CmdletError(
            f"No assertion was signed: {application} is not the ServiceName of this farm.", "AssertionApplication", "InvalidArgument"
        )
    listed = [row for row in assigned() if row["Thumbprint"]]
    thumbprint = str(given.get("thumbprint") or signing(listed) or "").upper() or None
    problem, found = _choose(thumbprint, listed, store)
    made = []
    for host in given["hosts"]:
        issuer = f"{application}{'/' + host.lower() if host else ''}@{given['realm']}"
        row: dict[str, Any] = dict.fromkeys(("subject", "not_before", "not_after", "issued", "sealed", "message"))
        row.update(issuer=issuer, thumbprint=thumbprint, problem=problem)
        if found is not None:
            row["subject"] = found.certificate.subject.rfc4514_string()
            row["not_before"], row["not_after"] = certificates.times(found.certificate)
        if found is not None and problem is None:
            now = datetime.now(timezone.utc).replace(microsecond=0)
            audience = f"{AUTHORIZATION_SERVER}/{given['audience_host']}@{given['realm']}"
            row["issued"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            made_now = signed(found, issuer, audience, int(now.timestamp()), given["lifetime"])
            row["sealed"] = Fernet(given["seal"]).encrypt(made_now.encode()).decode()
        made.append(row)
    return made


def signed(stored: Stored, issuer: str, audience: str, start: int, lifetime: int) -> str:
    """The assertion: RFC 7523 claims, signed with RS256 and named by the certificate's SHA-1 thumbprint (x5t, RFC 7515)."""
    x5t = _encode(stored.certificate.fingerprint(hashes.SHA1()))  # noqa: S303  # the header parameter is defined so
    header = {"typ": "JWT", "alg": "RS256", "x5t": x5t}
    claims = {"aud": audience, "iss": issuer, "nameid": issuer, "nbf": start, "exp": start + lifetime}
    text = ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{text}.{_encode(stored.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def signing(assigned: Sequence[dict[str, Any]]) -> str | None:
    """The thumbprint that signs now: until its effective date a staged certificate does not, and the one before it goes on."""
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    ordered = sorted(assigned, key=lambda row: str(row["EffectiveDate"] or ""))
    in_force = [row for row in ordered if str(row["EffectiveDate"] or "") <= moment]
    if in_force:
        return str(in_force[-1]["Thumbprint"])
    return str(ordered[0]["PreviousThumbprint"] or ordered[0]["Thumbprint"]) if ordered else None


def _choose(thumbprint: str | None, assigned: Sequence[dict[str, Any]], store: Sequence[Stored]) -> tuple[str | None, Stored | None]:
    allowed = {str(row[name]).upper() for row in assigned for name in ("Thumbprint", "PreviousThumbprint") if row[name]}
    if thumbprint is None:
        return "none_assigned", None
    if thumbprint not in allowed:
        return "not_assigned", None
    found = next((one for one in store if certificates.thumbprint(one.certificate) == thumbprint), None)
    if found is None:
        return "missing", None
    if found.key is None:
        return "no_private_key", found
    return (None if isinstance(found.key, rsa.RSAPrivateKey) else "not_rsa"), found


def _problem(parts: dict[str, Any]) -> str | None:
    hosts, lifetime, realm = parts.get("hosts"), parts.get("lifetime"), str(parts.get("realm") or "")
    if not _GUID.fullmatch(str(parts.get("application") or "")):
        return "application is not a GUID"
    if not _GUID.fullmatch(realm) and not _HOST.fullmatch(realm):
        return "realm is neither a GUID nor a domain"
    if not _HOST.fullmatch(str(parts.get("audience_host") or "")):
        return "audience_host is not a host name"
    if not isinstance(lifetime, int) or isinstance(lifetime, bool) or not _SHORTEST_SECONDS <= lifetime <= _LONGEST_SECONDS:
        return f"lifetime is not a number of seconds from {_SHORTEST_SECONDS} to {_LONGEST_SECONDS}"
    if parts.get("thumbprint") is not None and not _THUMBPRINT.fullmatch(str(parts["thumbprint"])):
        return "thumbprint is not one"
    if not _SEAL.fullmatch(str(parts.get("seal") or "")):
        return "seal is not a key"
    if not isinstance(hosts, list) or not 1 <= len(hosts) <= _MOST:
        return f"hosts has not 1 to {_MOST} entries"
    if any(host != "" and not _HOST.fullmatch(str(host)) for host in hosts):
        return "hosts has an entry that is not a host name"
    return None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
