# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of what is read from a farm: which cmdlet tells it, what of it, from where, and its shape. Private to the collection.

The lists of cmdlets in cmdlets.py are made from it; those of the runner on the server and of the lab are compared with it by
tests/unit/farm/test_parts.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Generic, TypeVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading, Gathered, Row
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.signing import signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time

_TEXT, _FLAG, _TIME, _LIST, _TYPED = "text", "flag", "time", "list", "typed"
# After the kind of a property that only later versions of the product have; one that lacks any other cannot be read.
_LATER = "?"

One = TypeVar("One")


class Scope(Enum):
    """Where a cmdlet reads."""

    STORE = "the Central Management Store"
    STORE_OR_REPLICA = "the Central Management Store, or with -LocalStore the server's own replica of it"
    SERVER = "the server itself"


@dataclass(frozen=True)
class Told:
    """What a part is made of: its cmdlet's rows, the rows of the computer's certificate store, the server's clock."""

    rows: Sequence[Row]
    store: Sequence[Row]
    now: datetime


@dataclass(frozen=True)
class Part(Generic[One]):
    """One thing that is read, of which One is a single object.

    select: the properties that the cmdlet's objects have, with the kinds of plain data to make of them ("*" is the object's text).
    shape: the part as it stands in the reading. row: the other way round, from a single object to the properties that identify and
    define it, for a request that carries what its sender saw; None for what is never written.
    """

    cmdlet: str
    select: Mapping[str, str]
    scope: Scope
    shape: Callable[[Told], Gathered]
    row: Callable[[One], Row] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _one_configuration(told: Told) -> Gathered:
    if len(told.rows) != 1:
        raise HybridAuthError(
            f"Get-CsOAuthConfiguration returned {len(told.rows)} configurations where there is exactly one.",
            "Check the Central Management Store, and that the account may read it.",
        )
    return {"oauth_configuration": shapes.oauth_configuration(told.rows[0])}


def _who_signs(told: Told) -> Gathered:
    assigned = shapes.certificates(told.rows, told.store, told.now)
    current, previous = assigned[0] if assigned else (None, None)
    return {"certificate": current, "previous_certificate": previous, "signing": signing(assigned, told.now)}


OAUTH_SERVERS: Part[shapes.OAuthServer] = Part(
    "Get-CsOAuthServer",
    {
        **dict.fromkeys(("Identity", "Name", "IssuerIdentifier", "Realm", "MetadataUrl"), _TEXT),
        **dict.fromkeys(("AuthorizationUriOverride", "Type"), f"{_TEXT}{_LATER}"),
        "AcceptSecurityIdentifierInformation": _FLAG,
    },
    Scope.STORE_OR_REPLICA,
    lambda told: {"oauth_servers": [shapes.oauth_server(row) for row in told.rows]},
    shapes.oauth_server_row,
)
PARTNER_APPLICATIONS: Part[shapes.PartnerApplication] = Part(
    "Get-CsPartnerApplication",
    {
        **dict.fromkeys(("Identity", "Name", "ApplicationIdentifier", "Realm", "ApplicationTrustLevel"), _TEXT),
        "Enabled": _FLAG,
        "AcceptSecurityIdentifierInformation": _FLAG,
        "AuthToken": _TYPED,
    },
    Scope.STORE_OR_REPLICA,
    lambda told: {"partner_applications": [shapes.partner_application(row) for row in told.rows]},
    shapes.partner_application_row,
)
OAUTH_CONFIGURATION: Part[shapes.OAuthConfiguration] = Part(
    "Get-CsOAuthConfiguration",
    {
        **dict.fromkeys(("Identity", "ServiceName", "Realm", "ExchangeAutodiscoverUrl"), _TEXT),
        **dict.fromkeys(
            ("ClientAuthorizationOAuthServerIdentity", "ClientAdalAuthOverride", "AlternateAudienceUrl"),
            f"{_TEXT}{_LATER}",
        ),
        "ExchangeAutodiscoverAllowedDomains": _LIST,
        "AdditionalAudienceUrls": f"{_LIST}{_LATER}",
    },
    Scope.STORE_OR_REPLICA,
    _one_configuration,
    shapes.oauth_configuration_row,
)
CERTIFICATE: Part[shapes.Certificate] = Part(
    "Get-CsCertificate",
    {
        **dict.fromkeys(("Thumbprint", "PreviousThumbprint", "Subject", "Issuer", "SerialNumber"), _TEXT),
        **dict.fromkeys(("EffectiveDate", "NotBefore", "NotAfter"), _TIME),
    },
    Scope.SERVER,
    _who_signs,
    shapes.certificate_row,
    {"Type": ["OAuthTokenIssuer"]},
)
WEB_SERVICES: Part[shapes.WebService] = Part(
    "Get-CsService",
    dict.fromkeys(("Identity", "PoolFqdn", "InternalFqdn", "ExternalFqdn"), _TEXT),
    Scope.STORE,
    lambda told: {"web_services": [shapes.web_service(row) for row in told.rows]},
    parameters={"WebServer": True},
)
SIP_DOMAINS: Part[shapes.SipDomain] = Part(
    "Get-CsSipDomain",
    {"Name": _TEXT, "IsDefault": _FLAG},
    Scope.STORE,
    lambda told: {"sip_domains": [shapes.sip_domain(row) for row in told.rows]},
)
VERSION: Part[str] = Part(
    "Get-CsServerVersion",
    {"*": _TEXT},
    Scope.SERVER,
    lambda told: {"version": shapes.text(told.rows[0]["text"]) if told.rows else None},
)
REPLICATION: Part[shapes.Replica] = Part(
    "Get-CsManagementStoreReplicationStatus",
    {
        "ReplicaFqdn": _TEXT,
        "UpToDate": _FLAG,
        "LastStatusReport": _TIME,
        "LastUpdateCreation": _TIME,
        "ProductVersion": f"{_TEXT}{_LATER}",
    },
    Scope.STORE,
    lambda told: {"replicas": [shapes.replica(row) for row in told.rows]},
)

