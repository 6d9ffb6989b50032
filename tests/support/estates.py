# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One play for many cases: each case is an estate of its own, with variables of its own, and is told apart by its servers' names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .play import Run


def host_variables(folder: Path, variables: dict[str, dict[str, Any]]) -> tuple[str, str]:
    """Options that give hosts variables, beside and over those of the lab's inventory."""
    path = folder / "host_variables.json"
    path.write_text(json.dumps({"all": {"hosts": variables}}), encoding="utf-8")
    return "-i", str(path)


def of_each(variables: dict[str, dict[str, Any]], servers: Iterable[str] = ("fe01", "fe02")) -> dict[str, dict[str, Any]]:
    """Variables by host, from those by estate."""
    return {f"{server}.{name}.com": given for name, given in variables.items() for server in servers}


def failed(run: Run) -> set[str]:
    """The names of the estates on whose servers the play failed."""
    return {host.split(".")[1] for host, stats in run.record["stats"].items() if stats["failures"]}


def failures(run: Run, name: str) -> str:
    """What the tasks that failed on the servers of an estate said."""
    there = (task for task in run.record["tasks"] if task["status"] == "failed" and task["host"].endswith(f".{name}.com"))
    return " ".join(str(task["result"].get("msg")) for task in there)
