# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that lacks a Front End of the farm, as a slice of a job does, says so by what the farm tells of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.absent import absent_front_ends
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Unread
from tests.lab.scenarios import configured
from tests.lab.state import GREENFIELD
from tests.sweep.hybrid import Hybrid
from tests.sweep.script import Script

GIVEN = {
    "trust_tenant": "contoso.com",
    "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001",
    "trust_client_secret": "lab~Secret.0123456789",
}
FARM = [{"name": f"fe0{number}.contoso.com", "pool": "pool01.contoso.com"} for number in (1, 2)]


def reading(name: str | None, front_ends: Any = None) -> Any:
    return {"server": {"name": name}, **({} if front_ends is None else {"front_ends": front_ends})}


@pytest.mark.parametrize(
    ("readings", "absent"),
    [
        ({"fe01.contoso.com": reading("fe01.contoso.com", FARM)}, ["fe02.contoso.com"]),
        ({"fe01": reading("FE01", FARM), "10.1.2.3": reading("FE02")}, []),
        ({"fe01.contoso.com": reading("fe01.contoso.com", FARM), "second": Unread("it is down", True)}, []),
        ({"fe01.contoso.com": reading("fe01.contoso.com", FARM), "second": reading(None)}, []),
        ({"fe01.contoso.com": reading("fe01.contoso.com")}, []),
        ({"fe01.contoso.com": Unread("it is down", True)}, []),
    ],
)
def test_what_the_topology_has_and_no_member_is_absent(readings: dict[str, Any], absent: list[str]) -> None:
    assert absent_front_ends(next(iter(readings)), readings) == absent


def with_other_servers(state: dict[str, Any]) -> dict[str, Any]:
    """With servers that replicate and are no Front Ends: of an Edge pool, a Mediation pool and a Director."""
    cms = state["deployments"][0]["cms"]
    for role, name in (("EdgeServer", "edge01"), ("MediationServer", "med01"), ("Director", "dir01")):
        fqdn = f"{name}.contoso.com"
        cms.setdefault("computers", []).append({"Fqdn": fqdn, "Pool": fqdn})
        cms.setdefault("services", []).append({"Role": role, "PoolFqdn": fqdn})
        cms["replicas"].append({**cms["replicas"][0], "ReplicaFqdn": fqdn})
    return state


@pytest.mark.parametrize("whole", [True, False])
def test_an_audit_of_a_slice_is_incomplete_and_names_the_servers(whole: bool, tmp_path: Path) -> None:
    state = with_other_servers(configured())
    hybrid = Hybrid(state, tmp_path)
    names = [one["name"] for one in state["deployments"][0]["front_ends"]]
    hosts: dict[str, dict[str, Any]] = {name: {} for name in (names if whole else names[:1])}
    hybrid.play("audit", {**GIVEN, "trust_report_path": str(tmp_path)}, Script(), hosts=hosts)
    (audited,) = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["deployments"]
    assert audited["unchecked"] == ([] if whole else names[1:])
    failed = [one["id"] for one in audited["findings"] if one["status"] == "fail"]
    assert (audited["verdict"], failed) == ("compliant" if whole else "incomplete", [])


def test_configure_of_a_slice_warns_before_it_writes(tmp_path: Path) -> None:
    hybrid = Hybrid(with_other_servers(json.loads(GREENFIELD.read_text(encoding="utf-8"))), tmp_path)
    made, _alive = hybrid.play("main", GIVEN, Script(), hosts={"fe01.contoso.com": {}})
    assert made.failures == []
    assert made.fact("trust_summary")["unchecked"] == ["fe02.contoso.com"]
    assert any("not in this run" in text and "fe02.contoso.com" in text for text in made.fact("trust_summary")["warnings"])


ENTRY_POINTS = {
    "main": "trust_summary",
    "rotate": "trust_rotation",
    "remove": "trust_removal",
    "modern_authentication": "trust_modern_authentication",
}


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_every_run_of_a_slice_warns_and_counts_it_in_its_closing_line(
    entry_point: str, whole: bool, check_mode: bool, tmp_path: Path
) -> None:
    state = configured()
    names = [one["name"] for one in state["deployments"][0]["front_ends"]]
    hybrid = Hybrid(state, tmp_path)
    given = {**GIVEN, "trust_remove_confirm": "default", "trust_rotation_create": "self_signed"}
    hosts: dict[str, dict[str, Any]] = {name: {} for name in (names if whole else names[:1])}
    made, _alive = hybrid.play(entry_point, given, Script(), hosts=hosts, check_mode=check_mode)
    assert made.failures == []
    warnings = [text for text in made.fact(ENTRY_POINTS[entry_point])["warnings"] if "not in this run" in text]
    assert len(warnings) == (0 if whole else 1)
    assert all(name in text for text in warnings for name in names[1:])
    closing = made.fact("_trust_outcome")["lines"][-1]
    assert whole or f"{len(made.fact(ENTRY_POINTS[entry_point])['warnings'])} warning" in closing


def test_a_certificate_is_not_staged_in_a_slice_without_a_warning(tmp_path: Path) -> None:
    greenfield = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    greenfield["deployments"][0]["certificates"]["issuer"]["days"] = 30
    state = configured(greenfield)
    first, second = (one["name"] for one in state["deployments"][0]["front_ends"])
    made, _alive = Hybrid(state, tmp_path).play(
        "rotate", {**GIVEN, "trust_rotation_create": "self_signed"}, Script(), hosts={first: {}}, check_mode=True
    )
    told = made.fact("trust_rotation")
    assert (made.failures, told["changed"]) == ([], True)
    assert any("not in this run" in text and second in text for text in told["warnings"])
