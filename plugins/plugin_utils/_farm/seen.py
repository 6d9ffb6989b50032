# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an object is as the caller saw it, as the runner on the server decides it. Private to the collection.

Letter case and surrounding blanks do not matter, and empty equals none: so much is lost in what onprem_info shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Write

Row = Mapping[str, Any]
# How an AuthToken shows its value where only its text came through a restricted endpoint.
SHOWN_VALUE = "Value="


def find_row(rows: Sequence[Row], identity: str | None) -> Row | None:
    """The row of the object of that identity; None without one."""
    if identity is None:
        return None
    return next((row for row in rows if comparable(row["Identity"], "text") == comparable(identity, "text")), None)


def as_seen(write: Write, rows: Sequence[Row]) -> bool:
    """Whether the object is not there, or has the values that it was seen with; without an identity whether all rows have."""
    if write.identity is None:
        told = [] if write.seen is None or isinstance(write.seen, Mapping) else write.seen
        return len(rows) == len(told) and all(_has(write, row, seen) for row, seen in zip(rows, told, strict=True))
    row = find_row(rows, write.identity)
    if row is None or not isinstance(write.seen, Mapping):
        return row is None and write.seen is None
    return _has(write, row, write.seen)


def _has(write: Write, row: Row, seen: Row) -> bool:
    kinds = {name: write.look.select[name].rstrip("?") for name in seen}
    return all(comparable(row[name], kinds[name]) == comparable(value, kinds[name]) for name, value in seen.items())


def comparable(value: Any, kind: str) -> str:
    """A value of a row, or what the caller saw of it, as a text; a text is compared as what onprem_info makes of it."""
    if value is None:
        return ""
    if kind == "list":
        return ";".join(part.strip() for text in value for part in str(text).split(";") if part.strip()).upper()
    if kind == "typed":
        text = str(value.get("text") or "")
        inner = str(value["value"] or (text.removeprefix(SHOWN_VALUE) if text.startswith(SHOWN_VALUE) else ""))
        return f"{str(value['type']).strip()} {inner.strip()}".strip().upper()
    return str(value).strip().upper()
