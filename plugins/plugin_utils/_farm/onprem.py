# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What onprem_info reads: which cmdlets tell it, and the shape it has in Ansible. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.signing import signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, parse_time

GATHER = (
    "oauth_servers",
    "partner_applications",
    "oauth_configuration",
    "certificate",
    "web_services",
    "sip_domains",
    "version",
    "replication",
)

_TEXT, _FLAG, _TIME, _LIST = "text", "flag", "time", "list"
# How an AuthToken with a value shows itself as text.
_SHOWN_VALUE = "Value="
# Names of properties and whether the cmdlet reads the local replica:
# https://learn.microsoft.com/powershell/module/skypeforbusiness/
_CMDLETS: dict[str, tuple[str, dict[str, Any], dict[str, str], bool]] = {
    "oauth_servers": (
        "Get-CsOAuthServer",
        {},
        {
            **dict.fromkeys(("Identity", "Name", "IssuerIdentifier", "Realm", "MetadataUrl", "AuthorizationUriOverride", "Type"), _TEXT),
            "AcceptSecurityIdentifierInformation": _FLAG,
        },
        True,
    ),
    "partner_applications": (
        "Get-CsPartnerApplication",
        {},
        {
            **dict.fromkeys(("Identity", "Name", "ApplicationIdentifier", "Realm", "ApplicationTrustLevel"), _TEXT),
            "Enabled": _FLAG,
            "AcceptSecurityIdentifierInformation": _FLAG,
            "AuthToken": "typed",
        },
        True,
    ),
    "oauth_configuration": (
        "Get-CsOAuthConfiguration",
        {},
        {
            **dict.fromkeys(
                (
                    "Identity",
                    "ServiceName",
                    "Realm",
                    "ExchangeAutodiscoverUrl",
                    "ClientAuthorizationOAuthServerIdentity",
                    "ClientAdalAuthOverride",
                    "AlternateAudienceUrl",
                ),
                _TEXT,
            ),
            "ExchangeAutodiscoverAllowedDomains": _LIST,
            "AdditionalAudienceUrls": _LIST,
        },
        True,
    ),
    "certificate": (
        "Get-CsCertificate",
        {"Type": ["OAuthTokenIssuer"]},
        {
            **dict.fromkeys(("Thumbprint", "PreviousThumbprint", "Subject", "Issuer", "SerialNumber"), _TEXT),
            **dict.fromkeys(("EffectiveDate", "NotBefore", "NotAfter"), _TIME),
        },
        False,
    ),
    "web_services": ("Get-CsService", {"WebServer": True}, dict.fromkeys(("PoolFqdn", "InternalFqdn", "ExternalFqdn"), _TEXT), False),
    "sip_domains": ("Get-CsSipDomain", {}, {"Name": _TEXT, "IsDefault": _FLAG}, False),
    "version": ("Get-CsServerVersion", {}, {"*": _TEXT}, False),
    "replication": (
        "Get-CsManagementStoreReplicationStatus",
        {},
        {
            "ReplicaFqdn": _TEXT,
            "UpToDate": _FLAG,
            "LastStatusReport": _TIME,
            "LastUpdateCreation": _TIME,
            "ProductVersion": _TEXT,
        },
        False,
    ),
}


def calls(parts: Sequence[str], local_store: bool = False, prefix: str = "", optional: bool = False) -> list[Call]:
    """The calls that read these parts; the ids begin with the prefix. optional: a part that the endpoint does not have stays unknown."""
    made = [Call(f"{prefix}server", "Read-Server")]
    for part in parts:
        cmdlet, parameters, select, has_local_store = _CMDLETS[part]
        local = {"LocalStore": True} if local_store and has_local_store else {}
        made.append(Call(f"{prefix}{part}", cmdlet, {**parameters, **local}, select, optional=optional))
        if part == "certificate":
            made.append(Call(f"{prefix}certificate_store", "Read-Certificate", {"of": f"{prefix}certificate"}))
    return made


