# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a cmdlet failed, and what to do about it. Private to the collection.

Servers speak the language of their Windows, so a cause is told by the error's category and id and by the types and codes of its
exceptions (https://learn.microsoft.com/powershell/scripting/developer/cmdlet/windows-powershell-error-records), never by its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.call_runner import LOST, NOT_FOUND
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

AGAIN = "Run again: what is done is found, and what is left is done."
_ACCESS = (
    "The account needs the group RTCUniversalServerAdmins (RTCUniversalReadOnlyAdmins to read), and the server must be able to pass its "
    "identity on to the Central Management Store and Active Directory: use CredSSP, Kerberos with delegation, or become with runas."
)
_ROLE = (
    "Through this endpoint an account has the cmdlets of its RBAC roles: give it one that has all of them (Get-CsAdminRole shows them), "
    "or use an ordinary endpoint."
)
_OLDER = "The server's management module is older than this cmdlet: run on a server that has it."
_STORE = (
    "The server does not reach the SQL Server of the Central Management Store (Get-CsManagementConnection names it): see that it runs, "
    "and that the way to it is open."
)
_METADATA = (
    "The server itself downloads the metadata: open the way from it to the URL through the proxy that .NET uses (the account's Internet "
    "settings or system.net/defaultProxy, not WinHTTP's), or correct the URL."
)
_STRONG = (
    "set SchUseStrongCrypto to 1 for .NET in both hives of the registry (HKLM:\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 and its "
    "Wow6432Node twin)"
)
_TLS = (
    f"The server itself downloads the metadata, and TLS with that host failed: {_STRONG}, and see that the server trusts the certificate "
    "that is shown to it."
)
_CUT = f"{_METADATA} A host that takes TLS 1.2 alone cuts the connection too: {_STRONG}."
_FRAMEWORK = "Install .NET Framework 4.6.2 or newer on the server; only the proof needs it."
_DENIED = ("PermissionDenied", "SecurityError", "AuthenticationError")
_DENIED_TYPES = ("System.UnauthorizedAccessException", "System.Security.", "System.DirectoryServices.")
_SQL_TYPES = (".SqlException", ".SqlConnectionException")
# Login refused, or a database or an object of it: https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
_SQL_DENIED = ("229", "262", "297", "300", "916", "4060", "4064", "18401", "18451", "18452", "18456", "18470", "18486", "18487", "18488")
_URL = "MetadataUrl"
# https://learn.microsoft.com/dotnet/api/system.net.webexceptionstatus
_TLS_STATUS = ("TrustFailure", "SecureChannelFailure")
_CUT_STATUS = ("SendFailure", "ReceiveFailure", "ConnectionClosed")


def remedy(failure: Mapping[str, Any], modules: Sequence[str], restricted: bool) -> str:
    """What to do about a failure as the runner, or the restricted endpoint, tells it. modules: those that were tried."""
    category, error_id = str(failure.get("category") or ""), str(failure.get("error_id") or "")
    absent = (
        f"Run on a server with the management tools, or name their module in {options('management_modules')}; tried: {', '.join(modules)}."
    )
    downloading = downloads(failure)
    # The first that applies.
    rules = (
        (error_id == LOST, AGAIN),
        (category in ("ModuleMissing", "ModuleFailed"), absent),
        (category in ("NotAllowed", "InvalidRequest"), "Please report it with the output of -vvv."),
        (error_id.startswith("AssertionFramework"), _FRAMEWORK),
        (downloading and _tls(failure), _TLS),
        (downloading and any(code in _CUT_STATUS for _name, code in _causes(failure)), _CUT),
        (downloading, _METADATA),
        (error_id.startswith(NOT_FOUND), _ROLE if restricted else _OLDER),
        (_unreached(failure), _STORE),
        (_denied(failure, category, error_id), _ROLE if restricted else _ACCESS),
    )
    return next((text for applies, text in rules if applies), "Try the cmdlet in the Management Shell on the server, and run again.")


def downloads(failure: Mapping[str, Any]) -> bool:
    """Whether the server could not download a metadata document."""
    # A parameter's name is the same in each language.
    binding = str(failure.get("error_id") or "").startswith("ParameterBinding") and _URL in str(failure.get("message"))
    return failure.get("parameter") == _URL or binding or _any_type(failure, ("System.Net.WebException",))


def _unreached(failure: Mapping[str, Any]) -> bool:
    """Whether SQL Server refused nothing, since it was not reached."""
    numbers = _codes(failure, _SQL_TYPES)
    return bool(numbers) and not set(numbers) & set(_SQL_DENIED)


def _denied(failure: Mapping[str, Any], category: str, error_id: str) -> bool:
    named = any(part in error_id for part in ("UnauthorizedAccess", "SqlConnection", "SqlException", "DirectoryServices"))
    return category in _DENIED or named or _any_type(failure, _SQL_TYPES) or _any_type(failure, _DENIED_TYPES)


def _causes(failure: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in failure.get("causes") or ():
        if isinstance(one, Mapping):
            yield str(one.get("type") or ""), str(one.get("code") or "")


def _is_of(name: str, types: Sequence[str]) -> bool:
    return any(name.endswith(one) if one.startswith(".") else name.startswith(one) for one in types)


def _any_type(failure: Mapping[str, Any], types: Sequence[str]) -> bool:
    return any(_is_of(name, types) for name, _code in _causes(failure))


def _codes(failure: Mapping[str, Any], types: Sequence[str]) -> list[str]:
    """The numbers that exceptions of these types have; an exception without one shows its HRESULT, which is negative."""
    return [code for name, code in _causes(failure) if _is_of(name, types) and code.isdigit()]


def _tls(failure: Mapping[str, Any]) -> bool:
    return any(code in _TLS_STATUS for _name, code in _causes(failure)) or _any_type(failure, ("System.Security.Authentication.",))
