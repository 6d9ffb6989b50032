# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the clients' own environment, which talk to the lab as to any other cloud."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.lab import Lab

_PYTHON = Path(os.environ.get("CLIENTS_VENV", ".venv-clients")).absolute() / "bin" / "python"
_SDK = Path(__file__).parent / "graph_sdk.py"
_SECONDS = 120


def installed() -> bool:
    """Whether `make clients` has set the clients up."""
    return _PYTHON.exists()


class FailedError(Exception):
    """A client ended with an error; what it said."""


def _run(lab: Lab, arguments: list[str], *, environment: dict[str, str], text: str = "") -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "REQUESTS_", "SSL_", "PYTHON"))}
    trusted = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), lab.info["ca_path"])
    done = subprocess.run(
        [str(_PYTHON), *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env={**kept, **trusted, **environment},
    )
    if done.returncode:
        raise FailedError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


class AzureCli:
    """The Azure CLI with a folder of its own, with the lab as its cloud and signed in by secret."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab, self._folder = lab, folder
        tenant = lab.info["tenants"][0]
        self.run("cloud", "register", "-n", "lab", "--endpoint-resource-manager", lab.info["resource_manager_url"])
        self.run("cloud", "set", "-n", "lab")
        who = ["-u", tenant["client_id"], "-p", tenant["client_secret"], "--tenant", tenant["domain"]]
        self.run("login", "--service-principal", "--allow-no-subscriptions", *who)

    def run(self, *arguments: str) -> Any:
        """What a command says, as JSON; FailedError if it fails."""
        environment = {
            "AZURE_CONFIG_DIR": str(self._folder / "azure"),
            # Clouds that Microsoft does not know: https://learn.microsoft.com/cli/azure/azure-cli-configuration
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_OUTPUT": "json",
        }
        said = _run(self._lab, ["-m", "azure.cli", *arguments], environment=environment)
        return json.loads(said) if said.strip() else None


def graph_sdk(lab: Lab, *steps: dict[str, Any], **sign_in: str) -> list[Any]:
    """What msgraph-sdk, signed in by azure-identity, makes of each of the steps; FailedError at the first that fails."""
    tenant = lab.info["tenants"][0]
    where = {"login_url": lab.info["login_url"], "graph_url": lab.info["graph_url"]}
    who = {"tenant": tenant["domain"], "client_id": tenant["client_id"], "client_secret": tenant["client_secret"], **sign_in}
    told: list[Any] = json.loads(_run(lab, [str(_SDK)], environment={}, text=json.dumps({**where, **who, "steps": steps})))
    return told
