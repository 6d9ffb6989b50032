# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""$filter of the directory: eq, in, startswith, any, and, or. https://learn.microsoft.com/graph/filter-query-parameter"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from .graph_error import RefusedError
from .schema import properties, unknown_property

# https://learn.microsoft.com/graph/filter-query-parameter, "Equality operators"; advanced queries are bound by the URL's length alone.
_MOST_CLAUSES = 15
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_]\w*)|(?P<sign>[(),:/]))")
Predicate = Callable[[dict[str, Any]], bool]


def parse(kind: str, condition: str, *, advanced: bool) -> Predicate:
    """What a condition says of objects of the type; RefusedError where Graph would not take it.

    advanced: an advanced query (https://learn.microsoft.com/graph/aad-advanced-queries).
    """
    parser = _Parser(kind, condition)
    try:
        predicate = parser.whole()
    except RecursionError:
        raise RefusedError(400, "BadRequest", "Invalid filter clause: it is nested too deeply.") from None
    if parser.alternatives > _MOST_CLAUSES and not advanced:
        raise RefusedError(
            400,
            "Request_UnsupportedQuery",
            "Too many child clauses specified in search filter expression containing 'OR' operators: "
            f"{parser.alternatives}. Max allowed: {_MOST_CLAUSES}.",
        )
    return predicate


class _Parser:
    """alternatives: the most alternatives of one disjunction."""

    def __init__(self, kind: str, condition: str) -> None:
        self._kind, self._types = kind, properties(kind)
        self._condition = condition
        self._tokens = self._read(condition)
        self.alternatives = 0

    def whole(self) -> Predicate:
        predicate = self._or()
        if self._tokens:
            raise self._invalid()
        return predicate

    def _read(self, condition: str) -> list[str]:
        tokens, place = [], 0
        while condition[place:].strip():
            match = _TOKEN.match(condition, place)
            if match is None:
                raise self._invalid()
            tokens.append(match[0].strip())
            place = match.end()
        return tokens

    def _invalid(self) -> RefusedError:
        return RefusedError(400, "BadRequest", f"Invalid filter clause: syntax error in '{self._condition}'.")

    def _unsupported(self, name: str) -> RefusedError:
        return RefusedError(
            400,
            "Request_UnsupportedQuery",
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{self._kind}'.",
        )

    def _next(self, *expected: str) -> str:
        if not self._tokens or (expected and self._tokens[0] not in expected):
            raise self._invalid()
        return self._tokens.pop(0)

    def _at(self, token: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == token

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._at("or"):
            self._next()
            parts.append(self._and())
        self.alternatives = max(self.alternatives, len(parts))
        return lambda one: any(part(one) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._clause()]
        while self._at("and"):
            self._next()
            parts.append(self._clause())
        return lambda one: all(part(one) for part in parts)

    def _clause(self) -> Predicate:
        token = self._next()
        if token == "(":
            inner = self._or()
            self._next(")")
            return inner
        if token == "startswith":
            return self._startswith()
        name = self._property(token)
        if self._at("/"):
            return self._any(name)
        operator = self._next()
        if operator == "eq":
            wanted = [self._literal()]
        elif operator == "in":
            wanted = self._list()
            self.alternatives = max(self.alternatives, len(wanted))
        else:
            raise self._unsupported(name)
        kind = self._types[name]
        if kind not in _COMPARED:
            raise self._unsupported(name)
        for value in wanted:
            self._comparable(kind, value)
        return lambda one: _folded(one.get(name)) in wanted

    def _comparable(self, kind: str, value: Any) -> None:
        given = "Edm.Boolean" if isinstance(value, bool) else "Edm.String"
        if value is not None and not _COMPARED[kind](value):
            raise RefusedError(
                400,
                "BadRequest",
                "Invalid filter clause: A binary operator with incompatible types was detected. "
                f"Found operand types '{kind}' and '{given}' for operator kind 'Equal'.",
            )

    def _startswith(self) -> Predicate:
        self._next("(")
        name = self._property(self._next())
        self._next(",")
        beginning = self._literal()
        self._next(")")
        if self._types[name] != "Edm.String" or not isinstance(beginning, str):
            raise self._unsupported(name)
        return lambda one: str(_folded(one.get(name)) or "").startswith(beginning)

    def _any(self, name: str) -> Predicate:
        """servicePrincipalNames/any(n:n eq '...')"""
        self._next("/")
        self._next("any")
        self._next("(")
        variable = self._next()
        self._next(":")
        self._next(variable)
        self._next("eq")
        wanted = self._literal()
        self._next(")")
        if self._types[name] != "Collection(Edm.String)":
            raise self._unsupported(name)
        self._comparable("Edm.String", wanted)
        return lambda one: wanted in map(_folded, one.get(name) or [])

    def _property(self, name: str) -> str:
        if name not in self._types:
            raise unknown_property("Invalid filter clause: ", name, self._kind)
        return name

    def _list(self) -> list[Any]:
        self._next("(")
        values = [self._literal()]
        while self._next(",", ")") == ",":
            values.append(self._literal())
        return values

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'").lower()
        if token not in _CONSTANTS:
            raise self._invalid()
        return _CONSTANTS[token]


def _is_guid(value: Any) -> bool:
    try:
        return bool(uuid.UUID(value))
    except (ValueError, AttributeError):
        return False


# The types that can be compared, and whether a literal is of the type.
_COMPARED: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Guid": _is_guid,
}
_CONSTANTS = {"true": True, "false": False, "null": None}


def _folded(value: Any) -> Any:
    """The directory compares without letter case."""
    return value.lower() if isinstance(value, str) else value
