# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hybrid modern authentication: where clients are sent to the tenant, the OAuth server and every name they ask for are there.

Microsoft's diagnostic (RDCheckModernAuth) takes it for right where an OAuth server is issued by sts.windows.net and the switch names
evoSTS. It asks for it in every farm; here it may be off (docs/opd.md). Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names, discovery, modern_authentication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

NAMES = Rule(
    "names.modern_authentication",
    "Where clients are sent to the tenant to sign in, it knows every name they ask for, and the farm the OAuth server",
    "high",
    ("fail",),
    "A client gets no token for a name that the tenant does not know, and an OAuth server that is not the tenant's lets none in.",
    sources.MODERN_AUTHENTICATION,
    otherwise="Clients are sent to the tenant to sign in, and lack what they need there",
)
RULES = (NAMES,)

_ON = "sfb.hybrid_auth.modern_authentication"
_UNSURE = ": Microsoft's overview calls all but Allowed disabled, its procedure does not set it"
_BACK = "take the switch back with trust_modern_authentication_state: absent"


def check(facts: Facts) -> Iterator[Finding]:
    configuration = facts.lead.part("oauth_configuration")
    if isinstance(configuration, Unknown):
        yield NAMES.unknown(facts.subject, configuration.why)
        return
    if "client_authorization_oauth_server" not in configuration:
        yield NAMES.unknown(facts.subject, "the setting was not read")
        return
    server = client_names.switched_to(configuration)
    if server is None:
        yield NAMES.passed(facts.subject, "off: clients are not sent to the tenant")
        return
    yield _override(configuration)
    yield _server(facts, server)
    yield from _names(facts)


def _override(configuration: Object) -> Finding:
    """Two pages of Microsoft differ: the procedure leaves it alone, which passes; the overview calls all but Allowed disabled."""
    subject = "ClientAdalAuthOverride"
    if "client_adal_auth_override" not in configuration:
        return NAMES.unknown(subject, "the setting was not read")
    told = configuration["client_adal_auth_override"]
    allowed = same_text(told, "Allowed")
    return NAMES.saying("Clients are sent to the tenant to sign in, and kept from modern authentication").judged(
        not same_text(told, modern_authentication.DISALLOWED),
        subject,
        "Allowed or NoOverride",
        f"{told or 'not set'}{'' if allowed else _UNSURE}",
        f"The role has no variable for it: set oauth_configuration's client_adal_auth_override to Allowed, or {_BACK}.",
    )


def _server(facts: Facts, name: str) -> Finding:
    subject, wanted = f"OAuth server {name}", f"an OAuth server of type {modern_authentication.TYPE} that is the tenant's"
    servers = facts.lead.part("oauth_servers")
    if isinstance(servers, Unknown):
        return NAMES.unknown(subject, servers.why)
    there = named(servers, name)
    if there is None:
        return NAMES.failed(subject, wanted, "not there, although clients are sent to it", f"Run {_ON}, or {_BACK}.")
    asked = facts.tenant_id, facts.expected.cloud, facts.expected.modern_authentication_metadata_url
    wrong = modern_authentication.flaws(there, *asked)
    unsure = [] if wrong else modern_authentication.unknowns(there, *asked)
    if unsure:
        return NAMES.unknown(subject, " and ".join(unsure))
    return NAMES.judged(
        not wrong,
        subject,
        wanted,
        " and ".join(wrong) or "there, and clients are sent to it",
        f"{_correcting(name)}; or {_BACK}.",
    )


def _correcting(name: str) -> str:
    """What corrects the OAuth server of that name, as a sentence without full stop. A run stops where clients are sent to another's."""
    if same_text(name, Settings().modern_authentication_server):
        return f"Run {_ON}, with trust_takeover: [{name}] where the server is another's"
    return (
        f"Run {_ON} with trust_modern_authentication_server: {name}, which corrects this server, or with trust_takeover: [{name}], which "
        "sends clients to the one that the variable names"
    )


def _names(facts: Facts) -> Iterator[Finding]:
    services, app_id = facts.lead.part("web_services"), facts.expected.skype_application_id
    if isinstance(services, Unknown):
        yield NAMES.unknown(facts.subject, services.why)
        return
    principal = facts.principal(app_id)
    names = principal if isinstance(principal, Unknown) else None if principal is None else principal.get("names")
    known = {str(name).lower() for name in names} if isinstance(names, list) else set()
    reading = facts.lead.read
    hosts = [] if isinstance(reading, Unknown) else client_names.hosts(app_id, reading, facts.expected.external_fqdns)
    unusable = [] if isinstance(reading, Unknown) else discovery.unusable(discovery.checked_farm("onprem", reading))
    for one in unusable:
        yield NAMES.failed(
            one.pool,
            "fully qualified host names, which clients ask the tenant for",
            f"{one.what}, and clients are sent to the tenant",
            f"{discovery.CORRECT} Then run {_ON}; or {_BACK}.",
        )
    if not hosts and not unusable:
        yield NAMES.unknown(facts.subject, "the topology has no Web services")
    lacking = (
        f"the tenant has no service principal {app_id}" if principal is None else "missing, and clients are sent to the tenant with it"
    )
    first = f"Create it with 'az ad sp create --id {app_id}', then run" if principal is None else "Run"
    for url in client_names.urls(app_id, hosts):
        if isinstance(names, Unknown):
            yield NAMES.unknown(url, names.why)
            continue
        yield NAMES.judged(
            url.lower() in known,
            url,
            f"a name of service principal {app_id}",
            "there" if url.lower() in known else lacking,
            f"{first} {_ON}, which adds it; sp_names with form url does so too.",
        )
