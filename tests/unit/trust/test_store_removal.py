# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of earlier rolls that are named to be taken out of the servers' stores: what goes, and what stands in the way."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import outcome, rotation_table
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..farm.test_actions import WINDOWS
from ..support import run_action
from .shared import Hybrid

LEAD, OTHER = "fe01.contoso.com", "fe02.contoso.com"


def left(*servers: int, days: float = 20, name: str = "old") -> dict[str, Any]:
    """A farm that has had its certificate for long, with one of an earlier roll in the stores of these servers."""
    state = states.right()
    farm = states.farm(state)
    farm["cms"]["token_issuer"]["effective_date"] = states.at(-90)
    farm["certificates"][name] = states.made("CN=contoso.com", not_before=states.at(-800), days=days)
    for index in servers:
        farm["front_ends"][index]["store"].append(name)
    return state


def thumbprint(state: dict[str, Any], name: str = "old") -> str:
    return certificates.thumbprint(certificates.load(states.farm(state)["certificates"][name]))


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda state: Estate(state, tmp_path, monkeypatch)


def test_a_server_tells_what_it_has_of_named_certificates_and_for_what(estate: Any) -> None:
    state = left(0)
    states.farm(state)["front_ends"][0]["assigned"] = [{"use": "Default", "certificate": "old"}]
    old, issuer = thumbprint(state), thumbprint(state, "issuer")
    read = estate(state).onprem(LEAD, store_thumbprints=[old.lower(), issuer, "AB" * 20, old])["named_certificates"]
    assert [(one["thumbprint"], one["found"], one["uses"]) for one in read] == [
        (old, True, ["Default"]),
        (issuer, True, ["OAuthTokenIssuer"]),
        ("AB" * 20, False, []),
    ]
    assert (bool(read[0]["not_after"]), read[2]["not_after"]) == (True, None)


def test_what_is_named_goes_from_a_servers_store_and_a_second_task_changes_nothing(estate: Any) -> None:
    state = left(0)
    old, there = thumbprint(state), estate(state)
    options = {"state": "store_absent", "thumbprints": [old.lower(), "AB" * 20]}
    predicted = there.on_server(LEAD, "onprem_certificate", options, check_mode=True)
    assert there.onprem(LEAD, store_thumbprints=[old])["named_certificates"][0]["found"] is True
    done = there.on_server(LEAD, "onprem_certificate", options)
    assert predicted == done
    assert done["operations"] == [f"remove certificate {old} with its private key from the computer store of {LEAD}"]
    assert done["diff"] == {"before": {"in_store": [old]}, "after": {"in_store": []}}
    assert (done["certificate"], done["signing"]["current"]["found"]) == (None, True)
    current = there.onprem(LEAD, store_thumbprints=[old, "AB" * 20])
    assert current["named_certificates"][0]["found"] is False
    for again in (options, {**options, "current": current}):
        assert (result := there.on_server(LEAD, "onprem_certificate", again))["changed"] is False
        assert result["operations"] == []
    mark = len(there.log.entries())
    there.on_server(LEAD, "onprem_certificate", {**options, "current": current})
    assert len(there.log.entries()) == mark


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("role", ["certificate", "previous"])
def test_what_the_server_has_assigned_for_any_use_stays_and_so_does_the_rest(estate: Any, role: str, check_mode: bool) -> None:
    state = left(0)
    states.farm(state)["certificates"]["web"] = states.made("CN=webext.contoso.com", days=300)
    states.farm(state)["front_ends"][0]["store"].append("web")
    states.farm(state)["front_ends"][0]["assigned"] = [{"use": "WebServicesExternal", "certificate": "issuer", role: "web"}]
    there = estate(state)
    options = {"state": "store_absent", "thumbprints": [thumbprint(state), thumbprint(state, "web")]}
    with pytest.raises(AssertionError, match=f"{thumbprint(state, 'web')} .WebServicesExternal.. Nothing was removed"):
        there.on_server(LEAD, "onprem_certificate", options, check_mode=check_mode)
    assert [one["found"] for one in there.onprem(LEAD, store_thumbprints=options["thumbprints"])["named_certificates"]] == [True, True]


