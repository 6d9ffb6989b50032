# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say in words that a Python package is missing on the controller, or its Python too old. Private to the collection.

A file imports such a package where it is there and raises missing() where it is needed, so that what does not need it works without.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

# As ansible-core 2.17 and newer need it. An older ansible-core only warns that the collection is not for it, and then fails somewhere.
_OLDEST_PYTHON = (3, 10)
_RUNNING: tuple[int, ...] = sys.version_info[:3]
_ROOT = Path(__file__).resolve().parents[3]
# Each file of requirements: what it is for, and what comes before it.
_FILES = {
    "requirements.txt": ("what the collection needs", ""),
    "requirements-psrp.txt": ("what PSRP needs", ""),
    "requirements-kerberos.txt": ("what Kerberos needs", "after the system packages that bindep.txt names beside that file"),
}


def check_python() -> None:
    """HybridAuthError where the Python that runs Ansible is too old for the collection."""
    if _RUNNING < _OLDEST_PYTHON:
        raise HybridAuthError(
            f"Ansible runs on Python {'.'.join(map(str, _RUNNING))} ({sys.executable}), and sfb.hybrid_auth needs Python 3.10 or newer. "
            "Nothing was contacted.",
            "Install ansible-core 2.17 or newer for such a Python, and run again with it.",
        )


def missing(package: str, purpose: str, file: str = "requirements.txt") -> HybridAuthError:
    """The error to raise. purpose: what needs the package, such as "reading a certificate". file: the collection's file that names it."""
    what, before = _FILES[file]
    python = shlex.quote(sys.executable or "python3")
    return HybridAuthError(
        f"The Python package '{package}' is not installed for the Python that runs Ansible, and {purpose} needs it.",
        f"Install {what}{f', {before}' if before else ''}: {python} -m pip install -r {shlex.quote(str(_ROOT / file))}",
        package=package,
    )
