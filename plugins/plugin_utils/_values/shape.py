# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of data without its values: kinds, counts, and names that are known beforehand. Private to the collection.

A name that is not known beforehand may itself be a value, such as a key of a dictionary, so it is counted and not told. The name of a type
is told where its namespace is known, and an identifier of an error where it is known or is the name of an exception.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

# What stands for a name, an identifier or a type that is not told.
OTHER = "other"
_DEEPEST = 12
# A text may be long; what it is shows at its beginning.
_LONGEST = 200
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,3}")
# An address of a computer has this form too.
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_LARGEST_OCTET = 255
# What a client puts before and the product behind the name of a type; its namespace, and its own name.
_TYPE = re.compile(r"(?:Deserialized\.|Selected\.)*((?:[A-Za-z0-9]+\.)*)([A-Z][A-Za-z0-9]{0,60})(?:`[0-9])?(?:#Decorated)?")
# Those of the cmdlets' reference (https://learn.microsoft.com/powershell/module/skypeforbusiness) and of Microsoft's own test mocks, and
# those of .NET and PowerShell that these return and throw.
_NAMESPACES = frozenset(
    {
        *("Microsoft.Rtc.Management", "Microsoft.Rtc.Management.Xds", "Microsoft.Rtc.Management.Internal"),
        *("Microsoft.Rtc.Management.Deploy.Internal", "Microsoft.Rtc.Management.Deployment", "Microsoft.PowerShell.Commands"),
        *("Microsoft.Rtc.Management.WritableConfig.Settings.Edge", "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"),
        *("System", "System.IO", "System.Net", "System.Net.Http", "System.Net.Sockets", "System.Xml"),
        *("System.Collections", "System.Collections.Generic", "System.Collections.ObjectModel", "System.Data", "System.Data.SqlClient"),
        *("System.ComponentModel", "System.DirectoryServices", "System.DirectoryServices.ActiveDirectory", "System.Reflection"),
        *("System.Management", "System.Management.Automation", "System.Management.Automation.Runspaces", "System.Runtime.InteropServices"),
        *("System.Management.Automation.Internal", "System.Management.Automation.Remoting", "System.ServiceModel", "System.Threading"),
        *("System.Security", "System.Security.Authentication", "System.Security.Cryptography", "System.Security.Principal"),
        *("System.Security.Cryptography.X509Certificates", "System.Security.AccessControl", "System.Threading.Tasks"),
    }
)
# Identifiers without a type that this collection makes itself.
_OWN_IDS = frozenset(
    {
        *("MissingProperty", "UnreadableProperty", "InvalidRequest", "NotAllowed", "HostCall", "ConnectionLost", "PipelineFailed"),
        *("CommandNotFoundException", "CertificateInUse", "ForeignObject", "AssertionApplication", "AssertionFramework", "AssertionParts"),
    }
)
# Those of PowerShell (https://github.com/PowerShell/PowerShell, resources and cmdlets) and of a cmdlet that looks for an object.
_IDS = frozenset(
    {
        *_OWN_IDS,
        *("ItemNotFound", "PathNotFound", "NoMatchingEventsFound", "NoMatchingLogsFound", "Modules_ModuleNotFound", "AccessDenied"),
        *("ParameterArgumentValidationError", "ParameterArgumentValidationErrorNullNotAllowed", "ParameterArgumentTransformationError"),
        *("ParameterArgumentValidationErrorEmptyStringNotAllowed", "CannotConvertArgument", "CannotConvertArgumentNoMessage"),
        *("NamedParameterNotFound", "PositionalParameterNotFound", "AmbiguousParameterSet", "AmbiguousParameter", "ParameterBindingFailed"),
        *("MissingMandatoryParameter", "MissingArgument", "ParameterAlreadyBound", "InputObjectNotBound", "InvokeMethodOnNull"),
        *("ParameterBindingException", "RuntimeException", "NotSpecified", "OperationStopped", "PipelineStopped", "ScriptHalted"),
    }
)
_EXCEPTION = re.compile(r"(?:[A-Za-z0-9]+\.)+[A-Z][A-Za-z0-9]{0,60}Exception")


