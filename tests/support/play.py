# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook as a user does, and read what the recorder kept."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEVELOPMENT = ROOT / ".cache" / "dev"
_LONGEST_SECONDS = 300
# Settings of the developer's own shell, of a build server and of an Azure machine, which would change what is tested.
NOT_INHERITED = ("ANSIBLE_", "AZURE_", "SFB_", "ACTIONS_ID_TOKEN_", "IDENTITY_", "IMDS_", "MSI_")


@dataclass(frozen=True)
class Run:
    """What ansible-playbook did. record: what the recorder callback wrote."""

    code: int
    output: str
    record: dict[str, Any]

    def total(self, name: str) -> int:
        """The sum over all hosts of ok, changed, failures or unreachable."""
        return sum(int(stats[name]) for stats in self.record["stats"].values())

    def fact(self, name: str) -> list[Any]:
        """The role's fact on each host that has it."""
        return [facts[name] for facts in self.record["facts"].values() if name in facts]

    def results(self, module: str) -> list[dict[str, Any]]:
        return [task["result"] for task in self.record["tasks"] if task["action"] == f"sfb.hybrid_auth.{module}"]


def invocation(
    playbook: str | Path,
    inventory: Path,
    folder: Path,
    *options: str,
    collections: Path = DEVELOPMENT,
    extra_environment: dict[str, str] | None = None,
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment of a run, without anything that watches it. folder: where it keeps its files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    environment.update(
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_HOME=str(folder / "ansible"),
        ANSIBLE_LOCAL_TEMP=str(folder / "ansible" / "tmp"),
        TMPDIR=str(_link_to(folder)),  # what other runs of this user wrote to other tenants is of no concern
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCALHOST_WARNING="0",
        ANSIBLE_DEPRECATION_WARNINGS="0",
        SFB_READ_PAUSE_SECONDS="0.05",
        **(extra_environment or {}),
    )
    return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(playbook), *options], environment


def _link_to(folder: Path) -> Path:
    """A link to the folder that is short: ansible-core 2.20 and later bind a socket there, whose path may have 107 bytes (unix(7))."""
    link = Path(tempfile.gettempdir()) / f"sfb-{hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]}"
    if not link.is_symlink():
        link.symlink_to(folder.absolute())
        atexit.register(link.unlink, missing_ok=True)
    return link


def run_playbook(
    playbook: str | Path,
    inventory: Path,
    folder: Path,
    *options: str,
    collections: Path = DEVELOPMENT,
    extra_environment: dict[str, str] | None = None,
) -> Run:
    """Run a playbook, given as a file or by its full name, with the ansible-playbook of this Python."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "record.json"
    record.unlink(missing_ok=True)
    recorder = {
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "support" / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "trust_recorder",
        "TRUST_RECORD": str(record),
    }
    command, environment = invocation(
        playbook, inventory, folder, *options, collections=collections, extra_environment={**recorder, **(extra_environment or {})}
    )
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    data = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {"tasks": [], "facts": {}, "stats": {}}
    return Run(done.returncode, done.stdout + done.stderr, data)
