# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application of the state signs in with: its secret, its certificate, and what was added to it through Graph."""

from __future__ import annotations

import time
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import passwords
from .json_web_token import parts
from .key_credentials import certificate_of


def secret_accepted(secret: str | None, application: dict[str, Any]) -> bool:
    """Whether it is the application's own secret, or one that was added through Graph."""
    added = application.get("graph", {}).get("passwordCredentials", [])
    return bool(secret) and (secret == application.get("secret") or passwords.accepts(added, str(secret)))


def _certificates(application: dict[str, Any]) -> list[x509.Certificate]:
    """The application's own certificate, and those that were added through Graph."""
    own = application.get("certificate")
    added = application.get("graph", {}).get("keyCredentials", [])
    return [
        *([x509.load_pem_x509_certificate(own.encode())] if own else []),
        *(certificate_of(entry["key"]) for entry in added if entry["key"]),
    ]


def assertion_problem(assertion: str, application: dict[str, Any]) -> str | None:
    """What is wrong with a signed assertion (RFC 7523) of the application; None if nothing is."""
    held = _certificates(application)
    if not held:
        return "the application has no certificate"
    try:
        header, claims, signed, signature = parts(assertion)
    except ValueError:
        return "it is no token"
    scheme: Any = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if header.get("alg") == "PS256" else padding.PKCS1v15()
    if not any(_verifies(certificate, signature, signed, scheme) for certificate in held):
        return "the key was not found"
    return (
        None
        if claims.get("exp", 0) > time.time() and claims.get("iss") == application["client_id"]
        else "it is expired or of another client"
    )


def _verifies(certificate: x509.Certificate, signature: bytes, signed: bytes, scheme: Any) -> bool:
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    try:
        public.verify(signature, signed, scheme, hashes.SHA256())
    except InvalidSignature:
        return False
    return True