def test_a_removal_that_fails_tells_what_is_gone_and_what_is_still_there(estate: Any) -> None:
    state = left(0)
    states.farm(state)["certificates"]["older"] = states.made("CN=contoso.com", not_before=states.at(-900), days=5)
    states.farm(state)["front_ends"][0]["store"].append("older")
    old, older = thumbprint(state), thumbprint(state, "older")
    for after, word in ((False, f"{older} is still there."), (True, "is not in the store any more; whether its private key is gone")):
        there = estate(state)
        there.faults.add({"on": "cmdlet:Clear-StoreCertificate", "do": "error:no key", "after": after, "nth": 2})
        options = {"state": "store_absent", "thumbprints": [old, older]}
        with pytest.raises(AssertionError, match=word) as failed:
            there.on_server(LEAD, "onprem_certificate", options)
        assert f"{LEAD}: Remove-StoreCertificate failed: no key" in str(failed.value)
        assert f"Removed before that: {old}." in str(failed.value)


@pytest.mark.parametrize("options", [{}, {"thumbprints": ["xyz"]}])
def test_what_is_no_thumbprint_is_refused_before_anything_is_contacted(options: dict[str, Any]) -> None:
    result = run_action("onprem_certificate", {"state": "store_absent", **options}, connection=WINDOWS)
    assert "thumbprints" in result["msg"]


