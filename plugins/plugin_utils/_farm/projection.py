# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain data out of objects that came through a restricted endpoint. Private to the collection.

The same rules as in module_utils/_CsInvoke.psm1 (Add-Projection), for objects as pypsrp deserializes them. What cannot be made the
same is refused and never guessed; tests/support/projection.json holds cases that both must answer alike.
Shapes on the wire: MS-PSRP section 2.2.5, https://learn.microsoft.com/openspecs/windows_protocols/ms-psrp/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text

KINDS = ("text", "flag", "number", "time", "list", "typed")

# A client adds it to the type names of what it received, and so does a server that passes on what it received itself.
_DESERIALIZED = "Deserialized."
_FIRST_YEAR, _LAST_YEAR, _LAST_TIME = "0001", "9999", "9999-12-31T23:59:59Z"
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})\s*$", re.IGNORECASE)
_INT64 = range(-(2**63), 2**63)


class ProjectionError(ValueError):
    """A value that cannot be made into data of the wanted kind."""


def project_row(source: Any, select: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The row of one returned object, and the properties whose time came without a zone; ProjectionError names the property.

    select: property names with their kinds; "*" means the object itself, which is called text in the row.
    """
    row: dict[str, Any] = {}
    zoneless = []
    for name, kind in select.items():
        value = source if name == "*" else _property(source, name)
        try:
            row["text" if name == "*" else name] = project(value, kind)
        except ProjectionError as exc:
            raise ProjectionError(f"{name}: {exc}") from None
        if kind == "time" and row.get(name) and not _ZONE.search(str(value)):
            zoneless.append(name)
    return row, zoneless


def project(value: Any, kind: str) -> Any:
    """The value as data of that kind; None stays None, and in a list it is nothing."""
    if kind == "list":
        return _list(value)
    if value is None:
        return None
    return {"text": _text, "flag": _flag, "number": _number, "time": _time, "typed": _typed}[kind](value)


def _property(source: Any, name: str) -> Any:
    """PowerShell does not mind the case of property names; added properties hide those of the type itself."""
    for group in ("extended_properties", "adapted_properties"):
        for known, value in getattr(source, group, {}).items():
            if known.lower() == name.lower():
                return value
    return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, UUID)):
        return str(value)
    if isinstance(value, list):
        return " ".join("" if item is None else _text(item) for item in value)
    words = getattr(value, "to_string", None)
    if words is not None:
        return str(words)
    inner = getattr(value, "property_sets", None)
    if inner:
        return _text(inner[0])
    raise ProjectionError(f"a {_type_name(value)} has no text")


def _flag(value: Any) -> bool:
    if isinstance(value, (bool, int)):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ProjectionError(f"{_shown(value)} is neither true nor false")


def _number(value: Any) -> int:
    inner = getattr(value, "property_sets", None)
    if inner and isinstance(inner[0], int):  # one of few values: text and number both
        value = inner[0]
    try:
        number = int(value) if isinstance(value, (bool, int)) else int(_text(value), 10)
    except ValueError:
        raise ProjectionError(f"{_shown(value)} is not a whole number") from None
    if number not in _INT64:
        raise ProjectionError(f"{number} is larger than 64 bits")
    return number


def _time(value: Any) -> str | None:
    text = _text(value).strip()
    if not text or text.startswith(_FIRST_YEAR):
        return None
    try:
        return utc_text(parse_time(text))
    except OverflowError:  # .NET stops at the last time that there is
        if text.startswith(_LAST_YEAR):
            return _LAST_TIME
        raise ProjectionError(f"{_shown(value)} is not a time") from None
    except ValueError:
        raise ProjectionError(f"{_shown(value)} is not a time") from None


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [_text(item) for item in value if item is not None] if isinstance(value, list) else [_text(value)]


def _typed(value: Any) -> dict[str, str | None]:
    try:
        text = _text(value)
    except ProjectionError:  # a bag of properties: only its type and its Value count
        text = ""
    inner = _property(value, "Value")
    return {"type": _type_name(value), "text": text, "value": None if inner is None else _text(inner)}


def _type_name(value: Any) -> str:
    simple = {bool: "System.Boolean", int: "System.Int32", UUID: "System.Guid"}
    if isinstance(value, str):
        return "System.String"
    if type(value) in simple:
        return simple[type(value)]
    types = getattr(value, "types", None)
    if not types:
        raise ProjectionError(f"a {type(value).__name__} came without its type")
    return str(types[0]).removeprefix(_DESERIALIZED)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else f"a {_type_name(value)}"
