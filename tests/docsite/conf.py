# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make docs` adds to the settings that antsibull-docs makes for Sphinx."""

import zlib
from pathlib import Path

# The pages of ansible-core which ours lead to. Its own list of them would have to be fetched for each build.
_ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
    "ansible_collections.ansible.builtin.copy_module": "collections/ansible/builtin/copy_module.html",
    "ansible_collections.ansible.builtin.psrp_connection": "collections/ansible/builtin/psrp_connection.html",
}
_VARIABLES = ("ANSIBLE_DEBUG",)

_lines = [f"{name} std:label -1 {page} -" for name, page in _ANSIBLE.items()]
_lines += [f"{name} std:envvar 1 reference_appendices/config.html#envvar-{name} -" for name in _VARIABLES]
_head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n# The remainder of this file is compressed using zlib.\n"
_inventory = Path(__file__).with_name("ansible.inv")
_inventory.write_bytes(_head.encode() + zlib.compress("\n".join([*_lines, ""]).encode()))
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", str(_inventory))}
