# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read one X.509 certificate from what users hand over: PEM, DER, base64 of either, hexadecimal, PKCS#7. Private to the collection."""

from __future__ import annotations

import hashlib
import re
import warnings

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate, parse_der, require_cryptography
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import content_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import (
    BEGIN,
    decode_base64,
    decode_der,
    is_der,
    pem_text,
    text_of,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.lenient import without_padding

try:
    from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7
except ImportError:  # reported by require_cryptography() when a certificate is read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_EXPECTED = "one X.509 certificate without private key as PEM, DER or base64 of DER (a .cer file)"
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")  # RFC 7468 section 5.1 and OpenSSL's own
_BUNDLE_LABELS = ("PKCS7", "CMS")  # RFC 7468 sections 8 and 9
_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")  # 1.2.840.113549.1.7.2, RFC 5652 section 5.1


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
    except ValueError:
        raise InvalidOptionError(option, "its certificate is damaged", _EXPECTED) from None


def load_certificate_file(option: str, path: str) -> Certificate:
    """The certificate in a file on the controller; InvalidOptionError as load_certificate(), or where the file cannot be read."""
    return load_certificate(option, content_of(option, path, "a file on the controller"))


def _certificates_in(option: str, content: str | bytes) -> list[bytes]:
    """The DER forms found, at least one; InvalidOptionError that says what was found instead."""
    if isinstance(content, bytes) and is_der(content):
        return _der_certificates(option, content)
    if isinstance(content, str) and "\0" in content:
        content = _bytes_of(content)
        if is_der(content):
            return _der_certificates(option, content)
    text = content if isinstance(content, str) else text_of(content)
    if text is None:
        raise InvalidOptionError(option, "it is neither text nor DER", _EXPECTED)
    text = pem_text(text)
    if not text.strip():
        raise InvalidOptionError(option, "it is empty", _EXPECTED)
    if BEGIN in text:
        return _pem_certificates(option, text)
    decoded = decode_der(text)
    if decoded is None:
        raise InvalidOptionError(option, "it is not a certificate", _EXPECTED)
    if decoded.startswith(BEGIN.encode()):
        return _pem_certificates(option, pem_text(text_of(decoded) or ""))
    return _der_certificates(option, decoded)


def _bytes_of(text: str) -> bytes:
    """The bytes of a file in DER or UTF-16 that the lookup plugin file read as UTF-8; it escapes what is none (PEP 383)."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"\0"


def _pem_certificates(option: str, text: str) -> list[bytes]:
    blocks = _PEM_BLOCK.findall(text)
    found = []
    for label, body in blocks:
        if label not in (*_CERTIFICATE_LABELS, *_BUNDLE_LABELS):
            continue
        der = decode_base64(body)
        if der is None:
            raise InvalidOptionError(option, "its PEM block is damaged: what is between the lines is not base64", _EXPECTED)
        found += _bundled(option, der) if label in _BUNDLE_LABELS else [der]
    if found:
        return found
    labels = " ".join(label for label, _body in blocks) or text
    if "PRIVATE KEY" in labels:
        raise InvalidOptionError(option, "it holds a private key where a certificate was meant", _EXPECTED)
    if "CERTIFICATE REQUEST" in labels:
        raise InvalidOptionError(option, "it holds a certificate signing request where a certificate was meant", _EXPECTED)
    raise InvalidOptionError(option, "it holds no complete PEM block of a certificate", _EXPECTED)


def _der_certificates(option: str, content: bytes) -> list[bytes]:
    """The bytes themselves or the certificates in a bundle, after ruling out the other things that also come as DER."""
    der = without_padding(content)
    try:
        parse_der(der)
    except ValueError:
        if _SIGNED_DATA in der[:32]:
            return _bundled(option, der)
        if _is_private_key(der):
            raise InvalidOptionError(option, "it holds a private key where a certificate was meant", _EXPECTED) from None
        if _is_pfx(der):
            raise InvalidOptionError(
                option, "it is a PFX (PKCS#12) file, which is made to hold a private key, where a certificate was meant", _EXPECTED
            ) from None
        raise InvalidOptionError(option, "it is not a certificate, or a damaged one", _EXPECTED) from None
    return [der]


def _bundled(option: str, der: bytes) -> list[bytes]:
    """The certificates in a PKCS#7 bundle (.p7b)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong with the bundle is said below
            found = [one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(der)]
    except Exception:  # cryptography raises many kinds, one for a build without PKCS#7 too
        found = []
    if not found:
        raise InvalidOptionError(option, "it is a PKCS#7 bundle that cannot be read; export the certificate as .cer", _EXPECTED)
    return found


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
