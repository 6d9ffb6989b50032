# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let two years pass for each scenario: python -m tests.years. Run by `make years`; the package says what is counted as wrong."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from functools import partial

from tests.sweep.__main__ import quiet, say

from .judge import LOST, REFUSED, UNTRUE, Violation
from .scenarios import SCENARIOS
from .simulation import DAYS, Outcome, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.years", description="Two years of a trust, day by day, for each scenario.")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this one; may be given several times")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--days", type=int, default=DAYS, help="end after so many days")
    parser.add_argument("--daily", action="store_true", help="leave out no day")
    parser.add_argument("--red", action="store_true", help="tell what each red run says")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    quiet()
    if options.list:
        say(*SCENARIOS)
        return 0
    unknown = [name for name in options.scenario or () if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no {'; '.join(unknown)}; --list says which there are")
    began = time.monotonic()
    chosen = options.scenario or list(SCENARIOS)
    found: dict[str, Outcome] = {}
    single = partial(simulate, days=options.days, tell=say if options.red else None, daily=options.daily)
    for outcome in map(single, chosen) if len(chosen) == 1 else _side_by_side(chosen, options.days, options.workers, daily=options.daily):
        found[outcome.scenario] = outcome
        told(outcome)
        say(f"{len(found)} of {len(chosen)}: {outcome.scenario}, {outcome.runs} runs in {outcome.seconds:.0f} s")
    outcomes = [found[name] for name in chosen]
    table(outcomes)
    say(f"{len(outcomes)} scenarios in {time.monotonic() - began:.0f} s")
    return 1 if any(one.violations for one in outcomes) else 0


def _side_by_side(names: list[str], days: int, workers: int, *, daily: bool) -> Iterator[Outcome]:
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(partial(simulate, days=days, daily=daily), names, chunksize=1)


def told(outcome: Outcome) -> None:
    """What is wrong, once where the same goes on from run to run."""
    seen: dict[tuple[str, str], list[Violation]] = {}
    for one in outcome.violations:
        seen.setdefault((one.kind, one.text), []).append(one)
    for (kind, text), several in seen.items():
        again = f", {len(several)} times until {several[-1].at:%Y-%m-%d %H:%M:%S}" if len(several) > 1 else ""
        say(f"{outcome.scenario}\n  {several[0].at:%Y-%m-%d %H:%M:%S}{again}\n  {kind}: {text}")
    if outcome.violations:
        say(f'  python -m tests.years --scenario "{outcome.scenario}"')


def table(outcomes: list[Outcome]) -> None:
    width = max(len(one.scenario) for one in outcomes)
    say(f"{'scenario':<{width}}{'runs':>7}{'asked':>8}{'refused':>9}{'lost':>6}{'untrue':>8}{'seconds':>9}")
    for one in outcomes:
        counts = [one.count(kind) for kind in (REFUSED, LOST, UNTRUE)]
        say(f"{one.scenario:<{width}}{one.runs:>7}{one.asked:>8}{counts[0]:>9}{counts[1]:>6}{counts[2]:>8}{one.seconds:>9.0f}")


if __name__ == "__main__":
    sys.exit(main())
