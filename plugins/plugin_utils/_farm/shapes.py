# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of what onprem_info returns, made from the rows of the cmdlets, and turned back into rows. Private to the collection.

RETURN of the modules and what the lab's farm tells are compared with these types by tests/unit/test_returned.py. Times are ISO 8601
in UTC, to the second. Names of properties: https://learn.microsoft.com/powershell/module/skypeforbusiness/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import ControllerClock
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import Observed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, parse_time

Row = Mapping[str, Any]

# How an AuthToken with a value shows itself as text.
_SHOWN_VALUE = "Value="


class Server(TypedDict):
    """The server that was asked; None everywhere through a restricted endpoint."""

    name: str | None
    time: str | None
    culture: str | None
    powershell: str | None


class OAuthServer(TypedDict):
    identity: str
    name: str | None
    issuer_identifier: str | None
    realm: str | None
    metadata_url: str | None
    authorization_uri_override: str | None
    type: str | None
    accept_security_identifier_information: bool | None


class PartnerApplication(TypedDict):
    """auth_token: the .NET type that tells how its tokens are checked. certificate: base64 of DER."""

    identity: str
    name: str | None
    application_id: str | None
    realm: str | None
    trust_level: str | None
    enabled: bool | None
    accept_security_identifier_information: bool | None
    use_oauth_server: bool
    metadata_url: str | None
    auth_token: str | None
    certificate: str | None


class OAuthConfiguration(TypedDict):
    identity: str | None
    service_name: str | None
    realm: str | None
    exchange_autodiscover_url: str | None
    exchange_autodiscover_allowed_domains: list[str]
    client_authorization_oauth_server: str | None
    client_adal_auth_override: str | None
    alternate_audience_url: str | None
    additional_audience_urls: list[str]


class _CertificateDetails(TypedDict):
    """found, has_private_key: None where the store could not be read."""

    found: bool | None
    has_private_key: bool | None
    subject: str | None
    issuer: str | None
    serial_number: str | None
    not_before: str | None
    not_after: str | None
    content: str | None
    key_type: str | None
    key_size: int | None
    signature_algorithm: str | None


class StoredCertificate(_CertificateDetails):
    """A certificate as the computer's store shows it."""

    thumbprint: str


class PreparedCertificate(_CertificateDetails):
    """A certificate of the computer's store as onprem_certificate returns it. thumbprint: None of one that check mode predicts."""

    thumbprint: str | None


class KeptCertificate(TypedDict):
    """A certificate of the computer's store that has the farm's subject and its private key."""

    thumbprint: str
    subject: str | None
    issuer: str | None
    not_before: str | None
    not_after: str | None


class NamedCertificate(TypedDict):
    """A certificate that was asked for by its thumbprint. found: whether the computer's store has it.

    uses: for what the server has it assigned or had it before, as Get-CsCertificate names the types.
    """

    thumbprint: str
    found: bool
    not_after: str | None
    uses: list[str]


class KeyAccess(TypedDict):
    """One access rule of a file, in the order in which Windows asks. rights: FileSystemRights as a number; an account may have no name."""

    sid: str
    name: str | None
    allow: bool
    rights: int


class CertificateCheck(TypedDict):
    """What only the server itself can tell of an assigned certificate that its store has.

    key_access: None where key_unknown says why. chain_complete: whether the computer builds the chain up to an authority that it trusts,
    None of a self-signed one and where chain_unknown says why. chain_problems: names of X509ChainStatusFlags.
    """

    thumbprint: str
    key_file: str | None
    key_access: list[KeyAccess] | None
    key_unknown: str | None
    chain_complete: bool | None
    chain_problems: list[str]
    chain_unknown: str | None


class Certificate(StoredCertificate):
    """A certificate that the farm assigned. previous_thumbprint, effective_date: None for one that was assigned before."""

    days_left: int | None
    expired: bool
    previous_thumbprint: str | None
    effective_date: str | None


