# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of data without its values: kinds, counts, and names that are known beforehand. Private to the collection.

A name that is not known beforehand may itself be a value, such as a key of a dictionary, so it is counted and not told. An identifier of
an error and the name of a type are told where they have the form that a program's own have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

# What stands for a name, an identifier or a type that is not told.
OTHER = "other"
_DEEPEST = 12
# A text may be long; what it is shows at its beginning.
_LONGEST = 200
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,3}")
# Namespaces of Microsoft's programs, and what a client puts before and the product behind the name of a type.
_TYPE = re.compile(r"(?:Deserialized\.|Selected\.)*(?:Microsoft|System)(?:\.[A-Z][A-Za-z0-9]{0,60}){1,10}(?:`[0-9])?(?:#Decorated)?")
_ID = re.compile(r"[A-Z][A-Za-z_]{2,60}")
# Identifiers without a type that this collection makes itself.
_OWN_IDS = frozenset(
    {
        *("MissingProperty", "UnreadableProperty", "InvalidRequest", "NotAllowed", "HostCall", "ConnectionLost", "PipelineFailed"),
        *("CommandNotFoundException", "CertificateInUse"),
    }
)


class Shape:
    """What some values have in common. kinds: how many there are of each; entries: of lists; properties: of objects, by known names."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.entries: Shape | None = None
        self.properties: dict[str, Shape] = {}
        self.others = 0

    def add(self, value: Any, names: Collection[str], depth: int = 0) -> None:
        """Take in one more value. names: the names of properties that may be told."""
        self.kinds[kind_of(value)] += 1
        if depth >= _DEEPEST:
            return
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if isinstance(name, str) and name in names:
                    self.properties.setdefault(name, Shape()).add(inner, names, depth + 1)
                else:
                    self.others += 1
        elif isinstance(value, (list, tuple)):
            self.entries = self.entries or Shape()
            for inner in value:
                self.entries.add(inner, names, depth + 1)

    def told(self) -> dict[str, Any] | str:
        """The shape as plain data: the kinds with their numbers, such as 2 null, 1 text, and what is inside of lists and objects."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        made: dict[str, Any] = {}
        if self.entries is not None and self.entries.kinds:
            made["entries"] = self.entries.told()
        if self.properties:
            made["properties"] = {name: inner.told() for name, inner in sorted(self.properties.items())}
        if self.others:
            made["other_properties"] = self.others
        return {"kinds": kinds, **made} if made else kinds


def shape(value: Any, names: Collection[str]) -> dict[str, Any] | str:
    """The shape of one value as plain data: how many there are of each kind; of lists and objects also entries, properties and the
    number of other_properties.

    names: the names of properties that may be told.
    """
    made = Shape()
    made.add(value, names)
    return made.told()


def kind_of(value: Any) -> str:
    """null, flag, number, list, object, or of a text: empty, guid, time, url, version or text; other for what JSON does not have."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return _kind_of_text(str(value))
    return "object" if isinstance(value, Mapping) else "list" if isinstance(value, (list, tuple)) else OTHER


def _kind_of_text(text: str) -> str:
    if not text.strip():
        return "empty"
    if len(text) > _LONGEST:
        return "text"
    found = (("guid", is_guid(text)), ("version", _VERSION.fullmatch(text)), ("url", _URL.fullmatch(text)), ("time", _is_time(text)))
    return next((kind for kind, fits in found if fits), "text")


def _is_time(text: str) -> bool:
    try:
        return time_or_none(text) is not None
    except (ValueError, OverflowError):
        return False


def version(text: Any) -> str | None:
    """The version in the text where it is nothing else, such as 5.1.17763.1; None for anything else."""
    return str(text) if isinstance(text, str) and _VERSION.fullmatch(text) else None


def type_name(text: Any) -> str:
    """The name of a .NET type of Microsoft's; other for anything else, which may hold what somebody chose."""
    return str(text) if isinstance(text, str) and _TYPE.fullmatch(text) else OTHER


def error_id(text: Any) -> str | None:
    """A FullyQualifiedErrorId of the form that cmdlets give; other for anything else, since of a thrown text it is the text.

    https://learn.microsoft.com/dotnet/api/system.management.automation.errorrecord.fullyqualifiederrorid
    """
    if not text:
        return None
    own, _comma, source = str(text).partition(",")
    if not source:
        return own if own in _OWN_IDS else OTHER
    return f"{own},{source}" if _ID.fullmatch(own) and type_name(source) != OTHER else OTHER


def words(text: str) -> frozenset[str]:
    """The words of a text, as names that may be told."""
    return frozenset(text.split())


def word(text: Any, known: Collection[str]) -> str | None:
    """The text where it is one of the known ones; other where it is not, None where there is none."""
    return None if text is None or text == "" else str(text) if text in known else OTHER
