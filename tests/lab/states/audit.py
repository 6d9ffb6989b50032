# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States for the audit: one in which everything is right, and for each finding the changes that make it wrong."""

from __future__ import annotations

import base64
import copy
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .. import scenarios
from ..farm import certificates, key_files, server_settings
from ..scenarios import ONPREM_EXCHANGE, onprem_exchange
from ..state import GREENFIELD

State = dict[str, Any]
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
TENANT, OTHER_TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001"
ONLINE = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc"
# The farm's dedicated application, the permission that it has, and how Exchange Server's own is named.
HYBRID, FULL_ACCESS = "10000000-0000-4000-8000-000000000000", "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
EXCHANGE_SERVERS = "ExchangeServerApp-0626ac82-7d72-41c7-9e9b-720b276e98f2"
FEDERATION_METADATA = scenarios.FEDERATION_METADATA
# What clients of the right state's pools ask for.
CLIENT_NAMES = [f"https://{host}.contoso.com/" for host in ("webext", "webext2", "webint")]
# What signs in.
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
_SSAUTH = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"
_NAMES = uuid.UUID("0a1b2c3d-0000-4000-8000-00000000000f")


@dataclass(frozen=True)
class Case:
    """change makes the finding of that id have that status. expected: suboptions of trust_audit's 'expected' that go with it."""

    id: str
    status: str
    change: Callable[[State], object]
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.id}-{self.status}"

    def state(self) -> State:
        state = right()
        self.change(state)
        return state


def right() -> State:
    """Everything is as it should be: every finding passes, with exchange_credential false. Mailboxes are on premises."""
    return copy.deepcopy(_right())


def fooled(*, ours: bool = False) -> State:
    """Strangers' certificates under the farm's thumbprint on both principals. ours: whether the farm's own is on them too."""
    state = right()
    own = farm(state)["certificates"]["issuer"]
    claimed = certificates.thumbprint(certificates.load(own))
    for app_id in (SKYPE, EXCHANGE):
        principal(state, app_id)["keyCredentials"] = [entry("farm", own)] if ours else []
        add_key(state, app_id, f"stranger {app_id}", made("CN=fabrikam.com"), customKeyIdentifier=claimed, displayName="CN=contoso.com")
    return state


def claimant(state: State, name: str, **changed: Any) -> dict[str, Any]:
    """A stranger's entry of which only the identifier says that it is of what the farm signs with: Graph does not give its key."""
    claimed = certificates.thumbprint(certificates.load(farm(state)["certificates"]["issuer"]))
    return entry(name, made("CN=fabrikam.com"), **{"customKeyIdentifier": claimed, "key": None, **changed})


def _only_claimed(state: State) -> None:
    """The farm's certificate is nowhere in the tenant but in the identifiers of such entries."""
    for holder in (principal(state, SKYPE), dedicated(state)):
        holder["keyCredentials"] = [claimant(state, "claimant")]


RIGHT_EXPECTED: dict[str, Any] = {"tenant_id": TENANT, "exchange_credential": False}


@cache
def _right() -> State:
    state: State = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    farm = state["deployments"][0]
    farm["certificates"]["issuer"] = made("CN=contoso.com")
    farm["cms"].update(
        oauth_servers=[
            {
                "Identity": "microsoft.sts",
                "Name": "microsoft.sts",
                "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
                "Realm": TENANT,
                "MetadataUrl": _metadata_url(TENANT),
                "Type": "Acs",
            }
        ],
        partner_applications=[application("microsoft.exchange", EXCHANGE)],
        oauth_configuration={
            "Realm": "contoso.com",
            "ServiceName": SKYPE,
            "ExchangeAutodiscoverUrl": "https://exchange.contoso.com/autodiscover/autodiscover.svc",
        },
        web_services=[
            {"PoolFqdn": f"{pool}.contoso.com", "InternalFqdn": "webint.contoso.com", "ExternalFqdn": f"{web}.contoso.com"}
            for pool, web in (("pool01", "webext"), ("pool02", "webext2"), ("pool03", "webext"))
        ],
    )
    client = state["tenants"][0]["applications"][0]
    client["graph"] = {"passwordCredentials": [_signs_in(400)]}
    client["roles"].append("Policy.Read.All")
    skype, exchange = state["tenants"][0]["service_principals"]
    skype["servicePrincipalNames"] += [f"{SKYPE}/webext.contoso.com", f"{SKYPE}/webext2.contoso.com"]
    skype["keyCredentials"] = [entry("farm", farm["certificates"]["issuer"])]
    exchange.update(accountEnabled=True, keyCredentials=[])
    add_application(state, HYBRID, "SfB hybrid", entry("hybrid", farm["certificates"]["issuer"]))
    return state


