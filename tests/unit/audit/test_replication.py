# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every Front End of the run has a finding about its replica, also one that the report of the replication does not have."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import expected, replication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW

DEFAULTS = {name: option.get("default") for name, option in expected.OPTIONS.items()}
FE01, FE02 = "fe01.contoso.com", "fe02.contoso.com"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        found: list[dict[str, Any]] = Estate(states.right(), tmp_path_factory.mktemp("right"), monkeypatch).everything()[0]
    return found


def judged(servers: list[Any], rule: str = "up_to_date") -> dict[str, Finding]:
    known = facts("contoso", servers, [FE01, FE02], None, expected.expected(DEFAULTS), NOW)
    return {one.subject: one for one in replication.check(known) if one.id == f"replication.{rule}"}


@pytest.mark.parametrize("rule", ["up_to_date", "report_age"])
def test_a_server_that_is_not_in_the_report_is_not_checked(read: list[dict[str, Any]], rule: str) -> None:
    servers = copy.deepcopy(read)
    assert {one.status for one in judged(servers).values()} == {"pass"}
    servers[0]["replicas"] = [one for one in servers[0]["replicas"] if one["replica"] != FE02]
    missing = judged(servers, rule)[f"replica {FE02}"]
    assert missing.status == "skip"
    assert "Get-CsManagementStoreReplicationStatus does not list it" in missing.actual
    assert len(judged(servers, rule)) == 2


@pytest.mark.parametrize(
    ("told", "named", "listed", "known"),
    [
        ("FE02.contoso.com", "second", FE02, True),
        (None, "fe02.contoso.com", FE02.upper(), True),
        (None, "fe02", FE02, True),
        (None, "second", FE02, False),
        ("fe02.fabrikam.com", "fe02.fabrikam.com", FE02, False),
    ],
)
def test_a_replica_is_a_servers_by_its_own_name_or_that_of_the_inventory(
    read: list[dict[str, Any]], told: str | None, named: str, listed: str, known: bool
) -> None:
    servers = copy.deepcopy(read)
    servers[1].update(inventory_name=named, server={**servers[1]["server"], "name": told})
    next(one for one in servers[0]["replicas"] if one["replica"] == FE02)["replica"] = listed
    statuses = [one.status for one in judged(servers).values()]
    assert statuses.count("skip") == (0 if known else 1)
