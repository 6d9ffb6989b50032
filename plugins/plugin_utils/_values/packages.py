# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say in words that a Python package is missing on the controller. Private to the collection.

A file imports such a package where it is there and raises missing() where it is needed, so that what does not need it works without.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements.txt"


def missing(package: str, purpose: str, alone: str | None = None) -> HybridAuthError:
    """The error to raise. purpose: what needs the package, such as "reading a certificate".

    alone: pip's requirement for a package that only some need, so that requirements.txt does not hold it.
    """
    python = shlex.quote(sys.executable or "python3")
    what, wanted = ("what the collection needs", f"-r {shlex.quote(str(_REQUIREMENTS))}") if alone is None else ("it", shlex.quote(alone))
    return HybridAuthError(
        f"The Python package '{package}' is not installed for the Python that runs Ansible, and {purpose} needs it.",
        f"Install {what}: {python} -m pip install {wanted}",
        package=package,
    )
