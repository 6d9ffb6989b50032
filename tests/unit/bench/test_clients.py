# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's table beside Azure CLI: its lines, what our modules cost there, and what is said where Azure CLI is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import clients
from tests.bench.clients import COLUMNS, Requests
from tests.bench.table import Budgets


def test_a_line_has_a_cell_for_each_column() -> None:
    first = Requests({"powershell": 0, "entra": 1, "graph_reads": 2, "graph_writes": 3}, keys=4)
    again = Requests({"powershell": 0, "entra": 5, "graph_reads": 6, "graph_writes": 7}, keys=8)
    assert COLUMNS == ["Entra ID", "Graph reads", "Graph writes", "own keys"]
    assert list(clients.lines({"one": [first, again]})) == [("one, first run", [1, 2, 3, 4]), ("one, the same again", [5, 6, 7, 8])]


def test_without_azure_cli_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clients, "installed", lambda: False)
    budgets = Budgets()
    clients.compare(tmp_path, budgets)
    assert capsys.readouterr().out == ""
    budgets.show()
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert "make clients" in line
    assert list(tmp_path.iterdir()) == []


def test_our_modules_write_once_and_then_read_only(tmp_path: Path) -> None:
    first, again = clients._twice(tmp_path, clients._modules)
    assert (first.keys, again.keys) == (2, 2)
    assert first.counts["graph_writes"] == 4
    assert (again.counts["entra"], again.counts["graph_writes"]) == (first.counts["entra"], 0)
