# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services and computers of a topology, as Get-CsService and Get-CsComputer show them.

https://learn.microsoft.com/powershell/module/skypeforbusiness/get-csservice, get-cscomputer; the properties of a service are those of the
examples in "Verify the topology" of the planning guides and of Microsoft's own test mocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

# What each pool with Web services has beside them; all of them depend on its registrar.
_OF_A_POOL = ("Registrar", "UserServer", "ConferencingServer", "ApplicationServer")
_COMMON = ("Identity", "DependentServiceList", "ServiceId", "SiteId", "PoolFqdn", "Version", "Role")


def services(cms: Mapping[str, Any], bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The services that the parameters of Get-CsService choose, in the order of their roles."""
    web = [{**entry, "Role": "WebServer"} for entry in cms["web_services"]]
    pools = dict.fromkeys(entry.get("PoolFqdn") for entry in web)
    others = [{"Role": role, "PoolFqdn": pool} for role in _OF_A_POOL for pool in pools]
    found = [_service(number, entry) for number, entry in enumerate([*web, *others, *cms["services"]], 1)]
    # A switch that is given chooses its set and so its role, whatever its value.
    roles = set(bound) - {"Identity", "Filter", "PoolFqdn"}
    return [
        one
        for one in found
        if (not roles or one["Role"] in roles)
        and _named(one, bound)
        and ("PoolFqdn" not in bound or str(one["PoolFqdn"]).lower() == str(bound["PoolFqdn"]).lower())
    ]


def computers(deployment: Mapping[str, Any], own: str | None, bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The computers that the parameters of Get-CsComputer choose; own: the server that is asked."""
    front_ends = [{"Fqdn": one["name"], "Pool": one.get("pool") or one["name"]} for one in deployment["front_ends"]]
    found = [{"Identity": one["Fqdn"], **one} for one in [*front_ends, *deployment["cms"]["computers"]]]
    return [
        one
        for one in found
        if _named(one, bound)
        and ("Pool" not in bound or one["Pool"].lower() == bound["Pool"].lower())
        and (not bound.get("Local") or one["Fqdn"] == own)
    ]


def _named(one: Mapping[str, Any], bound: Mapping[str, Any]) -> bool:
    identity = str(one["Identity"]).lower()
    if "Identity" in bound:
        return identity == str(bound["Identity"]).lower()
    return fnmatchcase(identity, str(bound.get("Filter") or "*").lower())


def _service(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    role, pool = entry["Role"], entry.get("PoolFqdn")
    made = {
        "Identity": f"{role}:{pool}",
        "DependentServiceList": [] if role == "Registrar" else [f"Registrar:{pool}"],
        "ServiceId": f"1-{role}-{number}",
        "SiteId": "Site:1",
        "PoolFqdn": pool,
        "Version": "7",
    }
    return {**{name: value for name, value in entry.items() if name not in _COMMON}, **made, "Role": role}
