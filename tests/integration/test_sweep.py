# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of `make sweep`, and that its play of the role in this process is what ansible-playbook does."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.lab import Lab
from tests.support.play import Run, run_playbook
from tests.sweep import judge
from tests.sweep.hybrid import Hybrid
from tests.sweep.operations import OPERATIONS, Operation
from tests.sweep.role import Done, Task
from tests.sweep.script import Script
from tests.sweep.trial import Bench

# So many points of each operation, evenly spread.
_SAMPLE = 18
_COLLECTION = "sfb.hybrid_auth."


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_nothing_is_lost_where_a_run_goes_wrong(operation: Operation) -> None:
    bench = Bench(operation)
    trials = bench.trials()
    outcomes = [bench.run(trials[index * len(trials) // _SAMPLE]) for index in range(_SAMPLE)]
    assert [f"{one.kind}: {one.text} ({outcome.trial.command})" for outcome in outcomes for one in outcome.violations] == []


def test_what_is_lost_missing_or_unclear_is_seen() -> None:
    state = next(one for one in OPERATIONS if one.name == "configure, drifted").before()
    before = judge.plain(state, state)
    now = copy.deepcopy(before)
    assert [*judge.lost(before, before, now), *judge.missing(before, before, now, "")] == []
    skype, exchange = now["tenants"][0]["service_principals"]
    thumbprint = skype["keyCredentials"].pop()["customKeyIdentifier"]
    skype["servicePrincipalNames"].remove("https://lync.fabrikam.com/")
    exchange["keyCredentials"][-1]["key"] = None
    cms = now["deployments"][0]["cms"]
    cms["oauth_servers"] = [{**cms["oauth_servers"][0], "AcceptSecurityIdentifierInformation": False}]
    del cms["partner_applications"][0]
    assert [one.text.partition(" of ")[0] for one in judge.lost(before, before, now)] == [
        f"key {thumbprint}",
        "name https://lync.fabrikam.com/",
        f"key {thumbprint}",
    ]
    gone = [one.text.partition(" is ")[0] for one in judge.missing(before, before, now, '{"identity": "microsoft.exchange"}')]
    assert gone == ["oauth_servers microsoft.sts", "oauth_servers fabrikam.sts"]
    assert judge.settled(now) != judge.settled(before)


def test_clients_that_are_sent_where_something_is_missing_are_seen() -> None:
    state = next(one for one in OPERATIONS if one.name == "modern authentication, off").before()
    now = judge.plain(state, state)
    assert list(judge.stranded(now)) == []
    now["deployments"][0]["cms"]["oauth_servers"].pop()
    now["tenants"][0]["service_principals"][0]["servicePrincipalNames"].remove("https://webint.contoso.com/")
    assert [one.text.rpartition(" ")[2] for one in judge.stranded(now)] == ["there", "https://webint.contoso.com/"]


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ("fe01.contoso.com: it failed. Run again.", ""),
        ("It failed. Run again.", "no server and no principal is named"),
        ("fe01.contoso.com: it failed.", "no remedy is given"),
        ("fe01.contoso.com: Unexpected KeyError. Run again.", "no message of ours"),
    ],
)
def test_a_message_without_name_or_remedy_is_seen(message: str, seen: str) -> None:
    failed = Done(Task("Do it", "sp_info", "fe01", {}), {"failed": True, "msg": message}, HybridAuthError("fe01: it failed.", "Run again."))
    assert [one.text.partition(":")[0] for one in judge.unclear([failed], [failed], ["FE01.contoso.com"])] == ([seen] if seen else [])


@pytest.mark.parametrize("name", ["configure, drifted", "rotate, stage", "remove", "modern authentication, off"])
def test_the_play_in_this_process_is_that_of_ansible_playbook(name: str, tmp_path: Path) -> None:
    operation = next(one for one in OPERATIONS if one.name == name)
    before, given = operation.before(), operation.given(tmp_path)
    hybrid = Hybrid(copy.deepcopy(before), tmp_path)
    played, _alive = hybrid.play(operation.entry_point, given, Script())
    with Lab(before, workdir=tmp_path / "lab", engine="none") as lab:
        playbook = f"{_COLLECTION}{operation.entry_point.replace('main', 'configure')}"
        run = run_playbook(playbook, lab.inventory, tmp_path / "run", "-e", json.dumps(given))
        assert (run.code, played.failed) == (0, set()), run.output
        assert [_task(one) for one in played.done if _is_counted(one)] == _tasks(run)
        assert _asked(hybrid.requests) == _asked(lab.requests())


def _is_counted(done: Done) -> bool:
    return not done.task.module.startswith("ansible.") and not done.result.get("skipped")


def _task(done: Done) -> tuple[str, str, str, bool]:
    return done.task.host, f"{_COLLECTION}{done.task.module.removeprefix(_COLLECTION)}", done.task.name, bool(done.result.get("changed"))


def _tasks(run: Run) -> list[tuple[str, str, str, bool]]:
    """The collection's tasks; servers of one task end in any order."""
    found = [
        (one["host"], one["action"], one["name"].partition(" : ")[2], bool(one["result"].get("changed")))
        for one in run.record["tasks"]
        if one["action"].startswith(_COLLECTION)
    ]
    order = {name: number for number, name in reversed(list(enumerate(name for _host, _action, name, _changed in found)))}
    return sorted(found, key=lambda one: (order[one[2]], one[0]))


def _asked(requests: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Requests and cmdlets with their parameters, those of each server in their order."""
    found = [one for one in requests if one["kind"] in ("cmdlet", "graph", "entra")]
    return sorted(((one["kind"], one.get("host") or "", one["verb"], _parameters(one)) for one in found), key=lambda one: one[1])


def _parameters(request: dict[str, Any]) -> str:
    return json.dumps((request.get("detail") or {}).get("parameters"), sort_keys=True, default=str)


def test_what_the_tenant_got_stays_where_the_server_cannot_download_the_metadata(tmp_path: Path) -> None:
    """The tenant's steps come first, and the next run goes on from there."""
    operation = next(one for one in OPERATIONS if one.name == "configure, empty")
    hybrid = Hybrid(copy.deepcopy(operation.before()), tmp_path)
    before, given = hybrid.state(), operation.given(tmp_path)
    failed, _alive = hybrid.play("main", {**given, "trust_metadata_url": "https://login.contoso.com/metadata/json/1"}, Script())
    (failure,) = failed.failures
    assert "The server itself downloads the metadata" in failure.result["msg"]
    assert hybrid.state()["deployments"] == before["deployments"]
    assert hybrid.state()["tenants"] != before["tenants"]
    again, _alive = hybrid.play("main", given, Script())
    assert again.failures == []
    assert [one.task.module for one in again.done if one.result.get("changed")] == [
        "oauth_server",
        "partner_application",
        "oauth_configuration",
    ]


def test_an_audit_that_fails_leaves_its_conclusion_for_what_comes_after_it(tmp_path: Path) -> None:
    """The page of audits has a play that hands the fact on in always."""
    operation = next(one for one in OPERATIONS if one.name == "configure, drifted")
    hybrid = Hybrid(copy.deepcopy(operation.before()), tmp_path)
    audit, _alive = hybrid.play("audit", {**operation.given(tmp_path), "trust_fail_on": "fail"}, Script())
    assert len(audit.failures) == 1
    assert audit.fact("trust_audit")["compliant"] is False


def test_rotate_runs_over_the_restricted_endpoint(tmp_path: Path) -> None:
    """It does the tenant's half there, and a trust that is whole gives it nothing to do."""
    operation = replace(next(one for one in OPERATIONS if one.name == "modern authentication, on, restricted"), entry_point="rotate")
    hybrid = Hybrid(copy.deepcopy(operation.before()), tmp_path, restricted=True)
    play, _alive = hybrid.play(operation.entry_point, operation.given(tmp_path), Script())
    assert play.failures == []
    assert not any(one.result.get("changed") for one in play.done)
