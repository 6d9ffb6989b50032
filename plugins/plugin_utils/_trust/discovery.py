# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the farm says of tenant, certificate and names, and how what is given differs from it. Private to the collection.

The farm is a result of onprem_info. Facts:
 - Web services of pools and directors, and that the pool's FQDN stands for a blank internal one (Standard Edition):
   https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
 - The default SIP domain is one that the tenant of a hybrid has verified:
   https://learn.microsoft.com/skypeforbusiness/hybrid/plan-hybrid-connectivity
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import tenant_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import host_in, names_of, whole_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, is_host_name

Farm = FarmReading

CORRECT = "Correct it in the topology and publish it, or take the pool out of it."
_NOTHING: dict[str, Any] = {"web_services": (), "sip_domains": ()}


def checked_farm(option: str, farm: Mapping[str, Any], *parts: str) -> Farm:
    """The result of onprem_info, if it holds these parts; InvalidOptionError otherwise.

    A part that a restricted endpoint did not tell is as if the farm had nothing of it; unknown in the result names it.
    """
    farm = {**{part: _NOTHING[part] for part in farm.get("unknown") or () if part in _NOTHING}, **farm}
    missing = [part for part in ("management_module", *parts) if part not in farm]
    if missing:
        raise InvalidOptionError(
            option, f"it lacks {', '.join(missing)}", "the whole registered result of onprem_info that gathered these parts"
        )
    return cast("Farm", farm)


def sip_domains(farm: Farm) -> list[str]:
    """The SIP domains, the default one first, in lower case."""
    listed = sorted(farm["sip_domains"], key=lambda domain: not domain["default"])
    return list(dict.fromkeys(str(domain["name"]).lower() for domain in listed if domain["name"]))


# The options of the sign-ins that go to the tenant that is named.
_APPLICATION = ("client_secret", "client_certificate_path", "federated_token_file", "federated_token_variable")


def tenant_of(sign_in: Mapping[str, Any], given_id: str | None, domains: Sequence[str]) -> dict[str, Any]:
    """The tenant to sign in to: the one that is named, else that of the farm's default SIP domain.

    sign_in: the options of a sign-in, each of which is there. domains: as sip_domains() gives them. Of the result, tenant_proven says
    that signing in proves the domain: only an application's sign-in goes to the tenant that is named.
    """
    named = tenant_name("tenant", sign_in["tenant"]) if sign_in["tenant"] else given_id
    tenant = named or next(iter(domains), None)
    by_application = any(sign_in[option] for option in _APPLICATION) and not sign_in["access_token"]
    return {
        "tenant": tenant,
        "tenant_source": "given" if named else "sip_domain" if tenant else None,
        "tenant_id": given_id or (tenant.lower() if tenant and is_guid(tenant) else None),
        "tenant_proven": by_application and tenant in domains,
        "sip_domains": list(domains),
    }


def external_fqdns(farm: Farm) -> list[str]:
    """The external names of the Web services of all pools and directors, without blank and duplicate ones."""
    return _fqdns(service["external_fqdn"] for service in farm["web_services"])


def internal_fqdns(farm: Farm) -> list[str]:
    """The internal names; the pool's FQDN stands for a blank one."""
    return _fqdns(service["internal_fqdn"] or service["pool"] for service in farm["web_services"])


def wanted_names(app_id: str, external: Sequence[str], internal: Iterable[str], form: str) -> list[str]:
    """The service principal names: external hosts or whole names in the form, and where that has URLs, internal hosts as URLs."""
    names = [whole for value in external for whole in whole_names("external_fqdns", app_id, value, form)]
    if form != "procedure":
        names += [whole for host in internal for whole in names_of(app_id, host, "url")]
    return _distinct(names)


def hosts_of(app_id: str, given: Sequence[str]) -> list[str]:
    """The hosts of the given external names, which may be hosts or whole names; a whole name may have none."""
    wholes = [whole for value in given for whole in whole_names("external_fqdns", app_id, value, "procedure")]
    return [host for whole in wholes if (host := host_in(app_id, whole))]


def every_name(app_id: str, farm: Farm) -> list[str]:
    """Every name that can stand for this farm: both forms of every host."""
    return _distinct(name for host in (*external_fqdns(farm), *internal_fqdns(farm)) for name in names_of(app_id, host, "both"))


def name_warnings(app_id: str, farm: Farm, given: Sequence[str]) -> list[str]:
    """How the given external names differ from those of the topology, as far as it is known."""
    if "web_services" in (farm.get("unknown") or ()):
        return []
    there, hosts = external_fqdns(farm), hosts_of(app_id, given)
    unknown = [host for host in dict.fromkeys(hosts) if host not in {*there, *internal_fqdns(farm)}]
    left_out = [host for host in there if host not in hosts]
    topology = ", ".join(there) or "none"
    warnings = [
        f"The given external name {host} is that of no pool; the topology has {topology}. It is used as given: check its spelling."
        for host in unknown
    ]
    warnings += [
        f"The given external names ({', '.join(dict.fromkeys(hosts)) or 'none'}) leave out {host}, which the topology has: "
        "users of that pool are not served until it is given too."
        for host in left_out
    ]
    return warnings


def certificate_warning(farm: Farm, thumbprint: str) -> str | None:
    """How the given certificate differs from the one that the farm signs with; None where it is that one."""
    signing = farm["signing"]["current"]
    if signing is None:
        return f"The given certificate is {thumbprint}, but the farm has no OAuthTokenIssuer certificate to sign with."
    if signing["thumbprint"] == thumbprint:
        return None
    following = farm["signing"]["next"]
    staged = (
        f" It is the one that is staged to sign from {following['effective_date']} on."
        if following and following["thumbprint"] == thumbprint
        else " The tenant cannot verify the farm's tokens with it."
    )
    return f"The given certificate is {thumbprint}, but the farm signs with {signing['thumbprint']}.{staged}"


def _distinct(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return list(found.values())


class Unusable(NamedTuple):
    """A name that the topology has and that no certificate or service principal can have. kind: external or internal."""

    pool: str
    kind: str
    value: str

    @property
    def what(self) -> str:
        """The name, in words."""
        return f"the {self.kind} Web services FQDN {self.value!r}, which is no fully qualified host name"


def unusable(farm: Farm) -> list[Unusable]:
    return [
        Unusable(str(service["pool"]), kind, str(value))
        for service in farm["web_services"]
        for value, kind in ((service["external_fqdn"], "external"), (service["internal_fqdn"] or service["pool"], "internal"))
        if _host(value) and not is_host_name(_host(value))
    ]


def unusable_names(farm: Farm) -> list[str]:
    """What is said of the unusable names where they are left out."""
    return [f"The topology gives pool {one.pool} {one.what}, so it is left out. {CORRECT}" for one in unusable(farm)]


def _fqdns(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(host for value in values if is_host_name(host := _host(value))))


def _host(value: Any) -> str:
    return str(value or "").strip().rstrip(".").lower()