class Shape:
    """What some values have in common. kinds: how many there are of each; entries: of lists; properties: of objects, by known names."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.entries: Shape | None = None
        self.properties: dict[str, Shape] = {}
        self.others = 0

    def add(self, value: Any, names: Collection[str], depth: int = 0) -> None:
        """Take in one more value. names: the names of properties that may be told."""
        self.kinds[kind_of(value)] += 1
        if depth >= _DEEPEST:
            return
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if isinstance(name, str) and name in names:
                    self.properties.setdefault(name, Shape()).add(inner, names, depth + 1)
                else:
                    self.others += 1
        elif isinstance(value, (list, tuple)):
            self.entries = self.entries or Shape()
            for inner in value:
                self.entries.add(inner, names, depth + 1)

    def told(self) -> dict[str, Any] | str:
        """The shape as plain data: the kinds with their numbers, such as 2 null, 1 text, and what is inside of lists and objects."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        made: dict[str, Any] = {}
        if self.entries is not None and self.entries.kinds:
            made["entries"] = self.entries.told()
        if self.properties:
            made["properties"] = {name: inner.told() for name, inner in sorted(self.properties.items())}
        if self.others:
            made["other_properties"] = self.others
        return {"kinds": kinds, **made} if made else kinds


def shape(value: Any, names: Collection[str]) -> dict[str, Any] | str:
    """The shape of one value as plain data: how many there are of each kind; of lists and objects also entries, properties and the
    number of other_properties.

    names: the names of properties that may be told.
    """
    made = Shape()
    made.add(value, names)
    return made.told()


def kind_of(value: Any) -> str:
    """null, flag, number, list, object, or of a text: empty, guid, time, url, version or text; other for what JSON does not have."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return _kind_of_text(str(value))
    return "object" if isinstance(value, Mapping) else "list" if isinstance(value, (list, tuple)) else OTHER


def _kind_of_text(text: str) -> str:
    if not text.strip():
        return "empty"
    if len(text) > _LONGEST:
        return "text"
    found = (("guid", is_guid(text)), ("version", version(text)), ("url", _URL.fullmatch(text)), ("time", _is_time(text)))
    return next((kind for kind, fits in found if fits), "text")


def _is_time(text: str) -> bool:
    try:
        return time_or_none(text) is not None
    except (ValueError, OverflowError):
        return False


def version(text: Any) -> str | None:
    """The version in the text where it is nothing else, such as 5.1.17763.1; None for anything else, and for what may be an address."""
    return str(text) if isinstance(text, str) and _VERSION.fullmatch(text) and not is_address(text) else None


def is_address(text: str) -> bool:
    """Whether the text has the form of an IPv4 address, which that of a version with four small numbers is too."""
    return bool(_ADDRESS.fullmatch(text)) and all(int(number) <= _LARGEST_OCTET for number in text.split("."))


def type_name(text: Any) -> str:
    """The name of a .NET type in a namespace that is known; other for anything else, which may hold what somebody chose."""
    found = _TYPE.fullmatch(text) if isinstance(text, str) else None
    return str(text) if found and found[1].rstrip(".") in _NAMESPACES else OTHER


def is_products(kind: str) -> bool:
    """Whether the name of a type, as type_name() tells it, is of the product itself, whose types alone declare their properties.

    PowerShell shows the elements of an XML document and the columns of a table as if their type declared them.
    """
    return kind.startswith(("Microsoft.Rtc.", "Deserialized.Microsoft.Rtc."))


def error_id(text: Any) -> str | None:
    """A FullyQualifiedErrorId as far as it is known: its own part, or other, and the type that it comes from. Of a thrown text it is the
    text, so it is other.

    https://learn.microsoft.com/dotnet/api/system.management.automation.errorrecord.fullyqualifiederrorid
    """
    if not text:
        return None
    own, _comma, source = str(text).partition(",")
    if not source:
        return own if own in _OWN_IDS else OTHER
    if type_name(source) == OTHER:
        return OTHER
    known = own in _IDS or (_EXCEPTION.fullmatch(own) and type_name(own) != OTHER)
    return f"{own if known else OTHER},{source}"


def words(text: str) -> frozenset[str]:
    """The words of a text, as names that may be told."""
    return frozenset(text.split())


def word(text: Any, known: Collection[str]) -> str | None:
    """The text where it is one of the known ones; other where it is not, None where there is none."""
    return None if text is None or text == "" else str(text) if text in known else OTHER
