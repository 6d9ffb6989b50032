# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sweep goes through: an estate before, and the entry point that is to change it."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12

from tests.lab.farm import certificates
from tests.lab.scenarios import EXCHANGE, ONPREM_EXCHANGE, SKYPE, configured, hold, modern, onprem_exchange
from tests.lab.state import State as Fresh

State = dict[str, Any]
PASSWORD = "P@ss w0rd of the PFX"
_FOREIGN_NAMES = (f"{SKYPE}/webext.fabrikam.com", "https://lync.fabrikam.com/")
_OTHER_TENANT = "6699c5fe-0000-4000-8000-000000000001"
_COMMON: dict[str, Any] = {
    "trust_deployment": "contoso",
    "trust_tenant": "contoso.com",
    "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001",
    "trust_client_secret": "lab~Secret.0123456789",
    "trust_report_formats": ["json"],
}


@dataclass(frozen=True)
class Operation:
    """before: the estate. variables: of the role beside the common ones; of a folder in which they find their files.

    audited: whether the trust is whole afterwards. restricted: through the endpoint where no script runs.
    """

    name: str
    entry_point: str
    before: Callable[[], State]
    variables: Mapping[str, Any] = field(default_factory=dict)
    audited: bool = True
    restricted: bool = False

    def given(self, folder: Path) -> dict[str, Any]:
        """The variables of a run whose files are in the folder."""
        found = {**_COMMON, "trust_report_path": str(folder), **self.variables}
        if "trust_rotation_pfx_path" in found:
            path = folder / "next.pfx"
            path.write_bytes(_next_pfx())
            found["trust_rotation_pfx_path"] = str(path)
        if "trust_rotation_remove_from_store" in found:
            found["trust_rotation_remove_from_store"] = [certificates.thumbprint(certificates.load(_certificate("issuer")))]
        if self.restricted:
            path = folder / "issuer.cer"
            path.write_bytes(certificates.load(_certificate("issuer")).public_bytes(Encoding.DER))
            found |= {"trust_certificate_path": str(path), "trust_endpoint": "restricted"}
        return found


@cache
def _certificate(name: str) -> State:
    """A certificate of that name, the same in the whole process; issuer and next are the farm's."""
    entry: State = {"subject": "CN=contoso.com" if name in ("issuer", "next") else f"CN={name}", "days": 30 if name == "issuer" else 600}
    certificates.complete(entry)
    return entry


@cache
def _next_pfx() -> bytes:
    key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(_certificate("next")["pfx"]), None)
    quick = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(10).build(PASSWORD.encode())
    made: bytes = pkcs12.serialize_key_and_certificates(b"next", key, certificate, None, quick)  # type: ignore[arg-type]
    return made


