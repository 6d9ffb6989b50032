# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote command shell (MS-WSMV section 3.1.4): commands with standard input, output in chunks, exit code."""

from __future__ import annotations

import base64
import threading
import uuid

from . import command_line
from .host import Completed, Host
from .soap import NS, Message, OperationTimeoutError, WsmanError

_CHUNK_BYTES = 90_000  # base64 of it stays below the default MaxEnvelopeSizekb of 150
_LONGEST_WAIT_SECONDS = 60.0


class _Command:
    def __init__(self, identifier: str, line: str, reads_console: bool) -> None:
        self.id, self.line, self.reads_console = identifier, line, reads_console
        self.stdin = bytearray()
        self.done = threading.Event()
        self.completed = Completed(b"", b"", 0)
        self.started = False


class CommandShell:
    """One shell of one user."""

    def __init__(self, host: Host, message: Message, user: str) -> None:
        self.id = (message.need("rsp:Shell").get("ShellId") or str(uuid.uuid4())).upper()
        self._host, self._user = host, user
        self._commands: dict[str, _Command] = {}

    def created(self) -> str:
        return (
            f'<x:ResourceCreated><a:Address>/wsman</a:Address><a:ReferenceParameters><w:SelectorSet><w:Selector Name="ShellId">{self.id}'
            f"</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{self.id}</rsp:ShellId>"
            "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
        )

    def command(self, message: Message) -> str:
        node = message.need("rsp:CommandLine")
        parts = [node.findtext("rsp:Command", "", NS), *(argument.text or "" for argument in node.iterfind("rsp:Arguments", NS))]
        command = _Command(
            (node.get("CommandId") or str(uuid.uuid4())).upper(),
            " ".join(part for part in parts if part),
            message.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE").upper() == "TRUE",
        )
        self._commands[command.id] = command
        if len(command.line) > command_line.LONGEST:
            command.completed = Completed(b"", b"The command line is too long.\r\n", 1)
            command.started = True
            command.done.set()
        elif command.reads_console:  # nothing will be piped to it
            self._start(command)
        return f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, message: Message) -> str:
        for stream in message.body.iterfind("rsp:Send/rsp:Stream", NS):
            command = self._command(stream.get("CommandId"))
            command.stdin += base64.b64decode(stream.text or "")
            if (stream.get("End") or "").lower() == "true":
                self._start(command)
        return "<rsp:SendResponse/>"

    def receive(self, message: Message) -> str:
        command = self._command(message.need("rsp:Receive/rsp:DesiredStream").get("CommandId"))
        if not command.done.wait(min(message.timeout, _LONGEST_WAIT_SECONDS)):
            raise OperationTimeoutError
        streams = []
        for name, data in (("stdout", command.completed.stdout), ("stderr", command.completed.stderr)):
            tag = f'<rsp:Stream Name="{name}" CommandId="{command.id}"'
            chunks = [data[start : start + _CHUNK_BYTES] for start in range(0, len(data), _CHUNK_BYTES)]
            streams += [f"{tag}>{base64.b64encode(chunk).decode()}</rsp:Stream>" for chunk in chunks]
            streams.append(f'{tag} End="true"/>')
        return (
            f'<rsp:ReceiveResponse>{"".join(streams)}<rsp:CommandState CommandId="{command.id}" '
            f'State="{NS["rsp"]}/CommandState/Done"><rsp:ExitCode>{command.completed.code}</rsp:ExitCode></rsp:CommandState>'
            "</rsp:ReceiveResponse>"
        )

    def signal(self, message: Message) -> str:
        self._commands.pop((message.need("rsp:Signal").get("CommandId") or "").upper(), None)
        return "<rsp:SignalResponse/>"

    def _command(self, identifier: str | None) -> _Command:
        try:
            return self._commands[(identifier or "").upper()]
        except KeyError:
            raise WsmanError(2150858844, f"The command {identifier} was not found in the shell.", "w:InvalidSelectors") from None

    def _start(self, command: _Command) -> None:
        if not command.started:
            command.started = True
            threading.Thread(target=self._work, args=(command,), daemon=True).start()

    def _work(self, command: _Command) -> None:
        try:
            command.completed = self._host.run(command_line.parse(command.line), bytes(command.stdin), self._user)
        except Exception as exc:  # the client must see that the lab is broken, not wait for ever
            command.completed = Completed(b"", f"lab: {type(exc).__name__}: {exc}\r\n".encode(), 99)
        finally:
            command.done.set()
