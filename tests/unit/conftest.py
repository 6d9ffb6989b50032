# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Hypothesis works in all tests: what it finds depends on no clock, since machines that run tests are loaded machines."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# What lands is decided by the same examples each time; new ones are looked for by make unit, which is run after every edit.
settings.register_profile("suite", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("suite"), max_examples=25, derandomize=False)
settings.load_profile("suite")
