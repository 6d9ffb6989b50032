# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write to the tenant is a transaction: whatever goes wrong, another's key or name is not lost, or it is said."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import transaction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der
from tests.lab.cloud.key_credentials import made
from tests.lab.state import GREENFIELD

from ..estate import Estate
from ..support import certificate, pem

SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
OURS = certificate()
THUMBPRINT = parse_der(OURS.public_bytes(Encoding.DER)).thumbprint
ADD = {"app_ids": [SKYPE], "certificate_content": pem(OURS)}
CONCURRENT = {
    "do": "status:409",
    "code": "Directory_ConcurrencyViolation",
    "message": "The request could not be completed due to concurrent modification; wait briefly and retry.",
}


def foreign(name: str) -> dict[str, Any]:
    key = base64.b64encode(certificate(f"{name}.fabrikam.com").public_bytes(Encoding.DER)).decode()
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": name}


BEFORE, MEANWHILE = foreign("before"), foreign("meanwhile")


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Estate]:
    def begin(**graph: Any) -> Estate:
        state = json.loads(GREENFIELD.read_text(encoding="utf-8"))
        for principal in state["tenants"][0]["service_principals"]:
            principal["keyCredentials"] = [made(BEFORE)]
        return Estate({**state, "graph": graph}, tmp_path, monkeypatch)

    return begin


def names(estate: Estate, app_id: str = SKYPE) -> list[str]:
    """What the keys on the principal are, each with its bytes, by the display names of the others."""
    return [f"{entry['displayName']}{'' if entry['key'] else ' without its key'}" for entry in estate.principal(app_id)["keyCredentials"]]


EVERYTHING = ["before", "meanwhile", "CN=contoso.com"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", [{"do": "throttle:6"}, {"do": "throttle"}, {"do": "reset"}, {"do": "status:503"}, CONCURRENT])
def test_another_tools_key_is_there_after_a_write_that_had_to_wait(
    estate: Callable[..., Estate], fault: dict[str, Any], after: bool
) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "after": after, **fault})
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "add_keys": [MEANWHILE]})
    begin = world.clock.now
    result = world.attempt("sp_credential", ADD)
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert sorted(names(world)) == sorted(EVERYTHING)
    waited = world.clock.now - begin
    assert waited <= 120
    if fault["do"] == "throttle:6":
        assert waited >= 6


def test_a_wait_that_does_not_fit_is_not_begun(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "do": "throttle:60"})
    begin = world.clock.now
    result = world.attempt("sp_credential", {**ADD, "wait_timeout": 20})
    assert result["failed"]
    assert "wait 60 seconds" in result["msg"]
    assert "wait_timeout is 20" in result["msg"]
    assert world.clock.now - begin <= 20
    assert names(world) == ["before"]


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("stale", [1, 2])
def test_a_stale_reading_before_the_write_loses_nothing(estate: Callable[..., Estate], shown: bool, stale: int) -> None:
    world = estate()
    world.writers.add({"on": "graph.get", "nth": 1, "app_id": SKYPE, "add_keys": [MEANWHILE]})
    current = world.cloud(app_ids=[SKYPE]) if shown else None
    if not shown:
        world.cloud(app_ids=[SKYPE])
    principal = world.principal(SKYPE)
    old = {**principal, "keyCredentials": principal["keyCredentials"][:1]}
    world.replicas._stale[principal["id"]] = (stale if shown else 1, old)
    result = world.in_tenant("sp_credential", {**ADD, **({"current": current} if shown else {})})
    assert result["changed"] is True
    assert names(world) == EVERYTHING


