# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision of a run that switches hybrid modern authentication on or off. Private to the collection.

On: the names that clients ask for, the OAuth server, and last the switch (ClientAuthorizationOAuthServerIdentity). Off: the other way
round. What comes before the switch changes nothing for clients, as the page says:
https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_configuration, oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names, discovery, ownership, steps
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.plan import account_obstacles, tenant_obstacles
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Obstacle,
    Reading,
    Tenant,
    Unread,
    unchecked_warnings,
    unread_obstacles,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.removal import Left
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import Loss, Step, merged
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import (
    cloud_named,
    clouds_of_login,
    host_of,
    is_authorization_server,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text, same_url, url_parts

# The type of the OAuth server, and that it accepts security identifiers, are as the page has them.
TYPE = "AzureAD"
# How such a server names its issuer, as Microsoft's diagnostic (RDCheckModernAuth) looks for it.
ISSUER = "sts.windows.net"
SWITCH = "ClientAuthorizationOAuthServerIdentity"
ONLY_THE_SWITCH = "Clients are no longer sent to the tenant; OAuth server and names were left as they are. Run again to remove them."
ONLY_THE_SWITCH_WOULD = (
    "A run would take back the switch alone, so clients are no longer sent to the tenant; OAuth server and names would stay as they are."
)
_NAMING = "trust_modern_authentication_server"
DISALLOWED = "Disallowed"
_OPTIONS = ("metadata_url", "tenant_id", "realm", "type", "accept_security_identifier_information", "authorization_uri_override")


@dataclass
class Plan:
    """state: present or absent. server: the OAuth server's name. names: those that clients ask for, as far as the topology is known.

    clients: the OAuth server that clients are sent to afterwards; None where they are sent to none, or nothing is known of it.
    steps: in the order in which they are done. arguments: the options of the modules, by step. left: what stays although state is absent.
    Where there are obstacles, nothing may be written but what held() leaves.
    """

    state: str
    server: str
    names: tuple[str, ...] = ()
    clients: str | None = None
    steps: list[Step] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def add(self, name: str, change: Change, arguments: Mapping[str, Any], losses: Sequence[Loss] = ()) -> None:
        self.steps.append(Step(name, change, tuple(loss.what for loss in losses)))
        self.arguments[name] = dict(arguments)

    def due(self, name: str) -> bool:
        return any(step.name == name and step.change.changed for step in self.steps)


def plan(settings: Settings, deployment: Deployment, tenant: Tenant | Unread, neighbours: Neighbours | None = None) -> Plan:
    """The plan. neighbours: the other deployments of the tenant.

    For the way back the lead alone is needed: what is written is in the Central Management Store and in the tenant.
    """
    made = Plan(settings.modern_authentication_state, settings.modern_authentication_server)
    present = made.state == "present"
    made.warnings += unchecked_warnings(deployment)
    unread = unread_obstacles(deployment)
    made.obstacles += [one for one in unread if present or one.subject == deployment.lead]
    others = [one for one in unread if one not in made.obstacles]
    made.warnings += [f"{one.problem} {one.subject} takes over what is switched as soon as it has replicated." for one in others]
    made.obstacles += tenant_obstacles(settings, tenant)
    farm = None if isinstance(deployment.leading, Unread) else discovery.checked_farm("onprem", deployment.leading)
    if farm is None:
        return made
    made.obstacles += _untold(settings, deployment, farm)
    made.names = tuple(client_names.urls(settings.skype_application_id, _hosts(settings, farm)))
    if "oauth_configuration" not in farm:
        return made
    if present:
        made.obstacles += account_obstacles(settings, tenant)
        _plan_on(made, settings, deployment, farm, tenant)
    else:
        _plan_off(made, settings, farm, tenant, neighbours or Neighbours())
    return made


def held(made: Plan) -> Plan | None:
    """What is done of a plan in spite of its obstacles: clients are not kept out because something else cannot be read or undone.

    None where state is present, or the switch is not due.
    """
    if made.state == "present" or not made.due("oauth_configuration"):
        return None
    return replace(made, steps=[step for step in made.steps if step.name == "oauth_configuration"])


def metadata_url(given: str | None, cloud: str, tenant_id: str | None, there: Mapping[str, Any] | None) -> str | None:
    """The metadata that the OAuth server is to have; None where nothing tells it.

    given: trust_modern_authentication_metadata_url. there: the server of that name. One that names the tenant by its id, at the cloud's
    sign-in, is right too, and stays. tenant_id: in lower case, None where it is not known, and then any tenant's may be right.
    """
    if given:
        return given
    url = str((there or {}).get("metadata_url") or "")
    named = oauth_server.tenant_in(url)
    if (
        _is_https(url)
        and oauth_server.is_federation_metadata(url)
        and is_authorization_server(cloud, url)
        and named is not None
        and tenant_id in (None, named)
    ):
        return url
    return cloud_named(cloud).federation_metadata


def flaws(server: Mapping[str, Any], tenant_id: str | None, cloud: str, given: str | None) -> list[str]:
    """What keeps an OAuth server from sending clients to the tenant, in words; none where it is right or not known.

    server: as onprem_info returns it. The others are those of metadata_url().
    """
    found = [f"its type is {server.get('type') or 'none'} and not {TYPE}"] if not same_text(server.get("type"), TYPE) else []
    issuer = str(server.get("issuer_identifier") or "")
    if cloud_named(cloud).federation_metadata and not given and issuer and not same_text(issuer, ISSUER):
        found.append(f"its issuer is {issuer} and not {ISSUER}")
    if server.get("accept_security_identifier_information") is False:
        found.append("it does not accept security identifiers")
    whole = {"metadata_url": None, "realm": None, **server}
    wanted = metadata_url(given, cloud, tenant_id, whole)
    of_metadata = _flaws_of_metadata(whole, cloud, wanted) if "metadata_url" in server else []
    foreign = ownership.anothers(whole, tenant_id, wanted) if tenant_id else None
    found += of_metadata + ([f"its {foreign} is another tenant's or service's"] if foreign else [])
    url = str(whole["metadata_url"] or "")
    checked = bool(given) or oauth_server.is_federation_metadata(url)
    if not (of_metadata or foreign) and url and checked and wanted and not same_url(url, wanted):
        told = "trust_modern_authentication_metadata_url gives" if given else "Microsoft documents"
        found.append(f"its metadata URL ({url}) is not {wanted}, which {told}")
    return found


def unknowns(server: Mapping[str, Any], tenant_id: str | None, cloud: str, given: str | None) -> list[str]:
    """What is not known of an OAuth server in which nothing is wrong, in words. The options are those of flaws()."""
    url = str(server.get("metadata_url") or "")
    found = [] if "metadata_url" in server else ["which metadata it has was not read"]
    if url and not given and not oauth_server.is_federation_metadata(url):
        found.append(
            f"its metadata URL ({url}) is not the federation metadata that Microsoft documents, so whether clients get in is not known"
        )
    elif url and metadata_url(given, cloud, tenant_id, server) is None:
        found.append(
            f"Microsoft documents no federation metadata for the cloud {cloud}, so whether its metadata URL ({url}) is right is known "
            "only where trust_modern_authentication_metadata_url gives it"
        )
    if server.get("accept_security_identifier_information") is None:
        found.append("whether it accepts security identifiers was not read")
    return found


def _flaws_of_metadata(server: Mapping[str, Any], cloud: str, wanted: str | None) -> list[str]:
    """What is wrong with a metadata URL that is not the wanted one, whichever that is."""
    of, url = cloud_named(cloud), str(server["metadata_url"] or "")
    if not url:
        return ["it has no metadata URL"]
    if wanted and same_url(url, wanted):
        return []
    found = [] if _is_https(url) else [f"its metadata URL ({url}) is no https URL"]
    at_the_trusts = bool(of.federation_metadata and of.metadata_template) and host_of(url) == host_of(of.metadata_template or "")
    if at_the_trusts or ownership.other_use(server, None, for_clients=True):
        found.append(f"its metadata URL ({url}) is that of the trust between servers")
    elif clouds_of_login(url) and not is_authorization_server(cloud, url):
        found.append(f"its metadata URL ({url}) is another cloud's, and not that of the cloud {cloud}")
    return found


def _is_https(url: str) -> bool:
    return url_parts(url).scheme.lower() == "https"


def _hosts(settings: Settings, farm: Reading) -> list[str]:
    return client_names.hosts(settings.skype_application_id, farm, settings.external_fqdns)


def _untold(settings: Settings, deployment: Deployment, farm: Reading) -> list[Obstacle]:
    """What the lead's endpoint does not tell and the state cannot do without."""
    present = settings.modern_authentication_state == "present"
    needed = ["oauth_configuration", *(("oauth_servers", *(() if settings.external_fqdns else ("web_services",))) if present else ())]
    untold = [part for part in farm.get("unknown") or () if part in needed]
    if not untold:
        return []
    given = "Give all internal and external names in trust_external_fqdns for web_services, or use" if "web_services" in untold else "Use"
    return [
        Obstacle(
            deployment.lead,
            f"{deployment.lead}: this endpoint does not tell {', '.join(untold)}.",
            f"{given} an account or a server that has the cmdlets for it, and run again.",
        )
    ]


def _attempt(made: Plan, decide: Callable[[], None]) -> None:
    try:
        decide()
    except HybridAuthError as exc:
        made.obstacles.append(Obstacle("plan", exc.message, exc.remedy))


def _plan_on(made: Plan, settings: Settings, deployment: Deployment, farm: Reading, tenant: Tenant | Unread) -> None:
    losses: list[Loss] = []
    configuration = farm["oauth_configuration"]

    def names() -> None:
        app_id = settings.skype_application_id
        if isinstance(tenant, Unread) or not made.names:
            return
        (principal,) = _principal(settings, tenant)
        planned = plans.names(principal, made.names, "present", app_id)
        arguments = {"app_id": app_id, "names": list(made.names), "state": "present", "wait_timeout": settings.wait_timeout}
        made.add("names", merged([planned]), arguments)

    def server() -> None:
        if isinstance(tenant, Unread) or "oauth_servers" not in farm:
            return
        there = oauth_server.find(farm["oauth_servers"], made.server)
        url = metadata_url(settings.modern_authentication_metadata_url, tenant.cloud, tenant.tenant_id, there)
        arguments = {"name": made.server, "metadata_url": url, "type": TYPE, "accept_security_identifier_information": True}
        if url is None:
            problem = f"Microsoft documents no federation metadata for clients in the cloud {tenant.cloud}."
            made.obstacles.append(Obstacle("plan", problem, "Give trust_modern_authentication_metadata_url, and run again."))
            return
        wanted = oauth_server.wanted({**dict.fromkeys(_OPTIONS), **arguments})
        change = oauth_server.plan(farm["oauth_servers"], made.server, wanted).change
        lost = steps.server_losses(farm, made.server, tenant.tenant_id, url, for_clients=True) if change.changed else []
        losses.extend(lost)
        made.add("oauth_server", change, arguments, lost)

    current = client_names.switched_to(configuration)
    unusable = _unusable(farm)
    if same_text(current, made.server):  # then the names of other pools are not to wait
        made.warnings += [one.text for one in unusable]
    else:
        made.obstacles += unusable
    if not (made.names or unusable) and "web_services" not in (farm.get("unknown") or ()):
        problem = f"Deployment {deployment.name}: the topology has no Web services, so it is not known which names clients ask for."
        made.obstacles.append(Obstacle(deployment.subject, problem, "Give trust_external_fqdns, and run again."))
    if "web_services" in (farm.get("unknown") or ()) and made.names:
        made.warnings.append(
            f"{deployment.lead} does not tell the topology: the names are those of trust_external_fqdns alone. Clients whose pool has "
            "another internal or external name get no token for it."
        )
    if same_text(configuration["client_adal_auth_override"], DISALLOWED):
        made.warnings.append(
            f"ClientAdalAuthOverride of the OAuth configuration is {DISALLOWED}, which keeps clients from modern authentication. It "
            "stays; oauth_configuration with client_adal_auth_override changes it."
        )
    _attempt(made, names)
    _attempt(made, server)
    made.clients = made.server
    lost = _another(made, current)
    _switch(made, farm, made.server, lost)
    made.obstacles += steps.takeover_obstacles([*losses, *lost], settings.takeover, _NAMING)


def _unusable(farm: Reading) -> list[Obstacle]:
    """That the tenant can know no name for clients of a pool."""
    return [
        Obstacle(
            one.pool,
            f"The topology gives pool {one.pool} {one.what}, so the tenant can know no name for what clients of the pool ask for.",
            f"{discovery.CORRECT} Run again.",
        )
        for one in discovery.unusable(farm)
    ]


def _another(made: Plan, current: str | None) -> list[Loss]:
    """That clients are sent to another OAuth server. current: the one that they are sent to."""
    return [Loss(f"{SWITCH} {current} of the OAuth configuration", current)] if current and not same_text(current, made.server) else []


def _switch(made: Plan, farm: Reading, wanted: str, losses: Sequence[Loss] = ()) -> None:
    arguments = {"client_authorization_oauth_server": wanted}
    change = oauth_configuration.plan(farm["oauth_configuration"], arguments).change
    made.add("oauth_configuration", change, arguments, losses if change.changed else ())


def _principal(settings: Settings, tenant: Tenant) -> list[service_principal.ServicePrincipal]:
    return service_principal.in_reading(tenant.principals, [settings.skype_application_id], settings.named_app_ids)


def _plan_off(made: Plan, settings: Settings, farm: Reading, tenant: Tenant | Unread, neighbours: Neighbours) -> None:
    current = client_names.switched_to(farm["oauth_configuration"])
    taken = any(same_text(current, name) for name in settings.takeover)
    another = _another(made, current)
    stays_on = bool(another) and not taken
    if stays_on:
        made.clients = current
        why = f"it names another OAuth server than {made.server}; trust_takeover: [{current}] has it cleared"
        made.left.append(Left(f"{SWITCH} of the OAuth configuration ({current})", why, decide=True))
    else:
        _switch(made, farm, "", another)
    _server_off(made, settings, farm, tenant)
    if not isinstance(tenant, Unread):
        _attempt(made, lambda: _names_off(made, settings, farm, tenant, neighbours, stays_on=stays_on))


def _server_off(made: Plan, settings: Settings, farm: Reading, tenant: Tenant | Unread) -> None:
    if isinstance(tenant, Unread):
        return
    if "oauth_servers" not in farm:
        made.left.append(Left(f"OAuth server {made.server}", "this endpoint does not tell the OAuth servers", decide=True))
        return
    there = oauth_server.find(farm["oauth_servers"], made.server)
    why = None if there is None else _why_server_stays(there, settings, farm, tenant)
    if why is not None and there is not None:
        made.left.append(Left(f"OAuth server {there['identity']}", why, decide=True))
        return
    url = metadata_url(settings.modern_authentication_metadata_url, tenant.cloud, tenant.tenant_id, there)
    lost = steps.server_losses(farm, made.server, tenant.tenant_id, url or "", for_clients=True)
    change = oauth_server.plan(farm["oauth_servers"], made.server, None).change
    made.add("oauth_server", change, {"name": made.server, "state": "absent"}, lost)


def _why_server_stays(there: Mapping[str, Any], settings: Settings, farm: Reading, tenant: Tenant) -> str | None:
    """Why the OAuth server is not the one that was made here, or is needed; None where it goes."""
    if any(same_text(there["identity"], name) for name in settings.takeover):
        return None
    by_name = f"trust_takeover: [{there['identity']}] has it removed"
    url = metadata_url(settings.modern_authentication_metadata_url, tenant.cloud, tenant.tenant_id, there)
    foreign = ownership.anothers(there, tenant.tenant_id, url)
    if foreign:
        return f"its {foreign} is another tenant's or service's, and not that of tenant {tenant.tenant_id}; {by_name}"
    if use := ownership.other_use(there, None, for_clients=True):
        return f"its metadata URL ({there['metadata_url']}) is {use}; {by_name}"
    if not ownership.is_tenants(there, tenant.tenant_id, url):
        told = there["metadata_url"]
        why = f"its metadata URL ({told}) is not the one that clients of this tenant are sent to" if told else "it has no metadata URL"
        return f"{why}, so it is not known to be that of tenant {tenant.tenant_id}; {by_name}"
    needed = _why_needed(farm) if len(farm["oauth_servers"]) == 1 else None
    return f"{needed}; {by_name}" if needed else None


def _why_needed(farm: Reading) -> str | None:
    """Why the farm needs its only OAuth server beside clients; None where it does not."""
    if "partner_applications" not in farm:
        return "this endpoint does not tell the partner applications, and it is the only OAuth server that they can take tokens from"
    users = [f"partner application {one['identity']}" for one in farm["partner_applications"] if one["use_oauth_server"]]
    return f"{', '.join(users)} takes its tokens from an OAuth server, and it is the only one" if users else None


def _names_off(made: Plan, settings: Settings, farm: Reading, tenant: Tenant, neighbours: Neighbours, *, stays_on: bool) -> None:
    app_id = settings.skype_application_id
    own, shared = _hosts(settings, farm), neighbours.needed_by_clients_of_others()
    untold = "web_services" in (farm.get("unknown") or ())
    wanted = _wanted_by_configure(settings, farm)
    going = []
    for name, host in client_names.of_farms(app_id, tenant.principals["service_principals"]):
        if not client_names.is_url(name):
            continue
        if host not in own:
            if not untold:  # otherwise all that is not known is said at once
                made.left.append(Left(f"name {name} of service principal {app_id}", _why_not_own(name, neighbours)))
            continue
        why = client_names.NEEDED if stays_on else wanted.get(name.lower())
        if why is None and name.lower() in shared:
            why = f"deployment {shared[name.lower()]} has it too, for its clients or for configure; once neither needs it, run again"
        if why is None:
            going.append(name)
        else:
            made.left.append(Left(f"name {name} of service principal {app_id}", why))
    if going and neighbours.unnamed:
        made.warnings.append(
            f"Deployment {', '.join(neighbours.unnamed)} was not read in this run. If it is of this tenant and has the same names, what "
            "goes is gone for it too: run without --limit, or audit it afterwards."
        )
    if untold:
        why = "this endpoint does not tell the topology, so only the names of trust_external_fqdns are known as the farm's"
        made.left.append(Left("names of the Web services", why, decide=True))
    if app_id in (tenant.principals.get("missing") or ()):  # without it there are no names
        return
    (principal,) = _principal(settings, tenant)
    planned = plans.names(principal, going, "absent", app_id)
    arguments = {"app_id": app_id, "names": going, "state": "absent", "wait_timeout": settings.wait_timeout}
    made.add("names", merged([planned]), arguments)


def _why_not_own(name: str, neighbours: Neighbours) -> str:
    another = neighbours.names_of_others().get(name.lower())
    if another:
        return f"it is of deployment {another}"
    return "its host is not in the farm's topology; if a pool had it that is gone, sp_names with state absent removes it"


def _wanted_by_configure(settings: Settings, farm: Reading) -> dict[str, str]:
    """The names that configure adds, in lower case, each with why: it would add again what goes here."""
    app_id, given = settings.skype_application_id, settings.external_fqdns
    external = given or discovery.external_fqdns(farm)
    names = discovery.wanted_names(app_id, external, discovery.internal_fqdns(farm), settings.name_form)
    said = f"trust_name_form is {settings.name_form}" if settings.name_form != "procedure" else "trust_external_fqdns has it"
    return {name.lower(): f"configure adds it, since {said}" for name in names}
