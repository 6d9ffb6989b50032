# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented inventories with Kerberos, over both connection plugins: the ticket, its delegation, and the second hop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.state import GREENFIELD
from tests.support.inventories import documented, variables
from tests.support.play import run_playbook

from .kdc import lacking, realm

PACKAGES = ("kerberos", "gssapi", "krb5")
WAYS = {"winrm": "winrm-with-kerberos-1", "psrp": "psrp-with-kerberos-1"}
DELEGATION = ("ansible_winrm_kerberos_delegation", "ansible_psrp_negotiate_delegate")
SERVER, PASSWORD = "fe01.contoso.com", "Lab-Passw0rd"


@pytest.fixture(autouse=True)
def installed() -> None:
    for package in PACKAGES:
        pytest.importorskip(package, reason="requirements-kerberos.txt is not installed")
    if lacking():
        pytest.skip(f"not on this machine: {', '.join(lacking())} (as root: tests/kerberos/install.sh)")


def test_kerberos_with_delegation_carries_the_second_hop_over_both_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    for front_end in state["deployments"][0]["front_ends"]:
        front_end["second_hop"] = "delegated"
    (folder := tmp_path / "realm").mkdir()
    with realm(folder, {"sfbadmin": PASSWORD}, (f"HTTP/{SERVER}", f"WSMAN/{SERVER}")) as told:
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        with Lab(state, workdir=tmp_path / "lab", engine="none") as lab:
            (found,) = (one for one in lab.info["front_ends"] if one["name"] == SERVER)
            # The lab has the address of this machine, and the ticket is for the server's name.
            place = {
                "ansible_host": found["host"],
                "ansible_port": found["https_port"],
                "ansible_winrm_kerberos_hostname_override": SERVER,
                "ansible_psrp_negotiate_hostname_override": SERVER,
                "ansible_winrm_ca_trust_path": lab.info["ca_path"],
                "ansible_psrp_ca_cert": lab.info["ca_path"],
                "ansible_winrm_kinit_env_vars": ["KRB5_CONFIG"],
            }
            hosts: dict[str, dict[str, Any]] = {}
            for way, section in WAYS.items():
                given = {**variables(documented()[f"docs/inventories.md#{section}"]), **place}
                hosts |= {way: given, f"{way}_alone": {name: value for name, value in given.items() if name not in DELEGATION}}
            inventory, tasks = tmp_path / "inventory.json", tmp_path / "tasks.yml"
            inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
            ask = {"sfb.hybrid_auth.onprem_info": {"gather": ["oauth_configuration"]}}
            tasks.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [ask]}]), encoding="utf-8")
            run = run_playbook(tasks, inventory, tmp_path / "run", "-e", json.dumps({"vault_sfbadmin_password": PASSWORD}))
            users = {entry["user"] for entry in lab.requests() if entry["kind"] == "powershell"}
    results = {task["host"]: task for task in run.record["tasks"]}
    assert {host: task["status"] for host, task in results.items()} == {
        "winrm": "ok",
        "psrp": "ok",
        "winrm_alone": "failed",
        "psrp_alone": "failed",
    }, run.output
    assert all("Kerberos with delegation" in results[f"{way}_alone"]["result"]["msg"] for way in WAYS)
    assert users == {"sfbadmin@CONTOSO.COM"}
