# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On-premises Exchange and SharePoint among the partner applications, as wanted and as found. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import OnpremApplication, documented
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.dns_domain import in_any
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text, same_url, url_parts

WANTED = Rule(
    "partner_application.onprem",
    "The on-premises product is a partner application of the farm, with its own metadata",
    "high",
    ("fail",),
    "The farm takes the product's tokens by the keys in its metadata, beside those for Exchange Online.",
    f"{sources.ONPREM_PARTNER} {sources.DIAGNOSTIC}",
    otherwise="An on-premises product is not a partner application of the farm as wanted",
)
METADATA = Rule(
    "partner_application.onprem_metadata",
    "The metadata of an on-premises partner application comes over HTTPS from a host of the farm's domains",
    "high",
    ("warn",),
    "The keys at that URL sign for the product, and with full trust for any user of the farm.",
    sources.ONPREM_PARTNER,
    otherwise="The metadata of an on-premises partner application comes from elsewhere, or without TLS",
)
RULES = (WANTED, METADATA)
_NONE_WANTED = "none is expected"


def both(application: Object) -> str:
    """What to do where the name that Exchange Online is to have is an on-premises product's; empty where it is none."""
    product = documented(application)
    if product is None:
        return ""
    return (
        f"It is the {product.title}. To have both, run configure with trust_{product.step}_metadata_url set to "
        f"{application.get('metadata_url')} and trust_takeover: [{application.get('identity')}]; or name Exchange Online's own in "
        "trust_partner_application_name."
    )


def wanted(facts: Facts, application: Object) -> OnpremApplication | None:
    """What is expected under the application's name."""
    return next((one for one in facts.expected.onprem_applications if same_text(one.name, application.get("identity"))), None)


def check(facts: Facts) -> Iterator[Finding]:
    applications = facts.lead.part("partner_applications")
    if isinstance(applications, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, applications.why)
        return
    if not facts.expected.onprem_applications:
        yield WANTED.passed(facts.subject, _NONE_WANTED)
    for one in facts.expected.onprem_applications:
        there = named(applications, one.name)
        yield _wanted(one, there)
    onprem = [one for one in applications if documented(one)]
    if not onprem:
        yield METADATA.passed(facts.subject, "there is none")
    for application in onprem:
        yield _metadata(facts, application)


def _wanted(one: OnpremApplication, there: Object | None) -> Finding:
    subject = f"partner application {one.name}"
    expected = f"the {one.product.title} by {one.metadata_url}, enabled, trust level {one.trust_level}"
    remedy = (
        f"Run configure, which makes it as trust_{one.product.step}_metadata_url says; partner_application with metadata_url does it too."
    )
    if there is None:
        return WANTED.failed(subject, expected, "not there", remedy)
    if not isinstance(there.get("enabled"), bool) or not there.get("trust_level"):
        return WANTED.unknown(subject, "whether it is enabled, or its trust level, was not read")
    how = there.get("metadata_url") or ("the OAuth server" if there.get("use_oauth_server") else "a key of its own")
    actual = (
        f"application {there.get('application_id')} by {how}, {'enabled' if there['enabled'] else 'disabled'}, "
        f"trust level {there['trust_level']}"
    )
    right = one.is_it(there) and there["enabled"] and same_text(there["trust_level"], one.trust_level)
    return WANTED.judged(right, subject, expected, actual, remedy)


def _metadata(facts: Facts, application: Object) -> Finding:
    url = str(application["metadata_url"])
    wished = wanted(facts, application)
    domains = _domains(facts)
    parts = url_parts(url)
    named_user = parts.username is not None or parts.password is not None
    right: bool | Unknown = parts.scheme.lower() == "https" and not named_user
    if right and not (wished and same_url(wished.metadata_url, url)):
        right = in_any(parts.hostname or "", domains) if domains else Unknown("no domain of the farm was read")
    return METADATA.judged(
        right,
        f"partner application {application.get('identity')}",
        f"https at a host of {', '.join(domains) or 'the farm'}, or as expected{', without a user name or password' if named_user else ''}",
        f"{url}, which holds a user name or password" if named_user else url,
        "See whose host it is. Where it is the product's, name its URL in trust_exchange_onprem_metadata_url or "
        "trust_sharepoint_onprem_metadata_url; otherwise remove the application.",
    )


def _domains(facts: Facts) -> list[str]:
    """The farm's SIP domains, and the domain that its servers are in."""
    told = facts.lead.part("sip_domains")
    names = [] if isinstance(told, Unknown) else [str(one.get("name") or "").lower() for one in told]
    server = facts.lead.part("server")
    fqdn = "" if isinstance(server, Unknown) else str(server.get("name") or "").lower()
    return list(dict.fromkeys(one for one in (*names, fqdn.partition(".")[2]) if "." in one))
