# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The support playbook against the lab: one PowerShell process a server, nothing written, and a file for its owner alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from .test_procedure import Play, Start


@pytest.mark.best_runner
@pytest.mark.entry_point
def test_a_bundle_costs_one_process_a_server_and_holds_no_value(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(greenfield)
    before = lab.state()
    run = play(lab, "sfb.hybrid_auth.support", "-e", f"trust_report_path={tmp_path}")
    assert lab.state() == before
    counts = lab.counts()
    assert (counts["powershell"], counts["graph_writes"]) == (2, 0)
    path = tmp_path / "support.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="ascii")
    (deployment,) = json.loads(text)["deployments"]
    assert [(one["lead"], one["state"], one["powershell"]) for one in deployment["servers"]] == [
        (True, "read", deployment["servers"][0]["powershell"]),
        (False, "read", deployment["servers"][0]["powershell"]),
    ]
    (process,) = deployment["servers"][0]["observed"]["processes"]
    assert (process["connection"]["plugin"], process["endpoint"], process["failure"]) == ("winrm", "full", None)
    assert process["seconds"] > 0
    assert {step["state"] for step in deployment["tenant"]["steps"].values()} == {"read"}
    assert "contoso" not in text.lower()
    assert "deployment 1: 2 of 2 servers read" in run.output
    assert f"bundle: {path}" in run.output
