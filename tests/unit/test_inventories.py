# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories in the documentation are read as ansible-inventory reads them, and say what the pages say of them."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path
from typing import Any

import pytest
import winrm
import yaml
from ansible import constants
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import become_loader, connection_loader
from ansible.vars.manager import VariableManager

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.support.inventories import ROOT, documented, variables

EXAMPLES = documented()
PAGE = (ROOT / "docs" / "inventories.md").read_text(encoding="utf-8")


def test_the_pages_have_an_inventory_for_each_way() -> None:
    named = {name.rpartition("#")[2] for name in EXAMPLES}
    assert {"winrm-with-credssp-1", "a-jump-host-3", "inventory-1", "use-it-on-a-real-farm-1"} <= named
    assert len(EXAMPLES) == 13
    # Each row of the table leads to a section, each of which has an inventory.
    led = set(re.findall(r"^\| \[[^\]]+\]\(#([a-z-]+)\)", PAGE, re.MULTILINE))
    assert len(led) == 8
    assert {f"{anchor}-1" for anchor in led} <= named


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_inventory_is_read_and_each_of_its_variables_is_known_to_its_plugin(name: str, tmp_path: Path) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text(EXAMPLES[name], encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(path)])
    manager = VariableManager(loader=loader, inventory=inventory)
    hosts = inventory.get_hosts("front_ends")
    assert "fe01.contoso.com" in {host.name for host in hosts}
    for host in hosts:
        given = manager.get_vars(host=host)
        kind = given["ansible_connection"]
        plugin = connection_loader.get(kind, PlayContext(), os.devnull)
        assert plugin.transport == kind
        plugins = [("connection", kind)]
        if given.get("ansible_become"):
            assert become_loader.get(given["ansible_become_method"])
            plugins.append(("become", given["ansible_become_method"]))
        # A shell is chosen by this where the connection does not choose it.
        known = {"ansible_connection", "ansible_become", "ansible_become_method", *(("ansible_shell_type",) if kind == "ssh" else ())}
        for category, one in plugins:
            options = constants.config.get_configuration_definitions(category, one)
            known |= {entry["name"] for option in options.values() for entry in option.get("vars") or ()}
        if kind == "winrm":  # what pywinrm itself takes
            known |= {f"ansible_winrm_{argument}" for argument in inspect.signature(winrm.Protocol.__init__).parameters}
        assert {key for key in given if key.startswith("ansible_") and key in variables(EXAMPLES[name])} <= known
        assert {key for key in given if key.startswith("trust_")} <= set(VARIABLES)
        assert "{{ vault_" in str(given.get("ansible_password", "{{ vault_ }}"))


def test_the_page_names_the_packages_that_the_files_name() -> None:
    (block,) = re.findall(r"^```yaml\n(version: 3\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    definition: dict[str, Any] = yaml.safe_load(block)
    lines = [line for file in ("psrp", "kerberos") for line in (ROOT / f"requirements-{file}.txt").read_text(encoding="utf-8").splitlines()]
    assert definition["dependencies"]["python"] == [line for line in lines if line and not line.startswith("#")]


def test_the_page_names_the_system_packages_that_bindep_names() -> None:
    rows = re.findall(r"^([a-z0-9-]+) \[(compile )?platform:(dpkg|rpm)\]$", (ROOT / "bindep.txt").read_text(encoding="utf-8"), re.MULTILINE)
    for manager, platform in (("apt-get", "dpkg"), ("dnf", "rpm")):
        (said,) = re.findall(rf"^{manager} install ([a-z0-9 -]+?) *#", PAGE, re.MULTILINE)
        assert sorted(said.split()) == sorted(name for name, _compile, one in rows if one == platform)
    # What lets a run go on after its build is no part of the profile compile.
    assert {name for name, compiling, _platform in rows if not compiling} == {"krb5-user", "krb5-workstation"}
    lines = (ROOT / "bindep.txt").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len([line for line in lines if line and not line.startswith("#")])


def test_an_execution_environment_gets_both_files() -> None:
    told = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    assert told == {"version": 3, "dependencies": {"python": "requirements.txt", "system": "bindep.txt"}}
