# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many names and keys cost what they are many, and not the square of it. `make bench` has 1,000 names and 600 keys in whole runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.result import Proof
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import Verdict
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import rotation
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from tests.lab.states.audit import EXCHANGE, SKYPE, TENANT
from tests.lab.states.crowd import crowd, hosts

from .estate import Estate
from .support import run_action

WORKS = ("read", "audit", "credential", "written_names", "roll", "removal")
_SMALL, _TIMES = 30, 5
# Of the square it would be _TIMES. What is done once makes it less, and another program on the machine more.
_MOST_GROWTH = 2.0


class Crowd:
    """A farm with as many external names and keys as asked for, and a tenth of the pools."""

    def __init__(self, size: int, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        workdir.mkdir()
        self.estate, self.names = Estate(crowd(size // 10, size), workdir, monkeypatch), hosts(size)
        self.farm, self.cloud = self.estate.onprem(self.estate.servers[0]), self.estate.cloud()

    def audit(self) -> dict[str, Any]:
        expected = {"external_fqdns": self.names, "exchange_credential": True}
        return run_action("trust_audit", {"deployment": "contoso", "onprem": [self.farm], "cloud": self.cloud, "expected": expected})

    def credential(self) -> dict[str, Any]:
        given = {"certificate_content": self.farm["certificate"]["content"], "current": self.cloud}
        added = self.estate.in_tenant("sp_credential", given)
        removed = self.estate.in_tenant("sp_credential", {"thumbprint": self.farm["certificate"]["thumbprint"], "state": "absent"})
        return {"operations": added["operations"] + removed["operations"]}

    def written_names(self) -> dict[str, Any]:
        added = self.estate.in_tenant("sp_names", {"names": self.names, "current": self.cloud})
        removed = self.estate.in_tenant("sp_names", {"names": self.names, "state": "absent"})
        return {"operations": added["operations"] + removed["operations"]}

    def roll(self) -> rotation.RotationPlan:
        principals = service_principal.from_current(self.cloud, (SKYPE, EXCHANGE)) or []
        rules = Rules(timedelta(days=7), timedelta(days=60))
        return rotation.plan(self.farm["signing"], principals, rules, datetime.now(timezone.utc))

    def removal(self) -> dict[str, Any]:
        return run_action("trust_removal", {"onprem": self.farm, "principals": self.cloud, "tenant_id": TENANT})

    def read(self) -> dict[str, Any]:
        return self.estate.cloud()


def seconds(work: Callable[[], Any]) -> float:
    """What it takes, of this process alone."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def test_what_it_costs_grows_with_names_and_keys_and_not_with_their_square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Crowd(_SMALL, tmp_path / "small", monkeypatch)
    costs = {work: min(seconds(getattr(small, work)) for _time in range(2)) for work in WORKS}
    large = Crowd(_SMALL * _TIMES, tmp_path / "large", monkeypatch)
    growth = {work: min(seconds(getattr(large, work)) for _time in range(2)) / costs[work] for work in WORKS}
    assert {work: times for work, times in growth.items() if times > _TIMES * _MOST_GROWTH} == {}


def test_the_large_farm_is_judged_and_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Crowd(60, tmp_path / "one", monkeypatch)
    findings = [finding["id"] for finding in one.audit()["findings"]]
    assert findings.count("names.external_fqdn") == 60
    assert findings.count("credential.unknown") == 120
    assert len(one.credential()["operations"]) == 4
    assert len(one.written_names()["operations"]) == 120
    assert [len(one.estate.principal(app_id)["keyCredentials"]) for app_id in (SKYPE, EXCHANGE)] == [60, 60]


def test_a_proof_hides_its_own_secrets() -> None:
    proof = Proof("x", Verdict("not_known", "I do not like aaaa.bbbb.cccc", "", "cccc"), {"issuer": "aaaa.bbbb.cccc"})
    shown = proof.without({"aaaa.bbbb.cccc", "cccc"}).as_result()
    assert "cccc" not in str(shown)
    assert shown["outcome"] == "not_known"
