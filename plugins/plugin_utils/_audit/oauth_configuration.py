# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OAuth configuration: the farm's own name, and where it finds mailboxes. Private to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.application import may_be_dedicated
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text, same_url

SERVICE_NAME = Rule(
    "oauth_configuration.service_name",
    "The farm names itself as Skype for Business Online does",
    "critical",
    ("fail",),
    "The tenant looks up the farm's certificate under this name.",
    sources.PROCEDURE,
    otherwise="The farm does not name itself as Skype for Business Online does",
)
AUTODISCOVER_URL = Rule(
    "oauth_configuration.autodiscover_url",
    "The farm knows where Exchange's Autodiscover is",
    "medium",
    ("fail", "warn"),
    "Without it the farm does not find mailboxes: no conversation history, contacts or calendar.",
    sources.DIAGNOSTIC,
    otherwise="The farm does not know where Exchange's Autodiscover is",
)
RULES = (SERVICE_NAME, AUTODISCOVER_URL)

_SUBJECT = "OAuth configuration"
# The service's path, with which Microsoft's diagnostic compares.
_PATH = re.compile(r"https://[^/]+/autodiscover/autodiscover\.svc\b", re.IGNORECASE)
_SET = "Set trust_exchange_autodiscover_url and run sfb.hybrid_auth.configure, or use oauth_configuration and exchange_autodiscover_url."


def check(facts: Facts) -> Iterator[Finding]:
    configuration = facts.lead.part("oauth_configuration")
    if isinstance(configuration, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, configuration.why)
        return
    wanted, there = facts.expected.service_name, configuration.get("service_name")
    told = f"{there or 'none'}{may_be_dedicated(there, wanted, *PROCEDURE)}"
    yield SERVICE_NAME.judged(same_text(there, wanted), _SUBJECT, wanted, told, _naming(facts, str(there or "")))
    if "exchange_autodiscover_url" not in configuration:
        yield AUTODISCOVER_URL.unknown(_SUBJECT, "the setting was not read")
        return
    url, asked = str(configuration["exchange_autodiscover_url"] or ""), facts.expected.exchange_autodiscover_url
    if asked is not None:
        other = AUTODISCOVER_URL.saying("The farm has another Autodiscover URL than expected")
        yield other.judged(same_url(url, asked), _SUBJECT, asked or "none", url or "none", _SET)
    elif _PATH.match(url):
        yield AUTODISCOVER_URL.passed(_SUBJECT, url)
    else:
        yield _other_url(url).warned(_SUBJECT, "https://<host>/autodiscover/autodiscover.svc", url or "none", _SET)


def _naming(facts: Facts, there: str) -> str:
    """How the name is set: what may be another's a run changes only where it is named."""
    if not there or any(same_text(there, one) for one in (SKYPE_FOR_BUSINESS_ONLINE, facts.expected.skype_application_id)):
        return advice.configure("sets it (trust_service_name)", "oauth_configuration")
    return (
        f"Leave it with trust_service_name: {there}, or have sfb.hybrid_auth.configure set it with trust_takeover: [{there}], without "
        "which the run stops, or use oauth_configuration."
    )


def _other_url(url: str) -> Rule:
    """The rule with the words for a URL that is there and not the service's."""
    if not url:
        return AUTODISCOVER_URL
    if not url.lower().startswith("https://"):
        return AUTODISCOVER_URL.saying("The farm's URL of Exchange's Autodiscover does not begin with https")
    return AUTODISCOVER_URL.saying("The farm's URL of Exchange's Autodiscover is not that of its service")
