# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the simulated estate: plain JSON data behind one lock."""

from __future__ import annotations

import copy
import json
import threading
import time
from pathlib import Path
from typing import Any

# The job of GitHub Actions whose tokens the lab gives out.
GITHUB = {"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:contoso/hybrid:environment:production"}
# How Microsoft Graph behaves: README.md says what each means. Where Microsoft's words leave it open, the default is the harder way.
GRAPH: dict[str, Any] = {
    "list_returns_key": False,
    "key_null": "kept",
    "expand": "given",
    "lifetime_from": "start",
    "replica_lag": [0],
    "replica_by": "reader",
    "stale_reads": 0,
    "page_size": 100,
    "clock_offset": 0,
}
GREENFIELD = Path(__file__).parent / "states" / "greenfield.json"


class State:
    """tests/lab/README.md describes the data. Change it only while holding lock."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = copy.deepcopy(data) if data is not None else json.loads(GREENFIELD.read_text(encoding="utf-8"))
        self.lock = threading.RLock()
        self.data.setdefault("tenants", [])
        self.data.setdefault("graph", {})
        self.data["latency"] = {"powershell": 0, "graph": 0, "entra": 0, **self.data.get("latency", {})}
        self.data["graph"] = {**GRAPH, **self.data["graph"]}
        self.data.setdefault("writers", [])
        self.data["github"] = {**GITHUB, **self.data.get("github", {})}
        self.data["tokens"] = {"clock_offset": 0, **self.data.get("tokens", {})}
        unknown = set(self.data) - {"deployments", "tenants", "graph", "writers", "faults", "latency", "github", "tokens"}
        if unknown or not self.data.get("deployments"):
            raise ValueError(
                f"a state has deployments, tenants, graph, writers, faults, latency, github and tokens; unknown here: {sorted(unknown)}"
            )
        if set(self.data["graph"]) - set(GRAPH):
            raise ValueError(f"graph has {', '.join(GRAPH)}; unknown here: {sorted(set(self.data['graph']) - set(GRAPH))}")
        for deployment in self.data["deployments"]:
            if not deployment.get("name") or not deployment.get("front_ends"):
                raise ValueError("each deployment has a name and front_ends")
            for front_end in deployment["front_ends"]:
                defaults = {
                    "can_write": True,
                    "second_hop": True,
                    "credssp": False,  # as Windows has it until Enable-WSManCredSSP -Role Server
                    "module": "SkypeForBusiness",
                    "store": [],
                    "clock_offset": 0,
                    "lacks": [],
                    "key_access": {},
                }
                front_end.update({name: value for name, value in defaults.items() if name not in front_end})
                front_end["restricted"] = {"cmdlets": None, "typed": "text", **front_end.get("restricted", {})}
            cms = deployment.setdefault("cms", {})
            for name in ("oauth_servers", "partner_applications", "web_services", "services", "computers", "replicas"):
                cms.setdefault(name, [])
            cms.setdefault("oauth_configuration", {})
            cms.setdefault("token_issuer", None)
            deployment.setdefault("certificates", {})

    def front_ends(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Each deployment with each of its Front Ends."""
        return [(deployment, front_end) for deployment in self.data["deployments"] for front_end in deployment["front_ends"]]

    def tenant(self, name: str) -> dict[str, Any] | None:
        """The tenant with that id or domain."""
        wanted = name.lower()
        for tenant in self.data["tenants"]:
            if wanted in (tenant["id"].lower(), *(domain.lower() for domain in tenant["domains"])):
                return dict_of(tenant)
        return None

    def wait(self, kind: str) -> None:
        """Take the time that a PowerShell process or a request of this kind takes in reality (latency, in seconds)."""
        seconds = float(self.data["latency"][kind])
        if seconds:
            time.sleep(seconds)

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return copy.deepcopy(self.data)


def dict_of(value: Any) -> dict[str, Any]:
    """The value itself, which is a JSON object; the type checker cannot know."""
    assert isinstance(value, dict)
    return value
