# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays without hosts, and who works for a deployment, in real plays that contact nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.play import Run, run_playbook

# Nothing listens there, so a play that contacted a server would say so.
NOWHERE = {
    "ansible_connection": "winrm",
    "ansible_host": "127.0.0.1",
    "ansible_port": 9,
    "ansible_user": "none",
    "ansible_password": "none",
}
SIGN_IN = {"trust_tenant": "contoso.com", "trust_access_token": "none"}
FE = [f"fe0{number}.contoso.com" for number in range(1, 5)]

Start = Callable[..., Run]


def inventory(hosts: dict[str, dict[str, Any]], group: str = "front_ends") -> dict[str, Any]:
    farm = {group: {"hosts": hosts, "vars": {**NOWHERE, **SIGN_IN}}}
    return {"all": {"hosts": {"dc01.contoso.com": {}}, "children": farm}}


def plain(*names: str) -> dict[str, dict[str, Any]]:
    return {name: {} for name in names}


@pytest.fixture
def begin(tmp_path: Path) -> Start:
    """Run a playbook of the collection, or plays of one's own, against an inventory."""

    def run(what: str | list[dict[str, Any]], hosts: dict[str, Any], *options: str, **environment: str) -> Run:
        path, file = tmp_path / "inventory.json", tmp_path / "plays.yml"
        path.write_text(json.dumps(hosts), encoding="utf-8")
        if not isinstance(what, str):
            file.write_text(json.dumps(what), encoding="utf-8")
        playbook = what if isinstance(what, str) else str(file)
        return run_playbook(playbook, path, tmp_path / "run", *options, extra_environment=environment)

    return run


def settle(**keywords: Any) -> list[dict[str, Any]]:
    """A play that settles who works for which deployment, as the role does."""
    tasks = [
        {"name": "Check the settings", "sfb.hybrid_auth.trust_settings": {"entry_point": "main"}, "register": "_trust_settings"},
        {"name": "Settle", "sfb.hybrid_auth.trust_servers": {}, "run_once": True, "register": "_trust_servers"},
        {
            "name": "Every server knows",
            "ansible.builtin.assert": {"that": "_trust_settings.settings.deployment in _trust_servers.deployments"},
        },
    ]
    return [{"hosts": "front_ends", "gather_facts": False, "tasks": tasks, **keywords}]


def settled(run: Run) -> list[dict[str, Any]]:
    """What each batch was told."""
    assert run.code == 0, run.output
    return [result["deployments"] for result in run.results("trust_servers")]


def short(run: Run) -> str:
    """The output with line breaks of the terminal taken out."""
    return " ".join(run.output.split())


@pytest.mark.parametrize(
    ("playbook", "group", "options", "said"),
    [
        ("audit", "front_end", (), "The host pattern front_ends matches no host of the inventory. Nothing was contacted."),
        ("configure", "front_ends", ("-e", "trust_hosts=front_end"), "The host pattern front_end matches no host of the inventory."),
        (
            "rotate",
            "front_ends",
            ("--limit", "dc01.contoso.com"),
            "The host pattern front_ends matches hosts of the inventory (fe01.contoso.com, fe02.contoso.com, fe03.contoso.com, ...), "
            "but --limit dc01.contoso.com leaves none. Nothing was contacted.",
        ),
    ],
)
def test_a_play_that_matches_no_host_fails_and_says_why(
    begin: Start, playbook: str, group: str, options: tuple[str, ...], said: str
) -> None:
    run = begin(f"sfb.hybrid_auth.{playbook}", inventory(plain(*FE), group=group), *options)
    assert run.code in (1, 4)  # as docs/audit.md has it
    assert said in short(run)
    assert run.record["tasks"] == []


def test_a_play_that_matches_hosts_runs_on_them(begin: Start) -> None:
    play = {"hosts": "{{ lookup('sfb.hybrid_auth.trust_hosts', trust_hosts | default(none)) }}", "gather_facts": False}
    tasks = [{"name": "Be here", "ansible.builtin.debug": {"msg": "here"}}]
    pattern = ("-e", '{"trust_hosts": ["front_ends", "!fe02*"]}', "--limit", "fe02*,fe03*,dc01.contoso.com")
    run = begin([{**play, "tasks": tasks}], inventory(plain(*FE)), *pattern)
    assert run.code == 0, run.output
    assert list(run.record["stats"]) == [FE[2]]


def test_the_playbooks_pass_a_syntax_check_without_an_inventory(begin: Start) -> None:
    run = begin("sfb.hybrid_auth.remove", {}, "--syntax-check")
    assert run.code == 0, run.output


