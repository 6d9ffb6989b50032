# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the decisions do with obstacles: they fail with all of them, or tell them, as they are asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import unpack
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action

LEAD, OTHER = "fe01.contoso.com", "fe02.contoso.com"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
DECISIONS = ["trust_plan", "trust_removal", "trust_rotation"]
Decide = Callable[..., dict[str, Any]]


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """The result of a decision over the right state. readings: what a server registered instead. members: what is otherwise of them."""

    def made(
        module: str,
        obstacles: str | None,
        readings: dict[str, Any] | None = None,
        *,
        check_mode: bool = False,
        token: dict[str, Any] | None = None,
        confirm: str | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        servers, cloud = Estate(states.right(), tmp_path, monkeypatch).everything()
        read = {str(one["server"]["name"]): one for one in servers} | (readings or {})
        options = {
            "settings": Settings(exchange_credential=False, remove_confirm=confirm).as_facts(),
            "members": {"lead": LEAD, "members": [LEAD, OTHER], **members},
            "token": {"tenant_id": TENANT, "cloud": "global", **(token or {})},
            "cloud" if module in ("trust_rotation", "trust_audit") else "principals": cloud,
            **({} if obstacles is None else {"obstacles": obstacles}),
        }
        hostvars = {name: {"_trust_read": one} for name, one in read.items()}
        return run_action(module, options, check_mode=check_mode, task_vars={"hostvars": hostvars})

    return made


@pytest.mark.parametrize("module", DECISIONS)
def test_what_writes_refuses_a_deployment_of_which_a_server_comes_in_a_later_batch(decide: Decide, module: str) -> None:
    batches = {"members": [LEAD], "unchecked": [OTHER], "later": [OTHER]}
    result = decide(module, "fail", **batches)
    assert result["failed"]
    assert f"Deployment default: {OTHER} would be read in a later batch of the play (serial)" in result["msg"]
    assert "Nothing was changed. Leave out serial, or let each batch hold whole deployments" in result["msg"]
    # An audit takes one batch after the other.
    told = decide(module, "return", **batches)
    assert len(told["obstacles"]) == (module != "trust_plan")
    assert not decide(module, "fail", members=[LEAD], unchecked=[OTHER]).get("failed")


@pytest.mark.parametrize("module", DECISIONS)
def test_what_writes_refuses_a_slice_of_a_deployment(decide: Decide, module: str) -> None:
    a_slice = {"members": [LEAD], "unchecked": [OTHER], "missing": [OTHER]}
    result = decide(module, "fail", **a_slice)
    assert result["failed"]
    assert f"trust_front_ends names {OTHER}, which the inventory of this run does not have" in result["msg"]
    assert "Nothing was changed. Run on all servers of the deployment at once" in result["msg"]
    told = decide(module, "return", **a_slice)
    assert len(told["obstacles"]) == (module != "trust_plan")


@pytest.mark.parametrize(
    ("lead", "why"),
    [
        (
            {"failed": True, "msg": "Get-CsService returned an object without PoolFqdn, which is not what it returns on a Front End."},
            f"{LEAD} could not be read: Get-CsService returned an object without PoolFqdn, which is not what it returns on a Front End",
        ),
        ({"unreachable": True, "msg": "timed out."}, f"{LEAD} could not be reached: timed out"),
        ({"skipped": True}, f"{LEAD} was not read"),
    ],
)
def test_the_audit_says_why_the_lead_was_not_read(decide: Decide, lead: dict[str, Any], why: str) -> None:
    findings = unpack(decide("trust_audit", None, {LEAD: lead})["packed"])
    told = {one["id"]: one["actual"] for one in findings if one["status"] == "skip"}
    assert {told[rule] for rule in ("oauth_configuration.service_name", "oauth_server.present", "names.modern_authentication")} == {
        f"not known: {why}"
    }
    assert not [one for one in findings if "did not gather" in one["actual"]]
    # What the other server read of itself is judged all the same.
    assert [one["status"] for one in findings if one["id"] == "certificate.present" and one["subject"] == OTHER] == ["pass"]


@pytest.mark.parametrize("module", DECISIONS)
def test_obstacles_are_told_where_that_is_asked_for(decide: Decide, module: str) -> None:
    lost = {OTHER: {"unreachable": True, "msg": "timed out"}}
    assert f"{OTHER} could not be reached: timed out" in decide(module, "fail", lost)["msg"]
    told = decide(module, "return", lost)
    assert not told.get("failed"), told.get("msg")
    assert [one["subject"] for one in told["obstacles"]] == [OTHER]
    assert decide(module, "return")["obstacles"] == []


def test_a_removal_of_which_the_lead_was_not_read_fails_in_any_case(decide: Decide) -> None:
    assert f"{LEAD} could not be reached" in decide("trust_removal", "return", {LEAD: {"unreachable": True, "msg": "timed out"}})["msg"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"readings": {OTHER: {"unreachable": True, "msg": "timed out"}}}, f"{OTHER} could not be reached"),
        ({"members": [LEAD], "unchecked": [OTHER], "later": [OTHER]}, "would be read in a later batch"),
    ],
    ids=["unread", "batch"],
)
def test_what_stops_a_removal_in_earnest_stops_it_in_check_mode_too(decide: Decide, given: dict[str, Any], told: str) -> None:
    earnest, foreseen = (decide("trust_removal", "fail", check_mode=check_mode, **given) for check_mode in (False, True))
    assert told in earnest["msg"]
    assert (foreseen["failed"], foreseen["msg"]) == (True, earnest["msg"])


def test_a_removal_in_check_mode_warns_of_a_sign_in_that_may_not_write(decide: Decide) -> None:
    token = {"permissions": {"kind": "application", "granted": ["Application.Read.All"]}}
    assert "The sign-in may not write" in decide("trust_removal", "fail", token=token)["msg"]
    foreseen = decide("trust_removal", "fail", token=token, check_mode=True)
    assert any(one.startswith("Without --check this run fails: The sign-in may not write") for one in foreseen["warnings"])


@pytest.mark.parametrize(("confirm", "warned"), [(None, False), ("default", False), ("Default", True), ("contoso", True)])
def test_a_removal_in_check_mode_warns_of_a_confirmation_that_a_run_refuses(decide: Decide, confirm: str | None, warned: bool) -> None:
    foreseen = decide("trust_removal", "fail", confirm=confirm, check_mode=True)
    told = f"trust_remove_confirm is {confirm}, and this is deployment default."
    assert any(one.startswith(f"Without --check this run fails: {told}") for one in foreseen.get("warnings", ())) is warned
    assert bool(foreseen["ahead"]) is warned
