# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import front_ends, named_certificates, parts, server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OnpremReading, certificate_check, kept_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import OBSERVE, ONPREM, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import Asking
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint

_STORE, _CHECKS = "store", "certificate_checks"


class ActionModule(HybridAuthAction):
    """Read everything about the trust in one PowerShell process, or one pipeline a cmdlet."""

    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **OBSERVE,
            "gather": {"type": "list", "elements": "str", "choices": ["all", *parts.PARTS, server_settings.NAME], "default": ["all"]},
            "local_store": {"type": "bool", "default": False},
            "store": {"type": "bool", "default": False},
            "store_thumbprints": {"type": "list", "elements": "str", "default": []},
            "certificate_path": {"type": "path"},
            "metadata_first": {"type": "list", "elements": "str", "default": ["microsoft.sts", "evoSTS"]},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        names = [name for name in parts.PARTS if "all" in params["gather"] or name in params["gather"]]
        path = params["certificate_path"]
        certificate = load_certificate_file("certificate_path", path) if path else None
        thumbprints = list(dict.fromkeys(option_thumbprint("store_thumbprints", one) for one in params["store_thumbprints"]))
        shell = ManagementShell(self, params["management_modules"], task_vars, params["endpoint"])
        asking = Asking()
        # What an older server or an RBAC role lacks is no error where everything was asked for.
        optional = "all" in params["gather"] or shell.restricted
        calls = parts.calls(names, params["local_store"], optional=optional)
        if params["store"] and "certificate" in names and not shell.restricted:
            calls.append(Call(_STORE, "Read-Certificate", {"subject_of": "certificate"}))
            calls.append(Call(_CHECKS, "Read-CertificateCheck", {"of": "certificate"}))
        named = bool(thumbprints) and "certificate" in names and not shell.restricted
        # "all" is what a run needs; this costs more, so it has to be named.
        settings = server_settings.NAME in params["gather"]
        answer = shell.run(
            [
                *calls,
                *(named_certificates.calls(thumbprints, optional=optional) if named else ()),
                *(front_ends.calls() if "all" in params["gather"] and not shell.restricted else ()),
                *(server_settings.calls(names, shell.restricted, params["metadata_first"]) if settings else ()),
            ]
        )
        asked = asking.done()
        shape = parts.shaped(answer, names, certificate=certificate)
        if _STORE in answer.rows:
            shape["store"] = [kept_certificate(row) for row in answer.rows[_STORE]]
        if _CHECKS in answer.rows:
            shape["certificate_checks"] = [certificate_check(row) for row in answer.rows[_CHECKS]]
        if named_certificates.read(answer):
            shape["named_certificates"] = named_certificates.shaped(answer)
        if (told := front_ends.shaped(answer)) is not None:
            shape["front_ends"] = told
        if settings:
            shape["server_settings"] = server_settings.shaped(answer)
        if names and set(names) <= set(shape["unknown"]):
            raise HybridAuthError(
                f"{shell.server}: none of the cmdlets that read this is there: {'; '.join(shape['unknown'].values())}",
                "Give the account an RBAC role that has them, or use an ordinary endpoint."
                if answer.restricted
                else "The server's management module is older than these cmdlets: run on a server that has them.",
            )
        # What is observed joins it at the end of the task.
        reading: OnpremReading = {**shape, **asked.info(), "inventory_name": shell.server}  # type: ignore[typeddict-item]
        result: dict[str, Any] = {"changed": False, **reading}
        warnings = [*answer.warnings, *(f"{shell.server}: {part} is not known here: {reason}" for part, reason in shape["unknown"].items())]
        assigned = shape.get("certificate")
        if answer.restricted and certificate and assigned and assigned["thumbprint"] != certificate.thumbprint:
            warnings.append(
                f"{shell.server}: certificate_path holds {certificate.thumbprint}, but the farm has {assigned['thumbprint']} assigned."
            )
        if warnings:
            result["warnings"] = warnings
        return result
