# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A date reaches Set-CsCertificate as the same moment whatever the server's region settings and time zone are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.runner import IMPORT

PWSH = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(PWSH is None, reason="no pwsh on PATH")

# The engine knows the invariant culture alone, so a German one is made of it: day before month.
STUB = r"""
function Set-CsCertificate {
    [CmdletBinding()]
    param([string[]]$Type, [string]$Identity, [string]$Thumbprint, [object]$EffectiveDate, [switch]$Roll, [switch]$Force)
    [pscustomobject]@{
        Kind = [string]$EffectiveDate.Kind; Is = $EffectiveDate.GetType().FullName; Local = $EffectiveDate.ToString(); Roll = [bool]$Roll
        Utc = $EffectiveDate; Type = $Type
    }
}
"""
SCRIPT = r"""
$german = [cultureinfo]::InvariantCulture.Clone()
$german.DateTimeFormat.ShortDatePattern = 'dd.MM.yyyy'
$german.DateTimeFormat.LongTimePattern = 'HH:mm:ss'
$german.DateTimeFormat.DateSeparator = '.'
[System.Threading.Thread]::CurrentThread.CurrentCulture = $german
%s
Invoke-ManagementRequest -Request $env:REQUEST
"""


@pytest.mark.parametrize(
    ("zone", "local"),
    [("UTC", "04.12.2026 23:30:00"), ("Asia/Tokyo", "05.12.2026 08:30:00"), ("America/New_York", "04.12.2026 18:30:00")],
)
def test_the_date_is_a_real_time_of_the_server(tmp_path: Path, zone: str, local: str) -> None:
    stub = tmp_path / "Stub.psm1"
    stub.write_text(STUB, encoding="ascii")
    path = tmp_path / "ask.ps1"
    path.write_text(SCRIPT % IMPORT, encoding="ascii")
    call = {
        "id": "a",
        "cmdlet": "Set-CsCertificate",
        "parameters": {"Type": ["OAuthTokenIssuer"], "Roll": True, "EffectiveDate": {"time": "2026-12-04T23:30:00Z"}},
        "select": {"Kind": "text", "Is": "text", "Local": "text", "Roll": "flag", "Utc": "time", "Type": "list"},
    }
    environment = {**os.environ, "TZ": zone, "REQUEST": json.dumps({"modules": [str(stub)], "calls": [call]})}
    command = [str(PWSH), "-NoProfile", "-NonInteractive", "-File", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, env=environment)
    answer = json.loads(done.stdout)
    assert answer["answers"].get("a") == [
        {
            "Kind": "Local",
            "Is": "System.DateTime",
            "Local": local,
            "Roll": True,
            "Utc": "2026-12-04T23:30:00Z",
            "Type": ["OAuthTokenIssuer"],
        }
    ], answer
