# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All scenarios by name."""

from __future__ import annotations

from . import odd_farms, odd_tenants, ordinary
from .scenario import Scenario, scenarios_of

SCENARIOS: dict[str, Scenario] = {
    **scenarios_of(vars(ordinary)),
    **scenarios_of(vars(odd_farms)),
    **scenarios_of(vars(odd_tenants)),
}
