# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send calls to the server, take the answer, say failures in words. Private to the collection.

They go as one request to the runner, which is one PowerShell process, or one by one to an endpoint that runs no script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.call_runner import LOST, NOT_FOUND
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.restricted_endpoint import RestrictedEndpoint, is_restricted
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_ACCESS = (
    "The account needs the group RTCUniversalServerAdmins (RTCUniversalReadOnlyAdmins to read), and the server must be able to pass its "
    "identity on to the Central Management Store and Active Directory: use CredSSP, Kerberos with delegation, or become with runas."
)
_ROLE = (
    "Through this endpoint an account has the cmdlets of its RBAC roles: give it one that has all of them (Get-CsAdminRole shows them), "
    "or use an ordinary endpoint."
)
_OLDER = "The server's management module is older than this cmdlet: run on a server that has it."
# https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_language_modes
_NO_LANGUAGE = "no-language mode"
_ACCESS_CATEGORIES = ("PermissionDenied", "SecurityError", "AuthenticationError")
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


class ManagementShell:
    """Runs requests through the play's own connection, so that its sign-in, become and environment apply.

    endpoint: auto, full or restricted, as the modules' option.
    """

    def __init__(self, action: HybridAuthAction, modules: Sequence[str], task_vars: Mapping[str, Any], endpoint: str = "auto") -> None:
        self._action, self._modules, self._task_vars, self._endpoint = action, list(modules), dict(task_vars), endpoint
        self.server = str(task_vars.get("inventory_hostname") or "the server")

    @property
    def restricted(self) -> bool:
        """Whether the calls go to an endpoint that runs no script; HybridAuthError where that is asked for and cannot be."""
        return is_restricted(self._action._connection, self._endpoint, self.server)

    def run(self, calls: Sequence[Call]) -> Answer:
        """The answer to the calls; HybridAuthError for the first that failed."""
        answer, error = self.attempt(calls)
        if error:
            raise error
        return answer

    def attempt(self, calls: Sequence[Call]) -> tuple[Answer, HybridAuthError | None]:
        """The same with the first failure beside what the calls before it returned; HybridAuthError where there is no answer at all."""
        restricted = self.restricted
        result = RestrictedEndpoint(self._action._connection, self.server).ask(calls) if restricted else self._ask_runner(calls)
        if not isinstance(result.get("answers"), dict):
            raise self._no_answer(result)
        error = self._failed(result["failure"], result.get("undone") or [], restricted) if result.get("failure") else None
        warnings = [str(warning) for warning in result.get("warnings") or []]
        return Answer(result["answers"], warnings, result.get("module"), restricted, result.get("unknown") or {}), error

    def require_runner(self, purpose: str) -> None:
        """HybridAuthError where no script can run: the connection does not lead to a Windows server, or to a restricted endpoint of it."""
        if self.restricted:
            raise HybridAuthError(
                f"{self.server} is reached through a restricted endpoint, where no script may run, so {purpose} is not possible.",
                "Reach the server over winrm, or over psrp with an ordinary endpoint.",
            )
        if not getattr(self._action._connection._shell, "_IS_WINDOWS", False):
            raise HybridAuthError(
                f"{self.server} is not reached as a Windows server, so no management cmdlet can run there.",
                "Set ansible_connection to winrm or psrp, or with ssh ansible_shell_type to powershell, and do not delegate the task.",
            )

    def _ask_runner(self, calls: Sequence[Call]) -> Mapping[str, Any]:
        self.require_runner("this")
        request = {"modules": self._modules, "calls": [call.as_json() for call in calls]}
        result: Mapping[str, Any] = self._action._execute_module(
            module_name="sfb.hybrid_auth.cs_invoke", module_args={"request": json.dumps(request)}, task_vars=self._task_vars
        )
        return result

    def _no_answer(self, result: Mapping[str, Any]) -> HybridAuthError:
        said = [str(result.get(name) or "").strip() for name in ("msg", "module_stderr", "module_stdout")]
        return HybridAuthError(
            f"{self.server}: PowerShell ended without an answer. {' '.join(text[:500] for text in said if text)}".rstrip(".") + ".",
            "The endpoint runs no scripts: set endpoint to restricted."
            if any(_NO_LANGUAGE in text.lower() for text in said)
            else "Check that Windows PowerShell 5.1 runs for this account, and look at the output of -vvv.",
            unreachable=bool(result.get("unreachable")),
        )

    def _failed(self, failure: Mapping[str, Any], undone: Sequence[Mapping[str, Any]], restricted: bool) -> HybridAuthError:
        message = str(failure.get("message") or "").strip().rstrip(".")
        text = f"{self.server}: {failure.get('cmdlet') or 'The request'} failed: {message}."
        if undone:
            broken = [f"{step['cmdlet']} ({step['message']})" for step in undone if not step["ok"]]
            text += (
                f" What was there before could NOT be restored: {'; '.join(broken)}. Recreate it by hand."
                if broken
                else " What was there before was restored."
            )
        return HybridAuthError(
            text, self._remedy(failure, message, restricted), failure=dict(failure), undone=[dict(step) for step in undone]
        )

    def _remedy(self, failure: Mapping[str, Any], message: str, restricted: bool) -> str:
        category, text = failure.get("category"), message.lower()
        error_id = str(failure.get("error_id") or "")
        if error_id == LOST:
            return "Run again: what is done is found, and what is left is done."
        if category in ("ModuleMissing", "ModuleFailed"):
            return (
                f"Run on a server with the management tools, or name their module in management_modules; tried: {', '.join(self._modules)}."
            )
        if failure.get("parameter") == "MetadataUrl" or "metadata document" in text:
            return "The server itself downloads the metadata: open the way from it to the URL (TLS, proxy of WinHTTP), or correct the URL."
        missing = error_id.startswith(NOT_FOUND)
        if missing or category in _ACCESS_CATEGORIES or any(sign in text for sign in _ACCESS_SIGNS):
            return _ROLE if restricted else _OLDER if missing else _ACCESS
        if category in ("NotAllowed", "InvalidRequest"):
            return "Please report it with the output of -vvv."
        return "Try the cmdlet in the Management Shell on the server, and run again."
