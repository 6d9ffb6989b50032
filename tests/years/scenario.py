# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scenario is, and how one is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .world import Setting, World


@dataclass(frozen=True)
class Scenario:
    """begin: changes the estate of the first day and says what will happen when."""

    name: str
    setting: Setting
    begin: Callable[[World], None]


def scenario(name: str, **setting: Any) -> Callable[[Callable[[World], None]], Scenario]:
    return lambda begin: Scenario(name, Setting(**setting), begin)


def scenarios_of(names: dict[str, Any]) -> dict[str, Scenario]:
    """The scenarios of a module, in their order."""
    return {one.name: one for one in names.values() if isinstance(one, Scenario)}