def _moment(days: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _peopled(state: State) -> State:
    """With keys and names of others on both principals, and trust objects of others on the farm."""
    for principal in state["tenants"][0]["service_principals"]:
        principal["keyCredentials"] = [one for one in principal["keyCredentials"] if one["key"] is not None]
        for other in ("fabrikam", "exchange"):
            hold(principal, _certificate(other))
        if principal["appId"] == SKYPE:
            principal["servicePrincipalNames"] += _FOREIGN_NAMES
    cms = state["deployments"][0]["cms"]
    cms["oauth_servers"].append(
        {
            "Identity": "fabrikam.sts",
            "Name": "fabrikam.sts",
            "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
            "Realm": "fabrikam",
            "MetadataUrl": "https://sts.fabrikam.com/metadata/json/1",
            "Type": "ADFS",
        }
    )
    return state


def _greenfield() -> State:
    state = Fresh().data
    state["deployments"][0]["certificates"]["issuer"] = copy.deepcopy(_certificate("issuer"))
    return state


def _configured() -> State:
    return _peopled(configured(_greenfield()))


def _empty() -> State:
    return _peopled(_greenfield())


def _lagging() -> State:
    """Each request of a run may meet a replica of the tenant that is behind."""
    state = _empty()
    state["graph"] |= {"replica_lag": [0, 3], "replica_by": "request"}
    return state


def _half_done() -> State:
    """An earlier run was cut off: one principal, some names and the OAuth server are done."""
    state = _configured()
    state["deployments"][0]["cms"]["partner_applications"] = []
    state["deployments"][0]["cms"]["oauth_configuration"].pop("ServiceName")
    skype, exchange = (_principal(state, one) for one in (SKYPE, EXCHANGE))
    skype["servicePrincipalNames"].remove(f"{SKYPE}/webext2.contoso.com")
    own = certificates.thumbprint(certificates.load(_certificate("issuer")))
    exchange["keyCredentials"] = [one for one in exchange["keyCredentials"] if one["customKeyIdentifier"] != own]
    exchange["accountEnabled"] = False
    return state


def _drifted() -> State:
    """Everything is there and wrong: OAuth server and partner application can only be made anew, and have settings of their own."""
    state = _configured()
    cms = state["deployments"][0]["cms"]
    server = next(one for one in cms["oauth_servers"] if one["Identity"] == "microsoft.sts")
    server.update(
        Realm="contoso-old",
        AcceptSecurityIdentifierInformation=True,
        AuthorizationUriOverride="https://login.contoso.com/authorize",
    )
    (application,) = cms["partner_applications"]
    application.update(
        ApplicationIdentifier="00000003-0000-0ff1-ce00-000000000000", Realm="contoso-old", AcceptSecurityIdentifierInformation=True
    )
    cms["partner_applications"].append(onprem_exchange("https://mail.contoso.com/autodiscover/metadata/json/1"))
    cms["oauth_configuration"].update(
        ServiceName=EXCHANGE, ExchangeAutodiscoverUrl="https://autodiscover.contoso.com/autodiscover/autodiscover.svc"
    )
    _principal(state, EXCHANGE)["accountEnabled"] = False
    return state


def _both_exchanges() -> State:
    state = _configured()
    state["deployments"][0]["cms"]["partner_applications"].append(onprem_exchange())
    return state


def _staged() -> State:
    """An administrator has staged the next certificate, and the tenant does not have it."""
    state = _configured()
    deployment = state["deployments"][0]
    deployment["certificates"]["next"] = copy.deepcopy(_certificate("next"))
    deployment["cms"]["token_issuer"] = {"certificate": "next", "previous": "issuer", "effective_date": _moment(5)}
    for front_end in deployment["front_ends"]:
        front_end["store"].append("next")
    return state


def _over() -> State:
    """The next certificate has been signing for longer than the overlap."""
    state = _staged()
    state["deployments"][0]["cms"]["token_issuer"]["effective_date"] = _moment(-9)
    for principal in state["tenants"][0]["service_principals"]:
        hold(principal, _certificate("next"))
    return state


def _forgotten() -> State:
    """The farm has forgotten the certificate of the last roll, and only the stores still have it."""
    state = _over()
    state["deployments"][0]["cms"]["token_issuer"]["previous"] = None
    thumbprint = certificates.thumbprint(certificates.load(_certificate("issuer")))
    for principal in state["tenants"][0]["service_principals"]:
        principal["keyCredentials"] = [one for one in principal["keyCredentials"] if one["customKeyIdentifier"] != thumbprint]
    return state


def _switched_on() -> State:
    """Clients sign in at the tenant; another farm's names and OAuth server are there too."""
    return modern(_configured())


def _half_switched_on() -> State:
    """An earlier run was cut off: one name and the OAuth server are there, with another type."""
    state = _switched_on()
    cms = state["deployments"][0]["cms"]
    cms["oauth_configuration"].pop("ClientAuthorizationOAuthServerIdentity")
    cms["oauth_servers"][-1].update(Type="ADFS", AcceptSecurityIdentifierInformation=False)
    _principal(state, SKYPE)["servicePrincipalNames"].remove("https://webint.contoso.com/")
    return state


def _principal(state: State, app_id: str) -> State:
    found: State = next(one for one in state["tenants"][0]["service_principals"] if one["appId"] == app_id)
    return found


_ONPREM = {"trust_exchange_onprem_metadata_url": ONPREM_EXCHANGE}
_TAKEOVER = {"trust_takeover": ["microsoft.exchange", EXCHANGE], **_ONPREM}
_CONFIRMED = {"trust_remove_confirm": "contoso", **_ONPREM}
_OFF = {"trust_modern_authentication_state": "absent"}
_DUE = {"trust_rotation_warn_days": 60, "trust_rotation_effective_date": _moment(9)}
_PFX = {"trust_rotation_create": "pfx", "trust_rotation_pfx_path": "next.pfx", "trust_rotation_pfx_password": PASSWORD}

OPERATIONS = (
    Operation("configure, empty", "main", _empty),
    Operation("configure, empty, lagging replicas", "main", _lagging),
    Operation("configure, half-done", "main", _half_done),
    Operation("configure, drifted", "main", _drifted, _TAKEOVER),
    Operation("configure, drifted, restricted", "main", _drifted, _TAKEOVER, restricted=True),
    Operation("configure, empty, restricted", "main", _empty, restricted=True),
    Operation("rotate, stage", "rotate", _configured, {**_DUE, **_PFX}),
    Operation("rotate, stage, self-signed", "rotate", _configured, {**_DUE, "trust_rotation_create": "self_signed"}),
    Operation("rotate, middle", "rotate", _staged),
    Operation("rotate, end", "rotate", _over, {"trust_rotation_remove_previous": True}),
    Operation("rotate, stores", "rotate", _forgotten, {"trust_rotation_remove_from_store": "the farm's first certificate"}),
    Operation("modern authentication, on", "modern_authentication", _configured),
    Operation("modern authentication, half on", "modern_authentication", _half_switched_on),
    Operation("modern authentication, on, restricted", "modern_authentication", _configured, restricted=True),
    Operation("modern authentication, off", "modern_authentication", _switched_on, _OFF),
    Operation("remove", "remove", _both_exchanges, _CONFIRMED, audited=False),
    Operation("remove, restricted", "remove", _both_exchanges, _CONFIRMED, audited=False, restricted=True),
)
