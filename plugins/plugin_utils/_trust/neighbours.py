# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a key or a name in the tenant is where several deployments share it. Private to the collection.

Plan, rotation, removal and audit ask here. What a deployment signs with is known where it was read in this run. Where it was not, an entry
tells by its display name who put it there, which never lets anything go that any server signs with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entry_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names, discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none, utc_text

_ROLES = {"current": "signs with it now", "next": "is to sign with it", "previous": "signed with it before"}


class Use(TypedDict):
    """A certificate of a deployment. role: a key of signing. since: the effective date of what signs now, in ISO 8601."""

    thumbprint: str
    role: str
    since: str | None


class Known(TypedDict):
    """What is known of a deployment in this run.

    lead: where its sign-in is registered. read: whether its lead was read. topology: whether that told its pools, so that names has all.
    here: whether the play has servers of it. tenant_ids: those that its variables name. app_ids: of the principals on which it wants its
    certificate. overlap_days: for how many days what it signed with before stays in use, None where unknown. uses: none where its farm
    has no trust, since then it signs nothing for the tenant. names: in both forms; of a farm without a trust those that its clients ask
    for, if they are sent to the tenant. client_names: the URLs that its clients ask for, where they are sent to the tenant or this is not
    known, or that configure adds.
    """

    deployment: str
    lead: str
    read: bool
    topology: bool
    here: bool
    tenant_ids: list[str]
    app_ids: list[str]
    overlap_days: int | None
    uses: list[Use]
    names: list[str]
    client_names: list[str]
    hosts: list[str]


@dataclass(frozen=True)
class Named:
    """What an entry tells of itself by its display name. own: that this deployment put it there. read: whether the deployment was read."""

    deployment: str
    own: bool
    read: bool
    written: datetime


@dataclass(frozen=True)
class Neighbours:
    """own: the name of the deployment that is at work, None where a task names none. hosts: its pools and servers, as
    far as they are known. others: those of the same tenant.

    overlap: how long what a deployment signed with before stays in use, where its own variables do not tell.
    """

    own: str | None = None
    hosts: tuple[str, ...] = ()
    others: tuple[Known, ...] = ()
    overlap: timedelta = timedelta(days=7)

    def use(self, thumbprint: str | None, app_id: str | None, now: datetime) -> str | None:
        """How another deployment uses the certificate on that application's principal, in words; None where none is known to.

        app_id: None for any principal.
        """
        for other in self.others:
            for use in other["uses"] if app_id is None or app_id in other["app_ids"] else ():
                if use["thumbprint"] == thumbprint and (told := self._in_use(use, other["overlap_days"], now)):
                    return f"deployment {other['deployment']} {told}"
        return None

    def _in_use(self, use: Use, overlap_days: int | None, now: datetime) -> str | None:
        since = time_or_none(use["since"])
        if use["role"] != "previous":
            return _ROLES[use["role"]]
        if since is None:
            return f"{_ROLES['previous']}, and since when its successor signs is unknown"
        over = shifted(since, self.overlap if overlap_days is None else timedelta(days=overlap_days))
        return f"{_ROLES['previous']}, and tokens that it signed may be in use until {utc_text(over)}" if over > now else None

    def claim(self, key: KeyCredential, app_id: str | None, now: datetime) -> str | None:
        """Why an entry of a certificate of this deployment stays for another one's sake, in words; None where it need not.

        app_id: None for any principal.
        """
        if used := self.use(key.thumbprint, app_id, now):
            return used
        named = self.named(key)
        if named is not None and not named.own and not named.read:
            return f"by its display name it is of deployment {named.deployment}, which was not read in this run"
        if self.lost and not key.expired(now):
            return f"whether deployment {', '.join(self.lost)} signs with it was not read"
        return None

    def named(self, key: KeyCredential) -> Named | None:
        """Who put the entry there, by its display name; None where that tells nothing, or no deployment is at work."""
        name = entry_name.read(key) if self.own is not None else None
        if name is None:
            return None
        if name.is_of(str(self.own), [entry_name.mark(host) for host in self.hosts]):
            return Named(str(self.own), True, True, name.written)
        for other in self.others:
            if other["read"] and name.is_of(other["deployment"], [entry_name.mark(host) for host in other["hosts"]]):
                return Named(other["deployment"], False, True, name.written)
        return Named(name.deployment, False, False, name.written)

    def unproved(self, key: KeyCredential) -> bool:
        """Whether the entry has a display name of this deployment that does not name the certificate which Graph gives with it."""
        name = entry_name.alleged(key) if self.own is not None and entry_name.read(key) is None else None
        return name is not None and name.is_of(str(self.own), [entry_name.mark(host) for host in self.hosts])

    @property
    def unnamed(self) -> list[str]:
        """The deployments of play and inventory that may be of the same tenant and whose names are not known."""
        return [other["deployment"] for other in self.others if not other["topology"]]

    @property
    def lost(self) -> list[str]:
        """The deployments that this play has servers of, that may be of the same tenant and were not read."""
        return [other["deployment"] for other in self.others if not other["read"] and other["here"]]

    def names_of_others(self) -> dict[str, str]:
        """The service principal names that stand for other deployments, in lower case, each with the deployment's name."""
        return self._owners("names")

    def needed_by_clients_of_others(self) -> dict[str, str]:
        """Those of them that clients of other deployments need or configure adds there, in lower case, each with the deployment's name."""
        return self._owners("client_names")

    def _owners(self, of: Literal["names", "client_names"]) -> dict[str, str]:
        found: dict[str, str] = {}
        for other in self.others:
            for name in other[of]:
                found.setdefault(name.lower(), other["deployment"])
        return found

    def display_names(self, thumbprints: Iterable[str], now: datetime) -> dict[str, str]:
        """The display names of new entries, by thumbprint. Without a known host there are none."""
        if self.own is None:
            return {}
        made = {one: entry_name.made(self.own, self.hosts, one, now) for one in thumbprints}
        return {one: name for one, name in made.items() if name}


