# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of the documented procedure: what it changes, and what of another's it would lose. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import PRODUCTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import PartnerApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names, ownership
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Obstacle, Reading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

# The steps in the order in which they are done: the tenant accepts what the farm signs before the farm relies on it.
TITLES = {
    "certificate": "Certificate on the service principals",
    "withdrawal": "Certificate taken back from the Exchange Online service principal",
    "account": "Exchange Online service principal enabled",
    "names": "Names of the Web services",
    "oauth_server": "OAuth server",
    **{one.step: f"Partner application for the {one.title}" for one in PRODUCTS.values()},
    "partner_application": "Partner application",
    "oauth_configuration": "OAuth configuration",
}

# Those that write to the tenant.
IN_TENANT = frozenset({"certificate", "withdrawal", "account", "names"})

_NAMING = ", ".join(
    (
        *("trust_partner_application_name", "trust_oauth_server_name", "trust_service_name"),
        *(f"trust_{one.step}_name" for one in PRODUCTS.values()),
    )
)
_TAKEOVER = "Leave it by giving another name or value ({variables}), or have it taken over with trust_takeover: [{owner}]."


@dataclass(frozen=True)
class Step:
    """name: a key of TITLES. losses: values that are gone afterwards and that no other option brings back; none without a change."""

    name: str
    change: Change
    losses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """The step as trust_plan returns it. One that changes nothing has no diff: it would repeat what was read."""
        result = self.change.as_result()
        return {
            "step": self.name,
            "title": TITLES[self.name],
            **(result if self.change.changed else {**result, "diff": {"before": {}, "after": {}}}),
            "losses": list(self.losses),
            "warnings": list(self.warnings),
        }


def merged(planned: Sequence[PrincipalPlan]) -> Change:
    """The change of several service principals as one, by their application ids."""
    return Change(
        before={one.principal.app_id: dict(one.change.before) for one in planned},
        after={one.principal.app_id: dict(one.change.after) for one in planned},
        operations=tuple(operation for one in planned for operation in one.change.operations),
    )


@dataclass(frozen=True)
class Loss:
    """A value that a step replaces.

    owner: how a takeover names it; None where it is the trust's own to change. advice: what to know before it is taken over.
    """

    what: str
    owner: str | None = None
    advice: str = ""


def application_losses(applications: Sequence[PartnerApplication], name: str, wanted: Mapping[str, Any]) -> list[Loss]:
    """What the partner application of that name has that is another product's: another kind, or another application.

    Microsoft documents the same name for an on-premises Exchange, whose application has a metadata URL:
    https://learn.microsoft.com/skypeforbusiness/deploy/integrate-with-exchange-server/configure-partner-applications
    """
    there = partner_application.find(applications, name)
    if there is None:
        return []
    identity = str(there["identity"])
    losses = [
        Loss(f"{parameter}{_value(setting, there.get(setting))} of partner application {identity}", identity)
        for setting, parameter in partner_application.SOURCES.items()
        if setting not in wanted and there.get(setting)
    ]
    if not same_text(there["application_id"], wanted["application_id"]):
        losses.append(Loss(f"ApplicationIdentifier {there['application_id']} of partner application {identity}", identity))
    return losses


def server_losses(farm: Reading, name: str, tenant_id: str, wanted_url: str, *, for_clients: bool = False) -> list[Loss]:
    """What the OAuth server of that name has where it is another tenant's or service's, or there for another use than is wanted of it."""
    there = oauth_server.find(farm["oauth_servers"], name)
    if there is None:
        return []
    identity, lost = str(there["identity"]), ownership.anothers(there, tenant_id, wanted_url)
    use = ownership.other_use(there, client_names.switched_to(farm.get("oauth_configuration") or {}), for_clients=for_clients)
    lost = lost or (f"metadata URL {there['metadata_url']}, {use}," if use else None)
    return [Loss(f"{lost} of OAuth server {identity}", identity)] if lost else []


def configuration_losses(farm: Reading, wanted: Mapping[str, Any], known: Collection[str]) -> list[Loss]:
    """What the OAuth configuration has: a ServiceName that is none of the known ones is another application's."""
    there = farm["oauth_configuration"]
    current = str(there["service_name"] or "")
    losses = []
    if current and not any(same_text(current, one) for one in (wanted["service_name"], *known)):
        losses.append(Loss(f"ServiceName {current} of the OAuth configuration", current.lower()))
    url = there["exchange_autodiscover_url"]
    if url and wanted.get("exchange_autodiscover_url") == "":
        losses.append(Loss(f"ExchangeAutodiscoverUrl {url} of the OAuth configuration"))
    domains = there["exchange_autodiscover_allowed_domains"]
    if domains and wanted.get("exchange_autodiscover_allowed_domains") == []:
        losses.append(Loss(f"ExchangeAutodiscoverAllowedDomains {', '.join(domains)} of the OAuth configuration"))
    return losses


def takeover_obstacles(losses: Collection[Loss], takeover: Collection[str], variables: str = _NAMING) -> list[Obstacle]:
    """One for each owner whose values would be lost and whose takeover was not asked for. variables: those that give another name."""
    owners: dict[str, list[Loss]] = {}
    for loss in losses:
        if loss.owner is not None and not any(same_text(loss.owner, name) for name in takeover):
            owners.setdefault(loss.owner, []).append(loss)
    return [
        Obstacle(
            owner,
            f"A run would lose what looks like another's: {'; '.join(loss.what for loss in lost)}.",
            " ".join((_TAKEOVER.format(variables=variables, owner=owner), *dict.fromkeys(loss.advice for loss in lost if loss.advice))),
        )
        for owner, lost in owners.items()
    ]


def _value(setting: str, value: Any) -> str:
    return "" if isinstance(value, bool) else " (a certificate)" if setting == "certificate" else f" {value}"