def test_several_deployments_with_templates_and_others_in_the_inventory(begin: Start) -> None:
    hosts: dict[str, dict[str, Any]] = {
        FE[0]: {"trust_deployment": "contoso"},
        FE[1]: {"trust_deployment": "{{ farm }}", "farm": "fabrikam"},
        FE[2]: {"trust_deployment": "{{ farm }}", "farm": "contoso"},
        FE[3]: {"trust_deployment": "fabrikam"},
    }
    farm = inventory(hosts)
    others = {"old": {"trust_deployment": "{{ farm }}", "farm": "contoso"}, "far": {"trust_deployment": "{{ nowhere }}"}, "web": {}}
    farm["all"]["children"]["other"] = {"hosts": others}
    environment = {"ANSIBLE_INJECT_FACT_VARS": "False", "ANSIBLE_PRIVATE_ROLE_VARS": "True", "ANSIBLE_STRATEGY": "free"}
    (found,) = settled(begin(settle(strategy="ansible.builtin.linear"), farm, **environment))
    first, second = [FE[0], FE[2]], [FE[1], FE[3]]
    assert found == {
        "contoso": {"lead": FE[0], "members": first, "batch": first, "lost": [], "unchecked": ["old", "far"], "later": [], "missing": []},
        "fabrikam": {"lead": FE[1], "members": second, "batch": second, "lost": [], "unchecked": ["far"], "later": [], "missing": []},
    }


def test_with_serial_each_batch_is_told_its_own(begin: Start) -> None:
    first, second = settled(begin(settle(serial=3), inventory(plain(*FE))))
    assert first["default"] == {
        "lead": FE[0],
        "members": FE[:3],
        "batch": FE[:3],
        "lost": [],
        "unchecked": FE[3:],
        "later": FE[3:],
        "missing": [],
    }
    assert second["default"] == {"lead": FE[3], "members": FE, "batch": FE[3:], "lost": [], "unchecked": [], "later": [], "missing": []}


def test_limit_and_a_deployment_from_the_command_line_leave_the_rest_of_the_group_unchecked(begin: Start) -> None:
    options = ("--limit", f"{FE[1]},dc01.contoso.com", "-e", "trust_deployment=contoso")
    (found,) = settled(begin(settle(), inventory(plain(*FE)), *options))
    assert (found["contoso"]["lead"], found["contoso"]["unchecked"]) == (FE[1], [FE[0], *FE[2:]])


def test_a_server_that_was_lost_in_an_earlier_play_is_a_lost_member(begin: Start) -> None:
    reach = {"name": "Reach it", "ansible.builtin.raw": "hostname", "when": f"inventory_hostname == '{FE[1]}'"}
    run = begin([{"hosts": "front_ends", "gather_facts": False, "tasks": [reach]}, *settle()], inventory(plain(*FE)))
    assert run.total("unreachable") == 1, run.output
    (result,) = run.results("trust_servers")
    found = result["deployments"]["default"]
    assert (found["members"], found["lost"], found["unchecked"]) == (FE, [FE[1]], [])


def test_wrong_settings_of_one_server_stop_every_other(begin: Start) -> None:
    run = begin(settle(), inventory({**plain(*FE), FE[2]: {"trust_cloud": "nowhere"}}))
    assert run.code == 2
    (result,) = run.results("trust_servers")
    assert result["msg"].startswith(f"{FE[2]}: the settings are wrong")
    assert run.total("ok") == len(FE) - 1  # the settings of the others; none came further


def test_a_strategy_in_which_servers_are_not_at_the_same_task_is_refused_on_each(begin: Start) -> None:
    run = begin(settle(), inventory(plain(*FE)), ANSIBLE_STRATEGY="free")
    assert run.code == 2
    told = {result["msg"] for result in run.results("trust_servers")}
    assert [one.partition(",")[0] for one in told] == ["The play's strategy is free"]
    assert run.total("ok") == len(FE)  # the settings; none came further


def test_a_server_of_the_play_that_trust_hosts_of_the_inventory_leaves_out_is_warned_about(begin: Start) -> None:
    hosts = inventory(plain(*FE))
    hosts["all"]["children"]["front_ends"]["vars"]["trust_hosts"] = f"front_ends,!{FE[-1]}"
    (result,) = begin(settle(), hosts).results("trust_servers")
    assert result["warnings"] == [
        f"trust_hosts is front_ends,!{FE[-1]}, which does not match {FE[-1]}, and the play has them all the same: a play has its hosts "
        "before it reads the inventory's variables. Give trust_hosts with -e, or use --limit, if they are not meant."
    ]
