# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plugin asks the inventory: which hosts a pattern matches, and other hosts' variables. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern

DEFAULT_PATTERN = "front_ends"


def patterns(value: Any) -> list[str]:
    """The single patterns of a host pattern, given as a text or a list; DEFAULT_PATTERN where nothing, or nothing but blanks, is given."""
    texts = [str(one).strip() for one in (value if isinstance(value, (list, tuple)) else [value]) if one is not None]
    single: list[str] = split_host_pattern([text for text in texts if text])
    return single or [DEFAULT_PATTERN]


def matching(groups: Mapping[str, Sequence[str]], pattern: Sequence[str], loader: Any, limit: str | None = None) -> list[str]:
    """The hosts that a pattern matches within a limit, as ansible-core understands patterns and limits.

    groups: the variable of that name, with all hosts of each group.
    """
    inventory = _inventory(groups, loader)
    inventory.subset(limit)
    return [str(host.name) for host in inventory.get_hosts(list(pattern))]


def unknown(groups: Mapping[str, Sequence[str]], pattern: Sequence[str], loader: Any) -> list[str]:
    """The single patterns that add no host and are no group, such as a misspelt one. Those that only narrow a pattern are not looked at."""
    inventory = _inventory(groups, loader)
    return [one for one in pattern if not one.startswith(("!", "&")) and one not in groups and not inventory.get_hosts([one])]


def _inventory(groups: Mapping[str, Sequence[str]], loader: Any) -> InventoryManager:
    inventory = InventoryManager(loader=loader, sources=None, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group)
    return inventory


class OtherHosts:
    """Variables of other hosts, of which only those that are asked for are templated."""

    def __init__(self, hostvars: Any) -> None:
        self._hostvars = hostvars

    def raw(self, host: str) -> Mapping[str, Any]:
        """The host's variables as they are written; those of a play or a role are not among them."""
        # No part of ansible-core's public interface, but the same in 2.17 to 2.21; hostvars[host] does not tell what is a template.
        read = getattr(self._hostvars, "raw_get", None) or self._hostvars.get
        found = read(host)
        return found if isinstance(found, Mapping) else {}

    def text(self, host: str, name: str, raw: Any) -> str | None:
        """What raw(host)[name] comes to, as text; None where that cannot be told."""
        value = raw
        if _is_template(raw):
            try:
                value = self._hostvars[host][name]
            except (AnsibleError, KeyError, TypeError, ValueError):
                return None
        # Before ansible-core 2.19 a template that lacks something comes back as it is.
        return str(value) if isinstance(value, (str, int)) and not _is_template(value) else None


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)
