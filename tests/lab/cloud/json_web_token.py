# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Web Tokens (RFC 7519) signed with RS256, as the lab's services and identity providers give them out."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .. import keys


class Signer:
    """One key that signs and checks. name: whose it is."""

    def __init__(self, name: str) -> None:
        self._key = keys.named(name)

    def sign(self, claims: dict[str, Any]) -> str:
        signed = f"{encode({'typ': 'JWT', 'alg': 'RS256', 'kid': self.public()['kid']})}.{encode(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    def public(self) -> dict[str, str]:
        """The public half as a JSON Web Key (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        modulus, exponent = (_unsigned(number) for number in (numbers.n, numbers.e))
        kid = base64.urlsafe_b64encode(hashlib.sha256(modulus.encode()).digest()[:20]).rstrip(b"=").decode()
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent}

    def signed(self, token: str) -> bool:
        """Whether this key signed the token."""
        try:
            signed, signature = parts(token)[2:]
            self._key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of this key; None if it is none or over."""
        claims = parts(token)[1] if self.signed(token) else None
        return claims if claims and claims.get("exp", 0) > time.time() else None


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, signed text and signature of a JSON Web Token; ValueError if it is none."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise ValueError("no token")
    header, claims, signature = (base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)) for piece in pieces)
    return json.loads(header), json.loads(claims), f"{pieces[0]}.{pieces[1]}".encode(), signature


def encode(data: dict[str, Any]) -> str:
    """The part of a token that holds this data."""
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _unsigned(number: int) -> str:
    """A number in the form Base64urlUInt (RFC 7518)."""
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()
