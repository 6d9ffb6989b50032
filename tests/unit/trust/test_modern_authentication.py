# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hybrid modern authentication as one switch: on in an order that strands no client, off without what others need."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import client_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import modern_authentication as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.modern_authentication import Plan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Tenant, Unread
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings

from ..support import run_action
from .test_discovery import SKYPE, TENANT, farm, service

LEAD, SECOND = "fe01.contoso.com", "fe02.contoso.com"
OTHER = "6699c5fe-0000-4000-8000-000000000001"
DOCUMENTED = "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml"
OWN, ANOTHERS = DOCUMENTED.replace("common", TENANT), DOCUMENTED.replace("common", OTHER)
ADFS = "https://sts.contoso.com/FederationMetadata/2007-06/FederationMetadata.xml"
GIVEN = "trust_modern_authentication_metadata_url gives"
ASKED = [f"https://{host}.contoso.com/" for host in ("webext", "webint", "se01")]
ORDER = ["names", "oauth_server", "oauth_configuration"]
State = dict[str, Any]


def server(identity: str = "evoSTS", url: str = DOCUMENTED, kind: str | None = "AzureAD", accepted: bool = True) -> dict[str, Any]:
    return {
        "identity": identity,
        "name": identity,
        "issuer_identifier": "sts.windows.net",
        "realm": None,
        "metadata_url": url,
        "authorization_uri_override": None,
        "type": kind,
        "accept_security_identifier_information": accepted,
    }


