# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One PowerShell process on the server: send calls, take the answer, say failures in words. Private to the collection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import HybridAuthError

_ACCESS = (
    "The account needs the group RTCUniversalServerAdmins (RTCUniversalReadOnlyAdmins to read), and the server must be able to pass its "
    "identity on to the Central Management Store and Active Directory: use CredSSP, Kerberos with delegation, or become with runas."
)
_ACCESS_SIGNS = (
    "access denied",
    "access is denied",
    "unauthorized",
    "anonymous logon",
    "login failed",
    "operations error",
    "active directory",
    "central management",
    "sql server",
)


@dataclass(frozen=True)
class Call:
    """One call of a cmdlet.

    select: property names of the objects it returns, each with the kind of plain data to make of it
    (text, flag, number, time, list, typed). undo: calls that take this one back if a later one of the request fails.
    """

    id: str
    cmdlet: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    select: Mapping[str, str] = field(default_factory=dict)
    undo: tuple[Call, ...] = ()

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"id": self.id, "cmdlet": self.cmdlet, "parameters": dict(self.parameters), "select": dict(self.select)}
        if self.undo:
            data["undo"] = [step.as_json() for step in self.undo]
        return data


@dataclass(frozen=True)
class Answer:
    """rows: what each call returned, by the call's id. module: the PowerShell module that was imported."""

    rows: Mapping[str, list[dict[str, Any]]]
    warnings: list[str]
    module: str


class ManagementShell:
    """Runs requests through the play's own connection, so that its sign-in, become and environment apply."""

    def __init__(self, action: HybridAuthAction, modules: Sequence[str], task_vars: Mapping[str, Any]) -> None:
        self._action, self._modules, self._task_vars = action, list(modules), dict(task_vars)
        self.server = str(task_vars.get("inventory_hostname") or "the server")

    def run(self, calls: Sequence[Call]) -> Answer:
        """The answer to the calls, made in one process; HybridAuthError for the first that failed."""
        answer, error = self.attempt(calls)
        if error:
            raise error
        return answer

    def require_windows(self) -> None:
        """HybridAuthError where the connection does not lead to a Windows server."""
        if not getattr(self._action._connection._shell, "_IS_WINDOWS", False):
            raise HybridAuthError(
                f"{self.server} is not reached as a Windows server, so no management cmdlet can run there.",
                "Set ansible_connection to winrm or psrp, or with ssh ansible_shell_type to powershell, and do not delegate the task.",
            )

    def attempt(self, calls: Sequence[Call]) -> tuple[Answer, HybridAuthError | None]:
        """The same with the first failure beside what the calls before it returned; HybridAuthError where there is no answer at all."""
        self.require_windows()
        request = {"modules": self._modules, "calls": [call.as_json() for call in calls]}
        result = self._action._execute_module(
            module_name="sfb.hybrid_auth.cs_invoke", module_args={"request": json.dumps(request)}, task_vars=self._task_vars
        )
        if not isinstance(result.get("answers"), dict):
            raise self._no_answer(result)
        error = self._failed(result["failure"], result.get("undone") or []) if result.get("failure") else None
        return Answer(result["answers"], [str(warning) for warning in result.get("warnings") or []], str(result.get("module"))), error

    def _no_answer(self, result: Mapping[str, Any]) -> HybridAuthError:
        said = [str(result.get(name) or "").strip() for name in ("msg", "module_stderr", "module_stdout")]
        return HybridAuthError(
            f"{self.server}: PowerShell ended without an answer. {' '.join(text[:500] for text in said if text)}".rstrip(".") + ".",
            "Check that Windows PowerShell 5.1 runs for this account, and look at the output of -vvv.",
            unreachable=bool(result.get("unreachable")),
        )

    def _failed(self, failure: Mapping[str, Any], undone: Sequence[Mapping[str, Any]]) -> HybridAuthError:
        message = str(failure.get("message") or "").strip().rstrip(".")
        text = f"{self.server}: {failure.get('cmdlet') or 'The request'} failed: {message}."
        if undone:
            broken = [f"{step['cmdlet']} ({step['message']})" for step in undone if not step["ok"]]
            text += (
                f" What was there before could NOT be restored: {'; '.join(broken)}. Recreate it by hand."
                if broken
                else " What was there before was restored."
            )
        return HybridAuthError(text, self._remedy(failure, message), failure=dict(failure), undone=[dict(step) for step in undone])

    def _remedy(self, failure: Mapping[str, Any], message: str) -> str:
        category, text = failure.get("category"), message.lower()
        if category in ("ModuleMissing", "ModuleFailed"):
            return (
                f"Run on a server with the management tools, or name their module in management_modules; tried: {', '.join(self._modules)}."
            )
        if failure.get("parameter") == "MetadataUrl" or "metadata document" in text:
            return "The server itself downloads the metadata: open the way from it to the URL (TLS, proxy of WinHTTP), or correct the URL."
        if category in ("PermissionDenied", "SecurityError", "AuthenticationError") or any(sign in text for sign in _ACCESS_SIGNS):
            return _ACCESS
        if category in ("NotAllowed", "InvalidRequest"):
            return "Please report it with the output of -vvv."
        return "Try the cmdlet in the Management Shell on the server, and run again."
