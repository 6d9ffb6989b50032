# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the collection at work: configure twice and audit once against the lab, and say what happened. Run by `make demo`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.lab import Lab
from tests.support.play import ROOT, Run, run_playbook

_COLLECTIONS = Path(sys.prefix) / "collections"
_RUNS = {"first": "sfb.hybrid_auth.configure", "second": "sfb.hybrid_auth.configure", "audit": "sfb.hybrid_auth.audit"}
_WIDTH = 44


def main() -> int:
    folder = ROOT / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    summary: dict[str, Any] = {"requests": {}}
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory(prefix="sfb-demo-") as temporary, Lab(workdir=Path(temporary) / "lab") as lab:
        _say(f"lab: two Front Ends over WinRM, Entra ID and Graph over HTTPS; PowerShell engine: {lab.info['engine'] or 'none on PATH'}")
        for name, playbook in _RUNS.items():
            _say(f"{name} run: ansible-playbook {playbook}")
            mark = lab.mark()
            options = ("--diff", "-e", json.dumps({"trust_report_path": str(folder)})) if name == "audit" else ("--diff",)
            run = run_playbook(playbook, lab.inventory, Path(temporary) / name, *options, collections=_COLLECTIONS)
            runs[name] = run
            (folder / f"{name}.log").write_text(run.output, encoding="utf-8")
            if run.code or not run.record["stats"]:
                _say(run.output)
                _say(f"the {name} run failed")
                return 1
            summary[name] = {
                "ok": run.total("ok"),
                "changed": run.total("changed"),
                "failed": run.total("failures") + run.total("unreachable"),
            }
            summary["requests"][name] = lab.counts(mark)
    summary["audit"]["compliant"] = bool(runs["audit"].fact("trust_audit")) and all(
        one["compliant"] for one in runs["audit"].fact("trust_audit")
    )
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    _table(runs["first"], runs["second"])
    _requests(summary)
    for line in runs["audit"].results("trust_report")[0]["lines"]:
        _say(line)
    _say(f"The report: {folder / 'audit.html'}, and audit.json and audit.xml beside it.")
    _say("")
    good = summary["first"]["changed"] > 0 and summary["second"]["changed"] == 0 and summary["audit"]["compliant"]
    _say(
        "The hybrid was set up, the second run changed nothing, and the audit found it compliant."
        if good
        else "This is not what should happen."
    )
    return 0 if good else 1


def _table(first: Run, second: Run) -> None:
    """Each documented step, what the first run did and what the second found."""
    _say("")
    _say(f"{'documented step':<{_WIDTH}}{'first run':<16}second run")
    token, read = first.results("graph_token")[0], first.results("onprem_info")[0]
    found = first.fact("trust_summary")[0]
    rows = [
        ("tenant id", found["tenant_id"][:8] + "...", "same"),
        ("sign-in to the tenant", "1 token" if token["access_token"] else "none", "1 token"),
        ("OAuthTokenIssuer certificate", read["certificate"]["thumbprint"][:12] + "..", "same"),
    ]
    after = {step["step"]: step for step in second.fact("trust_summary")[0]["steps"]}
    rows += [
        (
            step["title"],
            f"{len(step['operations'])} changed" if step["changed"] else "in place",
            "changed" if after[step["step"]]["changed"] else "in place",
        )
        for step in found["steps"]
    ]
    for title, did, then in rows:
        _say(f"{title:<{_WIDTH}}{did:<16}{then}")


def _requests(summary: dict[str, Any]) -> None:
    _say("")
    _say(f"{'requests':<{_WIDTH}}{'first run':<16}{'second run':<16}audit")
    for name in ("powershell", "entra", "graph_reads", "graph_writes"):
        first, second, audit = (str(summary["requests"][run][name]) for run in _RUNS)
        label = {"powershell": "PowerShell processes", "entra": "Entra ID", "graph_reads": "Graph reads", "graph_writes": "Graph writes"}[
            name
        ]
        _say(f"{label:<{_WIDTH}}{first:<16}{second:<16}{audit}")
    _say("")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
