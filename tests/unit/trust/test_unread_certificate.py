# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A farm that signs with a certificate that no parser here reads: it is what the server says it is, and its bytes are passed on."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der, sha1_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told_certificate import as_option, from_row
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import Conversation, Said, certificate, run_action

LEAD = "fe01.contoso.com"
SOUND = certificate().public_bytes(Encoding.DER)
# Its validity has no month, so that nothing but Windows reads it.
ODD = SOUND.replace(parse_der(SOUND).not_before.strftime("%y%m%d").encode(), parse_der(SOUND).not_before.strftime("%y00%d").encode(), 1)
THUMBPRINT = sha1_thumbprint(ODD)
GRAPH = "https://graph.microsoft.com/v1.0"
Decide = Callable[..., dict[str, Any]]


def row(**changed: Any) -> dict[str, Any]:
    told = {"thumbprint": THUMBPRINT, "content": base64.b64encode(ODD).decode(), "subject": "CN=contoso.com", "issuer": "CN=contoso.com"}
    told |= {"serial_number": "01", "not_before": states.at(-9), "not_after": states.at(500), "key_type": "RSA", "key_size": 2048}
    return {**told, "signature_algorithm": "sha256RSA", "found": True, "has_private_key": True, **changed}


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """What a decision says where every server signs with that certificate."""
    servers, cloud = Estate(states.right(), tmp_path, monkeypatch).everything()
    token = {"tenant_id": states.TENANT, "cloud": "global"}

    def made(module: str, **settings: Any) -> dict[str, Any]:
        read = copy.deepcopy(servers)
        for one in read:
            for shown in (one["certificate"], one["signing"]["current"]):
                shown.update(row())
        names = [str(one["server"]["name"]) for one in read]
        facts = Settings(deployment="contoso", exchange_credential=False, **settings).as_facts()
        options = {"settings": facts, "members": {"lead": names[0], "members": names}, "token": token}
        options["cloud" if module == "trust_rotation" else "principals"] = cloud
        hostvars = {name: {"_trust_read": one} for name, one in zip(names, read, strict=True)}
        result = run_action(module, {**options, "obstacles": "fail"}, task_vars={"hostvars": hostvars})
        assert not result.get("failed"), result["msg"]
        return result

    return made


def test_no_parser_here_reads_it() -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_der(ODD)


@pytest.mark.parametrize(("module", "step"), [("trust_plan", "certificate"), ("trust_rotation", "add")])
def test_it_is_written_to_the_tenant_byte_for_byte(decide: Decide, module: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = decide(module)["arguments"][step]
    (given,) = arguments["certificates"]
    assert given["thumbprint"] == THUMBPRINT
    there = {
        "id": "one",
        "appId": states.SKYPE,
        "displayName": None,
        "accountEnabled": True,
        "servicePrincipalNames": [],
        "keyCredentials": [],
    }
    put = {"keyId": "1", "type": "AsymmetricX509Cert", "usage": "Verify", "key": row()["content"], "customKeyIdentifier": THUMBPRINT}
    url = f"{GRAPH}/servicePrincipals(appId='{states.SKYPE}')?$select=id,appId,displayName,accountEnabled,servicePrincipalNames,"
    url += "keyCredentials,passwordCredentials"
    sent: list[Any] = []
    said = Conversation(
        *(Said("GET", url, answer=there) for _reading in range(2)),
        Said("PATCH", f"{GRAPH}/servicePrincipals/one", 204, check=sent.append),
        *(Said("GET", url, answer={**there, "keyCredentials": [put]}) for _reading in range(2)),
    )
    monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: said))
    monkeypatch.setenv("SFB_READ_PAUSE_SECONDS", "0.01")
    result = run_action("sp_credential", {"access_token": "opaque", **arguments})
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert [entry["key"] for entry in sent[0]["keyCredentials"]] == [row()["content"]]
    assert f"add certificate {THUMBPRINT}" in result["operations"][0]


def test_what_is_readable_is_given_as_its_bytes_alone() -> None:
    assert as_option(row(content=base64.b64encode(SOUND).decode())) == base64.b64encode(SOUND).decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"content": None},
        {"content": "!"},
        {"content": base64.b64encode(ODD[:-1]).decode()},
        {"thumbprint": None},
        {"thumbprint": "AB" * 20},
    ],
)
def test_bytes_that_are_not_those_of_the_thumbprint_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptionError, match="certificates"):
        from_row("certificates", row(**changed))


@pytest.mark.parametrize(
    "changed", [{"not_before": None, "not_after": None}, {"subject": None}, {"key_size": None}, {"not_after": "9999-12-31T23:59:59Z"}]
)
def test_what_the_server_does_not_tell_limits_nothing(changed: dict[str, Any]) -> None:
    made = from_row("certificates", row(**changed))
    assert (made.thumbprint, made.content) == (THUMBPRINT, row()["content"])
    assert made.subject
