# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house: each package of plugins/plugin_utils has a floor, and imports run downwards only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
UTILS = PLUGINS / "plugin_utils"
PREFIX = "ansible_collections.sfb.hybrid_auth.plugins"
FLOORS = {
    "_values": 1,
    "_task": 2,
    "_report": 2,
    "_farm": 3,
    "_tenant": 3,
    "_trust": 4,
    "_proof": 4,
    "_audit": 5,
    "action": 6,
}
MODULES = sorted([*UTILS.rglob("*.py"), *(PLUGINS / "action").rglob("*.py")])


def imported(source: str) -> list[str]:
    """The modules that a module's text imports, at its top or inside of a function."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # A relative import would not say here where it leads to.
            assert node.level == 0, ast.unparse(node)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def rooms(source: str) -> set[str]:
    """The packages of the collection that a module's text imports from."""
    inside = [name.removeprefix(f"{PREFIX}.").removeprefix("plugin_utils.") for name in imported(source) if name.startswith(f"{PREFIX}.")]
    return {name.partition(".")[0] for name in inside}


def room(path: Path) -> str:
    return path.relative_to(UTILS).parts[0] if UTILS in path.parents else "action"


def wrong(own: str, source: str) -> set[str]:
    """The packages from which a module of the package own must not import, but does."""
    return {other for other in rooms(source) if other != own and FLOORS.get(other, 99) >= FLOORS[own]}


def test_every_file_lies_in_a_package_that_has_a_floor() -> None:
    files = [path for path in UTILS.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(UTILS).parts[0] for path in files} | {"action"} == set(FLOORS)
    assert [path for path in files if path.suffix == ".py" and not (path.parent / "__init__.py").is_file()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_imports_run_downwards_only(path: Path) -> None:
    assert wrong(room(path), path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("own", "text", "others"),
    [
        ("_farm", f"from {PREFIX}.plugin_utils._tenant import graph", {"_tenant"}),
        ("_farm", f"def f():\n    import {PREFIX}.plugin_utils._audit.facts", {"_audit"}),
        ("_farm", f"from {PREFIX}.plugin_utils import _trust", {"_trust"}),
        ("_audit", f"from {PREFIX}.action import onprem_info", {"action"}),
        ("_values", f"from {PREFIX}.plugin_utils._cellar.wine import red", {"_cellar"}),
        ("_farm", f"from {PREFIX}.plugin_utils._farm.calls import Call", set()),
        ("_trust", f"from {PREFIX}.plugin_utils._values import forms\nimport json", set()),
    ],
)
def test_an_import_that_runs_upwards_or_across_is_seen(own: str, text: str, others: set[str]) -> None:
    assert wrong(own, text) == others


def test_the_page_on_the_house_names_rooms_that_exist() -> None:
    page = (PLUGINS.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(_[a-z]+/[a-z_/]*(?:\.py)?)`", page)
    assert len(named) > 30
    assert [one for one in named if not (UTILS / one).exists()] == []
