# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of .venv-awx, run as a user does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.play import NOT_INHERITED, ROOT

AWX = ROOT / "docs" / "awx"
VENV = (ROOT / os.environ.get("AWX_VENV", ".venv-awx")).absolute()


def run(
    program: str,
    *arguments: str,
    folder: Path,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
    fails: bool = False,
) -> str:
    """Run it to its good end, or to its bad one. folder: where it keeps its files. Returns what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((*NOT_INHERITED, "CONTROLLER_"))}
    done = subprocess.run(
        [str(VENV / "bin" / program), *arguments],
        env={
            **inherited,
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "NO_COLOR": "1",
            **(environment or {}),
        },
        cwd=cwd or folder,
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode != 0) is fails, f"{program} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr
