# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedure through the farm's restricted endpoint, where no script runs."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.states import renamed, together
from tests.support.estates import failed, failures, host_variables, of_each
from tests.support.play import ROOT, Run, run_playbook

CONFIGURE, AUDIT = "sfb.hybrid_auth.configure", "sfb.hybrid_auth.audit"
RESTRICTED = ("-e", "ansible_connection=psrp", "-e", "ansible_psrp_path=OcsPowershell")
READS = 8  # cmdlets that tell everything about the trust
State, Play = dict[str, Any], Callable[..., Run]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[State], Lab]]:
    """Start a lab from a state, without an engine: no PowerShell text runs there."""
    started: list[Lab] = []

    def start(state: State) -> Lab:
        started.append(Lab(state, workdir=tmp_path / "lab", engine="none"))
        return started[-1]

    yield start
    for lab in started:
        lab.stop()


def issuers(lab: Lab, folder: Path, *names: str) -> tuple[str, str]:
    """The options that give each of these deployments, or all, their certificate as a file."""
    variables: dict[str, dict[str, Any]] = {}
    for deployment in lab.state()["deployments"]:
        if not names or deployment["name"] in names:
            loaded = certificates.load(deployment["certificates"]["issuer"])
            file = folder / f"{deployment['name']}.cer"
            file.write_bytes(base64.b64encode(loaded.public_bytes(Encoding.DER)))
            variables |= {one["name"]: {"trust_certificate_path": str(file)} for one in deployment["front_ends"]}
    return host_variables(folder, variables)


def pipelines(lab: Lab, mark: int = 0) -> list[str]:
    return [entry["target"] for entry in lab.requests(mark) if entry["kind"] == "pipeline"]


def expose(state: State, *, without: tuple[str, ...]) -> None:
    """Give the role of the account everything but these."""
    names = [
        *(f"{verb}-Cs{noun}" for noun in ("OAuthServer", "PartnerApplication") for verb in ("Get", "New", "Set", "Remove")),
        *("Get-CsOAuthConfiguration", "Set-CsOAuthConfiguration", "Get-CsCertificate", "Get-CsService", "Get-CsSipDomain"),
        *("Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus"),
    ]
    for front_end in state["deployments"][0]["front_ends"]:
        front_end["restricted"] = {"cmdlets": [name for name in names if name not in without]}


def test_a_run_sets_everything_up_and_a_second_changes_nothing(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    # Objects within objects arrive in one of two ways, here in a deployment each.
    estates = {typed: copy.deepcopy(greenfield) for typed in ("text", "object")}
    for typed, estate in estates.items():
        for front_end in estate["deployments"][0]["front_ends"]:
            front_end.update(second_hop=False, can_write=False, restricted={"typed": typed})
    lab = begin(together(*(renamed(estate, typed) for typed, estate in estates.items())))
    options = (*RESTRICTED, *issuers(lab, tmp_path))
    before = lab.state()
    predicted = play(lab, CONFIGURE, "--check", *options)
    assert (predicted.code, lab.state()) == (0, before), predicted.output
    first = play(lab, CONFIGURE, *options)
    assert first.code == 0, first.output
    assert first.total("changed") == predicted.total("changed") == 2 * 6
    after, mark = lab.state(), lab.mark()
    second = play(lab, CONFIGURE, *options)
    assert (second.code, second.total("changed")) == (0, 0), second.output
    assert lab.state() == after
    assert lab.counts(mark) == {"powershell": 0, "entra": 2 * 2, "graph_reads": 2 * 2, "graph_writes": 0}
    assert len(pipelines(lab, mark)) == 2 * (READS + 1)  # the second server is asked for its certificate only
    assert [entry for entry in lab.requests() if entry["kind"] == "powershell"] == []
    for summary in second.fact("trust_summary"):
        unproved = [warning for warning in summary["warnings"] if "private key is there" in warning]
        assert [warning.split(".")[0] for warning in unproved] == ["fe01", "fe02"]
    assert [audit["compliant"] for audit in play(lab, AUDIT, *options).fact("trust_audit")] == [True, True]

    # The farm is the same as after a run over an ordinary endpoint.
    with lab.edit() as state:
        for deployment in state["deployments"]:
            for front_end in deployment["front_ends"]:
                front_end.update(second_hop=True, can_write=True)
    after = lab.state()
    ordinary = play(lab, CONFIGURE)
    assert (ordinary.code, ordinary.total("changed")) == (0, 0), ordinary.output
    assert lab.state() == after


def test_without_cmdlets_that_only_inform_the_procedure_goes_on(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    expose(greenfield, without=("Get-CsCertificate", "Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus", "Get-CsSipDomain"))
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuers(lab, tmp_path))
    assert run.code == 0, run.output
    told = next(result for result in run.results("onprem_info") if "oauth_servers" in result)
    assert set(told["unknown"]) == {"version", "replication", "sip_domains"}
    assert (told["certificate"]["found"], "version" in told) == (None, False)


# What the role of the account lacks, or the farm has; whether the certificate is given as a file; what is said of it.
OBSTACLES: dict[str, tuple[Callable[[State], Any], bool, list[str]]] = {
    "thumbprint": (
        lambda state: expose(state, without=("Get-CsCertificate",)),
        False,
        ["does not tell certificate", "trust_certificate_path"],
    ),
    "content": (lambda state: expose(state, without=()), False, ["does not tell the certificate's content", "trust_certificate_path"]),
    "services": (lambda state: expose(state, without=("Get-CsService",)), False, ["web_services", "trust_certificate_path"]),
    "partner": (
        lambda state: expose(state, without=("Get-CsPartnerApplication",)),
        False,
        ["partner_applications", "trust_certificate_path"],
    ),
    "expired": (lambda state: state["deployments"][0]["certificates"]["issuer"].update(days=-2), True, ["expired on"]),
    # Not the same as a certificate that is not told.
    "unassigned": (lambda state: state["deployments"][0]["cms"].update(token_issuer=None), True, ["is not assigned"]),
}


def test_what_is_needed_and_not_told_is_said_before_anything_is_written(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    estates = []
    for name, (change, _given, _parts) in OBSTACLES.items():
        estate = copy.deepcopy(greenfield)
        change(estate)
        estates.append(renamed(estate, name))
    lab = begin(together(*estates))
    before = lab.state()
    given = [name for name, (_change, as_file, _parts) in OBSTACLES.items() if as_file]
    run = play(lab, CONFIGURE, *RESTRICTED, *issuers(lab, tmp_path, *given))
    assert (run.code, failed(run), lab.state()) == (2, set(OBSTACLES), before)
    assert [entry for entry in lab.requests() if entry["write"]] == []
    told = {name: [part for part in parts if part in failures(run, name)] for name, (_change, _given, parts) in OBSTACLES.items()}
    assert told == {name: parts for name, (_change, _given, parts) in OBSTACLES.items()}


def test_a_role_that_may_not_write_is_named(begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path) -> None:
    expose(greenfield, without=("New-CsOAuthServer",))
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuers(lab, tmp_path))
    assert run.code == 2
    assert "New-CsOAuthServer failed" in run.output
    assert "RBAC roles" in run.output


TASK = [{"name": "server", "sfb.hybrid_auth.oauth_server": {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}}]
FIRST = ("--limit", "fe01.contoso.com")


def test_a_connection_that_is_lost_in_between_is_said_and_what_it_left_is_looked_at(
    begin: Callable[[State], Lab], play: Play, greenfield: State
) -> None:
    lab = begin(greenfield)
    lab.fault({"on": "winrm.receive", "nth": 4, "do": "reset"})  # the answer of the creation
    run = play(lab, TASK, *RESTRICTED, *FIRST)
    # It was looked at afterwards.
    assert (run.code, run.total("changed")) == (0, 1), run.output
    assert "it is not known whether the cmdlet did its work" in run.output
    assert "is there as wanted all the same" in run.output
    assert play(lab, TASK, *RESTRICTED, *FIRST).total("changed") == 0


CONNECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "become": ({"ansible_become": True, "ansible_become_method": "runas", "ansible_become_user": "x"}, "become cannot be used"),
    "path": ({"ansible_psrp_path": "nowhere"}, "404"),
    "password": ({"ansible_password": "wrong"}, "authenticate"),
    "configuration": ({"ansible_psrp_configuration_name": "Other"}, "no resource"),
}