Decide = Callable[..., dict[str, Any]]


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """The result of trust_rotation over a state in which certificates are named.

    members: changes the option. alter, alter_cloud: change what each server and the tenant told. unread: a server that was not reached.
    Others: settings.
    """

    def made(
        state: dict[str, Any],
        *names: str,
        members: dict[str, Any] | None = None,
        alter: Callable[[dict[str, Any]], object] = lambda _reading: None,
        alter_cloud: Callable[[dict[str, Any]], object] = lambda _cloud: None,
        unread: str | None = None,
        pfx_password: str | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        estate, named = Estate(state, tmp_path, monkeypatch), [thumbprint(state, name) for name in names or ("old",)]
        read: dict[str, Any] = {name: estate.onprem(name, store_thumbprints=named) for name in estate.servers}
        for reading in read.values():
            alter(reading)
        if unread:
            read[unread] = {"unreachable": True, "msg": "timed out"}
        cloud = estate.cloud()
        alter_cloud(cloud)
        options = {
            "settings": Settings(exchange_credential=False, rotation_remove_from_store=tuple(named), **settings).as_facts(),
            "members": {"lead": LEAD, "members": list(read), **(members or {})},
            "token": {"tenant_id": states.TENANT, "cloud": "global", "credential": estate.signed_in()["credential"]},
            "cloud": cloud,
            "pfx_password": pfx_password,
            "obstacles": "fail",
        }
        return run_action("trust_rotation", options, task_vars={"hostvars": {name: {"_trust_read": one} for name, one in read.items()}})

    return made


def refused(result: dict[str, Any], *parts: str) -> None:
    """The run ended before its first write, with a message that has all of these."""
    assert result["failed"], result
    assert [part for part in (*parts, "Nothing was changed") if part not in result["msg"]] == []
    assert "arguments" not in result


@pytest.mark.parametrize("servers", [(0,), (1,), (0, 1)], ids=str)
def test_what_is_named_leaves_every_store_that_has_it(decide: Decide, servers: tuple[int, ...]) -> None:
    state = left(*servers)
    result = decide(state)
    assert not result.get("failed"), result["msg"]
    old = thumbprint(state)
    assert result["arguments"]["from_store"] == {(LEAD, OTHER)[index]: [old] for index in servers}
    assert result["steps"]["from_store"] is True
    row = result["certificates"][-1]
    stores = "1 store" if len(servers) == 1 else "2 stores"
    assert (row["thumbprint"], row["role"], row["app_ids"], row["action"]) == (old, f"removed from {stores}", [], None)
    (line,) = (one for one in rotation_table.lines(result["certificates"], datetime.now(timezone.utc)) if one.startswith(old))
    assert f"removed from {stores}" in line


def test_what_no_server_has_is_in_place_whatever_else_is_unknown(decide: Decide) -> None:
    state = left()
    states.add_key(state, states.SKYPE, "old", states.farm(state)["certificates"]["old"])
    result = decide(state, members={"unchecked": ["fe03.contoso.com"]})
    assert not result.get("failed"), result["msg"]
    assert (result["steps"]["from_store"], result["arguments"]["from_store"]) == (False, {})
    assert thumbprint(state) not in [one["thumbprint"] for one in result["certificates"]]


def test_what_signs_stays(decide: Decide) -> None:
    state = left(0)
    refused(
        decide(state, "issuer"), f"{LEAD}, {OTHER}: {thumbprint(state, 'issuer')} cannot be removed", "it signs now there", "Take it out"
    )


def test_what_signs_on_one_server_alone_stays_on_every_server(decide: Decide) -> None:
    state = left(0, 1)
    states.farm(state)["front_ends"][1]["token_issuer"] = {"certificate": "old", "previous": None, "effective_date": states.at(-90)}
    result = decide(state)
    assert f"{OTHER}: {thumbprint(state)} cannot be removed from the stores" in result["failure"]
    assert "it signs now there" in result["failure"]
    assert result["arguments"]["from_store"] == {}


def test_what_is_staged_stays_and_nothing_else_goes_while_a_roll_is_pending(decide: Decide) -> None:
    state = left(0)
    states.staged(state, 3)
    refused(decide(state, "next"), f"{LEAD}, {OTHER}: {thumbprint(state, 'next')} cannot be removed", "it signs next there")
    state = left(0, days=300)
    states.staged(state, 3)
    refused(decide(state), f"{LEAD}, {OTHER}: {thumbprint(state)} cannot be removed", "a roll is pending there until ")


def test_the_previous_certificate_stays_until_every_server_has_forgotten_it(decide: Decide) -> None:
    state = left(0, 1)
    states.farm(state)["front_ends"][1]["token_issuer"] = {"certificate": "issuer", "previous": "old", "effective_date": states.at(-90)}
    refused(decide(state), f"{OTHER}: {thumbprint(state)} cannot be removed", "it signed before there", "trust_rotation_remove_previous")


@pytest.mark.parametrize("role", ["certificate", "previous"])
def test_what_a_server_has_assigned_for_another_use_stays(decide: Decide, role: str) -> None:
    state = left(0, 1)
    states.farm(state)["front_ends"][1]["assigned"] = [{"use": "Default", "certificate": "issuer", role: "old"}]
    refused(decide(state), f"{OTHER}: {thumbprint(state)} cannot be removed", "for Default", "Assign another certificate for that use")


@pytest.mark.parametrize(("days", "goes"), [(6.9, False), (7.1, True)])
def test_nothing_leaves_the_stores_while_the_overlap_runs(decide: Decide, days: float, goes: bool) -> None:
    state = left(0)
    states.farm(state)["cms"]["token_issuer"]["effective_date"] = states.at(-days)
    result = decide(state)
    if goes:
        assert result["arguments"]["from_store"] == {LEAD: [thumbprint(state)]}
    else:
        refused(result, f"{LEAD}, {OTHER}: {thumbprint(state)} cannot be removed", "when the overlap is over", "until then")


@pytest.mark.parametrize(("days", "goes"), [(300, False), (-2, True)])
def test_where_the_farm_tells_no_date_the_certificate_stays_until_it_expires(decide: Decide, days: float, goes: bool) -> None:
    state = left(0, days=days)
    states.farm(state)["certificates"]["before"] = states.made("CN=contoso.com", days=300)
    states.farm(state)["cms"]["token_issuer"]["previous"] = "before"

    def undated(reading: dict[str, Any]) -> None:
        reading["signing"]["current"]["effective_date"] = None

    result = decide(state, alter=undated)
    if goes:
        assert result["arguments"]["from_store"] == {LEAD: [thumbprint(state)]}
    else:
        refused(result, "is not told, so it may be in use until it expires on")


def test_what_a_service_principal_holds_stays_until_it_is_removed_there(decide: Decide) -> None:
    state = left(0, days=300)
    states.add_key(state, states.SKYPE, "old", states.farm(state)["certificates"]["old"])
    old = thumbprint(state)
    refused(
        decide(state),
        f"tenant: {old} cannot be removed",
        f"service principal {states.SKYPE} (Skype for Business Online) still holds it",
        f"trust_rotation_remove_thumbprints: [{old}]",
    )
    result = decide(state, rotation_remove_thumbprints=(old,))
    assert [one["thumbprint"] for one in result["remove"]] == [old]
    assert result["arguments"]["from_store"] == {LEAD: [old]}


def test_what_a_principal_is_not_to_hold_counts_too(decide: Decide) -> None:
    state = left(0, days=300)
    states.add_key(state, states.EXCHANGE, "old", states.farm(state)["certificates"]["old"])
    refused(decide(state), f"service principal {states.EXCHANGE}")


def test_an_entry_whose_certificate_is_not_told_holds_what_its_identifier_claims(decide: Decide) -> None:
    state = left(0, days=300)
    states.add_key(state, states.SKYPE, "old", states.farm(state)["certificates"]["old"])

    def untold(cloud: dict[str, Any]) -> None:
        for key in cloud["service_principals"][0]["key_credentials"]:
            if key["thumbprint"] == thumbprint(state):
                key.update(thumbprint=None, key_type=None, identifier=thumbprint(state))

    refused(decide(state, alter_cloud=untold), "an identifier alone proves nothing")


def test_a_server_that_is_not_in_the_run_keeps_everything_where_it_is(decide: Decide) -> None:
    state = left(0)
    result = decide(state, members={"unchecked": ["fe03.contoso.com"]})
    refused(result, "fe03.contoso.com was not read in this run", "without --limit")
    refused(decide(state, unread=OTHER), OTHER, "timed out")


def test_a_restricted_endpoint_can_remove_nothing_and_says_so(decide: Decide) -> None:
    state = left(1)

    def restricted(reading: dict[str, Any]) -> None:
        if reading["inventory_name"] == OTHER:
            reading["endpoint"] = "restricted"
            del reading["named_certificates"]

    refused(decide(state, alter=restricted), f"{OTHER} is reached through a restricted endpoint", "Remove-Item Cert:", "-DeleteKey")


def test_a_store_that_was_not_read_is_not_an_empty_one(decide: Decide) -> None:
    refused(decide(left(1), alter=lambda reading: reading.pop("named_certificates")), f"{OTHER}: whether its store has", "was not read")


def test_what_is_about_to_be_used_stays(decide: Decide, tmp_path: Path) -> None:
    state = left(0)
    (tmp_path / "old.cer").write_bytes(certificates.load(states.farm(state)["certificates"]["old"]).public_bytes(Encoding.DER))
    result = decide(state, certificate_path=str(tmp_path / "old.cer"))
    refused(result, f"{thumbprint(state)} cannot be removed", "trust_certificate_path names it")


def test_with_an_obstacle_what_signs_reaches_the_tenant_and_nothing_leaves_a_store(decide: Decide) -> None:
    state = left(0, days=300)
    states.farm(state)["front_ends"][1]["assigned"] = [{"use": "Default", "certificate": "old"}]
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    states.add_key(state, states.SKYPE, "old", states.farm(state)["certificates"]["old"])
    result = decide(state)
    assert [one["thumbprint"] for one in result["add"]] == [thumbprint(state, "issuer")]
    assert "for Default" in result["failure"]
    assert (result["steps"]["from_store"], result["arguments"]["from_store"]) == (False, {})
    assert "removed from" not in str(result["certificates"])


@pytest.mark.parametrize("unread", [False, True])
def test_what_another_deployment_signs_with_stays_and_so_does_everything_while_one_was_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unread: bool
) -> None:
    hybrid = Hybrid(tmp_path, monkeypatch)
    hybrid.farms["east"] = left(0, days=300)
    old = hybrid.thumbprint("east", "old")
    west = states.farm(hybrid.farms["west"])
    west["certificates"]["old"] = states.farm(hybrid.farms["east"])["certificates"]["old"]
    west["cms"]["token_issuer"] = {"certificate": "old", "previous": None, "effective_date": states.at(-90)}
    for front_end in west["front_ends"]:
        front_end["store"].append("old")
    hybrid.settings["east"] = {"rotation_remove_from_store": (old,)}
    hybrid.unread = {"west"} if unread else set()
    onprem = Estate.onprem
    monkeypatch.setattr(Estate, "onprem", lambda self, name, **options: onprem(self, name, store_thumbprints=[old], **options))
    word = "whether deployment west signs with it was not read" if unread else "deployment west signs with it now"
    refused(hybrid.decide("trust_rotation"), f"{old} cannot be removed from the stores", word)


