# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that others wrote, made safe to show: in a report, in a message, on a terminal. Private to the collection.

A URL may carry a password (RFC 3986 section 3.2.1), which is nobody's to see, so it is hidden wherever a text is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# What a terminal, an XML parser or a reader's eye could be misled by: control characters (XML 1.0 section 2.2 allows none but tab and line
# breaks; a return alone starts the line again), lone surrogates, non-characters, and the characters that turn the direction of text
# (Unicode Standard Annex 9).
_UNSAFE = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# The authority ends at / ? #, and its last @ ends the user information.
_PASSWORD = re.compile(r"(://[^\s/?#:]*):[^\s/?#]*@")
_HIDDEN = r"\1:********@"


def text(value: Any) -> str:
    """The value as text that is safe to show, with what is unsafe replaced by U+FFFD and passwords in URLs hidden; empty for None."""
    if value is None:
        return ""
    said = str(value)
    if _has_password(said):
        said = _PASSWORD.sub(_HIDDEN, said)
    # Nearly all are, and this is seen much sooner than that nothing unsafe is found.
    return said if said.isascii() and said.isprintable() else _UNSAFE.sub("\ufffd", said)


def _has_password(said: str) -> bool:
    return "@" in said and "://" in said and _PASSWORD.search(said) is not None


def text_or_none(value: Any) -> str | None:
    """As text(), None for an empty value."""
    return text(value) or None


def plain(value: Any) -> Any:
    """The same data in the types of JSON, each text safe to show. Other types than those become text."""
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {text(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return text(value)


def safe(value: Any) -> Any:
    """The same data with each text in it safe to show. Where all are, it is given back itself, since what an audit returns is large."""
    return value if _is_safe(value) else _cleaned(value)


def _is_safe(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if (not (one.isascii() and one.isprintable()) and _UNSAFE.search(one)) or _has_password(one):
                return False
        elif isinstance(one, Mapping):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting += one
    return True


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else value
