# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's projection in a real PowerShell engine, by the cases that the controller's projection answers too."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import ProjectionError, project
from tests.support.projection import CASES, REFUSED, expected, received
from tests.support.runner import IMPORT

PWSH = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(PWSH is None, reason="no pwsh on PATH")

_ONE = r"""
$value = {expression}
$row = @{{ value = $null; refused = $false; clixml = [System.Management.Automation.PSSerializer]::Serialize($value, 1) }}
try {{ & (Get-Module -Name _CsInvoke) {{ Add-Projection -Row $args[0] -Name value -Value $args[1] -Kind $args[2] }} $row $value '{kind}' }}
catch {{ $row.refused = $true }}
ConvertTo-Json -InputObject $row -Depth 5 -Compress
"""


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    script = f"{IMPORT}\n"
    script += "".join(_ONE.format(expression=case["powershell"], kind=case["kind"]) for case in CASES)
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    command = [str(PWSH), "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("index", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_powershell_and_python_make_the_same_of_it(rows: list[dict[str, Any]], index: int) -> None:
    case, row = CASES[index], rows[index]
    assert (REFUSED if row["refused"] else row["value"]) == expected(case)
    body = row["clixml"].partition(">")[2].rpartition("</Objs>")[0].strip()
    try:
        sent = project(received(body), case["kind"])
    except ProjectionError:
        sent = REFUSED
    assert sent == expected(case)
