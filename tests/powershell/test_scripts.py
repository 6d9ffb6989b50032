# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts that administrators and Microsoft's own tools run, on a simulated Front End: what they rely on is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import engine_path
from tests.lab.farm.farm import Farm
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.command_line import CommandLine

ENGINE = engine_path()
STS = "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"
URL = "https://autodiscover.contoso.com/autodiscover/metadata/json/1"
pytestmark = pytest.mark.skipif(ENGINE is None, reason="no pwsh on PATH")


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    def resolve(_url: str) -> dict[str, str]:
        return {"issuer": "00000002-0000-0ff1-ce00-000000000000", "realm": "contoso.com", "type": "Acs"}

    farm = Farm(State(), RequestLog(), Faults(), tmp_path_factory.mktemp("farm"), ENGINE, resolve)
    farm.front_ends["fe01.contoso.com"].cmdlet("New-CsOAuthServer", {"Identity": "there", "MetadataUrl": STS}, "x")
    application = {"Identity": "Exchange", "MetadataUrl": URL, "ApplicationTrustLevel": "Full"}
    farm.front_ends["fe01.contoso.com"].cmdlet("New-CsPartnerApplication", application, "x")
    application = {"Identity": "microsoft.exchange", "ApplicationIdentifier": "a", "ApplicationTrustLevel": "Full", "UseOAuthServer": True}
    farm.front_ends["fe01.contoso.com"].cmdlet("New-CsPartnerApplication", application, "x")
    yield farm
    farm.stop()


SCRIPTS = {
    # The documented procedure decides so whether to create or to replace.
    "missing": (
        "$sts = 'before'; $sts = Get-CsOAuthServer -Identity none -ErrorAction SilentlyContinue; if ($null -eq $sts) { 'create' }",
        "create",
    ),
    "missing and told": ("Get-CsOAuthServer -Identity none 2>$null; 'goes on'", "goes on"),
    "missing and stopped": (
        "try { Get-CsOAuthServer -Identity none -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }; 'goes on'",
        "ItemNotFound,Get-CsOAuthServer\ngoes on",
    ),
    "missing where the script stops at errors": (
        "$ErrorActionPreference = 'Stop'; try { Get-CsOAuthServer none; 'goes on' } catch { 'caught' }",
        "caught",
    ),
    "missing where the script passes errors over": (
        "$ErrorActionPreference = 'SilentlyContinue'; Get-CsOAuthServer none 2>&1 | ForEach-Object { 'told' }; 'goes on'",
        "goes on",
    ),
    "configuration": (
        "$all = Get-CsOAuthConfiguration; $all.OAuthServers.Count; $all.OAuthServers[0].MetadataUrl; $all.PartnerApplications.Identity",
        f"1\n{STS}\nExchange\nmicrosoft.exchange",
    ),
    # https://github.com/onpremdiag/SfBServer, RDCsPartnerApplication and its mocks
    "token": (
        "foreach ($one in Get-CsPartnerApplication) { [string]$one.AuthToken }",
        f"Value={URL}\nMicrosoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer",
    ),
    "fqdns": (
        "$list = Get-CsService | Select-Object externalfqdn -Unique | Where-Object { $_.externalfqdn }; $list.ExternalFqdn -join ' '",
        "webext.contoso.com webext2.contoso.com webdir.contoso.com WebExt.contoso.com",
    ),
    "dependent": ("@(Get-CsService | Where-Object { $_.DependentServiceList -like '*Registrar*' }).Count", "20"),
    "computers": ("(Get-CsComputer -Pool pool01.contoso.com).Fqdn -join ' '", "fe01.contoso.com fe02.contoso.com"),
    "pipeline": (
        f"New-CsOAuthServer two -MetadataUrl {STS} | Out-Null; New-CsOAuthServer three -MetadataUrl {STS} | Out-Null; "
        "Get-CsOAuthServer | Where-Object { $_.Identity -ne 'there' } | Remove-CsOAuthServer; (Get-CsOAuthServer).Identity",
        "there",
    ),
    "two roles": (
        "try { Get-CsService -WebServer -EdgeServer:$false } catch { $_.FullyQualifiedErrorId }",
        "AmbiguousParameterSet,Get-CsService",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_meets_what_it_relies_on(farm: Farm, name: str) -> None:
    script, said = SCRIPTS[name]
    script = f"Import-Module SkypeForBusiness; {script}"
    done = farm.front_ends["fe01.contoso.com"].run(CommandLine(script, script, 1), b"", "CONTOSO\\sfbadmin")
    assert (done.stdout.decode().replace("\r", "").strip(), done.stderr, done.code) == (said, b"", 0)
