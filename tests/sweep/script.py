# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may go wrong at one point of a run, and the script that lets it happen there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.faults import Fault, Faults

PROCESS = "process"


class ControllerKilledError(BaseException):
    """The controller stops here, as one that is switched off: no handler of an action may catch it."""


class BrokenOffError(Exception):
    """A request that was not carried out, since the wire did what the kind says."""


@dataclass(frozen=True)
class Kind:
    """One way to go wrong. do: as a rule of the lab's faults has it, or one of the wire's own words.

    after: once the other side has acted. lasting: at every later request to that service, or every later cmdlet, of the same run, too.
    """

    name: str
    do: str
    after: bool = False
    lasting: bool = False


def _both(name: str, do: str) -> tuple[Kind, Kind]:
    return Kind(f"{name} before", do), Kind(f"{name} after", do, after=True)


_ERROR = "error:The database is not available"
# "killed" ends the controller; "refused", "timeout" and "not JSON" are the wire's own words.
REQUEST = (
    Kind("refused", "refused"),
    *_both("reset", "reset"),
    *_both("time-out", "timeout"),
    Kind("429", "throttle"),
    Kind("429 with Retry-After", "throttle:7"),
    Kind("500", "status:500"),
    Kind("503", "status:503"),
    Kind("500 after", "status:500", after=True),
    Kind("401", "status:401"),
    Kind("403", "status:403"),
    Kind("truncated", "truncated", after=True),
    Kind("last character missing", "cut", after=True),
    Kind("not JSON", "not JSON", after=True),
    *_both("controller killed", "killed"),
    Kind("refused for good", "refused", lasting=True),
    Kind("reset for good", "reset", lasting=True),
    Kind("time-out for good", "timeout", lasting=True),
    Kind("429 for good", "throttle:30", lasting=True),
    Kind("503 for good", "status:503", lasting=True),
)
CMDLET = (
    *_both("error", _ERROR),
    *_both("kill", "kill"),
    Kind("error before for good", _ERROR, lasting=True),
    Kind("error after for good", _ERROR, after=True, lasting=True),
)
# One process of PowerShell on a server, and over the restricted endpoint the message that starts a cmdlet.
PROCESSES = (*_both("connection reset", "reset"), *_both("controller killed", "killed"))


def kinds(point: str) -> Sequence[Kind]:
    """What may go wrong at a point."""
    if point.startswith("cmdlet:"):
        return CMDLET
    return PROCESSES if point == PROCESS else REQUEST


def _family(point: str) -> str:
    return re.split(r"[.:]", point)[0]


class Script(Faults):
    """Counts the points of a run, and at the one of that number lets the kind happen.

    struck: the kind that is due at the present point, for the wire, whose words the lab does not know.
    """

    def __init__(self, number: int | None = None, kind: Kind | None = None) -> None:
        super().__init__()
        self._number, self._kind = number, kind
        self.met: list[str] = []
        self.struck: Kind | None = None

    def take(self, point: str) -> Fault | None:
        point = PROCESS if point == "winrm.command" else point
        if point.startswith("winrm."):
            return None
        self.met.append(point)
        number, kind = len(self.met) - 1, self._kind
        again = kind is not None and kind.lasting and self._number is not None and number > self._number
        if kind is None or not (number == self._number or (again and _family(point) == _family(self.met[self._number or 0]))):
            return None
        self.struck = kind
        do, _colon, argument = kind.do.partition(":")
        if do in ("status", "throttle", "reset", "error", "kill") and not (do == "reset" and kind.after):
            return Fault(do, argument or None, kind.after)
        if not kind.after:
            raise BrokenOffError(do)
        return None

    def take_struck(self) -> Kind | None:
        """The kind that was due since the last question."""
        struck, self.struck = self.struck, None
        return struck
