# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate with its private key in a PFX file on the controller. Private to the collection."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate, parse_der, require_cryptography
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import content_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import binary_form
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

try:
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
except ImportError:  # reported by require_cryptography() when a file is read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_EXPECTED = "a PFX (PKCS#12) file on the controller with one certificate and its private key"


@dataclass(frozen=True)
class Pfx:
    """content: base64 of the file's DER as it is, with the key in it."""

    certificate: Certificate
    content: str = field(repr=False)
    password: str | None = field(repr=False)


def load_pfx(option: str, path: str, password: str | None) -> Pfx:
    """The file's certificate, and its content; InvalidOptionError where it is none. No message holds any of the content."""
    require_cryptography()
    content = binary_form(content_of(option, path, _EXPECTED))
    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(content, password.encode() if password else None)
    except ValueError:
        raise InvalidOptionError(option, f"{path} is no PFX file, or {options('pfx_password')} is not its password", _EXPECTED) from None
    if certificate is None or key is None:
        raise InvalidOptionError(option, f"{path} lacks {'the private key' if certificate else 'a certificate with its key'}", _EXPECTED)
    return Pfx(parse_der(certificate.public_bytes(Encoding.DER)), base64.b64encode(content).decode("ascii"), password)