def test_each_obstacle_has_its_own_message(begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path) -> None:
    del greenfield["deployments"][0]["front_ends"][1:]
    lab = begin(together(*(renamed(greenfield, name) for name in CONNECTIONS)))
    endpoint = {"ansible_connection": "psrp", "ansible_psrp_path": "OcsPowershell"}
    wrong = of_each({name: {**endpoint, **variables} for name, (variables, _part) in CONNECTIONS.items()}, ["fe01"])
    run = play(lab, TASK, *host_variables(tmp_path, wrong))
    assert run.total("failures") + run.total("unreachable") == len(CONNECTIONS)
    said = {task["host"].split(".")[1]: str(task["result"].get("msg")) for task in run.record["tasks"]}
    assert {name: part in said[name] for name, (_variables, part) in CONNECTIONS.items()} == dict.fromkeys(CONNECTIONS, True), said


def test_a_script_that_is_refused_says_which_endpoint_to_set(begin: Callable[[State], Lab], play: Play, greenfield: State) -> None:
    lab = begin(greenfield)
    task = [{"name": "read", "sfb.hybrid_auth.onprem_info": {"endpoint": "full"}}]
    run = play(lab, task, *RESTRICTED, *FIRST)
    assert run.code == 2
    assert "set endpoint to restricted" in run.output


def test_restricted_without_psrp_is_refused_before_anything_is_contacted(
    begin: Callable[[State], Lab], play: Play, greenfield: State
) -> None:
    lab = begin(greenfield)
    run = play(lab, [{"name": "read", "sfb.hybrid_auth.onprem_info": {"endpoint": "restricted"}}], *FIRST)
    assert run.code == 2
    assert "is not reached over PSRP" in run.output
    assert lab.requests() == []


def test_the_documented_inventory_runs(begin: Callable[[State], Lab], greenfield: State, tmp_path: Path) -> None:
    lab = begin(greenfield)
    block = (ROOT / "docs" / "restricted-endpoint.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(block, encoding="utf-8")
    (front_end,) = (one for one in lab.info["front_ends"] if one["name"] == "fe01.contoso.com")
    # What is the lab's own: where it listens, whom it trusts, and its passwords.
    given = {
        "ansible_host": front_end["host"],
        "ansible_port": front_end["https_port"],
        "ansible_psrp_ca_cert": lab.info["ca_path"],
        "ansible_psrp_auth": "basic",
        "vault_sfbadmin_password": front_end["password"],
        "vault_client_secret": lab.info["tenants"][0]["client_secret"],
        "trust_login_url": lab.info["login_url"],
        "trust_graph_url": lab.info["graph_url"],
        "trust_ca_path": lab.info["ca_path"],
    }
    run = run_playbook(CONFIGURE, inventory, tmp_path / "run", "-e", json.dumps(given), *issuers(lab, tmp_path))
    assert (run.code, run.total("changed")) == (0, 6), run.output
