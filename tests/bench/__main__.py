# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count what runs cost, and compare ways of doing the same within one run: python -m tests.bench. Run by `make bench`.

Costs are PowerShell processes and HTTP requests, which mean the same on every machine. Seconds are of this machine, with a
PowerShell process and requests that take as long as in the lab's latency profile below, and are shown as ratios only.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.lab import Lab
from tests.lab.state import GREENFIELD
from tests.support.play import run_playbook

# Seconds; a guess at a server that imports the management module, and at the public cloud from an office.
LATENCY = {"powershell": 2.0, "graph": 0.15, "entra": 0.2}
_COSTS = {"powershell": "PowerShell", "entra": "Entra ID", "graph_reads": "Graph reads", "graph_writes": "Graph writes"}
_PARTS = (
    "oauth_servers",
    "partner_applications",
    "oauth_configuration",
    "certificate",
    "web_services",
    "sip_domains",
    "version",
    "replication",
)


def estate(deployments: int, front_ends: int) -> dict[str, Any]:
    """Greenfield deployments of one tenant with that many Front Ends each."""
    state: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    (template,) = state["deployments"]
    state["deployments"] = []
    for number in range(deployments):
        deployment = copy.deepcopy(template)
        deployment["name"] = f"contoso{number}"
        deployment["front_ends"] = [
            {**copy.deepcopy(template["front_ends"][0]), "name": f"fe{number}{index}.contoso.com"} for index in range(front_ends)
        ]
        state["deployments"].append(deployment)
    return {**state, "latency": LATENCY}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="sfb-bench-") as folder:
        whole_runs(Path(folder))
        one_process(Path(folder))
        current(Path(folder))
    return 0


def whole_runs(folder: Path) -> None:
    """The procedure on deployments of different size: first run, second run, a day of rotation with nothing due, audit."""
    _say(f"{'whole runs':<34}" + "".join(f"{label:>14}" for label in _COSTS.values()) + f"{'seconds, ratio':>17}")
    for deployments, front_ends in ((1, 1), (1, 4), (3, 2)):
        with Lab(estate(deployments, front_ends), workdir=folder / f"lab{deployments}{front_ends}", engine="none") as lab:
            base = 0.0
            for name, playbook in (("first", "configure"), ("second", "configure"), ("rotate", "rotate"), ("audit", "audit")):
                seconds, counts = _timed(lab, f"sfb.hybrid_auth.{playbook}", folder / name)
                base = base or seconds
                label = f"{deployments} x {front_ends} Front Ends, {name} run"
                _say(f"{label:<34}" + "".join(f"{counts[cost]:>14}" for cost in _COSTS) + f"{seconds / base:>17.2f}")
    _say("")


def one_process(folder: Path) -> None:
    """Read everything in one process, and part by part."""
    tasks: dict[str, list[dict[str, Any]]] = {
        "all parts in one task": [{"sfb.hybrid_auth.onprem_info": {"gather": ["all"]}}],
        "each part in a task of its own": [{"sfb.hybrid_auth.onprem_info": {"gather": [part]}} for part in _PARTS],
    }
    _compare(folder / "one", "reading a Front End", tasks, "powershell", "processes")


def current(folder: Path) -> None:
    """The resource modules with what was read before, and without."""
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("oauth_server", {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}),
        ("partner_application", {"use_oauth_server": True}),
        ("oauth_configuration", {"service_name": "00000004-0000-0ff1-ce00-000000000000"}),
    ]
    read = {"sfb.hybrid_auth.onprem_info": {"gather": ["all"]}, "register": "onprem"}
    tasks: dict[str, list[dict[str, Any]]] = {
        "one reading given as current": [
            read,
            *({f"sfb.hybrid_auth.{name}": {**options, "current": "{{ onprem }}"}} for name, options in wanted),
        ],
        "each module reads for itself": [read, *({f"sfb.hybrid_auth.{name}": options} for name, options in wanted)],
    }
    _compare(folder / "current", "a converged farm", tasks, "powershell", "processes", configure=True)


def _compare(folder: Path, title: str, ways: dict[str, list[dict[str, Any]]], cost: str, unit: str, *, configure: bool = False) -> None:
    _say(f"{title:<34}{unit:>14}{'ratio':>14}{'seconds, ratio':>17}")
    with Lab(estate(1, 1), workdir=folder / "lab", engine="none") as lab:
        if configure:
            _timed(lab, "sfb.hybrid_auth.configure", folder / "configure")
        first: tuple[float, int] | None = None
        for name, tasks in ways.items():
            path = folder / "tasks.yml"
            path.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
            seconds, counts = _timed(lab, str(path), folder / "run")
            first = first or (seconds, counts[cost])
            _say(f"{name:<34}{counts[cost]:>14}{counts[cost] / first[1]:>14.2f}{seconds / first[0]:>17.2f}")
    _say("")


def _timed(lab: Lab, playbook: str, folder: Path) -> tuple[float, dict[str, int]]:
    mark, begin = lab.mark(), time.monotonic()
    run = run_playbook(playbook, lab.inventory, folder)
    seconds = time.monotonic() - begin
    if run.code:
        raise SystemExit(f"{playbook} failed:\n{run.output}")
    return seconds, lab.counts(mark)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
