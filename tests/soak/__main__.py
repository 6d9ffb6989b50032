# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m tests.soak [--cycles N]: 0 where nothing was lost and nothing grows."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .at_once import table
from .cycles import cycles

_RUNS = 8
_CASES: list[tuple[list[float], float]] = [([0], 0), ([0], 3), ([3], 0), ([0, 3, 10], 3), ([10], 0)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    count = parser.parse_args().cycles
    with tempfile.TemporaryDirectory(prefix="sfb-soak-") as folder:
        right = table(Path(folder) / "at_once", _CASES, _RUNS)
        flat = cycles(Path(folder) / "cycles", count) if count else True
    print("nothing lost" if right else "LOST OR UNTRUE", "and", "nothing grows" if flat else "SOMETHING GROWS")
    return 0 if right and flat else 1


if __name__ == "__main__":
    sys.exit(main())
