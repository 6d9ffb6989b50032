# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relative paths begin at the playbook, as everywhere in Ansible; the folder in which it was started is another one here."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.support import reports
from tests.unit.support import certificate, pem, run_action
from tests.unit.test_documentation import ACTIONS, PACKAGE, ROOT, documented, spec

PATHS = [(name, option) for name in ACTIONS for option, entry in spec(name).items() if entry["type"] == "path"]
FOLDERS = {("trust_report", "path"), ("trust_support", "path")}
ROLE = {name: field.metadata["kind"].placed for name, field in VARIABLES.items() if field.metadata["kind"].placed}
AS_COPY = (
    "A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files)."
)
AT_THE_PLAYBOOK = "A relative path begins in the folder of the playbook."
WHERE_STARTED = "A relative path in it begins in the folder in which C(ansible-playbook) was started."


class Place:
    """A playbook's folder, a role of its user and the folder in which Ansible was started."""

    def __init__(self, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.playbook, self.role, self.started = (top / name for name in ("site", "site/roles/ours", "started"))
        for folder in (self.playbook, self.role / "tasks", self.started):
            folder.mkdir(parents=True)
        monkeypatch.chdir(self.started)
        self.base = self.playbook

    def prepare(self, action: Any) -> None:
        action._loader = DataLoader()
        action._loader.set_basedir(str(self.base))
        action._templar = Templar(loader=action._loader, variables={})
        action._task.get_search_path = lambda: [str(self.role), str(self.role / "tasks")]

    def params(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """The options as the action gets them."""
        found: list[dict[str, Any]] = []

        def prepare(action: Any) -> None:
            self.prepare(action)
            action.perform = lambda params, _task_vars: found.append(params) or {}

        result = run_action(name, args, prepare=prepare)
        assert not result.get("failed"), result
        return found[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def needed(name: str) -> dict[str, Any]:
    """Values of the options without which an action is refused."""
    values: dict[str, Any] = {"str": "absent", "dict": {}, "list": []}
    options = {
        option: entry["choices"][-1] if entry.get("choices") else values[entry["type"]]
        for option, entry in spec(name).items()
        if entry.get("required")
    }
    arguments = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule.ARGUMENTS
    chosen = [names[0] for names in arguments.required_one_of]
    further = [option for one in chosen for option in arguments.required_by.get(one, ())]
    return options | {option: values[spec(name)[option]["type"]] for option in (*chosen, *further)}


@pytest.mark.parametrize(("name", "option"), PATHS, ids=str)
def test_every_path_begins_at_the_playbook(place: Place, name: str, option: str) -> None:
    assert place.params(name, {**needed(name), option: "near/it"})[option] == str(place.playbook / "near" / "it")


@pytest.mark.parametrize(("name", "option"), [one for one in PATHS if one not in FOLDERS], ids=str)
@pytest.mark.parametrize("where", ["site/roles/ours/files", "site/roles/ours", "site/files", "site"])
def test_a_file_is_found_where_copy_finds_it(place: Place, tmp_path: Path, where: str, name: str, option: str) -> None:
    there = tmp_path / where / "near.pem"
    there.parent.mkdir(exist_ok=True)
    there.touch()
    (place.started / "near.pem").touch()
    assert place.params(name, {**needed(name), option: "near.pem"})[option] == str(there)


@pytest.mark.parametrize(("name", "option"), sorted(FOLDERS), ids=str)
def test_what_is_written_is_written_at_the_playbook(place: Place, name: str, option: str) -> None:
    (place.role / "files").mkdir()
    (place.role / "near").mkdir()
    assert place.params(name, {**needed(name), option: "near"})[option] == str(place.playbook / "near")
    assert place.params(name, needed(name))[option] == str(place.playbook)
    assert place.params(name, {**needed(name), option: "/srv/audits"})[option] == "/srv/audits"


@pytest.mark.parametrize(("name", "option"), PATHS, ids=str)
def test_a_playbook_of_the_collection_takes_paths_from_where_it_was_started(place: Place, name: str, option: str) -> None:
    place.base = ROOT / "playbooks"
    assert place.params(name, {**needed(name), option: "audit.yml"})[option] == str(place.started / "audit.yml")


def test_a_path_of_the_environment_begins_where_the_run_was_started(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.playbook / "ca.pem").touch()
    monkeypatch.setenv("SFB_CA_PATH", "ca.pem")
    assert place.params("sp_info", {"app_ids": []})["ca_path"] == str(place.started / "ca.pem")


def test_a_file_that_is_nowhere_is_named_whole(place: Place) -> None:
    result = run_action("sp_credential", {"certificate_path": "issuer.cer"}, prepare=place.prepare)
    assert f"(trust_certificate_path of the role): {place.playbook}/issuer.cer cannot be read: No such file" in result["msg"]


@pytest.mark.parametrize(("name", "option"), PATHS, ids=str)
def test_the_documentation_says_where_a_path_begins(name: str, option: str) -> None:
    words = " ".join(documented(name)[option]["description"])
    assert (AT_THE_PLAYBOOK if (name, option) in FOLDERS else AS_COPY) in words
    assert (WHERE_STARTED in words) == ("fallback" in spec(name)[option])


@pytest.mark.parametrize("variable", sorted(ROLE))
def test_every_variable_of_the_role_that_is_a_path_begins_at_the_playbook(place: Place, variable: str) -> None:
    entry_point = next(iter(VARIABLES[variable].metadata["entry_points"] or ("audit",)))
    near = place.playbook / "near"
    if ROLE[variable] == "folder":
        near.mkdir()
    else:
        near.write_text(pem(certificate()), encoding="ascii")
    given = {"trust_client_id": "4a1aa1d5-c567-49d0-ad0b-cd957a47f842", "trust_access_token": "t", variable: "near"}
    if entry_point == "rotate":
        given["trust_rotation_create"] = "pfx"

    def prepare(action: Any) -> None:
        place.prepare(action)
        action._templar = Templar(loader=action._loader, variables=given)

    result = run_action("trust_settings", {"entry_point": entry_point}, prepare=prepare, task_vars=given)
    assert not result.get("failed"), result
    assert result["settings"][variable.removeprefix("trust_")] == str(near)


def test_the_folder_of_a_report_is_the_playbooks(place: Place) -> None:
    result = run_action("trust_report", {"audits": reports.good(), "formats": ["json"]}, prepare=place.prepare)
    assert result["paths"] == {"json": str(place.playbook / "audit.json")}
