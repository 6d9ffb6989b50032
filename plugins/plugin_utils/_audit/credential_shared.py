# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials on the Exchange Online principal that all hybrid products share (CVE-2025-53786). Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import (
    EXCHANGE_SERVER,
    credential,
    hint,
    is_own,
    known_owner,
    label,
    named_owner,
    owner,
    principal_label,
    product,
    removal,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import KeyCredential, ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import END, taking_back
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.key_owner import owned

OWN = Rule(
    "credential.shared_own",
    "The farm's certificate is not on the shared Exchange Online principal",
    "high",
    ("fail", "warn"),
    "Who controls a server that has the key can act in Exchange Online. It is a warning where the options ask for it.",
    sources.SHARED_PRINCIPAL,
    otherwise="The farm's certificate is on the shared Exchange Online principal",
)
FOREIGN = Rule(
    "credential.shared_foreign",
    "No other key credential is on the shared Exchange Online principal",
    "high",
    ("warn",),
    "Whoever holds its private key can act in Exchange Online, whichever product it was made for.",
    sources.SHARED_PRINCIPAL,
    otherwise="Another key credential is on the shared Exchange Online principal",
)
RULES = (OWN, FOREIGN)

_MOVE = "Move to a dedicated application, then set trust_exchange_credential to false, with which configure and rotate take it back."
_ENDED = "Set trust_exchange_credential to false, with which configure and rotate take it back."
_TAKE_BACK = "Run sfb.hybrid_auth.configure or rotate with trust_exchange_credential: false, which take it back, or use sp_credential."
_SHARED = (
    "Set trust_exchange_credential to false for that deployment too, or give each a certificate of its own, and run configure or rotate "
    "for both in one play. Taken away by hand, it is missed there."
)


_ASK = "Ask its owner to move to a dedicated application."
_ASK_ENDED = (
    f"Ask its owner whether anything still needs it: Exchange Web Services ended on {END.day} for every application, a dedicated one too."
)
_EXCHANGE = "Have Exchange Server moved to its own dedicated application."
# That the wizard does so is told by others than Microsoft.
_PUT_BACK = (
    "Where its key credential was removed before, a later run of the Hybrid Configuration Wizard may have put it back, as others report."
)


def check(facts: Facts) -> Iterator[Finding]:
    principal = facts.principal(EXCHANGE_ONLINE)
    keys = None if isinstance(principal, Unknown) or principal is None else principal.get("key_credentials")
    if isinstance(principal, Unknown) or principal is None or keys is None:
        why = principal.why if isinstance(principal, Unknown) else "the tenant has none" if principal is None else "its keys were not read"
        for rule in RULES:
            yield rule.unknown(EXCHANGE_ONLINE, why)
        return
    usable = [key for key in keys if not credential(key).expired(facts.now)]
    yield from _own(facts, principal, usable)
    yield from _foreign(facts, principal, usable)


def _own(facts: Facts, principal: ServicePrincipal, keys: Sequence[KeyCredential]) -> Iterator[Finding]:
    own = [key for key in keys if is_own(facts, key) is True]
    open_questions = [whose.why for key in keys if isinstance(whose := is_own(facts, key), Unknown)]
    wanted = facts.expected.exchange_credential and facts.expected.exchange_application_id == EXCHANGE_ONLINE
    for key in own:
        told = OWN.warned if wanted else OWN.failed
        actual = "there, as the options ask for" if wanted else "there, although trust_exchange_credential is false"
        claim = None if wanted else facts.neighbours.claim(credential(key), EXCHANGE_ONLINE, facts.now)
        move = _ENDED if END.reached(facts.now) else _MOVE
        remedy = f"{move} {taking_back(facts.now)}" if wanted else _SHARED if claim else _TAKE_BACK
        yield told(label(principal, key), "not there", f"{actual}; {claim}" if claim else actual, remedy)
    if own:
        return
    if open_questions:
        yield OWN.unknown(principal_label(principal), open_questions[0])
    elif isinstance(certificate := facts.lead.certificate(), Unknown):
        yield OWN.unknown(principal_label(principal), certificate.why)
    else:
        yield OWN.passed(principal_label(principal), "not there")


def _foreign(facts: Facts, principal: ServicePrincipal, keys: Sequence[KeyCredential]) -> Iterator[Finding]:
    foreign = False
    for key in keys:
        own = is_own(facts, key)
        if own is True:
            continue
        foreign, subject = True, label(principal, key)
        if isinstance(own, Unknown):
            yield FOREIGN.unknown(subject, own.why)
            continue
        known, whose = known_owner(facts, key), owner(facts, key) or named_owner(facts, key)
        yield FOREIGN.warned(
            subject,
            "no key but what the options ask for",
            owned("key", known) if known else f"another's key: {whose}" if whose else f"a foreign key; {hint(facts, key)}",
            f"{_first(facts, key)} {removal(key)} then.",
        )
    if not foreign:
        yield FOREIGN.passed(principal_label(principal), "no other key")


def _first(facts: Facts, key: KeyCredential) -> str:
    """What to do before another's key is taken away."""
    exchange = product(key) == EXCHANGE_SERVER
    move = _ASK_ENDED if END.reached(facts.now) else _EXCHANGE if exchange else _ASK
    return f"{move} {_PUT_BACK}" if exchange else move