class Signing(TypedDict):
    """Which certificate signs now, which is staged to sign next, and which signed before."""

    current: Certificate | None
    next: Certificate | None
    previous: Certificate | None


class WebService(TypedDict):
    pool: str
    internal_fqdn: str | None
    external_fqdn: str | None


class FrontEnd(TypedDict):
    """A Front End of the topology. name: its FQDN."""

    name: str
    pool: str


class SipDomain(TypedDict):
    name: str
    default: bool | None


class Replica(TypedDict):
    replica: str
    up_to_date: bool | None
    last_status_report: str | None
    last_update_creation: str | None
    product_version: str | None


class ServerComponent(TypedDict):
    """A component of the product on the server, with the build that it was patched to."""

    name: str
    version: str | None


class ServerEvent(TypedDict):
    """How often the server logged an event within a day, at most 200 of all, and when last."""

    event_id: int
    count: int
    last: str | None


class MetadataDownload(TypedDict):
    """What came of it when the server downloaded a metadata document.

    outcome: ok, or what kept it from it: scheme, dns, tcp, timeout, tls, cut, proxy, http, redirect, page, other. detail: in the server's
    words.
    """

    url: str
    outcome: str
    status: int | None
    detail: str | None


class ServerSettings(TypedDict):
    """What the server itself has. None: not set, or not read, which unread tells by the same name with the reason.

    account: whose proxy settings user_proxy are. Numbers are those of the registry. root_misplaced: the subjects of certificates of
    the root store that are not self-signed, at most 20. metadata: one for each metadata URL of the farm's OAuth servers.
    """

    version: str | None
    components: list[ServerComponent]
    account: str | None
    strong_crypto_64: int | None
    strong_crypto_32: int | None
    tls12_client_enabled: int | None
    tls12_client_disabled_by_default: int | None
    tls12_server_enabled: int | None
    tls12_server_disabled_by_default: int | None
    winhttp_64: int | None
    winhttp_32: int | None
    windows_build: int | None
    user_proxy_enabled: int | None
    user_proxy: str | None
    user_proxy_script: str | None
    web_proxy_internal: str | None
    web_proxy_external: str | None
    root_certificates: int | None
    root_misplaced_count: int | None
    root_misplaced: list[str]
    events: list[ServerEvent]
    metadata: list[MetadataDownload]
    unread: dict[str, str]


class Gathered(TypedDict, total=False):
    """The parts that were read; one that was not is not there, so that absent differs from empty."""

    oauth_servers: list[OAuthServer]
    partner_applications: list[PartnerApplication]
    oauth_configuration: OAuthConfiguration
    certificate: Certificate | None
    previous_certificate: Certificate | None
    signing: Signing
    web_services: list[WebService]
    sip_domains: list[SipDomain]
    version: str | None
    replicas: list[Replica]
    front_ends: list[FrontEnd]
    store: list[KeptCertificate]
    named_certificates: list[NamedCertificate]
    certificate_checks: list[CertificateCheck]
    server_settings: ServerSettings


class FarmReading(Gathered):
    """What one request told of a farm. unknown: by what it is gathered as, why a part that was asked for is not there."""

    server: Server
    management_module: str | None
    endpoint: str
    unknown: dict[str, str]


class OnpremReading(FarmReading, ControllerClock, Observed):
    """What onprem_info returns. inventory_name: what the inventory calls the server."""

    inventory_name: str


def text(value: Any) -> str | None:
    """The text without surrounding blanks, a GUID in lower case; None where it is empty."""
    trimmed = "" if value is None else str(value).strip()
    return (trimmed.lower() if is_guid(trimmed) else trimmed) or None


def server(row: Row) -> Server:
    return {"name": row["name"], "time": row["time"], "culture": row["culture"], "powershell": row["powershell"]}


