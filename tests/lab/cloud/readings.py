# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Graph answers to a reading: lists page by page, counts and single objects.

https://learn.microsoft.com/graph/query-parameters, https://learn.microsoft.com/graph/paging, https://learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from . import filters, schema
from .graph_error import RefusedError
from .https import Answer, Request

_OF_A_LIST = {"$select", "$filter", "$top", "$skiptoken", "$count"}
_OF_AN_OBJECT = {"$select"}
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 999
# Relations that may come with an object, and their type: https://learn.microsoft.com/graph/api/resources/application
_RELATIONS = {"application": {"federatedIdentityCredentials": "federatedIdentityCredential"}}
# Of directory objects, and without a link to more: https://learn.microsoft.com/graph/query-parameters#expand
_MOST_EXPANDED, _LARGEST_EXPANDED_PAGE = 20, 100
_SECRETS = {"keyCredentials": "key", "passwordCredentials": "secretText"}


def page(
    kind: str,
    objects: list[dict[str, Any]],
    request: Request,
    base: str,
    *,
    replica: Callable[[dict[str, Any]], dict[str, Any]],
    largest: int,
    gives_keys: bool,
    expand: str = "given",
) -> Answer:
    """A page of the list.

    base: Graph's address with the version. replica: an object as the replica shows it. largest: the most objects that a page has.
    expand: what comes of $expand, as single() has it.
    """
    query = _options(request, _OF_A_LIST | _expands(kind, expand))
    names, relations = schema.selected(kind, query.get("$select")), _expanded(kind, query, expand)
    if "$expand" in query and _counts(request, query):
        raise RefusedError(400, "Request_UnsupportedQuery", "$expand is not supported with an advanced query.")
    size = min(_top(query.get("$top")), largest, _LARGEST_EXPANDED_PAGE if "$expand" in query else largest)
    start = _start(query.get("$skiptoken"))
    chosen = _chosen(kind, objects, request, query)
    content: dict[str, Any] = {"@odata.context": _context(base, request, kind, query)}
    if _counts(request, query):
        content["@odata.count"] = len(chosen)
    if start + size < len(chosen):
        following = {**query, "$skiptoken": str(start + size)}
        content["@odata.nextLink"] = f"{base}/{_segment(request)}?{urlencode(following, safe='$,()')}"
    gives = gives_keys and query.get("$select") is not None
    content["value"] = [_shown(kind, replica(one), names, relations, gives_keys=gives) for one in chosen[start : start + size]]
    return Answer(content=content)


def count(kind: str, objects: list[dict[str, Any]], request: Request) -> Answer:
    """How many objects there are (/$count), which is an advanced query."""
    query = _options(request, {"$filter"})
    if not _eventual(request):
        raise RefusedError(
            400,
            "Request_UnsupportedQuery",
            "Raw count (/$count) is not supported because the 'ConsistencyLevel:eventual' header is missing. "
            "Refer to https://aka.ms/graph-docs/advanced-queries for more information",
        )
    return Answer(content=str(len(_chosen(kind, objects, request, query))).encode(), headers={"Content-Type": "text/plain"})


def single(kind: str, found: Callable[[], dict[str, Any]], request: Request, base: str, expand: str = "given") -> Answer:
    """One object, which alone gives its keys, where they are selected. found: reads it, once the request is found to be sound.

    expand: whether what $expand names is given, left_out, or makes the request be refused.
    """
    query = _options(request, _OF_AN_OBJECT | _expands(kind, expand))
    names, relations = schema.selected(kind, query.get("$select")), _expanded(kind, query, expand)
    shown = _shown(kind, found(), names, relations, gives_keys=query.get("$select") is not None)
    return Answer(content={"@odata.context": f"{_context(base, request, kind, query)}/$entity", **shown})


def _expands(kind: str, expand: str) -> set[str]:
    return {"$expand"} if kind in _RELATIONS and expand != "refused" else set()


def _expanded(kind: str, query: dict[str, str], expand: str) -> tuple[str, ...]:
    """The relation that $expand names, without options of its own: not every relation takes them, and the page does not say which."""
    name = query.get("$expand")
    if name is None:
        return ()
    if name not in _RELATIONS[kind]:
        raise schema.unknown_property("Parsing OData Select and Expand failed: ", name, kind)
    return () if expand == "left_out" else (name,)


def _shown(kind: str, stored: dict[str, Any], names: tuple[str, ...], relations: tuple[str, ...], *, gives_keys: bool) -> dict[str, Any]:
    shown = copy.deepcopy(schema.shown(kind, stored, names))
    for relation in relations:
        of = _RELATIONS[kind][relation]
        shown[relation] = [schema.shown(of, one, schema.selected(of, None)) for one in stored.get(relation, [])[:_MOST_EXPANDED]]
    for name, secret in _SECRETS.items():
        for entry in shown.get(name) or []:
            if secret == "secretText" or not gives_keys:
                entry[secret] = None
    return shown


def _options(request: Request, known: set[str]) -> dict[str, str]:
    """The query options, with the $ that clients may leave out; RefusedError where the lab has none of that name."""
    named = {f"${name}" if f"${name}" in known else name: value for name, value in request.query.items()}
    for name in named:
        if name.startswith("$") and name not in known:
            raise RefusedError(400, "Request_UnsupportedQuery", f"'{name}' is not supported here by the lab's Graph.")
    return {name: value for name, value in named.items() if name in known}


def _chosen(kind: str, objects: list[dict[str, Any]], request: Request, query: dict[str, str]) -> list[dict[str, Any]]:
    if "$filter" not in query:
        return objects
    matches = filters.parse(kind, query["$filter"], advanced=_counts(request, query))
    return [one for one in objects if matches(one)]


def _eventual(request: Request) -> bool:
    return request.headers.get("consistencylevel", "").lower() == "eventual"


def _counts(request: Request, query: dict[str, str]) -> bool:
    """Whether it is an advanced query; without the header $count is passed over."""
    given = query.get("$count", "false").lower()
    if given not in ("true", "false"):
        raise RefusedError(400, "BadRequest", f"Invalid value '{given}' for $count query option found.")
    return given == "true" and _eventual(request)


def _top(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    if not (text.isascii() and text.isdecimal()):
        raise RefusedError(
            400,
            "BadRequest",
            f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative integer value.",
        )
    if not 1 <= int(text) <= _LARGEST_PAGE:
        raise RefusedError(
            400, "Request_UnsupportedQuery", f"Invalid page size specified: '{text}'. Must be between 1 and {_LARGEST_PAGE} inclusive."
        )
    return int(text)


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not (token.isascii() and token.isdecimal()):
        raise RefusedError(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    return int(token)


def _segment(request: Request) -> str:
    return request.path.strip("/").partition("/")[2]


def _context(base: str, request: Request, kind: str, query: dict[str, str]) -> str:
    named = {"servicePrincipal": "servicePrincipals", "application": "applications"}.get(kind, kind)
    selected = f"({','.join(schema.selected(kind, query['$select']))})" if "$select" in query else ""
    return f"{base}/$metadata#{named}{selected}"
