# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names as text: read in the form of RFC 4514 and in Windows', written in Windows'. Private to the collection.

Windows joins with comma and blank, puts a value with such characters in quotation marks, and knows no escape but two quotation marks for
one: https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certstrtonamew
"""

from __future__ import annotations

import re

# Each part's type as Windows writes it, and its value.
Name = tuple[tuple[str, str], ...]

_OTHER_WORDS = {"ST": "S", "EMAIL": "E", "EMAILADDRESS": "E", "GN": "G", "GIVENNAME": "G", "SURNAME": "SN", "TITLE": "T"}
_TYPES = {"CN", "O", "OU", "C", "L", "S", "STREET", "DC", "E", "T", "G", "SN", "SERIALNUMBER"}
_TYPE = re.compile(r"\s*([A-Za-z]+)\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"\s*')
_ONE = re.compile(r"\\[0-9A-Fa-f]{2}|\\.|[^\\]", re.DOTALL)
_PLAIN = re.compile(r'(?:\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])|[^",;+\\])*')
_SPECIAL = re.compile(r'[,+="<>#;\n\\]|^\s|\s$')


def parse(text: str) -> Name:
    """The parts in the order of the text; ValueError with the reason, to follow "it", where Windows could not make a certificate of it."""
    parts: list[tuple[str, str]] = []
    at, text = 0, text.lstrip()
    while at < len(text) or not parts:
        kind = _TYPE.match(text, at)
        if not kind:
            raise ValueError("is not a distinguished name")
        name = _OTHER_WORDS.get(kind[1].upper(), kind[1].upper())
        if name not in _TYPES:
            raise ValueError(f"has a part {kind[1]}, which Windows does not know")
        value, at = _value(text, kind.end())
        if not value or (name == "C" and not re.fullmatch("[A-Za-z]{2}", value)):
            raise ValueError(f"has a part {kind[1]} {'of other than two letters' if value else 'without a value'}")
        parts.append((name, value))
        if at < len(text):
            if text[at] == "+":
                raise ValueError("has parts that are joined with +, of which the server makes no certificate")
            if text[at] not in ",;" or at + 1 == len(text):
                raise ValueError("is not a distinguished name")
            at += 1
    return tuple(parts)


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins there, and where what follows it begins."""
    if quoted := _QUOTED.match(text, at):
        return quoted[1].replace('""', '"'), quoted.end()
    plain = _PLAIN.match(text, at)
    given = plain[0] if plain else ""
    # A blank at the end belongs to the value only where it is escaped.
    kept = re.sub(r"(?<!\\)\s+$", "", given)
    # The escapes of RFC 4514 by digits are bytes of UTF-8.
    taken = (bytes.fromhex(one[1:]) if len(one) == 3 else one[-1].encode() for one in _ONE.findall(kept))
    try:
        whole = b"".join(taken).decode()
    except UnicodeDecodeError:
        raise ValueError("has an escape that is no text in UTF-8") from None
    return whole, at + len(given)


def quoted(value: str) -> str:
    """The value of a part as Windows writes it."""
    return '"{}"'.format(value.replace('"', '""')) if _SPECIAL.search(value) else value


def windows(name: Name) -> str:
    """The name as Windows writes it and reads it."""
    return ", ".join(f"{kind}={quoted(value)}" for kind, value in name)


def same_name(one: object, other: object) -> bool:
    """Whether both texts are the same name, in whichever form; texts that cannot be read are compared as they stand."""
    return _key(one) == _key(other)


def _key(text: object) -> object:
    plain = str(text or "")
    try:
        return tuple((kind, " ".join(value.split()).casefold()) for kind, value in parse(plain))
    except ValueError:
        return plain.strip().casefold()
