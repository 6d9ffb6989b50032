# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that ansible-core sends on standard input, in the form before 2.19 and in the one since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_SEPARATOR = "\0\0\0\0"


@dataclass(frozen=True)
class ModulePayload:
    """name: the module's full name. arguments: its options."""

    name: str
    arguments: dict[str, Any]
    become_user: str | None
    check_mode: bool


def parse_module_payload(stdin: bytes) -> ModulePayload | None:
    """The module in what was sent on standard input; None if it is no module."""
    _head, separator, tail = stdin.decode("utf-8").partition(_SEPARATOR)
    if not separator:
        return None
    document = json.loads(tail)
    if "module_entry" in document:
        arguments, become_user = document["module_args"], document.get("become_user")
    else:
        actions = {action["name"]: action["params"] for action in document["actions"]}
        variables = actions["module_wrapper.ps1"].get("Variables", [])
        arguments = next(variable["Value"] for variable in variables if variable["Name"] == "complex_args")
        become_user = actions.get("become_wrapper.ps1", {}).get("BecomeUser")
    return ModulePayload(
        name=str(arguments["_ansible_module_name"]),
        arguments={name: value for name, value in arguments.items() if not name.startswith("_ansible_")},
        become_user=become_user,
        check_mode=bool(arguments.get("_ansible_check_mode")),
    )
