# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""X.509 certificates: what the collection knows of one, and whether it may be used. Private to the collection."""

from __future__ import annotations

import base64
import hashlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.distinguished_name import parse, quoted, windows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.lenient import key_algorithm, plain_form
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
    from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
except ImportError:  # reported by require_cryptography() when a certificate is read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

# The OAuthTokenIssuer certificate needs at least this key length:
# https://learn.microsoft.com/skypeforbusiness/manage/authentication/assign-a-server-to-server-certificate
MINIMUM_RSA_BITS = 2048

_RSASSA_PSS = bytes.fromhex("2A864886F70D01010A")  # 1.2.840.113549.1.1.10, RFC 4055 section 3.1


@dataclass(frozen=True)
class Certificate:
    """What the collection knows of a certificate.

    thumbprint: SHA-1 of the DER form, 40 upper-case hexadecimal digits, as Windows and Microsoft Entra show it.
    subject, issuer: distinguished names in Windows' order, such as "CN=contoso.com, O=Contoso".
    not_before, not_after: aware times in UTC.
    key_type: RSA, ECDSA, or another name; key_size: bits, or None where the type has none.
    signature_algorithm: in Windows' spelling where it has one, such as sha256RSA.
    serial_number: upper-case hexadecimal.
    """

    thumbprint: str
    der: bytes
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    key_type: str
    key_size: int | None
    signature_algorithm: str
    serial_number: str

    @property
    def self_signed(self) -> bool:
        return self.issuer == self.subject

    @property
    def content(self) -> str:
        """The DER form in base64, one line."""
        return base64.b64encode(self.der).decode("ascii")

    def row(self, *, there: bool | None) -> dict[str, Any]:
        """The certificate as the server shows one of its store. there: whether it is in it with its key; None where that is not known."""
        return {
            "thumbprint": self.thumbprint,
            "found": there,
            "has_private_key": there,
            "subject": self.subject,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "not_before": utc_text(self.not_before),
            "not_after": utc_text(self.not_after),
            "content": self.content,
            "key_type": self.key_type,
            "key_size": self.key_size,
            "signature_algorithm": self.signature_algorithm,
        }

    def shown(self) -> dict[str, Any]:
        """What names the certificate in a result."""
        return {"thumbprint": self.thumbprint, "subject": self.subject, "not_after": utc_text(self.not_after)}


def in_date(begin: datetime | None, end: datetime | None, moment: datetime) -> bool | None:
    """Whether the moment is within a validity, its first second included and its last one not; None where what is not known decides."""
    if (begin is not None and moment < begin) or (end is not None and end <= moment):
        return False
    return None if begin is None or end is None else True


def long_enough(key_type: str | None, key_size: int | None) -> bool | None:
    """Whether the farm may sign with a key of that type and of so many bits; None where that is not known."""
    if not key_type:
        return None
    if key_type.upper() != "RSA":
        return False
    return None if key_size is None else key_size >= MINIMUM_RSA_BITS


def first_use(now: datetime, *others: datetime | None) -> datetime:
    """From when on something is needed that begins at the latest of these times, and not in the past. None: no limit."""
    return max([now, *(moment for moment in others if moment is not None)])


def check_usable(option: str, certificate: Certificate, now: datetime) -> list[str]:
    """Refuse a certificate that cannot serve as the trust's (InvalidOptionError); the warnings about one that can.

    now: an aware time.
    """
    name = f"the certificate {certificate.thumbprint} ({certificate.subject})"
    if certificate.not_after <= now:
        raise InvalidOptionError(option, f"{name} expired on {utc_text(certificate.not_after)}", "a certificate that is still valid")
    if not long_enough(certificate.key_type, certificate.key_size):
        key = f"an RSA key of {certificate.key_size} bits" if certificate.key_type == "RSA" else f"a key of type {certificate.key_type}"
        raise InvalidOptionError(option, f"{name} has {key}", f"an RSA key of at least {MINIMUM_RSA_BITS} bits")
    if certificate.not_before > now:
        return [f"The certificate {certificate.thumbprint} ({certificate.subject}) is not valid before {utc_text(certificate.not_before)}."]
    return []


def check_subject(option: str, subject: str) -> str:
    """The distinguished name as Windows writes it; InvalidOptionError if it is none, or one of which Windows makes no certificate.

    It may have the form of RFC 4514 or Windows' own.
    """
    text = str(subject).lstrip()
    try:
        return windows(parse(text))
    except ValueError as exc:
        raise InvalidOptionError(option, f"{text!r} {exc}", "a name such as CN=contoso.com, O=Contoso") from None