# By what they are gathered as, in the order in which they are read.
PARTS: dict[str, Part[Any]] = {
    "oauth_servers": OAUTH_SERVERS,
    "partner_applications": PARTNER_APPLICATIONS,
    "oauth_configuration": OAUTH_CONFIGURATION,
    "certificate": CERTIFICATE,
    "web_services": WEB_SERVICES,
    "sip_domains": SIP_DOMAINS,
    "version": VERSION,
    "replication": REPLICATION,
}


def calls(names: Sequence[str], local_store: bool = False, prefix: str = "", optional: bool = False) -> list[Call]:
    """The calls that read these parts; the ids begin with the prefix. optional: a part whose cmdlet is not there stays unknown."""
    made = [Call(f"{prefix}server", "Read-Server")]
    for name in names:
        part = PARTS[name]
        local = {"LocalStore": True} if local_store and part.scope is Scope.STORE_OR_REPLICA else {}
        made.append(Call(f"{prefix}{name}", part.cmdlet, {**part.parameters, **local}, part.select, optional=optional))
        if part is CERTIFICATE:
            made.append(Call(f"{prefix}certificate_store", "Read-Certificate", {"of": f"{prefix}certificate"}))
    return made


def clock(server: shapes.Server) -> datetime:
    """The server's time, or the controller's where the server did not tell it."""
    return parse_time(server["time"]) if server["time"] else datetime.now(timezone.utc)


def shaped(answer: Answer, names: Sequence[str], prefix: str = "", certificate: Certificate | None = None) -> FarmReading:
    """What the answer to calls() tells of these parts; a part that was not read is not there.

    certificate: the farm's certificate from elsewhere, for a restricted endpoint, which cannot read the server's own store.
    """
    rows = {key[len(prefix) :]: value for key, value in answer.rows.items() if key.startswith(prefix)}
    unknown = {name: answer.unknown[f"{prefix}{name}"] for name in names if f"{prefix}{name}" in answer.unknown}
    if answer.restricted and certificate and "certificate" in names:
        rows["certificate_store"] = [*rows["certificate_store"], certificate.row(there=None)]
        if unknown.pop("certificate", None):
            # The farm cannot be asked which one is assigned.
            rows["certificate"] = [{**dict.fromkeys(CERTIFICATE.select), "Thumbprint": certificate.thumbprint}]
    server = shapes.server(rows["server"][0])
    now, store = clock(server), rows.get("certificate_store", [])
    gathered: Gathered = {}
    for name in names:
        if name not in unknown:
            gathered.update(PARTS[name].shape(Told(rows[name], store, now)))
    return {
        **gathered,
        "server": server,
        "management_module": answer.module,
        "endpoint": "restricted" if answer.restricted else "full",
        "unknown": unknown,
    }
