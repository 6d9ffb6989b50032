# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the end of Exchange Web Services in Exchange Online means for the deployment today. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Severity, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import exchange_web_services as ews
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import is_exchange_online
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import soon_text

EWS = Rule(
    "exchange_online.ews",
    "The farm does not need Exchange Web Services of Exchange Online",
    "medium",
    ("warn",),
    f"They refuse the shared principal since {ews.SHARED_BLOCKED.day} and applications that the tenant does not list since "
    f"{ews.ALLOW_LIST.day}, and end on {ews.END.day}.",
    sources.EXCHANGE_WEB_SERVICES,
    also=("high", "critical"),
    otherwise="The farm needs Exchange Web Services of Exchange Online",
)
RULES = (EWS,)

_SPARE = "Set trust_exchange_credential to false where nothing else needs the certificate there."
_PLAN = f"Decide before {ews.END.day} which of the features may end, and move those mailboxes or users."
# Which features reach into mailboxes: https://learn.microsoft.com/skypeforbusiness/deploy/integrate-with-exchange-server/integrate-with-exchange-server
_CONSEQUENCE = "calendar status, contacts, photos, conversation history, archiving or voice mail of mailboxes there"


def check(facts: Facts) -> Iterator[Finding]:
    used = uses(facts)
    if isinstance(used, Unknown):
        yield EWS.unknown(facts.subject, used.why)
    elif not used:
        address = _address(facts) or "no Autodiscover URL"
        yield EWS.passed(facts.subject, f"{address}, no certificate is wanted on Exchange Online, and no dedicated application is named")
    else:
        actual, remedy = _today(facts, _shared(facts))
        yield EWS.of(severity(facts)).warned(facts.subject, "no need of them, or a plan for their end", f"{used}: {actual}", remedy)


def uses(facts: Facts) -> str | Unknown | None:
    """What tells that the farm is to reach Exchange Online; None where nothing does."""
    address = _address(facts)
    if isinstance(address, Unknown):
        return address
    if facts.expected.exchange_credential:
        return "the farm's certificate is wanted on the Exchange Online principal"
    if address and is_exchange_online(address):
        return f"the farm finds mailboxes by {address}"
    # It takes the place of the shared principal for these services alone, and ends with them.
    named = facts.expected.dedicated_application
    return f"the farm is to have the dedicated application {named}" if named else None


def _address(facts: Facts) -> str | Unknown:
    """Where the farm asks for mailboxes; empty where it is told nothing."""
    configuration = facts.lead.part("oauth_configuration")
    if isinstance(configuration, Unknown):
        return configuration
    if "exchange_autodiscover_url" not in configuration:
        return Unknown("the Autodiscover URL was not read")
    return str(configuration["exchange_autodiscover_url"] or "")


def _shared(facts: Facts) -> bool:
    return facts.expected.exchange_credential and facts.expected.exchange_application_id == EXCHANGE_ONLINE


def _spare(facts: Facts) -> str:
    """How to give up on them: what the options ask for, or what the farm has, whichever makes it need them."""
    if facts.expected.exchange_credential:
        return _SPARE
    address = _address(facts)
    if isinstance(address, str) and is_exchange_online(address):
        return "Empty the farm's Autodiscover URL (trust_exchange_autodiscover_url: clear), or set that of an Exchange on the premises."
    return "Have the dedicated application deleted, and take trust_dedicated_application out of the settings."


def severity(facts: Facts) -> Severity:
    """How much depends on it on the day of the audit."""
    if ews.END.reached(facts.now):
        return "critical"
    return "high" if (ews.SHARED_BLOCKED if _shared(facts) else ews.ALLOW_LIST).reached(facts.now) else "medium"


def _today(facts: Facts, shared: bool) -> tuple[str, str]:
    """What is so on the day of the audit, and what to do."""
    now = facts.now
    if ews.END.reached(now):
        return (
            f"they ended on {ews.END.day}, for every application",
            f"Expect no {_CONSEQUENCE}, unless Microsoft names a build of the server that does without them. {_spare(facts)}",
        )
    rest = f"they end {soon_text(ews.END.begins, now)}, on {ews.END.day}"
    if shared and ews.SHARED_BLOCKED.reached(now):
        listed = f"and whoever is not on the tenant's list since {ews.ALLOW_LIST.day}, " if ews.ALLOW_LIST.reached(now) else ""
        return (
            f"they refuse what comes through it since {ews.SHARED_BLOCKED.day}, {listed}{rest}",
            f"Do not count on {_CONSEQUENCE}. {_PLAN} {_SPARE}",
        )
    if ews.ALLOW_LIST.reached(now):
        return (
            f"since {ews.ALLOW_LIST.day} they let in only applications on the tenant's list, which was not read, and {rest}",
            f"Look at the list with Get-OrganizationConfig, and set it with '{ews.LIST_SETTING}'. "
            f"Which application id the farm needs there is not documented. {_PLAN}",
        )
    ahead = [f"the shared principal is refused from {ews.SHARED_BLOCKED.day} on"] if shared else []
    return ", ".join([*ahead, f"the tenant's list counts from {ews.ALLOW_LIST.day} on", rest]), _PLAN
