# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may read the file of a private key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import key_access
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import KeyAccess

SYSTEM, ADMINISTRATORS, EVERYONE, USERS = "S-1-5-18", "S-1-5-32-544", "S-1-1-0", "S-1-5-32-545"
GROUP, SERVICE_OF_ITS_OWN = "S-1-5-21-1-2-3-1105", "S-1-5-80-1-2-3-4-5"
FULL, READ, GENERIC_READ, GENERIC_ALL, WRITE = 0x1F01FF, 0x120089, -0x80000000, 0x10000000, 0x2


def rule(sid: str, rights: int = READ, *, allow: bool = True) -> KeyAccess:
    return {"sid": sid, "name": None, "allow": allow, "rights": rights}


@pytest.mark.parametrize(
    ("access", "reads"),
    [
        ([rule(SYSTEM, FULL), rule(ADMINISTRATORS, FULL)], False),
        ([], False),
        ([rule(SYSTEM, FULL), rule(key_access.NETWORK_SERVICE)], True),
        ([rule(key_access.NETWORK_SERVICE, GENERIC_READ)], True),
        ([rule(key_access.NETWORK_SERVICE, GENERIC_ALL)], True),
        ([rule(key_access.NETWORK_SERVICE, WRITE)], False),
        ([rule(EVERYONE)], True),
        ([rule(USERS)], True),
        ([rule(key_access.NETWORK_SERVICE, allow=False), rule(EVERYONE)], False),
        ([rule(EVERYONE, allow=False), rule(key_access.NETWORK_SERVICE)], False),
        ([rule(SYSTEM, allow=False), rule(key_access.NETWORK_SERVICE)], True),
        ([rule(GROUP)], None),
        ([rule(SERVICE_OF_ITS_OWN)], None),
        ([rule(GROUP, WRITE)], False),
        ([rule(GROUP), rule(key_access.NETWORK_SERVICE)], True),
        ([rule(GROUP), rule(EVERYONE, allow=False)], None),
        ([rule(GROUP, allow=False), rule(key_access.NETWORK_SERVICE)], None),
        ([rule("S-1-5-21-1-2-3-513")], False),
    ],
)
def test_the_first_rule_that_concerns_the_service_decides_and_an_unknown_group_leaves_it_open(
    access: list[KeyAccess], reads: bool | None
) -> None:
    assert key_access.service_reads(access) is reads


@pytest.mark.parametrize("sid", [EVERYONE, USERS, "S-1-5-11", "S-1-5-4", "S-1-5-21-1-2-3-513", "S-1-5-21-1-2-3-515"])
def test_an_account_of_nearly_everyone_is_broad(sid: str) -> None:
    assert key_access.broad([rule(SYSTEM), rule(sid), rule(sid, WRITE), rule(sid, allow=False)]) == [rule(sid)]


@pytest.mark.parametrize("sid", [SYSTEM, ADMINISTRATORS, key_access.NETWORK_SERVICE, GROUP, SERVICE_OF_ITS_OWN, "S-1-5-21-1-2-3-5130"])
def test_no_other_account_is_broad(sid: str) -> None:
    assert key_access.broad([rule(sid, FULL)]) == []


def test_the_accounts_are_told_by_name_and_sid() -> None:
    named: KeyAccess = {**rule(key_access.NETWORK_SERVICE), "name": "NT-AUTORIT\u00c4T\\NETZWERKDIENST"}
    access = [rule(GROUP, allow=False), named, named, rule(SYSTEM, WRITE)]
    assert key_access.readers(access) == f"NT-AUTORIT\u00c4T\\NETZWERKDIENST (S-1-5-20), and denied to {GROUP}"
    assert key_access.readers([rule(GROUP, allow=False), rule(GROUP)]) == f"nobody, and denied to {GROUP}"
    assert key_access.readers([]) == "nobody"


RULES = st.builds(
    rule,
    st.sampled_from([SYSTEM, ADMINISTRATORS, EVERYONE, USERS, GROUP, SERVICE_OF_ITS_OWN, key_access.NETWORK_SERVICE]),
    st.sampled_from([FULL, READ, GENERIC_READ, WRITE]),
    allow=st.booleans(),
)


@given(st.lists(RULES))
def test_one_who_may_read_alone_does_not_make_the_service_read(access: list[KeyAccess]) -> None:
    others = [entry for entry in access if entry["sid"] in (SYSTEM, ADMINISTRATORS)]
    assert key_access.service_reads(others) is False
    assert key_access.service_reads([*others, *access]) is key_access.service_reads(access)
    assert key_access.service_reads([rule(key_access.NETWORK_SERVICE), *access]) is True


@pytest.mark.parametrize(
    "told", [None, "x", [None], [{}], [{**rule(SYSTEM), "rights": None}], [{**rule(SYSTEM), "sid": 1}], [rule(SYSTEM), {}]]
)
def test_rules_that_are_not_told_whole_are_not_known(told: Any) -> None:
    assert key_access.complete(told) is None
    assert key_access.complete([rule(SYSTEM)]) == [rule(SYSTEM)]
