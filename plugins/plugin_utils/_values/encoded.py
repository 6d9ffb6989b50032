# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes in base64, and text in bytes, as the tools of different makers write them. Private to the collection."""

from __future__ import annotations

import base64
import binascii
import re


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
