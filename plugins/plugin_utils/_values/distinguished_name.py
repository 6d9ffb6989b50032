# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names as text: read in the form of RFC 4514 and in Windows', written in Windows'. Private to the collection.

Windows joins with comma and blank, puts a value with such characters in quotation marks, and knows no escape but two quotation marks for
one: https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certstrtonamew
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Each part's type as Windows writes it, and its value.
Name = tuple[tuple[str, str], ...]

_OTHER_WORDS = {"ST": "S", "EMAIL": "E", "EMAILADDRESS": "E", "GN": "G", "GIVENNAME": "G", "SURNAME": "SN", "TITLE": "T"}
_TYPES = {"CN", "O", "OU", "C", "L", "S", "STREET", "DC", "E", "T", "G", "SN", "SERIALNUMBER"}
# A word, or an object identifier where there is none for it; Windows writes OID. before one.
_TYPE = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]*|[0-9]+(?:\.[0-9]+)+)\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"\s*')
_ONE = re.compile(r"\\[0-9A-Fa-f]{2}|\\.|[^\\]", re.DOTALL)
_PLAIN = re.compile(r'(?:\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])|[^",;+\\])*')
# Windows knows no escapes, so in a name that it wrote a backslash may stand before anything.
_WRITTEN = re.compile(r'(?:\\.|[^",;+\\])*', re.DOTALL)
_SPECIAL = re.compile(r'[,+="<>#;\n\\]|^\s|\s$')


def parse(text: str) -> Name:
    """The parts in the order of the text; ValueError with the reason, to follow "it", where Windows could not make a certificate of it."""
    parts: list[tuple[str, str]] = []
    for kind, value, joined in _parts(text):
        name = _OTHER_WORDS.get(kind.upper(), kind.upper())
        if name not in _TYPES:
            raise ValueError(f"has a part {kind}, which Windows does not know")
        if not value or (name == "C" and not re.fullmatch("[A-Za-z]{2}", value)):
            raise ValueError(f"has a part {kind} {'of other than two letters' if value else 'without a value'}")
        if joined:
            raise ValueError("has parts that are joined with +, of which the server makes no certificate")
        parts.append((name, value))
    return tuple(parts)


def values_of(text: str, kind: str) -> list[str]:
    """The values of the parts of a type (CN), in a name that a certificate has; those before the first part that cannot be read."""
    found: list[str] = []
    try:
        for one, value, _joined in _parts(text, _WRITTEN):
            if one.upper() == kind:
                found.append(value)
    except ValueError:
        pass  # others wrote it, and what comes before is read all the same
    return found


def _parts(text: str, plain: re.Pattern[str] = _PLAIN) -> Iterator[tuple[str, str, bool]]:
    """Each part's type as it is written, its value, and whether the next one is joined to it with +; ValueError as for parse().

    plain: a value without quotation marks.
    """
    at, text = 0, text.lstrip()
    while True:
        kind = _TYPE.match(text, at)
        if not kind:
            raise ValueError("is not a distinguished name")
        value, at = _value(text, kind.end(), plain)
        more = text[at : at + 1]
        yield kind[1], value, more == "+"
        if not more:
            return
        if more not in ",;+" or at + 1 == len(text):
            raise ValueError("is not a distinguished name")
        at += 1


def _value(text: str, at: int, plain: re.Pattern[str]) -> tuple[str, int]:
    """The value that begins there, and where what follows it begins. plain: one without quotation marks."""
    if quoted := _QUOTED.match(text, at):
        return quoted[1].replace('""', '"'), quoted.end()
    found = plain.match(text, at)
    given = found[0] if found else ""
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
