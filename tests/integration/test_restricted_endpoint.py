# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedure through the farm's restricted endpoint, where no script runs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.farm import certificates
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


def issuer(lab: Lab, folder: Path) -> tuple[str, str]:
    """The option that gives the farm's certificate as a file."""
    loaded = certificates.load(lab.state()["deployments"][0]["certificates"]["issuer"])
    file = folder / "issuer.cer"
    file.write_bytes(base64.b64encode(loaded.public_bytes(Encoding.DER)))
    return "-e", f"trust_certificate_path={file}"


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


@pytest.mark.parametrize("typed", ["text", "object"])
def test_a_run_sets_everything_up_and_a_second_changes_nothing(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path, typed: str
) -> None:
    for front_end in greenfield["deployments"][0]["front_ends"]:
        front_end.update(second_hop=False, can_write=False, restricted={"typed": typed})
    lab = begin(greenfield)
    options = (*RESTRICTED, *issuer(lab, tmp_path))
    before = lab.state()
    predicted = play(lab, CONFIGURE, "--check", *options)
    assert (predicted.code, lab.state()) == (0, before), predicted.output
    first = play(lab, CONFIGURE, *options)
    assert first.code == 0, first.output
    assert first.total("changed") == predicted.total("changed") == 6
    after, mark = lab.state(), lab.mark()
    second = play(lab, CONFIGURE, *options)
    assert (second.code, second.total("changed")) == (0, 0), second.output
    assert lab.state() == after
    assert lab.counts(mark) == {"powershell": 0, "entra": 2, "graph_reads": 1, "graph_writes": 0}
    assert len(pipelines(lab, mark)) == READS + 1  # the second server is asked for its certificate only
    assert [entry for entry in lab.requests() if entry["kind"] == "powershell"] == []
    (summary,) = second.fact("trust_summary")
    unproved = [warning for warning in summary["warnings"] if "private key is there" in warning]
    assert [warning.split(":")[0] for warning in unproved] == ["fe01.contoso.com", "fe02.contoso.com"]
    (audit,) = play(lab, AUDIT, *options).fact("trust_audit")
    assert audit["compliant"] is True


def test_the_farm_is_the_same_as_after_a_run_over_an_ordinary_endpoint(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    lab = begin(greenfield)
    assert play(lab, CONFIGURE, *RESTRICTED, *issuer(lab, tmp_path)).code == 0
    after = lab.state()
    ordinary = play(lab, CONFIGURE)
    assert (ordinary.code, ordinary.total("changed")) == (0, 0), ordinary.output
    assert lab.state() == after


def test_without_cmdlets_that_only_inform_the_procedure_goes_on(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    expose(greenfield, without=("Get-CsCertificate", "Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus", "Get-CsSipDomain"))
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuer(lab, tmp_path))
    assert run.code == 0, run.output
    told = next(result for result in run.results("onprem_info") if "oauth_servers" in result)
    assert set(told["unknown"]) == {"version", "replication", "sip_domains"}
    assert (told["certificate"]["found"], "version" in told) == (None, False)


@pytest.mark.parametrize(
    ("without", "part"),
    [
        (("Get-CsCertificate",), "does not tell certificate"),
        ((), "does not tell the certificate's content"),
        (("Get-CsService",), "web_services"),
        (("Get-CsPartnerApplication",), "partner_applications"),
    ],
)
def test_what_is_needed_and_not_told_is_said_before_anything_is_written(
    begin: Callable[[State], Lab], play: Play, greenfield: State, without: tuple[str, ...], part: str
) -> None:
    expose(greenfield, without=without)
    lab = begin(greenfield)
    before = lab.state()
    run = play(lab, CONFIGURE, *RESTRICTED)
    assert (run.code, lab.state()) == (2, before)
    failures = " ".join(str(task["result"].get("msg")) for task in run.record["tasks"] if task["status"] == "failed")
    assert part in failures
    assert "trust_certificate_path" in failures


def test_a_role_that_may_not_write_is_named(begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path) -> None:
    expose(greenfield, without=("New-CsOAuthServer",))
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuer(lab, tmp_path))
    assert run.code == 2
    assert "New-CsOAuthServer failed" in run.output
    assert "RBAC roles" in run.output


def test_an_expired_certificate_stops_here_too(begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path) -> None:
    greenfield["deployments"][0]["certificates"]["issuer"]["days"] = -2
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuer(lab, tmp_path))
    assert run.code == 2
    assert "expired on" in run.output
    assert [entry for entry in lab.requests() if entry["write"]] == []


def test_no_certificate_assigned_is_not_the_same_as_unknown(
    begin: Callable[[State], Lab], play: Play, greenfield: State, tmp_path: Path
) -> None:
    greenfield["deployments"][0]["cms"]["token_issuer"] = None
    lab = begin(greenfield)
    run = play(lab, CONFIGURE, *RESTRICTED, *issuer(lab, tmp_path))
    assert run.code == 2
    assert "is not assigned" in run.output


TASK = [{"name": "server", "sfb.hybrid_auth.oauth_server": {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}}]
FIRST = ("--limit", "fe01.contoso.com")


def test_a_connection_that_is_lost_in_between_is_said_and_the_next_run_finishes(
    begin: Callable[[State], Lab], play: Play, greenfield: State
) -> None:
    lab = begin(greenfield)
    lab.fault({"on": "winrm.receive", "nth": 3, "do": "reset"})  # the answer of the creation
    run = play(lab, TASK, *RESTRICTED, *FIRST)
    assert run.code == 2
    assert "it is not known whether the cmdlet did its work" in run.output
    assert play(lab, TASK, *RESTRICTED, *FIRST).total("changed") == 0


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("-e", "ansible_become=true", "-e", "ansible_become_method=runas", "-e", "ansible_become_user=x"), "become cannot be used"),
        (("-e", "ansible_psrp_path=nowhere"), "404"),
        (("-e", "ansible_password=wrong"), "authenticate"),
        (("-e", json.dumps({"ansible_psrp_configuration_name": "Other"})), "no resource"),
    ],
    ids=["become", "path", "password", "configuration"],
)
def test_each_obstacle_has_its_own_message(
    begin: Callable[[State], Lab], play: Play, greenfield: State, options: tuple[str, ...], part: str
) -> None:
    lab = begin(greenfield)
    run = play(lab, TASK, *RESTRICTED, *options, *FIRST)
    assert run.code in (2, 4)
    assert part in run.output


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
    run = run_playbook(CONFIGURE, inventory, tmp_path / "run", "-e", json.dumps(given), *issuer(lab, tmp_path))
    assert (run.code, run.total("changed")) == (0, 6), run.output
