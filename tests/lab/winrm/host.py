# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a WinRM listener needs of the server behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .command_line import CommandLine


@dataclass(frozen=True)
class Completed:
    """A process that ended."""

    stdout: bytes
    stderr: bytes
    code: int


class Host(Protocol):
    """A Windows server that runs command lines for users."""

    name: str

    def password_of(self, user: str) -> str | None:
        """The password of the account, given as DOMAIN\\user or user@domain; None where there is no such account."""

    def run(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        """Run a command line to its end."""