def oauth_server(row: Row) -> OAuthServer:
    return {
        "identity": _required(row, "Identity", "Get-CsOAuthServer"),
        "name": text(row["Name"]),
        "issuer_identifier": text(row["IssuerIdentifier"]),
        "realm": text(row["Realm"]),
        "metadata_url": text(row["MetadataUrl"]),
        "authorization_uri_override": text(row["AuthorizationUriOverride"]),
        "type": text(row["Type"]),
        "accept_security_identifier_information": row["AcceptSecurityIdentifierInformation"],
    }


def planned_oauth_server(name: str, settings: Mapping[str, Any]) -> OAuthServer:
    """A server that is yet to be made with these settings; what only the farm can tell is None."""
    return {
        "identity": name,
        "name": name,
        "issuer_identifier": None,
        "realm": settings.get("realm"),
        "metadata_url": settings.get("metadata_url"),
        "authorization_uri_override": settings.get("authorization_uri_override") or None,
        "type": settings.get("type"),
        "accept_security_identifier_information": settings.get("accept_security_identifier_information"),
    }


def oauth_server_row(shape: OAuthServer) -> Row:
    """The properties that identify and define the server, as its row has them; an empty text is None. The issuer is the metadata's."""
    return {
        "Identity": shape["identity"],
        "Realm": shape["realm"],
        "MetadataUrl": shape["metadata_url"],
        "AuthorizationUriOverride": shape["authorization_uri_override"],
        "Type": shape["type"],
        "AcceptSecurityIdentifierInformation": shape["accept_security_identifier_information"],
    }


def partner_application(row: Row) -> PartnerApplication:
    # Only the type of AuthToken tells how the application's tokens are checked.
    token = row["AuthToken"] or {"type": "", "text": "", "value": None}
    kind, value, words = str(token["type"]), text(token["value"]), str(token["text"])
    if not value and words.startswith(_SHOWN_VALUE):  # only its text came through a restricted endpoint
        value = text(words.removeprefix(_SHOWN_VALUE))
    names = (kind.lower().partition("#")[0], words.lower())
    # Microsoft's older pages have metadata of SharePoint over http.
    url = value if value and value.lower().startswith(("https://", "http://")) else None
    return {
        "identity": _required(row, "Identity", "Get-CsPartnerApplication"),
        "name": text(row["Name"]),
        "application_id": text(row["ApplicationIdentifier"]),
        "realm": text(row["Realm"]),
        "trust_level": text(row["ApplicationTrustLevel"]),
        "enabled": row["Enabled"],
        "accept_security_identifier_information": row["AcceptSecurityIdentifierInformation"],
        "use_oauth_server": any(name.endswith("useoauthserver") for name in names),
        "metadata_url": url,
        "auth_token": kind or None,
        "certificate": value if value and not url else None,
    }


def planned_partner_application(name: str, settings: Mapping[str, Any]) -> PartnerApplication:
    """An application that is yet to be made with these settings; what only the farm can tell is None."""
    return {
        "identity": name,
        "name": name,
        "application_id": settings.get("application_id"),
        "realm": settings.get("realm"),
        "trust_level": settings.get("trust_level"),
        "enabled": settings.get("enabled"),
        "accept_security_identifier_information": settings.get("accept_security_identifier_information"),
        "use_oauth_server": bool(settings.get("use_oauth_server")),
        "metadata_url": settings.get("metadata_url"),
        "auth_token": None,
        "certificate": settings.get("certificate"),
    }


def partner_application_row(shape: PartnerApplication) -> Row:
    """The properties that identify and define the application, as its row has them; of its token the type and the value."""
    return {
        "Identity": shape["identity"],
        "ApplicationIdentifier": shape["application_id"],
        "Realm": shape["realm"],
        "ApplicationTrustLevel": shape["trust_level"],
        "Enabled": shape["enabled"],
        "AcceptSecurityIdentifierInformation": shape["accept_security_identifier_information"],
        "AuthToken": {"type": shape["auth_token"], "value": shape["metadata_url"] or shape["certificate"]} if shape["auth_token"] else None,
    }


