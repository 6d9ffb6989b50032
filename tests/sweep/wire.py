# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's tenant and servers behind the collection's own HTTP session and pypsrp's own runspace pool, without sockets."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import urllib3
from pypsrp.exceptions import WinRMTransportError
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from tests.lab.cloud.https import Answer, Request
from tests.lab.winrm.listener import RESTRICTED, WinRmListener

from .script import PROCESS, BrokenOffError, ControllerKilledError, Script

_PAGE = b"<html><body>Sign in to the guest network</body></html>"
_RESET = ConnectionResetError(104, "Connection reset by peer")
_LONGEST_WORK_SECONDS = 30.0

Handlers = Mapping[str, Callable[[Request], Answer]]


class Wire:
    """handlers: what answers for each host. secrets: the tokens that went over the wire."""

    def __init__(self, handlers: Handlers, script: Script) -> None:
        self._handlers, self._script = handlers, script
        self.secrets: set[str] = set()

    def adapter(self, original: Callable[[], Any]) -> Any:
        """The session's own adapter with its own retries, whose connections lead here."""
        made = original()
        wire = self

        class Pool(urllib3.HTTPSConnectionPool):
            def _make_request(self, conn: Any, method: str, url: str, body: Any = None, headers: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
                return wire.send(self, method, url, body, headers or {})

        made.poolmanager.pool_classes_by_scheme = {"https": Pool}
        return made

    def send(self, pool: urllib3.HTTPSConnectionPool, method: str, url: str, body: Any, headers: Mapping[str, str]) -> urllib3.HTTPResponse:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        given = {name.lower(): str(value) for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body or b""
        self._script.take_struck()
        try:
            told = self._handlers[pool.host](Request(method, unquote(parts.path), query, given, data))
        except BrokenOffError:
            told = None
        struck = self._script.take_struck()
        self._raise(struck.do.partition(":")[0] if struck else "", pool, url)
        assert told is not None
        if isinstance(told.content, dict) and "access_token" in told.content:
            self.secrets.add(told.content["access_token"])
        content = b"" if told.content is None else json.dumps(told.content).encode()
        status, length = told.status, len(content)
        if struck and struck.do == "not JSON":
            status, content = 200, _PAGE
            length = len(content)
        if struck and struck.do == "cut":
            content = content[:-1]
            length = len(content)
        if struck and struck.do == "truncated":
            content = content[: len(content) // 2]
        return urllib3.HTTPResponse(
            body=io.BytesIO(content),
            headers={**told.headers, "Content-Type": "application/json", "Content-Length": str(length)},
            status=status,
            preload_content=False,
            request_method=method,
            request_url=url,
        )

    @staticmethod
    def _raise(do: str, pool: urllib3.HTTPSConnectionPool, url: str) -> None:
        if do == "killed":
            raise ControllerKilledError
        if do == "refused":
            raise NewConnectionError(pool, "Failed to establish a new connection: [Errno 111] Connection refused")  # type: ignore[arg-type]
        if do == "reset":
            raise ProtocolError("Connection aborted.", _RESET)
        if do == "timeout":
            raise ReadTimeoutError(pool, url, "Read timed out. (read timeout=60)")


class _Transport:
    """What pypsrp sends, given to the lab's listener."""

    endpoint = f"https://server{RESTRICTED}"

    def __init__(self, listener: WinRmListener, user: str, script: Script) -> None:
        self._listener, self._user, self._script = listener, user, script

    def send(self, message: bytes, **_how: Any) -> bytes:
        self._script.take_struck()
        try:
            status, body = self._listener.answer(message, self._user, True)
        except (BrokenOffError, ConnectionResetError):
            status, body = 0, b""
        do = struck.do if (struck := self._script.take_struck()) and struck.do in ("killed", "reset") else ""
        if do:
            settle()  # what was begun goes on without who asked for it
            if do == "killed":
                raise ControllerKilledError
            raise requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", _RESET))
        if status != 200:
            raise WinRMTransportError("http", status, body.decode())
        return body

    def close(self) -> None:
        """Nothing is open."""


class RestrictedConnection:
    """A connection of ansible.builtin.psrp to the endpoint where no script runs."""

    transport, become, connected = "psrp", None, False
    _shell = SimpleNamespace(tmpdir="none", _IS_WINDOWS=True)
    runspace: RunspacePool

    def __init__(self, listener: WinRmListener, user: str, script: Script) -> None:
        self._listener, self._user, self._script = listener, user, script

    def get_option(self, name: str) -> str:
        return RESTRICTED if name == "path" else "Microsoft.PowerShell"

    def _connect(self) -> None:
        wsman: Any = WSMan("server", ssl=True, auth="basic", username=self._user, password="none", encryption="never")
        wsman.transport = _Transport(self._listener, self._user, self._script)
        self.runspace = RunspacePool(wsman)
        self.runspace.open()
        self.connected = True


def settle() -> None:
    """Wait for what the servers still do."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name.endswith("(_work)"):
            thread.join(_LONGEST_WORK_SECONDS)


__all__ = ["PROCESS", "RestrictedConnection", "Wire", "settle"]
