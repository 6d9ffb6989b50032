# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated cmdlets as reference pages and Microsoft's own test mocks have them, in ways in which the collection does not call them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.cloud.metadata import resolve
from tests.lab.farm.binder import CmdletError
from tests.lab.farm.farm import Farm
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State

URL = "https://autodiscover.contoso.com/autodiscover/metadata/json/1"
STS = "https://sts.contoso.com/metadata/json/1"


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    state = State()
    cms = state.data["deployments"][0]["cms"]
    cms["services"] = [{"Role": "EdgeServer", "PoolFqdn": "edge.contoso.com", "AccessEdgeExternalFqdn": "sip.contoso.com"}]
    cms["computers"] = [{"Fqdn": "edge01.contoso.com", "Pool": "edge.contoso.com"}]
    resolved = {"issuer": "00000002-0000-0ff1-ce00-000000000000", "realm": "contoso.com", "type": "Acs"}
    return Farm(state, RequestLog(), Faults(), tmp_path, None, lambda _url: resolved)


def run(farm: Farm, cmdlet: str, **given: Any) -> list[dict[str, Any]]:
    """The values of the properties of each object."""
    rows = farm.front_ends["fe01.contoso.com"].cmdlet(cmdlet, given, "x")
    return [{name: entry["value"] for name, entry in row["properties"].items()} for row in rows]


@pytest.mark.parametrize("cmdlet", ["Get-CsOAuthServer", "Get-CsPartnerApplication", "Get-CsService", "Get-CsComputer"])
@pytest.mark.parametrize("action", ["SilentlyContinue", "ignore", 0])
def test_what_is_not_there_is_nothing_where_errors_are_not_wanted(farm: Farm, cmdlet: str, action: Any) -> None:
    assert run(farm, cmdlet, Identity="none", ErrorAction=action) == []
    assert "ErrorAction" not in farm.log.entries()[-1]["detail"]["parameters"]


@pytest.mark.parametrize(("action", "ends"), [("Continue", False), ("Stop", True), (1, True), (None, False)])
def test_what_is_not_there_ends_a_command_only_where_that_is_asked_for(farm: Farm, action: Any, ends: bool) -> None:
    with pytest.raises(CmdletError) as failed:
        run(farm, "Get-CsOAuthServer", Identity="none", **({"ErrorAction": action} if action is not None else {}))
    assert failed.value.ends is ends


def test_an_error_that_ends_a_command_is_not_silenced(farm: Farm) -> None:
    with pytest.raises(CmdletError, match="missing mandatory"):
        run(farm, "New-CsOAuthServer", Identity="x", ErrorAction="SilentlyContinue")


def test_the_configuration_lists_servers_and_applications(farm: Farm) -> None:
    (empty,) = run(farm, "Get-CsOAuthConfiguration")
    assert (empty["OAuthServers"], empty["PartnerApplications"]) == (None, None)
    run(farm, "New-CsOAuthServer", Identity="microsoft.sts", MetadataUrl=STS)
    run(farm, "New-CsPartnerApplication", Identity="Exchange", MetadataUrl=URL, ApplicationTrustLevel="Full")
    (found,) = run(farm, "Get-CsOAuthConfiguration")
    ((server,), (application,)) = found["OAuthServers"], found["PartnerApplications"]
    assert server["properties"]["MetadataUrl"]["value"] == STS
    assert "Identity=microsoft.sts;" in server["text"]
    assert f"AuthToken=Value={URL}" in application["text"]


def test_metadata_of_an_on_premises_product_makes_a_partner_application_and_no_oauth_server(farm: Farm) -> None:
    run(farm, "New-CsPartnerApplication", Identity="Exchange", MetadataUrl=URL.upper(), ApplicationTrustLevel="Full")
    (made,) = run(farm, "Get-CsPartnerApplication")
    assert made["ApplicationIdentifier"] == "00000002-0000-0ff1-ce00-000000000000"
    with pytest.raises(CmdletError, match="it names no authorization server"):
        run(farm, "New-CsOAuthServer", Identity="microsoft.sts", MetadataUrl=URL)
    deployment = farm.state.data["deployments"][0]
    deployment["metadata_documents"][STS] = {"error": "The remote server returned an error: (503) Server Unavailable."}
    with pytest.raises(CmdletError, match="503"):
        run(farm, "Set-CsPartnerApplication", Identity="Exchange", MetadataUrl=STS)


@pytest.mark.parametrize("reads", [False, True])
def test_set_may_read_the_identifier_anew_or_not(farm: Farm, reads: bool) -> None:
    deployment = farm.state.data["deployments"][0]
    deployment["set_takes_identifier"] = reads
    run(farm, "New-CsPartnerApplication", Identity="Exchange", MetadataUrl=URL, ApplicationTrustLevel="Full")
    (sharepoint,) = (url for url in deployment["metadata_documents"] if "sharepoint" in url)
    run(farm, "Set-CsPartnerApplication", Identity="Exchange", MetadataUrl=sharepoint)
    (made,) = run(farm, "Get-CsPartnerApplication")
    assert made["ApplicationIdentifier"].startswith("00000003" if reads else "00000002")


