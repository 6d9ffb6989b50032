# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read X.509 certificates from what users and servers hand over, and judge whether they may be used. Private to the collection."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import warnings
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_der_private_key
    from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
except ImportError:  # reported by require_cryptography() when a certificate is read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

# The OAuthTokenIssuer certificate needs at least this key length:
# https://learn.microsoft.com/skypeforbusiness/deploy/integrate-with-exchange-server/assign-a-server-to-server-certificate
MINIMUM_RSA_BITS = 2048

_EXPECTED = "one X.509 certificate without private key as PEM, DER or base64 of DER (a .cer file)"
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")  # RFC 7468 section 5.1 and OpenSSL's own
_DER_SEQUENCE = 0x30


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


def load_certificate(option: str, content: str | bytes) -> Certificate:
    """The one certificate in PEM, DER or bare base64 text.

    A private key that lies beside it is left unread. Raises InvalidOptionError when there is no certificate, more than one,
    or something else where a certificate was meant. No message holds any of the content.
    """
    require_cryptography()
    distinct = {hashlib.sha256(der).digest(): der for der in _certificates_in(option, content)}
    if len(distinct) > 1:
        raise InvalidOptionError(
            option, f"it holds {len(distinct)} different certificates, which leaves open which one is meant", _EXPECTED
        )
    (der,) = distinct.values()
    try:
        return parse_der(der)
    except ValueError as exc:
        raise InvalidOptionError(option, f"it cannot be read as a certificate: {_first_line(exc)}", _EXPECTED) from None


def load_certificate_file(option: str, path: str) -> Certificate:
    """The certificate in a file on the controller; InvalidOptionError as load_certificate(), or where the file cannot be read."""
    try:
        content = Path(path).read_bytes()
    except OSError as exc:
        raise InvalidOptionError(option, f"{path} cannot be read: {exc.strerror}", "a file on the controller") from None
    return load_certificate(option, content)


def check_usable(option: str, certificate: Certificate, now: datetime) -> list[str]:
    """Refuse a certificate that cannot serve as the trust's (InvalidOptionError); the warnings about one that can.

    now: an aware time.
    """
    name = f"the certificate {certificate.thumbprint} ({certificate.subject})"
    if certificate.not_after <= now:
        raise InvalidOptionError(option, f"{name} expired on {utc_text(certificate.not_after)}", "a certificate that is still valid")
    if certificate.key_type != "RSA":
        raise InvalidOptionError(
            option, f"{name} has a key of type {certificate.key_type}", f"an RSA key of at least {MINIMUM_RSA_BITS} bits"
        )
    if (certificate.key_size or 0) < MINIMUM_RSA_BITS:
        raise InvalidOptionError(
            option, f"{name} has an RSA key of {certificate.key_size} bits", f"an RSA key of at least {MINIMUM_RSA_BITS} bits"
        )
    if certificate.not_before > now:
        return [f"The certificate {certificate.thumbprint} ({certificate.subject}) is not valid before {utc_text(certificate.not_before)}."]
    return []


def check_subject(option: str, subject: str) -> str:
    """The distinguished name as Windows shows it; InvalidOptionError if it is none (RFC 4514) or is empty."""
    require_cryptography()
    text = str(subject).strip()
    try:
        parsed = x509.Name.from_rfc4514_string(text)
    except ValueError:
        parsed = None
    if not parsed or not list(parsed):
        raise InvalidOptionError(option, f"{text!r} is not a distinguished name", "a name such as CN=contoso.com")
    return _name(parsed)