def oauth_configuration(row: Row) -> OAuthConfiguration:
    return {
        "identity": text(row["Identity"]),
        "service_name": text(row["ServiceName"]),
        "realm": text(row["Realm"]),
        "exchange_autodiscover_url": text(row["ExchangeAutodiscoverUrl"]),
        "exchange_autodiscover_allowed_domains": domains(row["ExchangeAutodiscoverAllowedDomains"]),
        "client_authorization_oauth_server": text(row["ClientAuthorizationOAuthServerIdentity"]),
        "client_adal_auth_override": text(row["ClientAdalAuthOverride"]),
        "alternate_audience_url": text(row["AlternateAudienceUrl"]),
        "additional_audience_urls": [trimmed for trimmed in map(text, row["AdditionalAudienceUrls"]) if trimmed],
    }


def oauth_configuration_row(shape: OAuthConfiguration) -> Row:
    """The properties that identify and define the configuration, as its row has them; of the domains one an entry."""
    return {
        "Identity": shape["identity"],
        "ServiceName": shape["service_name"],
        "Realm": shape["realm"],
        "ExchangeAutodiscoverUrl": shape["exchange_autodiscover_url"],
        "ExchangeAutodiscoverAllowedDomains": list(shape["exchange_autodiscover_allowed_domains"]),
        "ClientAuthorizationOAuthServerIdentity": shape["client_authorization_oauth_server"],
        "ClientAdalAuthOverride": shape["client_adal_auth_override"],
        "AlternateAudienceUrl": shape["alternate_audience_url"],
        "AdditionalAudienceUrls": list(shape["additional_audience_urls"]),
    }


def domains(value: Sequence[str]) -> list[str]:
    """The single domains in the semicolon-separated text that the cmdlet takes."""
    return [part.strip().lower() for entry in value for part in str(entry).split(";") if part.strip()]


def certificates(assigned: Sequence[Row], store: Sequence[Row], now: datetime) -> list[tuple[Certificate, Certificate | None]]:
    """Each assigned OAuthTokenIssuer certificate and the one before it, with what the computer's store says of them.

    now: the server's clock, aware.
    """
    stored = {str(entry["thumbprint"]).upper(): entry for entry in store}
    return [_assigned(row, stored, now) for row in assigned if text(row["Thumbprint"])]


def certificate_row(shape: Certificate) -> Row:
    """The properties that tell which certificate is assigned, since when, and which was before, as its row has them."""
    return {
        "Thumbprint": shape["thumbprint"],
        "PreviousThumbprint": shape["previous_thumbprint"],
        "EffectiveDate": shape["effective_date"],
    }


def stored_certificate(entry: Row) -> StoredCertificate:
    """A certificate of the computer's store; what the store does not tell is None."""
    return {
        "thumbprint": str(entry["thumbprint"]),
        "found": entry.get("found", False),
        "has_private_key": None if entry.get("found", False) is None else bool(entry.get("has_private_key")),
        "subject": entry.get("subject"),
        "issuer": entry.get("issuer"),
        "serial_number": entry.get("serial_number"),
        "not_before": entry.get("not_before"),
        "not_after": entry.get("not_after"),
        "content": entry.get("content"),
        "key_type": entry.get("key_type"),
        "key_size": entry.get("key_size"),
        "signature_algorithm": entry.get("signature_algorithm"),
    }


def kept_certificate(entry: Row) -> KeptCertificate:
    """A certificate of the computer's store with the farm's subject."""
    return {
        "thumbprint": str(entry["thumbprint"]),
        "subject": entry.get("subject"),
        "issuer": entry.get("issuer"),
        "not_before": entry.get("not_before"),
        "not_after": entry.get("not_after"),
    }


