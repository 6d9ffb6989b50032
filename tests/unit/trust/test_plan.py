# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision of a configure run: what is due, what would be lost, and what stands in the way of all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import expectation
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import plan as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.plan import Plan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Tenant, Unread, check_obstacles
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import taking_back
from tests.lab.state import GREENFIELD
from tests.lab.states import audit as states

from ..estate import Estate

TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
OTHER = "6699c5fe-0000-4000-8000-000000000001"
EXCHANGE, SKYPE = "00000002-0000-0ff1-ce00-000000000000", "00000004-0000-0ff1-ce00-000000000000"
ON_PREMISES = "https://autodiscover.contoso.com/autodiscover/metadata/json/1"
# The settings for which states.right() is right.
RIGHT = {"exchange_credential": False}
STEPS = ["certificate", "account", "names", "oauth_server", "partner_application", "oauth_configuration"]
Decide = Callable[..., Plan]


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """The plan for a state, as the info modules read it."""

    def made(
        state: dict[str, Any], unread: dict[str, Unread] | None = None, tenant: Tenant | Unread | None = None, **settings: Any
    ) -> Plan:
        servers, cloud = Estate(state, tmp_path, monkeypatch).everything()
        readings: dict[str, Any] = {str(one["server"]["name"]): one for one in servers} | (unread or {})
        names = tuple(readings)
        deployment = Deployment("contoso", names[0], names, (), readings)
        return subject.plan(Settings(**settings), deployment, tenant or Tenant(TENANT, "global", cloud), datetime.now(timezone.utc))

    return made


def greenfield() -> dict[str, Any]:
    state: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    return state


def test_an_empty_farm_and_tenant_need_every_step_and_lose_nothing(decide: Decide) -> None:
    plan = decide(greenfield())
    assert plan.obstacles == []
    assert [(step.name, step.change.changed, step.losses) for step in plan.steps] == [(name, True, ()) for name in STEPS]
    assert set(plan.arguments) == set(STEPS)


def test_the_right_state_needs_nothing(decide: Decide) -> None:
    plan = decide(states.right(), **RIGHT)
    assert plan.obstacles == []
    assert [step.name for step in plan.steps if step.change.changed] == []


def exchange_on_premises(state: dict[str, Any]) -> None:
    (application,) = state["deployments"][0]["cms"]["partner_applications"]
    application["AuthToken"] = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.MetadataUrl", "value": ON_PREMISES}


def other_service(state: dict[str, Any]) -> None:
    state["deployments"][0]["cms"]["oauth_configuration"]["ServiceName"] = OTHER


def other_tenant(state: dict[str, Any]) -> None:
    (server,) = state["deployments"][0]["cms"]["oauth_servers"]
    server.update(Realm=OTHER, MetadataUrl=server["MetadataUrl"].replace(TENANT, OTHER))


def url_of_another_tenant(state: dict[str, Any]) -> None:
    (server,) = state["deployments"][0]["cms"]["oauth_servers"]
    server.update(MetadataUrl=server["MetadataUrl"].replace(TENANT, OTHER))


def federation_service(state: dict[str, Any]) -> None:
    (server,) = state["deployments"][0]["cms"]["oauth_servers"]
    server.update(Realm="contoso.com", MetadataUrl="https://sts.contoso.com/FederationMetadata/2007-06/FederationMetadata.xml")


def application_of_another(state: dict[str, Any]) -> None:
    (application,) = state["deployments"][0]["cms"]["partner_applications"]
    application["ApplicationIdentifier"] = OTHER


@pytest.mark.parametrize(
    ("change", "owner", "lost", "step"),
    [
        (exchange_on_premises, "microsoft.exchange", ON_PREMISES, "partner_application"),
        (application_of_another, "MICROSOFT.exchange", OTHER, "partner_application"),
        (other_service, OTHER.upper(), f"ServiceName {OTHER}", "oauth_configuration"),
        (other_tenant, "microsoft.sts", f"realm {OTHER}", "oauth_server"),
        (url_of_another_tenant, "microsoft.sts", OTHER, "oauth_server"),
        (federation_service, "microsoft.sts", "sts.contoso.com", "oauth_server"),
    ],
)
def test_what_is_anothers_is_lost_only_when_its_takeover_is_asked_for(
    decide: Decide, change: Callable[[Any], None], owner: str, lost: str, step: str
) -> None:
    state = states.right()
    change(state)
    stopped = decide(state, **RIGHT)
    (obstacle,) = stopped.obstacles
    assert lost in obstacle.problem
    assert f"trust_takeover: [{obstacle.subject}]" in obstacle.remedy
    assert obstacle.subject.lower() == owner.lower()

    taken = decide(state, takeover=(owner,), **RIGHT)
    assert taken.obstacles == []
    (changed,) = [one for one in taken.steps if one.change.changed]
    assert changed.name == step
    assert any(lost in loss for loss in changed.losses)
    assert lost.rsplit(maxsplit=1)[-1] in json.dumps(changed.change.as_result()["diff"]["before"])


