# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module really returns in plays of the role has the keys that its RETURN documents, at every depth, and nulls are said."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.support.play import ROOT
from tests.support.returned import COMMON, documented, strangers
from tests.sweep.hybrid import Hybrid
from tests.sweep.operations import OPERATIONS
from tests.sweep.script import Script

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("[a-z]*.py"))
# Those that these plays do not use: tests/unit/tenant/test_tenant_info.py and tests/unit/proof/test_action.py look at all they return.
ALONE = {"tenant_info", "trust_proof"}
# Dictionaries whose keys are names of the user's own.
BY_NAME = {"trust_servers.deployments"}
NAMES = (
    "configure, half-done",
    "configure, drifted, restricted",
    "rotate, stage, self-signed",
    "rotate, end",
    "rotate, stores",
    "modern authentication, on",
    "modern authentication, off",
    "remove",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """By module, what it returned: predicted, done, and audited after that."""
    found: dict[str, list[dict[str, Any]]] = {}
    for operation in (one for one in OPERATIONS if one.name in NAMES):
        folder = tmp_path_factory.mktemp("returned")
        hybrid = Hybrid(copy.deepcopy(operation.before()), folder, restricted=operation.restricted)
        given = operation.given(folder)
        audit = {name: value for name, value in given.items() if not name.startswith(("trust_rotation_", "trust_remove_", "trust_modern"))}
        for entry_point, variables, check_mode in (
            (operation.entry_point, given, True),
            (operation.entry_point, given, False),
            ("audit", {**audit, "trust_prove": not operation.restricted}, False),
            ("support", {**audit, "trust_report_path": str(folder)}, False),
        ):
            play, _alive = hybrid.play(entry_point, variables, Script(), check_mode=check_mode)
            for done in play.done:
                whole = done.result.get("results") or [done.result]
                found.setdefault(done.task.module, []).extend(one for one in whole if not one.get("failed") and not one.get("skipped"))
    return found


def by_name(module: str, name: str, value: Any) -> list[Any]:
    """The values that the documentation of a key describes."""
    if module == "trust_settings":  # its description says that the rest are the variables of the role
        variables = {one.removeprefix("trust_") for one in VARIABLES}
        return [{key: one for key, one in value.items() if key not in variables}]
    return list(value.values()) if f"{module}.{name}" in BY_NAME else [value]


@pytest.mark.either_runner
@pytest.mark.parametrize("module", [name for name in MODULES if name not in ALONE])
def test_what_is_returned_is_documented(module: str, results: dict[str, list[dict[str, Any]]]) -> None:
    entries = documented(module)
    assert results.get(module), "no play uses it"
    said = set()
    for result in results[module]:
        for name, value in result.items():
            if name in entries:
                said |= {one for part in by_name(module, name, value) for one in strangers(part, entries[name], name)}
            elif name not in COMMON and not name.startswith("_"):
                said.add(f"{name} is not documented")
    assert sorted(said) == []
    always = {name for name, entry in entries.items() if entry["returned"] in ("always", "success")}
    assert [name for name in always for result in results[module] if name not in result] == []
