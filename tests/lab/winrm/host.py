# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a WinRM listener needs of the server behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .command_line import CommandLine


class Account(str):
    """An account as it signed in. delegates: the server got credentials with which it can be this account elsewhere, too."""

    __slots__ = ("delegates",)
    delegates: bool

    def __new__(cls, name: str, *, delegates: bool = False) -> Account:
        made = super().__new__(cls, name)
        made.delegates = delegates
        return made


class ProcessEndedError(Exception):
    """The process that ran a pipeline ended before it was done."""


@dataclass(frozen=True)
class Completed:
    """A process that ended. killed: before it was done, so that nobody knows what it did."""

    stdout: bytes
    stderr: bytes
    code: int
    killed: bool = False


@dataclass(frozen=True)
class Command:
    """One command of a pipeline: the name of a cmdlet, or a script. arguments: values without a parameter's name.

    ends_statement: what follows is another statement, and gets nothing from this one.
    """

    text: str
    is_script: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)
    arguments: Sequence[Any] = ()
    ends_statement: bool = False


@dataclass(frozen=True)
class Pipeline:
    """What a client of PowerShell remoting asks: commands, and the objects that go in."""

    commands: Sequence[Command]
    input: Sequence[Any] = ()


@dataclass(frozen=True)
class PsObject:
    """An object that leaves a pipeline. text: what it shows as, None where only its properties do."""

    types: Sequence[str]
    properties: Mapping[str, Any]
    text: str | None = None


@dataclass(frozen=True)
class Serialized:
    """An object that leaves a pipeline, as PowerShell's own PSSerializer writes it."""

    clixml: str


@dataclass(frozen=True)
class ErrorData:
    """An error record. ends: whether it ends the pipeline (a terminating error)."""

    message: str
    error_id: str
    category: str
    parameter: str | None = None
    ends: bool = True


@dataclass(frozen=True)
class PipelineResult:
    """What a pipeline wrote. code: the exit code that a script asked the client's host for."""

    output: Sequence[Any] = ()
    warnings: Sequence[str] = ()
    errors: Sequence[ErrorData] = ()
    code: int = 0


class Host(Protocol):
    """A Windows server that runs command lines for users."""

    name: str

    def password_of(self, user: str) -> str | None:
        """The password of the account, given as DOMAIN\\user or user@domain; None where there is no such account."""

    def run(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        """Run a command line to its end."""

    def run_pipeline(self, pipeline: Pipeline, user: str, restricted: bool) -> PipelineResult:
        """Run a pipeline to its end, ProcessEndedError if it does not come to it; a restricted endpoint runs single cmdlets only."""
