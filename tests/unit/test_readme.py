# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy shows of the collection: links that lead somewhere from there too, and the role's page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "trust"
PAGES = [ROOT / "README.md", ROLE / "README.md"]
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
BASES = (f"{REPOSITORY}/blob/main/", f"{REPOSITORY.replace('github.com', 'raw.githubusercontent.com')}/main/")
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]


def named(label: str) -> str:
    """A label as Markdown compares it."""
    return " ".join(label.strip("`").lower().split())


def text_of(path: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def defined(path: Path) -> dict[str, str]:
    return {named(label): target for label, target in re.findall(r"^\[([^\]]+)\]: (\S+)$", text_of(path), re.MULTILINE)}


def targets(path: Path) -> list[str]:
    return [*re.findall(r"\]\(([^)\s]+)\)", text_of(path)), *defined(path).values()]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_is_whole_and_those_into_the_repository_lead_to_what_is_there(path: Path) -> None:
    assert len(targets(path)) > 5
    assert [target for target in targets(path) if not target.startswith("https://")] == []
    inside = {target.removeprefix(base) for base in BASES for target in targets(path) if target.startswith(base)}
    assert len(inside) > 5
    for file, _mark, anchor in (target.partition("#") for target in inside):
        assert (ROOT / file).is_file(), file
        headings = re.findall(r"^#+ (.*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, anchor


def test_the_readme_leads_to_every_page_and_is_short() -> None:
    led = {target.partition("#")[0].removeprefix(BASES[0]) for target in targets(PAGES[0])}
    assert [page.name for page in sorted((ROOT / "docs").glob("*.md")) if f"docs/{page.name}" not in led] == []
    assert len(PAGES[0].read_text(encoding="utf-8").partition("-->\n")[2].splitlines()) <= 80


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_label_in_brackets_is_defined_and_used(path: Path) -> None:
    body = re.sub(r"^\[[^\]]+\]: \S+$", "", text_of(path), flags=re.MULTILINE)
    used = {named(label) for label in re.findall(r"(?:\]|(?<!\]))\[([^\]]+)\](?![\[(])", body)}
    assert used == set(defined(path))


def example() -> list[dict[str, Any]]:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", (ROLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    plays: list[dict[str, Any]] = yaml.safe_load(block)
    return plays


def test_the_roles_page_has_every_entry_point_its_playbook_and_its_fact() -> None:
    row = r"^\| `([a-z_]+)`[^|]*\| `sfb\.hybrid_auth\.([a-z_]+)` \|[^|]*\| `(trust_[a-z_]+|support\.json)` \|$"
    rows = re.findall(row, text_of(ROLE / "README.md"), re.MULTILINE)
    assert sorted(entry for entry, _playbook, _fact in rows) == sorted(SPECS)
    for entry, playbook, fact in rows:
        (play,) = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
        assert play["tasks"][0]["ansible.builtin.import_role"].get("tasks_from", "main") == entry
        assert f"C({fact})" in " ".join(SPECS[entry]["description"])


def test_the_example_on_the_roles_page_is_taken_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (name for spec in SIGN_IN.values() for name in spec.get("fallback", (None, ()))[1]):
        monkeypatch.delenv(name, raising=False)
    (play,) = example()
    entry_points = []
    for task in play["tasks"]:
        role = task["ansible.builtin.import_role"]
        assert role["name"] == "sfb.hybrid_auth.trust"
        entry_point = role.get("tasks_from", "main")
        templates = {"{{ vault_client_secret }}": "s3cret", "/srv/audit": str(tmp_path)}
        given = {name: templates.get(value, value) for name, value in {**play["vars"], **task.get("vars", {})}.items()}
        assert set(given) <= set(SPECS[entry_point]["options"]) & set(VARIABLES)
        settings = read(given, entry_point)
        assert settings.exchange_credential is False
        entry_points.append(entry_point)
    assert entry_points == ["main", "audit"]


def test_the_two_commands_of_the_install_lead_to_what_is_published() -> None:
    (section,) = re.findall(r"^## Install$(.*?)^## ", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    collection, packages = block.splitlines()
    assert collection == "ansible-galaxy collection install sfb.hybrid_auth"
    command, _folder, file = packages.partition("~/.ansible/collections/ansible_collections/sfb/hybrid_auth/")
    assert (command, file) == ("pip install -r ", "requirements.txt")
    published = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    for named in re.findall(r"`((?:requirements|bindep)[a-z-]*\.txt)`", section):
        assert (ROOT / named).is_file()
        assert named in published
