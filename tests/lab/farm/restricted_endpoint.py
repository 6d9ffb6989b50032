# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remote PowerShell of Skype for Business: single cmdlets of an RBAC role, and no script.

How a runspace without a language refuses: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_language_modes.
What a client gets of an object one level down is its text (MS-PSRP section 2.2.5.3.1); typed objects can be shown either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ..winrm.host import ErrorData, Pipeline, PipelineResult, PsObject
from .binder import SIGNATURES, CmdletError
from .cmdlets import Row, token_text
from .odd import UNREADABLE

_NO_SCRIPT = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode."


def run(
    pipeline: Pipeline, names: Sequence[str] | None, invoke: Callable[[str, dict[str, Any]], list[Row]], front_end: dict[str, Any]
) -> PipelineResult:
    """Run a pipeline of one cmdlet. names: what the role of the user exposes, None for every cmdlet that is simulated."""
    if len(pipeline.commands) != 1 or pipeline.commands[0].is_script or pipeline.commands[0].arguments or pipeline.input:
        return PipelineResult(errors=[ErrorData(_NO_SCRIPT, "ScriptsNotAllowed", "ParserError")])
    command = pipeline.commands[0]
    exposed = {name.lower(): name for name in (SIGNATURES if names is None else names) if name not in front_end["lacks"]}
    cmdlet = exposed.get(command.text.lower())
    if cmdlet is None:
        text = (
            f"The term '{command.text}' is not recognized as the name of a cmdlet, function, script file, or operable program. "
            "Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
        )
        return PipelineResult(errors=[ErrorData(text, "CommandNotFoundException", "ObjectNotFound")])
    try:
        rows = invoke(cmdlet, dict(command.parameters))
    except CmdletError as exc:
        return PipelineResult(errors=[ErrorData(exc.message, exc.error_id, exc.category, exc.parameter, exc.ends)])
    return PipelineResult([_object(row, front_end["restricted"]["typed"]) for row in rows])


def _object(row: Any, typed: str) -> Any:
    if isinstance(row, list):
        return [_object(one, typed) for one in row]
    if row["type"] == "System.String":
        return row["text"]
    # PowerShell does not send a property whose getter throws.
    properties = {name: _value(entry, typed) for name, entry in row["properties"].items() if entry["kind"] != UNREADABLE}
    return PsObject([row["type"]], properties, row.get("text", row["type"]))


def _value(entry: dict[str, Any], typed: str) -> Any:
    kind, value = entry["kind"], entry["value"]
    if value is None or kind not in ("time", "typed", "objects"):
        return value
    if kind == "objects":
        return [_object(one, "text") if typed == "object" else one["text"] for one in value]
    if kind == "time":
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if typed == "object":
        return PsObject([value["type"]], {"Value": value["value"]}, token_text(value))
    return token_text(value)
