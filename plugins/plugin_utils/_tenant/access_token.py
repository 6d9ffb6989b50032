# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens for Microsoft Graph, and what they say of themselves. Private to the collection."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

_END_OF_TIME = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()


@dataclass(frozen=True)
class AccessToken:
    """A token with what is known of it.

    expires: seconds since 1970-01-01 UTC, or None where the token does not tell.
    tenant_id: a GUID in lower case, or None where the token does not tell.
    """

    value: str
    expires: int | None = None
    tenant_id: str | None = None

    @property
    def expires_text(self) -> str | None:
        """The end as ISO 8601 in UTC; of one after the last year that can be written, that year's begin."""
        return None if self.expires is None else utc_text(datetime.fromtimestamp(min(self.expires, _END_OF_TIME), timezone.utc))


def ready_token(text: str) -> AccessToken:
    """A token that came from outside, with what it says of itself."""
    claims = claims_of(text)
    expires, tenant = claims.get("exp"), claims.get("tid")
    return AccessToken(
        value=text,
        expires=int(expires) if isinstance(expires, (int, float)) and 0 <= expires < _END_OF_TIME else None,
        tenant_id=str(tenant).lower() if tenant else None,
    )


def claims_of(text: str) -> dict[str, Any]:
    """The claims of a JSON Web Token (RFC 7519), unverified: Graph verifies. Empty for an opaque token."""
    parts = text.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):  # an opaque token with two dots
        return {}
    return claims if isinstance(claims, dict) else {}
