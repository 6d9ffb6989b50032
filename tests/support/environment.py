# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CORE and PYTHON of make ask for, and what of it a virtual environment has. Only Python itself and pip are there yet.

VENV/bin/python -m tests.support.environment CORE: prints what pip installs for it.
VENV/bin/python -m tests.support.environment CORE PYTHON_VERSION: prints `python` where the environment is to be made anew, `core` where
another ansible-core is to be installed, and nothing where all is as asked. Blank: whatever there is.
"""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata

from .cores import UnknownError, chosen, listed


def requirement(core: str) -> str:
    """What pip installs for CORE: the newest of a series such as 2.22, a release, or what pip takes. Raises UnknownError."""
    if _is_series(core):
        return f"ansible-core=={chosen(listed(), [core])[0].release}"
    return f"ansible-core=={core}" if re.fullmatch(r"\d+\.\d+\.\d+\w*", core) else core


def lacking(core: str, python: str) -> str:
    """Which of both the running Python does not have."""
    if python and python != platform.python_version():
        return "python"
    wanted = f"ansible-core=={core}.*" if _is_series(core) else core and requirement(core)
    return "" if not wanted or _has(wanted) else "core"


def _is_series(core: str) -> bool:
    return re.fullmatch(r"\d+\.\d+", core) is not None


def _has(wanted: str) -> bool:
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # what else has no pip is asked nothing

    try:
        asked = Requirement(wanted)
        return asked.url is None and asked.specifier.contains(metadata.version(asked.name), prereleases=True)
    except (InvalidRequirement, metadata.PackageNotFoundError):  # a folder, a URL, or nothing yet
        return False


if __name__ == "__main__":
    try:
        sys.stdout.write(requirement(sys.argv[1]) if len(sys.argv) == 2 else lacking(*sys.argv[1:3]))
    except UnknownError as exc:
        sys.exit(str(exc))
