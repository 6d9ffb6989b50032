# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On-premises Exchange and SharePoint beside Exchange Online: their steps, what those would lose, and names that clash.

Private to the collection. Both Exchanges have one application id and may have had one name:
https://learn.microsoft.com/skypeforbusiness/manage/authentication/configure-an-on-premises-partner-app
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import OnpremApplication, documented
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import PartnerApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import PREFIX, Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import Loss, application_losses
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_url


def clashes(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each variable whose name or URL is that of another partner application of the settings, and what is wrong with it."""
    taken = {settings.partner_application_name.lower(): f"{PREFIX}partner_application_name"}
    for one in settings.onprem_applications:
        variable = f"{PREFIX}{one.product.step}_name"
        other = taken.setdefault(one.name.lower(), variable)
        if other != variable:
            yield variable, f"{one.name} is the name in {other} too, and a partner application is for one product"
    for first, second in combinations(settings.onprem_applications, 2):
        if same_url(first.metadata_url, second.metadata_url):
            variable, other = (f"{PREFIX}{one.product.step}_metadata_url" for one in (second, first))
            yield variable, f"{second.metadata_url} is the URL in {other} too, and metadata is of one product"


def losses(applications: Sequence[PartnerApplication], wished: OnpremApplication) -> list[Loss]:
    """What the partner application of that name has where it is another product's; another URL of the product is its own to change."""
    there = partner_application.find(applications, wished.name)
    if there is None:
        return []
    wanted = {"metadata_url": wished.metadata_url, "application_id": wished.product.application_id}
    lost = application_losses(applications, wished.name, wanted)
    if not lost and not wished.is_it(there):
        return [Loss(f"MetadataUrl {there['metadata_url']} of partner application {there['identity']}")]
    return lost


def losses_to_exchange_online(settings: Settings, applications: Sequence[PartnerApplication], wanted: Mapping[str, Any]) -> list[Loss]:
    """As application_losses() for the partner application of Exchange Online, with how to keep an on-premises one of its name."""
    there = partner_application.find(applications, settings.partner_application_name)
    advice = how_to_have_both(settings, there) if there else ""
    return [replace(loss, advice=advice) for loss in application_losses(applications, settings.partner_application_name, wanted)]


def how_to_have_both(settings: Settings, application: Mapping[str, Any]) -> str:
    """How a farm keeps an on-premises product, such as Exchange, whose name Exchange Online is to have; empty where it is none."""
    product = documented(application)
    if product is None:
        return ""
    variable, url = f"{PREFIX}{product.step}_metadata_url", application["metadata_url"]
    name = getattr(settings, f"{product.step}_name")
    kept = any(one.product == product for one in settings.onprem_applications)
    if kept:
        return (
            f"It is the {product.title} by its metadata, which {variable} makes partner application {name} before the name is taken over."
        )
    return (
        f"It is the {product.title} by its metadata. To have both, set {variable} to {url} beside the takeover, which makes it partner "
        f"application {name} first."
    )
