# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send calls to the server, take the answer, say failures in words. Private to the collection.

They go as one request to the runner, which is one PowerShell process, or one by one to an endpoint that runs no script.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import observed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.answer_check import misfit
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.broken import is_broken, said_by
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.call_runner import LOST
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.causes import AGAIN, downloads, remedy
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.connection_packages import check
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.restricted_endpoint import RestrictedEndpoint, is_restricted
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import module_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import is_observed, note, seconds_since

_NOT_KNOWN = ", so it is not known whether the change was made"
_WRITING = ("New-Cs", "Set-Cs", "Remove-Cs", "New-Store", "Import-Store", "Remove-Store")
# https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_language_modes
_NO_LANGUAGE = "no-language mode"


class ManagementShell:
    """Runs requests through the play's own connection, so that its sign-in, become and environment apply.

    endpoint: auto, full or restricted, as the modules' option.
    """

    def __init__(self, action: HybridAuthAction, modules: Sequence[str], task_vars: Mapping[str, Any], endpoint: str = "auto") -> None:
        self._action, self._task_vars, self._endpoint = action, dict(task_vars), endpoint
        self._modules = [module_name("management_modules", one) for one in modules]
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
        return self._ask(calls, None)

    def change(self, write: Write) -> tuple[Answer, HybridAuthError | None]:
        """Change one object, with the first failure beside what came of it; HybridAuthError where that is not known at all."""
        return self._ask([Call("server", "Read-Server")], write)

    def _ask(self, calls: Sequence[Call], write: Write | None) -> tuple[Answer, HybridAuthError | None]:
        restricted = self.restricted
        check(self._action._connection, self.server)
        result = self._noted(calls, write, restricted)
        if not isinstance(result.get("answers"), dict):
            raise self._no_answer(result, _writes(calls, write))
        if where := misfit(result, calls, write):
            raise self._other_answer(where, _writes(calls, write))
        error = self._failed(result["failure"], restricted, write) if result.get("failure") else None
        warnings = [str(warning) for warning in result.get("warnings") or []]
        unknown = result.get("unknown") or {}
        return Answer(result["answers"], warnings, result.get("module"), restricted, unknown, result.get("write")), error

    def _noted(self, calls: Sequence[Call], write: Write | None, restricted: bool) -> Mapping[str, Any]:
        """What came back, which is noted in its shape where anybody wants to know, as is why nothing did."""
        began = time.monotonic()
        try:
            result: Mapping[str, Any] = (
                RestrictedEndpoint(self._action._connection, self.server).ask(calls, write)
                if restricted
                else self._ask_runner(calls, write)
            )
        except Exception as exc:
            if is_observed():
                note("processes", {**observed.of_unreached(exc), **self._way(restricted), "seconds": seconds_since(began)})
            raise
        if is_observed():
            note("processes", {**observed.of_answer(result, calls, write), **self._way(restricted), "seconds": seconds_since(began)})
        return result

    def _way(self, restricted: bool) -> dict[str, Any]:
        return {"connection": observed.of_connection(self._action._connection), "endpoint": "restricted" if restricted else "full"}

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
                "Set ansible_connection to winrm or psrp, or with ssh ansible_shell_type to powershell; where the task is delegated, then "
                "to a Front End.",
            )

    def require_unseen(self, secret: str) -> None:
        """HybridAuthError where ansible-core prints and logs what a server is sent, in which the secret would be."""
        if constants.DEFAULT_DEBUG:
            raise HybridAuthError(
                f"{self.server}: with ANSIBLE_DEBUG ansible-core prints what it sends to the server, here {secret}. Nothing was sent.",
                "Run without ANSIBLE_DEBUG (debug in ansible.cfg); -vvv does no harm.",
            )

    def _ask_runner(self, calls: Sequence[Call], write: Write | None) -> Mapping[str, Any]:
        self.require_runner("this")
        request: dict[str, Any] = {"modules": self._modules, "calls": [call.as_json() for call in calls]}
        if is_observed():
            request["observe"] = True
        if write:
            request["write"] = write.as_json()
        try:
            result: Mapping[str, Any] = self._action._execute_module(
                module_name="sfb.hybrid_auth.cs_invoke", module_args={"request": json.dumps(request)}, task_vars=self._task_vars
            )
        except Exception as exc:
            if not self._is_lost(exc):
                raise
            raise self._lost(exc, _writes(calls, write)) from None
        return result

    def _is_lost(self, exc: Exception) -> bool:
        """Whether the connection broke after it had been there; what cannot be reached at all was asked nothing."""
        connection = self._action._connection
        if isinstance(exc, AnsibleConnectionFailure):
            return bool(getattr(connection, "connected", False))
        return is_broken(exc) or (isinstance(exc, AnsibleError) and str(exc).startswith("winrm "))

    def _lost(self, exc: Exception, writes: bool) -> HybridAuthError:
        return HybridAuthError(
            f"{self.server}: the connection was lost{_NOT_KNOWN if writes else ''} ({said_by(exc)}).",
            AGAIN if writes else "Run again.",
            unreachable=True,
        )

    def _no_answer(self, result: Mapping[str, Any], writes: bool) -> HybridAuthError:
        said = [str(result.get(name) or "").strip() for name in ("msg", "module_stderr", "module_stdout")]
        text = " ".join(text[:500] for text in said if text)
        if any(_NO_LANGUAGE in text.lower() for text in said):
            told = "The endpoint runs no scripts: set endpoint to restricted."
        else:
            told = "Check that Windows PowerShell 5.1 runs for this account, and look at the output of -vvv."
            told = f"{AGAIN} If it ends so again: {told[0].lower()}{told[1:]}" if writes else told
        return HybridAuthError(
            f"{self.server}: PowerShell ended without an answer{_NOT_KNOWN if writes else ''}. {text}".rstrip(". ") + ".",
            told,
            unreachable=bool(result.get("unreachable")),
        )

    def _other_answer(self, where: str, writes: bool) -> HybridAuthError:
        return HybridAuthError(
            f"{self.server}: what came back is no answer to what was asked{_NOT_KNOWN if writes else ''}: {where}.",
            f"{AGAIN if writes else 'Run again.'} If it stays so, see what changes the output of the account's sessions there, such as a "
            "profile, with -vvv.",
        )

    def _failed(self, failure: Mapping[str, Any], restricted: bool, write: Write | None) -> HybridAuthError:
        message = str(failure.get("message") or "").strip().rstrip(".")
        text = f"{self.server}: {failure.get('cmdlet') or 'The request'} failed: {message}."
        url = _metadata_url(failure, write)
        text += f" The metadata was to come from {url}." if url and url not in text else ""
        lost = {"unreachable": True} if failure.get("error_id") == LOST else {}
        return HybridAuthError(text, remedy(failure, self._modules, restricted), failure=dict(failure), **lost)


def _metadata_url(failure: Mapping[str, Any], write: Write | None) -> str:
    """The URL whose document the server could not download, where that is what failed."""
    calls = write.calls if write and downloads(failure) else ()
    return next((str(one.parameters["MetadataUrl"]) for one in calls if "MetadataUrl" in one.parameters), "")


def _writes(calls: Sequence[Call], write: Write | None) -> bool:
    return write is not None or any(call.cmdlet.startswith(_WRITING) for call in calls)
