# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's PowerShell modules, as the collection's own module brings them to a server."""

from __future__ import annotations

import re
from pathlib import Path

_PLUGINS = Path(__file__).parents[2] / "plugins"
_MODULE = (_PLUGINS / "modules" / "cs_invoke.ps1").read_text(encoding="ascii")
_NAMES = re.findall(r"^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)", _MODULE, re.MULTILINE)
# A line of PowerShell.
IMPORT = "Import-Module -Name " + ", ".join(f"'{_PLUGINS / 'module_utils' / name}.psm1'" for name in _NAMES)
