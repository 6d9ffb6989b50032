# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: what goes wrong at which occurrence of which point."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

# How long a "delay" may be, so that a forgotten fault cannot hang a test run.
_LONGEST_DELAY_SECONDS = 90.0


@dataclass(frozen=True)
class Fault:
    """do: one of DOES. argument: what follows the colon. after: once the server has acted, instead of before.

    code, message: of Graph's error, where it is not the usual one.
    """

    do: str
    argument: str | None
    after: bool = False
    code: str | None = None
    message: str | None = None

    @property
    def number(self) -> float:
        return float(self.argument or 0)


# The last four are what a cmdlet may return: see farm/odd.py.
DOES = ("status", "reset", "delay", "late", "throttle", "truncate", "kill", "error", "foreign", "nested", "unreadable", "missing")


@dataclass
class _Rule:
    on: str
    nth: int
    times: int
    fault: Fault
    armed_by: str | None = None
    seen: int = 0


class Faults:
    """Rules such as {"on": "graph.patch", "nth": 2, "times": 1, "do": "status:503"}; "on" may hold * as in file names.

    With "after": true the server or the cmdlet acts first and then goes wrong. "code" and "message" are of Graph's error.
    With "armed_by" a rule counts from the first occurrence of that other point on.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._points: list[str] = []
        self._fired: list[str] = []
        self._lock = threading.Lock()

    def add(self, rule: dict[str, Any]) -> None:
        """Add a rule; ValueError if it is none."""
        unknown = set(rule) - {"on", "nth", "times", "do", "after", "armed_by", "code", "message"}
        if unknown or not rule.get("on") or not rule.get("do"):
            raise ValueError(f"a fault has on and do, and may have nth, times, after, armed_by, code and message; got {rule!r}")
        do, _colon, argument = str(rule["do"]).partition(":")
        if do not in DOES:
            raise ValueError(f"a fault cannot do {do!r}")
        fault = Fault(do, argument or None, bool(rule.get("after")), rule.get("code"), rule.get("message"))
        with self._lock:
            self._rules.append(_Rule(str(rule["on"]), int(rule.get("nth", 1)), int(rule.get("times", 1)), fault, rule.get("armed_by")))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    @property
    def points(self) -> list[str]:
        """Every point that was met, in order."""
        with self._lock:
            return list(self._points)

    @property
    def fired(self) -> list[str]:
        """Every point at which a rule was due, in order."""
        with self._lock:
            return list(self._fired)

    def forget(self) -> None:
        """Begin both lists anew; the rules stay."""
        with self._lock:
            self._points.clear()
            self._fired.clear()

    def take(self, point: str) -> Fault | None:
        """The fault that is due at this occurrence of the point; a delay is served here and is not returned."""
        with self._lock:
            due = None
            self._points.append(point)
            for rule in self._rules:
                if rule.armed_by and fnmatchcase(point, rule.armed_by):
                    rule.armed_by = None
                elif rule.armed_by is None and fnmatchcase(point, rule.on):
                    rule.seen += 1
                    if rule.nth <= rule.seen < rule.nth + rule.times:
                        due = due or rule.fault
            if due:
                self._fired.append(point)
        if due and due.do == "delay" and not due.after:
            serve_delay(due)
            return None
        return due


def serve_delay(fault: Fault) -> None:
    time.sleep(min(fault.number, _LONGEST_DELAY_SECONDS))
