# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision of a configure run: what is settled, each step's changes and losses, the obstacles. Private to the collection.

It is pure: over the settings, what every server and the tenant showed, and the time. Its steps come from the planners that the modules
which write use themselves, so a run does what this plan says, check mode shows it, and an audit's differences are its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_configuration, oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import OnpremApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import farms_host
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import (
    client_names,
    discovery,
    existing,
    fitness,
    onprem_partners,
    refused,
    steps,
    usable,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Obstacle,
    Reading,
    Tenant,
    Unread,
    split_obstacles,
    unchecked_warnings,
    unread_obstacles,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.refused import Refusal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import Loss, Step, merged
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.withdrawal import taken_back
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import (
    Certificate,
    check_usable,
    first_use,
    long_enough,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told_certificate import as_option, from_row

_UNNAMED = (
    "trust_names_exact_domains: no name of {domains} is removed, since the names of deployment {deployments} were not read in this run. "
    "Run with its servers too, or give trust_tenant_id on them if it is another tenant's."
)


class _Options(dict[str, Any]):
    """A module's options as they are after its defaults: what was not given is there as None."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass(frozen=True)
class Facts:
    """What the trust is built from. certificate: the one that is put into the tenant first, named; None where there is none.

    names: the whole service principal names. external_fqdns, internal_fqdns: of the topology.
    """

    tenant_id: str | None
    certificate: Mapping[str, Any] | None
    external_fqdns: tuple[str, ...]
    internal_fqdns: tuple[str, ...]
    names: tuple[str, ...]
    sip_domains: tuple[str, ...]


@dataclass
class Plan:
    """facts: what is settled. steps: in their order, as far as they could be planned. arguments: the options of the modules, by step.

    Where there are obstacles, nothing may be written but what held() leaves. refused: the applications on whose service principals the
    tenant refuses a certificate.
    """

    facts: Facts
    steps: list[Step] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def refuse(self, found: Sequence[Refusal]) -> None:
        """Take in what the tenant refuses: what is certain stands in the way, the rest is a warning."""
        self.obstacles += refused.obstacles(found)
        self.warnings += refused.warnings(found)
        self.refused |= {one.app_id for one in found if one.certain}

    def due(self, name: str) -> bool:
        return any(step.name == name and step.change.changed for step in self.steps)

    def add(self, step: Step, arguments: Mapping[str, Any]) -> None:
        self.steps.append(step)
        self.arguments[step.name] = dict(arguments)


def plan(settings: Settings, deployment: Deployment, tenant: Tenant | Unread, now: datetime, neighbours: Neighbours | None = None) -> Plan:
    """The plan. now: the controller's clock, aware. neighbours: the other deployments of the tenant.

    Raises HybridAuthError only where what was read is damaged; whatever else is wrong becomes an obstacle.
    """
    farm = None if isinstance(deployment.leading, Unread) else discovery.checked_farm("onprem", deployment.leading)
    path = settings.certificate_path
    given = None if path is None else load_certificate_file("trust_certificate_path", path)
    made = Plan(_facts(settings, farm, tenant, given))
    made.obstacles += server_obstacles(settings, deployment)
    made.warnings += _farm_warnings(settings, deployment, farm, given)
    made.obstacles += [*tenant_obstacles(settings, tenant), *account_obstacles(settings, tenant)]
    if not made.facts.names:
        made.obstacles += _no_names(deployment, farm)
    if not isinstance(tenant, Unread):
        _plan_tenant(made, settings, deployment, tenant, given, now, neighbours or Neighbours())
    if farm is not None:
        _plan_farm(made, settings, farm, tenant, now)
    return made


def held(
    settings: Settings, deployment: Deployment, tenant: Tenant | Unread, now: datetime, neighbours: Neighbours | None = None
) -> Plan | None:
    """What is done of the plan in spite of its obstacles: where there is a trust, the tenant gets what signs and what is to sign.

    Otherwise the tokens of a farm that works would be refused because of a name, a pool or one server. Nothing is removed. None where
    nothing of the kind is due, or where it is not sure that this is the tenant.
    """
    if isinstance(tenant, Unread) or tenant_obstacles(settings, tenant) or not existing.is_there(settings, deployment, tenant):
        return None
    settings = replace(settings, remove_expired=False)
    made = plan(settings, deployment, tenant, now, neighbours)
    if settings.skype_application_id in made.refused:
        return None
    if made.refused:  # what the farm presents itself as gets it all the same
        other = plan(replace(settings, exchange_credential=False), deployment, tenant, now, neighbours)
        made = replace(made, steps=other.steps, arguments=other.arguments)
    made.steps = [step for step in made.steps if step.name == "certificate" and step.change.changed]
    return made if made.steps else None


def server_obstacles(settings: Settings, deployment: Deployment, *, names: bool = True) -> list[Obstacle]:
    """What keeps the servers from carrying the trust. Configuration and rotation ask the same; names: whether external names are needed."""
    return [
        *unread_obstacles(deployment),
        *fitness.untold_obstacles(
            deployment, names_given=not names or bool(settings.external_fqdns), certificate_given=settings.certificate_path is not None
        ),
        *fitness.certificate_obstacles(deployment),
        *fitness.difference_obstacles(deployment),
        *fitness.agreement_obstacles(deployment),
    ]


def tenant_obstacles(settings: Settings, tenant: Tenant | Unread) -> list[Obstacle]:
    """The tenant that was not read, or that is another one than was named."""
    if isinstance(tenant, Unread):
        return [Obstacle("tenant", tenant.why)]
    named = {
        "trust_tenant_id is": settings.tenant_id,
        "trust_metadata_url names tenant": oauth_server.tenant_in(settings.metadata_url),
        "trust_modern_authentication_metadata_url names tenant": oauth_server.tenant_in(settings.modern_authentication_metadata_url),
    }
    return [
        Obstacle(
            "tenant",
            f"{words} {other}, but the sign-in is for tenant {tenant.tenant_id}.",
            f"Correct {words.partition(' ')[0]}, or sign in to the tenant it names.",
        )
        for words, other in named.items()
        if other and other != tenant.tenant_id
    ]


def account_obstacles(settings: Settings, tenant: Tenant | Unread) -> list[Obstacle]:
    """That the service principal as which the farm presents itself is disabled, so that no certificate on it serves."""
    if isinstance(tenant, Unread):
        return []
    app_id = settings.skype_application_id
    if not any(one["app_id"] == app_id and one["account_enabled"] is False for one in tenant.principals["service_principals"]):
        return []
    return [
        Obstacle(
            "tenant",
            f"Service principal {app_id} is disabled, so the tenant refuses every token of the farm.",
            f"Find out who disabled it and why; sp_account with app_id {app_id} and enabled true enables it. Run again.",
        )
    ]


def disabled_problems(settings: Settings, tenant: Tenant | Unread) -> list[str]:
    """That the service principal of Exchange Online is disabled although it should not be, with what to do; a roll goes on beside it."""
    if isinstance(tenant, Unread) or not settings.exchange_enabled:
        return []
    app_id = settings.exchange_application_id
    if not any(one["app_id"] == app_id and one["account_enabled"] is False for one in tenant.principals["service_principals"]):
        return []
    return [
        f"Service principal {app_id} is disabled, so the tenant refuses every token for Exchange Online. Run the playbook configure, which "
        "enables it, or set trust_exchange_enabled to false where this is meant."
    ]


def removal_obstacles(settings: Settings, deployment: Deployment, tenant: Tenant | Unread) -> list[Obstacle]:
    """What keeps a removal from knowing what is the deployment's."""
    unread = [
        Obstacle(
            obstacle.subject,
            f"{obstacle.problem} So it is not known which certificates {obstacle.subject} has.",
            obstacle.remedy,
        )
        for obstacle in unread_obstacles(deployment)
    ]
    return [*split_obstacles(deployment), *unread, *tenant_obstacles(settings, tenant)]


def _facts(settings: Settings, farm: Reading | None, tenant: Tenant | Unread, certificate: Certificate | None) -> Facts:
    external = tuple(discovery.external_fqdns(farm)) if farm is not None else ()
    internal = tuple(discovery.internal_fqdns(farm)) if farm is not None else ()
    given = settings.external_fqdns
    return Facts(
        tenant_id=settings.tenant_id if isinstance(tenant, Unread) else tenant.tenant_id,
        certificate=_named_certificate(farm, certificate),
        external_fqdns=external,
        internal_fqdns=internal,
        names=tuple(discovery.wanted_names(settings.skype_application_id, given or external, internal, settings.name_form)),
        sip_domains=tuple(discovery.sip_domains(farm)) if farm is not None else (),
    )


def _named_certificate(farm: Reading | None, given: Certificate | None) -> dict[str, Any] | None:
    if given is not None:
        return {**given.shown(), "effective_date": None, "source": "file"}
    there = farm.get("certificate") if farm else None
    if not there:
        return None
    return {**{name: there.get(name) for name in ("thumbprint", "subject", "not_after", "effective_date")}, "source": "server"}


def _farm_warnings(settings: Settings, deployment: Deployment, farm: Reading | None, given: Certificate | None) -> Iterable[str]:
    yield from unchecked_warnings(deployment)
    yield from fitness.unproved_warnings(deployment)
    if farm is None:
        return
    yield from discovery.unusable_names(farm)
    if settings.external_fqdns:
        yield from discovery.name_warnings(settings.skype_application_id, farm, settings.external_fqdns)
    if given is not None and "signing" in farm:
        differs = discovery.certificate_warning(farm, given.thumbprint)
        if differs:
            yield differs


def _no_names(deployment: Deployment, farm: Reading | None) -> list[Obstacle]:
    if farm is None or "web_services" in (farm.get("unknown") or ()):  # said already
        return []
    usable = " that is a host name" if any(one.kind == "external" for one in discovery.unusable(farm)) else ""
    return [
        Obstacle(
            deployment.subject,
            f"Deployment {deployment.name}: no pool has an external Web services FQDN{usable}.",
            "Set it in the topology (Set-CsWebServer -ExternalFqdn), or give trust_external_fqdns, and run again.",
        )
    ]


def _plan_tenant(
    made: Plan,
    settings: Settings,
    deployment: Deployment,
    tenant: Tenant,
    given: Certificate | None,
    now: datetime,
    neighbours: Neighbours,
) -> None:
    """The steps in the tenant, as far as it has the service principals."""

    def principals(*app_ids: str) -> list[ServicePrincipal]:
        return service_principal.in_reading(tenant.principals, app_ids, settings.named_app_ids)

    def certificate() -> None:
        # The lead's first; another server may sign with another one as long as replication takes.
        signings = [one["signing"] for one in deployment.read.values() if "signing" in one] if given is None else []
        certificates, forms = _certificates(signings, given, now)
        arguments: dict[str, Any] = {
            "app_ids": list(settings.credential_app_ids),
            "remove_expired": settings.remove_expired,
            "wait_timeout": settings.wait_timeout,
        }
        if settings.certificate_path is not None:
            arguments["certificate_path"] = settings.certificate_path
        else:
            arguments["certificates"] = forms
        if not certificates:  # which an obstacle of the servers says
            return
        holders = principals(*settings.credential_app_ids)
        valid_at = usable.staged_at(signings, now)
        horizon = now + timedelta(days=settings.rotation_warn_days)
        for one in certificates:
            begin = first_use(now, one.not_before, valid_at.get(one.thumbprint))
            moment = usable.needed_at(holders, one.thumbprint, begin, one.not_after, horizon)
            if moment != begin:
                valid_at[one.thumbprint] = moment
        arguments["valid_at"] = {thumbprint: utc_text(moment) for thumbprint, moment in valid_at.items()}
        arguments["display_names"] = neighbours.display_names((one.thumbprint for one in certificates), now)
        request = CredentialRequest(
            present=True,
            certificates=certificates,
            remove_expired=settings.remove_expired,
            valid_at=valid_at,
            display_names=arguments["display_names"],
        )
        planned = [plans.credentials(one, request, now) for one in holders]
        warnings = (service_principal.shared_principal_warning(now),) if EXCHANGE_ONLINE in settings.credential_app_ids else ()
        made.refuse(refused.of_plans(tenant.refusals, planned, now, _self_signed(certificates), pending=_pending(signings)))
        losses = tuple(removal for one in planned for removal in one.removals)
        made.add(Step("certificate", merged(planned), losses, warnings), arguments)

    def withdrawal() -> None:
        found = service_principal.from_current(tenant.principals, settings.withdrawn_app_ids)
        step, arguments = taken_back(settings, found or (), usable.farms_certificates(deployment.read.values()), neighbours, now)
        if step.change.changed or step.warnings:
            made.add(step, arguments)
            made.warnings += step.warnings

    def account() -> None:
        app_id = settings.exchange_application_id
        planned = [plans.account(one, enabled=True) for one in principals(app_id)]
        made.add(Step("account", merged(planned)), {"app_id": app_id, "enabled": True, "wait_timeout": settings.wait_timeout})

    def names() -> None:
        (principal,) = principals(settings.skype_application_id)
        step, arguments = _names_step(settings, made.facts.names, principal, neighbours, _names_of_clients(settings, deployment, tenant))
        made.add(step, arguments)
        made.warnings += step.warnings

    there = _there(made, settings, tenant)
    if there.issuperset(settings.credential_app_ids):
        _attempt(made, certificate)
    if settings.withdrawn_app_ids:
        _attempt(made, withdrawal)
    if settings.exchange_enabled and settings.exchange_application_id in there:
        _attempt(made, account)
    if made.facts.names and settings.skype_application_id in there:
        _attempt(made, names)


def _there(made: Plan, settings: Settings, tenant: Tenant) -> set[str]:
    """The applications whose service principals the tenant has. Those that it lacks and a step needs are one obstacle."""
    needed = [*settings.credential_app_ids, *([settings.exchange_application_id] if settings.exchange_enabled else [])]

    def whole() -> None:
        service_principal.in_reading(tenant.principals, list(dict.fromkeys(needed)), settings.named_app_ids)

    _attempt(made, whole)
    return {str(one["app_id"]).lower() for one in tenant.principals["service_principals"]}


def _names_of_clients(settings: Settings, deployment: Deployment, tenant: Tenant) -> list[str]:
    """The farm's names that stay in an exact domain since hybrid modern authentication is on; in what form others are wanted is its own."""
    farm, app_id = deployment.leading, settings.skype_application_id
    if isinstance(farm, Unread) or "oauth_configuration" not in farm:  # which an obstacle says
        return []
    own = client_names.hosts(app_id, farm, settings.external_fqdns)
    there = client_names.of_farms(app_id, tenant.principals["service_principals"])
    return [name for name, host in there if host in own and client_names.are_needed(farm["oauth_configuration"], name)]


def _names_step(
    settings: Settings, wanted: Sequence[str], principal: ServicePrincipal, neighbours: Neighbours, clients: Sequence[str]
) -> tuple[Step, dict[str, Any]]:
    """The names of the Web services, and the options of sp_names. Where other deployments have names in an exact domain, they stay.

    clients: names that clients ask for, which stay too.
    """
    app_id, domains = settings.skype_application_id, settings.names_exact_domains
    unnamed = ", ".join(neighbours.unnamed) if domains else ""
    state = "exact" if domains and not unnamed else "present"
    keep = [name for name in (*neighbours.names_of_others(), *clients) if farms_host(app_id, name, domains)] if state == "exact" else []
    planned = plans.names(principal, wanted, state, app_id, domains, keep)
    arguments = {"app_id": app_id, "names": list(wanted), "state": state, "wait_timeout": settings.wait_timeout}
    if state == "exact":
        arguments |= {"domains": list(domains), "keep": keep}
    warnings = (_UNNAMED.format(domains=", ".join(domains), deployments=unnamed),) if unnamed else ()
    return Step("names", merged([planned]), planned.removals, warnings), arguments


def _plan_farm(made: Plan, settings: Settings, farm: Reading, tenant: Tenant | Unread, now: datetime) -> None:
    """The steps on the farm, as far as its objects were read and the tenant is known."""
    losses: list[Loss] = []

    def server() -> None:
        arguments: dict[str, Any] = {"name": settings.oauth_server_name}
        if settings.metadata_url:
            arguments["metadata_url"] = settings.metadata_url
        elif made.facts.tenant_id and not isinstance(tenant, Unread):
            arguments |= {"tenant_id": made.facts.tenant_id, "cloud": tenant.cloud}
        else:
            return
        wanted = oauth_server.wanted(_Options(arguments))
        name, tenant_id = settings.oauth_server_name, made.facts.tenant_id
        lost = steps.server_losses(farm, name, tenant_id, wanted["metadata_url"]) if tenant_id else []
        change = oauth_server.plan(farm["oauth_servers"], settings.oauth_server_name, wanted).change
        _add(made, "oauth_server", change, lost, losses, arguments)

    def onprem_application(wished: OnpremApplication) -> None:
        wanted = partner_application.wanted(_Options(wished.arguments), now)
        lost = onprem_partners.losses(farm["partner_applications"], wished)
        change = partner_application.plan(farm["partner_applications"], wished.name, wanted).change
        _add(made, wished.product.step, change, lost, losses, wished.arguments)

    def applications() -> None:
        # The on-premises ones first: one of them may have the name that Exchange Online takes over.
        for wished in settings.onprem_applications:
            _attempt(made, partial(onprem_application, wished))
        _attempt(made, application)

    def application() -> None:
        arguments = {
            "name": settings.partner_application_name,
            "application_id": settings.exchange_application_id,
            "trust_level": settings.partner_application_trust_level,
            "use_oauth_server": True,
            "enabled": True,
        }
        wanted = partner_application.wanted(_Options(arguments), now)
        lost = onprem_partners.losses_to_exchange_online(settings, farm["partner_applications"], wanted)
        change = partner_application.plan(farm["partner_applications"], settings.partner_application_name, wanted).change
        _add(made, "partner_application", change, lost, losses, arguments)

    def configuration() -> None:
        arguments = {
            name: list(value) if isinstance(value, tuple) else value
            for name in ("service_name", "exchange_autodiscover_url", "exchange_autodiscover_allowed_domains")
            if (value := getattr(settings, name)) is not None
        }
        wanted = oauth_configuration.wanted(_Options(arguments))
        known = (SKYPE_FOR_BUSINESS_ONLINE, settings.skype_application_id)
        lost = steps.configuration_losses(farm, wanted, known)
        change = oauth_configuration.plan(farm["oauth_configuration"], wanted).change
        _add(made, "oauth_configuration", change, lost, losses, arguments)

    for part, decide in (("oauth_servers", server), ("partner_applications", applications), ("oauth_configuration", configuration)):
        if part in farm:
            _attempt(made, decide)
    made.obstacles += steps.takeover_obstacles(losses, settings.takeover)


def _add(made: Plan, name: str, change: Change, lost: list[Loss], losses: list[Loss], arguments: Mapping[str, Any]) -> None:
    lost = lost if change.changed else []
    losses += lost
    made.add(Step(name, change, tuple(loss.what for loss in lost)), arguments)


def _attempt(made: Plan, decide: Callable[[], None]) -> None:
    """What one step cannot be planned for is an obstacle, and the others are planned all the same."""
    try:
        decide()
    except HybridAuthError as exc:
        made.obstacles.append(Obstacle("plan", exc.message, exc.remedy))


def _self_signed(certificates: Iterable[Certificate]) -> set[str]:
    return {one.thumbprint for one in certificates if one.self_signed}


def _pending(signings: Iterable[Signing]) -> str | None:
    """The thumbprint of the certificate that is staged; None where no roll is pending."""
    return next((str(one["next"]["thumbprint"]).upper() for one in signings if one["next"]), None)


def _certificates(
    signings: Sequence[Signing], given: Certificate | None, now: datetime
) -> tuple[tuple[Certificate, ...], list[str | dict[str, Any]]]:
    """The given one, or those that sign and those that are staged, and as what sp_credential takes them.

    What cannot sign, as an obstacle says, stays out of the tenant.
    """
    if given is not None:
        check_usable("trust_certificate_path", given, now)
        return (given,), [given.content]
    rows = [row for signing in signings for row in (signing["current"], signing["next"]) if row and not row["expired"]]
    loaded = [(from_row("certificate", row), row) for row in rows if row["content"]]
    there = {one.thumbprint: (one, row) for one, row in loaded if one.not_after > now and long_enough(one.key_type, one.key_size)}
    return tuple(one for one, _row in there.values()), [as_option(row) for _one, row in there.values()]
