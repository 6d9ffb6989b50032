# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud half of the procedure by Azure CLI and by our modules: the farm's certificate and names beside others', and the account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.lab import Lab
from tests.unit.support import run_action

from . import estate
from .estate import EXCHANGE, SKYPE
from .programs import AzureCli


def by_azure_cli(azure: AzureCli, folder: Path) -> None:
    """A command for each step. Names are what the client replaces as a whole, so those that are there are asked for first."""
    path = folder / "ours.pem"
    path.write_text(estate.ours_pem(), encoding="utf-8")
    for app_id in (SKYPE, EXCHANGE):
        azure.run("ad", "sp", "credential", "reset", "--id", app_id, "--append", "--cert", f"@{path}")
    there = azure.run("ad", "sp", "show", "--id", SKYPE)["servicePrincipalNames"]
    names = list(dict.fromkeys([*there, *estate.names(SKYPE)]))
    azure.run("ad", "sp", "update", "--id", SKYPE, "--set", f"servicePrincipalNames={json.dumps(names)}")
    azure.run("ad", "sp", "update", "--id", EXCHANGE, "--set", "accountEnabled=true")


class Modules:
    """Our modules against the lab, with one sign-in."""

    def __init__(self, lab: Lab) -> None:
        tenant = lab.info["tenants"][0]
        self._where = {**{name: lab.info[name] for name in ("login_url", "graph_url", "ca_path")}, "tenant": tenant["domain"]}
        who = {"client_id": tenant["client_id"], "client_secret": tenant["client_secret"]}
        self._where["access_token"] = self.run("graph_token", **who)["access_token"]

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """The result of a module; AssertionError if it fails."""
        result = run_action(module, {**self._where, **options})
        assert not result.get("failed"), result["msg"]
        return result


def by_modules(modules: Modules) -> None:
    """A task for each step."""
    modules.run("sp_credential", app_ids=[SKYPE, EXCHANGE], certificate_content=estate.ours_pem())
    modules.run("sp_names", names=list(estate.NAMES), form="both")
    modules.run("sp_account", app_id=EXCHANGE, enabled=True)
