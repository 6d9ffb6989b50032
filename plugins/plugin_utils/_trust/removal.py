# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What taking the trust away removes, and what stays and why. Private to the collection.

What goes is recognised by what the farm goes on having: the thumbprints of its OAuthTokenIssuer certificates and the names in its topology.
So a removal that was cut off can be finished, in whatever order its steps come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import OnpremApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import (
    FarmReading,
    OAuthConfiguration,
    OAuthServer,
    PartnerApplication,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential, plans, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import host_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names, ownership, refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import UNPROVED
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

_ANOTHER = "it is another one"
_SWITCH_BACK = "sfb.hybrid_auth.modern_authentication with trust_modern_authentication_state: absent takes that back"


@dataclass(frozen=True)
class Trust:
    """The trust that is taken away.

    metadata_url: of the tenant's authorization server, None where it is not documented for the cloud.
    thumbprints, names: of the certificates that the farm tells, and the service principal names of its topology in both forms.
    given_names: whole service principal names that go whatever else needs them.
    service_name: the ServiceName that the trust sets; clear_service_name: whether it is cleared.
    although_foreign: names of on-premises objects that go although they point elsewhere or others need them.
    onprem_applications: the partner applications that were made for on-premises products.
    neighbours: the other deployments of the tenant. now: an aware time.
    """

    tenant_id: str
    metadata_url: str | None
    oauth_server: str
    partner_application: str
    exchange_app_id: str
    skype_app_id: str
    thumbprints: tuple[str, ...]
    names: tuple[str, ...]
    given_names: tuple[str, ...]
    service_name: str
    now: datetime
    clear_service_name: bool = False
    although_foreign: tuple[str, ...] = ()
    onprem_applications: tuple[OnpremApplication, ...] = ()
    neighbours: Neighbours = field(default_factory=Neighbours)

    @cached_property
    def shared_names(self) -> Mapping[str, str]:
        """Of which other deployment a service principal name is, in lower case."""
        return self.neighbours.names_of_others()

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of the farm's names."""
        return frozenset(host for name in self.names if (host := host_in(self.skype_app_id, name)))

    def is_ours(self, key: KeyCredential) -> bool:
        """Whether the entry holds a certificate that the farm tells, or the deployment put this very entry there, by its display name.

        Such a name speaks for no other entry of that certificate, which may be another product's.
        """
        named = self.neighbours.named(key)
        return key.proven is not None and (key.proven in self.thumbprints or (named is not None and named.own and key.is_usual))

    def claim(self, key: KeyCredential, app_id: str | None) -> str | None:
        """Why an entry of the farm's stays for another deployment's sake; None where it need not. app_id: None for any principal."""
        return self.neighbours.claim(key, app_id, self.now)

    def forced(self, identity: str) -> bool:
        return any(same_text(identity, name) for name in self.although_foreign)


@dataclass(frozen=True)
class Left:
    """Something that stays. decide: whether the administrator has to see to it, so that it is warned about."""

    what: str
    why: str
    decide: bool = False


@dataclass(frozen=True)
class Removal:
    """What goes. The flags say whether the object is removed where it is there. app_ids: the service principals that the tenant has.

    key_ids: by application id the entries that go, which are all that a run takes away, whatever it reads later. An id says nothing of
    another principal, whose entries may have the same one. thumbprints: of the certificates that these entries hold.
    onprem_applications: by its step, the name of each on-premises product's partner application that is removed where it is there.
    """

    names: tuple[str, ...]
    partner_application: bool
    oauth_server: bool
    service_name: bool
    app_ids: tuple[str, ...]
    key_ids: Mapping[str, tuple[str, ...]]
    thumbprints: tuple[str, ...]
    left: tuple[Left, ...]
    onprem_applications: Mapping[str, str] = field(default_factory=dict)


def plan(farm: FarmReading, principals: Sequence[ServicePrincipal], trust: Trust) -> Removal:
    """farm: a result of onprem_info. principals: the service_principals of a result of sp_info."""
    application, application_left = _application(farm["partner_applications"], trust)
    onprem = _onprem_applications(farm["partner_applications"], trust)
    server, server_left = _server(farm, trust, application)
    service_name, configuration_left = _configuration(farm["oauth_configuration"], trust)
    # The shared one too, which the farm's entries are on from before its partner application had another id.
    wanted = dict.fromkeys((trust.skype_app_id, trust.exchange_app_id, EXCHANGE_ONLINE))
    there = [principal for principal in principals if principal["app_id"] in wanted]
    names = _going_names(farm["oauth_configuration"], there, trust)
    going = {principal["app_id"]: keys for principal in there if (keys := _going(principal, trust))}
    return Removal(
        names=names if trust.skype_app_id in {principal["app_id"] for principal in there} else (),
        partner_application=application,
        oauth_server=server,
        service_name=service_name,
        app_ids=tuple(principal["app_id"] for principal in there),
        key_ids={app_id: tuple(str(key.key_id) for key in keys) for app_id, keys in going.items()},
        thumbprints=tuple(dict.fromkeys(str(key.proven) for keys in going.values() for key in keys)),
        left=(
            *application_left,
            *server_left,
            *configuration_left,
            *_keys(there, trust),
            *_names(there, trust, names),
            *_accounts(there, trust),
        ),
        onprem_applications=onprem,
    )


def losses(principals: Mapping[str, Any], planned: Removal, trust: Trust) -> list[tuple[str, str, str]]:
    """The entries that go, each with its application's id, as a clause, and what to do where the application's lock keeps it.

    principals: a result of sp_info.
    """
    leave = f"leave out trust_exchange_application_id, and name {trust.partner_application} in trust_remove_foreign"
    found = []
    for app_id, key_ids in planned.key_ids.items():
        request = CredentialRequest(present=False, key_ids=key_ids)
        for principal in service_principal.from_current(principals, [app_id]) or ():
            remedy = refused.unlock_while(leave if app_id == trust.exchange_app_id else None)
            found += [(app_id, loss, remedy) for loss in plans.credentials(principal, request, trust.now).removals]
    return found


def unconfirmed(settings: Settings) -> tuple[str, ...]:
    """That a run in earnest refuses the confirmation that is given, as a sentence. Check mode needs none, so its absence says nothing."""
    if settings.remove_confirm is None or settings.removal_confirmed:
        return ()
    wrong = f"trust_remove_confirm is {settings.remove_confirm}, and this is deployment {settings.deployment}."
    return (f"{wrong} Set it to {settings.deployment} where this is the one to remove the trust of.",)


def _application(applications: Sequence[PartnerApplication], trust: Trust) -> tuple[bool, list[Left]]:
    ours = partner_application.find(applications, trust.partner_application)
    going = {name.lower() for name in _onprem_applications(applications, trust).values()}
    left = [_other(one, trust) for one in applications if one is not ours and one["identity"].lower() not in going]
    if ours is None or trust.forced(ours["identity"]):
        return True, left
    if same_text(ours["application_id"], trust.exchange_app_id) and ours["use_oauth_server"]:
        return True, left
    how = "through the OAuth server" if ours["use_oauth_server"] else "not through the OAuth server"
    why = f"it is for application {ours['application_id']} and {how}, while the trust's is for {trust.exchange_app_id} through it"
    return False, [Left(f"partner application {ours['identity']}", why, decide=True), *left]


def _other(application: PartnerApplication, trust: Trust) -> Left:
    wished = next((one for one in trust.onprem_applications if same_text(one.name, application["identity"])), None)
    what = f"partner application {application['identity']}"
    if wished is None:
        return Left(what, _ANOTHER)
    how = application["metadata_url"] or ("the OAuth server" if application["use_oauth_server"] else "a key of its own")
    why = f"it is for application {application['application_id']} by {how}, and not the {wished.product.title} by {wished.metadata_url}"
    return Left(what, why, decide=True)


def _onprem_applications(applications: Sequence[PartnerApplication], trust: Trust) -> dict[str, str]:
    """Those that go, or are gone, by their steps: what has the wanted name, product and metadata, or is named although it has not."""
    found = {one: partner_application.find(applications, one.name) for one in trust.onprem_applications}
    return {
        one.product.step: there["identity"] if there else one.name
        for one, there in found.items()
        if there is None or one.is_it(there) or trust.forced(there["identity"])
    }


def _server(farm: FarmReading, trust: Trust, application_goes: bool) -> tuple[bool, list[Left]]:
    servers = farm["oauth_servers"]
    clients = client_names.switched_to(farm["oauth_configuration"])
    ours = oauth_server.find(servers, trust.oauth_server)
    left = [Left(f"OAuth server {one['identity']}", _why_another(one, clients)) for one in servers if one is not ours]
    if ours is None:
        return True, left
    why = None
    users = _users(farm, trust, application_goes)
    foreign = ownership.anothers(ours, trust.tenant_id, trust.metadata_url)
    # Whatever is asked for: a server that clients are sent to goes after the switch, or no client signs in.
    if same_text(clients, ours["identity"]):
        why = f"clients are sent to it (ClientAuthorizationOAuthServerIdentity of the OAuth configuration); {_SWITCH_BACK}"
    elif trust.forced(ours["identity"]):
        return True, left
    elif foreign:
        why = f"its {foreign} is another tenant's or service's, and not that of tenant {trust.tenant_id}"
    elif not ownership.is_tenants(ours, trust.tenant_id, trust.metadata_url):
        why = f"neither its metadata URL ({ours['metadata_url']}) nor its realm ({ours['realm']}) is that of tenant {trust.tenant_id}"
    elif users:
        why = f"{', '.join(users)} takes its tokens from an OAuth server"
    return why is None, [*([Left(f"OAuth server {ours['identity']}", why, decide=True)] if why else []), *left]


def _why_another(server: OAuthServer, clients: str | None) -> str:
    """Why an OAuth server that is not the trust's stays. clients: the one that clients are sent to."""
    return f"clients are sent to it (hybrid modern authentication); {_SWITCH_BACK}" if same_text(server["identity"], clients) else _ANOTHER


def _users(farm: FarmReading, trust: Trust, application_goes: bool) -> list[str]:
    """The partner applications that stay and need an OAuth server."""
    ours = partner_application.find(farm["partner_applications"], trust.partner_application) if application_goes else None
    return [f"partner application {one['identity']}" for one in farm["partner_applications"] if one is not ours and one["use_oauth_server"]]


def _configuration(configuration: OAuthConfiguration, trust: Trust) -> tuple[bool, list[Left]]:
    unknown = "what was there before is not known"
    left = [
        Left(f"{name} of the OAuth configuration ({value})", unknown)
        for value, name in (
            (configuration["exchange_autodiscover_url"], "ExchangeAutodiscoverUrl"),
            (configuration["exchange_autodiscover_allowed_domains"], "ExchangeAutodiscoverAllowedDomains"),
        )
        if value
    ]
    current = configuration["service_name"]
    if not current:
        return False, left
    ours = same_text(current, trust.service_name)
    if ours and trust.clear_service_name:
        return True, left
    why = f"{unknown}; trust_remove_service_name clears it" if ours else f"it is not {trust.service_name}, which the trust sets"
    return False, [Left(f"ServiceName of the OAuth configuration ({current})", why), *left]


def _keys(principals: Iterable[ServicePrincipal], trust: Trust) -> list[Left]:
    read = [(one["app_id"], key_credential.from_info(key)) for one in principals for key in one["key_credentials"]]
    return [
        Left(
            f"key credential {key.thumbprint or key.identifier or key.key_id} of service principal {app_id}",
            *_why_stays(key, app_id, trust),
        )
        for app_id, key in read
        if not _goes(key, app_id, trust)
    ]


def _going(principal: ServicePrincipal, trust: Trust) -> list[KeyCredential]:
    read = map(key_credential.from_info, principal["key_credentials"])
    return [key for key in read if _goes(key, principal["app_id"], trust)]


def _goes(key: KeyCredential, app_id: str, trust: Trust) -> bool:
    return key.key_id is not None and trust.is_ours(key) and trust.claim(key, app_id) is None


def _why_stays(key: KeyCredential, app_id: str, trust: Trust) -> tuple[str, bool]:
    """Why a key credential stays, and whether the administrator has to see to it."""
    if trust.is_ours(key):
        claim = trust.claim(key, app_id)
        return (claim, False) if claim else ("it is the farm's, and Microsoft Graph gives no id by which it could be removed", True)
    if trust.neighbours.unproved(key):
        return f"{UNPROVED}; if nothing needs it, remove it with sp_credential, key_id: {key.key_id} and state: absent", True
    if not trust.thumbprints:
        return "the farm has no OAuthTokenIssuer certificate by which its key credentials could be recognized", True
    if key.only_claims(trust.thumbprints):
        return key.unproven, True
    if key.claimed in trust.thumbprints:
        return f"its identifier is that of the farm's certificate, but it holds another one, {key.thumbprint}", True
    return "it is none of the farm's certificates", False


def _going_names(configuration: OAuthConfiguration, principals: Iterable[ServicePrincipal], trust: Trust) -> tuple[str, ...]:
    """The names that go, as they are spelled there. Where clients sign in with hybrid modern authentication, it needs the URLs."""
    there = [name for name, host in client_names.of_farms(trust.skype_app_id, principals) if host in trust.hosts]
    names = [name for name in (*trust.names, *there) if not client_names.are_needed(configuration, name)]
    going = {name.lower(): name for name in (*names, *trust.given_names)}
    return tuple(name for key, name in going.items() if key not in trust.shared_names)


def _names(principals: Iterable[ServicePrincipal], trust: Trust, going: Iterable[str]) -> list[Left]:
    gone = {name.lower() for name in going}
    return [
        Left(f"name {name} of service principal {trust.skype_app_id}", _why_name_stays(name, host, trust))
        for name, host in client_names.of_farms(trust.skype_app_id, principals)
        if name.lower() not in gone
    ]


def _why_name_stays(name: str, host: str, trust: Trust) -> str:
    another = trust.shared_names.get(name.lower())
    if another is not None:
        return f"deployment {another} has it too" if host in trust.hosts else f"it is of deployment {another}"
    return "hybrid modern authentication is on, which needs it" if host in trust.hosts else "its host is not in the farm's topology"


def _accounts(principals: Iterable[ServicePrincipal], trust: Trust) -> list[Left]:
    return [
        Left(f"service principal {principal['app_id']}, enabled", "Exchange Online needs it for more than this trust")
        for principal in principals
        if principal["app_id"] == trust.exchange_app_id and principal["account_enabled"]
    ]
