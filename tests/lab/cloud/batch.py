# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many requests in one: https://learn.microsoft.com/graph/json-batching"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from .graph_error import RefusedError, error
from .https import Answer, Request
from .schema import body_of

PATH = "/v1.0/$batch"
_MOST = 20


def answered(request: Request, serve: Callable[[Request], Answer]) -> Answer:
    """Each request of the batch served by itself, one after the other; a reset of one of them is one of the whole.

    RefusedError where it is no batch.
    """
    wanted = _requests(body_of(request.body, request.headers.get("content-type", "")))
    statuses: dict[str, int] = {}
    responses = []
    for one in wanted:
        failed = [other for other in one.get("dependsOn") or [] if statuses.get(other, 424) >= 400]
        answer = (
            Answer(424, error("FailedDependency", "A request that this one depends on failed.")) if failed else serve(_inner(request, one))
        )
        if answer.reset:
            return answer
        statuses[one["id"]] = answer.status
        responses.append({"id": one["id"], "status": answer.status, "headers": answer.headers, "body": answer.content})
    return Answer(content={"responses": responses})


def _requests(body: dict[str, Any]) -> list[dict[str, Any]]:
    listed = body.get("requests")
    if not isinstance(listed, list) or not listed:
        raise RefusedError(400, "BadRequest", "Invalid batch payload format.")
    if len(listed) > _MOST:
        raise RefusedError(400, "BadRequest", f"Number of batch request steps exceeds the maximum value of {_MOST}.")
    for one in listed:
        if not isinstance(one, dict) or not all(isinstance(one.get(name), str) for name in ("id", "method", "url")):
            raise RefusedError(400, "BadRequest", "A request of a batch has id, method and url.")
        if not isinstance(one.get("headers") or {}, dict):
            raise RefusedError(400, "BadRequest", f"The headers of request '{one['id']}' of the batch are no object.")
        depends = one.get("dependsOn") or []
        if not isinstance(depends, list) or not all(isinstance(other, str) for other in depends):
            raise RefusedError(400, "BadRequest", f"dependsOn of request '{one['id']}' of the batch is no list of ids.")
        if one.get("body") is not None and "content-type" not in {name.lower() for name in one.get("headers") or {}}:
            raise RefusedError(400, "BadRequest", f"Request '{one['id']}' of the batch has a body and no Content-Type.")
    if len({one["id"] for one in listed}) < len(listed):
        raise RefusedError(400, "BadRequest", "Request Id has to be unique in a batch.")
    return listed


def _inner(outer: Request, one: dict[str, Any]) -> Request:
    # Relative to the version: a whole address is no resource (https://github.com/microsoftgraph/msgraph-sdk-python/issues/1015).
    path, _mark, text = one["url"].partition("?")
    query = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    headers = {"authorization": outer.headers.get("authorization", "")}
    headers.update({name.lower(): str(value) for name, value in (one.get("headers") or {}).items()})
    body = json.dumps(one["body"]).encode() if one.get("body") is not None else b""
    return Request(one["method"].upper(), f"/v1.0/{unquote(path).lstrip('/')}", query, headers, body)
