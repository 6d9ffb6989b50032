# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""requirements.yml installs the collection from its repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from .test_artifact import ROOT, tracked

REQUIREMENTS = yaml.safe_load((ROOT / "requirements.yml").read_text(encoding="utf-8"))


def test_the_git_source_is_the_repository_that_the_collection_names() -> None:
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    assert {"collections": [{"name": f"{repository}.git", "type": "git", "version": "main"}]} == REQUIREMENTS


def test_ansible_galaxy_installs_from_a_repository_by_it(tmp_path: Path) -> None:
    repository, requirements, target = tmp_path / "repository", tmp_path / "requirements.yml", tmp_path / "collections"
    for name in tracked():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, repository / name)
    git = ["git", "-c", "user.name=contoso", "-c", "user.email=contoso@contoso.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "All of it"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    (wanted,) = REQUIREMENTS["collections"]
    requirements.write_text(yaml.safe_dump({"collections": [{**wanted, "name": repository.as_uri()}]}), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "galaxy", "collection", "install", "-r", str(requirements), "-p", str(target)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(target), "ANSIBLE_HOME": str(tmp_path / "home")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    installed = target / "ansible_collections" / "sfb" / "hybrid_auth"
    assert (installed / "playbooks" / "audit.yml").read_bytes() == (ROOT / "playbooks" / "audit.yml").read_bytes()
    assert not (installed / "tests" / "lab").exists()