def clock(server: Mapping[str, Any]) -> datetime:
    """The server's time, or the controller's where the server did not tell it."""
    return parse_time(server["time"]) if server["time"] else datetime.now(timezone.utc)


def shaped(answer: Answer, parts: Sequence[str], prefix: str = "", certificate: Certificate | None = None) -> dict[str, Any]:
    """What onprem_info returns of these parts; a part that was not read is not there, so absent differs from empty.

    certificate: the farm's certificate from elsewhere, for a restricted endpoint, which cannot read the server's own store.
    """
    rows = {key[len(prefix) :]: value for key, value in answer.rows.items() if key.startswith(prefix)}
    unknown = {key[len(prefix) :]: reason for key, reason in answer.unknown.items() if key.startswith(prefix)}
    if answer.restricted and certificate and "certificate" in parts:
        rows["certificate_store"] = [*rows["certificate_store"], certificate.row(there=None)]
        if unknown.pop("certificate", None):
            rows["certificate"] = [_assigned_row(certificate)]
    server = dict(rows["server"][0])
    shape: dict[str, Any] = {
        "server": server,
        "management_module": answer.module,
        "endpoint": "restricted" if answer.restricted else "full",
        "unknown": unknown,
    }
    for part in parts:
        if part in unknown:
            continue
        if part == "oauth_servers":
            shape[part] = [_oauth_server(row) for row in rows[part]]
        elif part == "partner_applications":
            shape[part] = [_partner_application(row) for row in rows[part]]
        elif part == "oauth_configuration":
            shape[part] = _oauth_configuration(rows[part])
        elif part == "certificate":
            now = clock(server)
            assigned = _certificates(rows[part], rows["certificate_store"], now)
            shape["certificate"], shape["previous_certificate"] = assigned[0] if assigned else (None, None)
            shape["signing"] = signing(assigned, now)
        elif part == "web_services":
            shape[part] = [
                {"pool": _host(row["PoolFqdn"]), "internal_fqdn": _host(row["InternalFqdn"]), "external_fqdn": _host(row["ExternalFqdn"])}
                for row in rows[part]
            ]
        elif part == "sip_domains":
            shape[part] = [{"name": _host(row["Name"]), "default": row["IsDefault"]} for row in rows[part]]
        elif part == "version":
            shape[part] = _text(rows[part][0]["text"]) if rows[part] else None
        else:
            shape["replicas"] = [
                {
                    "replica": _host(row["ReplicaFqdn"]),
                    "up_to_date": row["UpToDate"],
                    "last_status_report": row["LastStatusReport"],
                    "last_update_creation": row["LastUpdateCreation"],
                    "product_version": _text(row["ProductVersion"]),
                }
                for row in rows[part]
            ]
    return shape


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return (text.lower() if is_guid(text) else text) or None


def _host(value: Any) -> str | None:
    text = _text(value)
    return text.lower() if text else None


def _oauth_server(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "identity": _text(row["Identity"]),
        "name": _text(row["Name"]),
        "issuer_identifier": _text(row["IssuerIdentifier"]),
        "realm": _text(row["Realm"]),
        "metadata_url": _text(row["MetadataUrl"]),
        "authorization_uri_override": _text(row["AuthorizationUriOverride"]),
        "type": _text(row["Type"]),
        "accept_security_identifier_information": row["AcceptSecurityIdentifierInformation"],
    }


