# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare real values and RETURN documentation with the TypedDicts that the code is checked against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

# What every action may return beside the shape of its own.
COMMON = frozenset({"changed", "warnings", "diff", "operations"})
_TYPES: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool", dict: "dict"}


def optional(hint: Any) -> tuple[Any, bool]:
    """The type without None, and whether None was in it."""
    if get_origin(hint) in (Union, UnionType):
        (inner,) = (one for one in get_args(hint) if one is not NoneType)
        return inner, True
    return hint, False


def misfits(value: Any, hint: Any, where: str) -> Iterator[str]:
    """How a value is not of the type, in words."""
    inner, nullable = optional(hint)
    if value is None:
        if not nullable:
            yield f"{where} is null"
    elif is_typeddict(inner):
        if not isinstance(value, Mapping):
            yield f"{where} is no object"
            return
        hints = get_type_hints(inner)
        yield from (f"{where}.{name} is missing" for name in sorted(inner.__required_keys__ - set(value)))
        yield from (f"{where}.{name} is not in the type" for name in sorted(set(value) - set(hints)))
        for name in set(hints) & set(value):
            yield from misfits(value[name], hints[name], f"{where}.{name}")
    elif get_origin(inner) is list:
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for index, one in enumerate(value):
            yield from misfits(one, get_args(inner)[0], f"{where}[{index}]")
    elif get_origin(inner) is dict:
        if not isinstance(value, dict):
            yield f"{where} is no object"
    elif value.__class__ is not inner:
        yield f"{where} is a {type(value).__name__}, not a {inner.__name__}"


def result_misfits(result: Mapping[str, Any], hint: Any) -> list[str]:
    """How a whole result of a module is not of the type; what every module returns does not count."""
    return list(misfits({name: value for name, value in result.items() if name not in COMMON}, hint, "result"))


def undocumented(entry: Mapping[str, Any], hint: Any, where: str) -> Iterator[str]:
    """How one entry of RETURN differs from the type: its type, its keys, and whether it may be null."""
    inner, nullable = optional(hint)
    text = entry["description"] if isinstance(entry["description"], str) else " ".join(entry["description"])
    if ("V(null)" in text) is not nullable:
        yield f"{where}: {'it may be null, which is not said' if nullable else 'it is said to be null, which it never is'}"
    is_list = get_origin(inner) is list
    if is_list:
        (inner,) = get_args(inner)
    kind = "dict" if is_typeddict(inner) or get_origin(inner) is dict else _TYPES[inner]
    told = (entry["type"], entry.get("elements"))
    if told != (("list", kind) if is_list else (kind, None)):
        yield f"{where}: it is said to be {told}, but is a {'list of ' if is_list else ''}{kind}"
    if is_typeddict(inner):
        yield from undocumented_keys(entry.get("contains") or {}, inner, where)


def undocumented_keys(entries: Mapping[str, Any], hint: Any, where: str) -> Iterator[str]:
    """How the entries of RETURN, or what one of them contains, differ from the keys of the type."""
    hints = get_type_hints(hint)
    yield from (f"{where}.{name} is not documented" for name in hints if name not in entries)
    yield from (f"{where}.{name} is documented, but not in the type" for name in entries if name not in hints)
    for name in set(hints) & set(entries):
        yield from undocumented(entries[name], hints[name], f"{where}.{name}")