def test_metadata_of_another_tenant_than_the_sign_ins_is_an_obstacle_that_names_both(decide: Decide) -> None:
    url = f"https://accounts.accesscontrol.windows.net/{OTHER}/metadata/json/1"
    (obstacle,) = decide(greenfield(), metadata_url=url).obstacles
    assert obstacle.problem == f"trust_metadata_url names tenant {OTHER}, but the sign-in is for tenant {TENANT}."
    assert obstacle.remedy == "Correct trust_metadata_url, or sign in to the tenant it names."
    assert decide(greenfield(), metadata_url=url.replace(OTHER, TENANT)).obstacles == []


def test_a_step_without_a_change_loses_nothing(decide: Decide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject.steps, "server_losses", lambda *_args: [subject.Loss("a realm", "microsoft.sts")])
    plan = decide(states.right(), **RIGHT)
    assert plan.obstacles == []
    assert [step.losses for step in plan.steps if step.losses] == []


def test_what_one_step_says_of_itself_is_not_said_again_of_the_whole(decide: Decide) -> None:
    state = states.right()
    (application,) = state["deployments"][0]["cms"]["partner_applications"]
    held = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.CertificateData", "value": "AAAA"}
    application.update(ApplicationIdentifier=OTHER, AuthToken=held)
    state["tenants"][0]["service_principals"] = state["tenants"][0]["service_principals"][:1]
    plan = decide(state, **RIGHT)
    assert len(plan.obstacles) == 2
    with pytest.raises(HybridAuthError) as told:
        check_obstacles("contoso", plan.obstacles)
    assert str(told.value).count("Nothing was changed.") == 1
    assert "Remove-CsPartnerApplication -Identity microsoft.exchange" in str(told.value)


def test_clearing_is_shown_with_what_it_loses(decide: Decide) -> None:
    state = states.right()
    state["deployments"][0]["cms"]["oauth_configuration"]["ExchangeAutodiscoverUrl"] = "https://autodiscover.contoso.com/a.svc"
    left = decide(state, **RIGHT)
    assert not any(step.change.changed for step in left.steps)
    cleared = decide(state, exchange_autodiscover_url="", **RIGHT)
    (step,) = [one for one in cleared.steps if one.change.changed]
    assert step.losses == ("ExchangeAutodiscoverUrl https://autodiscover.contoso.com/a.svc of the OAuth configuration",)
    assert cleared.obstacles == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda farm: farm["front_ends"][1].update(store=[]), "fe02.contoso.com: the OAuthTokenIssuer certificate"),
        (lambda farm: farm["cms"].update(token_issuer=None), "is not assigned"),
        (lambda farm: farm["cms"].update(web_services=[]), "no pool has an external Web services FQDN"),
        (lambda farm: farm["certificates"]["issuer"].update(days=-2), "expired on"),
        (lambda farm: farm["certificates"]["issuer"].update(private_key=False), "has no private key in the computer store"),
    ],
)
def test_what_a_server_lacks_is_an_obstacle_that_names_it(decide: Decide, change: Callable[[Any], Any], part: str) -> None:
    state = greenfield()
    change(state["deployments"][0])
    assert part in " ".join(obstacle.text for obstacle in decide(state).obstacles)


def test_all_obstacles_are_said_at_once_with_each_remedy_once(decide: Decide) -> None:
    state = greenfield()
    state["deployments"][0]["certificates"]["issuer"].update(private_key=False)
    state["deployments"][0]["cms"]["web_services"] = []
    with pytest.raises(HybridAuthError) as stopped:
        check_obstacles("contoso", decide(state).obstacles)
    text = str(stopped.value)
    assert text.startswith("Deployment contoso: fe01.contoso.com: the OAuthTokenIssuer certificate")
    assert "no pool has an external Web services FQDN. Nothing was changed." in text
    assert text.count("Import the certificate with its private key there") == 1
    assert len(stopped.value.details["obstacles"]) == 3


def test_a_server_and_a_tenant_that_were_not_read_are_obstacles_and_the_rest_is_planned(decide: Decide) -> None:
    plan = decide(
        greenfield(), {"fe02.contoso.com": Unread("fe02.contoso.com could not be reached: timed out.", True)}, Unread("AADSTS7000215: no.")
    )
    assert [obstacle.subject for obstacle in plan.obstacles] == ["fe02.contoso.com", "tenant"]
    assert "--limit" in plan.obstacles[0].remedy
    assert [step.name for step in plan.steps] == ["partner_application", "oauth_configuration"]


def test_a_tenant_without_a_principal_and_one_that_was_not_named_are_obstacles(decide: Decide) -> None:
    state = greenfield()
    state["tenants"][0]["service_principals"].pop()
    texts = [obstacle.text for obstacle in decide(state, tenant_id=OTHER).obstacles]
    assert any(f"trust_tenant_id is {OTHER}, but the sign-in is for tenant {TENANT}" in text for text in texts)
    assert any(f"no service principal for {EXCHANGE}" in text for text in texts)