def _partner_application(row: Mapping[str, Any]) -> dict[str, Any]:
    # Only the type of AuthToken tells how the application's tokens are checked.
    token = row["AuthToken"] or {"type": "", "text": "", "value": None}
    kind, value, words = str(token["type"]), _text(token["value"]), str(token["text"])
    if not value and words.startswith(_SHOWN_VALUE):  # only its text came through a restricted endpoint
        value = _text(words.removeprefix(_SHOWN_VALUE))
    names = (kind.lower().partition("#")[0], words.lower())
    url = value if value and value.lower().startswith("https://") else None
    return {
        "identity": _text(row["Identity"]),
        "name": _text(row["Name"]),
        "application_id": _text(row["ApplicationIdentifier"]),
        "realm": _text(row["Realm"]),
        "trust_level": _text(row["ApplicationTrustLevel"]),
        "enabled": row["Enabled"],
        "accept_security_identifier_information": row["AcceptSecurityIdentifierInformation"],
        "use_oauth_server": any(name.endswith("useoauthserver") for name in names),
        "metadata_url": url,
        "auth_token": kind or None,
        "certificate": value if value and not url else None,
    }


def _oauth_configuration(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(rows) != 1:
        raise HybridAuthError(
            f"Get-CsOAuthConfiguration returned {len(rows)} configurations where there is exactly one.",
            "Check the Central Management Store, and that the account may read it.",
        )
    row = rows[0]
    return {
        "identity": _text(row["Identity"]),
        "service_name": _text(row["ServiceName"]),
        "realm": _text(row["Realm"]),
        "exchange_autodiscover_url": _text(row["ExchangeAutodiscoverUrl"]),
        "exchange_autodiscover_allowed_domains": domains(row["ExchangeAutodiscoverAllowedDomains"]),
        "client_authorization_oauth_server": _text(row["ClientAuthorizationOAuthServerIdentity"]),
        "client_adal_auth_override": _text(row["ClientAdalAuthOverride"]),
        "alternate_audience_url": _text(row["AlternateAudienceUrl"]),
        "additional_audience_urls": [text for text in map(_text, row["AdditionalAudienceUrls"]) if text],
    }


def domains(value: Sequence[str]) -> list[str]:
    """The single domains in the semicolon-separated text that the cmdlet takes."""
    return [part.strip().lower() for text in value for part in str(text).split(";") if part.strip()]


def _certificates(
    assigned: Sequence[Mapping[str, Any]], store: Sequence[Mapping[str, Any]], now: datetime
) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Each assigned OAuthTokenIssuer certificate and the one before it, with what the computer's store says of them."""
    stored = {str(entry["thumbprint"]).upper(): entry for entry in store}
    return [_assigned(row, stored, now) for row in assigned if _text(row["Thumbprint"])]


def _assigned(
    row: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]], now: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    thumbprint, previous = str(row["Thumbprint"]).strip().upper(), (_text(row["PreviousThumbprint"]) or "").upper() or None
    fallback = {
        "subject": _text(row["Subject"]),
        "issuer": _text(row["Issuer"]),
        "serial_number": _text(row["SerialNumber"]),
        "not_before": row["NotBefore"],
        "not_after": row["NotAfter"],
    }
    current = {
        **_stored(stored.get(thumbprint, {}), thumbprint, fallback, now),
        "previous_thumbprint": previous,
        "effective_date": row["EffectiveDate"],
    }
    return current, _stored(stored.get(previous, {}), previous, {}, now) if previous else None


def _stored(entry: Mapping[str, Any], thumbprint: str, fallback: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    names = ("subject", "issuer", "serial_number", "not_before", "not_after", "content", "key_type", "key_size", "signature_algorithm")
    shape: dict[str, Any] = {name: entry.get(name) if entry.get(name) is not None else fallback.get(name) for name in names}
    end = parse_time(shape["not_after"]) if shape["not_after"] else None
    found = entry.get("found", False)
    return {
        "thumbprint": thumbprint,
        **shape,
        # None where the store could not be read.
        "found": found,
        "has_private_key": None if found is None else bool(entry.get("has_private_key")),
        "days_left": days_left(end, now) if end else None,
        "expired": end is not None and end <= now,
    }


def _assigned_row(certificate: Certificate) -> dict[str, Any]:
    """A certificate from elsewhere as the assigned one, where the farm cannot be asked which it is."""
    return {**dict.fromkeys(_CMDLETS["certificate"][2]), "Thumbprint": certificate.thumbprint}
