# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States in which the trust works, or fails in one known way: python -m tests.lab.scenarios NAME > state.json."""

from __future__ import annotations

import base64
import copy
import json
import sys
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from .cloud import key_credentials
from .farm import certificates
from .state import GREENFIELD

State = dict[str, Any]
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
# Where the on-premises Exchange has its metadata.
ONPREM_EXCHANGE = "https://autodiscover.contoso.com/autodiscover/metadata/json/1"
_ACS = "https://accounts.accesscontrol.windows.net/{}/metadata/json/1"
FEDERATION_METADATA = "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml"
_TOKEN = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer", "value": None}


def configured(state: State | None = None) -> State:
    """The first deployment and tenant of a state (the greenfield one by default) as the procedure leaves them."""
    made: State = copy.deepcopy(state) if state is not None else json.loads(GREENFIELD.read_text(encoding="utf-8"))
    deployment, tenant = made["deployments"][0], made["tenants"][0]
    deployment["cms"]["oauth_servers"] = [
        {
            "Identity": "microsoft.sts",
            "Name": "microsoft.sts",
            "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
            "Realm": tenant["id"],
            "MetadataUrl": _ACS.format(tenant["id"]),
            "Type": "Acs",
        }
    ]
    deployment["cms"]["partner_applications"] = [
        {
            "Identity": "microsoft.exchange",
            "Name": "microsoft.exchange",
            "ApplicationIdentifier": EXCHANGE,
            "ApplicationTrustLevel": "Full",
            "Enabled": True,
            "AuthToken": _TOKEN,
        }
    ]
    deployment["cms"]["oauth_configuration"]["ServiceName"] = SKYPE
    for certificate in deployment["certificates"].values():
        certificates.complete(certificate)
    for principal in tenant["service_principals"]:
        principal["accountEnabled"] = True
        hold(principal, deployment["certificates"][deployment["cms"]["token_issuer"]["certificate"]])
        if principal["appId"] == SKYPE:
            hosts = dict.fromkeys((one["ExternalFqdn"] or "").lower() for one in deployment["cms"]["web_services"])
            principal["servicePrincipalNames"] += [f"{SKYPE}/{host}" for host in hosts if host]
    return made


def modern(state: State) -> State:
    """The state itself, with hybrid modern authentication on in the first deployment, as Microsoft's page has it."""
    cms = state["deployments"][0]["cms"]
    cms["oauth_servers"].append(
        {
            "Identity": "evoSTS",
            "Name": "evoSTS",
            "IssuerIdentifier": "sts.windows.net",
            "Realm": "",
            "MetadataUrl": FEDERATION_METADATA,
            "Type": "AzureAD",
            "AcceptSecurityIdentifierInformation": True,
        }
    )
    cms["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] = "evoSTS"
    _principal(state, SKYPE)["servicePrincipalNames"] += asked_for(state["deployments"][0])
    return state


def asked_for(deployment: State) -> list[str]:
    """The names that clients of the deployment ask the tenant for; the pool's FQDN stands for a blank internal one."""
    services = deployment["cms"]["web_services"]
    fqdns = [one["ExternalFqdn"] for one in services] + [one["InternalFqdn"] or one["PoolFqdn"] for one in services]
    return list(dict.fromkeys(f"https://{fqdn.lower()}/" for fqdn in fqdns if fqdn))


def onprem_exchange(url: str = ONPREM_EXCHANGE, name: str = "Exchange", **changed: Any) -> State:
    """The on-premises Exchange as a partner application, whose keys are in metadata of its own."""
    return {
        "Identity": name,
        "Name": name,
        "ApplicationIdentifier": EXCHANGE,
        "Realm": "",
        "ApplicationTrustLevel": "Full",
        "Enabled": True,
        "AuthToken": {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.MetadataUrl", "value": url},
        **changed,
    }


def hold(principal: State, certificate: State) -> None:
    """Put a certificate of the state on a service principal, as Graph would."""
    public = base64.b64encode(certificates.load(certificate).public_bytes(Encoding.DER)).decode()
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": public}
    principal["keyCredentials"] = key_credentials.replaced(principal["keyCredentials"], [*principal["keyCredentials"], entry], "kept")


def _principal(state: State, app_id: str) -> State:
    found: State = next(one for one in state["tenants"][0]["service_principals"] if one["appId"] == app_id)
    return found


def _unknown_key(state: State) -> None:
    for app_id in (SKYPE, EXCHANGE):
        _principal(state, app_id)["keyCredentials"].pop()


def _name_not_registered(state: State) -> None:
    _principal(state, SKYPE)["servicePrincipalNames"] = [SKYPE]


def _disabled_account(state: State) -> None:
    _principal(state, EXCHANGE)["accountEnabled"] = False


def _disabled_farm(state: State) -> None:
    _principal(state, SKYPE)["accountEnabled"] = False


def _clock(state: State) -> None:
    state["tokens"] = {"clock_offset": 3600}


def _wrong_tenant(state: State) -> None:
    """Another tenant holds what belongs to the farm; the farm's own tenant has no service principal for it."""
    other = copy.deepcopy(state["tenants"][0])
    state["tenants"][0]["service_principals"] = [_principal(state, EXCHANGE)]
    other.update(id="6699c5fe-0000-4000-8000-000000000001", display_name="Fabrikam", domains=["fabrikam.com"], applications=[])
    state["tenants"].append(other)


def _no_private_key(state: State) -> None:
    state["deployments"][0]["certificates"]["issuer"]["private_key"] = False


def _missing_certificate(state: State) -> None:
    for front_end in state["deployments"][0]["front_ends"]:
        front_end["store"] = []


def _expired_credential(state: State) -> None:
    for principal in state["tenants"][0]["service_principals"]:
        principal["keyCredentials"][-1]["endDateTime"] = "2026-01-01T00:00:00Z"


def _nothing(_state: State) -> None:
    """What the procedure leaves; nothing is wrong."""


# Each with the outcome that trust_proof gives; the outcome of name_not_registered is that of a named host.
SCENARIOS: dict[str, tuple[str, Callable[[State], None]]] = {
    "accepted": ("accepted", _nothing),
    "unknown_key": ("unknown_key", _unknown_key),
    "name_not_registered": ("name_not_registered", _name_not_registered),
    "disabled_account": ("disabled_account", _disabled_account),
    "disabled_farm": ("disabled_account", _disabled_farm),
    "clock": ("clock", _clock),
    "wrong_tenant": ("wrong_tenant", _wrong_tenant),
    "no_private_key": ("wrong_certificate", _no_private_key),
    "missing_certificate": ("wrong_certificate", _missing_certificate),
    "expired_credential": ("wrong_certificate", _expired_credential),
}


def scenario(name: str) -> State:
    """A fresh state of that name."""
    state = configured()
    SCENARIOS[name][1](state)
    return state


if __name__ == "__main__":
    sys.stdout.write(json.dumps(scenario(sys.argv[1]), indent=2) + "\n")
