# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Graph's schema says: which properties a type has, and which JSON values each of them takes.

Names and types are Microsoft's own (graph_types.json). JSON: https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from pathlib import Path
from typing import Any

from .graph_error import RefusedError
from .times import time_of, utc_text

TYPES: dict[str, dict[str, dict[str, Any]]] = json.loads((Path(__file__).parent / "graph_types.json").read_text(encoding="utf-8"))["types"]
_ENTITIES = (
    *("application", "appManagementPolicy", "appRoleAssignment", "organization", "servicePrincipal"),
    "tenantAppManagementPolicy",
)
# Neither in the directory nor kept after their end: https://learn.microsoft.com/graph/api/resources/entity
_OTHER_ENTITIES = ("federatedIdentityCredential",)
# Given only to who asks for it: https://learn.microsoft.com/graph/api/resources/serviceprincipal
_ON_REQUEST = {"customSecurityAttributes", "logo"}
_COLLECTION = "Collection("
_MODEL = "microsoft.graph."


def properties(kind: str) -> dict[str, str]:
    """The properties of a type with the types of their values."""
    own = {name: str(described["type"]) for name, described in TYPES[kind].items()}
    if kind in _OTHER_ENTITIES:
        return {"id": "Edm.String", **own}
    if kind not in _ENTITIES:
        return own
    return {"id": "Edm.String", **{name: str(described["type"]) for name, described in TYPES["directoryObject"].items()}, **own}


def selected(kind: str, select: str | None) -> tuple[str, ...]:
    """The properties that $select names, or those that come without it; RefusedError where there is none of that name."""
    known = properties(kind)
    if select is None:
        return tuple(name for name in known if name not in _ON_REQUEST)
    names = tuple(name.strip() for name in select.split(","))
    for name in names:
        if name not in known:
            raise unknown_property("Parsing OData Select and Expand failed: ", name, kind)
    return names


def unknown_property(what: str, name: str, kind: str) -> RefusedError:
    return RefusedError(400, "BadRequest", f"{what}Could not find a property named '{name}' on type '{_MODEL}{kind}'.")


def shown(kind: str, stored: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """These properties of an object; a collection that is not stored is empty."""
    known = properties(kind)
    return {name: stored.get(name, [] if known[name].startswith(_COLLECTION) else None) for name in names}


def body_of(raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object in the body of a request; RefusedError where there is none."""
    if not raw.strip():
        raise RefusedError(400, "BadRequest", "Empty Payload. JSON content expected.")
    try:
        body = json.loads(raw) if content_type.partition(";")[0].strip().lower() == "application/json" else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise RefusedError(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    return body


def typed(kind: str, given: Any) -> dict[str, Any]:
    """A JSON object as a value of the type, in the form in which Graph keeps it and without annotations; RefusedError if it is none."""
    if not isinstance(given, dict):
        raise RefusedError(400, "BadRequest", f"An unexpected value was found where an object of type '{_MODEL}{kind}' was expected.")
    told = given.get("@odata.type")
    if told is not None and str(told).removeprefix("#") != f"{_MODEL}{kind}":
        raise RefusedError(400, "BadRequest", f"A type named '{told}' could not be resolved by the model, or is not '{_MODEL}{kind}'.")
    known = properties(kind)
    values = {name: value for name, value in given.items() if "@" not in name}
    for name in values:
        if name not in known:
            raise RefusedError(400, "Request_BadRequest", f"Invalid property '{name}'.")
    return {name: _value(name, known[name], value) for name, value in values.items()}


def _value(name: str, kind: str, value: Any) -> Any:
    if kind.startswith(_COLLECTION):
        if not isinstance(value, list):
            raise RefusedError(400, "BadRequest", f"A value of property '{name}' is no collection, which '{kind}' is.")
        inner = kind.removeprefix(_COLLECTION).removesuffix(")")
        if None in value:
            raise _refused(name, kind)
        return [_value(name, inner, one) for one in value]
    if value is None:
        return None
    if kind.startswith("graph."):
        complex_type = kind.removeprefix("graph.")
        return typed(complex_type, value) if complex_type in TYPES else value
    try:
        return _PRIMITIVES[kind](value)
    except (ValueError, TypeError):
        raise _refused(name, kind) from None


def _refused(name: str, kind: str) -> RefusedError:
    return RefusedError(400, "BadRequest", f"Cannot convert the value of property '{name}' to the expected type '{kind}'.")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _binary(value: Any) -> str:
    """Base64, and white space in it is passed over, as .NET's Convert.FromBase64String does."""
    try:
        return base64.b64encode(base64.b64decode("".join(_text(value).split()), validate=True)).decode()
    except binascii.Error as exc:
        raise ValueError(str(exc)) from None


_PRIMITIVES: dict[str, Any] = {
    "Edm.Boolean": _boolean,
    "Edm.String": _text,
    "Edm.Guid": lambda value: str(uuid.UUID(_text(value))),
    "Edm.Binary": _binary,
    "Edm.DateTimeOffset": lambda value: utc_text(time_of(_text(value))),
    "Edm.Stream": _text,
}
