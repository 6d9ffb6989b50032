# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The management cmdlets, simulated on the state. Shapes and texts: the cmdlets' reference pages and Microsoft's own test mocks."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from . import certificates, topology
from .binder import CmdletError
from .metadata_documents import MetadataError, of_product

Row = dict[str, Any]
_SSAUTH = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"
_CLIENTS = "ClientAuthorizationOAuthServerIdentity"
_FEDERATION_TYPES = ("azuread", "adfs")
_CONFIGURATION = {
    "Identity": "Global",
    "Realm": "",
    "ServiceName": "",
    "ExchangeAutodiscoverUrl": "",
    "ExchangeAutodiscoverAllowedDomains": "",
    "ClientAuthorizationOAuthServerIdentity": "",
    "ClientAdalAuthOverride": "NoOverride",
    "AlternateAudienceUrl": "",
    "AdditionalAudienceUrls": "",
}


# Parameters that would change what a cmdlet does or returns.
_NOT_SIMULATED = ("Instance", "CentralManagementStoreStatus")


def row(type_name: str, **properties: tuple[str, Any]) -> Row:
    """An object as the engine shows it: each property with its kind (text, flag, time, list, typed, objects)."""
    return {"type": type_name, "properties": {name: {"kind": kind, "value": value} for name, (kind, value) in properties.items()}}


def token_text(token: dict[str, Any]) -> str:
    """How an AuthToken shows itself, as Microsoft's own test mocks have it: its value, or the name of its type where it has none."""
    return str(token["type"]) if token["value"] is None else f"Value={token['value']}"


def _within(one: Row) -> Row:
    """The row as an element of another object's list, where most clients see its text: the properties of the store's objects in a line."""
    shown = ((name, entry) for name, entry in one["properties"].items() if entry["value"] not in (None, ""))
    parts = (f"{name}={token_text(entry['value']) if entry['kind'] == 'typed' else entry['value']}" for name, entry in shown)
    return {**one, "text": ";".join(parts)}