def certificate_check(entry: Row) -> CertificateCheck:
    """What the server tells of an assigned certificate in its store."""
    access = entry.get("key_access")
    return {
        "thumbprint": str(entry["thumbprint"]),
        "key_file": entry.get("key_file"),
        "key_access": None if access is None else [_key_access(rule) for rule in access],
        "key_unknown": entry.get("key_unknown"),
        "chain_complete": entry.get("chain_complete"),
        "chain_problems": [str(problem) for problem in entry.get("chain_problems") or ()],
        "chain_unknown": entry.get("chain_unknown"),
    }


def _key_access(rule: Row) -> KeyAccess:
    return {"sid": rule["sid"], "name": rule.get("name"), "allow": rule["allow"], "rights": rule["rights"]}


def prepared_certificate(entry: Row, *, there: bool = True) -> PreparedCertificate:
    """A certificate of the computer's store as onprem_certificate returns it. there: False for one that is yet to be made."""
    stored = stored_certificate(entry)
    return {**stored, "thumbprint": stored["thumbprint"] if there else None}


def certificate(
    stored: StoredCertificate, now: datetime, *, previous_thumbprint: str | None = None, effective_date: str | None = None
) -> Certificate:
    """A certificate of the store as one that the farm assigned. now: the server's clock, aware."""
    end = parse_time(stored["not_after"]) if stored["not_after"] else None
    return {
        **stored,
        "days_left": days_left(end, now) if end else None,
        "expired": end is not None and end <= now,
        "previous_thumbprint": previous_thumbprint,
        "effective_date": effective_date,
    }


def web_service(row: Row) -> WebService:
    return {
        "pool": _required(row, "PoolFqdn", "Get-CsService").lower(),
        "internal_fqdn": _host(row["InternalFqdn"]),
        "external_fqdn": _host(row["ExternalFqdn"]),
    }


def sip_domain(row: Row) -> SipDomain:
    return {"name": _required(row, "Name", "Get-CsSipDomain").lower(), "default": row["IsDefault"]}


def replica(row: Row) -> Replica:
    return {
        "replica": _required(row, "ReplicaFqdn", "Get-CsManagementStoreReplicationStatus").lower(),
        "up_to_date": row["UpToDate"],
        "last_status_report": row["LastStatusReport"],
        "last_update_creation": row["LastUpdateCreation"],
        "product_version": text(row["ProductVersion"]),
    }


def _required(row: Row, name: str, cmdlet: str) -> str:
    value = text(row[name])
    if value is None:
        identity = text(row.get("Identity"))
        which = f"the object {identity}" if identity else "an object"
        raise HybridAuthError(
            f"{cmdlet} returned {which} without {name}, which is not what it returns on a Front End.",
            f"Run {cmdlet} in the Management Shell on the server and look at its output.",
        )
    return value


def _host(value: Any) -> str | None:
    """The host name in lower case; a final dot says no more of it."""
    return (text(value) or "").rstrip(".").lower() or None


def _assigned(row: Row, stored: Mapping[str, Row], now: datetime) -> tuple[Certificate, Certificate | None]:
    thumbprint, previous = str(row["Thumbprint"]).strip().upper(), (text(row["PreviousThumbprint"]) or "").upper() or None
    # The farm itself tells this much of a certificate that the store lacks.
    told = {
        "subject": text(row["Subject"]),
        "issuer": text(row["Issuer"]),
        "serial_number": text(row["SerialNumber"]),
        "not_before": row["NotBefore"],
        "not_after": row["NotAfter"],
    }
    shown = {name: value for name, value in stored.get(thumbprint, {}).items() if value is not None or name in ("found", "has_private_key")}
    current = certificate(
        stored_certificate({**told, **shown, "thumbprint": thumbprint}),
        now,
        previous_thumbprint=previous,
        effective_date=row["EffectiveDate"],
    )
    before = certificate(stored_certificate({**stored.get(previous, {}), "thumbprint": previous}), now) if previous else None
    return current, before
