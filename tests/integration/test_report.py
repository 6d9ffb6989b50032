# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit entry point by real ansible-playbook runs: what it reports, what it costs, and how it ends."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest

from tests.lab import Lab
from tests.lab.scenarios import configured
from tests.lab.states import renamed, together
from tests.support.estates import failed, host_variables, of_each
from tests.support.play import ROOT, Run, run_playbook

AUDIT = "sfb.hybrid_auth.audit"
SCHEMA = json.loads((ROOT / "docs" / "audit-schema.json").read_text(encoding="utf-8"))
SECRET = "lab~Secret.0123456789"
Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]

# What is under test here runs on the controller; what runs on the server is tested with the engine elsewhere.
pytestmark = pytest.mark.either_runner


def report(folder: Path) -> dict[str, Any]:
    """The report that ansible-playbook left in the folder in which it was started, checked."""
    shape: dict[str, Any] = json.loads((folder / "run" / "audit.json").read_text(encoding="utf-8"))
    jsonschema.validate(shape, SCHEMA)
    suites = junitparser.JUnitXml.fromfile(str(folder / "run" / "audit.xml"))
    assert [suite.name for suite in suites] == [one["name"] for one in shape["deployments"]]
    assert "</html>" in (folder / "run" / "audit.html").read_text(encoding="utf-8")
    return shape


def second_deployment(state: dict[str, Any]) -> dict[str, Any]:
    """The state with a deployment fabrikam and its tenant beside contoso."""
    text = json.dumps(state).replace("5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001")
    other = json.loads(text.replace("contoso", "fabrikam").replace("CONTOSO", "FABRIKAM").replace("0a1b2c3d", "1a1b2c3d"))
    return {**state, **{name: state[name] + other[name] for name in ("deployments", "tenants")}}


