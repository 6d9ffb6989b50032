# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain values for a report, from texts that others wrote. Private to the collection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import plain


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


def clipped(value: str, longest: int) -> str:
    """The text on one line in at most so many characters, with an ellipsis at its end where it was longer."""
    line = " ".join(value.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rpartition(' ')[0] or line[: longest - 1]}\u2026"