def parse_der(der: bytes) -> Certificate:
    """The certificate in exactly these bytes; ValueError if they are none."""
    require_cryptography()
    with warnings.catch_warnings():
        # Odd serial numbers and the like are for the audit to judge, not for a Python warning on the terminal.
        warnings.simplefilter("ignore")
        parsed = x509.load_der_x509_certificate(der)
        subject, issuer = _name(parsed.subject), _name(parsed.issuer)
        serial_number = f"{parsed.serial_number:X}"
    key_type, key_size = _key(parsed)
    return Certificate(
        thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        der=der,
        subject=subject,
        issuer=issuer,
        not_before=_utc(parsed, "not_valid_before"),
        not_after=_utc(parsed, "not_valid_after"),
        key_type=key_type,
        key_size=key_size,
        signature_algorithm=_signature_algorithm(parsed),
        serial_number=serial_number if len(serial_number) % 2 == 0 else f"0{serial_number}",
    )


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 or base64url text with or without padding and line ends; None if it is neither."""
    compact = re.sub(r"\s+", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    if not compact:
        return None
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def text_of(content: bytes) -> str | None:
    """The text in these bytes, which Windows tools may have written as UTF-16 or with a byte order mark; None if it is no text."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _certificates_in(option: str, content: str | bytes) -> list[bytes]:
    """The DER forms found, at least one; InvalidOptionError that says what was found instead."""
    if isinstance(content, str):
        text: str | None = content
    elif content[:1] == bytes([_DER_SEQUENCE]):
        return [_der_certificate(option, content)]
    else:
        text = text_of(content)
    if text is None:
        raise InvalidOptionError(option, "it is neither text nor DER", _EXPECTED)
    if not text.strip():
        raise InvalidOptionError(option, "it is empty", _EXPECTED)
    if "-----BEGIN" in text:
        return _pem_certificates(option, text)
    decoded = decode_base64(text)
    if decoded is None:
        raise InvalidOptionError(option, "it is not a certificate", _EXPECTED)
    if decoded.startswith(b"-----BEGIN"):
        return _pem_certificates(option, text_of(decoded) or "")
    return [_der_certificate(option, decoded)]


def _pem_certificates(option: str, text: str) -> list[bytes]:
    blocks = _PEM_BLOCK.findall(text)
    found = []
    for label, body in blocks:
        if label not in _CERTIFICATE_LABELS:
            continue
        der = decode_base64(body)
        if der is None:
            raise InvalidOptionError(option, "its PEM block is damaged: what is between the lines is not base64", _EXPECTED)
        found.append(der)
    if found:
        return found
    labels = " ".join(label for label, _body in blocks) or text
    if "PRIVATE KEY" in labels:
        raise InvalidOptionError(option, "it holds a private key where a certificate was meant", _EXPECTED)
    if "CERTIFICATE REQUEST" in labels:
        raise InvalidOptionError(option, "it holds a certificate signing request where a certificate was meant", _EXPECTED)
    if "PKCS7" in labels:
        raise InvalidOptionError(option, "it holds a PKCS#7 bundle where one certificate was meant", _EXPECTED)
    raise InvalidOptionError(option, "it holds no complete PEM block of a certificate", _EXPECTED)


def _der_certificate(option: str, der: bytes) -> bytes:
    """The bytes themselves, after ruling out the other things that also come as DER."""
    try:
        parse_der(der)
    except ValueError as exc:
        if _is_private_key(der):
            raise InvalidOptionError(option, "it holds a private key where a certificate was meant", _EXPECTED) from None
        if _is_pfx(der):
            raise InvalidOptionError(
                option, "it is a PFX (PKCS#12) file, which is made to hold a private key, where a certificate was meant", _EXPECTED
            ) from None
        raise InvalidOptionError(option, f"it is not a certificate: {_first_line(exc)}", _EXPECTED) from None
    return der


def _is_private_key(der: bytes) -> bool:
    try:
        load_der_private_key(der, password=None)
    except TypeError:  # "Password was not given but private key is encrypted"
        return True
    except Exception:  # cryptography raises many kinds for bytes that are no key; the caller reports the certificate's problem
        return False
    return True


def _is_pfx(der: bytes) -> bool:
    """Whether the bytes begin as RFC 7292 section 4 says of a PFX: SEQUENCE { INTEGER 3, ... }."""
    if len(der) < 2:
        return False
    length_octets = der[1] & 0x7F if der[1] & 0x80 else 0
    return der[2 + length_octets : 5 + length_octets] == b"\x02\x01\x03"


def _name(name: x509.Name) -> str:
    """The distinguished name as Windows shows it: the last part of the encoded name first, joined with comma and blank."""
    overrides = {NameOID.EMAIL_ADDRESS: "E", NameOID.STATE_OR_PROVINCE_NAME: "S"}
    return ", ".join(part.rfc4514_string(overrides) for part in reversed(name.rdns))


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


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0].rstrip(".")


def require_cryptography() -> None:
    """Say in words that the package is missing; it is needed only where a certificate is read."""
    if not HAS_CRYPTOGRAPHY:
        raise HybridAuthError(
            "The Python package 'cryptography' is not installed for the Python that runs Ansible.",
            "Install what the collection needs with 'pip install -r requirements.txt'.",
        )
