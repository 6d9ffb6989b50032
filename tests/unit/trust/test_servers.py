# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who works for a deployment, with serial, with --limit, with several deployments, and where servers were lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.lookup.trust_hosts import LookupModule
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import OtherHosts, matching, patterns
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.servers import (
    Known,
    Run,
    check_agreement,
    check_strategy,
    deployments,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import run_action

FE = ["fe01", "fe02", "fe03", "fe04"]
GROUPS = {"all": ["dc01", *FE], "ungrouped": ["dc01"], "front_ends": FE}


def decide(
    *checked: str,
    deployment: Mapping[str, str] | None = None,
    batch: list[str] | None = None,
    lost: tuple[str, ...] = (),
    told: Mapping[str, str | None] | None = None,
    group: list[str] | None = None,
    hosts: list[str] | None = None,
    limit: str | None = None,
    front_ends: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """The deployments where the settings of these servers were checked; each is of the deployment 'default' unless another is given."""
    hosts = hosts or FE
    run = Run(hosts, [host for host in batch or hosts if host not in lost], [host for host in hosts if host not in lost], limit)
    settings = {host: (deployment or {}).get(host, "default") for host in checked}
    return dict(deployments(run, settings, Known(told or {}, FE if group is None else group, front_ends or {}, FE)))


def test_one_deployment_has_its_first_server_as_lead_and_leaves_none_unchecked() -> None:
    assert decide(*FE) == {"default": {"lead": "fe01", "members": FE, "batch": FE, "lost": [], "unchecked": [], "later": [], "missing": []}}


def test_the_lead_is_the_first_of_the_batch_and_members_are_in_the_order_of_the_play() -> None:
    found = decide(*FE, batch=["fe03", "fe01", "fe04", "fe02"])["default"]
    assert (found["lead"], found["batch"], found["members"]) == ("fe03", ["fe03", "fe01", "fe04", "fe02"], FE)


def test_each_deployment_has_its_own() -> None:
    found = decide(*FE, deployment={"fe01": "b", "fe02": "a", "fe03": "b", "fe04": "a"})
    assert {name: (one["lead"], one["members"]) for name, one in found.items()} == {
        "b": ("fe01", ["fe01", "fe03"]),
        "a": ("fe02", ["fe02", "fe04"]),
    }


def test_with_serial_earlier_batches_are_members_and_later_ones_are_unchecked() -> None:
    first = decide("fe01", "fe02", batch=["fe01", "fe02"])["default"]
    assert (first["lead"], first["members"], first["unchecked"]) == ("fe01", ["fe01", "fe02"], ["fe03", "fe04"])
    second = decide(*FE, batch=["fe03", "fe04"])["default"]
    assert (second["lead"], second["members"], second["batch"], second["unchecked"]) == ("fe03", FE, ["fe03", "fe04"], [])


def test_a_deployment_that_was_done_in_an_earlier_batch_is_not_done_again() -> None:
    assert list(decide("fe01", "fe02", deployment={"fe01": "a", "fe02": "b"}, batch=["fe02"])) == ["b"]


def test_what_limit_leaves_out_is_unchecked() -> None:
    assert decide("fe01", hosts=["fe01"], limit="fe01")["default"]["unchecked"] == ["fe02", "fe03", "fe04"]


def test_a_server_outside_of_the_group_is_known_by_its_deployment() -> None:
    told = {"fe01": "a", "old": "a", "other": "b"}
    assert decide("fe01", deployment={"fe01": "a"}, hosts=["fe01"], told=told)["a"]["unchecked"] == ["old"]


def test_servers_of_the_group_that_are_told_to_be_of_another_deployment_are_not_of_this_one() -> None:
    assert decide("fe01", hosts=["fe01"], told={"fe03": "b"})["default"]["unchecked"] == ["fe02", "fe04"]


def test_servers_of_the_group_that_say_themselves_that_they_are_of_another_deployment_are_not_of_this_one() -> None:
    found = decide(*FE, deployment={"fe04": "b"}, batch=FE[:2])
    assert found["default"]["unchecked"] == []
    assert found["default"]["members"] == ["fe01", "fe02", "fe03"]


def test_a_server_whose_deployment_cannot_be_told_may_be_of_each() -> None:
    found = decide(
        "fe01", "fe02", deployment={"fe01": "a", "fe02": "b"}, hosts=["fe01", "fe02"], told={"fe01": "a", "fe02": "b", "fe03": None}
    )
    assert [one["unchecked"] for one in found.values()] == [["fe03"], ["fe03"]]


def test_where_the_inventory_knows_no_server_the_limit_itself_is_named() -> None:
    assert decide("fe01", hosts=["fe01"], group=[], limit="fe01")["default"]["unchecked"] == ["every server outside of --limit fe01"]
    assert decide("fe01", hosts=["fe01"], group=[])["default"]["unchecked"] == []


def test_a_server_that_failed_in_an_earlier_batch_is_a_lost_member() -> None:
    found = decide(*FE, batch=["fe03", "fe04"], lost=("fe01",))["default"]
    assert (found["lead"], found["members"], found["lost"], found["unchecked"]) == ("fe03", FE, ["fe01"], [])


def test_a_server_that_was_lost_before_its_settings_were_checked_is_a_lost_member_of_the_deployment_that_the_inventory_tells() -> None:
    told = {"fe01": "a", "fe02": "b", "fe03": "a", "fe04": "b"}
    found = decide("fe02", "fe03", "fe04", deployment={"fe02": "b", "fe03": "a", "fe04": "b"}, told=told, lost=("fe01",))
    assert (found["a"]["members"], found["a"]["lost"], found["a"]["unchecked"]) == (["fe01", "fe03"], ["fe01"], [])
    assert (found["b"]["members"], found["b"]["lost"]) == (["fe02", "fe04"], [])


def test_a_host_of_the_play_that_takes_no_part_is_nobodys_member() -> None:
    hosts = ["dc01", *FE]
    assert decide(*FE, hosts=hosts)["default"]["members"] == FE
    assert decide(*FE, hosts=hosts, lost=("dc01",))["default"]["members"] == FE


def test_a_play_without_a_deployment_is_an_error() -> None:
    with pytest.raises(HybridAuthError, match="No server of this play takes part in a deployment"):
        decide()


HOSTS = [f"h{number}" for number in range(8)]


@given(
    settings=st.dictionaries(st.sampled_from(HOSTS), st.sampled_from("abc"), min_size=1),
    told=st.dictionaries(st.sampled_from([*HOSTS, "x", "y"]), st.sampled_from(["a", "b", "c", None])),
    group=st.lists(st.sampled_from([*HOSTS, "x", "y"]), unique=True),
    lost=st.sets(st.sampled_from(HOSTS)),
    size=st.integers(1, 8),
)
def test_every_server_is_somewhere_and_each_deployment_is_led_by_one_of_its_own(
    settings: dict[str, str], told: dict[str, str | None], group: list[str], lost: set[str], size: int
) -> None:
    batch = [host for host in HOSTS[:size] if host not in lost]
    run = Run(HOSTS, batch, [host for host in HOSTS if host not in lost])
    working = [host for host in batch if host in settings]
    if not working:
        return
    found = deployments(run, settings, Known(told, group))
    assert list(found) == list(dict.fromkeys(settings[host] for host in working))
    assert [host for one in found.values() for host in one["batch"]] == sorted(working, key=lambda host: list(found).index(settings[host]))
    for name, one in found.items():
        assert one["lead"] == one["batch"][0]
        assert {host for host, own in settings.items() if own == name} <= set(one["members"])
        assert all(settings.get(host, name) == name for host in [*one["members"], *one["unchecked"]])
        assert not set(one["members"]) & set(one["unchecked"])
        assert set(one["lost"]) == set(one["members"]) & lost
        assert {host for host, own in told.items() if own == name and settings.get(host, name) == name} <= {
            *one["members"],
            *one["unchecked"],
        }


class Name(str):
    """A server's name that counts how often it is compared; a hash table finds the same object without."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)


def test_it_is_linear_in_the_number_of_servers() -> None:
    hosts = [Name(f"fe{number}") for number in range(2000)]
    deployments(Run(hosts, hosts, hosts), dict.fromkeys(hosts, "a"), Known(dict.fromkeys(hosts[:1000], "a"), hosts))
    assert Name.compared < 2 * len(hosts)


@pytest.mark.parametrize(
    "strategy", ["linear", "ansible.builtin.linear", "debug", "ansible.builtin.debug", "mitogen_linear", "own.work.in_linear"]
)
def test_strategies_in_which_servers_are_at_the_same_task(strategy: str) -> None:
    check_strategy(strategy)


@pytest.mark.parametrize(
    "strategy", ["free", "ansible.builtin.free", "host_pinned", "mitogen_free", "own.linear.free", "mitogen_host_pinned"]
)
def test_strategies_in_which_they_are_not_are_refused(strategy: str) -> None:
    with pytest.raises(
        HybridAuthError, match=r"Nothing was contacted\. Set 'strategy: linear' in the play, or unset ANSIBLE_STRATEGY"
    ) as told:
        check_strategy(strategy)
    assert strategy in str(told.value)


@pytest.mark.parametrize(
    ("value", "single"),
    [
        (None, ["front_ends"]),
        ("", ["front_ends"]),
        ("  ", ["front_ends"]),
        ([None, ""], ["front_ends"]),
        ("pool_a", ["pool_a"]),
        ("pool_a,!fe02", ["pool_a", "!fe02"]),
        ("pool_a:&site_b", ["pool_a", "&site_b"]),
        (["pool_a:!fe01", "pool_b"], ["pool_a", "!fe01", "pool_b"]),
    ],
)
def test_a_pattern_is_given_as_hosts_of_a_play_takes_it(value: Any, single: list[str]) -> None:
    assert patterns(value) == single


@pytest.mark.parametrize(
    ("pattern", "limit", "hosts"),
    [
        ("front_ends", None, FE),
        ("front_ends,!fe02", None, ["fe01", "fe03", "fe04"]),
        ("all:&front_ends:!fe0*", None, []),
        ("~fe0[12]$", None, ["fe01", "fe02"]),
        ("front_ends[0]", None, ["fe01"]),
        ("front_ends", "dc01", []),
        ("front_ends", "fe02,dc01", ["fe02"]),
        ("front_ends", "!fe02", ["fe01", "fe03", "fe04"]),
        ("misspelt", None, []),
    ],
)
def test_a_pattern_matches_as_in_ansible(pattern: str, limit: str | None, hosts: list[str]) -> None:
    assert matching(GROUPS, patterns(pattern), None, limit) == hosts


def look(*terms: Any, limit: str | None = None, groups: Mapping[str, list[str]] | None = None) -> Any:
    there = GROUPS if groups is None else groups
    return LookupModule(loader=None, templar=None).run(list(terms), {"groups": there, **({"ansible_limit": limit} if limit else {})})


def test_the_pattern_of_a_play_is_given_back_where_it_matches() -> None:
    assert look(None) == look("") == look() == ["front_ends"]
    assert look(["front_ends", "!fe02"]) == look("front_ends:!fe02") == ["front_ends", "!fe02"]
    assert look("front_ends", limit="dc01,fe03") == ["front_ends"]
    assert look("front_ends,empty,!gone", groups={**GROUPS, "empty": []}) == ["front_ends", "empty", "!gone"]


@pytest.mark.parametrize(
    ("terms", "limit", "groups", "said"),
    [
        ([None], None, {"all": FE}, r"The host pattern front_ends matches no host of the inventory\. .*-e trust_hosts="),
        ([None], None, {"all": ["dc01"], "front_ends": []}, "The host pattern front_ends matches no host"),
        ([None], None, {}, "The host pattern front_ends matches no host"),
        ([["pool_a", "!fe01"]], "fe01", GROUPS, "The host pattern pool_a,!fe01 matches no host"),
        (["front_ends"], "dc01", GROUPS, r"\(fe01, fe02, fe03, \.\.\.\), but --limit dc01 leaves none\. .*Correct --limit"),
        (["front_ends[0]"], "fe02", GROUPS, r"\(fe01\), but --limit fe02 leaves none"),
        (["fe01,pool_bb"], None, GROUPS, r"^pool_bb of the host pattern fe01,pool_bb matches no host of the inventory\. Nothing was"),
        ([["front_ends", "fe05", "~fe1.*"]], "fe01", GROUPS, r"^fe05, ~fe1\.\* of the host pattern"),
    ],
)
def test_a_pattern_that_matches_no_host_is_an_error(terms: list[Any], limit: str | None, groups: dict[str, list[str]], said: str) -> None:
    with pytest.raises(AnsibleError, match=said):
        look(*terms, limit=limit, groups=groups)


@pytest.mark.parametrize("playbook", sorted((Path(__file__).parents[3] / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_the_playbooks_keep_servers_at_the_same_task_and_fail_without_one(playbook: Path) -> None:
    (play,) = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    assert play["strategy"] == "linear"
    assert play["hosts"] == "{{ lookup('sfb.hybrid_auth.trust_hosts', trust_hosts | default(none)) }}"


class HostVars(dict[str, Any]):
    """Other hosts' variables as ansible-core gives them: raw, and templated one by one."""

    templated: Mapping[str, Any] = {}

    def raw_get(self, host: str) -> Any:
        return super().get(host)

    def __getitem__(self, host: str) -> Any:
        return self.templated[host]


def test_a_variable_of_another_host_is_templated_only_where_it_is_a_template() -> None:
    variables = HostVars(fe01={"trust_deployment": "a"}, fe02={"trust_deployment": "{{ farm }}"}, fe03={"trust_deployment": "{{ gone }}"})
    variables.templated = {"fe02": {"trust_deployment": "b"}, "fe03": {"trust_deployment": "{{ gone }}"}}
    others = OtherHosts(variables)
    assert [others.text(host, "trust_deployment", others.raw(host)["trust_deployment"]) for host in ("fe01", "fe02", "fe03")] == [
        "a",
        "b",
        None,
    ]
    assert others.raw("nobody") == {}
    assert others.text("nobody", "trust_deployment", "{{ farm }}") is None
    assert others.text("fe01", "trust_deployment", 5) == "5"


def test_without_raw_access_the_public_one_serves() -> None:
    assert OtherHosts({"fe01": {"trust_deployment": "a"}}).raw("fe01") == {"trust_deployment": "a"}


def run(
    variables: dict[str, dict[str, Any]],
    *,
    strategy: str = "linear",
    batch: list[str] | None = None,
    alive: list[str] | None = None,
    groups: Mapping[str, list[str]] | None = None,
    **args: Any,
) -> dict[str, Any]:
    there = GROUPS if groups is None else groups

    def prepare(action: Any) -> None:
        action._task.get_play = lambda: SimpleNamespace(strategy=strategy)

    everyone = {host: variables.get(host, {}) for host in [*there["all"], *variables]}
    task_vars = {
        "ansible_play_hosts_all": list(variables),
        "ansible_play_batch": batch or list(variables),
        "ansible_play_hosts": alive or list(variables),
        "groups": there,
        "hostvars": everyone,
    }
    return run_action("trust_servers", args, prepare=prepare, task_vars=task_vars)


def settings(deployment: str = "default", hosts: str = "front_ends", **more: Any) -> dict[str, Any]:
    return {"_trust_settings": {"changed": False, "settings": {"deployment": deployment, "hosts": hosts}}, **more}


def test_the_module_reads_the_settings_of_every_server() -> None:
    done = run({"fe01": settings("a"), "fe02": settings("b"), "fe03": settings("a")})
    assert done["leads"] == ["fe01", "fe02"]
    assert done["deployments"]["a"] == {
        "lead": "fe01",
        "members": ["fe01", "fe03"],
        "batch": ["fe01", "fe03"],
        "lost": [],
        "unchecked": ["fe04"],
        "later": [],
        "missing": [],
    }
    assert done["changed"] is False


def test_the_registered_variable_may_have_another_name() -> None:
    assert run({"fe01": {"mine": {"settings": {"deployment": "a"}}}}, settings="mine")["leads"] == ["fe01"]


def test_a_blank_deployment_in_the_inventory_is_none() -> None:
    done = run({"fe01": settings(trust_deployment=""), "fe02": settings(trust_deployment=None)})
    assert done["deployments"]["default"]["unchecked"] == ["fe03", "fe04"]


def test_the_inventory_tells_of_servers_outside_of_the_group() -> None:
    groups = {**GROUPS, "all": [*GROUPS["all"], "old"]}
    variables = {"fe01": settings("a", trust_deployment="a")}
    done = run(variables | {"old": {"trust_deployment": "a"}}, groups=groups, batch=["fe01"], alive=["fe01", "old"])
    assert done["deployments"]["a"]["unchecked"] == ["old"]


def test_a_strategy_without_steps_is_refused_before_anything_is_looked_at() -> None:
    done = run({"fe01": {}}, strategy="host_pinned")
    assert done["failed"]
    assert "host_pinned" in done["msg"]


def test_wrong_settings_of_one_server_stop_the_play_and_name_it() -> None:
    wrong = {"_trust_settings": {"failed": True, "msg": "trust_cloud is wrong"}}
    done = run({"fe01": settings(), "fe02": wrong}, batch=["fe01"], alive=["fe01"])
    assert done["failed"]
    assert done["msg"].startswith("fe02: the settings are wrong")
    assert "Nothing was contacted" in done["msg"]


def test_a_server_that_skipped_the_settings_takes_no_part() -> None:
    done = run({"fe01": settings(), "fe02": {"_trust_settings": {"skipped": True, "changed": False}}})
    assert (done["deployments"]["default"]["members"], done["deployments"]["default"]["unchecked"]) == (["fe01"], ["fe02", "fe03", "fe04"])


def test_a_pattern_that_matches_no_host_is_refused() -> None:
    done = run({"fe01": settings(hosts="front_end")})
    assert done["failed"]
    assert "front_end matches no host of the inventory" in done["msg"]


def test_every_pattern_that_servers_name_is_looked_at() -> None:
    groups = {"all": FE, "a": FE[:2], "b": FE[2:]}
    done = run({"fe01": settings("a", "a", trust_deployment="a"), "fe03": settings("b", "b")}, groups=groups)
    assert (done["deployments"]["b"]["members"], done["deployments"]["b"]["unchecked"]) == (["fe03"], ["fe02", "fe04"])


def test_the_default_group_need_not_be_there() -> None:
    done = run({"fe01": settings()}, groups={"all": ["fe01", "fe02"]})
    assert done["deployments"]["default"]["unchecked"] == []


def test_servers_of_one_deployment_with_different_values_are_refused_by_name() -> None:
    same = {"deployment": "contoso", "exchange_credential": True, "endpoint": "auto", "management_modules": ["Lync"]}
    check_agreement({"fe01": same, "fe02": {**same, "endpoint": "restricted", "management_modules": ["SkypeForBusiness"]}})
    check_agreement({"fe01": same, "fe02": {**same, "deployment": "fabrikam", "exchange_credential": False}})
    with pytest.raises(HybridAuthError, match=r"Deployment contoso: fe01 and fe03 .* of trust_exchange_credential\. Nothing was contacted"):
        check_agreement({"fe01": same, "fe02": same, "fe03": {**same, "exchange_credential": False}})


def test_names_of_deployments_that_differ_only_in_letter_case_are_refused() -> None:
    run_of_two = Run(hosts=["fe01", "fe02"], batch=["fe01", "fe02"], alive=["fe01", "fe02"])
    with pytest.raises(HybridAuthError, match="'Contoso' on some servers and 'contoso' on others"):
        deployments(run_of_two, {"fe01": "Contoso", "fe02": "contoso"}, Known())


def test_servers_of_a_later_batch_are_told_from_those_that_are_left_out() -> None:
    run_of_one = Run(hosts=["fe01", "fe02"], batch=["fe01"], alive=["fe01", "fe02"])
    found = deployments(run_of_one, {"fe01": "contoso"}, Known(group=["fe01", "fe02", "fe03"]))["contoso"]
    assert (found["unchecked"], found["later"]) == (["fe02", "fe03"], ["fe02"])


def test_a_server_that_is_named_and_that_the_inventory_lacks_is_missing() -> None:
    one = {"default": ["FE01", "fe02", "fe09"]}
    found = decide("fe01", hosts=["fe01"], group=["fe01"], front_ends=one, limit="fe01")["default"]
    assert (found["members"], found["unchecked"], found["missing"]) == (["fe01"], ["fe02", "fe09"], ["fe09"])
    whole = decide(*FE, front_ends={"default": FE, "other": ["fe09"]})["default"]
    assert (whole["unchecked"], whole["missing"]) == ([], [])


def test_the_module_reads_which_servers_are_named() -> None:
    own = {"_trust_settings": {"settings": {"deployment": "a", "hosts": "front_ends", "front_ends": ["fe01", "fe02"]}}}
    done = run({"fe01": own}, groups={"all": ["fe01"], "front_ends": ["fe01"]})
    assert (done["deployments"]["a"]["unchecked"], done["deployments"]["a"]["missing"]) == (["fe02"], ["fe02"])
