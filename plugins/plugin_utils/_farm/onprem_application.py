# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On-premises products as partner applications, whose keys are in a metadata document of their own. Private to the collection.

Names, ids, paths and the trust level: https://learn.microsoft.com/skypeforbusiness/manage/authentication/configure-an-on-premises-partner-app
and the rule RDCsPartnerApplication of https://github.com/onpremdiag/SfBServer, which expects the on-premises Exchange as "Exchange", beside
Exchange Online. The application's identifier is in the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SHAREPOINT
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import https_url, same_text, same_url

TRUST_LEVELS = ("Full", "Application", "User")


@dataclass(frozen=True)
class Product:
    """key: how options and steps name it. name: of its partner application where none is given. path: of its metadata's URL.

    Exchange has the same application id on premises and online.
    """

    key: str
    title: str
    application_id: str
    name: str
    path: str

    @property
    def step(self) -> str:
        """Its step in a plan; the role's variables begin so too."""
        return f"{self.key}_onprem"


PRODUCTS = {
    one.key: one
    for one in (
        Product("exchange", "on-premises Exchange", EXCHANGE_ONLINE, "Exchange", "/autodiscover/metadata/json/1"),
        Product("sharepoint", "on-premises SharePoint", SHAREPOINT, "microsoft.sharepoint", "/_layouts/15/metadata/json/1"),
    )
}
STEPS = tuple(one.step for one in PRODUCTS.values())

# The suboptions of an application in the options onprem_applications.
OPTIONS: dict[str, dict[str, Any]] = {
    "product": {"type": "str", "choices": list(PRODUCTS), "required": True},
    "name": {"type": "str"},
    "metadata_url": {"type": "str", "required": True},
    "trust_level": {"type": "str", "choices": list(TRUST_LEVELS), "default": "Full"},
}


@dataclass(frozen=True)
class OnpremApplication:
    """A partner application that is wanted for an on-premises product."""

    product: Product
    name: str
    metadata_url: str
    trust_level: str = "Full"

    @property
    def arguments(self) -> dict[str, Any]:
        """The options of partner_application that make it."""
        return {
            "name": self.name,
            "metadata_url": self.metadata_url,
            "metadata_application_id": self.product.application_id,
            "trust_level": self.trust_level,
            "enabled": True,
        }

    @property
    def shown(self) -> dict[str, str]:
        """As OPTIONS have it."""
        return {"product": self.product.key, "name": self.name, "metadata_url": self.metadata_url, "trust_level": self.trust_level}

    def is_it(self, application: Mapping[str, Any]) -> bool:
        """Whether what the farm has is this product with this metadata, whatever else is set."""
        return documented(application) == self.product and same_url(application.get("metadata_url"), self.metadata_url)


def given(option: str, values: Any) -> tuple[OnpremApplication, ...]:
    """The applications that an option of this name wants, as OPTIONS have them; InvalidOptionError for one that is not usable."""
    return tuple(
        OnpremApplication(
            PRODUCTS[value["product"]],
            (value.get("name") or "").strip() or PRODUCTS[value["product"]].name,
            https_url(f"{option}.metadata_url", value["metadata_url"]),
            value["trust_level"],
        )
        for value in _distinct(option, values or ())
    )


def documented(application: Mapping[str, Any]) -> Product | None:
    """The product that a partner application of the farm is, by its application id and by having metadata of its own."""
    if not application.get("metadata_url"):
        return None
    return next((one for one in PRODUCTS.values() if same_text(application.get("application_id"), one.application_id)), None)


def _distinct(option: str, values: Any) -> Any:
    products = [value["product"] for value in values]
    if len(products) != len(set(products)):
        raise InvalidOptionError(option, "a product is there twice", f"each of {' and '.join(PRODUCTS)} once at most")
    return values
