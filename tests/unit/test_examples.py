# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one may copy from the documentation is safe; that it runs as it stands, tests/integration/test_examples.py proves."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import SECRETS

from .test_documentation import ACTIONS, PACKAGE, spec

ROOT = Path(__file__).parents[2]
ROLE = yaml.safe_load((ROOT / "roles/trust/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
MODULES = {f"sfb.hybrid_auth.{name}": name for name in ACTIONS}
WARNING = "--check --diff first"


def blocks() -> dict[str, str]:
    """YAML that one may copy, by where it stands."""
    found = {name: importlib.import_module(f"{PACKAGE}.modules.{name}").EXAMPLES for name in ACTIONS}
    found |= {f"role {name}": entry["examples"] for name, entry in ROLE.items()}
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "roles/trust/README.md"):
        fences = re.findall(r"^( *)```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        found |= {f"{page.relative_to(ROOT)} {index}": text for index, (_indent, text) in enumerate(fences)}
    return found


BLOCKS = blocks()


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at each depth."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield str(name), one
            yield from pairs(one)
    elif isinstance(value, list):
        for one in value:
            yield from pairs(one)


def tasks(where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tasks of a block that call a module of the collection, each with its options."""
    for name, options in pairs(yaml.safe_load(BLOCKS[where])):
        if name in MODULES:
            yield MODULES[name], options or {}


def commented(where: str, words: str) -> bool:
    """Whether each task with these words has the warning in the comment above it."""
    parts = re.split(r"\n\n", BLOCKS[where])
    return all(WARNING in part.partition("- name:")[0] for part in parts if words in part)


@pytest.mark.parametrize("where", BLOCKS)
def test_it_is_yaml_with_options_that_the_modules_take(where: str) -> None:
    for name, options in tasks(where):
        assert set(options) <= {one for option, entry in spec(name).items() for one in (option, *entry.get("aliases", ()))}, name


@pytest.mark.parametrize("where", BLOCKS)
def test_no_secret_stands_in_clear(where: str) -> None:
    secret = {option for name in ACTIONS for option, entry in spec(name).items() if entry.get("no_log")} | set(SECRETS)
    given = dict(pairs(yaml.safe_load(BLOCKS[where])))
    if given and all(name.startswith("vault_") for name in given):
        assert "ansible-vault create" in (ROOT / where.partition(" ")[0]).read_text(encoding="utf-8")
        return  # what the encrypted file has
    for name, value in pairs(yaml.safe_load(BLOCKS[where])):
        if name in secret or name.endswith("_password"):
            assert re.fullmatch(r"\{\{ .* \}\}", str(value)), name


@pytest.mark.parametrize("where", BLOCKS)
def test_which_service_principals_get_or_lose_a_certificate_is_said(where: str) -> None:
    """By default they are both, also the shared one, whose key opens every mailbox."""
    assert [options for name, options in tasks(where) if name == "sp_credential" and not options.get("app_ids")] == []


@pytest.mark.parametrize("where", BLOCKS)
def test_a_report_is_not_written_beside_a_playbook(where: str) -> None:
    given = dict(pairs(yaml.safe_load(BLOCKS[where])))
    for name, options in tasks(where):
        if name in ("trust_report", "trust_support"):
            assert options["path"].startswith("/")
            assert name == "trust_support" or options["private"] is True
    if "trust_report_path" in given and where.startswith("role "):
        assert given["trust_report_path"].startswith("/")
    assert "playbook_dir" not in BLOCKS[where]


@pytest.mark.parametrize("words", ["state: exact", "remove_expired: true", "state: store_absent", "_domains: []"])
@pytest.mark.parametrize("where", MODULES.values())
def test_what_takes_away_what_others_made_comes_with_a_warning(where: str, words: str) -> None:
    assert commented(where, words)


def test_there_is_much_to_look_at() -> None:
    assert len(BLOCKS) > 40
