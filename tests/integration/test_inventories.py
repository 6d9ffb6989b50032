# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories in the documentation, run against Front Ends that give the second hop only to a sign-in that carries credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab
from tests.support import socks
from tests.support.estates import host_variables
from tests.support.inventories import documented, variables
from tests.support.play import run_playbook

Start = Callable[[dict[str, Any]], Lab]
PASSWORDS = {"vault_sfbadmin_password": "Lab-Passw0rd", "vault_deploy_password": "Deploy-Passw0rd"}
PAGE = "docs/inventories.md"


def strict(state: dict[str, Any]) -> dict[str, Any]:
    for front_end in state["deployments"][0]["front_ends"]:
        front_end.update(second_hop="delegated", credssp=True)
        front_end["users"]["CONTOSO\\deploy"] = PASSWORDS["vault_deploy_password"]
    return state


def place(lab: Lab, server: str) -> dict[str, Any]:
    """Where the lab has a Front End, and the authority of its certificate."""
    (found,) = (one for one in lab.info["front_ends"] if one["name"] == server)
    trusted = dict.fromkeys(("ansible_winrm_ca_trust_path", "ansible_psrp_ca_cert"), lab.info["ca_path"])
    return {"ansible_host": found["host"], "ansible_port": found["https_port"], **trusted}


@pytest.mark.either_runner
def test_the_inventory_of_the_readme_runs_as_it_is(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(strict(greenfield))
    (text,) = (block for name, block in documented().items() if name.startswith("README.md"))
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(text, encoding="utf-8")
    tenant = {"trust_login_url": lab.info["login_url"], "trust_graph_url": lab.info["graph_url"], "trust_ca_path": lab.info["ca_path"]}
    here = host_variables(tmp_path, {name: {**place(lab, name), **tenant} for name in ("fe01.contoso.com", "fe02.contoso.com")})
    secrets = {**PASSWORDS, "vault_client_secret": greenfield["tenants"][0]["applications"][0]["secret"]}
    run = run_playbook("sfb.hybrid_auth.audit", inventory, tmp_path / "run", *here, "-e", json.dumps(secrets))
    assert run.code == 0, run.output
    assert [result.get("failed", False) for result in run.results("onprem_info")] == [False, False]
    assert {entry["user"] for entry in lab.requests() if entry["kind"] == "powershell"} == {"sfbadmin@contoso.com"}


# The examples that a lab without Windows can run, and NTLM without the second hop, which is the example of runas without runas.
WAYS = {
    "winrm": ("winrm-with-credssp-1", True),
    "psrp": ("psrp-with-credssp-1", True),
    "runas": ("runas-1", True),
    "ntlm": ("runas-1", False),
    "restricted": ("the-restricted-endpoint-1", True),
    "psrp_socks": ("a-jump-host-1", True),
    "winrm_socks": ("a-jump-host-2", True),
}


@pytest.mark.either_runner
def test_each_way_carries_the_second_hop_as_the_page_says(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(strict(greenfield))
    # An engine on this machine cannot become another account of Windows.
    ways = {way: one for way, one in WAYS.items() if way != "runas" or not lab.info["engine"]}
    hosts = {}
    with socks.proxy() as jump_host:
        through = f"socks5h://127.0.0.1:{jump_host.server_address[1]}"
        for way, (section, _carries) in ways.items():
            given = {
                name: through if name.endswith("_proxy") else value for name, value in variables(documented()[f"{PAGE}#{section}"]).items()
            }
            hosts[way] = {**given, **place(lab, "fe01.contoso.com"), **({"ansible_become": False} if way == "ntlm" else {})}
        inventory, tasks = tmp_path / "inventory.json", tmp_path / "tasks.yml"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        ask = {"sfb.hybrid_auth.onprem_info": {"gather": ["oauth_configuration"]}}
        tasks.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [ask]}]), encoding="utf-8")
        run = run_playbook(tasks, inventory, tmp_path / "run", "-e", json.dumps(PASSWORDS))
        ports = jump_host.connections
    told = {task["host"]: task for task in run.record["tasks"]}
    assert {way: task["status"] for way, task in told.items()} == {
        way: "ok" if carries else "failed" for way, (_name, carries) in ways.items()
    }
    assert "CredSSP" in told["ntlm"]["result"]["msg"]
    assert {task["result"]["oauth_configuration"]["realm"] for task in told.values() if task["status"] == "ok"} == {"contoso.com"}
    assert set(ports) == {hosts["winrm_socks"]["ansible_port"]}
    assert len(ports) >= 2
