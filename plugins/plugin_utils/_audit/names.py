# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names on the service principal: every external Web services FQDN, and none that the farm no longer has. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import farms_host, names_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_host_name

EXTERNAL_FQDN = Rule(
    "names.external_fqdn",
    "The external Web services FQDN is a name of the service principal",
    "high",
    ("fail",),
    "The tenant issues tokens for names that it knows.",
    sources.PROCEDURE,
    otherwise="The external Web services FQDN is not a name of the service principal",
)
POOL = Rule(
    "names.pool",
    "The pool has an external Web services FQDN",
    "info",
    ("warn",),
    "A pool without one cannot be reached from the tenant. A pool that is not published needs none.",
    sources.PROCEDURE,
    otherwise="The pool has no external Web services FQDN",
)
STALE = Rule(
    "names.stale",
    "Every name of the farm's own domains belongs to a host of the topology",
    "low",
    ("warn",),
    "Who gets a host name that is still trusted receives tokens for the farm.",
    sources.SERVICE_PRINCIPAL,
    otherwise="A name of the farm's own domains belongs to no host of the topology",
)
RULES = (EXTERNAL_FQDN, POOL, STALE)


def check(facts: Facts) -> Iterator[Finding]:
    services = facts.lead.part("web_services")
    known = None if isinstance(services, Unknown) else _pools(services)
    yield from _external(facts, known, services)
    if isinstance(services, Unknown):
        for rule in (POOL, STALE):
            yield rule.unknown(facts.subject, services.why)
        return
    yield from _each_pool(facts, services)
    yield from _stale(facts, services)


def _pools(services: list[Object]) -> dict[str, list[str]]:
    """The pools of each external FQDN; what is no host name can be no name of a service principal, and is said of its pool."""
    pools: dict[str, list[str]] = {}
    for service in services:
        if is_host_name(str(service.get("external_fqdn") or "")):
            pools.setdefault(str(service["external_fqdn"]).lower(), []).append(str(service.get("pool")))
    return pools


def _external(facts: Facts, known: dict[str, list[str]] | None, services: object) -> Iterator[Finding]:
    app_id = facts.expected.skype_application_id
    names = _names(facts, app_id)
    fqdns = facts.expected.external_fqdns or tuple(known or ())
    if not fqdns:
        if isinstance(services, Unknown):
            yield EXTERNAL_FQDN.unknown(facts.subject, services.why)
        else:
            none = EXTERNAL_FQDN.saying("No pool has an external Web services FQDN")
            yield none.failed(facts.subject, "at least one", "no pool has one", "Set it: Set-CsWebServer -ExternalFqdn.")
    for fqdn in fqdns:
        pools = ", ".join(dict.fromkeys((known or {}).get(fqdn, ())))
        subject = f"{fqdn}{f' ({pools})' if pools else ''}"
        wanted = [name for form in facts.expected.name_forms for name in names_of(app_id, fqdn, form)]
        if isinstance(names, Unknown):
            yield EXTERNAL_FQDN.unknown(subject, names.why)
            continue
        missing = [name for name in wanted if name.lower() not in names]
        if not missing and isinstance(services, Unknown):
            yield EXTERNAL_FQDN.unknown(subject, f"the name is there, but not which pool has it: {services.why}")
            continue
        yield EXTERNAL_FQDN.judged(
            not missing,
            subject,
            " and ".join(wanted),
            f"{' and '.join(missing)} is missing" if missing else "there",
            advice.configure("adds it", "sp_names"),
        )


def _names(facts: Facts, app_id: str) -> set[str] | Unknown:
    """The principal's names in lower case; none where there is no such principal."""
    principal = facts.principal(app_id)
    if isinstance(principal, Unknown):
        return principal
    names = [] if principal is None else principal.get("names")
    return Unknown("its names were not read") if names is None else {str(name).lower() for name in names}


def _each_pool(facts: Facts, services: list[Object]) -> Iterator[Finding]:
    if not services:
        yield POOL.unknown(facts.subject, "the topology has no Web services")
    pools: dict[str, list[str]] = {}
    for service in services:
        pools.setdefault(str(service.get("pool")), []).append(str(service.get("external_fqdn") or ""))
    for pool, fqdns in pools.items():
        there = ", ".join(fqdn for fqdn in fqdns if fqdn)
        if there and not any(map(is_host_name, fqdns)):
            yield POOL.saying("The pool's external Web services FQDN is not a host name").warned(
                pool, "a fully qualified host name", there, "Correct it in the topology and publish it; until then the pool has no name."
            )
            continue
        yield POOL.judged(bool(there), pool, "one", there or "none", "Set it if the pool is published: Set-CsWebServer -ExternalFqdn.")


def _stale(facts: Facts, services: list[Object]) -> Iterator[Finding]:
    app_id = facts.expected.skype_application_id
    names, sip_domains = _names(facts, app_id), facts.lead.part("sip_domains")
    if isinstance(names, Unknown):
        yield STALE.unknown(facts.subject, names.why)
        return
    hosts = {str(service[part]).lower() for service in services for part in ("pool", "internal_fqdn", "external_fqdn") if service.get(part)}
    domains = {host.partition(".")[2] for host in hosts if host.count(".") > 1}
    if not isinstance(sip_domains, Unknown):
        domains |= {str(entry["name"]).lower() for entry in sip_domains if entry.get("name")}
    known = hosts | set(facts.expected.external_fqdns) | set(facts.expected.known_names)
    others = facts.neighbours.names_of_others()
    unclaimed = [name for name in sorted(names) if (host := farms_host(app_id, name, domains)) and host not in known]
    for name in unclaimed:
        if name in others:
            yield STALE.passed(name, f"it is of deployment {others[name]}")
    stale = [name for name in unclaimed if name not in others]
    unnamed = ", ".join(facts.neighbours.unnamed)
    for name in stale:
        yield STALE.warned(
            name,
            "a host of the topology, or named in trust_known_names",
            f"no pool has it{f', and the names of deployment {unnamed} were not read' if unnamed else ''}",
            "Name it in trust_known_names if another deployment has it. Otherwise remove it: with trust_names_exact_domains in a run of "
            "configure, or with sp_names and state absent.",
        )
    if stale:
        return
    yield STALE.judged(
        sip_domains if isinstance(sip_domains, Unknown) else True,
        facts.subject,
        "",
        f"every name of {', '.join(sorted(domains)) or 'the farm'} belongs to a host",
        "",
    )