def test_a_file_that_is_to_follow_and_is_to_go_is_refused_before_it_is_imported(decide: Decide, tmp_path: Path) -> None:
    state = left(0)
    entry = states.made("CN=contoso.com", days=900)
    states.farm(state)["certificates"]["file"] = entry
    key, made, _others = pkcs12.load_key_and_certificates(base64.b64decode(entry["pfx"]), None)
    content = pkcs12.serialize_key_and_certificates(None, key, made, None, BestAvailableEncryption(b"s3cret"))  # type: ignore[arg-type]
    (tmp_path / "next.pfx").write_bytes(content)
    given = {"rotation_create": "pfx", "rotation_pfx_path": str(tmp_path / "next.pfx")}
    word = f"trust_rotation_pfx_path holds the certificate {thumbprint(state, 'file')}, which trust_rotation_remove_from_store names"
    refused(decide(state, "file", pfx_password="s3cret", **given), word, "Take it out of one of them")


def told(hostvars: dict[str, Any], batch: list[str]) -> dict[str, Any]:
    def prepare(action: Any) -> None:
        action._task.get_play = lambda: SimpleNamespace(strategy="linear")

    task_vars = {
        "ansible_play_hosts_all": list(hostvars),
        "ansible_play_batch": batch,
        "ansible_play_hosts": batch,
        "groups": {"all": list(hostvars), "front_ends": list(hostvars)},
        "hostvars": {name: {"_trust_settings": {"settings": Settings().as_facts()}, **one} for name, one in hostvars.items()},
    }
    return run_action("trust_servers", {"plans": "_trust_plan"}, prepare=prepare, task_vars=task_vars)


