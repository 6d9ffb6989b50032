# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark prints: columns, and figures beside their budgets."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_LABEL, _COLUMN, _FIGURE = 58, 13, 9


def say(text: str = "") -> None:
    """Print a line now, since the next may take minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def row(label: str, cells: Sequence[object]) -> None:
    """A line of a table."""
    say(f"{label:<{_LABEL}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells))


class Budgets:
    """The figures that have a budget, gathered for the end."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.missed = 0

    def add(self, what: str, figure: float, budget: float, unit: str = "", digits: int = 2) -> None:
        """A figure that is to be at most its budget."""
        reached = round(figure, digits) <= budget
        self.missed += not reached
        shown, most = f"{figure:.{digits}f}", f"{budget:.{digits}f}"
        self._lines.append(f"{what:<{_LABEL}}{shown:>{_FIGURE}}{most:>{_FIGURE}} {unit:<4}{'reached' if reached else 'MISSED'}")

    def note(self, text: str) -> None:
        """Why a figure is not there."""
        self._lines.append(f"note: {text}")

    def show(self) -> None:
        say(f"{'budgets':<{_LABEL}}{'figure':>{_FIGURE}}{'at most':>{_FIGURE}}")
        for line in self._lines:
            say(line)
