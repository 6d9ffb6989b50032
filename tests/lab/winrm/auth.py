# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asking: Basic (RFC 7617) and Negotiate with NTLM and message encryption (MS-WSMV section 2.2.9.1)."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import Any

import spnego

from .host import Host

_BOUNDARY = b"Encrypted Boundary"


class Authentication:
    """The state of one TCP connection: NTLM signs in the connection, not the request."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._context: Any = None
        self.user: str | None = None
        self.reply: str | None = None

    def step(self, header: str) -> bool:
        """Take an Authorization header; True once the user is known. What to answer is in reply."""
        self.reply = None
        kind, _blank, token = header.partition(" ")
        if kind.lower() == "basic":
            return self._basic(token)
        if kind.lower() in ("negotiate", "ntlm"):
            return self._negotiate(kind, token)
        return not header and self._context is not None and self._context.complete and self.user is not None

    def _basic(self, token: str) -> bool:
        try:
            plain = base64.b64decode(token, validate=True)
        except binascii.Error:
            return False
        try:
            text = plain.decode()
        except UnicodeDecodeError:  # RFC 7617 leaves the encoding open, and clients differ
            text = plain.decode("latin-1")
        user, _colon, password = text.partition(":")
        if not password or self._host.password_of(user) != password:
            return False
        self.user = user
        return True

    def _negotiate(self, kind: str, token: str) -> bool:
        if self._context is None or self._context.complete:
            self._context = spnego.server(protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate)
            self.user = None
        try:
            out = self._context.step(base64.b64decode(token))
        except (spnego.exceptions.SpnegoError, ValueError, struct.error):  # a wrong password, or no token at all
            self._context = None
            return False
        self.reply = f"{kind} {base64.b64encode(out).decode()}" if out else None
        if not self._context.complete:
            return False
        user = str(self._context.client_principal)
        if self._host.password_of(user) is None:  # an account of another server of the lab
            self._context = None
            return False
        self.user = user
        return True

    def decrypt(self, body: bytes) -> bytes:
        plain = b""
        for part in re.split(rb"--\s*" + _BOUNDARY + rb"(?:--)?\r\n", body):
            head, _line, rest = part.partition(b"\r\n")
            if head.strip() == b"Content-Type: application/octet-stream":
                (length,) = struct.unpack("<i", rest[:4])
                plain += self._context.unwrap_winrm(rest[4 : 4 + length], rest[4 + length :])
        return plain

    def encrypt(self, body: bytes) -> tuple[bytes, str]:
        """The encrypted body and its content type."""
        protocol = "application/HTTP-SPNEGO-session-encrypted"
        wrapped = self._context.wrap_winrm(body)
        data = (
            b"--" + _BOUNDARY + b"\r\n\tContent-Type: " + protocol.encode() + b"\r\n\tOriginalContent: "
            b"type=application/soap+xml;charset=UTF-8;Length=%d\r\n--" % (len(body) + wrapped.padding_length)
            + _BOUNDARY + b"\r\n\tContent-Type: application/octet-stream\r\n"
            + struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data + b"--" + _BOUNDARY + b"--\r\n"
        )  # fmt: skip
        return data, f'multipart/encrypted;protocol="{protocol}";boundary="{_BOUNDARY.decode()}"'
