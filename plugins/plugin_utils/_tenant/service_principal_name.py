# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of a service principal: the two forms of a farm's names, and which list a task wants. Private to the collection.

The forms:
 - procedure: <appId>/<host>, https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
 - url: https://<host>/ with the final slash, for hybrid modern authentication,
   https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.dns_domain import in_any, is_microsofts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, guid, host_name, https_url, is_host_name

FORMS = ("procedure", "url", "both")


def names_of(app_id: str, host: str, form: str) -> list[str]:
    """The names that stand for a host in one of FORMS."""
    names = {"procedure": [f"{app_id}/{host}"], "url": [f"https://{host}/"]}
    return names["procedure"] + names["url"] if form == "both" else names[form]


def host_in(app_id: str, name: str) -> str | None:
    """The host of a name in one of the two forms, in lower case; None for every other name, such as one with a wildcard, port or path."""
    text = name.lower()
    for prefix in (f"{app_id}/", "https://"):
        if text.startswith(prefix):
            host = text.removeprefix(prefix)
            host = host.removesuffix("/") if prefix == "https://" else host
            return host if is_host_name(host) else None
    return None


def farms_host(app_id: str, name: str, domains: Collection[str]) -> str | None:
    """The host of a name in one of the two forms that is in one of the farm's domains and not Microsoft's; None for every other name."""
    host = host_in(app_id, name)
    return host if host is not None and in_any(host, domains) and not is_microsofts(host) else None


def whole_names(option: str, app_id: str, value: str, form: str) -> list[str]:
    """The whole names for a host name, or the given whole name: <appId>/<host> or an https URL; InvalidOptionError for anything else."""
    text = bare(value)
    if is_host_name(text.rstrip(".")):
        return names_of(app_id, host_name(option, text), form)
    if text.lower().startswith("https://"):
        return [https_url(option, text)]
    head, slash, host = text.partition("/")
    if slash and head.lower() == app_id:
        return [f"{app_id}/{host_name(option, host)}"]
    if slash and host and "/" not in host and guid(option, head) != app_id:
        raise InvalidOptionError(option, f"{text!r} begins with another application's id", f"{app_id}/{host}")
    raise InvalidOptionError(
        option,
        f"{text!r} is not a service principal name",
        f"a host name such as webext.contoso.com, {app_id}/webext.contoso.com or an https URL",
    )


def own_domains(option: str, values: Sequence[str]) -> list[str]:
    """The domains in which the given names are to be the only ones; InvalidOptionError for none, for no domain or one of Microsoft's."""
    domains = list(dict.fromkeys(host_name(option, value) for value in values))
    if not domains:
        raise InvalidOptionError(option, "the list is empty", "at least one domain of your own, such as contoso.com")
    for domain in domains:
        if is_microsofts(domain):
            raise InvalidOptionError(option, f"{domain} is Microsoft's", "domains of your own, such as contoso.com")
    return domains


@dataclass(frozen=True)
class NamesPlan:
    """whole: the new list. added, removed: how it differs from the one that is there."""

    whole: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def plan(
    current: Sequence[str], names: Sequence[str], state: str, app_id: str, domains: Collection[str] = (), keep: Collection[str] = ()
) -> NamesPlan:
    """The list that a state (present, absent, exact) wants. Letter case does not matter, and other names stay in their order.

    domains: with exact, where a name in one of the two forms goes unless it is wanted. keep: names that stay there all the same.
    """
    wanted = {name.lower(): name for name in names}
    there = {name.lower() for name in current}
    if state == "absent":
        removed = tuple(name for name in current if name.lower() in wanted)
    elif state == "exact":
        stay = {*wanted, *(name.lower() for name in keep)}
        removed = tuple(name for name in current if name.lower() not in stay and farms_host(app_id, name, domains))
    else:
        removed = ()
    added = () if state == "absent" else tuple(name for key, name in wanted.items() if key not in there)
    gone = {name.lower() for name in removed}
    return NamesPlan((*(name for name in current if name.lower() not in gone), *added), added, removed)
