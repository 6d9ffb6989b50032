# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenario in docs/molecule, run as the page says."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.play import DEVELOPMENT, ROOT

from .programs import run


def test_a_role_of_ones_own_is_tested_against_the_lab(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "molecule", folder := tmp_path / "trust")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(DEVELOPMENT),
        "HYBRID_AUTH_CLONE": str(ROOT),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "molecule"),
    }
    output = run("molecule", "test", folder=tmp_path, environment=environment, cwd=folder)
    assert "5  successful=5" in " ".join(output.split()).replace(" successful", "  successful")
    assert not (tmp_path / "molecule" / "lab.pid").exists()