def test_a_server_is_told_what_leaves_its_store_unless_the_lead_has_failed() -> None:
    gone = {LEAD: ["A" * 40], OTHER: ["A" * 40, "B" * 40]}
    hostvars = {LEAD: {"_trust_plan": {"arguments": {"from_store": gone}}}, OTHER: {}}
    assert told(hostvars, [LEAD, OTHER])["from_store"] == gone
    assert told(hostvars, [OTHER])["from_store"] == {}
    assert told({LEAD: {"_trust_plan": {"skipped": True}}, OTHER: {}}, [LEAD, OTHER])["from_store"] == {}


def test_the_summary_has_what_left_each_store(decide: Decide) -> None:
    state = left(0, 1)
    plan, there = decide(state), thumbprint(state)
    registered = {
        LEAD: {"_trust_emptied": {"changed": True, "operations": [f"remove certificate {there} from {LEAD}"], "warnings": ["late"]}},
        OTHER: {"_trust_emptied": {"changed": True, "operations": [f"remove certificate {there} from {OTHER}"]}},
    }
    options = {"run": "rotate", "plan": plan, "done": {}, "removed_from_store": "_trust_emptied"}
    result = run_action("trust_outcome", options, task_vars={"hostvars": registered})
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["operations"] == [one["_trust_emptied"]["operations"][0] for one in registered.values()]
    assert (result["summary"]["changed"], "late" in result["summary"]["warnings"]) == (True, True)
    assert outcome.rotated(plan, None, {})["changed"] is False


def test_what_is_named_to_go_is_not_taken_for_the_certificate_that_waits(decide: Decide) -> None:
    state = left()
    old, gone = thumbprint(state), ("B" * 40, "C" * 40)
    given = {"rotation_create": "self_signed", "rotation_warn_days": 3000, "rotation_valid_days": 3650}
    result = decide(state, rotation_earlier_thumbprints=gone, rotation_remove_thumbprints=(gone[1],), **given)
    assert result["steps"]["store"] is True
    assert result["arguments"]["store"]["withdrawn_thumbprints"] == [*gone, old]


def test_a_server_that_cannot_tell_its_certificates_tells_nothing_of_named_ones(estate: Any) -> None:
    state = left(0)
    states.farm(state)["front_ends"][0]["lacks"] = ["Get-CsCertificate"]
    read = estate(state).onprem(LEAD, store_thumbprints=[thumbprint(state)])
    assert "named_certificates" not in read
    assert list(read["unknown"]) == ["certificate"]
    assert len(read["warnings"]) == 1
