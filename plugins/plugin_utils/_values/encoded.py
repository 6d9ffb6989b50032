# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes in base64 or hexadecimal, and text in bytes, as the tools of different makers write them. Private to the collection."""

from __future__ import annotations

import base64
import binascii
import re

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import INVISIBLE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.lenient import without_padding

BEGIN = "-----BEGIN "  # RFC 7468 section 2
_DER_SEQUENCE = 0x30
_HEXADECIMAL = re.compile(r"(0x)?(30([0-9a-f]{2})+)", re.IGNORECASE | re.ASCII)


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 or base64url text with or without padding and line ends; None if it is neither."""
    compact = re.sub(r"\s+", "", text.translate(INVISIBLE)).rstrip("=").replace("-", "+").replace("_", "/")
    if not compact:
        return None
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_der(text: str) -> bytes | None:
    """The bytes of DER in base64, or in hexadecimal as Azure Key Vault gives it; None if the text is neither."""
    digits = _HEXADECIMAL.fullmatch(re.sub(r"[\s:]+", "", text.translate(INVISIBLE)))
    return bytes.fromhex(digits[2]) if digits else decode_base64(text)


def is_der(content: bytes) -> bool:
    """Whether the bytes begin as DER does here, and not as "0x" before hexadecimal digits or as UTF-16 text."""
    return content[:1] == bytes([_DER_SEQUENCE]) and content[1:2] not in (b"x", b"\0")


def text_of(content: bytes) -> str | None:
    """The text in these bytes; None if it is no text.

    Windows tools write UTF-16, with a byte order mark or without, or put one before UTF-8, and their notes beside PEM in a code page.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif content[1:2] == b"\0" and content[:1] != b"\0":
        encoding = "utf-16-le"
    elif content[:1] == b"\0" and content[1:2] != b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1") if BEGIN.encode() in content else None


def pem_text(text: str) -> str:
    """The text with real line ends where JSON or a survey made two characters of each, and without characters that cannot be seen."""
    shown = text.translate(INVISIBLE)
    return shown.replace("\\r", "").replace("\\n", "\n") if BEGIN in shown else shown


def binary_form(content: bytes) -> bytes:
    """The DER in a file that holds it as it is, in base64 or in hexadecimal, as Azure Key Vault's secrets are; other content as it is."""
    text = None if is_der(content) else text_of(content)
    decoded = decode_der(text) if text else None
    return without_padding(decoded if decoded is not None and is_der(decoded) else content)
