# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a server and what it answers, whichever way the calls run there. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text


@dataclass(frozen=True)
class Call:
    """One call of a cmdlet.

    parameters: plain values (text, true or false, numbers, lists of text) and aware times.
    select: property names of the objects it returns, each with the kind of plain data to make of it
    (text, flag, number, time, list, typed). undo: calls that take this one back if a later one of the request fails.
    optional: where the cmdlet is missing, as from an older module or for an RBAC role, its rows stay unknown and the request goes on.
    """

    id: str
    cmdlet: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    select: Mapping[str, str] = field(default_factory=dict)
    undo: tuple[Call, ...] = ()
    optional: bool = False

    def as_json(self) -> dict[str, Any]:
        """The call as the runner on the server takes it, which makes a real time of {"time": ISO 8601}."""
        parameters = {name: {"time": utc_text(value)} if isinstance(value, datetime) else value for name, value in self.parameters.items()}
        data: dict[str, Any] = {"id": self.id, "cmdlet": self.cmdlet, "parameters": parameters, "select": dict(self.select)}
        if self.optional:
            data["optional"] = True
        if self.undo:
            data["undo"] = [step.as_json() for step in self.undo]
        return data


@dataclass(frozen=True)
class Answer:
    """What the calls of one request returned.

    rows: what each call returned, by the call's id. module: the PowerShell module that was imported, None on a restricted
    endpoint, which has its own. unknown: by id, why a call that may be missing has no rows.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    warnings: list[str]
    module: str | None
    restricted: bool = False
    unknown: Mapping[str, str] = field(default_factory=dict)