@pytest.mark.parametrize("lag", [3, 10])
def test_a_later_run_that_reads_from_a_lagging_replica_keeps_what_an_earlier_one_wrote(estate: Callable[..., Estate], lag: int) -> None:
    world = estate(replica_lag=[0, lag])
    second = certificate("second.contoso.com")
    assert world.in_tenant("sp_credential", ADD)["changed"] is True
    world.clock.now += 1
    assert world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(second)})["changed"] is True
    assert names(world) == ["before", "CN=contoso.com", "CN=second.contoso.com"]
    world.in_tenant("sp_names", {"names": ["one.contoso.com"]})
    world.in_tenant("sp_names", {"names": ["two.contoso.com"]})
    assert {f"{SKYPE}/one.contoso.com", f"{SKYPE}/two.contoso.com"} <= set(world.principal(SKYPE)["servicePrincipalNames"])


def test_a_task_after_one_whose_reading_back_timed_out_does_not_drop_what_that_wrote(estate: Callable[..., Estate]) -> None:
    world = estate(replica_lag=[30])
    first = world.attempt("sp_credential", {**ADD, "wait_timeout": 10})
    assert first["failed"]
    assert first["changed"] is True
    assert THUMBPRINT in first["msg"]
    second = certificate("second.contoso.com")
    world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(second)})
    assert set(names(world)) == {"before", "CN=contoso.com", "CN=second.contoso.com"}


def test_a_request_that_is_carried_out_late_is_said(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "do": "status:504"})
    result = world.in_tenant("sp_credential", ADD)
    (warning,) = [text for text in result["warnings"] if "asked again" in text]
    assert "look at it with sp_info" in warning
    assert names(world) == ["before", "CN=contoso.com"]


@pytest.mark.parametrize("how", ["wiped", "refused"])
def test_keys_that_do_not_survive_an_echo_with_null_are_sent_back(estate: Callable[..., Estate], how: str) -> None:
    world = estate(key_null=how)
    result = world.in_tenant("sp_credential", {**ADD, "app_ids": [SKYPE, EXCHANGE]})
    assert [names(world, app_id) for app_id in (SKYPE, EXCHANGE)] == [["before", "CN=contoso.com"]] * 2
    said = [text for text in result["warnings"] if "wiped" in text]
    assert len(said) == (how == "wiped")
    if said:
        assert SKYPE in said[0]
        assert "before" in said[0]
    again = world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(certificate("second.contoso.com"))})
    assert not [text for text in again.get("warnings", []) if "wiped" in text]
    assert names(world) == ["before", "CN=contoso.com", "CN=second.contoso.com"]


def test_a_failure_says_what_was_written_before_it(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "nth": 2, "do": "status:403", "code": "Authorization_RequestDenied"})
    result = world.attempt("sp_credential", {**ADD, "app_ids": [SKYPE, EXCHANGE]})
    assert result["failed"]
    assert result["changed"] is True
    assert f"This was done: add certificate {THUMBPRINT}" in result["msg"]
    assert SKYPE in "".join(result["written"])
    assert EXCHANGE not in "".join(result["written"])


def test_what_another_writer_overwrote_is_written_again(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "remove_keys": "*", "add_keys": [BEFORE, MEANWHILE]})
    result = world.attempt("sp_credential", ADD)
    assert sorted(names(world)) == sorted(EVERYTHING) or "lacks key credential" in result["msg"]
    world = estate()
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "remove_names": [f"{SKYPE}/one.contoso.com"]})
    assert world.in_tenant("sp_names", {"names": ["one.contoso.com"]})["changed"] is True
    assert f"{SKYPE}/one.contoso.com" in world.principal(SKYPE)["servicePrincipalNames"]


def test_a_writer_that_never_ends_is_said(estate: Callable[..., Estate]) -> None:
    world = estate()
    name = f"{SKYPE}/one.contoso.com"
    world.writers.add({"on": "graph.patch", "after": True, "times": 9, "app_id": SKYPE, "remove_names": [name]})
    result = world.attempt("sp_names", {"names": ["one.contoso.com"], "wait_timeout": 20})
    assert result["failed"]
    assert f"lacks the name {name}" in result["msg"]


