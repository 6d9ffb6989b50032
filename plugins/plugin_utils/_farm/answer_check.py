# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what came back from a server is an answer to what was asked, before anything is made of it. Private to the collection.

The runner is the collection's own, but its text goes through a session with profiles, filters and other programs. What is not there must
not be taken for what a farm does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import AFTER, Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

_STATES = ("stale", "done", "failed")
_SERVER = {"name": "text", "time": "time", "culture": "text", "powershell": "text"}
# What shows certificates of the server's store.
_SHOWING = ("Read-Certificate", "New-StoreCertificate", "Import-StoreCertificate")
# Of what only the server itself can tell of a certificate, and of an access rule of its key.
_CHECK = {
    **dict.fromkeys(("thumbprint", "key_file", "key_unknown", "chain_unknown"), "text"),
    "key_access": "rules",
    "chain_complete": "flag",
    "chain_problems": "list",
}
_RULE = {"sid": "text", "name": "text", "allow": "flag", "rights": "number"}
# Of a certificate of the server's store; what a row does not have is not known.
_CERTIFICATE = {
    **dict.fromkeys(("found", "has_private_key"), "flag"),
    **dict.fromkeys(("subject", "issuer", "serial_number", "content", "key_type", "signature_algorithm"), "text"),
    **dict.fromkeys(("not_before", "not_after"), "time"),
    "key_size": "number",
}
# The properties of what the runner itself tells, beside those that calls ask for.
OWN_PROPERTIES = frozenset({*_SERVER, *_CHECK, *_RULE, *_CERTIFICATE, "thumbprint"})


def misfit(result: Mapping[str, Any], calls: Sequence[Call], write: Write | None) -> str | None:
    """The first place at which the answer is not what was asked for, in words; None where there is none.

    result: in the shape of cs_invoke, with answers that are an object.
    """
    return next(_misfits(result, calls, write), None)


def _misfits(result: Mapping[str, Any], calls: Sequence[Call], write: Write | None) -> Iterator[str]:
    for name, kind in (("unknown", dict), ("failure", dict), ("write", dict), ("warnings", list), ("module", str)):
        if result.get(name) is not None and not isinstance(result[name], kind):
            yield f"{name} is something else"
    failure, told = result.get("failure"), result.get("write")
    if failure and not isinstance(failure.get("causes"), (list, type(None))):
        yield "failure.causes is no list"
    if isinstance(told, dict):
        yield from _of_write(told)
    answers, unknown = result["answers"], result.get("unknown") or {}
    if not all(isinstance(why, str) for why in unknown.values()):
        yield "unknown has no reason"
    looked = [write.look, *write.calls] if write else []
    for call in (*calls, *looked):
        missing_with_reason = failure or call.id in unknown or (write and call in write.calls)
        if call.id in answers:
            yield from _of_rows(call.id, answers[call.id], call)
        elif not missing_with_reason:
            yield f"{call.id} is not there"
    if write and AFTER in answers:
        yield from _of_rows(AFTER, answers[AFTER], write.look)
    if write and not failure and not told:
        yield "write is not there"


def _of_write(told: Mapping[str, Any]) -> Iterator[str]:
    if told.get("state") not in _STATES:
        yield "write.state is none"
    restored = told.get("restored", None)
    if not isinstance(restored, list) or not all(isinstance(step, dict) and {"cmdlet", "ok", "message"} <= set(step) for step in restored):
        yield "write.restored is no list of steps"
    if not isinstance(told.get("unread", 0), (str, type(None))):
        yield "write.unread is no text"


def _of_rows(name: str, rows: Any, call: Call) -> Iterator[str]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield f"{name} is no list of objects"
        return
    if call.cmdlet == "Read-Server" and len(rows) != 1:
        yield f"{name} is not one"
    for row in rows:
        if call.cmdlet in _SHOWING:
            if not isinstance(row.get("thumbprint"), str):
                yield f"{name} has a certificate without thumbprint"
            yield from _of_values(name, row, {prop: kind for prop, kind in _CERTIFICATE.items() if prop in row})
        elif call.cmdlet == "Read-CertificateCheck":
            if not isinstance(row.get("thumbprint"), str):
                yield f"{name} has a certificate without thumbprint"
            yield from _of_values(name, row, _CHECK)
        else:
            wanted = (
                _SERVER if call.cmdlet == "Read-Server" else {("text" if p == "*" else p): k.rstrip("?") for p, k in call.select.items()}
            )
            yield from _of_values(name, row, wanted)


def _of_values(name: str, row: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[str]:
    for prop, kind in wanted.items():
        if prop not in row:
            yield f"{name} lacks {prop}"
        elif not (row[prop] is None and kind != "list") and not _KINDS[kind](row[prop]):
            yield f"{prop} of {name} is no {kind}"


def _is_typed(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str) and {"value", "text"} <= set(value)


def _is_rules(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and not list(_of_values("a rule", one, _RULE)) and None not in (one["sid"], one["allow"], one["rights"])
        for one in value
    )


_KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "time": lambda value: isinstance(value, str) and (not value or time_or_none(value) is not None),
    "list": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "typed": _is_typed,
    "rules": _is_rules,
}