def test_a_converged_deployment_is_compliant_at_the_least_cost(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(configured(greenfield))
    before, mark = lab.state(), lab.mark()
    run = play(lab, AUDIT)
    assert run.code == 0, run.output
    assert lab.state() == before
    counts = lab.counts(mark)
    assert (counts["powershell"], counts["graph_writes"]) == (2, 0)
    assert counts["entra"] <= 2
    assert counts["graph_reads"] <= 4
    shape = report(tmp_path)
    (one,) = shape["deployments"]
    assert (shape["verdict"], one["differences"], one["obstacle"], one["errors"]) == ("compliant", [], None, [])
    (fact,) = run.fact("trust_audit")
    assert fact == {"deployment": "contoso", **{name: one[name] for name in fact if name != "deployment"}}
    assert fact["findings"]
    assert "contoso: compliant" in run.output
    for path in (tmp_path / "run").glob("audit.*"):
        assert SECRET not in path.read_text(encoding="utf-8")


@pytest.mark.entry_point
def test_check_mode_reports_too(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    run = play(start(greenfield), AUDIT, "--check", "--diff")
    assert (run.code, run.total("changed")) == (0, 0), run.output
    (one,) = report(tmp_path)["deployments"]
    assert [step["step"] for step in one["differences"]] == [
        "certificate",
        "account",
        "names",
        "oauth_server",
        "partner_application",
        "oauth_configuration",
    ]


# What is wrong, the finding that says so, and what would stop a configure run.
OBSTACLES: dict[str, tuple[Callable[[Any, Any], Any], str, str]] = {
    "issuer": (lambda farm, _tenant: farm["cms"].update(token_issuer=None), "certificate.present", "is not assigned"),
    "store": (lambda farm, _tenant: farm["front_ends"][1].update(store=[]), "certificate.store", "is not in the computer store"),
    "expired": (lambda farm, _tenant: farm["certificates"]["issuer"].update(days=-2), "certificate.in_date", "expired on"),
    "key": (lambda farm, _tenant: farm["certificates"]["issuer"].update(private_key=False), "certificate.private_key", "no private key"),
    "principal": (lambda _farm, tenant: tenant["service_principals"].pop(), "principal.present", "no service principal for"),
}


def test_what_stops_a_run_is_a_finding_and_no_end(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    estates = []
    for name, (change, _finding, _part) in OBSTACLES.items():
        estate = copy.deepcopy(greenfield)
        change(estate["deployments"][0], estate["tenants"][0])
        estates.append(renamed(estate, name))
    lab = start(together(*estates))
    run = play(lab, AUDIT)
    assert (run.code, run.total("changed")) == (0, 0), run.output
    told = {one["name"]: one for one in report(tmp_path)["deployments"]}
    assert set(told) == set(OBSTACLES)
    for name, (_change, finding, part) in OBSTACLES.items():
        one = told[name]
        failed = {entry["id"] for entry in one["findings"] if entry["status"] == "fail"}
        assert finding in failed, name
        assert "principal.enabled" in {entry["id"] for entry in one["findings"]}  # the tenant was read all the same
        assert one["facts"]["service_principals"]
        assert part in one["obstacle"], name
        assert (one["verdict"], one["errors"]) == ("not_compliant", [])
    assert lab.counts(0)["graph_writes"] == 0


# The servers that do not answer: the lead, another, all.
SILENT = {"lead": ["fe01"], "member": ["fe02"], "all": ["fe01", "fe02"]}


def test_a_server_that_does_not_answer_is_in_the_report_and_fails_the_run(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    elsewhere = {f"{server}.{name}.com": {"ansible_port": 1} for name, servers in SILENT.items() for server in servers}
    lab = start(together(*(renamed(greenfield, name) for name in SILENT)))
    run = play(lab, AUDIT, *host_variables(tmp_path, elsewhere))
    assert run.code == 2, run.output
    told = {one["name"]: one for one in report(tmp_path)["deployments"]}
    for name, servers in SILENT.items():
        one = told[name]
        assert [server["name"] for server in one["facts"]["servers"]] == [
            f"{server}.{name}.com" for server in ("fe01", "fe02") if server not in servers
        ]
        assert [error["subject"] for error in one["errors"]] == [f"{server}.{name}.com" for server in servers]
        assert all("could not be reached" in error["message"] for error in one["errors"])
        assert one["facts"]["service_principals"]
        assert not one["compliant"]


def test_a_tenant_that_refuses_the_sign_in_is_in_the_report_beside_one_that_does_not(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(second_deployment(greenfield))
    run = play(lab, AUDIT, *host_variables(tmp_path, of_each({"contoso": {"trust_client_secret": "wrong"}})))
    assert run.code == 2, run.output
    contoso, fabrikam = report(tmp_path)["deployments"]
    assert (contoso["name"], [error["subject"] for error in contoso["errors"]]) == ("contoso", ["tenant"])
    assert "AADSTS7000215" in contoso["errors"][0]["message"]
    assert contoso["facts"]["service_principals"] is None
    assert [one["status"] for one in contoso["findings"] if one["area"] == "credential"].count("pass") == 0
    assert (fabrikam["name"], fabrikam["errors"], len(fabrikam["differences"])) == ("fabrikam", [], 6)
    assert sorted(one["deployment"] for one in run.fact("trust_audit")) == ["contoso", "fabrikam"]


def test_what_fails_a_run_is_chosen_and_the_report_is_there_all_the_same(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    estates = {}
    for kind, state in (("missing", greenfield), ("right", configured(greenfield))):
        del state["deployments"][0]["front_ends"][1:]
        for fail_on in ("never", "fail", "difference", "warn"):
            estates[f"{kind}-{fail_on}"] = (renamed(state, f"{kind}-{fail_on}"), {"trust_fail_on": fail_on})
    lab = start(together(*(state for state, _given in estates.values())))
    before = lab.state()
    run = play(lab, AUDIT, *host_variables(tmp_path, of_each({name: given for name, (_state, given) in estates.items()}, ["fe01"])))
    assert (run.code, failed(run)) == (2, {"missing-fail", "missing-difference", "missing-warn", "right-warn"})
    told = {one["name"]: one for one in report(tmp_path)["deployments"]}
    assert set(told) == set(estates)
    assert (told["missing-difference"]["compliant"], len(told["missing-difference"]["differences"])) == (False, 6)
    assert lab.state() == before


def test_a_difference_alone_fails_where_that_is_asked_for(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(configured(greenfield))
    options = ("-e", "trust_exchange_autodiscover_url=https://autodiscover.contoso.com/autodiscover/autodiscover.svc")
    run = play(lab, AUDIT, *options, "-e", "trust_fail_on=difference")
    assert run.code == 2
    assert "a run would change OAuth configuration" in run.output


def test_refused_variables_are_said_before_anything_is_contacted(
    start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path
) -> None:
    lab = start(greenfield)
    wrong = {"trust_known_thumbprints": ["no thumbprint"], "trust_report_path": f"{tmp_path}/nowhere"}
    run = play(lab, AUDIT, "-e", json.dumps(wrong))
    assert run.code == 2
    assert [name for name in wrong if name not in run.output] == []
    assert lab.requests() == []


def test_with_serial_the_last_report_has_every_batch(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(second_deployment(greenfield))
    playbook = tmp_path / "run" / "serial.yml"  # where a report goes without a path of its own
    playbook.parent.mkdir()
    task = {"ansible.builtin.import_role": {"name": "sfb.hybrid_auth.trust", "tasks_from": "audit"}}
    playbook.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "serial": 2, "tasks": [task]}]), encoding="utf-8")
    run = play(lab, str(playbook))
    assert run.code == 0, run.output
    assert [one["name"] for one in report(tmp_path)["deployments"]] == ["contoso", "fabrikam"]


def test_the_proof_is_in_the_report_where_it_is_asked_for(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    for state, accepted in ((greenfield, False), (configured(greenfield), True)):
        lab = start(state)
        environment = {"SFB_METADATA_URL": lab.info["tenants"][0]["metadata_url"]}
        run = run_playbook(AUDIT, lab.inventory, tmp_path / "run", "-e", "trust_prove=true", extra_environment=environment)
        assert run.code == 0, run.output
        (one,) = report(tmp_path)["deployments"]
        assert one["proof"]["accepted"] is accepted
        assert {entry["id"]: entry["status"] for entry in one["findings"]}["proof.token"] == ("pass" if accepted else "fail")


def test_a_farm_that_was_led_astray_signs_nothing_for_the_proof(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    state = configured(greenfield)
    server = state["deployments"][0]["cms"]["oauth_servers"][0]
    server["MetadataUrl"] = server["MetadataUrl"].replace("accounts.accesscontrol.windows.net", "sts.fabrikam.example")
    lab = start(state)
    run = run_playbook(AUDIT, lab.inventory, tmp_path / "run", "-e", "trust_prove=true")
    assert run.code == 0, run.output
    (one,) = report(tmp_path)["deployments"]
    assert one["proof"]["outcome"] == "not_known"
    (found,) = [entry for entry in one["findings"] if entry["id"] == "proof.token"]
    assert (found["status"], "oauth_server.metadata_url failed" in found["actual"]) == ("warn", True)
    assert not any(entry["kind"] == "token" for entry in lab.requests())


def test_relative_paths_begin_at_the_playbook_and_not_where_it_was_started(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for folder in ("audits", "roles/ours/tasks", "roles/ours/files"):
        (site / folder).mkdir(parents=True)
    (site / "roles/ours/files/near.cer").write_text("no certificate", encoding="ascii")
    credential = {"certificate_path": "near.cer", "app_ids": ["00000004-0000-0ff1-ce00-000000000000"], "access_token": "none"}
    refused = {"sfb.hybrid_auth.sp_credential": credential, "ignore_errors": True}
    (site / "roles/ours/tasks/main.yml").write_text(json.dumps([refused]), encoding="utf-8")
    written = {
        "sfb.hybrid_auth.trust_report": {"audits": [{"deployment": "contoso", "obstacle": "none"}], "formats": ["json"], "path": "audits"}
    }
    playbook = [{"hosts": "localhost", "gather_facts": False, "roles": ["ours"], "tasks": [written]}]
    (site / "site.yml").write_text(json.dumps(playbook), encoding="utf-8")
    (tmp_path / "hosts.yml").write_text("ungrouped: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="ascii")
    run = run_playbook(site / "site.yml", tmp_path / "hosts.yml", tmp_path / "run")
    assert run.code == 0, run.output
    told = run.results("sp_credential")[0]["msg"]
    assert "certificate_path" in told and "it is not a certificate" in told  # it was found
    assert run.results("trust_report")[0]["paths"] == {"json": str(site / "audits" / "audit.json")}