def test_what_is_wanted_is_known_before_it_is_written(estate: Callable[..., Estate], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed in its PATCH leaves its wish: the next one, on a replica that lags, does not undo it."""
    world = estate(replica_lag=[0, 5])

    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transaction.Transaction, "_see", killed)
        with pytest.raises(KeyboardInterrupt):
            world.attempt("sp_credential", {**ADD, "app_ids": [SKYPE]})
    second = certificate("second.contoso.com")
    world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(second)})
    assert names(world) == ["before", "CN=contoso.com", "CN=second.contoso.com"]


@pytest.mark.parametrize("fault", [{"do": "reset"}, {"do": "status:503"}])
def test_keys_that_an_unanswered_request_wiped_are_put_back(estate: Callable[..., Estate], fault: dict[str, Any]) -> None:
    world = estate(key_null="wiped")
    world.faults.add({"on": "graph.patch", "after": True, **fault})
    result = world.in_tenant("sp_credential", {**ADD, "app_ids": [SKYPE, EXCHANGE]})
    assert [names(world, app_id) for app_id in (SKYPE, EXCHANGE)] == [["before", "CN=contoso.com"]] * 2
    assert len([text for text in result["warnings"] if "wiped" in text]) == 1


@pytest.mark.parametrize("lags", [[10], [0, 10], [0, 3, 10]])
def test_no_replica_that_lags_hides_that_keys_were_wiped(estate: Callable[..., Estate], lags: list[int]) -> None:
    world = estate(key_null="wiped", replica_lag=lags, replica_by="request")
    result = world.in_tenant("sp_credential", ADD)
    assert names(world) == ["before", "CN=contoso.com"]
    assert len([text for text in result["warnings"] if "wiped" in text]) == 1


@pytest.mark.parametrize("after", [False, True])
def test_keys_that_come_back_only_in_an_entry_of_their_own_are_enough(estate: Callable[..., Estate], after: bool) -> None:
    world = estate(key_null="wiped")
    world.faults.add({"on": "graph.patch", "nth": 2, "do": "status:400", "after": after})
    result = world.in_tenant("sp_credential", ADD)
    assert names(world) == ["before", "CN=contoso.com"]
    assert len([text for text in result["warnings"] if "wiped" in text]) == 1
    begin = world.clock.now
    world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(certificate("second.contoso.com"))})
    assert names(world) == ["before", "CN=contoso.com", "CN=second.contoso.com"]
    assert world.clock.now - begin < 60


def test_an_entry_that_another_removed_before_the_write_does_not_come_back(estate: Callable[..., Estate]) -> None:
    world = estate()
    gone = world.principal(SKYPE)["keyCredentials"][0]["keyId"]
    world.writers.add({"on": "graph.patch", "app_id": SKYPE, "remove_keys": [gone]})
    result = world.in_tenant("sp_credential", ADD)
    assert names(world) == ["CN=contoso.com"]
    assert any("another program's change" in text for text in result["warnings"])


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", [{"do": "throttle:6"}, {"do": "reset"}, {"do": "status:503"}, CONCURRENT])
def test_a_write_of_the_keys_themselves_that_has_to_wait_is_sent_again(
    estate: Callable[..., Estate], fault: dict[str, Any], after: bool
) -> None:
    world = estate(key_null="refused")
    world.faults.add({"on": "graph.patch", "nth": 2, "after": after, **fault})
    world.writers.add({"on": "graph.patch", "nth": 2, "after": True, "app_id": SKYPE, "add_keys": [MEANWHILE]})
    assert world.in_tenant("sp_credential", ADD)["changed"] is True
    assert sorted(names(world)) == sorted(EVERYTHING)


def test_a_service_that_asks_for_no_wait_is_not_asked_without_one(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "times": 1000, "do": "throttle:0"})
    result = world.attempt("sp_credential", ADD)
    assert "429" in result["msg"]
    assert world.faults.fired.count("graph.patch") <= 120
    assert names(world) == ["before"]


def test_a_stale_reading_after_a_write_that_had_to_wait_loses_nothing(estate: Callable[..., Estate]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "do": "throttle:5"})
    world.writers.add({"on": "graph.patch", "app_id": SKYPE, "add_keys": [MEANWHILE]})
    world.replicas._graph["stale_reads"] = 1
    world.in_tenant("sp_credential", ADD)
    assert names(world) == EVERYTHING


@pytest.mark.parametrize("fault", [{"do": "reset"}, {"do": "status:401"}, {"do": "status:404"}])
def test_a_reading_that_fails_after_a_write_says_what_may_have_been_done(estate: Callable[..., Estate], fault: dict[str, Any]) -> None:
    world = estate()
    world.faults.add({"on": "graph.patch", "after": True, "do": "reset"})
    world.faults.add({"on": "graph.get", "armed_by": "graph.patch", "times": 1000, **fault})
    result = world.attempt("sp_credential", ADD)
    assert f"It is not known whether service principal {SKYPE}" in result["msg"]
    assert "Nothing was changed" not in result["msg"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", [{"do": "throttle:6"}, {"do": "reset"}, {"do": "status:503"}, CONCURRENT])
def test_a_removal_that_has_to_wait_is_not_taken_for_anothers(estate: Callable[..., Estate], fault: dict[str, Any], after: bool) -> None:
    world = estate()
    name = f"{SKYPE}/one.contoso.com"
    world.in_tenant("sp_credential", ADD)
    world.in_tenant("sp_names", {"names": [name]})
    for module, options in (("sp_credential", ADD), ("sp_names", {"names": [name]})):
        world.faults.add({"on": "graph.patch", "after": after, **fault})
        begin = world.clock.now
        result = world.in_tenant(module, {**options, "state": "absent"})
        assert result["changed"] is True
        assert not [text for text in result.get("warnings", []) if "another program's change" in text]
        assert world.clock.now - begin < 30
    assert names(world) == ["before"]
    assert name not in world.principal(SKYPE)["servicePrincipalNames"]


def test_what_an_earlier_task_removed_is_waited_for_where_the_next_one_would_write_it_back(estate: Callable[..., Estate]) -> None:
    world = estate(replica_lag=[8])
    world.in_tenant("sp_credential", ADD)
    assert world.attempt("sp_credential", {**ADD, "state": "absent", "wait_timeout": 3})["changed"] is True
    world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(certificate("second.contoso.com"))})
    assert names(world) == ["before", "CN=second.contoso.com"]


def test_many_entries_are_told_by_what_is_found_a_few_times(estate: Callable[..., Estate], monkeypatch: pytest.MonkeyPatch) -> None:
    world, found = estate(), []
    one = made(MEANWHILE)
    entries = [{**one, "keyId": f"{number:08d}-0000-4000-8000-000000000000"} for number in range(60)]
    world.principal(SKYPE)["keyCredentials"] = entries
    tell = KeyCredential.fingerprint.fget
    assert tell is not None
    monkeypatch.setattr(KeyCredential, "fingerprint", property(lambda key: (found.append(key), tell(key))[1]))
    world.in_tenant("sp_credential", ADD)
    world.in_tenant("sp_names", {"names": [f"{number}.contoso.com" for number in range(60)]})
    assert len(found) < 60 * len(entries)


@pytest.mark.parametrize("module", ["sp_credential", "sp_names"])
def test_one_stale_reading_that_agrees_with_current_is_not_written_from(estate: Callable[..., Estate], module: str) -> None:
    """Another tool wrote after current was read, and the replica has not heard of it yet."""
    world = estate()
    current, principal = world.cloud(app_ids=[SKYPE]), world.principal(SKYPE)
    old = {
        **principal,
        "keyCredentials": list(principal["keyCredentials"]),
        "servicePrincipalNames": list(principal["servicePrincipalNames"]),
    }
    principal["keyCredentials"].append(made(MEANWHILE))
    principal["servicePrincipalNames"].append("https://meanwhile.fabrikam.com/")
    world.replicas._stale[principal["id"]] = (1, old)
    options = ADD if module == "sp_credential" else {"names": ["webext.contoso.com"]}
    assert world.in_tenant(module, {**options, "current": current})["changed"] is True
    if module == "sp_credential":
        assert names(world) == EVERYTHING
    else:
        assert {"https://meanwhile.fabrikam.com/", f"{SKYPE}/webext.contoso.com"} <= set(world.principal(SKYPE)["servicePrincipalNames"])


SECOND = certificate("second.contoso.com")
SECOND_THUMBPRINT = parse_der(SECOND.public_bytes(Encoding.DER)).thumbprint
BOTH = {"app_ids": [SKYPE], "certificates": [pem(OURS), pem(SECOND)]}


def held(name: str, of: Any) -> dict[str, Any]:
    """A key credential of a certificate as the tenant stores it."""
    key = base64.b64encode(of.public_bytes(Encoding.DER)).decode()
    return made({"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": name})


def shown(result: dict[str, Any], when: str) -> list[str]:
    """The display names of the key credentials that the diff shows before or after, in order."""
    return sorted(one["display_name"] for one in result["diff"][when][SKYPE]["key_credentials"])


def patches(world: Estate) -> int:
    return sum(one["verb"] == "PATCH" for one in world.log.entries(0))


def test_a_removal_that_another_writer_undid_in_part_is_told_in_full(estate: Callable[..., Estate]) -> None:
    world = estate()
    first, second = held("first", OURS), held("second", SECOND)
    world.principal(SKYPE)["keyCredentials"] += [first, second]
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "add_keys": [first]})
    absent = {"app_ids": [SKYPE], "state": "absent", "thumbprint": [THUMBPRINT, SECOND_THUMBPRINT]}
    foreseen = world.attempt("sp_credential", absent, check_mode=True)
    done = world.in_tenant("sp_credential", absent)
    assert (patches(world), names(world)) == (2, ["before"])
    assert done["operations"] == foreseen["operations"]
    assert len(done["operations"]) == 2
    assert done["diff"] == foreseen["diff"]
    assert shown(done, "before") == ["before", "first", "second"]


@pytest.mark.parametrize("lost", [[], [THUMBPRINT], [SECOND_THUMBPRINT], [THUMBPRINT, SECOND_THUMBPRINT]])
@pytest.mark.parametrize("fault", [None, {"do": "reset"}, {"do": "status:503"}])
@pytest.mark.parametrize("after", [False, True])
def test_an_addition_that_had_to_be_written_twice_is_told_in_full_and_once(
    estate: Callable[..., Estate], fault: dict[str, Any] | None, lost: list[str], after: bool
) -> None:
    world = estate()
    kept = [
        held(name, of)
        for name, of, thumbprint in (("kept", OURS, THUMBPRINT), ("kept too", SECOND, SECOND_THUMBPRINT))
        if thumbprint not in lost
    ]
    if fault:
        world.faults.add({"on": "graph.patch", "after": after, **fault})
    foreseen = world.attempt("sp_credential", BOTH, check_mode=True)
    if lost:
        rest = [world.principal(SKYPE)["keyCredentials"][0], *kept]
        world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "remove_keys": "*", "add_keys": rest})
    done = world.in_tenant("sp_credential", BOTH)
    assert sorted(done["operations"]) == sorted(foreseen["operations"])
    assert len(done["operations"]) == 2
    assert shown(done, "before") == ["before"]
    assert len(shown(done, "after")) == 3
    assert len(names(world)) == 3


def test_names_that_had_to_be_written_twice_are_told_in_full(estate: Callable[..., Estate]) -> None:
    world = estate()
    lost = f"{SKYPE}/one.contoso.com"
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "remove_names": [lost]})
    done = world.in_tenant("sp_names", {"names": ["one.contoso.com", "two.contoso.com"]})
    assert [one.partition(" to ")[0] for one in done["operations"]] == [f"add name {lost}", f"add name {SKYPE}/two.contoso.com"]
    assert not set(done["diff"]["before"][SKYPE]["names"]) & {lost, f"{SKYPE}/two.contoso.com"}
    assert {lost, f"{SKYPE}/two.contoso.com"} <= set(done["diff"]["after"][SKYPE]["names"])
