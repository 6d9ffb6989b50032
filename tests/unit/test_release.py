# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changelog, version and the versions in the documentation say the same, and the first release says nothing of what nobody ever had."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PACKAGE = "ansible_collections.sfb.hybrid_auth.plugins"
VERSION: str = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
RELEASES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
SPECS = yaml.safe_load((ROOT / "roles" / "trust" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
NAME = re.compile(r"\d+\.\d+\.\d+")


def numbers(version: str) -> tuple[int, ...]:
    assert NAME.fullmatch(version), version
    return tuple(map(int, version.split(".")))


def document(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".yml":
        text = importlib.import_module(f"{PACKAGE}.{path.parent.name}.{path.stem}").DOCUMENTATION
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded.get("DOCUMENTATION", loaded)


def added() -> dict[tuple[str, str], str]:
    """Kind and name of whatever the changelog lists as new, with the version that its own documentation gives."""
    files = [path for kind in ("modules", "lookup") for path in (ROOT / "plugins" / kind).glob("[a-z]*") if path.suffix in {".py", ".yml"}]
    found = {(path.parent.name, path.stem): str(document(path)["version_added"]) for path in files}
    return found | {("role", "trust"): str(SPECS["main"]["version_added"])}


def listed(release: dict[str, Any]) -> set[tuple[str, str]]:
    lists = {"modules": release.get("modules", []), **release.get("plugins", {}), **release.get("objects", {})}
    return {(kind, one["name"]) for kind, entries in lists.items() for one in entries}


def newest() -> str:
    return max(RELEASES, key=numbers)


def test_the_version_is_the_newest_release_or_the_one_that_fragments_wait_for() -> None:
    assert numbers(VERSION) >= numbers("1.0.0")
    waiting = list((ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert newest() == VERSION or (waiting and numbers(newest()) < numbers(VERSION))


def test_the_page_of_the_changelog_has_the_releases_and_their_summaries() -> None:
    page = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    assert re.findall(r"^v(\d\S*)\n=+$", page, re.MULTILINE) == sorted(RELEASES, key=numbers, reverse=True)
    for release in RELEASES.values():
        assert " ".join(release["changes"]["release_summary"].split()) in " ".join(page.split())


def test_the_first_release_has_a_summary_and_the_lists_of_what_it_brings_alone() -> None:
    first = RELEASES["1.0.0"]
    assert min(RELEASES, key=numbers) == "1.0.0"
    assert list(first["changes"]) == ["release_summary"]
    assert set(first) == {"changes", "fragments", "modules", "objects", "plugins", "release_date"}


def test_the_summary_of_the_first_release_says_what_was_verified_and_what_was_not() -> None:
    said = " ".join(RELEASES["1.0.0"]["changes"]["release_summary"].split())
    for words in ("No Skype for Business farm and no tenant", "simulated farm and tenant", "docs/unverified.md"):
        assert words in said


def test_every_release_lists_what_its_documentation_says_it_added() -> None:
    for version, release in RELEASES.items():
        said = {one for one, since in added().items() if since == version}
        assert said == {one for one in listed(release) if one[0] != "playbook"}
    in_some = {name for release in RELEASES.values() for kind, name in listed(release) if kind == "playbook"}
    there = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert in_some == there or (in_some < there and newest() != VERSION)


def test_nothing_is_said_to_be_new_in_a_version_that_never_was() -> None:
    files = [path for top in ("plugins", "roles") for path in (ROOT / top).rglob("*") if path.suffix in {".py", ".yml"}]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    told = {path: re.findall(r"^\s*version_added: ['\"]?([^\s'\"]+)", text, re.MULTILINE) for path, text in texts.items()}
    assert len([path for path in told if told[path]]) > 20
    assert [path.name for path, versions in told.items() if set(versions) - {*RELEASES, VERSION}] == []
