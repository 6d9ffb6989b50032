# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metadata documents of on-premises Exchange and SharePoint, as a Front End of the deployment downloads them."""

from __future__ import annotations

from typing import Any


class MetadataError(Exception):
    """A metadata document that cannot be had."""


def of_product(deployment: dict[str, Any], url: str) -> dict[str, str] | None:
    """issuer and realm of an on-premises product's document; None where the deployment has none at the URL.

    MetadataError in the words of its "error" where the product refuses it. It names no authorization server, so there is no type.
    """
    documents = deployment.get("metadata_documents", {})
    found = next((document for address, document in documents.items() if address.lower() == url.lower()), None)
    if found is None:
        return None
    if "error" in found:
        raise MetadataError(found["error"])
    return {"issuer": found["application_id"], "realm": found.get("realm", "")}
