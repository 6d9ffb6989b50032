# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that ansible-core sends on standard input, in each of its forms: before 2.19, since then, and since 2.22."""

from __future__ import annotations

import base64
import gzip
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
    # From 2.22 on what is long comes packed.
    document = json.loads(tail if tail.lstrip().startswith("{") else gzip.decompress(base64.b64decode(tail)))
    if "module_entry" in document:
        arguments, become_user = document["module_args"], document.get("become_user")
    else:
        actions = {action["name"]: action["params"] for action in document["actions"]}
        wrapper = actions["module_wrapper.ps1"]
        arguments = json.loads(wrapper["ArgumentJSON"]) if "ArgumentJSON" in wrapper else _complex_args(wrapper.get("Variables", []))
        become_user = actions.get("become_wrapper.ps1", {}).get("BecomeUser")
    return ModulePayload(
        name=str(arguments["_ansible_module_name"]),
        arguments={name: value for name, value in arguments.items() if not name.startswith("_ansible_")},
        become_user=become_user,
        check_mode=bool(arguments.get("_ansible_check_mode")),
    )


def _complex_args(variables: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = next(variable["Value"] for variable in variables if variable["Name"] == "complex_args")
    return found
