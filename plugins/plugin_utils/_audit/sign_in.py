# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What signs in to the tenant for the runs: until when it may. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.sign_in_end import REMEDY

ENDING_SOON = Rule(
    "sign_in.ending_soon",
    "The secret or certificate with which runs sign in does not end soon",
    "medium",
    ("warn", "fail"),
    "After its end no run reaches the tenant, so no new certificate does.",
    sources.SIGN_IN,
    otherwise="The secret or certificate with which runs sign in ends soon",
)
RULES = (ENDING_SOON,)


def check(facts: Facts) -> Iterator[Finding]:
    found = facts.sign_in
    left = found.left(facts.now)
    if left is None:
        never = ENDING_SOON.passed(facts.subject, f"{found.subject}, which has no end of its own")
        yield ENDING_SOON.unknown(facts.subject, found.problem) if found.problem else never
        return
    limit, failing = facts.expected.ending_soon_days, facts.expected.fail_days
    text = f"{found.subject}: {found.told(facts.now)}"
    ended = found.end is not None and found.end <= facts.now
    rule = ENDING_SOON.saying("The secret or certificate with which runs sign in has ended") if ended else ENDING_SOON
    if left < failing:
        yield rule.failed(facts.subject, f"{failing} days left or more", text, REMEDY)
    else:
        yield rule.judged(left >= limit, facts.subject, f"{limit} days left or more", text, REMEDY)
