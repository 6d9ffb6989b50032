# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WS-Management messages (DSP0226, MS-WSMV): read a request, write an answer or a fault."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "ps": "http://schemas.microsoft.com/powershell",
}
COMMAND_SHELL = f"{NS['rsp']}/cmd"
POWERSHELL = f"{NS['ps']}/"  # followed by the name of a session configuration
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
_FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_DEFAULT_TIMEOUT_SECONDS = 20.0


class WsmanError(Exception):
    """An answer that is a fault. code: Windows' own error number."""

    def __init__(self, code: int, reason: str, subcode: str = "w:InternalError") -> None:
        super().__init__(reason)
        self.code, self.reason, self.subcode = code, reason, subcode


class OperationTimeoutError(WsmanError):
    """Nothing happened in the time that the client gave; it asks again."""

    def __init__(self) -> None:
        super().__init__(
            2150858793,
            "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.",
            "w:TimedOut",
        )


class Message:
    """One request."""

    def __init__(self, raw: bytes) -> None:
        root = ET.fromstring(raw)  # noqa: S314  # only clients on this machine get here
        header, body = root.find("s:Header", NS), root.find("s:Body", NS)
        if header is None or body is None:
            raise WsmanError(2150858752, "The request is no WS-Management message.", "w:SchemaValidationError")
        self._header, self.body = header, body
        self.action = self._text("a:Action")
        self.verb = self.action.rsplit("/", 1)[-1]
        self.resource = self._text("w:ResourceURI")
        self.message_id = self._text("a:MessageID")
        self.shell_id = next(
            (node.text or "" for node in header.iterfind("w:SelectorSet/w:Selector", NS) if node.get("Name") == "ShellId"), ""
        ).upper()
        self.options = {node.get("Name"): node.text or "" for node in header.iterfind("w:OptionSet/w:Option", NS)}
        timeout = re.match(r"PT([\d.]+)S", self._text("w:OperationTimeout"))
        self.timeout = float(timeout[1]) if timeout else _DEFAULT_TIMEOUT_SECONDS

    def _text(self, path: str) -> str:
        node = self._header.find(path, NS)
        return (node.text or "") if node is not None else ""

    def need(self, path: str) -> ET.Element:
        """The element of the body; a fault if it is not there."""
        node = self.body.find(path, NS)
        if node is None:
            raise WsmanError(2150858752, f"The request lacks {path}.", "w:SchemaValidationError")
        return node


def answer(message: Message, body: str) -> bytes:
    return _envelope(f"{message.action}Response", message.message_id, body)


def fault(message_id: str, error: WsmanError, machine: str) -> bytes:
    reason = escape(error.reason)
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail><f:WSManFault Code="{error.code}" '
        f'Machine="{escape(machine)}"><f:Message>{reason}</f:Message></f:WSManFault></s:Detail></s:Fault>'
    )
    return _envelope(_FAULT_ACTION, message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" {_DECLARATIONS}><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{NS['a']}/role/anonymous</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
