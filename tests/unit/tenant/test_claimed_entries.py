# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A removal takes what it has decided on, whatever later readings show: never an entry that only its identifier makes the farm's."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der
from tests.lab.cloud.key_credentials import made
from tests.lab.state import GREENFIELD

from ..estate import Estate
from ..support import NOW, certificate, pem

SKYPE = "00000004-0000-0ff1-ce00-000000000000"
OURS = certificate()
THUMBPRINT = parse_der(OURS.public_bytes(Encoding.DER)).thumbprint
ABSENT = {"app_ids": [SKYPE], "state": "absent", "thumbprint": THUMBPRINT}
KINDS = ("own", "again", "fake", "second", "foreign", "odd")
OWN = {"own", "again"}


def entry(name: str) -> dict[str, Any]:
    """own, again: the farm's. fake, second: a stranger's with the farm's identifier and no key. odd: with a key. foreign: a stranger's."""
    held = OURS if name in OWN else certificate(f"{name}.fabrikam.com")
    key = base64.b64encode(held.public_bytes(Encoding.DER)).decode()
    claimed = {"customKeyIdentifier": THUMBPRINT} if name in ("fake", "second", "odd") else {}
    hidden = {"key": None} if name in ("fake", "second") else {}
    return {**made({"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": name, **claimed}), **hidden}


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Estate]:
    def begin(*entries: dict[str, Any], **graph: Any) -> Estate:
        state = json.loads(GREENFIELD.read_text(encoding="utf-8"))
        next(one for one in state["tenants"][0]["service_principals"] if one["appId"] == SKYPE)["keyCredentials"] = list(entries)
        return Estate({**state, "graph": graph}, tmp_path, monkeypatch)

    return begin


def there(world: Estate) -> list[str]:
    return [str(one["displayName"]) for one in world.principal(SKYPE)["keyCredentials"]]


@pytest.mark.parametrize("seed", range(40))
def test_a_removal_by_thumbprint_keeps_every_strangers_and_says_so(estate: Callable[..., Estate], seed: int) -> None:
    chance = random.Random(seed)
    entries = [entry(name) for name in chance.sample(KINDS, chance.randint(1, len(KINDS)))]
    names = [one["displayName"] for one in entries]
    world = estate(*entries, key_null=chance.choice(["kept", "refused", "wiped"]), replica_lag=chance.choice([[0], [0, 4]]))
    fault = chance.choice([{"do": "throttle:6"}, {"do": "reset"}, {"do": "status:503"}, None])
    if fault:
        world.faults.add({"on": "graph.patch", "after": chance.random() < 0.5, **fault})
    asked = chance.choice([ABSENT, {**ABSENT, "thumbprint": None, "certificate_content": pem(OURS)}])
    result = world.in_tenant("sp_credential", asked)
    assert there(world) == [name for name in names if name not in OWN], (names, fault)
    assert len(result["operations"]) == len([name for name in names if name in OWN])
    claiming = [one for one in entries if one["displayName"] in ("fake", "second")]
    warnings = " ".join(result.get("warnings", []))
    assert all(f"key_id: {one['keyId']} and state: absent" in warnings for one in claiming)
    world.clock.now += 60
    assert world.in_tenant("sp_credential", asked)["changed"] is False
    if claiming:
        world.in_tenant("sp_credential", {**ABSENT, "thumbprint": None, "key_id": [claiming[0]["keyId"]]})
        assert claiming[0]["displayName"] not in there(world)


@pytest.mark.parametrize("fault", [{"do": "throttle:6"}, {"do": "reset"}, {"do": "status:503"}])
@pytest.mark.parametrize("name", ["again", "odd", "second foreign"])
@pytest.mark.parametrize("after", [False, True])
def test_what_appears_after_the_decision_stays(estate: Callable[..., Estate], fault: dict[str, Any], name: str, after: bool) -> None:
    world = estate(entry("own"), entry("foreign"))
    world.faults.add({"on": "graph.patch", "after": after, **fault})
    world.writers.add({"on": "graph.patch", "after": True, "app_id": SKYPE, "add_keys": [{**entry(name), "keyId": None}]})
    world.in_tenant("sp_credential", ABSENT)
    assert sorted(there(world)) == sorted(["foreign", name])


def test_an_own_entry_that_becomes_readable_later_is_a_later_runs(estate: Callable[..., Estate]) -> None:
    hidden = {**entry("own"), "key": None}
    world = estate(hidden, entry("foreign"))
    assert world.in_tenant("sp_credential", ABSENT)["changed"] is False
    world.principal(SKYPE)["keyCredentials"][0]["key"] = entry("own")["key"]
    assert world.in_tenant("sp_credential", ABSENT)["changed"] is True
    assert there(world) == ["foreign"]


def test_of_a_decided_removal_nothing_more_goes() -> None:
    keys = tuple(key_credential.from_graph(entry(name)) for name in ("own", "again", "fake", "foreign"))
    decided = CredentialRequest(present=False, thumbprints=(THUMBPRINT,), going=frozenset({str(keys[0].key_id)}))
    assert key_credential.plan(keys, decided, NOW).dropped == keys[:1]
    assert key_credential.plan(keys[1:], decided, NOW).dropped == ()
    open_yet = CredentialRequest(present=False, thumbprints=(THUMBPRINT,))
    assert key_credential.plan(keys, open_yet, NOW).dropped == keys[:2]


def test_an_entry_of_which_the_identifier_alone_tells_counts_as_there_and_nothing_is_added_beside_it(estate: Callable[..., Estate]) -> None:
    world = estate(entry("fake"))
    result = world.in_tenant("sp_credential", {"app_ids": [SKYPE], "certificate_content": pem(OURS)})
    assert result["changed"] is False
    assert "Microsoft Graph gives no certificate of the key credentials" in " ".join(result["warnings"])


def test_a_certificate_that_only_an_identifier_tells_is_added_with_another_in_one_write(estate: Callable[..., Estate]) -> None:
    other = certificate("other.contoso.com")
    both = {"app_ids": [SKYPE], "certificates": [pem(OURS), pem(other)]}
    world = estate(entry("fake"))
    foreseen = world.in_tenant("sp_credential", both, check_mode=True)
    done = world.in_tenant("sp_credential", both)
    assert sum(one["verb"] == "PATCH" for one in world.log.entries(0)) == 1
    assert there(world) == ["fake", "CN=contoso.com", "CN=other.contoso.com"]
    for result in (foreseen, done):
        assert [one.partition(" (")[0] for one in result["operations"]] == [
            f"add certificate {parse_der(one.public_bytes(Encoding.DER)).thumbprint}" for one in (OURS, other)
        ]
        assert result["operations"][0].endswith(": nothing but its identifier tells the entry of it there")
        assert "Microsoft Graph gives no certificate of the key credentials" in " ".join(result["warnings"])
    assert done["diff"] == foreseen["diff"]
    assert world.in_tenant("sp_credential", both)["changed"] is False
