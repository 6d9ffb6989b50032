# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says: rules, and findings made by them. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.heading import heading

Status = Literal["pass", "fail", "warn", "skip"]
Severity = Literal["critical", "high", "medium", "low", "info"]
STATUSES: tuple[Status, ...] = ("pass", "fail", "warn", "skip")


@dataclass(frozen=True)
class Unknown:
    """Something that was not read or cannot be read. why: the reason, as a clause for the administrator."""

    why: str


@dataclass(frozen=True)
class Finding:
    """What a rule says of one subject. expected, actual, remedy: in words, empty where there is nothing to say.

    title: what is to be. heading: what is the case, as a sentence without full stop.
    """

    id: str
    title: str
    heading: str
    severity: Severity
    status: Status
    subject: str
    expected: str
    actual: str
    remedy: str

    def as_result(self) -> dict[str, str]:
        """The finding as trust_audit returns it: texts only."""
        return {name: getattr(self, name) for name in _NAMES}


_NAMES = tuple(one.name for one in fields(Finding))


@dataclass(frozen=True)
class Rule:
    """One thing that is to be right.

    id: <area>.<slug>, never reused. title: the right state, as a sentence without full stop. wrong: the statuses it may have where it is
    not right. reason: why it matters. source: where that is from. also: the severities that it has on other days, as its check says.
    otherwise: the wrong state, as a sentence without full stop.
    """

    id: str
    title: str
    severity: Severity
    wrong: tuple[Status, ...]
    reason: str
    source: str
    also: tuple[Severity, ...] = ()
    otherwise: str = field(kw_only=True)

    def of(self, severity: Severity) -> Rule:
        """The rule with the severity that it has on the day of the audit."""
        return replace(self, severity=severity)

    def saying(self, otherwise: str) -> Rule:
        """The rule with the words for the one of its wrong states that its check found."""
        return replace(self, otherwise=otherwise)

    def passed(self, subject: str, actual: str = "", expected: str = "") -> Finding:
        return self._finding("pass", subject, expected, actual, "")

    def failed(self, subject: str, expected: str, actual: str, remedy: str) -> Finding:
        return self._finding("fail", subject, expected, actual, remedy)

    def warned(self, subject: str, expected: str, actual: str, remedy: str) -> Finding:
        return self._finding("warn", subject, expected, actual, remedy)

    def unknown(self, subject: str, why: str) -> Finding:
        """What cannot be known is skipped with the reason, and never passes."""
        return self._finding("skip", subject, "", f"not known: {why}", "")

    def judged(self, right: bool | Unknown, subject: str, expected: str, actual: str, remedy: str) -> Finding:
        """The finding of a rule with one status for what is wrong."""
        if isinstance(right, Unknown):
            return self.unknown(subject, right.why)
        return self.passed(subject, actual, expected) if right else self._finding(self.wrong[0], subject, expected, actual, remedy)

    def _finding(self, status: Status, subject: str, expected: str, actual: str, remedy: str) -> Finding:
        said = heading(status, self.title, self.otherwise)
        return Finding(self.id, self.title, said, self.severity, status, subject, expected, actual, remedy)
