# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report and the action that writes them: JUnit as CI systems read it, whole files, and the lines for the terminal."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import junitparser
import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report import files
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.junit import junit
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import page
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.terminal import lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.support import reports
from tests.unit.support import run_action


def made(audits: list[dict[str, Any]]) -> dict[str, Any]:
    return document(audits, title="Audit", now=reports.NOW, ending_soon_days=30)


def test_a_ci_system_sees_each_finding_with_its_status() -> None:
    shape = made(reports.two())
    read = junitparser.JUnitXml.fromstring(junit(shape))
    assert [suite.name for suite in read] == ["contoso", "fabrikam"]
    for suite, one in zip(read, shape["deployments"], strict=True):
        cases = list(suite)
        assert suite.tests == len(cases) == len(one["findings"]) + len(one["differences"])
        assert suite.failures == sum(case.is_failure for case in cases) == one["counts"]["fail"] + len(one["differences"])
        assert suite.skipped == sum(case.is_skipped for case in cases) == one["counts"]["skip"]
        assert sum("warning, " in (case.system_out or "") for case in cases) == one["counts"]["warn"]
    assert (read.tests, read.failures, read.errors) == (sum(s.tests for s in read), sum(s.failures for s in read), 0)


def test_what_could_not_be_read_is_an_error_there_and_what_stops_a_run_a_failure() -> None:
    (first, _second) = junitparser.JUnitXml.fromstring(junit(made(reports.unread())))
    assert (first.tests, first.errors, first.failures) == (1, 1, 0)
    (suite,) = junitparser.JUnitXml.fromstring(junit(made(reports.long_names())))
    assert [case.name for case in suite if "obstacle" in case.classname] == ["A run could be made"]


def test_the_terminal_shows_the_verdict_and_what_needs_something_done() -> None:
    shown = lines(made(reports.two()))
    assert shown[0] == "contoso: not compliant (7 failed, 4 warnings, 1 not checked, 4 passed)"
    assert "fabrikam: compliant (1 not checked, 13 passed)" in shown
    bad, good = shown[-2:]
    assert bad.startswith(
        f"Deployment contoso: not compliant; tenant {reports.TENANT}; certificate {'C' * 40} (CN=contoso.com), signs from "
    )
    assert good == (
        f"Deployment fabrikam: compliant; tenant {reports.TENANT}; certificate {'A' * 40} (CN=contoso.com), "
        f"ends {reports.moment(700)} (in 700 days); names webext.contoso.com, webext2.contoso.com; 1 not checked, 13 passed"
    )
    assert sum(line.startswith("  fail") for line in shown) == 7
    assert sum(line.startswith("  change") for line in shown) == 2
    assert not [line for line in lines(made(reports.long_names())) if "\x1b" in line or "\n" in line]


def test_the_terminal_names_a_server_that_was_not_read_once() -> None:
    (audit,) = reports.good()
    audit["errors"] = [
        {"subject": "fe01", "message": "fe01 could not be reached."},
        {"subject": "fe02", "message": "Import-Module failed."},
        {"subject": "fe03", "message": "fe030 answers for it."},
    ]
    told = [line for line in lines(made([audit])) if line.startswith("  unread")]
    assert told == [
        "  unread  fe01 could not be reached.",
        "  unread  fe02: Import-Module failed.",
        "  unread  fe03: fe030 answers for it.",
    ]


def test_each_format_says_what_is_the_case_and_of_what() -> None:
    (audit,) = reports.good()
    audit["audit"]["findings"] = [
        reports.finding("clock.server", "fail", "medium", "The clocks differ", subject="fe01", actual="9 seconds")
    ]
    shape = made([audit])
    first = lines(shape).index("  fail    medium    clock.server                          The clocks differ: fe01")
    assert lines(shape)[first + 1] == "                    9 seconds. Run sfb.hybrid_auth.configure."
    (case,) = next(iter(junitparser.JUnitXml.fromstring(junit(shape))))
    assert [one.message for one in case.result] == ["The clocks differ"]
    shown = html(page(shape))
    assert "<h4>The clocks differ</h4>" in shown
    assert "To be: It is as documented" in shown


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_action_writes_all_formats_in_check_mode_too(tmp_path: Path, check_mode: bool) -> None:
    result = run_action("trust_report", {"audits": reports.two(), "path": str(tmp_path)}, check_mode=check_mode)
    assert not result.get("failed"), result
    assert (result["changed"], result["verdict"], result["compliant"]) == (False, "not_compliant", False)
    assert result["counts"] == {"fail": 7, "warn": 4, "skip": 2, "pass": 17}
    assert result["paths"] == {name: str(tmp_path / f"audit.{name}") for name in ("html", "json", "xml")}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.html", "audit.json", "audit.xml"]
    assert json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["verdict"] == "not_compliant"
    assert len(junitparser.JUnitXml.fromfile(str(tmp_path / "audit.xml"))) == 2


@pytest.mark.parametrize(
    ("umask", "options", "mode"),
    [
        (0o022, {}, 0o644),
        (0o027, {}, 0o640),
        (0o077, {}, 0o600),
        (0o002, {}, 0o664),
        (0o022, {"private": True}, 0o600),
        (0o000, {"private": True}, 0o600),
    ],
)
def test_the_umask_says_who_reads_a_report_or_the_option_that_nobody_else_does(
    tmp_path: Path, umask: int, options: dict[str, Any], mode: int
) -> None:
    (tmp_path / "audit.json").write_text("old", encoding="utf-8")
    (tmp_path / "audit.json").chmod(0o666)
    previous = os.umask(umask)
    try:
        result = run_action("trust_report", {"audits": reports.good(), "path": str(tmp_path), **options})
    finally:
        os.umask(previous)
    assert not result.get("failed"), result
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {mode}


def test_the_current_folder_is_the_default_and_formats_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_action("trust_report", {"audits": reports.good(), "formats": ["json"]})
    assert result["paths"] == {"json": str(tmp_path / "audit.json")}
    assert [path.name for path in tmp_path.iterdir()] == ["audit.json"]


def test_without_a_format_no_folder_is_needed(tmp_path: Path) -> None:
    result = run_action("trust_report", {"audits": reports.good(), "formats": [], "path": str(tmp_path / "missing")})
    assert not result.get("failed"), result
    assert (result["paths"], result["compliant"]) == ({}, True)


@pytest.mark.parametrize(("name", "part"), [("missing", "is not there"), ("file", "is no folder"), ("x" * 300, "File name too long")])
def test_a_path_that_is_no_folder_is_refused(tmp_path: Path, name: str, part: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run_action("trust_report", {"audits": reports.good(), "path": str(tmp_path / name)})
    assert result["failed"]
    assert "Option 'path'" in result["msg"]
    assert part in result["msg"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"formats": ["pdf"]}, "formats"),
        ({"ending_soon_days": -1}, "is out of range"),
        ({"audits": [{"audit": {}}]}, "deployment"),
        ({"audits": [{"deployment": "contoso", "errors": [{"subject": "tenant"}]}]}, "message"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tmp_path: Path, options: dict[str, Any], part: str) -> None:
    result = run_action("trust_report", {"audits": reports.good(), "path": str(tmp_path), **options})
    assert result["failed"]
    assert part in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audit.json").write_text("old", encoding="utf-8")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HybridAuthError, match=r"audit\.json could not be written: No space left on device\. Choose another folder"):
        files.write(tmp_path, {"audit.json": "new"})
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("audit.json", "old")]
