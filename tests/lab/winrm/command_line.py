# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command line asks PowerShell to do: clients wrap the script in base64, some of them twice."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

# cmd.exe takes no longer line: https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation
LONGEST = 8191

_ENCODED = re.compile(
    r"""^\s*"?power(?:shell|shell\.exe)"?\s.*?-e(?:nc(?:odedcommand)?)?\s+['"]?(?P<script>[A-Za-z0-9+/=]+)['"]?\s*$""",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class CommandLine:
    """text: as it came. script: the innermost script, None where the line starts no encoded script. depth: how often it was wrapped."""

    text: str
    script: str | None
    depth: int


def parse(text: str) -> CommandLine:
    """Unwrap -EncodedCommand until nothing is left to unwrap."""
    script, depth = text, 0
    while match := _ENCODED.match(script):
        script = base64.b64decode(match["script"]).decode("utf-16-le")
        depth += 1
    return CommandLine(text, script if depth else None, depth)
