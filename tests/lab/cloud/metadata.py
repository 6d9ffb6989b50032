# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authorization server's metadata as a Front End sees it: the real URLs, answered inside the lab."""

from __future__ import annotations

import re

from ..farm.metadata_documents import MetadataError
from ..state import State
from .token_service import ISSUER, METADATA_PATH

_URLS = re.compile(
    r"https://(?:accounts\.accesscontrol\.windows\.net|login\.microsoftonline\.us|login\.microsoftonline\.com)/(?P<tenant>[^/]+)/metadata/json/1",
    re.IGNORECASE,
)
# Of hybrid modern authentication: for all tenants, as Microsoft's page has it, or for one.
_FEDERATION = re.compile(
    r"https://(?:login\.windows\.net|login\.microsoftonline\.com)/(?P<tenant>[^/]+)/FederationMetadata/2007-06/FederationMetadata\.xml",
    re.IGNORECASE,
)


def resolve(state: State, url: str, login_url: str) -> dict[str, str]:
    """issuer, realm and type of the metadata document at the URL; MetadataError where none can be had. kind: json or federation.

    What the server takes from federation metadata is in Microsoft's mock of evoSTS: an issuer, and no realm. A type it must be told.

    login_url: the lab's own host, whose documents are served over HTTPS too (token_service.py).
    """
    federation = _FEDERATION.fullmatch(url)
    if federation is not None and (federation["tenant"].lower() == "common" or state.tenant(federation["tenant"])):
        return {"issuer": "sts.windows.net", "realm": "", "type": "", "kind": "federation"}
    own = url[len(login_url) :] if url.lower().startswith(f"{login_url.lower()}/") else ""
    match = _URLS.fullmatch(url) or METADATA_PATH.fullmatch(own)
    if match is None:
        raise MetadataError(f"The remote name could not be resolved: '{url}'")
    tenant = state.tenant(match["tenant"])
    if tenant is None:
        raise MetadataError("The remote server returned an error: (404) Not Found.")
    return {"issuer": ISSUER, "realm": tenant["id"], "type": "Acs"}
