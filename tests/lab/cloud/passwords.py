# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""addPassword and removePassword: the service makes the secret, and gives it once.

https://learn.microsoft.com/graph/api/serviceprincipal-addpassword and https://learn.microsoft.com/graph/api/serviceprincipal-removepassword
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timezone
from typing import Any

from .graph_error import RefusedError
from .schema import typed
from .times import time_of, utc_text

_YEARS = 2


def added(current: list[dict[str, Any]], body: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The list with the new password in it, as it is kept, and the answer with the secret; RefusedError where none can be made so."""
    given = typed("passwordCredential", body.get("passwordCredential") or {})
    now = datetime.now(timezone.utc)
    begin = given.get("startDateTime") or utc_text(now)
    end = given.get("endDateTime") or utc_text(now.replace(year=now.year + _YEARS, day=min(now.day, 28)))
    if time_of(end) <= max(now, time_of(begin)):
        raise RefusedError(400, "Request_BadRequest", "Credential end date is invalid.")
    secret = f"{secrets.token_urlsafe(3)[:3]}~{secrets.token_urlsafe(27)}"
    made = {
        "customKeyIdentifier": None,
        "displayName": given.get("displayName"),
        "endDateTime": end,
        "hint": secret[:3],
        "keyId": str(uuid.uuid4()),
        "secretText": secret,
        "startDateTime": begin,
    }
    return [*current, made], made


def removed(current: list[dict[str, Any]], body: dict[str, Any]) -> list[dict[str, Any]]:
    """The list without the password; RefusedError where it is not there."""
    wanted = typed("passwordCredential", {"keyId": body.get("keyId")})["keyId"]
    left = [entry for entry in current if str(entry["keyId"]).lower() != wanted]
    if len(left) == len(current):
        raise RefusedError(400, "Request_BadRequest", f"No password credential found with keyId '{wanted}'.")
    return left


def accepts(credentials: list[dict[str, Any]], secret: str) -> bool:
    """Whether one of them is this secret, and serves now."""
    now = datetime.now(timezone.utc)
    return any(
        one.get("secretText") == secret and time_of(one["startDateTime"]) <= now < time_of(one["endDateTime"]) for one in credentials
    )
