# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A date on which the verdict of an audit changes. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Rule, Severity, Status
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, utc_text


@dataclass(frozen=True)
class Date:
    """From a time on, what was read makes a finding say something else, or the farm does.

    when: an aware time. subject: what it is about. what: what is so from then on, as a sentence without full stop. id: the finding, empty
    where the date changes none. status: what it says from then on. severity: of the finding, info where there is none.
    """

    when: datetime
    subject: str
    what: str
    id: str = ""
    status: Status = "pass"
    severity: Severity = "info"

    def as_result(self) -> dict[str, str]:
        """The date as trust_audit returns it: texts only."""
        return {
            "date": utc_text(self.when),
            "id": self.id,
            "status": self.status,
            "severity": self.severity,
            "subject": self.subject,
            "what": self.what,
        }


def of(rule: Rule, status: Status, when: datetime, subject: str, what: str) -> Date:
    """A date from which on a rule says that of the subject."""
    return Date(when, subject, what, rule.id, status, rule.severity)


def limits(facts: Facts, *, failing: bool = True) -> list[tuple[int, Status]]:
    """How many days what ends must have left. failing: whether too few of them fail; otherwise they only warn."""
    soon, fail = facts.expected.ending_soon_days, facts.expected.fail_days
    found: list[tuple[int, Status]] = [(soon, "warn")] if soon > fail or not failing else []
    return [*found, (fail, "fail")] if failing else found


def before_end(rule: Rule, subject: str, thing: str, end: datetime, allowed: Sequence[tuple[int, Status]]) -> Iterator[Date]:
    """The dates from which on fewer days are left than a rule allows. thing: what ends, with a capital. allowed: days, and the status then.

    Of limits on one day the last one counts. With exactly so many days left the limit still
    holds, so it is the second after.
    """
    for days, status in dict(allowed).items():
        yield of(
            rule, status, shifted(end, timedelta(seconds=1) - timedelta(days=days)), subject, f"{thing} has fewer than {days} days left"
        )
