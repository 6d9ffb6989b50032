# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a server and what it answers, whichever way the calls run there. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

# The id of the rows of an object that was looked at again after it was written.
AFTER = "after"


@dataclass(frozen=True)
class Call:
    """One call of a cmdlet.

    parameters: plain values (text, true or false, numbers, lists of text) and aware times.
    select: property names of the objects it returns, each with the kind of plain data to make of it
    (text, flag, number, time, list, typed), followed by "?" where an object need not have the property.
    optional: where the cmdlet is missing, as from an older module or for an RBAC role, its rows stay unknown and the request goes on.
    tolerant: whatever it fails with, its rows stay unknown with what it said, and the request goes on.
    """

    id: str
    cmdlet: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    select: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    tolerant: bool = False

    def as_json(self) -> dict[str, Any]:
        """The call as the runner on the server takes it, which makes a real time of {"time": ISO 8601}."""
        parameters = {name: {"time": utc_text(value)} if isinstance(value, datetime) else value for name, value in self.parameters.items()}
        data: dict[str, Any] = {"id": self.id, "cmdlet": self.cmdlet, "parameters": parameters, "select": dict(self.select)}
        if self.optional:
            data["optional"] = True
        if self.tolerant:
            data["tolerant"] = True
        return data


@dataclass(frozen=True)
class Write:
    """The change of one object, which is made only where the object is as the caller saw it.

    look: reads the object among others; its rows have an Identity. identity: the object's, in any letter case; None where all rows of
    look together are the object. seen: what the caller saw of it, by the properties of look, None where it was not there; without an
    identity that of each row. calls: the cmdlets that make the change, in order.
    restore: what makes the object again as it was, should it be gone after one of them failed; each step after the first is taken
    only where those before it left a difference. Without an identity there is none.
    """

    look: Call
    identity: str | None
    seen: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
    calls: tuple[Call, ...]
    restore: tuple[Call, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The change as the runner on the server takes it."""
        return {
            "look": self.look.as_json(),
            "identity": self.identity,
            "seen": dict(self.seen) if isinstance(self.seen, Mapping) else None if self.seen is None else [dict(row) for row in self.seen],
            "calls": [call.as_json() for call in self.calls],
            "restore": [call.as_json() for call in self.restore],
        }


@dataclass(frozen=True)
class Answer:
    """What the calls of one request returned.

    rows: what each call returned, by the call's id. module: the PowerShell module that was imported, None on a restricted
    endpoint, which has its own. unknown: by id, why a call that may be missing or fail has no rows. write: how a change went, None where
    there was none or it was not begun: its state is stale (the object was not as seen, so nothing was written), done or failed;
    restored lists the steps that were taken to bring the object back; unread says why it could not be looked at afterwards.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    warnings: list[str]
    module: str | None
    restricted: bool = False
    unknown: Mapping[str, str] = field(default_factory=dict)
    write: Mapping[str, Any] | None = None
