# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a run go wrong at each of its points, and see that nothing is lost: python -m tests.sweep. Run by `make sweep`.

Nearly everything happens in this process and as many workers as there are cores; no socket is opened, and waiting takes no time. Some runs
of ansible-playbook before that meet faults of the connection itself.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Iterator

from .connection import Connection, connections
from .judge import LOST, MISSING, OPEN, STRANDED, UNCLEAR
from .operations import OPERATIONS
from .trial import Bench, Outcome, Trial

_BENCHES: dict[str, Bench | Connection] = {}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description="What a run that goes wrong at any point leaves behind.")
    parser.add_argument("--operation", action="append", help="only this one; may be given several times")
    parser.add_argument("--point", type=int, help="only the point of this number")
    parser.add_argument("--fault", help="only this fault")
    parser.add_argument("--every", type=int, default=1, help="only each so many-th of the points and faults")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    quiet()
    began = time.monotonic()
    for one in connections():
        if not options.operation or one.name in options.operation:
            one.prepare()
            _BENCHES[one.name] = one
    _BENCHES.update({one.name: Bench(one) for one in OPERATIONS if not options.operation or one.name in options.operation})
    if not _BENCHES:
        parser.error(
            f"there is no such operation; there are {'; '.join([*(one.name for one in connections()), *(one.name for one in OPERATIONS)])}"
        )
    outcomes: dict[str, list[Outcome]] = {name: [] for name in _BENCHES}
    chosen = [
        trial
        for bench in _BENCHES.values()
        for trial in bench.trials()
        if options.point in (None, trial.number) and options.fault in (None, trial.fault)
    ][:: options.every]
    single = len(chosen) <= 1
    for outcome in map(attempt, chosen) if single else _side_by_side(chosen, options.workers):
        outcomes[outcome.trial.operation].append(outcome)
        for violation in outcome.violations:
            say(f"{violation.kind}: {violation.text}\n  at {outcome.trial.point}, {outcome.trial.fault}\n  {outcome.trial.command}")
        if single:
            say(f"{outcome.trial.point}, {outcome.trial.fault}: {outcome.message or 'the run said nothing'}")
    table(outcomes)
    say(f"{len(chosen)} points with faults in {time.monotonic() - began:.0f} s")
    return 1 if any(one.violations for found in outcomes.values() for one in found) else 0


def _side_by_side(trials: list[Trial], workers: int) -> Iterator[Outcome]:
    """The workers are forks of this process, which has made the certificates."""
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(attempt, trials, chunksize=4)


def attempt(trial: Trial) -> Outcome:
    return _BENCHES[trial.operation].run(trial)


def table(outcomes: dict[str, list[Outcome]]) -> None:
    kinds = (LOST, MISSING, UNCLEAR, STRANDED, OPEN)
    say(f"{'operation':<36}{'points':>8}{'lost':>6}{'missing':>9}{'unclear':>9}{'stranded':>10}{'converged':>14}")
    for name, found in outcomes.items():
        lost, missing, unclear, stranded, still = (
            sum(any(one.kind == kind for one in outcome.violations) for outcome in found) for kind in kinds
        )
        converged = f"{len(found) - still}/{len(found)}"
        say(f"{name:<36}{len(found):>8}{lost:>6}{missing:>9}{unclear:>9}{stranded:>10}{converged:>14}")


def quiet() -> None:
    """What urllib3 and ansible-core say of each retry is no news here."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