def hosts_of(readings: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The FQDNs that tell the farm from every other one, as far as its servers told them: its pools, then the servers themselves."""
    read = list(readings)
    pools = {str(service["pool"]).lower() for one in read for service in one.get("web_services") or () if service.get("pool")}
    servers = {str((one.get("server") or {}).get("name") or "").lower() for one in read}
    return (*sorted(pools), *sorted(name for name in servers - pools if "." in name))


def by_deployment(hosts: Iterable[str], settled: Mapping[str, str], told: Mapping[str, str | None]) -> dict[str, list[str]]:
    """The hosts of each deployment, by its name. settled: as their checked settings say. told: as the inventory says of the others."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        name = settled.get(host) or told.get(host)
        if name:
            found.setdefault(name, []).append(host)
    return found


def known(
    deployment: str, settings: Mapping[str, Any], readings: Mapping[str, FarmReading], *, hosts: Sequence[str], here: bool, tenant_ids: Any
) -> Known:
    """What is known of a deployment from its settings as facts, empty where unknown, and from what its servers told, by their names.

    hosts: all of its servers. tenant_ids: texts that may be a tenant's id.
    """
    leads = {host: one for host, one in readings.items() if "web_services" in (*one, *(one.get("unknown") or ()))}
    lead = next(iter(leads), hosts[0])
    leading = discovery.checked_farm("readings", leads[lead]) if leads else None
    names: list[str] = []
    asked: list[str] = []
    trusts = leading is None or not settings or _trusts(settings, leading)
    # Clients that are sent to the tenant need its names without a trust, too.
    configuration = leading.get("oauth_configuration") if leading else None
    form = "both" if trusts else "url" if configuration and client_names.switched_to(configuration) else None
    switched_on = configuration is None or client_names.switched_to(configuration) is not None
    if settings and form:
        external = [*settings["external_fqdns"], *(discovery.external_fqdns(leading) if leading else ())]
        internal = discovery.internal_fqdns(leading) if leading else ()
        names = discovery.wanted_names(str(settings["skype_application_id"]), external, internal, form)
        needed = "url" if switched_on else str(settings["name_form"])
        wanted = discovery.wanted_names(str(settings["skype_application_id"]), external, internal, needed)
        asked = [name for name in wanted if client_names.is_url(name)]
    return {
        "deployment": deployment,
        "lead": lead,
        "read": leading is not None,
        "topology": leading is not None and "web_services" not in (leading.get("unknown") or ()),
        "here": here,
        "tenant_ids": sorted({one.strip().lower() for one in tenant_ids if isinstance(one, str) and is_guid(one.strip())}),
        "app_ids": [str(one) for one in settings.get("credential_app_ids") or ()],
        "overlap_days": settings.get("rotation_overlap_days"),
        "uses": _distinct(use for one in readings.values() for use in _uses(one)) if trusts else [],
        "names": names,
        "client_names": asked,
        "hosts": list(hosts_of(readings.values())),
    }


def in_tenant(cloud: Mapping[str, Any] | None) -> frozenset[str]:
    """The thumbprints and the names, in lower case, that a result of sp_info has."""
    principals = (cloud or {}).get("service_principals") or ()
    keys = (str(key.get("thumbprint") or "").lower() for one in principals for key in one.get("key_credentials") or ())
    return frozenset((*keys, *(str(name).lower() for one in principals for name in one.get("names") or ())))


def matters(other: Known, there: Collection[str]) -> bool:
    """Whether it makes a difference of which tenant the deployment is. there: as in_tenant() tells it."""
    if not other["read"] or not other["topology"]:
        return other["here"]
    return any(text.lower() in there for text in (*(use["thumbprint"] for use in other["uses"]), *other["names"]))


def shares(other: Known, own: str, tenant_id: str | None, signed_in: str | None) -> bool:
    """Whether another deployment may be one of the tenant. signed_in: the tenant of its sign-in, where it has signed in."""
    told = [signed_in.lower()] if signed_in else other["tenant_ids"]
    return not same_text(other["deployment"], own) and (tenant_id is None or not told or tenant_id.lower() in told)


def _trusts(settings: Mapping[str, Any], farm: FarmReading) -> bool:
    """Whether the farm has the OAuth server or the partner application of the trust, as far as they were read."""
    servers, applications = farm.get("oauth_servers"), farm.get("partner_applications")
    if servers is None or applications is None:
        return True
    names = settings["oauth_server_name"], settings["partner_application_name"]
    return oauth_server.find(servers, names[0]) is not None or partner_application.find(applications, names[1]) is not None


def _uses(farm: Mapping[str, Any]) -> Iterable[Use]:
    signing = farm.get("signing") or {}
    since = (signing.get("current") or {}).get("effective_date")
    for role in _ROLES:
        if signing.get(role):
            yield {"thumbprint": str(signing[role]["thumbprint"]).upper(), "role": role, "since": since}


def _distinct(uses: Iterable[Use]) -> list[Use]:
    """Each certificate once for each role; of several dates the last one counts."""
    found: dict[tuple[str, str], Use] = {}
    for use in uses:
        there = found.get((use["thumbprint"], use["role"]))
        if there is None or (there["since"] or "") < (use["since"] or ""):
            found[use["thumbprint"], use["role"]] = use
    return list(found.values())
