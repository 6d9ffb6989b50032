# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task is told of its options before anything is contacted."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import packages as packages_module
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

from ..support import run_action

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("module", ["sp_info", "oauth_server", "trust_report", "graph_token"])
def test_an_unknown_option_is_told_in_the_words_of_ansible_core(module: str) -> None:
    result = run_action(module, {"nope": 1})
    assert result["failed"]
    assert result["msg"].startswith(f"Unsupported parameters for (sfb.hybrid_auth.{module}) module: nope. Supported parameters include: ")
    assert ".." not in result["msg"]


def test_a_missing_package_is_installed_by_a_command_that_runs_as_it_stands() -> None:
    command = str(missing("msal", "the sign-in")).rpartition("pip install -r ")[2]
    (file,) = shlex.split(command)
    assert Path(file).name == "requirements.txt"
    assert "msal" in Path(file).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["trust_settings", "sp_info", "oauth_server"])
def test_a_python_that_is_too_old_is_refused_before_the_options_are_looked_at(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setattr(packages_module, "_RUNNING", (3, 9, 18))
    result = run_action(module, {"nope": 1})
    assert result["failed"]
    assert result["msg"] == (
        f"Ansible runs on Python 3.9.18 ({sys.executable}), and sfb.hybrid_auth needs Python 3.10 or newer. Nothing was contacted. "
        "Install ansible-core 2.17 or newer for such a Python, and run again with it."
    )


def packages(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith("#")}


def test_every_package_that_may_be_missing_is_installed_by_what_its_message_names() -> None:
    calls = [
        call
        for path in (ROOT / "plugins").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "missing"
    ]
    # Where the name is a variable, tests/unit/farm/test_connection_packages.py has a case for each.
    named = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)} | {"gssapi", "krb5"}
    # MSAL and requests bring these, and here only their versions matter.
    brought = {"PyJWT", "urllib3"}
    assert named | brought == packages("requirements.txt") | packages("requirements-psrp.txt") | packages("requirements-kerberos.txt")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ([{"AZURE_SECRET": "hidden", "HTTPS_PROXY": "http://proxy.contoso.com:8080", "LANG": "C"}], "AZURE_SECRET, HTTPS_PROXY"),
        ([{"LANG": "C"}, {"AZURE_TENANT": "contoso.com"}], "AZURE_TENANT"),
        ([{"LANG": "C"}], None),
        ([], None),
    ],
)
def test_what_a_task_sets_in_the_environment_of_others_is_said_to_do_nothing(environment: list[dict[str, str]], told: str | None) -> None:
    def prepare(action: Any) -> None:
        action._task.environment = environment

    result = run_action("sp_info", {"access_token": "x.y", "tenant": "contoso.com", "cloud": "nowhere"}, prepare=prepare)
    assert result["failed"]
    warnings = [one for one in result.get("warnings", []) if "'environment'" in one]
    assert len(warnings) == (told is not None)
    assert not told or warnings[0].startswith(f"{told} in 'environment' do")
    assert "hidden" not in str(result)
