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
from collections.abc import Iterable, Mapping
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


class RowError(Exception):
    """An object that cannot be made into a row. error_id: which kind of fault it is."""

    def __init__(self, message: str, error_id: str) -> None:
        super().__init__(message)
        self.error_id = error_id


def project_row(source: Any, select: Mapping[str, str]) -> tuple[dict[str, Any] | None, list[str]]:
    """The row of one returned object, and the properties whose time came without a zone; None where it has none of the properties.

    select: property names with their kinds; "*" means the object itself, which is called text in the row. RowError where a property
    cannot be read or is not there: as null it would be taken for a setting that is empty.
    """
    row: dict[str, Any] = {}
    zoneless: list[str] = []
    missing: list[str] = []
    known = False
    for name, kind in select.items():
        there, value = (True, source) if name == "*" else _property(source, name)
        known = known or there
        if not there and not kind.endswith("?"):
            missing.append(name)
        try:
            row["text" if name == "*" else name] = project(value, kind.rstrip("?"))
        except ProjectionError as exc:
            raise RowError(
                f"it returned {_object_name(source, select)}, whose {name} cannot be read: {exc}", "UnreadableProperty"
            ) from None
        if kind.rstrip("?") == "time" and row.get(name) and not _ZONE.search(str(value)):
            zoneless.append(name)
    if not known:
        return None, []
    if missing:
        raise RowError(f"it returned {_object_name(source, select)}, which has no property {missing[0]}", "MissingProperty")
    return row, zoneless


def unrolled(values: Iterable[Any]) -> list[Any]:
    """The values without the missing ones; of lists within lists, what they hold."""
    flat: list[Any] = []
    for value in values:
        flat += unrolled(value) if isinstance(value, list) else [] if value is None else [value]
    return flat


def type_name(value: Any) -> str:
    """The .NET type of a value as pypsrp hands it over; ProjectionError where it came without one."""
    simple = {bool: "System.Boolean", int: "System.Int32", UUID: "System.Guid"}
    if isinstance(value, str):
        return "System.String"
    if type(value) in simple:
        return simple[type(value)]
    types = getattr(value, "types", None)
    if not types:
        raise ProjectionError(f"a {type(value).__name__} came without its type")
    return str(types[0]).removeprefix(_DESERIALIZED)


def project(value: Any, kind: str) -> Any:
    """The value as data of that kind; None stays None, and in a list it is nothing."""
    if kind == "list":
        return _list(value)
    if value is None:
        return None
    return {"text": _text, "flag": _flag, "number": _number, "time": _time, "typed": _typed}[kind](value)


def _property(source: Any, name: str) -> tuple[bool, Any]:
    """Whether it is there, and its value. PowerShell does not mind the case of names; added properties hide those of the type itself."""
    for group in ("extended_properties", "adapted_properties"):
        for known, value in getattr(source, group, {}).items():
            if known.lower() == name.lower():
                return True, value
    return False, None


def object_type(value: Any) -> str:
    """The type of a returned object for a message."""
    try:
        return type_name(value)
    except ProjectionError:
        return type(value).__name__


def object_shapes(objects: Iterable[Any]) -> list[dict[str, Any]]:
    """Of each type of the objects how many there are, and the properties; own: that the type itself declares them (MS-PSRP 2.2.5.2)."""
    found: dict[str, dict[str, Any]] = {}
    for one in objects:
        kind = object_type(one)
        groups = (("adapted_properties", True), ("extended_properties", False))
        told = [
            {"name": str(name), "type": object_type(value), "own": own}
            for group, own in groups
            for name, value in _group(one, group).items()
        ]
        found.setdefault(kind, {"type": kind, "count": 0, "properties": told})["count"] += 1
    return list(found.values())


def _group(source: Any, name: str) -> Mapping[str, Any]:
    group = getattr(source, name, None)
    return group if isinstance(group, Mapping) else {}


def _object_name(source: Any, select: Mapping[str, str]) -> str:
    """How a returned object is named in a message: the first wanted text that it tells, and its type."""
    kind = object_type(source)
    for name, wanted in select.items():
        if wanted.startswith("text") and (text := _readable(_property(source, name)[1])):
            return f"'{text}' ({kind})"
    return f"a {kind}"


def _readable(value: Any) -> str:
    try:
        return "" if value is None else _text(value)
    except ProjectionError:
        return ""


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
    raise ProjectionError(f"a {type_name(value)} has no text")


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
    return [_text(item) for item in unrolled(value if isinstance(value, list) else [value])]


def _typed(value: Any) -> dict[str, str | None]:
    try:
        text = _text(value)
    except ProjectionError:  # a bag of properties: only its type and its Value count
        text = ""
    _there, inner = _property(value, "Value")
    return {"type": type_name(value), "text": text, "value": None if inner is None else _text(inner)}


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else f"a {type_name(value)}"
