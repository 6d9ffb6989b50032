# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Graph where it is unkind: keys that lists do not give, lagging replicas, other writers, faults after the deed."""

from __future__ import annotations

import time

import pytest

from .tenant import SKYPE, Tenant, entry


def test_only_a_single_object_gives_its_keys_unless_told_otherwise() -> None:
    for told in (False, True):
        tenant = Tenant(**({"list_returns_key": True} if told else {}))
        assert tenant.change(keyCredentials=[entry()]).status == 204
        (listed,) = tenant.ask("GET", "", **{"$filter": f"appId eq '{SKYPE}'", "$select": "keyCredentials"}).content["value"]
        assert (listed["keyCredentials"][0]["key"] is not None) is told
        assert tenant.keys()[0]["key"] == entry()["key"]


@pytest.mark.parametrize(("how", "status", "kept"), [("kept", 204, True), ("wiped", 204, False), ("refused", 400, True)])
def test_a_key_that_comes_back_as_null_is_kept_wiped_or_refused(how: str, status: int, kept: bool) -> None:
    tenant = Tenant(key_null=how)
    tenant.change(keyCredentials=[entry()])
    (there,) = tenant.keys()
    for back in ({**there, "key": None}, {name: value for name, value in there.items() if name != "key"}):
        assert tenant.change(keyCredentials=[back]).status == status
        (after,) = tenant.keys()
        assert after == (there if kept else {**there, "key": None})
        assert tenant.change(keyCredentials=[there]).status == 204
        assert tenant.keys() == [there]


def test_a_reader_stays_with_its_replica_and_a_replica_catches_up_after_its_lag() -> None:
    tenant = Tenant(replica_lag=[0, 0.3])
    before = tenant.names()
    tenant.names(reader=1)
    tenant.change(servicePrincipalNames=[*before, "one"])
    assert [tenant.names(reader) for reader in (0, 1)] == [[*before, "one"], before]
    tenant.change(servicePrincipalNames=[*before, "one", "two"])
    time.sleep(0.35)
    assert [tenant.names(reader) for reader in (0, 1)] == [[*before, "one", "two"]] * 2


def test_each_request_may_go_to_another_replica() -> None:
    tenant = Tenant(replica_lag=[0, 60], replica_by="request")
    before = tenant.names()
    tenant.change(servicePrincipalNames=[*before, "one"])
    assert sorted(len(tenant.names()) for _time in range(4)) == [len(before)] * 2 + [len(before) + 1] * 2


def test_other_tools_write_at_the_request_they_were_told() -> None:
    tenant = Tenant()
    before = tenant.names()
    tenant.graph.writers.add({"on": "graph.get", "nth": 2, "app_id": SKYPE, "add_names": ["theirs"], "add_keys": [entry()]})
    tenant.graph.writers.add({"on": "graph.get", "nth": 2, "after": True, "app_id": SKYPE, "remove_keys": "*", "account_enabled": False})
    assert tenant.names() == before
    assert tenant.names() == [*before, "theirs"]
    assert (tenant.principal["keyCredentials"], tenant.principal["accountEnabled"]) == ([], False)
    with pytest.raises(ValueError, match="a writer has"):
        tenant.graph.writers.add({"on": "graph.get", "app_id": SKYPE})


@pytest.mark.parametrize("do", ["reset", "status:503", "throttle:1", "truncate"])
def test_what_goes_wrong_after_the_deed_is_done_all_the_same(do: str) -> None:
    for after in (True, False):
        tenant = Tenant()
        tenant.faults.add({"on": "graph.patch", "do": do, "after": after})
        told = tenant.change(accountEnabled=False)
        assert told.reset or told.truncate or told.status >= 400
        assert tenant.principal["accountEnabled"] is (not after and do != "truncate")


def test_an_error_has_the_code_and_the_message_that_were_asked_for() -> None:
    tenant = Tenant()
    tenant.faults.add({"on": "graph.patch", "do": "status:409", "code": "Directory_ConcurrencyViolation", "message": "wait briefly"})
    error = tenant.change(accountEnabled=False).content["error"]
    assert (error["code"], error["message"]) == ("Directory_ConcurrencyViolation", "wait briefly")


def test_a_request_may_be_carried_out_late() -> None:
    tenant = Tenant()
    tenant.faults.add({"on": "graph.patch", "do": "late:0.1"})
    assert tenant.change(accountEnabled=False).status == 504
    assert tenant.principal["accountEnabled"] is True
    time.sleep(0.3)
    assert tenant.principal["accountEnabled"] is False


def test_a_reading_of_another_object_does_not_count_as_one_of_this() -> None:
    tenant = Tenant(stale_reads=1)
    before = tenant.names()
    tenant.change(servicePrincipalNames=[*before, "one"])
    tenant.ask("GET", "", **{"$filter": "appId eq '00000002-0000-0ff1-ce00-000000000000'"})
    assert [tenant.names(), tenant.names()] == [before, [*before, "one"]]
