# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain values for a report, from texts that others wrote. Private to the collection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What a terminal, an XML parser or a reader's eye could be misled by: control characters (XML 1.0 section 2.2 allows none but tab and line
# breaks), lone surrogates, non-characters, and the characters that turn the direction of text (Unicode Standard Annex 9).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def text(value: Any) -> str:
    """The value as text that is safe to show, with what is unsafe replaced by U+FFFD; empty for None."""
    if value is None:
        return ""
    said = str(value)
    # Nearly all are, and this is seen much sooner than that nothing unsafe is found.
    return said if said.isascii() and said.isprintable() else _UNSAFE.sub("\ufffd", said)


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


def chosen(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Only these keys of a row, None where it has them not: what a report does not show it does not keep."""
    return {name: plain(row.get(name)) for name in names}


def shown(value: Any) -> str:
    """A finding's expected or actual value in a line: lists with commas, mappings with their names, nothing as a dash."""
    if isinstance(value, str):
        return str(value) or "\u2013"
    if value is None or value in ([], {}):
        return "\u2013"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {shown(item)}" for name, item in value.items())
    return json.dumps(value)


def shortened(value: str, longest: int) -> str:
    """The text in at most so many characters, with an ellipsis in its middle where it was longer."""
    if len(value) <= longest:
        return value
    head = longest // 2
    tail = longest - 1 - head
    return f"{value[:head]}\u2026{value[len(value) - tail :]}"
