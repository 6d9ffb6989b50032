# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit by real ansible-playbook runs: the shapes that it judges are those that the info modules return over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.states import audit as states
from tests.support.play import Run

Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]

# Cases that do not hide one another: each changes something else.
FARM = (
    *("certificate.private_key", "certificate.same", "oauth_server.tenant", "oauth_server.realm", "oauth_server.security_identifiers"),
    *("partner_application.trust_level", "partner_application.others_full_trust", "oauth_configuration.service_name", "names.pool"),
    *("replication.up_to_date", "replication.report_age", "clock.server", "clock.tenant"),
)
TENANT = (
    *("principal.enabled", "principal.dedicated_application", "credential.shared_foreign", "credential.weak_key", "credential.weak_hash"),
    *("credential.symmetric", "credential.password", "credential.duplicate", "credential.expired", "names.external_fqdn", "names.stale"),
    *("server.build", "server.tls", "server.winhttp", "server.proxy", "server.metadata_reachable", "server.root_store", "server.events"),
)
ROLL = ("roll.pending", "roll.in_cloud", "roll.on_servers")


def tasks(lab: Lab, **expected: Any) -> list[dict[str, Any]]:
    """Read the lead whole and the others' certificates, read the tenant, judge."""
    tenant = lab.info["tenants"][0]
    sign_in = {"tenant": tenant["domain"], "client_id": tenant["client_id"], "client_secret": tenant["client_secret"]}
    where = {"login_url": lab.info["login_url"], "graph_url": lab.info["graph_url"], "ca_path": lab.info["ca_path"]}
    gather = "{{ [inventory_hostname == ansible_play_hosts_all[0] and 'all' or 'certificate', 'server_settings'] }}"
    audit = {
        "deployment": "contoso",
        "onprem": "{{ ansible_play_hosts | map('extract', hostvars, 'onprem') | list }}",
        "servers_expected": "{{ ansible_play_hosts_all }}",
        "cloud": "{{ cloud }}",
        "token": "{{ token }}",
        "refusals": "{{ refusals }}",
        "expected": {**states.RIGHT_EXPECTED, **expected},
    }
    return [
        {"name": "farm", "sfb.hybrid_auth.onprem_info": {"gather": gather, "store": True}, "register": "onprem"},
        {
            "name": "sign in",
            "sfb.hybrid_auth.graph_token": {**sign_in, **where, "read_credential": True},
            "register": "token",
            "run_once": True,
        },
        {
            "name": "tenant",
            "sfb.hybrid_auth.sp_info": {"access_token": "{{ token.access_token }}", **where, "application_permissions": True},
            "register": "cloud",
            "run_once": True,
        },
        {
            "name": "policies",
            "sfb.hybrid_auth.app_policy_info": {"access_token": "{{ token.access_token }}", **where, "principals": "{{ cloud }}"},
            "register": "refusals",
            "run_once": True,
        },
        {"name": "audit", "sfb.hybrid_auth.trust_audit": audit, "run_once": True},
    ]


def test_in_the_right_state_every_finding_passes_with_few_requests(start: Start, play: Play) -> None:
    lab = start(states.right())
    mark = lab.mark()
    run = play(lab, tasks(lab))
    assert run.code == 0, run.output
    (audit,) = run.results("trust_audit")
    assert [finding for finding in audit["findings"] if finding["status"] != "pass"] == []
    assert (audit["compliant"], audit["changed"]) == (True, False)
    # Two principals, what signs in, who may open every mailbox, and of the one application that may: its two objects and its certificate;
    # the tenant's policy and that of each principal.
    assert lab.counts(mark) == {"powershell": 2, "entra": 2, "graph_reads": 10, "graph_writes": 0}


@pytest.mark.either_runner
@pytest.mark.parametrize("bundle", [FARM, TENANT, ROLL], ids=["farm", "tenant", "roll"])
def test_what_is_wrong_is_found_and_nothing_is_written(start: Start, play: Play, bundle: tuple[str, ...]) -> None:
    state, chosen = states.right(), [next(case for case in states.CASES if case.id == name) for name in bundle]
    for case in chosen:
        # A staged roll that lacks everything shows all of the roll's findings.
        if not case.id.startswith("roll."):
            case.change(state)
    if bundle is ROLL:
        states.staged(state, 20, in_cloud=False, servers=1)
    lab = start(state)
    before = lab.state()
    run = play(lab, tasks(lab))
    assert run.code == 0, run.output
    (audit,) = run.results("trust_audit")
    found = {(finding["id"], finding["status"]) for finding in audit["findings"]}
    assert {(case.id, case.status) for case in chosen} <= found
    assert audit["compliant"] is False
    assert lab.state() == before


@pytest.mark.either_runner
def test_a_server_that_is_not_reached_is_named(start: Start, play: Play) -> None:
    state = states.right()
    state["deployments"][0]["front_ends"][1]["module"] = None
    lab = start(state)
    run = play(lab, tasks(lab))
    (audit,) = run.results("trust_audit")
    skipped = {finding["id"] for finding in audit["findings"] if finding["subject"] == "fe02.contoso.com" and finding["status"] == "skip"}
    assert "certificate.same" in skipped
