# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asking: Basic (RFC 7617), Negotiate with NTLM or Kerberos, CredSSP (MS-CSSP), and message encryption (MS-WSMV section 2.2.9.1)."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import spnego
import spnego.tls

from .host import Account, Host

_BOUNDARY = b"Encrypted Boundary"
_SPNEGO, _CREDSSP = "application/HTTP-SPNEGO-session-encrypted", "application/HTTP-CredSSP-session-encrypted"
_CREDSSP_CHUNK_BYTES = 16384


@cache
def _credssp_tls() -> spnego.tls.CredSSPTLSContext:
    """The TLS within CredSSP, with a certificate of its own that no client verifies: CredSSP binds the sign-in to its key."""
    tls = spnego.tls.default_tls_context(usage="accept")
    certificate, key, tls.public_key = spnego.tls.generate_tls_certificate()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "credssp.pem"
        path.touch(0o600)
        path.write_bytes(certificate + key)
        tls.context.load_cert_chain(path)
    return tls


class Authentication:
    """The state of one TCP connection: it is the connection that is signed in, not the request."""

    def __init__(self, host: Host, credssp: bool) -> None:
        self._host = host
        self._kinds = ("negotiate", "ntlm", "kerberos", *(("credssp",) if credssp else ()))
        self._context: Any = None
        self._is_credssp = False
        self.user: Account | None = None
        self.reply: str | None = None

    def step(self, header: str) -> bool:
        """Take an Authorization header; True once the user is known. What to answer is in reply."""
        self.reply = None
        kind, _blank, token = header.partition(" ")
        if kind.lower() == "basic":
            return self._basic(token)
        if kind.lower() in self._kinds:
            return self._exchange(kind, token)
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
        self.user = Account(user)
        return True

    def _exchange(self, kind: str, token: str) -> bool:
        if self._context is None or self._context.complete:
            self._context, self._is_credssp = _acceptor(kind), kind.lower() == "credssp"
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
        self.user = Account(user, delegates=self._delegates(user))
        return True

    def _delegates(self, user: str) -> bool:
        if self._is_credssp:
            given = self._context.get_extra_info("client_credential")
            return bool(given.password == self._host.password_of(user))
        return bool(self._context.context_attr & spnego.ContextReq.delegate)

    def decrypt(self, body: bytes) -> bytes:
        plain = b""
        for part in re.split(rb"--\s*" + _BOUNDARY + rb"(?:--)?\r\n", body):
            head, _line, rest = part.partition(b"\r\n")
            if head.strip() == b"Content-Type: application/octet-stream":
                (length,) = struct.unpack("<i", rest[:4])
                plain += self._context.unwrap_winrm(rest[4 : 4 + length], rest[4 + length :])
        return plain

    def encrypt(self, body: bytes) -> tuple[bytes, str]:
        """The encrypted body and its content type. CredSSP has a part for each piece of what is long."""
        if not self._is_credssp:
            return self._part(body, _SPNEGO) + _END, _content_type("encrypted", _SPNEGO)
        pieces = [body[start : start + _CREDSSP_CHUNK_BYTES] for start in range(0, len(body), _CREDSSP_CHUNK_BYTES)]
        kind = "encrypted" if len(pieces) == 1 else "x-multi-encrypted"
        return b"".join(self._part(piece, _CREDSSP) for piece in pieces) + _END, _content_type(kind, _CREDSSP)

    def _part(self, body: bytes, protocol: str) -> bytes:
        wrapped = self._context.wrap_winrm(body)
        part: bytes = (
            b"--" + _BOUNDARY + b"\r\n\tContent-Type: " + protocol.encode() + b"\r\n\tOriginalContent: "
            b"type=application/soap+xml;charset=UTF-8;Length=%d\r\n--" % (len(body) + wrapped.padding_length)
            + _BOUNDARY + b"\r\n\tContent-Type: application/octet-stream\r\n"
            + struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data
        )  # fmt: skip
        return part


_END = b"--" + _BOUNDARY + b"--\r\n"


def _content_type(kind: str, protocol: str) -> str:
    return f'multipart/{kind};protocol="{protocol}";boundary="{_BOUNDARY.decode()}"'


def _acceptor(kind: str) -> Any:
    """Microsoft's HTTP.sys takes NTLM and Kerberos under Negotiate, and each under its own name."""
    options = spnego.NegotiateOptions.use_negotiate
    if kind.lower() == "credssp":
        return spnego.server(protocol="credssp", options=options, credssp_tls_context=_credssp_tls())
    return spnego.server(protocol="negotiate", options=options)
