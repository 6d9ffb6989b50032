# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof by Test-CsExStorageConnectivity, which writes an item into a mailbox. Private to the collection.

https://learn.microsoft.com/powershell/module/skypeforbusiness/test-csexstorageconnectivity tells the parameters and "Access Denied";
the note on 401 is in https://learn.microsoft.com/skypeforbusiness/deploy/integrate-with-exchange-server/configure-partner-applications
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import quoted
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import refusals
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, is_host_name

CALL_ID = "mailbox"
BINDINGS = ("NetNamedPipe", "NetTCP")
FOLDERS = ("ConversationHistory", "Inbox", "Dumpster")
_PASSED, _NOT_PASSED = re.compile(r"\bpassed\b", re.IGNORECASE), re.compile(r"\b(not|never|n't)\s+passed\b", re.IGNORECASE)
# As .NET and the cmdlet write the status of an answer: "(403)", "HTTP status 403", "status code: 403". Other numbers are not one.
_STATUS = re.compile(r"\(([45]\d\d)\)|\b(?:HTTP|status|code|error)\W{1,3}([45]\d\d)\b", re.IGNORECASE)
_VERBOSE = "Run it in the Management Shell with -Verbose: it shows the HTTP exchange."


def sip_uri(option: str, value: str) -> str:
    """The SIP address with its scheme; InvalidOptionError if it is none."""
    text = re.sub(r"^sip:", "", bare(value), flags=re.IGNORECASE)
    user, _at, domain = text.rpartition("@")
    if not re.fullmatch(r"[^\s@:;<>\"]+", user) or not is_host_name(domain):
        raise InvalidOptionError(option, f"{str(value)!r} is no SIP address", "an address such as sip:user@contoso.com")
    return f"sip:{text}"


def call(address: str, binding: str, delete_item: bool, folder: str | None, storage_host: str | None) -> Call:
    """The call of the cmdlet; the item that it writes is deleted unless the caller says otherwise."""
    parameters: dict[str, Any] = {"SipUri": address, "Binding": binding, "DeleteItem": delete_item}
    if folder:
        parameters["Folder"] = folder
    if storage_host:
        parameters["HostNameStorageService"] = storage_host
    return Call(CALL_ID, "Test-CsExStorageConnectivity", parameters, {"*": "text"})


def explain(rows: list[str], failure: Mapping[str, Any] | None, now: datetime) -> tuple[str, str, str]:
    """Status (pass, fail, warn), what happened, and what to do, from the texts that the cmdlet returned or its failure. now: aware.

    That the text of success contains "passed" is what Microsoft's own diagnostic tool for the server looks for.
    """
    if failure is not None:
        return _failed(str(failure.get("message") or ""), now)
    said = " ".join(rows)
    if _PASSED.search(said) and not _NOT_PASSED.search(said):
        return "pass", "The farm's storage service reached the mailbox through Exchange Web Services.", ""
    if "fail" in said.lower() or _refusal(said):
        return _refused(said, now) or ("fail", f"The test failed: {quoted(said)}", _VERBOSE)
    return "warn", f"The test ended without saying that it passed: {quoted(said) or 'it said nothing.'}", _VERBOSE


def _refusal(message: str) -> str | None:
    """The status with which HTTP refused, 401 or 403; None where the text tells neither. A status counts before a word."""
    statuses = [one for found in _STATUS.finditer(message) for one in found.groups() if one]
    if statuses:
        return statuses[0] if statuses[0] in ("401", "403") else None
    word = re.search(r"\b(unauthorized|forbidden)\b", message, re.IGNORECASE)
    return None if word is None else "401" if word[0].lower() == "unauthorized" else "403"


def _refused(message: str, now: datetime) -> tuple[str, str, str] | None:
    """The same for a text that tells how Exchange refused; None where it tells nothing of that."""
    refusal = _refusal(message)
    if refusal == "401":
        return (
            "fail",
            f"Exchange refused the farm's token: {quoted(message)}",
            "Check the token proof first; an Exchange Server on premises needs its own OAuth configuration.",
        )
    if refusal == "403":
        return (
            "fail",
            f"Exchange did not let the farm in: {quoted(message)}",
            f"Exchange Online answers so to an application that it does not let in: {refusals(now)}. "
            "Look for the header X-EWS-Policy-Reason in what the cmdlet shows with -Verbose. "
            "Which application id the farm needs on the tenant's list is not documented.",
        )
    return None


def _failed(message: str, now: datetime) -> tuple[str, str, str]:
    """The same for the message of a failure."""
    refused = _refused(message, now)
    if refused:
        return refused
    if "access denied" in message.lower() or "access is denied" in message.lower():
        return (
            "warn",
            f"The account may not run the test, so nothing is proved: {quoted(message)}",
            "Add it to the group RTCUniversalUserAdmins, or to the local group RTC Local User Administrators of the server.",
        )
    return "fail", f"The test failed: {quoted(message)}", _VERBOSE