def test_a_principal_that_the_tenant_lacks_is_named_alone_and_once_with_its_variable(decide: Decide) -> None:
    plan = decide(greenfield(), skype_application_id=OTHER, exchange_application_id=f"{OTHER[:-1]}0")
    (both,) = [one.text for one in plan.obstacles if "no service principal for" in one.text]
    assert "Check trust_skype_application_id, trust_exchange_application_id and the tenant." in both
    plan = decide(greenfield(), skype_application_id=OTHER)
    (told,) = [one.text for one in plan.obstacles if "no service principal for" in one.text]
    assert f"The tenant has no service principal for {OTHER}. Check trust_skype_application_id and the tenant." in told


def test_names_that_go_are_losses(decide: Decide) -> None:
    state = states.right()
    state["tenants"][0]["service_principals"][0]["servicePrincipalNames"].append(f"{SKYPE}/old.contoso.com")
    (step,) = [one for one in decide(state, names_exact_domains=("contoso.com",), **RIGHT).steps if one.change.changed]
    assert [loss for loss in step.losses if "old.contoso.com" in loss]


@pytest.mark.parametrize("on", [False, True])
def test_names_that_clients_ask_for_go_from_an_exact_domain_only_where_they_are_not_sent_to_the_tenant(decide: Decide, on: bool) -> None:
    state = states.right()
    states.modern(state)
    if not on:
        states.cms(state, "oauth_configuration", ClientAuthorizationOAuthServerIdentity="")
    made = decide(state, names_exact_domains=("contoso.com",), **RIGHT)
    (step,) = [one for one in made.steps if one.name == "names"]
    assert step.change.changed is not on
    assert set(made.arguments["names"]["keep"]) == (set(states.CLIENT_NAMES) if on else set())


def test_the_plan_says_what_the_shared_principal_costs_today(decide: Decide) -> None:
    plan = decide(greenfield())
    (warning,) = plan.steps[0].warnings
    assert taking_back(datetime.now(timezone.utc)) in warning
    assert "CVE-2025-53786" in warning


def test_what_was_not_asked_for_is_no_step(decide: Decide) -> None:
    plan = decide(greenfield(), exchange_credential=False, exchange_enabled=False)
    assert [step.name for step in plan.steps] == [name for name in STEPS if name != "account"]
    assert plan.arguments["certificate"]["app_ids"] == [SKYPE]
    assert plan.steps[0].warnings == ()


@pytest.mark.parametrize(
    ("lacks", "remedy"),
    [
        (["Get-CsPartnerApplication"], "Use a server on which SkypeForBusiness has the cmdlets for it, and run again."),
        (["Get-CsCertificate"], "Use a server on which SkypeForBusiness has the cmdlets for it, and run again."),
        (
            ["Get-CsService"],
            "Give trust_external_fqdns for web_services, or use a server on which SkypeForBusiness has the cmdlets for it, and run again.",
        ),
    ],
)
def test_the_remedy_for_what_a_server_does_not_tell_is_one_that_helps(decide: Decide, lacks: list[str], remedy: str) -> None:
    state = greenfield()
    state["deployments"][0]["front_ends"][0]["lacks"] = lacks
    (obstacle,) = [one for one in decide(state).obstacles if "does not tell" in one.problem]
    assert obstacle.remedy == remedy


def test_a_token_for_exchange_online_is_asked_for_by_the_name_of_the_clouds_own_host(decide: Decide) -> None:
    found, tenant = decide(greenfield()).facts, Unread("not asked")
    for cloud, host in (("global", "outlook.office365.com"), ("dod", "outlook-dod.office365.us")):
        asked = expectation.proof(Settings(prove_exchange=True, cloud=cloud), tenant, found)
        assert (asked["exchange"], asked["resource"]) == (True, f"{EXCHANGE}/{host}")
    unknown = expectation.proof(Settings(prove_exchange=True), tenant, found)
    assert (unknown["exchange"], "resource" in unknown) == (True, False)
    assert not {"exchange", "resource"} & set(expectation.proof(Settings(prove=True), tenant, found))


@pytest.mark.parametrize("takeover", [(), ("microsoft.sts",)])
def test_a_server_that_clients_are_sent_to_is_not_made_that_of_the_trust_unasked(decide: Decide, takeover: tuple[str, ...]) -> None:
    url = "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml"

    def clients(state: dict[str, Any]) -> None:
        deployment = state["deployments"][0]
        deployment["cms"]["oauth_servers"] = [{**deployment["cms"]["oauth_servers"][0], "MetadataUrl": url, "Realm": "", "Type": "AzureAD"}]
        deployment["cms"]["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] = "microsoft.sts"

    state = states.right()
    clients(state)
    made = decide(state, takeover=takeover)
    assert ["clients" in one.problem for one in made.obstacles] == ([] if takeover else [True])
    (step,) = [one for one in made.steps if one.name == "oauth_server"]
    assert step.losses == (f"metadata URL {url}, which clients are sent to, of OAuth server microsoft.sts",)