def add_application(state: State, app_id: str, name: str, *keys: dict[str, Any]) -> None:
    """An application of the tenant's own with its service principal, which may open every mailbox. keys: of the application object."""
    tenant, principal_id = state["tenants"][0], str(uuid.uuid5(_NAMES, app_id))
    access = [{"resourceAppId": EXCHANGE, "resourceAccess": [{"id": FULL_ACCESS, "type": "Role"}]}]
    shown = {"displayName": name, "keyCredentials": list(keys), "requiredResourceAccess": access}
    tenant["applications"].append({"client_id": app_id, "secret": None, "certificate": None, "roles": [], "graph": shown})
    tenant["service_principals"].append(
        {
            "id": principal_id,
            "appId": app_id,
            "displayName": name,
            "accountEnabled": True,
            "servicePrincipalNames": [app_id],
            "keyCredentials": [],
            "passwordCredentials": [],
        }
    )
    tenant.setdefault("app_role_assignments", []).append(
        {"principalId": principal_id, "appRoleId": FULL_ACCESS, "resourceId": principal(state, EXCHANGE)["id"]}
    )


def forbid(state: State, longest: str, kind: str = "servicePrincipalRestrictions", **changed: Any) -> None:
    """The tenant refuses longer lives of certificates there. longest: an ISO 8601 duration. changed: the restriction."""
    restriction = {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": longest, "state": "enabled", **changed}
    policy = {"isEnabled": True, kind: {"keyCredentials": [restriction]}}
    state["tenants"][0]["policies"] = {"default": policy}


def dedicated(state: State) -> dict[str, Any]:
    """What Graph shows of the farm's dedicated application."""
    found: dict[str, Any] = next(one for one in state["tenants"][0]["applications"] if one["client_id"] == HYBRID)["graph"]
    return found


def _signs_in(days: float) -> dict[str, Any]:
    """The secret of the lab's application, as Graph shows it, which ends in so many days."""
    return {
        "keyId": str(uuid.uuid5(_NAMES, "signs in")),
        "displayName": "hybrid runs",
        "hint": "lab",
        "startDateTime": at(-30),
        "endDateTime": at(days),
    }


def secret_ends(state: State, days: float) -> None:
    """What signs in ends in so many days."""
    state["tenants"][0]["applications"][0]["graph"]["passwordCredentials"] = [_signs_in(days)]


def made(subject: str, **spec: Any) -> dict[str, Any]:
    """A certificate of the state with its PFX; each kind is made once, since making keys is slow."""
    return copy.deepcopy(_made(subject, json.dumps(spec, sort_keys=True)))


@cache
def _made(subject: str, spec: str) -> dict[str, Any]:
    certificate = {"subject": subject, **json.loads(spec)}
    certificates.complete(certificate)
    return certificate


def entry(name: str, certificate: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A key credential for a certificate of the state. name: makes the entry's id."""
    loaded: x509.Certificate = certificates.load(certificate)
    begin, end = certificates.times(loaded)
    return {
        "keyId": str(uuid.uuid5(_NAMES, name)),
        "customKeyIdentifier": certificates.thumbprint(loaded),
        "displayName": loaded.subject.rfc4514_string(),
        "startDateTime": begin,
        "endDateTime": end,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(loaded.public_bytes(Encoding.DER)).decode(),
        **changed,
    }


def application(name: str, app_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "Identity": name,
        "Name": name,
        "ApplicationIdentifier": app_id,
        "Realm": "",
        "ApplicationTrustLevel": "Full",
        "Enabled": True,
        "AuthToken": {"type": f"{_SSAUTH}.UseOAuthServer", "value": None},
        **changed,
    }


def farm(state: State) -> dict[str, Any]:
    found: dict[str, Any] = state["deployments"][0]
    return found


def principal(state: State, app_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in state["tenants"][0]["service_principals"] if one["appId"] == app_id)
    return found


def issuer(state: State, **spec: Any) -> None:
    """Another certificate of the farm, which is in the tenant too."""
    farm(state)["certificates"]["issuer"] = made("CN=contoso.com", **spec)
    principal(state, SKYPE)["keyCredentials"] = [entry("farm", farm(state)["certificates"]["issuer"])]
    dedicated(state)["keyCredentials"] = [entry("hybrid", farm(state)["certificates"]["issuer"])]


def key_rules(state: State, rules: Any) -> None:
    """The access rules of the key of the farm's certificate on the second server."""
    farm(state)["front_ends"][1]["key_access"] = {"issuer": rules}


def cms(state: State, part: str, **changed: Any) -> None:
    """Settings of the only OAuth server or partner application, or of the OAuth configuration."""
    there = farm(state)["cms"][part]
    (there[0] if isinstance(there, list) else there).update(changed)


def add_key(state: State, app_id: str, name: str, certificate: dict[str, Any], **changed: Any) -> None:
    principal(state, app_id)["keyCredentials"].append(entry(name, certificate, **changed))


def foreign(state: State, app_id: str = SKYPE, spec: dict[str, Any] | None = None, **changed: Any) -> None:
    """A foreign key on a principal. spec: of its certificate."""
    add_key(state, app_id, "foreign", made("CN=Microsoft Exchange Server Auth Certificate", **(spec or {})), **changed)


def staged(state: State, days: float, *, in_cloud: bool = True, servers: int = 2, current: dict[str, Any] | None = None) -> None:
    """A roll that takes effect in so many days. servers: how many have the certificate. current: spec of the one before it."""
    issuer(state, **(current or {}))
    following = farm(state)["certificates"]["next"] = made("CN=contoso.com", days=900)
    farm(state)["cms"]["token_issuer"] = {"certificate": "next", "previous": "issuer", "effective_date": at(days)}
    for front_end in farm(state)["front_ends"][:servers]:
        front_end["store"].append("next")
    if in_cloud:
        add_key(state, SKYPE, "next", following)
        dedicated(state)["keyCredentials"].append(entry("hybrid next", following))


def modern(state: State, *, names: bool = True, **changed: Any) -> None:
    """Hybrid modern authentication is on. names: whether the tenant knows what clients ask for. changed: of its OAuth server."""
    listed = principal(state, SKYPE)["servicePrincipalNames"]
    before = list(listed)
    scenarios.modern(state)
    listed[:] = listed if names else before
    farm(state)["cms"]["oauth_servers"][-1].update(changed)


def at(days: float) -> str:
    """The time in so many days."""
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _metadata_url(tenant: str) -> str:
    return f"https://accounts.accesscontrol.windows.net/{tenant}/metadata/json/1"


def _symmetric(state: State) -> None:
    foreign(state, type="Symmetric", key=None, customKeyIdentifier=None, displayName="lab", usage="Sign")


def _password(state: State) -> None:
    secret = {"keyId": str(uuid.uuid5(_NAMES, "secret")), "displayName": "lab", "startDateTime": at(-9), "endDateTime": at(99)}
    principal(state, SKYPE)["passwordCredentials"].append(secret)


def _other_issuer(state: State) -> None:
    farm(state)["certificates"]["old"] = made("CN=contoso.com", days=300)
    farm(state)["front_ends"][1].update(token_issuer={"certificate": "old", "previous": None}, store=["old"])


def _superseded(state: State) -> None:
    """A roll of long ago left its certificate on the second server."""
    farm(state)["certificates"]["old"] = made("CN=contoso.com", not_before=at(-800), days=20)
    farm(state)["front_ends"][1]["store"].append("old")


def _named(state: State, *names: str) -> list[str]:
    listed: list[str] = principal(state, SKYPE)["servicePrincipalNames"]
    listed += [f"{SKYPE}/{name}" for name in names]
    return listed


def _known(name: str) -> dict[str, Any]:
    return {"known_thumbprints": [{"thumbprint": str(uuid.uuid5(_NAMES, name)), "owner": "the archive"}]}


def _several(state: State) -> None:
    foreign(state, SKYPE)
    foreign(state, EXCHANGE)


def on_server(state: State, number: int = 0, *, registry: dict[str, Any] | None = None, **settings: Any) -> None:
    """Settings of a Front End beside the store. registry: keys that are others, or None where they are not there."""
    own = farm(state)["front_ends"][number].setdefault("settings", {})
    own.update(settings, registry={**own.get("registry", {}), **(registry or {})})


def product(state: State, name: str, baseline: str, build: str) -> None:
    """Another product on all servers. build: the last number of each component's version."""
    farm(state).update(
        version=f"{name} ({baseline}.0): Volume license key installed.", components={"Core Components": f"{baseline}.{build}"}
    )


def _other_build(state: State) -> None:
    farm(state)["front_ends"][1]["components"] = {**farm(state)["components"], "Web Components Server": "7.0.2046.900"}


_WANTED = {"exchange_credential": True}


def _archive(state: State) -> None:
    """An application of which nobody told anything."""
    add_application(state, "40000000-0000-4000-8000-000000000000", "Archive", entry("archive", made("CN=archive.fabrikam.com")))


# What cannot be known, so that it neither passes nor is wrong.
UNTOLD: tuple[Case, ...] = tuple(
    Case(rule, "skip", _only_claimed)
    for rule in (
        "credential.own",
        "credential.unknown",
        "credential.identifier",
        "credential.ending_soon",
        "principal.dedicated_application",
        "principal.application_permission",
    )
)

CASES: tuple[Case, ...] = (
    Case("certificate.present", "fail", lambda state: farm(state)["cms"].update(token_issuer=None)),
    Case("certificate.same", "fail", _other_issuer),
    Case("certificate.store", "fail", lambda state: farm(state)["front_ends"][1].update(store=[])),
    Case("certificate.private_key", "fail", lambda state: farm(state)["certificates"]["issuer"].update(private_key=False)),
    Case("certificate.superseded", "warn", _superseded),
    Case("certificate.in_date", "fail", lambda state: issuer(state, days=-2)),
    Case("certificate.ending_soon", "warn", lambda state: issuer(state, days=12)),
    Case("certificate.ending_soon", "fail", lambda state: issuer(state, days=5)),
    Case("certificate.key", "fail", lambda state: issuer(state, key_size=1024)),
    Case("certificate.signature_hash", "warn", lambda state: issuer(state, hash="SHA1")),
    Case("certificate.validity", "warn", lambda state: issuer(state, days=1500)),
    Case("certificate.key_access", "fail", lambda state: key_rules(state, key_files.RULES[:2])),
    Case(
        "certificate.key_access",
        "warn",
        lambda state: key_rules(state, [*key_files.RULES, {"sid": "S-1-1-0", "name": "Everyone", "allow": True, "rights": 1}]),
    ),
    Case("certificate.chain", "warn", lambda state: issuer(state, issuer="CN=Contoso CA", trusted=False)),
    Case("certificate.subject", "warn", lambda state: farm(state).update(sip_domains=["fabrikam.com", "contoso.com"])),
    Case("certificate.sip_domains", "warn", lambda state: farm(state)["sip_domains"].append("fabrikam.com")),
    Case("roll.pending", "warn", lambda state: staged(state, 20)),
    Case("roll.in_cloud", "warn", lambda state: staged(state, 20, in_cloud=False)),
    Case("roll.in_cloud", "fail", lambda state: staged(state, 2, in_cloud=False)),
    Case("roll.on_servers", "fail", lambda state: staged(state, 20, servers=1)),
    Case("roll.in_time", "fail", lambda state: staged(state, 20, current={"days": 10})),
    Case("oauth_server.present", "fail", lambda state: farm(state)["cms"].update(oauth_servers=[])),
    Case("oauth_server.metadata_url", "fail", lambda state: cms(state, "oauth_servers", MetadataUrl=f"{_metadata_url(TENANT)}/old")),
    Case("oauth_server.tenant", "fail", lambda state: cms(state, "oauth_servers", MetadataUrl=_metadata_url(OTHER_TENANT))),
    Case("oauth_server.not_common", "fail", lambda state: cms(state, "oauth_servers", MetadataUrl=_metadata_url("common"))),
    Case("oauth_server.realm", "fail", lambda state: cms(state, "oauth_servers", Realm=OTHER_TENANT)),
    Case("oauth_server.https", "fail", lambda state: cms(state, "oauth_servers", MetadataUrl=f"http://sts.contoso.com/{TENANT}/")),
    Case("oauth_server.security_identifiers", "warn", lambda state: cms(state, "oauth_servers", AcceptSecurityIdentifierInformation=True)),
    Case("partner_application.present", "fail", lambda state: farm(state)["cms"].update(partner_applications=[])),
    Case("partner_application.enabled", "fail", lambda state: cms(state, "partner_applications", Enabled=False)),
    Case("partner_application.application_id", "fail", lambda state: cms(state, "partner_applications", ApplicationIdentifier=SKYPE)),
    Case("partner_application.trust_level", "fail", lambda state: cms(state, "partner_applications", ApplicationTrustLevel="User")),
    Case(
        "partner_application.oauth_server",
        "fail",
        lambda state: cms(state, "partner_applications", AuthToken={"type": f"{_SSAUTH}.CertificateData", "value": "MIIB"}),
    ),
    Case(
        "partner_application.others_full_trust",
        "warn",
        lambda state: farm(state)["cms"]["partner_applications"].append(application("Exchange", EXCHANGE)),
    ),
    Case(
        "partner_application.onprem",
        "fail",
        lambda _state: None,
        {"onprem_applications": [{"product": "exchange", "metadata_url": ONPREM_EXCHANGE}]},
    ),
    Case(
        "partner_application.onprem_metadata",
        "warn",
        lambda state: farm(state)["cms"]["partner_applications"].append(
            onprem_exchange("https://autodiscover.fabrikam.com/autodiscover/metadata/json/1")
        ),
    ),
    Case(
        "partner_application.security_identifiers",
        "warn",
        lambda state: cms(state, "partner_applications", AcceptSecurityIdentifierInformation=True),
    ),
    Case("oauth_configuration.service_name", "fail", lambda state: cms(state, "oauth_configuration", ServiceName="")),
    Case("oauth_configuration.autodiscover_url", "warn", lambda state: cms(state, "oauth_configuration", ExchangeAutodiscoverUrl="")),
    Case(
        "oauth_configuration.autodiscover_url",
        "fail",
        lambda _state: None,
        {"exchange_autodiscover_url": "https://autodiscover.contoso.com/autodiscover/autodiscover.svc"},
    ),
    Case("principal.present", "fail", lambda state: state["tenants"][0]["service_principals"].pop(1)),
    Case("principal.enabled", "fail", lambda state: principal(state, EXCHANGE).update(accountEnabled=False)),
    Case("principal.dedicated_application", "warn", lambda state: dedicated(state).update(keyCredentials=[], displayName=EXCHANGE_SERVERS)),
    Case("principal.application_permission", "warn", _archive),
    Case("credential.own", "fail", lambda state: principal(state, SKYPE).update(keyCredentials=[])),
    Case("credential.ending_soon", "fail", lambda state: principal(state, SKYPE)["keyCredentials"][0].update(endDateTime=at(3))),
    Case("credential.ending_soon", "warn", lambda state: principal(state, SKYPE)["keyCredentials"][0].update(endDateTime=at(9))),
    Case("credential.shared_own", "fail", lambda state: add_key(state, EXCHANGE, "farm", farm(state)["certificates"]["issuer"])),
    Case("credential.shared_own", "warn", lambda state: add_key(state, EXCHANGE, "farm", farm(state)["certificates"]["issuer"]), _WANTED),
    Case("credential.shared_foreign", "warn", lambda state: foreign(state, EXCHANGE)),
    Case("exchange_online.ews", "warn", lambda state: cms(state, "oauth_configuration", ExchangeAutodiscoverUrl=ONLINE)),
    Case("credential.unknown", "warn", foreign),
    Case("credential.identifier", "warn", lambda state: foreign(state, customKeyIdentifier="0" * 39 + "1")),
    Case("credential.readable", "warn", lambda state: foreign(state, endDateTime="in the spring")),
    Case("credential.expired", "warn", lambda state: foreign(state, spec={"days": -2})),
    Case("credential.weak_key", "fail", lambda state: foreign(state, spec={"key_size": 1024})),
    Case("credential.weak_hash", "warn", lambda state: foreign(state, spec={"hash": "MD5"})),
    Case("credential.validity", "warn", lambda state: foreign(state, spec={"days": 1800})),
    Case("credential.usage", "warn", lambda state: foreign(state, usage="Sign")),
    Case("credential.duplicate", "warn", lambda state: add_key(state, SKYPE, "again", farm(state)["certificates"]["issuer"])),
    Case("credential.symmetric", "fail", _symmetric),
    Case("credential.symmetric", "warn", _symmetric, _known("foreign")),
    Case("credential.policy", "warn", lambda state: forbid(state, "P90D")),
    Case("credential.password", "fail", _password),
    Case("credential.password", "warn", _password, _known("secret")),
    Case("credential.several_principals", "warn", _several),
    Case("names.external_fqdn", "fail", lambda state: _named(state).remove(f"{SKYPE}/webext2.contoso.com")),
    Case("names.pool", "warn", lambda state: farm(state)["cms"]["web_services"][1].update(ExternalFqdn="")),
    Case("names.modern_authentication", "fail", lambda state: modern(state, names=False)),
    Case("names.stale", "warn", lambda state: _named(state, "old.contoso.com")),
    Case("replication.up_to_date", "fail", lambda state: farm(state)["cms"]["replicas"][1].update(UpToDate=False)),
    Case("replication.report_age", "warn", lambda state: farm(state)["cms"]["replicas"][0].update(LastStatusReport=at(-3))),
    Case("sign_in.ending_soon", "warn", lambda state: secret_ends(state, 12)),
    Case("sign_in.ending_soon", "fail", lambda state: secret_ends(state, 5)),
    Case("server.supported", "fail", lambda state: product(state, "Skype for Business Server 2019", "7.0.2046", "583")),
    Case("server.build", "fail", _other_build),
    Case("server.tls", "fail", lambda state: on_server(state, registry={server_settings.STRONG_CRYPTO[1]: None})),
    Case(
        "server.winhttp", "fail", lambda state: on_server(state, registry={server_settings.WIN_HTTP[0]: {"DefaultSecureProtocols": 0xA0}})
    ),
    Case("server.proxy", "warn", lambda state: on_server(state, registry={server_settings.INTERNET: {"ProxyEnable": 1}})),
    Case("server.metadata_reachable", "fail", lambda state: on_server(state, 1, downloads={_metadata_url(TENANT): "dns"})),
    Case("server.root_store", "warn", lambda state: on_server(state, roots=["CN=Contoso Issuing CA by CN=Contoso Root CA"])),
    Case("server.events", "warn", lambda state: on_server(state, 1, events=[{"id": 32054, "at": at(-0.2)}])),
    Case("clock.server", "fail", lambda state: farm(state)["front_ends"][1].update(clock_offset=900)),
    Case("clock.tenant", "fail", lambda state: state["graph"].update(clock_offset=-900)),
    Case("clock.server_tenant", "fail", lambda state: farm(state)["front_ends"][0].update(clock_offset=-400)),
)
