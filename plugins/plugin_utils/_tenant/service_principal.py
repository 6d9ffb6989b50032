# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service principals as the collection sees them: read from Graph, shown by sp_info, taken from 'current'. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import identification, key_credential, shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph, GraphError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import taking_back
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text

_SHARED = (
    f"The service principal {EXCHANGE_ONLINE} (Exchange Online) is shared by all hybrid products. A certificate on it lets an "
    "administrator of an on-premises server act in Exchange Online (CVE-2025-53786)."
)
_SELECT = "id,appId,displayName,accountEnabled,servicePrincipalNames,keyCredentials,passwordCredentials"
_MOST_IN_FILTER = 15  # https://learn.microsoft.com/graph/filter-query-parameter
PRINCIPALS, APPLICATIONS = "servicePrincipals", "applications"
# What the properties are of which an application object has none: https://learn.microsoft.com/graph/api/resources/application
_OF_PRINCIPALS_ALONE = {"accountEnabled", "servicePrincipalNames"}
WORDS = {PRINCIPALS: "service principal", APPLICATIONS: "application"}


@dataclass(frozen=True)
class ServicePrincipal:
    """One service principal (https://learn.microsoft.com/graph/api/resources/serviceprincipal).

    Or, with the collection applications, the application object behind it in its own tenant, which has keys too, but no names and no
    account (https://learn.microsoft.com/graph/api/resources/application).
    """

    id: str
    app_id: str
    display_name: str | None
    account_enabled: bool | None
    names: tuple[str, ...]
    keys: tuple[KeyCredential, ...]
    passwords: tuple[shapes.PasswordCredential, ...]
    collection: str = PRINCIPALS

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.id}"

    @property
    def label(self) -> str:
        return f"{WORDS[self.collection]} {self.app_id}{f' ({self.display_name})' if self.display_name else ''}"

    @property
    def facts(self) -> dict[str, str]:
        """What the principal has, by a text that two readings can be compared by, in words; as a task's result shows it."""
        found = {f"credential {key.fingerprint}": f"key credential {key.label}" for key in self.keys if key.key_id}
        found |= {f"credential id {key.key_id}": f"key credential {key.label}" for key in self.keys if key.key_id}
        found |= {f"certificate {key.thumbprint}": f"certificate {key.thumbprint}" for key in self.keys if key.thumbprint}
        found |= {f"name {name.lower()}": f"the name {name}" for name in self.names}
        found |= {f"account {self.account_enabled}": f"accountEnabled {self.account_enabled}"}
        return {safe(fact): safe(words) for fact, words in found.items()}

    def info(self, now: datetime) -> shapes.ServicePrincipal:
        """The shape that sp_info returns."""
        return {
            "app_id": self.app_id,
            "id": self.id,
            "display_name": self.display_name,
            "account_enabled": self.account_enabled,
            "names": list(self.names),
            "key_credentials": [key.info(now) for key in self.keys],
            "password_credentials": [password.copy() for password in self.passwords],
        }


def read(graph: Graph, app_ids: Sequence[str], collection: str = PRINCIPALS) -> list[ServicePrincipal]:
    """The service principals of these applications, one request for up to 15 of them. Lists give no certificates."""
    return [from_graph(entry, collection) for entry in listed(graph, collection, "appId", app_ids)]


