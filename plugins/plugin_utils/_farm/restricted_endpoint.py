# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restricted PowerShell endpoint: single cmdlets on the runspace of the play's psrp connection. Private to the collection.

Such an endpoint, for example https://<front end>/OcsPowershell, runs no script, so no module of Ansible can run there:
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_language_modes. ansible.builtin.psrp opens the
runspace; a pipeline is then one command as structured data (MS-PSRP section 2.2.2.10), and holds no PowerShell text.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.broken import is_broken, said_by
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.call_runner import LOST, CallRunner, Failure, Finished
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError

try:
    from pypsrp.powershell import PowerShell
except ImportError:  # the management shell says so before it asks
    PowerShell = None  # type: ignore[assignment,misc]

# https://docs.ansible.com/ansible/latest/collections/ansible/builtin/psrp_connection.html
_ORDINARY_PATH, _ORDINARY_CONFIGURATION = "wsman", "microsoft.powershell"

# https://learn.microsoft.com/dotnet/api/system.management.automation.errorcategory, in the order of their numbers
_CATEGORIES = (
    "NotSpecified", "OpenError", "CloseError", "DeviceError", "DeadlockDetected",
    "InvalidArgument", "InvalidData", "InvalidOperation", "InvalidResult", "InvalidType",
    "MetadataError", "NotImplemented", "NotInstalled", "ObjectNotFound", "OperationStopped",
    "OperationTimeout", "SyntaxError", "ParserError", "PermissionDenied", "ResourceBusy",
    "ResourceExists", "ResourceUnavailable", "ReadError", "WriteError", "FromStdErr",
    "SecurityError", "ProtocolError", "ConnectionError", "AuthenticationError", "LimitsExceeded",
    "QuotaExceeded", "NotEnabled",
)  # fmt: skip


def is_restricted(connection: Any, endpoint: str, server: str) -> bool:
    """Whether calls go as single cmdlets; HybridAuthError where that is asked for and cannot be.

    endpoint: the option's value. auto means restricted where the connection is psrp and its path or its configuration is not the
    ordinary one.
    """
    is_psrp = getattr(connection, "transport", None) == "psrp"
    if endpoint == "full" or (endpoint == "auto" and not is_psrp):
        return False
    if not is_psrp:
        raise InvalidOptionError(
            "endpoint", f"{server} is not reached over PSRP, which a restricted endpoint needs", "auto or full, or ansible_connection: psrp"
        )
    if endpoint == "restricted":
        return True
    path = str(connection.get_option("path") or "").strip("/").lower()
    configuration = str(connection.get_option("configuration_name") or "").lower()
    return (path, configuration) != (_ORDINARY_PATH, _ORDINARY_CONFIGURATION)


class RestrictedEndpoint:
    """The endpoint behind a psrp connection, which connects at the first call."""

    def __init__(self, connection: Any, server: str) -> None:
        self._connection, self._server = connection, server

    def ask(self, calls: Sequence[Call], write: Write | None = None) -> dict[str, Any]:
        """The answer to the calls and the change after them, in the shape of cs_invoke.

        HybridAuthError or AnsibleConnectionFailure if nothing can be asked.
        """
        if getattr(self._connection, "become", None):
            raise HybridAuthError(
                f"{self._server}: become cannot be used on a restricted endpoint, where no script may run.",
                "Leave become out and sign in with the account that has the RBAC role.",
            )
        if not self._connection.connected:
            try:
                self._connection._connect()
            except Exception as exc:  # the plugin itself reports the common ones
                if not is_broken(exc):
                    raise
                raise HybridAuthError(
                    f"{self._server} could not be reached over PSRP: {said_by(exc)}.",
                    "Check ansible_host, ansible_port and ansible_psrp_path, and give a slow server a longer ansible_psrp_read_timeout.",
                    unreachable=True,
                ) from None
        return CallRunner(self._invoke).answer(calls, write)

    def _invoke(self, cmdlet: str, parameters: Mapping[str, Any]) -> Finished:
        # Finished pipelines stay until the connection closes the runspace at the end of the task: ending each costs a request.
        pipeline = PowerShell(self._connection.runspace)
        pipeline.add_cmdlet(cmdlet)
        pipeline.add_parameters({name: _sendable(value) for name, value in parameters.items()})
        try:
            output = pipeline.invoke()
        except NotImplementedError:  # how pypsrp's host answers a question; the pipeline would wait for ever and block the runspace
            pipeline.stop()
            return Finished(failure=Failure("it asked a question, and nobody is there to answer it", "HostCall", "NotImplemented"))
        except Exception as exc:
            if not is_broken(exc):
                raise
            message = f"the connection was lost, so it is not known whether the cmdlet did its work ({said_by(exc)})"
            return Finished(failure=Failure(message, LOST, "ConnectionError"))
        warnings = [str(record.message) for record in pipeline.streams.warning]
        # As with -ErrorAction Stop, the first error counts, and then nothing of the output.
        if pipeline.streams.error:
            return Finished(warnings=warnings, failure=_failure(pipeline.streams.error[0]))
        if pipeline.had_errors:
            return Finished(warnings=warnings, failure=Failure("the pipeline failed without saying why", "PipelineFailed", "NotSpecified"))
        return Finished(output, warnings)


def _sendable(value: Any) -> Any:
    """The value in a type that pypsrp serializes by its exact type; Ansible's values may be of subclasses."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, datetime):
        # MS-PSRP section 2.2.5.1.4; pypsrp has no Python type for it, but takes elements.
        element = ET.Element("DT")
        element.text = value.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return element
    if isinstance(value, (list, tuple)):
        return [_sendable(item) for item in value]
    raise TypeError(f"a parameter cannot be a {type(value).__name__}")


def _failure(record: Any) -> Failure:
    """The error record's own words; the exception inside is more exact where it came with its properties."""
    inner = getattr(record.exception, "adapted_properties", {})
    category = record.category if isinstance(record.category, int) and 0 <= record.category < len(_CATEGORIES) else 0
    parameter = str(inner.get("ParameterName") or "").strip()
    return Failure(str(inner.get("Message") or record), str(record.fq_error), _CATEGORIES[category], parameter or None)