STS = {**server("microsoft.sts", f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1", "Acs", False), "realm": TENANT}


def state(servers: Any = (STS,), switch: str | None = None, names: Any = (), **changed: Any) -> State:
    """A farm as onprem_info reads it, and the names on the tenant's principal."""
    configuration: dict[str, Any] = {
        "identity": "Global",
        "service_name": SKYPE,
        "realm": None,
        "exchange_autodiscover_url": None,
        "exchange_autodiscover_allowed_domains": [],
        "client_authorization_oauth_server": switch,
        "client_adal_auth_override": "NoOverride",
        "alternate_audience_url": None,
        "additional_audience_urls": [],
    }
    application = {"identity": "microsoft.exchange", "use_oauth_server": True, "application_id": "x"}
    read = farm(oauth_servers=list(servers), partner_applications=[application], oauth_configuration=configuration, **changed)
    return {"farm": read, "names": [SKYPE, "Microsoft.Lync", *names]}


def tenant(made: State, **changed: Any) -> Tenant:
    principal = {
        "id": "1",
        "app_id": SKYPE,
        "display_name": "Skype for Business Online",
        "account_enabled": True,
        "names": list(made["names"]),
        "key_credentials": [],
        "password_credentials": [],
        **changed,
    }
    return Tenant(TENANT, "global", {"service_principals": [principal], "missing": []})  # type: ignore[typeddict-item]


def decide(made: State, others: Neighbours | None = None, /, in_tenant: Any = None, readings: Any = None, **settings: Any) -> Plan:
    named = {
        name if name in ("takeover", "name_form", "external_fqdns") else f"modern_authentication_{name}": one
        for name, one in settings.items()
    }
    read = {LEAD: made["farm"], **(readings or {})}
    deployment = Deployment("contoso", LEAD, tuple(read), (), read)
    return subject.plan(Settings(**named), deployment, in_tenant or tenant(made), others)


def done(made: State, plan: Plan) -> Iterator[State]:
    """The state after each of the plan's steps, as the modules leave it."""
    now = copy.deepcopy(made)
    for step in plan.steps:
        given = plan.arguments[step.name]
        if step.name == "names":
            wanted = {name.lower() for name in given["names"]}
            kept = [name for name in now["names"] if name.lower() not in wanted or given["state"] == "present"]
            there = {name.lower() for name in kept}
            new = [name for name in given["names"] if name.lower() not in there] if given["state"] == "present" else []
            now["names"] = [*kept, *new]
        elif step.name == "oauth_server":
            servers = now["farm"]["oauth_servers"]
            found = next((one for one in servers if one["identity"].lower() == given["name"].lower()), None)
            if given.get("state") == "absent":
                now["farm"]["oauth_servers"] = [one for one in servers if one is not found]
            else:
                told = {name: given[name] for name in ("metadata_url", "type", "accept_security_identifier_information")}
                if found is None:
                    servers.append({**server(given["name"]), **told})
                else:
                    found.update(told)
        else:
            now["farm"]["oauth_configuration"] |= {name: one or None for name, one in given.items()}
        yield copy.deepcopy(now)


def stranded(now: State) -> list[str]:
    """What clients lack, if they are sent to evoSTS."""
    if str(now["farm"]["oauth_configuration"]["client_authorization_oauth_server"]).lower() != "evosts":
        return []
    known = {name.lower() for name in now["names"]}
    identities = [one["identity"].lower() for one in now["farm"]["oauth_servers"]]
    return [*(name for name in ASKED if name not in known), *([] if "evosts" in identities else ["evoSTS"])]


own_server = st.builds(
    server,
    st.sampled_from(["evoSTS", "EVOSTS"]),
    st.sampled_from([DOCUMENTED, OWN, DOCUMENTED.lower(), ANOTHERS, ADFS]),
    st.sampled_from(["AzureAD", "AzureAd", "ADFS", None]),
    st.booleans(),
)
servers = st.builds(
    lambda own, sts, other: [*sts, *other, *own],
    st.lists(own_server, max_size=1),
    st.sampled_from([[], [STS]]),
    st.sampled_from([[], [server("sts.contoso.com", ADFS, "ADFS", False)]]),
)
FOREIGN = [
    f"{SKYPE}/webext.contoso.com",
    "https://webext.fabrikam.com/",
    "https://api.skypeforbusiness.com/",
    "https://webext.contoso.com/x",
]
names = st.lists(st.sampled_from([*ASKED, "https://WEBINT.contoso.com/", "https://se01.contoso.com", *FOREIGN]), unique_by=str.lower)
states = st.builds(state, servers, st.sampled_from([None, "", "evoSTS", "EvoSts", "sts.contoso.com"]), names)


@given(states, st.sampled_from([(), ("evoSTS", "STS.contoso.com")]))
def test_on_everything_that_clients_need_is_there_before_they_are_sent_there(made: State, takeover: tuple[str, ...]) -> None:
    plan = decide(made, takeover=takeover)
    assert [step.name for step in plan.steps] == ORDER
    if plan.obstacles:
        assert takeover == ()
        assert subject.held(plan) is None
        return
    was_on = stranded(made) or made["farm"]["oauth_configuration"]["client_authorization_oauth_server"]
    between = list(done(made, plan))
    assert was_on or all(stranded(one) == [] for one in between)
    last = between[-1]
    assert stranded(last) == []
    assert set(made["names"]) <= set(last["names"])
    (ours,) = [one for one in last["farm"]["oauth_servers"] if one["identity"].lower() == "evosts"]
    assert subject.flaws(ours, TENANT, "global", None) == []
    assert [one for one in last["farm"]["oauth_servers"] if one is not ours] == [
        one for one in made["farm"]["oauth_servers"] if one["identity"].lower() != "evosts"
    ]
    again = decide(last, takeover=takeover)
    assert [step.change.changed for step in again.steps] == [False] * 3
    assert again.obstacles == []


@given(states, st.sampled_from(["procedure", "url", "both"]), st.sampled_from([(), ("evoSTS", "STS.contoso.com")]))
def test_off_the_switch_goes_first_and_only_what_nothing_else_needs(made: State, form: str, takeover: tuple[str, ...]) -> None:
    plan = decide(made, state="absent", name_form=form, takeover=takeover)
    assert plan.obstacles == []
    assert [step.name for step in plan.steps] == [name for name in reversed(ORDER) if name in plan.arguments]
    between = list(done(made, plan))
    assert stranded(made) or all(stranded(one) == [] for one in between)
    last = between[-1]
    switch = last["farm"]["oauth_configuration"]["client_authorization_oauth_server"]
    assert str(switch or "").lower() != "evosts"
    if switch:  # another product's
        assert takeover == ()
    gone = {name.lower() for name in made["names"]} - {name.lower() for name in last["names"]}
    assert not gone & {name.lower() for name in FOREIGN}
    if form != "procedure" or switch:
        assert not gone & set(ASKED)
    else:
        assert not set(ASKED) & {name.lower() for name in last["names"]}
    there, left = made["farm"]["oauth_servers"], last["farm"]["oauth_servers"]
    assert [one for one in left if one["identity"].lower() != "evosts"] == [one for one in there if one["identity"].lower() != "evosts"]
    for one in there:
        if one["identity"].lower() == "evosts" and one not in left and not takeover:
            assert one["metadata_url"].lower() in (DOCUMENTED.lower(), OWN.lower())
    said = {one.what for one in plan.left}
    for one in left:
        assert one["identity"].lower() != "evosts" or f"OAuth server {one['identity']}" in said
    again = decide(last, state="absent", name_form=form, takeover=takeover)
    assert not any(step.change.changed for step in again.steps)


@given(states)
def test_on_and_off_again_leaves_others_names_and_servers_as_they_were(made: State) -> None:
    on = decide(made)
    if on.obstacles:
        return
    middle = list(done(made, on))[-1]
    last = list(done(middle, decide(middle, state="absent")))[-1]
    others = [name for name in made["names"] if not (client_names.is_url(name) and name.lower().rstrip("/") + "/" in ASKED)]
    assert last["names"] == others


@pytest.mark.parametrize(
    ("made", "owner", "lost"),
    [
        (state([STS, server(url=ANOTHERS)]), "evoSTS", ANOTHERS),
        (state([STS, server(url=ADFS, kind="ADFS")]), "evoSTS", ADFS),
        (state(switch="sts.contoso.com"), "sts.contoso.com", "ClientAuthorizationOAuthServerIdentity sts.contoso.com"),
    ],
)
def test_what_is_anothers_is_an_obstacle_until_its_takeover_is_asked_for(made: State, owner: str, lost: str) -> None:
    (obstacle,) = decide(made).obstacles
    assert lost in obstacle.problem
    assert f"(trust_modern_authentication_server), or have it taken over with trust_takeover: [{owner}]" in obstacle.remedy
    taken = decide(made, takeover=(owner,))
    assert taken.obstacles == []
    assert [loss for step in taken.steps for loss in step.losses if lost in loss]


def test_the_tenants_own_metadata_stays_and_what_is_given_wins() -> None:
    there = state([STS, server(url=OWN)], "evoSTS", ASKED)
    assert not any(step.change.changed for step in decide(there).steps)
    plan = decide(there, metadata_url=DOCUMENTED)
    assert [step.name for step in plan.steps if step.change.changed] == ["oauth_server"]
    acs = state([STS, server(url=STS["metadata_url"])], "evoSTS", ASKED)
    assert decide(acs).arguments["oauth_server"]["metadata_url"] == DOCUMENTED


US = "https://login.microsoftonline.us"
METADATA = [
    DOCUMENTED,
    DOCUMENTED.upper().replace("HTTPS", "https"),
    DOCUMENTED.replace(".net/", ".net:443/"),
    f"{DOCUMENTED}?x=1",
    DOCUMENTED.replace("common", "organizations"),
    DOCUMENTED.replace("https://login.windows.net", US),
    DOCUMENTED.replace("https://login.windows.net", "https://login.chinacloudapi.cn"),
    DOCUMENTED.replace("https", "http"),
    DOCUMENTED.replace("https://", "https://a:b@"),
    OWN,
    OWN.replace("https://login.windows.net", US),
    OWN.replace("https", "http"),
    ANOTHERS,
    ADFS,
    STS["metadata_url"],
    f"{US}/{TENANT}/metadata/json/1",
    f"https://login.windows.net/{TENANT}/.well-known/openid-configuration",
    "no url",
    "",
]


@pytest.mark.parametrize("cloud", ["global", "gcc", "gcc_high", "dod", "china"])
@pytest.mark.parametrize("wished", [None, DOCUMENTED, ADFS])
@pytest.mark.parametrize("url", METADATA)
def test_the_audit_passes_the_metadata_that_a_run_leaves_as_it_is_and_no_other(url: str, wished: str | None, cloud: str) -> None:
    there = server(url=url)
    made = state([STS, there], "evoSTS", ASKED)
    plan = decide(made, in_tenant=Tenant(TENANT, cloud, tenant(made).principals), metadata_url=wished, takeover=("evoSTS",))
    stays = "oauth_server" in plan.arguments and not plan.due("oauth_server")
    asked = TENANT, cloud, wished
    assert (not subject.flaws(there, *asked) and not subject.unknowns(there, *asked)) is stays


def test_whose_metadata_is_wrong_is_said_in_words() -> None:
    def told(url: str, cloud: str = "global", wished: str | None = None) -> str:
        return " and ".join(subject.flaws(server(url=url), TENANT, cloud, wished))

    assert told(f"{DOCUMENTED}?x=1") == f"its metadata URL ({DOCUMENTED}?x=1) is not {DOCUMENTED}, which Microsoft documents"
    assert told(OWN, wished=DOCUMENTED) == f"its metadata URL ({OWN}) is not {DOCUMENTED}, which {GIVEN}"
    other = DOCUMENTED.replace("https://login.windows.net", US)
    assert told(other) == f"its metadata URL ({other}) is another cloud's, and not that of the cloud global"
    assert "another cloud's" in told(DOCUMENTED, "dod")
    (unsure,) = subject.unknowns(server(url=other), TENANT, "dod", None)
    assert "trust_modern_authentication_metadata_url" in unsure


def test_names_that_another_deployment_has_stay() -> None:
    other: Any = {
        "deployment": "west",
        "lead": "fe11",
        "read": True,
        "topology": True,
        "here": True,
        "tenant_ids": [TENANT],
        "app_ids": [],
        "overlap_days": None,
        "uses": [],
        "names": ["https://WEBEXT.contoso.com/", "https://webint.contoso.com/", "https://old.contoso.com/"],
        "client_names": ["https://WEBEXT.contoso.com/"],
        "hosts": [],
    }
    made = state([STS, server()], "evoSTS", ASKED)
    plan = decide(made, Neighbours("contoso", (), (other,)), state="absent")
    assert plan.arguments["names"]["names"] == ASKED[1:]
    assert [one.why for one in plan.left] == [
        "deployment west has it too, for its clients or for configure; once neither needs it, run again"
    ]
    gone = decide(
        state([STS, server()], "evoSTS", [*ASKED, "https://old.contoso.com/"]), Neighbours("contoso", (), (other,)), state="absent"
    )
    assert ("name https://old.contoso.com/ of service principal " + SKYPE, "it is of deployment west") in [
        (one.what, one.why) for one in gone.left
    ]
    unread = decide(made, Neighbours("contoso", (), ({**other, "topology": False, "names": [], "client_names": []},)), state="absent")
    assert unread.arguments["names"]["names"] == ASKED
    assert "Deployment west was not read in this run" in unread.warnings[0]


@pytest.mark.parametrize("services", [[service("pool01.contoso.com", "webint.contoso.com", "webext.contoso.com")], []])
def test_names_of_a_pool_that_left_the_topology_are_said(services: list[dict[str, Any]]) -> None:
    plan = decide(state([STS, server()], "evoSTS", ASKED, web_services=services), state="absent")
    gone = [one for one in plan.left if "its host is not in the farm's topology" in one.why]
    expected = ASKED[2:] if services else ASKED
    assert [one.what for one in gone] == [f"name {name} of service principal {SKYPE}" for name in expected]
    assert all("sp_names with state absent removes it" in one.why for one in gone)


def test_the_only_server_stays_where_it_is_not_known_whether_partner_applications_need_it() -> None:
    made = state([server()], "evoSTS", ASKED)
    del made["farm"]["partner_applications"]
    made["farm"]["unknown"] = {"partner_applications": "no cmdlet"}
    plan = decide(made, state="absent")
    (left,) = plan.left
    assert left.decide
    assert (
        "this endpoint does not tell the partner applications, and it is the only OAuth server that they can take tokens from" in left.why
    )
    assert (plan.due("oauth_configuration"), plan.due("oauth_server")) == (True, False)
    beside = state([STS, server()], "evoSTS", ASKED)
    del beside["farm"]["partner_applications"]
    assert decide(beside, state="absent").due("oauth_server")
    assert decide(made, state="absent", takeover=("evoSTS",)).due("oauth_server")


def test_a_server_without_metadata_is_told_so() -> None:
    nameless: Any = {**server(), "metadata_url": None}
    (left,) = decide(state([STS, nameless], "evoSTS", ASKED), state="absent").left
    assert left.why.startswith("it has no metadata URL, so it is not known to be that of tenant")
    assert "None" not in left.why


def test_the_only_server_of_partner_applications_stays() -> None:
    plan = decide(state([server()], "evoSTS", ASKED), state="absent")
    (left,) = plan.left
    assert "microsoft.exchange takes its tokens from an OAuth server, and it is the only one" in left.why
    assert plan.due("oauth_configuration")


@pytest.mark.parametrize("untold", ["oauth_servers", "oauth_configuration", "web_services"])
def test_what_an_endpoint_does_not_tell_stops_the_switch_on(untold: str) -> None:
    made = state([STS, server()], "evoSTS", ASKED)
    del made["farm"][untold]
    made["farm"]["unknown"] = {untold: "no cmdlet"}
    obstacles = decide(made).obstacles
    assert [one.problem for one in obstacles] == [f"{LEAD}: this endpoint does not tell {untold}."]
    off = decide(made, state="absent")
    if untold == "oauth_configuration":
        assert subject.held(off) is None
        return
    assert off.obstacles == []
    assert off.due("oauth_configuration"), "the way back needs no more than the switch"
    assert [one.what for one in off.left if one.decide] == [
        "OAuth server evoSTS" if untold == "oauth_servers" else "names of the Web services"
    ]


def test_without_the_topology_the_given_names_are_all_and_it_is_said() -> None:
    made = state()
    del made["farm"]["web_services"]
    made["farm"]["unknown"] = {"web_services": "no cmdlet"}
    plan = decide(made, external_fqdns=("webext.contoso.com", "webint.contoso.com"))
    assert plan.obstacles == []
    assert plan.names == tuple(ASKED[:2])
    assert "does not tell the topology" in plan.warnings[0]


def test_a_farm_without_web_services_has_no_names_to_ask_for() -> None:
    (obstacle,) = decide(state(web_services=[])).obstacles
    assert "has no Web services" in obstacle.problem


UNUSABLE = "webext.contoso.com:4443"


@pytest.mark.parametrize("value", [UNUSABLE, "web\u00e9xt.contoso.com"])
def test_a_name_that_the_tenant_cannot_know_stops_the_switch_before_a_client_is_sent_there(value: str) -> None:
    pools = [service("pool01.contoso.com", "webint.contoso.com", value), service("se01.contoso.com", None, None)]
    plan = decide(state(web_services=pools))
    (obstacle,) = plan.obstacles
    assert f"gives pool pool01.contoso.com the external Web services FQDN {value!r}" in obstacle.problem
    assert "Correct it in the topology" in obstacle.remedy
    assert decide(state(web_services=pools), state="absent").obstacles == []
    # Where clients are sent there already, the names of the other pools are not held up.
    on = decide(state([STS, server()], "evoSTS", web_services=pools))
    assert (on.obstacles, on.due("names")) == ([], True)
    assert obstacle.problem in on.warnings[0]


def test_a_pool_whose_only_names_cannot_be_used_is_not_said_to_be_none() -> None:
    obstacles = decide(state(web_services=[service("pool01", "", UNUSABLE)])).obstacles
    assert [one.subject for one in obstacles] == ["pool01"] * 2
    assert not any("has no Web services" in one.problem for one in obstacles)


def test_metadata_without_tls_does_not_stay() -> None:
    there = state([STS, server(url=OWN.replace("https", "http"))], "evoSTS", ASKED)
    assert decide(there).arguments["oauth_server"]["metadata_url"] == DOCUMENTED


def test_given_names_are_asked_for_beside_those_of_the_topology() -> None:
    plan = decide(state(), external_fqdns=("lync.contoso.com", f"{SKYPE}/webext.contoso.com"))
    assert plan.names == (ASKED[0], "https://lync.contoso.com/", *ASKED[1:])


def test_a_tenant_that_was_not_read_stops_the_switch_on_and_not_the_way_back() -> None:
    made, unread = state([STS, server()], "evoSTS", ASKED), Unread("AADSTS7000215: the secret is wrong.")
    assert [one.subject for one in decide(made, in_tenant=unread).obstacles] == ["tenant"]
    off = decide(made, in_tenant=unread, state="absent")
    assert [one.subject for one in off.obstacles] == ["tenant"]
    held = subject.held(off)
    assert held is not None
    assert [step.name for step in held.steps] == ["oauth_configuration"]
    assert subject.held(decide(state([STS, server()], None, ASKED), in_tenant=unread, state="absent")) is None


def test_a_principal_that_is_not_there_or_disabled_stops_the_switch_on() -> None:
    made = state()
    lacks = Tenant(TENANT, "global", {"service_principals": [], "missing": [SKYPE]})  # type: ignore[typeddict-item]
    assert f"no service principal for {SKYPE}" in decide(made, in_tenant=lacks).obstacles[0].problem
    disabled = tenant(made, account_enabled=False)
    assert "is disabled" in decide(made, in_tenant=disabled).obstacles[0].problem
    assert decide(made, in_tenant=disabled, state="absent").obstacles == []


def test_without_the_principal_there_are_no_names_to_take_back_and_nothing_is_said_twice() -> None:
    made, lacks = state([STS, server()], "evoSTS", ASKED), {"service_principals": [], "missing": [SKYPE]}
    off = run(made, principals=lacks, state="absent")
    assert (off["obstacles"], off["failure"], off["left"]) == ([], "", [])
    assert off["due"] == {"names": False, "oauth_server": True, "oauth_configuration": True}
    on = run(made, principals=lacks)
    assert on["failed"]
    assert on["msg"].count("Nothing was changed.") == 1
    assert f"az ad sp create --id {SKYPE}" in on["msg"]


def test_every_server_is_needed_to_switch_it_on_and_the_lead_alone_for_the_way_back() -> None:
    gone = Unread(f"{SECOND} could not be reached: timed out.", unreachable=True)
    assert [one.subject for one in decide(state(), readings={SECOND: gone}).obstacles] == [SECOND]
    back = decide(state([STS, server()], "evoSTS", ASKED), readings={SECOND: gone}, state="absent")
    assert (back.obstacles, back.due("oauth_configuration")) == ([], True)
    assert back.warnings == [f"{gone.why} {SECOND} takes over what is switched as soon as it has replicated."]
    for way in ("present", "absent"):
        lost = decide(state(), readings={LEAD: Unread("gone.", unreachable=True)}, state=way)
        assert ([one.subject for one in lost.obstacles], lost.steps) == ([LEAD], [])


def test_metadata_of_another_tenant_and_a_setting_that_keeps_clients_out_are_said() -> None:
    (obstacle,) = [one for one in decide(state(), metadata_url=ANOTHERS).obstacles if one.subject == "tenant"]
    assert f"trust_modern_authentication_metadata_url names tenant {OTHER}" in obstacle.problem
    made = state()
    made["farm"]["oauth_configuration"]["client_adal_auth_override"] = "Disallowed"
    assert "ClientAdalAuthOverride" in decide(made).warnings[0]


@pytest.mark.parametrize("cloud", ["gcc_high", "dod", "china"])
def test_a_cloud_without_documented_metadata_needs_it_given(cloud: str) -> None:
    made = state()
    there = Tenant(TENANT, cloud, tenant(made).principals)
    assert any("documents no federation metadata" in one.problem for one in decide(made, in_tenant=there).obstacles)
    given_url = "https://login.microsoftonline.us/common/FederationMetadata/2007-06/FederationMetadata.xml"
    assert decide(made, in_tenant=there, metadata_url=given_url).obstacles == []
    assert subject.metadata_url(None, "gcc", TENANT, None) == DOCUMENTED


def run(
    made: State,
    obstacles: str = "fail",
    members: Any = None,
    token: Any = None,
    readings: Any = None,
    principals: Any = None,
    check_mode: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """The result of the module over the state. members, readings: what is otherwise of the servers, and what they registered."""
    named = {f"modern_authentication_{name}": one for name, one in settings.items()}
    read = {LEAD: made["farm"], **(readings or {})}
    options = {
        "settings": Settings(**named).as_facts(),
        "members": {"lead": LEAD, "members": list(read), **(members or {})},
        "token": token or {"tenant_id": TENANT, "cloud": "global"},
        "principals": principals or dict(tenant(made).principals),
        "obstacles": obstacles,
    }
    task_vars = {"hostvars": {name: {"_trust_read": one} for name, one in read.items()}}
    return run_action("trust_modern_authentication", options, check_mode=check_mode, task_vars=task_vars)


def test_the_module_tells_steps_arguments_and_which_way_it_goes() -> None:
    on = run(state())
    assert (on["changed"], on["acts"], on["enables"], on["disables"], on["clients"], on["failure"]) == (
        False,
        True,
        True,
        False,
        "evoSTS",
        "",
    )
    assert on["due"] == dict.fromkeys(ORDER, True)
    assert [step["step"] for step in on["steps"]] == ORDER
    assert on["arguments"]["oauth_configuration"] == {"client_authorization_oauth_server": "evoSTS"}
    still = run(state([STS, server()], "evoSTS", ASKED))
    assert (still["acts"], still["enables"], still["disables"]) == (False, False, False)
    off = run(state([STS, server()], "evoSTS", ASKED), state="absent")
    assert (off["enables"], off["disables"], off["clients"]) == (False, True, None)
    another = run(state(switch="sts.contoso.com"), state="absent")
    assert (another["acts"], another["clients"]) == (False, "sts.contoso.com")
    assert another["warnings"] == [f"Kept: {one['what']}. Reason: {one['why']}." for one in another["left"]]


def test_obstacles_fail_the_module_or_are_told_and_the_way_back_is_kept_open() -> None:
    refused = {"failed": True, "msg": "AADSTS7000215: the secret is wrong."}
    made = state([STS, server()], "evoSTS", ASKED)
    failed = run(made, token=refused)
    assert failed["msg"].startswith("Deployment default: AADSTS7000215: the secret is wrong. Nothing was changed.")
    assert [one["subject"] for one in run(made, "return", token=refused)["obstacles"]] == ["tenant"]
    back = run(made, token=refused, state="absent")
    assert (back["disables"], back["due"]) == (True, {"names": False, "oauth_server": False, "oauth_configuration": True})
    assert back["failure"].startswith("Deployment default: AADSTS7000215: the secret is wrong. Clients are no longer sent to the tenant;")
    reads = {"tenant_id": TENANT, "cloud": "global", "permissions": {"kind": "application", "granted": ["Application.Read.All"]}}
    assert "may not write service principals" in run(state(), token=reads)["msg"]
    held = run(made, token=reads, state="absent")
    assert (held["disables"], held["due"]) == (True, {"names": False, "oauth_server": False, "oauth_configuration": True})
    assert "may not write service principals: its Graph permissions are Application.Read.All." in held["failure"]
    assert held["failure"].endswith(subject.ONLY_THE_SWITCH)
    foreseen = run(made, token=reads, state="absent", check_mode=True)
    assert "A run would take back the switch alone" in foreseen["failure"]
    assert subject.ONLY_THE_SWITCH not in foreseen["failure"]
    assert (foreseen["due"], foreseen["ahead"]) == (held["due"], [])
    for one in (back, held, foreseen):  # so that the closing line counts it
        assert one["failure"] in one["warnings"]
    still = run(state([STS, server()], None, ASKED), token=reads, state="absent")
    assert still["failed"]
    assert "Nothing was changed." in still["msg"]
    whole = run(state([STS, server()], "evoSTS"), token=reads, state="absent")
    assert (whole["failure"], whole["due"]["oauth_server"]) == ("", True), "without a name to remove the tenant is not written to"
    later = {"unchecked": [SECOND], "later": [SECOND]}
    for way in ("present", "absent"):
        assert f"{SECOND} would be read in a later batch of the play (serial)" in run(made, members=later, state=way)["msg"]
        absent = {"unchecked": [SECOND], "missing": [SECOND]}
        assert f"trust_front_ends names {SECOND}, which the inventory" in run(made, members=absent, state=way)["msg"]


def test_no_web_service_is_asked_for_twice() -> None:
    made = state(web_services=[service("pool01.contoso.com", "web.contoso.com", "WEB.contoso.com"), service("web.contoso.com", None, "")])
    assert decide(made).names == ("https://web.contoso.com/",)


@pytest.mark.parametrize("takeover", [(), ("evoSTS",)])
def test_the_server_of_the_trust_under_that_name_is_kept_until_its_takeover_is_asked_for(takeover: tuple[str, ...]) -> None:
    acs = {**STS, "identity": "evoSTS", "name": "evoSTS"}
    made = state([acs, server("fabrikam.sts", ADFS)])
    back = decide(made, state="absent", takeover=takeover)
    assert back.due("oauth_server") is bool(takeover)
    assert [one.what for one in back.left if one.what.startswith("OAuth server")] == ([] if takeover else ["OAuth server evoSTS"])
    on = decide(made, takeover=takeover)
    assert bool(on.obstacles) is not bool(takeover)
    (step,) = [one for one in on.steps if one.name == "oauth_server"]
    assert step.losses == (f"metadata URL {STS['metadata_url']}, that of the trust between servers, of OAuth server evoSTS",)