def parse_der(der: bytes) -> Certificate:
    """The certificate in exactly these bytes; ValueError if they are none.

    One that Windows and OpenSSL read is read here too, although it breaks a rule of RFC 5280.
    """
    require_cryptography()
    try:
        return _parsed(der, der)
    except ValueError:
        try:
            return _parsed(plain_form(der), der)
        except ValueError:
            pass
        raise  # what the strict parser says of the certificate itself


def _parsed(form: bytes, der: bytes) -> Certificate:
    """form: what is read. der: the certificate itself."""
    with warnings.catch_warnings():
        # Odd serial numbers and the like are for the audit to judge, not for a Python warning on the terminal.
        warnings.simplefilter("ignore")
        try:
            parsed = x509.load_der_x509_certificate(form)
            subject, issuer = _name(parsed.subject), _name(parsed.issuer)
            serial_number = _serial(parsed.serial_number)
        except Exception as exc:  # cryptography raises many kinds, as of a version or of a part of a name
            raise ValueError(str(exc)) from None
    # cryptography takes a key of RSASSA-PSS for one that may sign in any way.
    key_type, key_size = ("RSASSA-PSS", None) if key_algorithm(form) == _RSASSA_PSS else _key(parsed)
    return Certificate(
        thumbprint=sha1_thumbprint(der),
        der=der,
        subject=subject,
        issuer=issuer,
        not_before=_utc(parsed, "not_valid_before"),
        not_after=_utc(parsed, "not_valid_after"),
        key_type=key_type,
        key_size=key_size,
        signature_algorithm=_signature_algorithm(parsed),
        serial_number=serial_number,
    )


def _serial(number: int) -> str:
    """The serial number as Windows shows it: the certificate's bytes, which make a negative number where the first bit is set."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    digits = number.to_bytes(size, "big", signed=True).hex().upper()
    return digits[2:] if digits.startswith("00") and size > 1 else digits


def sha1_thumbprint(der: bytes) -> str:
    """The thumbprint of the certificate in these bytes, as Windows and Microsoft Entra show it."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def _name(name: x509.Name) -> str:
    """The distinguished name as Windows shows it: the last part of the encoded name first, joined with comma and blank."""
    overrides = {NameOID.EMAIL_ADDRESS: "E", NameOID.STATE_OR_PROVINCE_NAME: "S"}
    return ", ".join(" + ".join(_attribute(one, overrides) for one in part) for part in reversed(name.rdns))


def _attribute(one: x509.NameAttribute[Any], overrides: Mapping[Any, str]) -> str:
    if not isinstance(one.value, str):
        return one.rfc4514_string()
    return f"{overrides.get(one.oid, one.rfc4514_attribute_name)}={quoted(one.value)}"


def _utc(parsed: x509.Certificate, attribute: str) -> datetime:
    aware: datetime | None = getattr(parsed, f"{attribute}_utc", None)  # since cryptography 42
    if aware is not None:
        return aware
    naive: datetime = getattr(parsed, attribute)
    return naive.replace(tzinfo=timezone.utc)


def _key(parsed: x509.Certificate) -> tuple[str, int | None]:
    try:
        key = parsed.public_key()
    except Exception as exc:  # a type that cryptography does not know, or a broken key: not usable, and the name says why
        return f"unknown ({type(exc).__name__})", None
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return "EdDSA", None
    return type(key).__name__.removesuffix("PublicKey").lstrip("_"), None


def _signature_algorithm(parsed: x509.Certificate) -> str:
    oid = parsed.signature_algorithm_oid
    if oid == SignatureAlgorithmOID.RSASSA_PSS:
        return "RSASSA-PSS"
    # cryptography's own table of names: "sha256WithRSAEncryption", "ecdsa-with-SHA256"
    name = str(getattr(oid, "_name", oid.dotted_string))
    if match := re.fullmatch(r"(\w+?)WithRSAEncryption", name, re.IGNORECASE):
        return f"{match[1].lower()}RSA"
    if match := re.fullmatch(r"ecdsa-with-(\w+)", name, re.IGNORECASE):
        return f"{match[1].lower()}ECDSA"
    return name


def require_cryptography() -> None:
    """Say in words that the package is missing; it is needed only where a certificate is read."""
    if not HAS_CRYPTOGRAPHY:
        raise missing("cryptography", "reading a certificate")
