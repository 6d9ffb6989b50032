# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what a server answered, without values. Private to the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.answer_check import OWN_PROPERTIES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import CMDLETS, RUNNER
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.error_chain import causes_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.shape import (
    OTHER,
    error_id,
    is_products,
    shape,
    type_name,
    word,
    words,
)

# https://learn.microsoft.com/dotnet/api/system.management.automation.errorcategory
_CATEGORIES = words(
    "NotSpecified OpenError CloseError DeviceError DeadlockDetected InvalidArgument InvalidData InvalidOperation InvalidResult "
    "InvalidType MetadataError NotImplemented NotInstalled ObjectNotFound OperationStopped OperationTimeout SyntaxError ParserError "
    "PermissionDenied ResourceBusy ResourceExists ResourceUnavailable ReadError WriteError FromStdErr SecurityError ProtocolError "
    "ConnectionError AuthenticationError LimitsExceeded QuotaExceeded NotEnabled InvalidRequest NotAllowed ModuleMissing"
)
_COMMANDS = frozenset({*CMDLETS, *RUNNER, "Import-Module"})
_PROPERTY = re.compile(r"[A-Z][A-Za-z0-9]{1,60}")
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_TYPED = frozenset({"type", "text", "value"})
_MOST_CAUSES = 10
_PLUGINS = frozenset({"winrm", "psrp", "ssh"})
_AUTHENTICATIONS = frozenset({"basic", "plaintext", "ssl", "certificate", "kerberos", "ntlm", "credssp", "negotiate"})
_METHODS = frozenset({"runas"})


def of_answer(result: Mapping[str, Any], calls: Sequence[Call], write: Write | None) -> dict[str, Any]:
    """What a request came to: of each call the shape of its rows and the types that they tell, and why the request failed.

    result: in the shape of cs_invoke. Only names are told that the calls themselves ask for. failures: of each call that failed.
    """
    answers, unknown, shapes = result.get("answers"), result.get("unknown") or {}, result.get("shapes")
    asked = [*calls, *([write.look] if write else [])]
    failures = result.get("failures")
    return {
        "calls": {
            call.id: _of_call(call, answers[call.id], shapes) for call in asked if isinstance(answers, Mapping) and call.id in answers
        },
        "unknown": [call.id for call in asked if isinstance(unknown, Mapping) and call.id in unknown],
        "failures": [told for one in (failures if isinstance(failures, list) else ()) if (told := of_failure(one)) is not None],
        "warnings": len(result.get("warnings") or ()),
        "failure": of_failure(result.get("failure")),
    }


def of_connection(connection: Any) -> dict[str, Any]:
    """How the server is reached, in words that the connection plugins themselves have."""
    become = getattr(connection, "become", None)
    return {
        "plugin": word(getattr(connection, "transport", None), _PLUGINS),
        "auth": [word(one, _AUTHENTICATIONS) for one in _option(connection, "transport") or _option(connection, "auth")],
        "become": word(getattr(become, "name", None), _METHODS) if become else None,
    }


# What the connection plugins and their libraries say of a server that gave no answer, and the word for it. They say it in English.
_SAID = (
    ("credentials", re.compile(r"credentials were rejected|failed to authenticate|InvalidCredentials")),
    ("dns", re.compile(r"NameResolutionError|\[Errno -\d+\]|getaddrinfo")),
    ("refused", re.compile(r"\[(?:Errno|WinError) \d+\] .*refused|ECONNREFUSED")),
    ("proxy", re.compile(r"ProxyError|Tunnel connection failed")),
    ("tls", re.compile(r"SSLError|SSLCertVerificationError|CERTIFICATE_VERIFY_FAILED")),
    ("timeout", re.compile(r"ConnectTimeout|ReadTimeout|timed out")),
    ("cut", re.compile(r"Connection aborted|RemoteDisconnected|Connection reset|Broken pipe")),
    ("kerberos", re.compile(r"[Kk]erberos|GSSError|Kerb")),
)


