# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WinRM listener: HTTP or HTTPS, sign-in, shells."""

from __future__ import annotations

import http.server
import ssl
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..faults import Fault, Faults
from ..log import RequestLog
from . import soap
from .auth import Authentication
from .host import Host
from .psrp import RunspacePool
from .shell import CommandShell

_XML = "application/soap+xml;charset=UTF-8"

# Skype for Business has its remote PowerShell beside the ordinary endpoint, in its own place on the Web server.
ORDINARY, RESTRICTED = "/wsman", "/OcsPowershell"


class WinRmListener(http.server.ThreadingHTTPServer):
    """One listener of one server on a port of 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        host: Host,
        *,
        log: RequestLog,
        faults: Faults,
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
        basic: bool = True,
        credssp: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.host, self.log, self.faults, self.basic, self.credssp = host, log, faults, basic, credssp
        self.tls = tls is not None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._shells: dict[str, CommandShell | RunspacePool] = {}
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(timeout=10)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a fault of the lab."""
        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)

    def answer(self, raw: bytes, user: str, restricted: bool = False) -> tuple[int, bytes]:
        """HTTP status and envelope for a request. restricted: it came to the place where no script runs."""
        message_id = ""
        try:
            message = soap.Message(raw)
            message_id = message.message_id
            body = self._body(message, user, restricted)
        except soap.WsmanError as exc:
            return 500, soap.fault(message_id, exc, self.host.name)
        except ET.ParseError as exc:
            return 500, soap.fault(
                "", soap.WsmanError(2150858752, f"The request is not XML: {exc}", "w:SchemaValidationError"), self.host.name
            )
        return 200, soap.answer(message, body)

    def _body(self, message: soap.Message, user: str, restricted: bool) -> str:
        self.log.add("winrm", message.verb, message.resource, host=self.host.name, user=user)
        point = f"winrm.{message.verb.lower()}"
        fault = self.faults.take(point)
        if fault and not fault.after:
            _strike(fault)
        try:
            return self._done(message, user, restricted)
        finally:
            if fault and fault.after:
                _strike(fault)
            met = self.faults.take(f"{point}.answer")
            if met:
                _strike(met)

    def _done(self, message: soap.Message, user: str, restricted: bool) -> str:
        if message.verb == "Create":
            shell = self._open(message, user, restricted)
            self._shells[shell.id] = shell
            return shell.created()
        found = self._shells.get(message.shell_id)
        if found is None:
            raise soap.WsmanError(
                2150858843,
                f"The request for the Windows Remote Shell with ShellId {message.shell_id} failed because the shell was not found.",
                "w:InvalidSelectors",
            )
        if message.verb == "Delete":
            del self._shells[message.shell_id]
            return ""
        verbs: dict[str, Callable[[soap.Message], str]] = {
            "Command": found.command,
            "Send": found.send,
            "Receive": found.receive,
            "Signal": found.signal,
        }
        if message.verb not in verbs:
            raise soap.WsmanError(2150858751, f"There is no operation {message.verb}.", "w:ActionNotSupported")
        return verbs[message.verb](message)

    def _open(self, message: soap.Message, user: str, restricted: bool) -> CommandShell | RunspacePool:
        if message.resource.lower() == f"{soap.POWERSHELL}Microsoft.PowerShell".lower():
            return RunspacePool(self.host, message, user, restricted)
        if message.resource == soap.COMMAND_SHELL and not restricted:
            return CommandShell(self.host, message, user)
        raise soap.WsmanError(2150858751, f"There is no resource {message.resource}.", "w:InvalidResourceURI")


def _strike(fault: Fault) -> None:
    if fault.do == "reset":
        raise ConnectionResetError
    if fault.do == "error":
        raise soap.WsmanError(2150858770, fault.argument or "a fault of the lab")
    raise ValueError(f"a message cannot be met by {fault.do}")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: WinRmListener

    def setup(self) -> None:
        if self.server.tls:
            self.request.settimeout(30)
            self.request.do_handshake()
        super().setup()
        self.authentication = Authentication(self.server.host, self.server.credssp)

    def log_message(self, format: str, *args: Any) -> None:  # the base class's name
        """Nothing on the terminal; the request log has it."""

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        authentication = self.authentication
        path = self.path.partition("?")[0].rstrip("/").lower()
        if path not in (ORDINARY, RESTRICTED.lower()):
            self._reply(404)
            return
        known = authentication.step(self.headers.get("Authorization", ""))
        headers = [("WWW-Authenticate", authentication.reply)] if authentication.reply else []
        if not known:
            self._reply(401, headers=headers or self._challenges())
            return
        encrypted = "session-encrypted" in self.headers.get("Content-Type", "")
        if not data:
            self._reply(200, headers=headers)
            return
        if encrypted:
            data = authentication.decrypt(data)
        try:
            status, body = self.server.answer(data, authentication.user or "", path != ORDINARY)
        except ConnectionResetError:
            self.close_connection = True
            self.connection.close()
            return
        kind = _XML
        if encrypted:
            body, kind = authentication.encrypt(body)
        self._reply(status, body, kind, headers)

    def _challenges(self) -> list[tuple[str, str]]:
        offered = ["Negotiate", "Kerberos"]
        offered += ["CredSSP"] if self.server.credssp else []
        offered += ['Basic realm="WSMAN"'] if self.server.basic else []
        return [("WWW-Authenticate", one) for one in offered]

    def _reply(self, status: int, body: bytes = b"", kind: str = _XML, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
