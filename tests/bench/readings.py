# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways of reading a Front End within one run: at once or part by part, once for all modules or for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.lab import Lab

from .estates import estate
from .measure import Cost, run
from .table import row, say

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
_WANTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("oauth_server", {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}),
    ("partner_application", {"use_oauth_server": True}),
    ("oauth_configuration", {"service_name": "00000004-0000-0ff1-ce00-000000000000"}),
)
_Tasks = list[dict[str, Any]]


def one_process(folder: Path) -> None:
    """Read everything in one process, and part by part."""
    ways: dict[str, _Tasks] = {
        "all parts in one task": [{"sfb.hybrid_auth.onprem_info": {"gather": ["all"]}}],
        "each part in a task of its own": [{"sfb.hybrid_auth.onprem_info": {"gather": [part]}} for part in _PARTS],
    }
    _compare(folder, "reading a Front End", ways)


def current(folder: Path) -> None:
    """The resource modules with what was read before, and without."""
    read = {"sfb.hybrid_auth.onprem_info": {"gather": ["all"]}, "register": "onprem"}
    ways: dict[str, _Tasks] = {
        "one reading given as current": [
            read,
            *({f"sfb.hybrid_auth.{name}": {**options, "current": "{{ onprem }}"}} for name, options in _WANTED),
        ],
        "each module reads for itself": [read, *({f"sfb.hybrid_auth.{name}": options} for name, options in _WANTED)],
    }
    _compare(folder, "a converged farm", ways, configure=True)


def _compare(folder: Path, title: str, ways: dict[str, _Tasks], *, configure: bool = False) -> None:
    row(title, ["processes", "ratio", "time, ratio"])
    with Lab(estate(1, 1), workdir=folder / "lab", engine="none") as lab:
        if configure:
            run(lab, "sfb.hybrid_auth.configure", folder / "configure")
        base: Cost | None = None
        for name, tasks in ways.items():
            path = folder / "tasks.yml"
            path.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
            cost = run(lab, path, folder / "run")
            base = base or cost
            processes = cost.counts["powershell"]
            row(name, [processes, f"{processes / base.counts['powershell']:.2f}", f"{cost.seconds / base.seconds:.2f}"])
    say()
