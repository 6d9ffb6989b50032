# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OAuth servers: the farm trusts its own tenant's authorization server, and no more. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.oauth_server import has_realm, wanted_realm
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, same_text, same_url, url_parts

PRESENT = Rule(
    "oauth_server.present",
    "The tenant's authorization server is an OAuth server of the farm",
    "critical",
    ("fail",),
    "Without it the farm accepts no token from the tenant and asks for none.",
    sources.PROCEDURE,
    otherwise="The tenant's authorization server is not an OAuth server of the farm",
)
METADATA_URL = Rule(
    "oauth_server.metadata_url",
    "The OAuth server has the tenant's metadata URL",
    "critical",
    ("fail",),
    "From this URL the farm takes the keys with which it checks tokens.",
    sources.PROCEDURE,
    otherwise="The OAuth server does not have the tenant's metadata URL",
)
TENANT = Rule(
    "oauth_server.tenant",
    "The metadata URL names the farm's own tenant",
    "critical",
    ("fail",),
    "With another tenant's metadata the farm trusts tokens that were issued for that one.",
    sources.DIAGNOSTIC,
    otherwise="The metadata URL does not name the farm's own tenant",
)
NOT_COMMON = Rule(
    "oauth_server.not_common",
    "The metadata URL names one tenant and not all",
    "high",
    ("fail",),
    "Metadata for 'common' describes every tenant, so any of them could issue tokens.",
    sources.PROCEDURE,
    otherwise="The metadata URL names all tenants and not one",
)
REALM = Rule(
    "oauth_server.realm",
    "The OAuth server's realm is the tenant",
    "high",
    ("fail",),
    "Tokens are asked for and checked by this realm.",
    sources.DIAGNOSTIC,
    otherwise="The OAuth server's realm is not the tenant",
)
HTTPS = Rule(
    "oauth_server.https",
    "The metadata comes over https",
    "high",
    ("fail",),
    "Over plain http anyone on the way can put in keys of their own.",
    sources.OAUTH_SERVER,
    otherwise="The metadata does not come over https",
)
SECURITY_IDENTIFIERS = Rule(
    "oauth_server.security_identifiers",
    "The OAuth server does not speak for users by security identifier",
    "medium",
    ("warn",),
    "Where it is accepted, the issuer names on-premises users by their SID. Hybrid modern authentication asks for it, on its own server.",
    sources.MODERN_AUTHENTICATION,
    otherwise="The OAuth server speaks for users by security identifier",
)
OF_SERVER = (METADATA_URL, TENANT, NOT_COMMON, REALM)
OF_EACH = (HTTPS, SECURITY_IDENTIFIERS)
RULES = (PRESENT, *OF_SERVER, *OF_EACH)

# https://learn.microsoft.com/entra/identity-platform/v2-protocols#endpoints
_MANY_TENANTS = ("common", "organizations", "consumers")
_REPAIR = advice.configure("sets the metadata URL of the tenant (trust_tenant, trust_metadata_url)", "oauth_server")


def metadata_doubt(findings: Iterable[Finding], name: str) -> str:
    """What failed about the metadata URL of the OAuth server of that name, in sentences; empty where nothing did."""
    ids, subject = {rule.id for rule in (METADATA_URL, TENANT, NOT_COMMON, HTTPS)}, _subject(name)
    failed = [one for one in findings if one.status == "fail" and one.id in ids and same_text(one.subject, subject)]
    return " ".join(f"{one.id} failed for {one.subject}: expected {one.expected}, found {one.actual}." for one in failed)


def check(facts: Facts) -> Iterator[Finding]:
    servers = facts.lead.part("oauth_servers")
    if isinstance(servers, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, servers.why)
        return
    name = facts.expected.oauth_server_name
    server = named(servers, name)
    subject = _subject(name)
    if server is None:
        others = ", ".join(str(one.get("identity")) for one in servers) or "no OAuth server"
        yield PRESENT.failed(subject, "there", f"there is {others}", advice.configure("creates it", "oauth_server"))
        for rule in OF_SERVER:
            yield rule.unknown(subject, "it is not there")
    else:
        yield PRESENT.passed(subject, "there")
        yield from _server(facts, server, subject)
    if not servers:
        for rule in OF_EACH:
            yield rule.unknown(facts.subject, "there is no OAuth server")
    for one in servers:
        yield from _each(facts, one)


def _subject(name: object) -> str:
    return f"OAuth server {name}"


def _server(facts: Facts, server: Object, subject: str) -> Iterator[Finding]:
    url, tenant = str(server.get("metadata_url") or ""), facts.tenant_id
    wanted = facts.expected.metadata_url_for(tenant)
    yield METADATA_URL.judged(
        Unknown("neither tenant_id nor metadata_url is known for this cloud") if wanted is None else same_url(url, wanted),
        subject,
        wanted or "",
        url or "none",
        _REPAIR,
    )
    segments = [part.lower() for part in url_parts(url).path.split("/") if part]
    named = next((part for part in segments if is_guid(part)), None)
    many = next((part for part in segments if part in _MANY_TENANTS), None)
    yield TENANT.judged(
        Unknown("the tenant's id is neither given nor told by the sign-in")
        if tenant is None
        else Unknown("the URL names no tenant by its id")
        if named is None and many is None
        else named == tenant,
        subject,
        tenant or "",
        named or many or url,
        _REPAIR,
    )
    yield NOT_COMMON.judged(
        many is None if url else Unknown("it has no metadata URL"), subject, "the tenant's id in the URL", many or url, _REPAIR
    )
    asked = {"metadata_url": wanted or ""}
    stands = has_realm(server, asked)
    yield REALM.judged(
        Unknown("the tenant's metadata URL is not known, or names no tenant by its id") if stands is None else stands,
        subject,
        wanted_realm(asked) or "",
        str(server.get("realm") or "none"),
        advice.configure("replaces the OAuth server for its realm", "oauth_server with the tenant's id"),
    )


def _each(facts: Facts, server: Object) -> Iterator[Finding]:
    subject, url = _subject(server.get("identity")), str(server.get("metadata_url") or "")
    # The role sets the URL of its own server alone.
    own = same_text(server.get("identity"), facts.expected.oauth_server_name)
    yield HTTPS.judged(
        url.lower().startswith("https://") if url else Unknown("it has no metadata URL"),
        subject,
        "https",
        url,
        _REPAIR if own else "The role has no variable for this server: set an https URL with oauth_server and metadata_url.",
    )
    accepted = server.get("accept_security_identifier_information")
    modern = same_text(server.get("type"), "AzureAD") and not same_text(server.get("identity"), facts.expected.oauth_server_name)
    yield SECURITY_IDENTIFIERS.judged(
        (not accepted or modern) if isinstance(accepted, bool) else Unknown("the setting was not read"),
        subject,
        "not accepted",
        "accepted, as hybrid modern authentication asks for" if accepted and modern else "accepted" if accepted else "not accepted",
        "The role has no variable for it: set accept_security_identifier_information to false with oauth_server, unless something "
        "on-premises needs it.",
    )
