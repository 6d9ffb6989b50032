# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ordinary endpoint of PowerShell remoting, asked by an unmodified pypsrp: cmdlets and scripts, whose objects arrive as objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pypsrp.client import Client
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool

from tests.lab import Lab, engine_path

pytestmark = pytest.mark.skipif(engine_path() is None, reason="no pwsh on PATH")
URL = "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(workdir=tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[Client]:
    info = lab.info["front_ends"][0]
    options: dict[str, Any] = {"port": info["https_port"], "auth": "basic", "cert_validation": lab.info["ca_path"]}
    with Client(info["host"], username=info["user"], password=info["password"], **options) as client:
        yield client


@pytest.fixture(scope="module")
def pool(client: Client) -> Iterator[RunspacePool]:
    with RunspacePool(client.wsman) as pool:
        yield pool


def test_cmdlets_change_the_farm_and_return_objects_with_properties(lab: Lab, pool: RunspacePool) -> None:
    new = PowerShell(pool).add_cmdlet("New-CsOAuthServer").add_parameters({"Identity": "microsoft.sts", "MetadataUrl": URL})
    (made,) = new.invoke()
    assert (new.had_errors, made.types[0].split(".")[-1]) == (False, "OAuthServer#Decorated")
    assert made.extended_properties["MetadataUrl"] == URL
    assert made.extended_properties["AcceptSecurityIdentifierInformation"] is False
    parameters = {"Identity": "microsoft.exchange", "ApplicationIdentifier": "a", "ApplicationTrustLevel": "Full", "UseOAuthServer": True}
    (application,) = PowerShell(pool).add_cmdlet("New-CsPartnerApplication").add_parameters(parameters).invoke()
    assert str(application.extended_properties["AuthToken"]).endswith("UseOAuthServer")
    (configuration,) = PowerShell(pool).add_cmdlet("Get-CsOAuthConfiguration").invoke()
    (server,) = configuration.extended_properties["OAuthServers"]
    # One level down an object is its text, as in any remote session.
    assert isinstance(server, str)
    assert server.startswith("Identity=microsoft.sts;")
    assert [one["Identity"] for one in lab.state()["deployments"][0]["cms"]["oauth_servers"]] == ["microsoft.sts"]


def test_commands_are_joined_and_dates_are_dates(pool: RunspacePool) -> None:
    pipeline = PowerShell(pool).add_cmdlet("Get-CsCertificate").add_parameter("Type", ["OAuthTokenIssuer"])
    pipeline.add_cmdlet("Select-Object").add_parameter("Property", ["Use", "NotAfter"])
    (found,) = pipeline.invoke()
    assert found.extended_properties["Use"] == "OAuthTokenIssuer"
    assert "T" in str(found.extended_properties["NotAfter"]) or found.extended_properties["NotAfter"].year > 2000


def test_scripts_return_values_of_their_kind(pool: RunspacePool) -> None:
    pipeline = PowerShell(pool).add_script("param($More) 1 + $More; 'text'; $true; , @(1, 'two'); Write-Warning 'careful'").add_argument(2)
    assert pipeline.invoke() == [3, "text", True, [1, "two"]]
    assert [str(one.message) for one in pipeline.streams.warning] == ["careful"]


def test_errors_go_to_the_error_stream(pool: RunspacePool) -> None:
    pipeline = PowerShell(pool).add_script("Get-CsOAuthServer -Identity none; 'goes on'")
    assert pipeline.invoke() == ["goes on"]
    assert [(one.fq_error, str(one)) for one in pipeline.streams.error] == [
        ("ItemNotFound,Get-CsOAuthServer", 'Cannot find item "none" in the store.')
    ]
    silent = PowerShell(pool).add_cmdlet("Get-CsOAuthServer").add_parameters({"Identity": "none", "ErrorAction": "SilentlyContinue"})
    assert (silent.invoke(), silent.streams.error) == ([], [])
    wrong = PowerShell(pool).add_cmdlet("Get-CsService").add_parameters({"WebServer": True, "EdgeServer": True})
    wrong.invoke()
    assert (wrong.state, [one.fq_error for one in wrong.streams.error]) == (
        PSInvocationState.FAILED,
        ["AmbiguousParameterSet,Get-CsService"],
    )


def test_a_client_executes_a_script_and_reads_text(client: Client) -> None:
    script = "(Get-CsService -WebServer)[0].PoolFqdn; $env:COLOUR; Write-Error -Message 'not so good'"
    output, streams, _had_errors = client.execute_ps(script, environment={"COLOUR": "green"})
    assert output.splitlines() == ["pool01.contoso.com", "green"]
    assert [str(one) for one in streams.error] == ["not so good"]


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_is_killed_takes_its_pool_with_it(lab: Lab, client: Client, after: bool) -> None:
    lab.fault({"on": "cmdlet:Set-CsOAuthConfiguration", "do": "kill", "after": after})
    with RunspacePool(client.wsman) as pool, pytest.raises(WSManFaultError, match="did not return a proper response"):
        PowerShell(pool).add_cmdlet("Set-CsOAuthConfiguration").add_parameter("Realm", f"{after}.contoso.com").invoke()
    lab.clear_faults()
    assert (lab.state()["deployments"][0]["cms"]["oauth_configuration"]["Realm"] == f"{after}.contoso.com") == after
