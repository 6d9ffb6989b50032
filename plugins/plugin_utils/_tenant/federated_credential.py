# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated identity credentials: whose tokens sign in as an application, without a key of its own. Private to the collection.

https://learn.microsoft.com/graph/api/resources/federatedidentitycredential. An application has 20 at most, and $expand gives as many of
a relation (https://learn.microsoft.com/graph/query-parameters#expand), so they come with the application itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph, GraphError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_RELATION = "federatedIdentityCredentials"
_T = TypeVar("_T")


def expanded(ask: Callable[[Mapping[str, str]], _T]) -> _T:
    """What ask gives of applications with their federated credentials; without them where $expand is refused, and read() asks for them."""
    try:
        return ask({"$expand": _RELATION})
    except GraphError as exc:
        if exc.status != 400:
            raise
    return ask({})


def read(graph: Graph, application: Mapping[str, Any]) -> list[shapes.FederatedCredential]:
    """Those of an application as Graph gave it; a request of its own where they did not come with it, or not all of them.

    HybridAuthError where the answer is not what Graph documents.
    """
    found, whose = application.get(_RELATION), f"the federated credentials of application {application.get('appId')}"
    if found is None or f"{_RELATION}@odata.nextLink" in application:
        found = graph.read_list(f"applications/{application['id']}/{_RELATION}", whose)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise HybridAuthError(
            f"Microsoft Graph's answer for {whose} is not what Graph documents, so it is not known who signs in as it.",
            f"Look at them with 'az ad app federated-credential list --id {application.get('appId')}'.",
        )
    return [
        {
            "id": _text_or_none(one.get("id")),
            "name": _text_or_none(one.get("name")),
            "issuer": _text_or_none(one.get("issuer")),
            "subject": _text_or_none(one.get("subject")),
        }
        for one in found
    ]


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None
