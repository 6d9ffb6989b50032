# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when what signs in may do so: a client secret or certificate ends, and then every run fails. Private to the collection.

The tenant tells the end of each: https://learn.microsoft.com/graph/api/resources/passwordcredential, whose hint has the first three
characters of the secret, and https://learn.microsoft.com/graph/api/application-get, which needs Application.Read.All.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.access_token import ReadyToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_certificate import ClientCertificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_secret import ClientSecret
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text

_HINT = 3
# Reads the application of that client id, with these properties, as Graph shows it.
Read = Callable[[str, str], Mapping[str, Any]]


def credential(method: Method, read: Read, now: datetime) -> dict[str, str | None]:
    """What signs in, in words; when it ends, None where it does not or where that is not known; and then why it is not.

    Nothing that goes wrong here is an error: the sign-in itself went well. now: an aware time.
    """
    if isinstance(method, ClientSecret):
        return _of_secret(method, read, now)
    if isinstance(method, ClientCertificate):
        return _of_certificate(method, read)
    problem = "a ready access token does not tell what it was signed in with" if isinstance(method, ReadyToken) else None
    return {"subject": method.description, "end": None, "problem": problem}


def _of_secret(method: ClientSecret, read: Read, now: datetime) -> dict[str, str | None]:
    told: dict[str, str | None] = {"subject": method.description, "end": None, "problem": None}
    try:
        listed = _entries(read(method.client_id, "passwordCredentials").get("passwordCredentials"))
    except HybridAuthError as exc:
        return {**told, "problem": exc.message}
    serving = {end: one for one in listed if (end := time_or_none(one.get("endDateTime"))) and end > now}
    own = {end: one for end, one in serving.items() if one.get("hint") == method.secret[:_HINT]}
    found = own or {end: one for end, one in serving.items() if not one.get("hint")}
    if len(found) == 1:
        return {**told, "end": utc_text(next(iter(found)))}
    if not found:
        return {**told, "problem": f"application {method.client_id} shows no secret that is in date and begins as this one does"}
    ends = ", ".join(utc_text(end) for end in sorted(found))
    return {**told, "problem": f"application {method.client_id} has {len(found)} secrets that may be this one; they end on {ends}"}


def _of_certificate(method: ClientCertificate, read: Read) -> dict[str, str | None]:
    """The end of the certificate, or that of its entry in the tenant where that is earlier and can be read."""
    own = method.pair.certificate
    ends = [own.not_after]
    try:
        listed = _entries(read(method.client_id, "keyCredentials").get("keyCredentials"))
    except HybridAuthError:
        listed = []
    keys = [key for entry in listed if (key := key_credential.from_graph(entry)).thumbprint == own.thumbprint and key.end]
    if keys:
        ends.append(max(key.end for key in keys if key.end))
    return {"subject": method.description, "end": utc_text(min(ends)), "problem": None}


def _entries(listed: Any) -> list[Mapping[str, Any]]:
    """Those of a list that are objects; what else there is tells nothing."""
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
