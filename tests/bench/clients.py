# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud half of the procedure beside Azure CLI: requests of a first run and of the same commands again, and what is there then."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.clients import estate
from tests.clients.programs import AzureCli, installed
from tests.clients.wishes import Modules, by_azure_cli, by_modules
from tests.lab import Lab

from .measure import COSTS
from .table import Budgets, row, say

_KINDS = ("entra", "graph_reads", "graph_writes")
COLUMNS = [*(COSTS[kind] for kind in _KINDS), "own keys"]
_RUNS = ("first run", "the same again")


@dataclass(frozen=True)
class Requests:
    """What a run asked for, by kind, and how many entries of the farm's certificate both service principals then have together."""

    counts: dict[str, int]
    keys: int


def lines(ways: dict[str, Sequence[Requests]]) -> Iterator[tuple[str, list[int]]]:
    """A label and its cells for each run of each way, in the order of COLUMNS."""
    for name, runs in ways.items():
        for which, run in zip(_RUNS, runs, strict=True):
            yield f"{name}, {which}", [*(run.counts[kind] for kind in _KINDS), run.keys]


def compare(folder: Path, budgets: Budgets) -> None:
    """Each way twice on a tenant of its own with keys of others. A run signs in; nothing is kept from the one before."""
    if not installed():
        budgets.note("Azure CLI is not installed, so its requests stand beside nothing (make clients installs it)")
        return
    row("the cloud half beside Azure CLI, one tenant", COLUMNS)
    for label, cells in lines({"Azure CLI": _twice(folder / "azure", _azure_cli), "our modules": _twice(folder / "ours", _modules)}):
        row(label, cells)
    say()


def _azure_cli(lab: Lab, folder: Path) -> None:
    by_azure_cli(AzureCli(lab, folder), folder)


def _modules(lab: Lab, _folder: Path) -> None:
    by_modules(Modules(lab))


def _twice(folder: Path, way: Callable[[Lab, Path], None]) -> list[Requests]:
    told = []
    with patch.dict(os.environ, SFB_READ_PAUSE_SECONDS="0.01"), Lab(estate.state(), workdir=folder / "lab", engine="none") as lab:
        for name in ("first", "second"):
            (folder / name).mkdir(parents=True)
            mark = lab.mark()
            way(lab, folder / name)
            told.append(Requests(lab.counts(mark), _own_keys(lab)))
    return told


def _own_keys(lab: Lab) -> int:
    entries = [entry for app_id in (estate.SKYPE, estate.EXCHANGE) for entry in estate.principal(lab, app_id)["keyCredentials"]]
    return sum(entry["key"] == estate.ours_key() for entry in entries)
