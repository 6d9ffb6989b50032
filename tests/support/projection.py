# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases for both ways to make plain data of what a cmdlet returned: the runner's in PowerShell, and the controller's in Python.

A case has a kind, the value as a PowerShell expression, the same value as PowerShell remoting sends it, and what is expected of it:
data, or that it is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pypsrp.serializer import Serializer

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))["cases"]
REFUSED = "refused"


def received(clixml: str) -> Any:
    """The value as pypsrp hands it over."""
    return Serializer().deserialize(clixml)


def expected(case: dict[str, Any]) -> Any:
    return REFUSED if case.get("fails") else case["expected"]
