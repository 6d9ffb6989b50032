# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure CLI against the lab as its cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import Lab

from . import estate
from .estate import CLIENT, EXCHANGE, FOREIGN, OVER, SKYPE
from .programs import AzureCli, FailedError


@pytest.fixture
def azure(lab: Lab, tmp_path: Path) -> AzureCli:
    return AzureCli(lab, tmp_path)


def test_service_principals_are_found_by_each_of_their_names(azure: AzureCli) -> None:
    for name in (SKYPE, "Microsoft.Lync", "b3f1c6a0-0000-4000-8000-000000000004"):
        assert azure.run("ad", "sp", "show", "--id", name)["appId"] == SKYPE
    assert {one["appId"] for one in azure.run("ad", "sp", "list", "--all")} == {SKYPE, EXCHANGE}
    assert [one["appId"] for one in azure.run("ad", "sp", "list", "--display-name", "Skype")] == [SKYPE]
    assert [one["appId"] for one in azure.run("ad", "sp", "list", "--spn", EXCHANGE)] == [EXCHANGE]
    assert [one["appId"] for one in azure.run("ad", "sp", "list", "--filter", "accountEnabled eq false")] == [EXCHANGE]
    with pytest.raises(FailedError, match="does not exist"):
        azure.run("ad", "sp", "show", "--id", FOREIGN)


def test_a_certificate_comes_beside_the_others_and_goes_again(azure: AzureCli, lab: Lab, tmp_path: Path) -> None:
    before = estate.certificates(lab, SKYPE)
    path = tmp_path / "ours.pem"
    path.write_text(estate.ours_pem(), encoding="utf-8")
    azure.run("ad", "sp", "credential", "reset", "--id", SKYPE, "--append", "--cert", f"@{path}", "--display-name", "ours")
    assert len(estate.certificates(lab, SKYPE)) == 3
    listed = azure.run("ad", "sp", "credential", "list", "--id", SKYPE, "--cert")
    assert {one["keyId"] for one in listed} > {OVER, FOREIGN}
    (ours,) = (one["keyId"] for one in listed if one["displayName"] == "ours")
    azure.run("ad", "sp", "credential", "delete", "--id", SKYPE, "--key-id", ours, "--cert")
    assert estate.certificates(lab, SKYPE) == before


def test_without_append_the_certificates_of_others_are_gone(azure: AzureCli, lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ours.pem"
    path.write_text(estate.ours_pem(), encoding="utf-8")
    azure.run("ad", "sp", "credential", "reset", "--id", SKYPE, "--cert", f"@{path}")
    assert [entry["key"] for entry in estate.principal(lab, SKYPE)["keyCredentials"]] == [estate.ours_key()]


def test_a_certificate_that_the_cli_makes_itself(azure: AzureCli, lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = azure.run("ad", "sp", "credential", "reset", "--id", EXCHANGE, "--append", "--create-cert", "--years", "1")
    assert Path(made["fileWithCertAndPrivateKey"]).is_relative_to(tmp_path)
    assert len(estate.certificates(lab, EXCHANGE)) == 2


def test_secrets(azure: AzureCli) -> None:
    assert azure.run("ad", "sp", "credential", "reset", "--id", EXCHANGE, "--append")["password"]
    (made,) = azure.run("ad", "sp", "credential", "list", "--id", EXCHANGE)
    azure.run("ad", "sp", "credential", "delete", "--id", EXCHANGE, "--key-id", made["keyId"])
    assert azure.run("ad", "sp", "credential", "list", "--id", EXCHANGE) == []
    azure.run("ad", "sp", "credential", "reset", "--id", EXCHANGE)
    azure.run("ad", "sp", "credential", "reset", "--id", EXCHANGE)
    assert len(azure.run("ad", "sp", "credential", "list", "--id", EXCHANGE)) == 1


def test_update_and_rest(azure: AzureCli, lab: Lab) -> None:
    azure.run("ad", "sp", "update", "--id", EXCHANGE, "--set", "accountEnabled=true")
    assert estate.principal(lab, EXCHANGE)["accountEnabled"] is True
    graph = lab.info["graph_url"]
    url = f"{graph}/v1.0/servicePrincipals(appId='{EXCHANGE}')"
    ask = ("rest", "--resource", graph, "--url")
    azure.run(*ask, url, "--method", "patch", "--body", '{"accountEnabled": false}')
    assert azure.run(*ask, f"{url}?$select=accountEnabled", "--method", "get")["accountEnabled"] is False
    assert azure.run(*ask, f"{graph}/v1.0/servicePrincipals", "--url-parameters", "$top=1")["@odata.nextLink"].startswith(graph)
    with pytest.raises(FailedError, match="Request_BadRequest"):
        azure.run(*ask, url, "--method", "put", "--body", "{}")


def test_applications(azure: AzureCli, lab: Lab) -> None:
    assert azure.run("ad", "app", "show", "--id", CLIENT)["appId"] == CLIENT
    assert [one["appId"] for one in azure.run("ad", "app", "list", "--app-id", CLIENT)] == [CLIENT]
    secret = azure.run("ad", "app", "credential", "reset", "--id", CLIENT, "--append")["password"]
    azure.run(
        "login", "--service-principal", "--allow-no-subscriptions", "-u", CLIENT, "-p", secret, "--tenant", lab.info["tenants"][0]["id"]
    )
    azure.run("ad", "app", "credential", "reset", "--id", CLIENT, "--append", "--create-cert")
    assert len(azure.run("ad", "app", "credential", "list", "--id", CLIENT, "--cert")) == 1
