# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ready Ansible inventory of the lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def write(path: Path, info: dict[str, Any], deployments: dict[str, dict[str, Any]]) -> None:
    """Group front_ends, with what the role needs of each deployment's tenant on its hosts."""
    hosts: dict[str, Any] = {}
    for front_end in info["front_ends"]:
        tenant = deployments[front_end["deployment"]]
        hosts[front_end["name"]] = {
            "ansible_host": front_end["host"],
            "ansible_port": front_end["https_port"],
            "ansible_user": front_end["user"],
            "ansible_password": front_end["password"],
            "trust_deployment": front_end["deployment"],
            "trust_tenant": tenant["domain"],
            "trust_client_id": tenant["client_id"],
            "trust_client_secret": tenant["client_secret"],
            "lab_metadata_url": tenant["metadata_url"],
        }
    common = {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": info["ca_path"],
        "trust_login_url": info["login_url"],
        "trust_graph_url": info["graph_url"],
        "trust_ca_path": info["ca_path"],
    }
    inventory = {"all": {"children": {"front_ends": {"hosts": hosts, "vars": common}}}}
    path.write_text("---\n" + yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