def test_services_are_those_of_every_role_where_none_is_named(farm: Farm) -> None:
    found = run(farm, "Get-CsService")
    assert {one["Role"] for one in found} == {
        "WebServer",
        "Registrar",
        "UserServer",
        "ConferencingServer",
        "ApplicationServer",
        "EdgeServer",
    }
    assert len({one["Identity"] for one in found}) == len({one["ServiceId"] for one in found}) == len(found)
    assert [one.get("ExternalFqdn") for one in found if one["Role"] == "Registrar"] == [None] * 5
    assert run(farm, "Get-CsService", EdgeServer=True) == [found[-1]]
    assert found[-1]["AccessEdgeExternalFqdn"] == "sip.contoso.com"
    assert run(farm, "Get-CsService", MediationServer=True) == []
    (one,) = run(farm, "Get-CsService", Identity="webserver:Pool01.contoso.com")
    assert one == run(farm, "Get-CsService", WebServer=True)[0]
    assert {one["PoolFqdn"] for one in run(farm, "Get-CsService", PoolFqdn="pool01.contoso.com")} == {"pool01.contoso.com"}
    assert {one["Role"] for one in run(farm, "Get-CsService", Filter="regis*")} == {"Registrar"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["fe01", "fe02", "edge01"]),
        ({"Pool": "POOL01.contoso.com"}, ["fe01", "fe02"]),
        ({"Local": True}, ["fe01"]),
        ({"Filter": "edge*"}, ["edge01"]),
        ({"Identity": "fe02.contoso.com"}, ["fe02"]),
    ],
)
def test_computers_are_those_of_the_topology(farm: Farm, given: dict[str, Any], names: list[str]) -> None:
    found = run(farm, "Get-CsComputer", **given)
    assert [one["Fqdn"] for one in found] == [one["Identity"] for one in found] == [f"{name}.contoso.com" for name in names]


def test_a_replica_may_be_named(farm: Farm) -> None:
    named = run(farm, "Get-CsManagementStoreReplicationStatus", ReplicaFqdn="FE01.contoso.com")
    assert [one["ReplicaFqdn"] for one in named] == ["fe01.contoso.com"]
    assert len(run(farm, "Get-CsManagementStoreReplicationStatus")) > 1


def test_certificates_of_another_use_are_none(farm: Farm) -> None:
    assert run(farm, "Get-CsCertificate", Type=["Default"]) == []
    assert len(run(farm, "Get-CsCertificate", Type=["default", "oauthtokenissuer"])) == 1


@pytest.mark.parametrize(
    ("cmdlet", "given"),
    [
        ("Set-CsOAuthConfiguration", {"Instance": "x"}),
        ("Get-CsManagementStoreReplicationStatus", {"CentralManagementStoreStatus": True}),
    ],
)
def test_a_parameter_that_is_not_simulated_is_not_passed_over(farm: Farm, cmdlet: str, given: dict[str, Any]) -> None:
    with pytest.raises(CmdletError, match="does not simulate"):
        run(farm, cmdlet, **given)


FEDERATION = "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml"
EVO = {"Identity": "evoSTS", "MetadataUrl": FEDERATION, "AcceptSecurityIdentifierInformation": True}


@pytest.fixture
def own(tmp_path: Path) -> Farm:
    """A farm that downloads what the lab has."""
    state = State()
    return Farm(state, RequestLog(), Faults(), tmp_path, None, lambda url: resolve(state, url, "https://localhost"))


@pytest.mark.parametrize("tenant", ["common", "5588b4fd-f26d-475c-824f-9911277ab13e", "contoso.com"])
def test_federation_metadata_is_taken_with_its_type_and_tells_the_issuer(own: Farm, tenant: str) -> None:
    url = FEDERATION.replace("common", tenant)
    with pytest.raises(CmdletError, match="not a valid metadata document"):
        run(own, "New-CsOAuthServer", **EVO)
    (made,) = run(own, "New-CsOAuthServer", **{**EVO, "MetadataUrl": url}, Type="AzureAD")
    assert (made["Type"], made["IssuerIdentifier"], made["Realm"], made["MetadataUrl"]) == ("AzureAD", "sts.windows.net", "", url)
    run(own, "Set-CsOAuthServer", Identity="EVOSTS", MetadataUrl=FEDERATION)
    (found,) = run(own, "Get-CsOAuthServer")
    assert (found["Type"], found["MetadataUrl"]) == ("AzureAD", FEDERATION)


def test_federation_metadata_of_no_tenant_is_none(own: Farm) -> None:
    with pytest.raises(CmdletError, match="remote name could not be resolved"):
        run(own, "New-CsOAuthServer", **{**EVO, "MetadataUrl": FEDERATION.replace("common", "fabrikam.com")}, Type="AzureAD")


def test_clients_are_sent_only_to_a_server_that_is_there_and_it_stays_while_they_are(own: Farm) -> None:
    switch = "ClientAuthorizationOAuthServerIdentity"
    with pytest.raises(CmdletError, match="Cannot find OAuth server"):
        run(own, "Set-CsOAuthConfiguration", **{switch: "evoSTS"})
    run(own, "New-CsOAuthServer", **EVO, Type="AzureAD")
    run(own, "Set-CsOAuthConfiguration", **{switch: "EvoSTS"})
    with pytest.raises(CmdletError, match="is in use"):
        run(own, "Remove-CsOAuthServer", Identity="evoSTS")
    run(own, "Set-CsOAuthConfiguration", **{switch: ""})
    run(own, "Remove-CsOAuthServer", Identity="evoSTS")
    assert run(own, "Get-CsOAuthServer") == []
