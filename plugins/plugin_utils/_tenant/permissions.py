# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sign-in may, by its access token. Private to the collection.

Claims: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import shapes


def told_by(claims: Mapping[str, Any]) -> shapes.Permissions:
    """What an access token may, by its own claims; it is Graph that decides. granted: None where the token does not tell."""
    roles, scopes, wids = claims.get("roles"), claims.get("scp"), claims.get("wids")
    directory = [str(one) for one in wids] if isinstance(wids, list) else []
    if isinstance(scopes, str):
        return {"kind": "delegated", "granted": scopes.split(), "directory_roles": directory}
    if isinstance(roles, list):
        return {"kind": "application", "granted": [str(one) for one in roles], "directory_roles": directory}
    return {"kind": None, "granted": None, "directory_roles": directory}
