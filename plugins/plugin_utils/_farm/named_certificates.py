# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that are named by their thumbprints: whether a server's store has them, for what, and their removal. Private."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading, NamedCertificate, Row
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_STORE, _USES, _FARM = "named", "uses", "certificate"
_USE = {"Use": "text?", "Thumbprint": "text", "PreviousThumbprint": "text"}
_UNTOLD = "a use that the server does not tell"


def calls(thumbprints: Sequence[str], *, optional: bool = False) -> list[Call]:
    """The calls that read them, beside those of the part certificate. optional: a server without Get-CsCertificate tells nothing."""
    uses = Call(_USES, "Get-CsCertificate", {}, _USE, optional=optional)
    return [Call(_STORE, "Read-Certificate", {"thumbprints": list(thumbprints)}), uses]


def read(answer: Answer) -> bool:
    """Whether the answer to calls() tells of them."""
    return {_STORE, _USES, _FARM} <= set(answer.rows)


def shaped(answer: Answer) -> list[NamedCertificate]:
    """What the answer to calls() tells, in the order of the thumbprints; one that is not there is among them."""
    # The reference does not say that Get-CsCertificate without a type tells of the farm's own certificate.
    assigned = [*({"Use": "OAuthTokenIssuer", **row} for row in answer.rows[_FARM]), *answer.rows[_USES]]
    return [
        {
            "thumbprint": str(row["thumbprint"]),
            "found": bool(row["found"]),
            "not_after": row.get("not_after"),
            "uses": _uses(str(row["thumbprint"]), assigned),
        }
        for row in answer.rows[_STORE]
    ]


def _uses(thumbprint: str, assigned: Iterable[Row]) -> list[str]:
    held = (row for row in assigned if thumbprint in (str(row[name] or "").upper() for name in ("Thumbprint", "PreviousThumbprint")))
    return list(dict.fromkeys(str(row.get("Use") or _UNTOLD) for row in held))


def removed(shell: ManagementShell, thumbprints: Sequence[str], current: FarmReading | None, *, check_mode: bool) -> dict[str, Any]:
    """The result of the task that takes them out of the server's store with their keys. HybridAuthError where the server uses one.

    current: a reading that may show already that none of them is there.
    """
    known = {one["thumbprint"]: one for one in current.get("named_certificates", ())} if current else {}
    if current and "signing" in current and all(one in known and not known[one]["found"] for one in thumbprints):
        return _result(current, [], shell.server)
    answer = shell.run([*parts.calls([_FARM]), *calls(thumbprints)])
    reading = parts.shaped(answer, [_FARM])
    there = [one for one in shaped(answer) if one["found"]]
    used = [f"{one['thumbprint']} ({', '.join(one['uses'])})" for one in there if one["uses"]]
    if used:
        raise HybridAuthError(
            f"{shell.server}: the server has assigned, or had before: {', '.join(used)}. Nothing was removed.",
            f"Name in {options('thumbprints')} only certificates that Get-CsCertificate shows there for no use, neither as Thumbprint "
            "nor as PreviousThumbprint.",
        )
    if there and not check_mode:
        _remove(shell, [one["thumbprint"] for one in there])
    result = _result(reading, [one["thumbprint"] for one in there], shell.server)
    return {**result, **({"warnings": answer.warnings} if answer.warnings else {})}


def _remove(shell: ManagementShell, thumbprints: Sequence[str]) -> None:
    """Remove one after the other; HybridAuthError that says which are gone where one fails."""
    # Each call asks right before it removes whether the server has the certificate assigned by now.
    made = [Call(f"remove{at}", "Remove-StoreCertificate", {"thumbprint": one}) for at, one in enumerate(thumbprints)]
    answer, error = shell.attempt([Call("server", "Read-Server"), *made])
    if error is None:
        return
    gone = [one for call, one in zip(made, thumbprints, strict=True) if call.id in answer.rows]
    failed = thumbprints[len(gone)]
    looked, unread = shell.attempt([Call("server", "Read-Server"), Call(_STORE, "Read-Certificate", {"thumbprints": [failed]})])
    state = (
        f"Whether {failed} is still there is not known ({unread.message})."
        if unread
        else f"{failed} is still there."
        if looked.rows[_STORE][0]["found"]
        else f"{failed} is not in the store any more; whether its private key is gone is not known."
    )
    before = f" Removed before that: {', '.join(gone)}." if gone else ""
    details = {**error.details, **({"changed": True, "operations": _operations(gone, shell.server)} if gone else {})}
    raise HybridAuthError(f"{error.message} {state}{before}", error.remedy or "See why, and run again.", **details)


def _operations(thumbprints: Sequence[str], server: str) -> list[str]:
    return [f"remove certificate {one} with its private key from the computer store of {server}" for one in thumbprints]


def _result(reading: FarmReading, gone: Sequence[str], server: str) -> dict[str, Any]:
    change = Change({"in_store": list(gone)}, {"in_store": []}, tuple(_operations(gone, server)))
    return {**change.as_result(), "certificate": None, "signing": dict(reading["signing"])}