class Cmdlets:
    """The cmdlets of one deployment on one Front End. Each takes bound parameters and returns rows, or raises CmdletError."""

    def __init__(
        self, deployment: dict[str, Any], resolve: Callable[[str], dict[str, str]], front_end: dict[str, Any] | None = None
    ) -> None:
        self._deployment, self._resolve, self._front_end = deployment, resolve, front_end or {}
        self._cms: dict[str, Any] = deployment["cms"]

    def run(self, cmdlet: str, bound: dict[str, Any]) -> list[Row]:
        if bound.get("WhatIf"):
            return []
        verb, _dash, noun = cmdlet.partition("-Cs")
        method = getattr(self, f"_{verb}_{noun}".lower(), None)
        other = next((f" -{name}" for name in _NOT_SIMULATED if name in bound), "")
        if method is None or other:
            raise CmdletError(f"The lab does not simulate {cmdlet}{other}.", f"NotImplemented,{cmdlet}", "NotImplemented")
        found: list[Row] = method(bound)
        return found

    def _get_oauthserver(self, bound: dict[str, Any]) -> list[Row]:
        return [
            row(
                f"{_SSAUTH}.OAuthServer#Decorated",
                **{
                    name: ("text", entry.get(name, ""))
                    for name in ("Identity", "Name", "IssuerIdentifier", "Realm", "AuthorizationUriOverride", "Type")
                },
                MetadataUrl=("text", entry["MetadataUrl"]),
                AcceptSecurityIdentifierInformation=("flag", entry.get("AcceptSecurityIdentifierInformation", False)),
            )
            for entry in self._listed("oauth_servers", "Get-CsOAuthServer", bound)
        ]

    def _new_oauthserver(self, bound: dict[str, Any]) -> list[Row]:
        self._absent("oauth_servers", "New-CsOAuthServer", bound)
        entry = {
            "Identity": bound["Identity"],
            "Name": bound["Identity"],
            "AuthorizationUriOverride": "",
            "AcceptSecurityIdentifierInformation": False,
        }
        self._download("New-CsOAuthServer", entry, bound)
        self._assign(entry, bound, ("Realm", "Type", "AcceptSecurityIdentifierInformation", "AuthorizationUriOverride"))
        if bound.get("InMemory"):
            return []
        self._cms["oauth_servers"].append(entry)
        return self._get_oauthserver({"Identity": entry["Identity"]})

    def _set_oauthserver(self, bound: dict[str, Any]) -> list[Row]:
        entry = self._one("oauth_servers", "Set-CsOAuthServer", bound)
        if "MetadataUrl" in bound:
            self._download("Set-CsOAuthServer", entry, bound)
        self._assign(entry, bound, ("Type", "AcceptSecurityIdentifierInformation", "AuthorizationUriOverride"))
        return []

    def _remove_oauthserver(self, bound: dict[str, Any]) -> list[Row]:
        entry = self._one("oauth_servers", "Remove-CsOAuthServer", bound)
        # What the product does then is not documented. Here it shows where a run takes what clients need.
        if str(self._cms["oauth_configuration"].get(_CLIENTS) or "").lower() == entry["Identity"].lower():
            self._refuse("Remove-CsOAuthServer", f'"{entry["Identity"]}" is in use: {_CLIENTS} names it.')
        self._cms["oauth_servers"].remove(entry)
        return []

    def _get_partnerapplication(self, bound: dict[str, Any]) -> list[Row]:
        return [
            row(
                f"{_SSAUTH}.PartnerApplication#Decorated",
                **{
                    name: ("text", entry.get(name, ""))
                    for name in ("Identity", "Name", "ApplicationIdentifier", "Realm", "ApplicationTrustLevel")
                },
                AuthToken=("typed", entry.get("AuthToken")),
                Enabled=("flag", entry.get("Enabled", True)),
                AcceptSecurityIdentifierInformation=("flag", entry.get("AcceptSecurityIdentifierInformation", False)),
            )
            for entry in self._listed("partner_applications", "Get-CsPartnerApplication", bound)
        ]

    def _new_partnerapplication(self, bound: dict[str, Any]) -> list[Row]:
        self._absent("partner_applications", "New-CsPartnerApplication", bound)
        entry = {
            "Identity": bound["Identity"],
            "Name": bound["Identity"],
            "Realm": "",
            "Enabled": True,
            "AcceptSecurityIdentifierInformation": False,
        }
        self._token("New-CsPartnerApplication", entry, {"UseOAuthServer": True} | bound if "MetadataUrl" not in bound else bound)
        self._assign(
            entry, bound, ("ApplicationIdentifier", "Realm", "ApplicationTrustLevel", "Enabled", "AcceptSecurityIdentifierInformation")
        )
        self._cms["partner_applications"].append(entry)
        return self._get_partnerapplication({"Identity": entry["Identity"]})

    def _set_partnerapplication(self, bound: dict[str, Any]) -> list[Row]:
        entry = self._one("partner_applications", "Set-CsPartnerApplication", bound)
        self._token("Set-CsPartnerApplication", entry, bound)
        self._assign(entry, bound, ("ApplicationTrustLevel", "Enabled", "AcceptSecurityIdentifierInformation"))
        return []

    def _remove_partnerapplication(self, bound: dict[str, Any]) -> list[Row]:
        self._cms["partner_applications"].remove(self._one("partner_applications", "Remove-CsPartnerApplication", bound))
        return []

    def _get_oauthconfiguration(self, _bound: dict[str, Any]) -> list[Row]:
        settings = _CONFIGURATION | self._cms["oauth_configuration"]
        lists = {"OAuthServers": self._get_oauthserver({}), "PartnerApplications": self._get_partnerapplication({})}
        return [
            row(
                f"{_SSAUTH}.OAuthSettings",
                **{name: ("text", value) for name, value in settings.items()},
                # Microsoft's mocks have $null where there is none.
                **{name: ("objects", [_within(one) for one in rows] or None) for name, rows in lists.items()},
            )
        ]

    def _set_oauthconfiguration(self, bound: dict[str, Any]) -> list[Row]:
        named = bound.get(_CLIENTS)
        # Not documented either, and an OAuth server that is not there lets no client sign in.
        if named and self._find("oauth_servers", named) is None:
            self._refuse("Set-CsOAuthConfiguration", f'Cannot find OAuth server "{named}", which {_CLIENTS} names.')
        self._assign(self._cms["oauth_configuration"], bound, tuple(name for name in _CONFIGURATION if name != "Identity"))
        return []

    def _get_certificate(self, bound: dict[str, Any]) -> list[Row]:
        # A Front End may still have another one, until it has replicated.
        issuer = self._front_end.get("token_issuer", self._cms["token_issuer"])
        own = [(one["use"], one, "Service") for one in self._front_end.get("assigned", ())]
        held = [*([("OAuthTokenIssuer", issuer, "Global")] if issuer else []), *own]
        asked = [str(one).lower() for one in bound.get("Type") or ()]
        return [self._reference(*one) for one in held if not asked or one[0].lower() in asked]

    def _reference(self, use: str, held: dict[str, Any], scope: str) -> Row:
        certificate = certificates.load(self._deployment["certificates"][held["certificate"]])
        previous = held.get("previous")
        begin, end = certificates.times(certificate)
        return row(
            "Microsoft.Rtc.Management.Deployment.CertificateReference",
            Thumbprint=("text", certificates.thumbprint(certificate)),
            PreviousThumbprint=(
                "text",
                certificates.thumbprint(certificates.load(self._deployment["certificates"][previous])) if previous else "",
            ),
            EffectiveDate=("time", held.get("effective_date") or begin),
            Subject=("text", certificates.shown(certificate.subject)),
            Issuer=("text", certificates.shown(certificate.issuer)),
            SerialNumber=("text", f"{certificate.serial_number:X}"),
            NotBefore=("time", begin),
            NotAfter=("time", end),
            Use=("text", use),
            SourceScope=("text", scope),
        )

    def _get_service(self, bound: dict[str, Any]) -> list[Row]:
        found = topology.services(self._cms, bound)
        self._some(found, "Get-CsService", bound)
        return [
            row(
                f"Microsoft.Rtc.Management.Xds.Display{entry['Role']}",
                **{name: ("list" if isinstance(value, list) else "text", value) for name, value in entry.items()},
            )
            for entry in found
        ]

    def _get_computer(self, bound: dict[str, Any]) -> list[Row]:
        found = topology.computers(self._deployment, self._front_end.get("name"), bound)
        self._some(found, "Get-CsComputer", bound)
        return [
            row(
                "Microsoft.Rtc.Management.Deploy.Internal.Machine", **{name: ("text", entry[name]) for name in ("Identity", "Pool", "Fqdn")}
            )
            for entry in found
        ]

    def _get_sipdomain(self, _bound: dict[str, Any]) -> list[Row]:
        domains = self._deployment.get("sip_domains", [])
        return [
            row(
                "Microsoft.Rtc.Management.Xds.SipDomain",
                Identity=("text", name),
                Name=("text", name),
                IsDefault=("flag", index == 0),
            )
            for index, name in enumerate(domains)
        ]

    def _get_serverversion(self, _bound: dict[str, Any]) -> list[Row]:
        return [{"type": "System.String", "text": self._version}]

    def _get_serverpatchversion(self, _bound: dict[str, Any]) -> list[Row]:
        product = self._version.partition("(")[0].strip()
        components = self._front_end.get("components", self._deployment.get("components", {}))
        return [
            row(
                "Microsoft.Rtc.Management.Deployment.ComponentVersion",
                ComponentName=("text", f"{product}, {name}"),
                Version=("text", version),
            )
            for name, version in components.items()
        ]

    @property
    def _version(self) -> str:
        return str(self._front_end.get("version", self._deployment.get("version", "")))

    def _get_managementstorereplicationstatus(self, bound: dict[str, Any]) -> list[Row]:
        wanted = bound.get("ReplicaFqdn")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [
            row(
                "Microsoft.Rtc.Management.Xds.ReplicaState",
                ReplicaFqdn=("text", entry["ReplicaFqdn"]),
                UpToDate=("flag", entry.get("UpToDate", True)),
                LastStatusReport=("time", entry.get("LastStatusReport") or now),
                LastUpdateCreation=("time", entry.get("LastUpdateCreation") or now),
                ProductVersion=("text", entry.get("ProductVersion", "7.0.2046.0")),
            )
            for entry in self._cms["replicas"]
            if not wanted or entry["ReplicaFqdn"].lower() == wanted.lower()
        ]

    def _test_exstorageconnectivity(self, bound: dict[str, Any]) -> list[Row]:
        """Success and failures as https://learn.microsoft.com/powershell/module/skypeforbusiness/test-csexstorageconnectivity and
        Microsoft's diagnostic tool for the server know them; "Test Passed" is what that tool's own mock says."""
        name = "Test-CsExStorageConnectivity"
        if bound.get("Binding") == "NetTCP" and not bound.get("HostNameStorageService"):
            raise CmdletError("HostNameStorageService is needed with the binding NetTCP.", f"InvalidArgument,{name}", "InvalidArgument")
        found = self._deployment.get("mailboxes", {}).get(bound["SipUri"].lower(), "not_found")
        if found == "passed":
            return [{"type": "System.String", "text": "Test Passed"}]
        texts = {
            "access_denied": ("Access Denied", "PermissionDenied"),
            "unauthorized": ("The remote server returned an error: (401) Unauthorized.", "NotSpecified"),
            "forbidden": ("The remote server returned an error: (403) Forbidden.", "NotSpecified"),
            "not_found": (f"{bound['SipUri']} is not a valid user.", "ObjectNotFound"),
        }
        message, category = texts[found]
        raise CmdletError(message, f"TestFailed,{name}", category)

    def _listed(self, part: str, cmdlet: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
        if bound.get("Identity"):
            return [self._one(part, cmdlet, bound)]
        pattern = str(bound.get("Filter") or "*").lower()
        return [entry for entry in self._cms[part] if fnmatch.fnmatchcase(entry["Identity"].lower(), pattern)]

    def _find(self, part: str, identity: str) -> dict[str, Any] | None:
        return next((entry for entry in self._cms[part] if entry["Identity"].lower() == identity.lower()), None)

    def _one(self, part: str, cmdlet: str, bound: dict[str, Any]) -> dict[str, Any]:
        found = self._find(part, bound["Identity"])
        self._some([found] if found else [], cmdlet, bound)
        assert found is not None
        return found

    def _some(self, found: list[dict[str, Any]], cmdlet: str, bound: dict[str, Any]) -> None:
        """An object that was named and is not there is an error that does not end anything, as the procedure's scripts rely on."""
        if not found and bound.get("Identity"):
            text = f'Cannot find item "{bound["Identity"]}" in the store.'
            raise CmdletError(text, f"ItemNotFound,{cmdlet}", "ObjectNotFound", ends=False)

    def _absent(self, part: str, cmdlet: str, bound: dict[str, Any]) -> None:
        if self._find(part, bound.get("Identity") or "") is not None:
            raise CmdletError(f'"{bound["Identity"]}" exists already.', f"ItemExists,{cmdlet}", "ResourceExists")

    def _assign(self, entry: dict[str, Any], bound: dict[str, Any], names: tuple[str, ...]) -> None:
        entry.update({name: bound[name] for name in names if name in bound})

    def _document(self, cmdlet: str, url: str) -> dict[str, str]:
        try:
            return of_product(self._deployment, url) or self._resolve(url)
        except MetadataError as exc:
            raise self._no_metadata(cmdlet, str(exc)) from None

    def _no_metadata(self, cmdlet: str, why: str) -> CmdletError:
        return CmdletError(
            'Cannot bind parameter \'MetadataUrl\' to the target. Exception setting "MetadataUrl": "The metadata document could not be '
            f'downloaded from the URL in the MetadataUrl parameter or downloaded data is not a valid metadata document, error: {why}"',
            f"ParameterBindingFailed,{cmdlet}",
            "WriteError",
        )

    def _refuse(self, cmdlet: str, text: str) -> None:
        raise CmdletError(text, f"InvalidOperation,{cmdlet}", "InvalidOperation")

    def _download(self, cmdlet: str, entry: dict[str, Any], bound: dict[str, Any]) -> None:
        url = bound["MetadataUrl"]
        document = self._document(cmdlet, url)
        if "type" not in document:
            raise self._no_metadata(cmdlet, "it names no authorization server")
        named = str(bound.get("Type") or entry.get("Type") or "")
        if document.get("kind") == "federation" and named.lower() not in _FEDERATION_TYPES:
            # Every example of Microsoft's names the type there; without it such a document is none that the cmdlet knows.
            raise self._no_metadata(cmdlet, "the document is no JSON")
        told = {"MetadataUrl": url, "IssuerIdentifier": document["issuer"], "Realm": document["realm"], "Type": document["type"] or named}
        entry.update(told)

    def _token(self, cmdlet: str, entry: dict[str, Any], bound: dict[str, Any]) -> None:
        if "MetadataUrl" in bound:
            document = self._document(cmdlet, bound["MetadataUrl"])
            entry["AuthToken"] = {"type": f"{_SSAUTH}.MetadataUrl", "value": bound["MetadataUrl"]}
            # Whether Set reads the identifier again is not documented.
            if self._deployment.get("set_takes_identifier"):
                entry["ApplicationIdentifier"] = document["issuer"]
            entry.setdefault("ApplicationIdentifier", document["issuer"])
        elif "CertificateRawData" in bound:
            entry["AuthToken"] = {"type": f"{_SSAUTH}.CertificateData", "value": bound["CertificateRawData"]}
        elif bound.get("UseOAuthServer"):
            entry["AuthToken"] = {"type": f"{_SSAUTH}.UseOAuthServer", "value": None}
