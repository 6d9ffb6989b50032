# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which parameter set is meant, and what is missing: the lab's binder beside PowerShell's own on the same declarations."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import engine_path
from tests.lab.farm.binder import SIGNATURES, CmdletError, bind
from tests.lab.farm.stub_module import function

ENGINE = engine_path()
SEVERAL_SETS = [cmdlet for cmdlet, signature in SIGNATURES.items() if len(signature["parameter_sets"]) > 1]
VALUES = {
    "Boolean": True,
    "SwitchParameter": True,
    "Guid": "5588b4fd-f26d-475c-824f-9911277ab13e",
    "DateTime": {"time": "2030-01-02T03:04:05Z"},
    "CertType[]": ["OAuthTokenIssuer"],
    "ClientAdalAuthOverride": "Allowed",
    "Int32": 5,
}
# All but the body of the function that binds.
SCRIPT = """
$cases = Get-Content -Raw -LiteralPath '{folder}/cases.json' | ConvertFrom-Json
$answers = foreach ($case in $cases) {{
    $given = @{{ }}
    foreach ($one in $case[1].PSObject.Properties) {{ $given[$one.Name] = $one.Value }}
    try {{ & $case[0] @given }}
    catch {{ $_.FullyQualifiedErrorId + '|' + $_.Exception.Message }}
}}
ConvertTo-Json -InputObject @($answers) | Set-Content -LiteralPath '{folder}/answers.json'
"""


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter alone, pairs and a few more at once, each with its switches on and off."""
    chosen = random.Random(1)
    for cmdlet in SEVERAL_SETS:
        kinds = {name: entry["type"] for one in SIGNATURES[cmdlet]["parameter_sets"].values() for name, entry in one.items()}
        names = [name for name in kinds if name not in ("Confirm", "WhatIf", "Force", "Tenant")]
        pairs = list(itertools.combinations(names, 2))
        groups: list[tuple[str, ...]] = [(), *((name,) for name in names), *chosen.sample(pairs, min(len(pairs), 60))]
        groups += [tuple(chosen.sample(names, chosen.randint(3, 5))) for _time in range(40) if len(names) > 4]
        for group in groups:
            for switched in {True, *(False for name in group if kinds[name] == "SwitchParameter")}:
                given = {name: switched if kinds[name] == "SwitchParameter" else VALUES.get(kinds[name], "x") for name in group}
                yield cmdlet, given | ({"ApplicationTrustLevel": "Full"} if "ApplicationTrustLevel" in given else {})


@pytest.mark.skipif(ENGINE is None, reason="no pwsh on PATH")
def test_both_binders_choose_and_refuse_the_same(tmp_path: Path) -> None:
    asked = list(cases())
    (tmp_path / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    functions = "\n".join(function(cmdlet, SIGNATURES[cmdlet], "'bound'") for cmdlet in SEVERAL_SETS)
    script = tmp_path / "script.ps1"
    script.write_text(functions + SCRIPT.format(folder=tmp_path), encoding="utf-8")
    subprocess.run([str(ENGINE), "-NoProfile", "-NonInteractive", "-File", str(script)], check=True, timeout=120)
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert len(answers) == len(asked) > 500
    for (cmdlet, given), answer in zip(asked, answers, strict=True):
        try:
            bind(cmdlet, given)
            ours = "bound"
        except CmdletError as exc:
            ours = f"{exc.error_id}|{exc.message}"
        assert ours == answer.replace(":  ", ": "), (cmdlet, given)
