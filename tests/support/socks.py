# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A SOCKS proxy (RFC 1928) on this machine that leads to this machine alone, as a jump host opens one with ssh -D."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SECONDS = 60


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    connections: list[int]


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        client: socket.socket = self.request
        client.settimeout(_SECONDS)
        with contextlib.suppress(OSError, struct.error):
            _version, methods = client.recv(2)
            client.recv(methods)
            client.sendall(b"\x05\x00")
            _version, _command, _blank, kind = client.recv(4)
            host = client.recv(4) if kind == 1 else client.recv(client.recv(1)[0])
            (port,) = struct.unpack("!H", client.recv(2))
            name = str(ipaddress.IPv4Address(host)) if kind == 1 else host.decode()
            if not ipaddress.ip_address(name).is_loopback:
                return
            self.server.connections.append(port)
            with socket.create_connection((name, port), timeout=_SECONDS) as there:
                client.sendall(b"\x05\x00\x00\x01" + bytes(6))
                back = threading.Thread(target=_carry, args=(there, client), daemon=True)
                back.start()
                _carry(client, there)
                back.join(_SECONDS)


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def proxy() -> Iterator[Any]:
    """A running proxy: server_address is where, connections has the port of each connection that went through it."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.connections = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)
