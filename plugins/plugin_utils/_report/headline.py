# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict in words: compliant is not the whole story where warnings of high severity stand beside it. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import SEVERITIES, VERDICT_STATES, VERDICTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural

_SEVERE = SEVERITIES[:2]


def severe(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many warnings have each of the two highest severities."""
    warned = [str(one["severity"]) for one in findings if one["status"] == "warn"]
    return {severity: warned.count(severity) for severity in _SEVERE}


def headline(verdict: str, warnings: Mapping[str, int]) -> str:
    """The verdict, such as "Compliant with 3 high warnings". warnings: as severe() counts them."""
    found = [(number, severity) for severity, number in warnings.items() if number]
    if verdict != "compliant" or not found:
        return VERDICTS[verdict]
    (last, severity), *before = reversed(found)
    words = [f"{number} {one}" for number, one in before]
    return f"{VERDICTS[verdict]} with {' and '.join([*words, plural(last, f'{severity} warning')])}"


def state(verdict: str, line: str) -> str:
    """The sign that the verdict has. line: its headline."""
    return "warn" if verdict == "compliant" and line != VERDICTS[verdict] else VERDICT_STATES[verdict]
