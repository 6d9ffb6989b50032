# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the site: listed, with links that lead somewhere and commands that exist. What Sphinx finds fails `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read

from .test_readme import REPOSITORY

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "docsite"
PAGES = sorted((SITE / "rst").glob("*.rst"))
SPECS = yaml.safe_load((ROOT / "roles/trust/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
VARIABLES = {name for entry in SPECS.values() for name in entry["options"]}


def test_every_page_is_listed_where_antsibull_docs_and_the_front_page_look_for_it() -> None:
    extra = yaml.safe_load((SITE / "extra-docs.yml").read_text(encoding="utf-8"))
    listed = [page for section in extra["sections"] for page in section["toctree"]]
    assert sorted(listed) == [page.stem for page in PAGES]
    front = (ROOT / "tests" / "docsite" / "index.rst").read_text(encoding="utf-8")
    assert re.findall(r"^   collections/sfb/hybrid_auth/docsite/(\w+)$", front, re.MULTILINE) == listed


def test_every_playbook_has_a_page_with_its_command() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    commands = {name for text in texts for name in re.findall(r"ansible-playbook .*?sfb\.hybrid_auth\.(\w+)", text)}
    assert commands == {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_leads_to_its_guide_and_names_what_there_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = [link.partition("#")[0] for link in re.findall(rf"<{re.escape(REPOSITORY)}/blob/main/([^>\s]+)>", text)]
    assert [name for name in files if name.startswith("docs/") and name.endswith(".md")]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert set(re.findall(r"\btrust_\w+(?==|:)", text)) <= VARIABLES
    assert f".. _ansible_collections.sfb.hybrid_auth.docsite.{page.stem}:" in text


def test_what_leads_to_the_repository_names_the_one_of_the_collection() -> None:
    links = yaml.safe_load((SITE / "links.yml").read_text(encoding="utf-8"))
    assert f"https://github.com/{links['edit_on_github']['repository']}" == REPOSITORY
    assert [link["url"] for link in links["extra_links"] if not link["url"].startswith(f"{REPOSITORY}/")] == []


def test_the_site_knows_each_page_of_ansible_core_that_a_documentation_names() -> None:
    known = set(
        re.findall(r"ansible_collections\.ansible\.builtin\.(\w+)", (ROOT / "tests" / "docsite" / "conf.py").read_text(encoding="utf-8"))
    )
    files = [*(ROOT / "plugins").rglob("*.py"), ROOT / "roles" / "trust" / "meta" / "argument_specs.yml"]
    texts = [path.read_text(encoding="utf-8") for path in files]
    modules = {name for text in texts for name in re.findall(r"\bM\(ansible\.builtin\.(\w+)\)", text)}
    plugins = {pair for text in texts for pair in re.findall(r"\bP\(ansible\.builtin\.(\w+)#(\w+)\)", text)}
    assert {f"{name}_module" for name in modules} | {f"{name}_{kind}" for name, kind in plugins} == known


@pytest.mark.parametrize("name", SPECS)
def test_the_example_of_an_entry_point_is_a_play_that_it_takes(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (play,) = yaml.safe_load(SPECS[name]["examples"])
    (task,) = play["tasks"]
    assert task["ansible.builtin.import_role"].get("tasks_from", "main") == name
    for variable in (one for spec in SIGN_IN.values() for one in spec.get("fallback", (None, ()))[1]):
        monkeypatch.delenv(variable, raising=False)
    templates = {"{{ vault_client_secret }}": "s3cret", "/srv/audit": str(tmp_path)}
    given = {variable: templates.get(value, value) for variable, value in task["vars"].items()}
    assert set(given) <= set(SPECS[name]["options"])
    read({"trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001", "trust_client_secret": "s3cret", **given}, name)
