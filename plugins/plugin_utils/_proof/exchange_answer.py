# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Exchange Web Services say in an answer with status 200: its element alone counts, and no text around it. Private to the collection.

The elements: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
NoError where a request was answered: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Literal

Kind = Literal["done", "error", "no_code", "fault", "other"]
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_MESSAGES = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
_MESSAGE = "/".join(f"{_MESSAGES}{name}" for name in ("ResponseMessages", "GetServerTimeZonesResponseMessage"))
_CODE = re.compile(r"\w{1,80}", re.ASCII)
_DONE = "NoError"
# The answer for one time zone has some hundred bytes; what is much larger is something else's, and is not parsed.
_LONGEST = 1_000_000


def read(content: bytes) -> tuple[Kind, str]:
    """What the answer is, and its code where that is another than the one of success.

    done: the request was answered. error: it was refused with that code. no_code: an answer that does not say that it is done.
    fault: a SOAP fault. other: no answer of these services.
    """
    body = _body(content)
    if body is None or len(body) != 1:
        return "other", ""
    (inner,) = body
    if inner.tag == f"{_SOAP}Fault":
        return "fault", ""
    if inner.tag != f"{_MESSAGES}GetServerTimeZonesResponse":
        return "other", ""
    messages = inner.findall(_MESSAGE)
    codes = [(code.text or "").strip() for one in messages for code in one.findall(f"{_MESSAGES}ResponseCode")]
    if not codes or not all(_CODE.fullmatch(one) for one in codes):
        return "no_code", ""
    wrong = next((one for one in codes if one != _DONE), None)
    if wrong is not None:
        return "error", wrong
    return ("done" if all(one.get("ResponseClass") == "Success" for one in messages) else "no_code"), ""


def _body(content: bytes) -> ET.Element | None:
    """The body of the SOAP message; None for what is none. A message has no document type, so what has one, with its entities, is none."""
    if len(content) > _LONGEST or b"<!DOCTYPE" in content:
        return None
    try:
        # In UTF-8 alone, in which the check above sees every document type.
        root = ET.fromstring(content, parser=ET.XMLParser(encoding="utf-8"))  # noqa: S314  # without a document type there are no entities
    except ET.ParseError:
        return None
    return root.find(f"{_SOAP}Body") if root.tag == f"{_SOAP}Envelope" else None