def listed(
    graph: Graph, collection: str, name: str, values: Sequence[str], *more: str, options: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The objects of which a property has one of these values, as Graph lists them.

    more: properties beside the usual. options: query options beside $filter and $select.
    """
    subject = f"{WORDS[collection]}s {', '.join(values)}"
    entries: list[dict[str, Any]] = []
    for start in range(0, len(values), _MOST_IN_FILTER):
        quoted = ",".join(f"'{value}'" for value in values[start : start + _MOST_IN_FILTER])
        query = {"$filter": f"{name} in ({quoted})", "$select": selection(collection, *more), **(options or {})}
        entries += graph.read_list(collection, subject, query)
    return entries


def selection(collection: str, *more: str) -> str:
    """The properties to ask for of an object of the collection."""
    without = _OF_PRINCIPALS_ALONE if collection == APPLICATIONS else set()
    return ",".join((*(name for name in _SELECT.split(",") if name not in without), *more))


def read_all(graph: Graph) -> list[ServicePrincipal]:
    """All service principals of the tenant, identified: a request more for each that has certificates."""
    entries = graph.read_list("servicePrincipals", "the tenant's service principals", {"$select": _SELECT, "$top": "100"})
    return [identified(graph, from_graph(entry)) for entry in entries]


def read_whole(graph: Graph, app_ids: Iterable[str], collection: str = PRINCIPALS) -> list[ServicePrincipal]:
    """The service principals of these applications, identified and with the keys themselves: a request for each, since lists give none."""
    return [found for app_id in app_ids if (found := _read_one(graph, app_id, collection)) is not None]


def _read_one(graph: Graph, app_id: str, collection: str) -> ServicePrincipal | None:
    """None where the tenant has no service principal of that application."""
    query = {"$select": selection(collection)}
    entry = read_if_there(graph, f"{collection}(appId='{app_id}')", f"{WORDS[collection]} {app_id}", query)
    return None if entry is None else identified(graph, from_graph(entry, collection))


def read_if_there(graph: Graph, path: str, subject: str, query: Mapping[str, str]) -> dict[str, Any] | None:
    """The object at a path as Graph gives it; None where there is none."""
    try:
        return graph.read(path, subject, query)
    except GraphError as exc:
        if exc.status == 404:
            return None
        raise


def read_named(graph: Graph, beginnings: Sequence[str]) -> list[ServicePrincipal]:
    """The service principals whose display name begins with one of these texts, with the certificates of their entries."""
    quoted = [beginning.replace("'", "''") for beginning in beginnings]
    condition = " or ".join(f"startswith(displayName,'{text}')" for text in quoted)
    subject = f"service principals named {' or '.join(f'{beginning}...' for beginning in beginnings)}"
    entries = graph.read_list("servicePrincipals", subject, {"$filter": condition, "$select": _SELECT})
    return [identified(graph, from_graph(entry)) for entry in entries]


def shared_principal_warning(now: datetime) -> str:
    """What whoever puts a certificate on the shared principal should know, with what it would cost and spare that day not to."""
    return f"{_SHARED} {taking_back(now)} Prefer the dedicated hybrid application, and leave this principal out where nothing needs it."


def identifier_warnings(principals: Iterable[ServicePrincipal]) -> list[str]:
    """A warning for each identified principal of which Graph gave no certificate at all."""
    return [
        f"Microsoft Graph gives no certificate of the key credentials of {one.label}, so their identifiers alone tell them apart. "
        "Whoever writes a key credential chooses its identifier: make sure that they are whose they seem to be."
        for one in principals
        if identification.told_by_identifiers(one.keys)
    ]


def required(
    found: Iterable[ServicePrincipal], app_ids: Sequence[str], collection: str = PRINCIPALS, given_by: Mapping[str, str] | None = None
) -> list[ServicePrincipal]:
    """The principals in the order asked for; HybridAuthError if the tenant lacks one. given_by: variables of the role by application id."""
    by_id = {principal.app_id: principal for principal in found}
    missing = [app_id for app_id in app_ids if app_id not in by_id]
    if missing and collection == APPLICATIONS:
        raise HybridAuthError(
            f"The tenant owns no application {', '.join(missing)}.",
            "Check the application id (not the id of the object) and the tenant. Of an application of another tenant, such as Microsoft's "
            "own, there is a service principal alone: leave out 'object'.",
            unchanged=True,
            missing=missing,
        )
    if missing:
        names = [given_by[app_id] for app_id in missing if app_id in given_by] if given_by else []
        raise HybridAuthError(
            f"The tenant has no service principal for {', '.join(missing)}.",
            f"Check {', '.join(names) or 'the application id'} and the tenant. If the service was never used in this tenant, "
            f"create it with 'az ad sp create --id {missing[0]}' or New-MgServicePrincipal -AppId {missing[0]}.",
            unchanged=True,
            missing=missing,
        )
    return [by_id[app_id] for app_id in app_ids]


def in_reading(reading: Mapping[str, Any], app_ids: Sequence[str], given_by: Mapping[str, str]) -> list[ServicePrincipal]:
    """The principals in a result of sp_info; HybridAuthError that names those that the tenant lacks. given_by: as for required()."""
    there = [one for app_id in app_ids for one in from_current(reading, [app_id]) or ()]
    return required(there, app_ids, given_by=given_by)


def from_current(current: Mapping[str, Any] | None, app_ids: Sequence[str], collection: str = PRINCIPALS) -> list[ServicePrincipal] | None:
    """The principals in a registered result of sp_info, or None where it does not hold all of them."""
    if current is None:
        return None
    part = "service_principals" if collection == PRINCIPALS else "applications"
    entries = current.get(part)
    if not isinstance(entries, list):
        raise InvalidOptionError("current", f"it holds no {part}", "the whole registered result of sp_info")
    try:
        by_id = {str(entry["app_id"]).lower(): _from_info(entry, collection) for entry in entries}
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise InvalidOptionError("current", f"an entry of {part} is damaged ({exc})", "the registered result of sp_info") from None
    return [by_id[app_id] for app_id in app_ids] if all(app_id in by_id for app_id in app_ids) else None


def names_in(listed: Any) -> tuple[str, ...]:
    """The names in a result; TypeError where it is no list of texts."""
    if not isinstance(listed, (list, tuple)) or not all(isinstance(one, str) for one in listed):
        raise TypeError("names are no list of texts")
    return tuple(listed)


def identified(graph: Graph, principal: ServicePrincipal) -> ServicePrincipal:
    """The principal with the certificates of its entries, read once more where one lacks its own."""
    return replace(principal, keys=identification.identified(graph, principal.path, principal.label, principal.keys))


def from_graph(entry: Mapping[str, Any], collection: str = PRINCIPALS) -> ServicePrincipal:
    """The object as Graph gives it with selection(); HybridAuthError where the answer is not what Graph documents."""
    principals, word = collection == PRINCIPALS, WORDS[collection]
    for name in ("id", "appId", *(("servicePrincipalNames",) if principals else ()), "keyCredentials"):
        if entry.get(name) is None:
            raise HybridAuthError(f"Microsoft Graph's answer for {word} {entry.get('appId')} lacks {name}.", "Run again.")
    for name in ("id", "appId"):
        if not isinstance(entry[name], str):
            raise HybridAuthError(
                f"Microsoft Graph's answer for {word} {entry['appId']} has the {name} {entry[name]!r}, which is no text.",
                f"Check {options('graph_url')}, and that no proxy answers in its place.",
            )
    subject = f"{word} {entry['appId']}"
    names = _listed(entry, "servicePrincipalNames", str, "they cannot be written back whole", collection) if principals else []
    keys = key_credential.entries_in(entry["keyCredentials"], subject)
    passwords = _listed(entry, "passwordCredentials", dict, "it is not known who else has a secret of it", collection)
    enabled = entry.get("accountEnabled")
    return ServicePrincipal(
        id=entry["id"],
        app_id=entry["appId"].lower(),
        display_name=_text_or_none(entry.get("displayName")),
        account_enabled=enabled if isinstance(enabled, bool) else None,
        names=tuple(names),
        keys=tuple(map(key_credential.from_graph, keys)),
        passwords=tuple(
            {
                "key_id": _text_or_none(password.get("keyId")),
                "display_name": _text_or_none(password.get("displayName")),
                "start": _text(time_or_none(password.get("startDateTime"))),
                "end": _text(time_or_none(password.get("endDateTime"))),
            }
            for password in passwords
        ),
        collection=collection,
    )


def _listed(entry: Mapping[str, Any], name: str, kind: type, why: str, collection: str) -> list[Any]:
    """The list of that name, whose elements are of one kind; HybridAuthError where it is something else. why: what follows from that."""
    found = [] if entry.get(name) is None else entry[name]
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        raise HybridAuthError(
            f"Microsoft Graph's answer for {WORDS[collection]} {entry['appId']} has {name} that are not what Graph documents, so {why}.",
            f"Look at it with 'az rest --method get --url https://graph.microsoft.com/v1.0/{collection}/{entry['id']}'.",
        )
    return found


def _from_info(entry: Mapping[str, Any], collection: str) -> ServicePrincipal:
    principals = collection == PRINCIPALS
    return ServicePrincipal(
        id=str(entry["id"]),
        app_id=str(entry["app_id"]).lower(),
        display_name=entry["display_name"],
        account_enabled=entry["account_enabled"] if principals else None,
        names=names_in(entry["names"]) if principals else (),
        collection=collection,
        keys=tuple(map(key_credential.from_info, entry["key_credentials"])),
        passwords=tuple(cast("shapes.PasswordCredential", dict(one)) for one in entry["password_credentials"]),
    )


def _text_or_none(value: Any) -> str | None:
    """The text; None where it is none, which is as if Graph had not told it."""
    return value if isinstance(value, str) else None


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None