def of_unreached(error: BaseException) -> dict[str, Any]:
    """Why a server was not reached. failed: a word for it, other where there is none; causes: the classes of the errors."""
    told = str(error)
    return {"failed": next((name for name, said in _SAID if said.search(told)), OTHER), "causes": causes_of(error)}


def _option(connection: Any, name: str) -> list[str]:
    try:
        value = connection.get_option(name)
    except Exception:  # each plugin has its own options, and its own error for the others
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)] if isinstance(value, str) else []


def of_failure(failure: Any) -> dict[str, Any] | None:
    """Identifiers and categories of a failure; its message, which may hold values, is not told."""
    if not isinstance(failure, Mapping):
        return None
    causes = failure.get("causes")
    return {
        "cmdlet": word(failure.get("cmdlet"), _COMMANDS),
        "error_id": error_id(failure.get("error_id")),
        "category": word(failure.get("category"), _CATEGORIES),
        "causes": [
            {"type": type_name(one.get("type")), "code": _code(one.get("code"))}
            for one in (causes if isinstance(causes, list) else [])[:_MOST_CAUSES]
            if isinstance(one, Mapping)
        ],
    }


def _of_call(call: Call, rows: Any, shapes: Any) -> dict[str, Any]:
    names = {*("text" if name == "*" else name for name in call.select), *OWN_PROPERTIES, *_TYPED}
    typed = {name for name, kind in call.select.items() if kind.rstrip("?") == "typed"}
    found = [row[name] for row in rows or () if isinstance(row, Mapping) for name in typed if isinstance(row.get(name), Mapping)]
    told: dict[str, Any] = {"cmdlet": call.cmdlet, "rows": shape(rows, names)}
    if found:
        told["types"] = sorted({type_name(one.get("type")) for one in found})
    objects = shapes.get(call.id) if isinstance(shapes, Mapping) else None
    if isinstance(objects, list):
        told["objects"] = [_of_type(call, one) for one in objects if isinstance(one, Mapping)]
    return told


def _of_type(call: Call, objects: Mapping[str, Any]) -> dict[str, Any]:
    """One type of object that a cmdlet returned. A property is told where the call asks for it, or where a type of the product declares it.

    Any other may have been added under a name that is data, as a hash table becomes an object.
    """
    kind, properties = type_name(objects.get("type")), objects.get("properties")
    listed = [one for one in (properties if isinstance(properties, list) else ()) if isinstance(one, Mapping)]
    told = [one for one in listed if _is_told(one, call, ours=is_products(kind))]
    count = objects.get("count")
    made: dict[str, Any] = {
        "type": kind,
        "count": count if isinstance(count, int) else None,
        "properties": {str(one["name"]): type_name(str(one.get("type")).partition("[")[0]) for one in told},
    }
    return made | ({"other_properties": len(listed) - len(told)} if len(told) < len(listed) else {})


def _is_told(one: Mapping[str, Any], call: Call, *, ours: bool) -> bool:
    name = one.get("name")
    return isinstance(name, str) and (name in call.select or bool(ours and one.get("own") is True and _PROPERTY.fullmatch(name)))


def _code(value: Any) -> str | None:
    """A number, such as a HRESULT, or one word, such as a WebExceptionStatus."""
    text = "" if value is None else str(value)
    if not text:
        return None
    return text if _NUMBER.fullmatch(text) or text in _STATUSES else OTHER


# https://learn.microsoft.com/dotnet/api/system.net.webexceptionstatus
_STATUSES = words(
    "Success NameResolutionFailure ConnectFailure ReceiveFailure SendFailure PipelineFailure RequestCanceled ProtocolError "
    "ConnectionClosed TrustFailure SecureChannelFailure ServerProtocolViolation KeepAliveFailure Pending Timeout "
    "ProxyNameResolutionFailure UnknownError MessageLengthLimitExceeded CacheEntryNotFound RequestProhibitedByCachePolicy "
    "RequestProhibitedByProxy"
)
