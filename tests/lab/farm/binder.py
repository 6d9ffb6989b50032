# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bind parameters as PowerShell's parameter binder does, from the signature table.

https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parameter_sets
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from . import pki

SIGNATURES: dict[str, Any] = {
    **json.loads((Path(__file__).parent / "signatures.json").read_text(encoding="utf-8"))["cmdlets"],
    **pki.SIGNATURES,
}

# Types with few values, which the reference describes in words: New-CsPartnerApplication, Set-CsOAuthConfiguration,
# Test-CsExStorageConnectivity, Import-CsCertificate.
ENUMS = {
    "ApplicationTrustLevel": ("Full", "Application", "User"),
    "ClientAdalAuthOverride": ("NoOverride", "Allowed", "Disallowed"),
    "Binding": ("NetNamedPipe", "NetTCP"),
    "CertType": (
        "AccessEdgeExternal",
        "AudioVideoAuthentication",
        "DataEdgeExternal",
        "Default",
        "External",
        "Internal",
        "iPadAPNService",
        "iPhoneAPNService",
        "LogRetentionService",
        "MPNService",
        "OAuthTokenIssuer",
        "PICWebService",
        "ProvisionService",
        "SMPDNSWebService",
        "TenantAdmin",
        "UpgradeEngineService",
        "WebServicesExternal",
        "WebServicesInternal",
        "WsFedTokenTransfer",
        "XMPPServer",
    ),
    "ExchFolder": ("ConversationHistory", "Inbox", "Dumpster"),
}


# How Get-Command says that a cmdlet is not there.
COMMAND_MISSING = "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand"


class CmdletError(Exception):
    """What a cmdlet says when it fails, as an error record shows it. ends: whether the command ends with it (a terminating error)."""

    def __init__(self, message: str, error_id: str, category: str, parameter: str | None = None, *, ends: bool = True) -> None:
        super().__init__(message)
        self.message, self.error_id, self.category, self.parameter, self.ends = message, error_id, category, parameter, ends


def bind(cmdlet: str, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters under their own names with converted values; CmdletError as the binder would."""
    sets: dict[str, dict[str, Any]] = SIGNATURES[cmdlet]["parameter_sets"]
    known = {name.lower(): name for parameters in sets.values() for name in parameters}
    bound: dict[str, Any] = {}
    for name, value in given.items():
        proper = known.get(name.lower())
        if proper is None:
            raise CmdletError(
                f"A parameter cannot be found that matches parameter name '{name}'.",
                f"NamedParameterNotFound,{cmdlet}",
                "InvalidArgument",
                name,
            )
        kind = next(parameters[proper]["type"] for parameters in sets.values() if proper in parameters)
        bound[proper] = _converted(cmdlet, proper, kind, value)
    _choose_set(cmdlet, sets, bound)
    return bound


def default_set(cmdlet: str) -> str:
    """The parameter set where several fit; where the reference names none, the one by identity or the one that needs least."""
    sets: dict[str, dict[str, Any]] = SIGNATURES[cmdlet]["parameter_sets"]
    named = next((name for name in sets if name.endswith("(Default)")), "Identity" if "Identity" in sets else None)
    return named or min(sets, key=lambda name: sum(entry["mandatory"] for entry in sets[name].values()))


def _choose_set(cmdlet: str, sets: dict[str, dict[str, Any]], bound: dict[str, Any]) -> None:
    """CmdletError where no parameter set, or more than one, fits what is bound: a switch that is given counts, whatever its value."""
    fitting = {name: parameters for name, parameters in sets.items() if set(bound) <= set(parameters)}
    # Named in the order in which the cmdlet declares them.
    declared = dict.fromkeys(name for parameters in sets.values() for name in parameters)
    missing = {
        name: [one for one in declared if one in parameters and parameters[one]["mandatory"] and one not in bound]
        for name, parameters in fitting.items()
    }
    complete = [name for name, names in missing.items() if not names]
    default = default_set(cmdlet)
    if default in fitting:
        chosen = default
    elif len(fitting) == 1 or len(complete) == 1:
        chosen = next(iter(complete or fitting))
    else:
        raise CmdletError(
            "Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot be "
            "used together or an insufficient number of parameters were provided.",
            f"AmbiguousParameterSet,{cmdlet}",
            "InvalidArgument",
        )
    if missing[chosen]:
        names = " ".join(missing[chosen])
        raise CmdletError(
            f"Cannot process command because of one or more missing mandatory parameters: {names}.",
            f"MissingMandatoryParameter,{cmdlet}",
            "InvalidArgument",
            names,
        )


def accepted(cmdlet: str, name: str, kind: str) -> tuple[str, ...]:
    """The only values that a parameter takes, or none."""
    return ENUMS.get(kind.removesuffix("[]")) or ENUMS.get(name) or tuple(SIGNATURES[cmdlet]["accepted_values"].get(name, ()))


def _converted(cmdlet: str, name: str, kind: str, value: Any) -> Any:
    problem = CmdletError(
        f"Cannot process argument transformation on parameter '{name}'. Cannot convert value to type \"System.{kind}\".",
        f"ParameterArgumentTransformationError,{cmdlet}",
        "InvalidData",
        name,
    )
    if kind in ("Boolean", "SwitchParameter"):
        if not isinstance(value, bool):
            raise problem
        return value
    if kind == "Guid":
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            raise problem from None
    if kind == "DateTime":
        # Text is read by the region settings of the server, so what it means there is not known here.
        if not isinstance(value, dict) or "time" not in value:
            raise problem
        return value["time"]
    choices = accepted(cmdlet, name, kind)
    values = value if isinstance(value, list) else [value]
    converted = []
    for one in values:
        text = "" if one is None else str(one)
        match = next((choice for choice in choices if choice.lower() == text.lower()), None)
        if choices and match is None:
            raise CmdletError(
                f'Cannot validate argument on parameter \'{name}\'. The argument "{text}" does not belong to the set "{",".join(choices)}" '
                "specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.",
                f"ParameterArgumentValidationError,{cmdlet}",
                "InvalidData",
                name,
            )
        converted.append(match or text)
    return converted if kind.endswith("[]") else converted[0]
