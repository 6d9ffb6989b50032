# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role finds by itself, and what it says where something else is given, by real ansible-playbook runs.

What only the tenant and the plan have to do with is played in this process.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.states import FABRIKAM, foreign_domains, renamed, standard_edition, together, two_tenants, with_director
from tests.support.estates import failed, failures, host_variables, of_each
from tests.support.play import Run
from tests.sweep.role import Play as Played

from .in_process import Estate, changes, messages
from .test_procedure import CONFIGURE, SKYPE, TENANT, Play, Start, principal

ALONE = {"trust_tenant": None}

# What is found is decided on the controller.
pytestmark = pytest.mark.either_runner


def variables(**given: Any) -> tuple[str, str]:
    return "-e", json.dumps(given)


def summary(run: Run) -> dict[str, Any]:
    assert run.code == 0, run.output
    (fact,) = run.fact("trust_summary")
    return dict(fact)


def concluded(played: Played) -> dict[str, Any]:
    assert not played.failed, messages(played)
    return dict(played.fact("trust_summary"))


def shown(run: Run) -> str:
    return " ".join(run.output.split())


def new_names(lab: Lab, state: dict[str, Any], tenant: int = 0) -> list[str]:
    before = state["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
    return [name for name in principal(lab, SKYPE, tenant)["servicePrincipalNames"] if name not in before]


@pytest.mark.entry_point
def test_an_inventory_and_a_sign_in_are_enough(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    first = play(lab, CONFIGURE, *variables(**ALONE))
    found = summary(first)
    assert (found["tenant_id"], found["unchecked"]) == (TENANT, [])
    assert found["external_fqdns"] == ["webext.contoso.com", "webext2.contoso.com", "webdir.contoso.com"]
    assert "the farm's default SIP domain" in shown(first)
    mark = lab.mark()
    second = play(lab, CONFIGURE, *variables(**ALONE))
    assert second.total("changed") == 0
    assert lab.counts(mark) == {"powershell": 2, "entra": 2, "graph_reads": 2, "graph_writes": 0}


def test_a_tenant_that_is_named_by_its_id_costs_one_request_more(greenfield: dict[str, Any], tmp_path: Path) -> None:
    estate = Estate(greenfield, tmp_path)
    given = {"trust_tenant": None, "trust_tenant_id": TENANT}
    assert concluded(estate.play("main", **given))["tenant_id"] == TENANT
    again = concluded(estate.play("main", **given))
    assert not any("verified" in warning for warning in again["warnings"])
    assert estate.counts == {"powershell": 2, "entra": 3, "graph_reads": 2, "graph_writes": 0}


# An estate, the form of the names, and what is new then.
POOLS: dict[str, tuple[Callable[[Any], Any], str, list[str]]] = {
    "standard": (standard_edition, "both", [f"{SKYPE}/webext", "https://webext", "https://se01"]),
    "director": (with_director, "procedure", [f"{SKYPE}/webext", f"{SKYPE}/webdir"]),
    "urls": (with_director, "url", [f"https://{host}" for host in ("webext", "webdir", "webint", "webdirint", "dir02", "pool02")]),
}


def test_every_pool_gets_its_names_once(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(together(*(renamed(estate(greenfield), name) for name, (estate, _form, _wanted) in POOLS.items())))
    given = of_each(
        {name: {**ALONE, "trust_name_form": form} for name, (_estate, form, _wanted) in POOLS.items()}, ["fe01", "fe02", "se01"]
    )
    # Variables of a server that is not there would make it one.
    options = host_variables(tmp_path, {host: given[host] for host in lab.farm.front_ends})
    run = play(lab, CONFIGURE, *options)
    assert run.code == 0, run.output
    for index, (name, (_estate, _form, wanted)) in enumerate(POOLS.items()):
        domain = f".{name}.com"
        assert new_names(lab, greenfield, index) == [f"{one}{domain}{'/' if one.startswith('https') else ''}" for one in wanted]
    assert play(lab, CONFIGURE, *options).total("changed") == 0


def test_each_farm_finds_its_own_tenant(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    run = play(start(two_tenants(greenfield)), CONFIGURE, *variables(**ALONE))
    assert run.code == 0, run.output
    assert {one["deployment"]: one["tenant_id"] for one in run.fact("trust_summary")} == {"contoso": TENANT, "fabrikam": FABRIKAM}


def test_a_tenant_that_has_none_of_the_sip_domains_is_warned_about(greenfield: dict[str, Any], tmp_path: Path) -> None:
    estate = Estate(foreign_domains(greenfield), tmp_path)
    played = estate.play("main")
    said = [warning for warning in concluded(played)["warnings"] if "verified" in warning]
    assert len(said) == 1
    assert f"tenant {TENANT}: corp.contoso.com is of no tenant; fabrikam.com is of tenant {FABRIKAM}" in said[0]
    assert said[0] in [warning for one in played.done for warning in one.result.get("warnings", [])]
    refused = estate.play("main", **ALONE)
    assert "AADSTS90002" in messages(refused)
    assert "the farm's default SIP domain" in messages(refused)


def test_what_is_given_and_differs_is_warned_about_with_both_values(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(greenfield)
    other: dict[str, Any] = {"subject": "CN=contoso.com"}
    certificates.complete(other)
    made = certificates.load(other)
    file = tmp_path / "other.cer"
    file.write_bytes(base64.b64encode(made.public_bytes(Encoding.DER)))
    signs = certificates.thumbprint(certificates.load(lab.state()["deployments"][0]["certificates"]["issuer"]))
    given = variables(trust_certificate_path=str(file), trust_external_fqdns=["webext.contoso.com", "webext9.contoso.com"])
    run = play(lab, CONFIGURE, "--check", *given)
    warnings = summary(run)["warnings"]
    for parts in (
        (certificates.thumbprint(made), signs),
        ("webext9.contoso.com is that of no pool", "webext2.contoso.com"),
        ("webext9.contoso.com) leave out webdir.contoso.com",),
    ):
        (warning,) = (one for one in warnings if all(part in one for part in parts))
        assert warning in shown(run)


def test_names_of_pools_that_are_gone_go_where_a_domain_is_exact(greenfield: dict[str, Any], tmp_path: Path) -> None:
    names = greenfield["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
    stays = [*names, f"{SKYPE}/webext.fabrikam.com", f"{SKYPE}/webext.evilcontoso.com"]
    names += [*stays[len(names) :], f"{SKYPE}/old.contoso.com", "https://old.contoso.com/"]
    before = list(names)
    estate = Estate(greenfield, tmp_path)
    concluded(estate.play("main"))
    assert set(before) <= set(principal(estate, SKYPE)["servicePrincipalNames"])
    exact = {"trust_names_exact_domains": ["contoso.com"]}
    assert concluded(estate.play("main", **exact))["changed"] is True
    there = principal(estate, SKYPE)["servicePrincipalNames"]
    assert set(stays) <= set(there)
    assert sorted(set(there) - set(stays)) == [f"{SKYPE}/{host}.contoso.com" for host in ("webdir", "webext", "webext2")]
    assert changes(estate.play("main", **exact)) == 0
    assert estate.play("main", trust_names_exact_domains=["lync.com"]).failed


def test_a_run_on_one_server_says_which_it_did_not_check(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    run = play(lab, CONFIGURE, "--limit", "fe01.contoso.com")
    assert summary(run)["unchecked"] == ["fe02.contoso.com"]
    assert "Not checked" in shown(run)


def test_a_deployment_that_is_split_over_batches_is_refused_before_the_first_write(
    start: Start, play: Play, greenfield: dict[str, Any]
) -> None:
    whole, split = renamed(greenfield, "whole"), renamed(copy.deepcopy(greenfield), "split")
    lab = start(together(whole, split))
    names = [front_end["name"] for front_end in split["deployments"][0]["front_ends"]]
    playbook = lab.inventory.parent / "serial.yml"
    role = {"name": "Configure", "ansible.builtin.import_role": {"name": "sfb.hybrid_auth.trust"}}

    def run(serial: list[int]) -> Run:
        playbook.write_text(yaml.safe_dump([{"hosts": "front_ends", "gather_facts": False, "serial": serial, "tasks": [role]}]))
        return play(lab, str(playbook))

    stopped = run([3, 1])
    assert (stopped.code, failed(stopped)) == (2, {"split"})
    assert f"Deployment split: {names[1]} would be read in a later batch" in failures(stopped, "split")
    assert "Leave out serial, or let each batch hold whole deployments" in failures(stopped, "split")
    assert {one["deployment"] for one in stopped.fact("trust_summary")} == {"whole"}
    assert run([2, 2]).code == 0


def test_a_certificate_that_cannot_serve_is_refused(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    later = {"not_before": "2090-01-01T00:00:00Z", "not_after": "2091-01-01T00:00:00Z"}
    cases: dict[str, tuple[dict[str, Any], str]] = {"weak": ({"key_size": 1024}, "RSA 1024 bits"), "later": (later, "2090")}
    estates = []
    for name, (certificate, _part) in cases.items():
        estate = copy.deepcopy(greenfield)
        estate["deployments"][0]["certificates"]["issuer"].update(certificate)
        estates.append(renamed(estate, name))
    lab = start(together(*estates))
    run = play(lab, CONFIGURE)
    assert (run.code, failed(run)) == (2, set(cases))
    for name, (_certificate, part) in cases.items():
        assert part in failures(run, name)
    assert [entry for entry in lab.requests() if entry["write"]] == []
