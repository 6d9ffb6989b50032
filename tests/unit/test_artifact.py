# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published: all that users need, and nothing else that may lie in a working tree.

Pages tell their readers to put an inventory or a role of their own beside the files of docs/awx and docs/molecule.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Everything in these folders that the repository holds is for users, but for what waits for the next release.
WAITING = "changelogs/fragments/"
FOLDERS = {"changelogs", "docs", "meta", "playbooks", "plugins", "roles"}
REQUIREMENTS = {"bindep.txt", "requirements.txt", "requirements-kerberos.txt", "requirements-psrp.txt"}
FILES = {".ansible-lint", "LICENSE", "README.md", "CHANGELOG.rst", "CHANGELOG.rst.license", "tests/config.yml"} | REQUIREMENTS
JUNK = (
    ".ansible/roles/other/tasks/main.yml",
    ".cache/lint/ansible_collections/sfb/hybrid_auth/plugins/modules/trust_plan.py",
    ".env",
    ".venv311/lib/python3.11/site-packages/msal/__init__.py",
    "artifacts/1/job_events/1.json",
    "audit.html",
    "changelogs/.plugin-cache.yaml",
    "changelogs/fragments/secret.yml",
    "changelogs/secret.yml",
    "demo/audit.json",
    "docs/audit.html",
    "docs/audit.json",
    "docs/awx/inventory.yml",
    "docs/awx/project/collections/secret.yml",
    "docs/awx/project/group_vars/all/vault.yml",
    "docs/awx/project/host_vars/fe01.yml",
    "docs/awx/project/secret.yml",
    "docs/customer.md",
    "docs/docsite/rst/customer.rst",
    "docs/key.license",
    "docs/molecule/inventory.yml",
    "docs/molecule/molecule/default/secret.yml",
    "docs/molecule/roles/contoso_trust/vars/main.yml",
    "fe01.pfx",
    "group_vars/all.yml",
    "inventory.yml",
    "key.pem",
    "meta/secret.yml",
    "passwords.txt",
    "playbooks/audit.yml.orig",
    "playbooks/group_vars/all.yml",
    "playbooks/inventory.yml",
    "plugins/inventory/contoso.py",
    "plugins/inventory/contoso.yml",
    "plugins/module_utils/.venv/x.py",
    "plugins/module_utils/secret.psm1",
    "plugins/modules/.trust_plan.py",
    "plugins/modules/__pycache__/trust_plan.cpython-311.pyc",
    "plugins/modules/secret.ps1",
    "plugins/modules/secret.yml",
    "plugins/modules/trust_plan.py~",
    "plugins/plugin_utils/_farm/.venv/lib/x.py",
    "plugins/plugin_utils/_farm/customer/x.py",
    "plugins/plugin_utils/_report/mail.j2",
    "plugins/plugin_utils/key.pem",
    "plugins/vault.py",
    "roles/customer/tasks/main.yml",
    "roles/trust/defaults/secret/main.yml",
    "roles/trust/defaults/vault.yml",
    "roles/trust/files/key.pem",
    "roles/trust/meta/secret.yml",
    "roles/trust/tasks/.main.yml.swp",
    "roles/trust/tasks/customer.yml",
    "roles/trust/vars/main.yml",
    "sfb-hybrid_auth-0.0.1.tar.gz",
    "tests/output/junit/sanity.xml",
    "tests/secret.yml",
    "vault.yml",
    "venv/bin/activate",
)


def tracked() -> set[str]:
    """What the repository holds, without what was taken away in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the collection that is built from a working tree full of other things, with what they hold."""
    folder = tmp_path_factory.mktemp("artifact")
    tree = folder / "tree"
    for name in tracked():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    for name in JUNK:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("nothing for others\n", encoding="utf-8")
    # The link through which Python finds the working tree leads back into it, and a removed environment leaves links to nothing.
    (tree / ".cache/dev").mkdir()
    (tree / ".cache/dev/hybrid_auth").symlink_to(tree, target_is_directory=True)
    (tree / "venv/bin/python").symlink_to(folder / "gone")
    command = [sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", str(folder)]
    run = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = folder.glob("*.tar.gz")
    contents = {}
    with tarfile.open(built) as archive:
        for member in archive.getmembers():
            if not member.isdir():
                held = archive.extractfile(member)
                assert held is not None, f"{member.name} is no file"
                contents[member.name] = held.read()
    return contents


def test_all_that_users_need_is_published_and_nothing_else(artifact: dict[str, bytes]) -> None:
    wanted = {name for name in tracked() if name in FILES or (Path(name).parts[0] in FOLDERS and not name.startswith(WAITING))}
    assert {"plugins/modules/cs_invoke.ps1", "plugins/plugin_utils/_report/style.css", "meta/runtime.yml"} <= wanted
    assert sorted(set(artifact) - {"MANIFEST.json", "FILES.json"}) == sorted(wanted)


def test_what_is_published_is_what_the_repository_holds(artifact: dict[str, bytes]) -> None:
    assert [name for name in artifact if name not in {"MANIFEST.json", "FILES.json"} and artifact[name] != (ROOT / name).read_bytes()] == []


def test_what_the_artifact_says_of_itself_leads_to_its_files(artifact: dict[str, bytes]) -> None:
    manifest: dict[str, Any] = json.loads(artifact["MANIFEST.json"])
    assert manifest["collection_info"]["readme"] in artifact
    listed = {entry["name"] for entry in json.loads(artifact["FILES.json"])["files"] if entry["ftype"] == "file"}
    assert listed == set(artifact) - {"MANIFEST.json", "FILES.json"}
