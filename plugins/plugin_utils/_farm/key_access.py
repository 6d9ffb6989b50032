# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may read the file of a private key, by the access rules that the server told. Private to the collection.

Accounts are told by SID: https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import KeyAccess

NETWORK_SERVICE = "S-1-5-20"
_EVERYONE, _AUTHENTICATED_USERS, _USERS, _SERVICE = "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6"
# What a service that runs as NETWORK SERVICE is a member of on every computer.
_ITS_GROUPS = (NETWORK_SERVICE, _EVERYONE, _AUTHENTICATED_USERS, _USERS, _SERVICE)
# Of which nearly everyone is a member: anonymous, guests, interactive and network sessions, users, guests and computers of a domain too.
_BROAD = (_EVERYONE, _AUTHENTICATED_USERS, _USERS, "S-1-5-7", "S-1-5-32-546", "S-1-5-4", "S-1-5-2")
_BROAD_OF_A_DOMAIN = re.compile(r"S-1-5-21(-\d+){3}-51[345]")
# SYSTEM, LOCAL SERVICE, administrators, the owner and the maker of a file, guests, interactive and network sessions, and users and guests
# of a domain: NETWORK SERVICE is none of them.
_OTHERS = re.compile(r"S-1-5-(18|19|32-544|32-546|7|4|2)|S-1-3-[014]|S-1-5-21(-\d+){3}-51[34]")
# FILE_READ_DATA, GENERIC_ALL and GENERIC_READ: https://learn.microsoft.com/windows/win32/secauthz/access-mask-format
_READING = 0x00000001 | 0x10000000 | 0x80000000


def complete(access: Any) -> list[KeyAccess] | None:
    """The rules where each is told whole; None otherwise, since one that is not known may decide."""
    kinds = {"sid": str, "allow": bool, "rights": int}
    if not isinstance(access, list) or not all(isinstance(one, Mapping) for one in access):
        return None
    if not all(isinstance(one.get(name), kind) for one in access for name, kind in kinds.items()):
        return None
    return [{"sid": one["sid"], "name": one.get("name"), "allow": one["allow"], "rights": one["rights"]} for one in access]


def _reads(entry: KeyAccess) -> bool:
    return bool(entry["rights"] & _READING)


def service_reads(access: Sequence[KeyAccess]) -> bool | None:
    """Whether NETWORK SERVICE may read; None where only the members of an account that the server did not tell decide it.

    access: the rules in the order in which Windows asks them, of which the first that concerns the account decides.
    """
    undecided = False
    for entry in filter(_reads, access):
        if entry["sid"] in _ITS_GROUPS:
            return None if undecided and not entry["allow"] else entry["allow"]
        # A group that nothing is known of may have the service among its members.
        if not _OTHERS.fullmatch(entry["sid"]):
            if not entry["allow"]:
                return None
            undecided = True
    return None if undecided else False


def broad(access: Sequence[KeyAccess]) -> list[KeyAccess]:
    """The rules that let nearly everyone read."""
    return [entry for entry in access if entry["allow"] and _reads(entry) and _is_broad(entry["sid"])]


def readers(access: Sequence[KeyAccess]) -> str:
    """The accounts that may read, in words, and those to which that is denied."""
    first: dict[str, bool] = {}  # of an account's rules the first one decides
    for entry in filter(_reads, access):
        first.setdefault(shown(entry), entry["allow"])
    denied = ", ".join(name for name, may in first.items() if not may)
    return (", ".join(name for name, may in first.items() if may) or "nobody") + (f", and denied to {denied}" if denied else "")


def shown(entry: KeyAccess) -> str:
    return f"{entry['name']} ({entry['sid']})" if entry["name"] and entry["name"] != entry["sid"] else entry["sid"]


def _is_broad(sid: str) -> bool:
    return sid in _BROAD or _BROAD_OF_A_DOMAIN.fullmatch(sid) is not None
