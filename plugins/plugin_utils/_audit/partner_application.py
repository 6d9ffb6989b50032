# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The partner applications: Exchange Online as it should be, and who else may act in the farm. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, onprem_application, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.application import may_be_dedicated
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import documented
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

PRESENT = Rule(
    "partner_application.present",
    "Exchange Online is a partner application of the farm",
    "critical",
    ("fail",),
    "The farm talks by OAuth to its partner applications only.",
    sources.PROCEDURE,
    otherwise="Exchange Online is not a partner application of the farm",
)
ENABLED = Rule(
    "partner_application.enabled",
    "The partner application is enabled",
    "critical",
    ("fail",),
    "A disabled one cannot talk to the farm.",
    sources.PARTNER_APPLICATION,
    otherwise="The partner application is disabled",
)
APPLICATION_ID = Rule(
    "partner_application.application_id",
    "The partner application has the expected application id",
    "critical",
    ("fail",),
    "Tokens are checked by this id.",
    sources.PROCEDURE,
    otherwise="The partner application has another application id than expected",
)
TRUST_LEVEL = Rule(
    "partner_application.trust_level",
    "The partner application has the expected trust level",
    "high",
    ("fail",),
    "The procedure needs Full; less breaks features, and more than expected lets it act as any user.",
    sources.PARTNER_APPLICATION,
    otherwise="The partner application has another trust level than expected",
)
OAUTH_SERVER = Rule(
    "partner_application.oauth_server",
    "The partner application's tokens are checked by the OAuth server",
    "high",
    ("fail",),
    "Otherwise whoever has the key that is stored with it issues its tokens.",
    sources.PROCEDURE,
    otherwise="The partner application's tokens are not checked by the OAuth server",
)
OTHERS_FULL_TRUST = Rule(
    "partner_application.others_full_trust",
    "No other partner application has full trust",
    "high",
    ("warn",),
    "With full trust an application acts as any user of the farm.",
    sources.PARTNER_APPLICATION,
    otherwise="Another partner application has full trust",
)
SECURITY_IDENTIFIERS = Rule(
    "partner_application.security_identifiers",
    "The partner application does not speak for users by security identifier",
    "medium",
    ("warn",),
    "Where it is accepted, the application names on-premises users by their SID.",
    sources.PARTNER_APPLICATION,
    otherwise="The partner application speaks for users by security identifier",
)
OF_APPLICATION = (ENABLED, APPLICATION_ID, TRUST_LEVEL, OAUTH_SERVER)
RULES = (PRESENT, *OF_APPLICATION, OTHERS_FULL_TRUST, SECURITY_IDENTIFIERS)

# By what an application may be named in allowed_partner_applications.
_NAMES = ("identity", "application_id")
_REPAIR = advice.configure("brings it to the expected state", "partner_application")


def check(facts: Facts) -> Iterator[Finding]:
    applications = facts.lead.part("partner_applications")
    if isinstance(applications, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, applications.why)
        return
    name = facts.expected.partner_application_name
    application = named(applications, name)
    subject = _subject(name)
    if application is None:
        others = ", ".join(str(one.get("identity")) for one in applications) or "no partner application"
        yield PRESENT.failed(subject, "there", f"there is {others}", advice.configure("creates it", "partner_application"))
        for rule in OF_APPLICATION:
            yield rule.unknown(subject, "it is not there")
    else:
        yield PRESENT.passed(subject, "there")
        yield from _application(facts, application, subject)
    # What is wanted for an on-premises product has a rule of its own.
    yield from _others(facts, [one for one in applications if one is not application and onprem_application.wanted(facts, one) is None])
    if not applications:
        yield SECURITY_IDENTIFIERS.unknown(facts.subject, "there is no partner application")
    for one in applications:
        accepted = one.get("accept_security_identifier_information")
        yield SECURITY_IDENTIFIERS.judged(
            not accepted if isinstance(accepted, bool) else Unknown("the setting was not read"),
            _subject(one.get("identity")),
            "not accepted",
            "accepted" if accepted else "not accepted",
            "The role has no variable for it: set accept_security_identifier_information to false with partner_application, unless the "
            "application needs it.",
        )


def _subject(name: object) -> str:
    return f"partner application {name}"


def _application(facts: Facts, application: Object, subject: str) -> Iterator[Finding]:
    enabled, source = application.get("enabled"), application.get("use_oauth_server")
    yield ENABLED.judged(
        enabled if isinstance(enabled, bool) else Unknown("the setting was not read"),
        subject,
        "enabled",
        "enabled" if enabled else "disabled",
        _REPAIR,
    )
    for rule, wanted, there in (
        (APPLICATION_ID, facts.expected.exchange_application_id, application.get("application_id")),
        (TRUST_LEVEL, facts.expected.trust_level, application.get("trust_level")),
    ):
        may_be = may_be_dedicated(there, wanted, *PROCEDURE) if rule is APPLICATION_ID else ""
        yield rule.judged(same_text(there, wanted), subject, wanted, f"{there or 'none'}{may_be}", _REPAIR)
    yield OAUTH_SERVER.judged(
        source if isinstance(source, bool) else Unknown("how its tokens are checked was not read"),
        subject,
        "by the OAuth server",
        "by the OAuth server" if source else f"by {application.get('metadata_url') or 'a key of its own'}",
        onprem_application.both(application) or _REPAIR,
    )


def _others(facts: Facts, others: list[Object]) -> Iterator[Finding]:
    if not others:
        yield OTHERS_FULL_TRUST.passed(facts.subject, "there is no other")
    for one in others:
        subject, level = _subject(one.get("identity")), one.get("trust_level")
        allowed = any(same_text(one.get(name), known) for known in facts.expected.allowed_partner_applications for name in _NAMES if known)
        product = documented(one)
        known = ", allowed" if allowed else f", the {product.title} by {one.get('metadata_url')}" if product else ""
        detail = f"{level or 'none'}{', disabled' if one.get('enabled') is False else ''}, application id {one.get('application_id')}"
        yield OTHERS_FULL_TRUST.judged(
            Unknown("its trust level was not read") if not level else bool(known) or not same_text(level, "Full"),
            subject,
            "less than Full, a documented on-premises product, or named in trust_allowed_partner_applications",
            detail + known,
            "Find out what needs it. Remove it or lower its trust level, or name it in trust_allowed_partner_applications.",
        )
