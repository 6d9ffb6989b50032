# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replacement that goes wrong at any cmdlet loses no setting: the actions on the lab's farm, with what its runner answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lab.farm.farm import Farm
from tests.lab.farm.python_runner import Runner
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.host import ProcessEndedError

from ..support import run_action

WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
TENANT, FABRIKAM = "5588b4fd-f26d-475c-824f-9911277ab13e", "aaaaaaaa-0000-4000-8000-000000000002"
URL = f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"
TOKEN = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer", "value": None}
SERVER = {"Identity": "microsoft.sts", "Name": "microsoft.sts", "IssuerIdentifier": "i", "MetadataUrl": URL, "Type": "Acs"}
SERVER |= {"Realm": "contoso.com", "AuthorizationUriOverride": "https://login.contoso.com/", "AcceptSecurityIdentifierInformation": True}
APPLICATION = {"Identity": "microsoft.exchange", "Name": "microsoft.exchange", "ApplicationIdentifier": "other", "AuthToken": TOKEN}
APPLICATION |= {"Realm": "contoso.com", "ApplicationTrustLevel": "Full", "Enabled": False, "AcceptSecurityIdentifierInformation": True}
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"

# By module: its options, where the farm keeps its objects, the old object, and what a replacement changes of it.
REPLACED: dict[str, tuple[dict[str, Any], str, dict[str, Any], dict[str, Any]]] = {
    "oauth_server": ({"tenant_id": TENANT}, "oauth_servers", SERVER, {"Realm": TENANT}),
    "partner_application": ({}, "partner_applications", APPLICATION, {"ApplicationIdentifier": EXCHANGE}),
}
NOUNS = {"oauth_server": "CsOAuthServer", "partner_application": "CsPartnerApplication"}
CUTS = [
    (verb, nth, do, after)
    for verb, times in (("Get", 3), ("New", 2), ("Remove", 1))
    for nth in range(1, times + 1)
    for do in ("kill", "error:time-out")
    for after in (False, True)
]


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    def resolve(_url: str) -> dict[str, str]:
        return {"issuer": "00000001-0000-0000-c000-000000000000", "realm": TENANT, "type": "Acs"}

    return Farm(State(), RequestLog(), Faults(), tmp_path / "farm", None, resolve)


def asking(farm: Farm) -> Callable[[Any], None]:
    front_end = farm.front_ends["fe01.contoso.com"]

    def execute(module_args: dict[str, Any], **_given: Any) -> dict[str, Any]:
        runner = Runner(front_end.name, "SkypeForBusiness", lambda cmdlet, given: front_end.cmdlet(cmdlet, given, "x"), front_end.store())
        try:
            return dict(json.loads(runner.answer(module_args["request"])))
        except ProcessEndedError:
            return {"failed": True, "msg": "MODULE FAILURE", "rc": 1}

    def prepare(action: Any) -> None:
        action._execute_module = execute

    return prepare


@pytest.mark.parametrize(("verb", "nth", "do", "after"), CUTS, ids=str)
@pytest.mark.parametrize("module", REPLACED)
def test_no_setting_is_lost_wherever_a_replacement_goes_wrong(farm: Farm, module: str, verb: str, nth: int, do: str, after: bool) -> None:
    options, part, old, changed = REPLACED[module]
    objects = farm.state.data["deployments"][0]["cms"][part]
    objects[:] = [copy.deepcopy(old)]
    farm.faults.add({"on": f"cmdlet:{verb}-{NOUNS[module]}", "nth": nth, "do": do, "after": after})
    given = {"connection": WINDOWS, "prepare": asking(farm), "task_vars": {"inventory_hostname": "fe01.contoso.com"}}
    first = run_action(module, options, **given)
    told = json.dumps(first)
    assert "nexpected" not in told
    assert "NOT be restored" not in told
    if first.get("failed"):
        assert first["msg"].startswith("fe01.contoso.com: ")
        # What may be lost is shown whole.
        gone = not any(one["Identity"] == old["Identity"] for one in objects)
        assert gone <= all(str(value) in first["msg"] for value in (old["Realm"], "AcceptSecurityIdentifierInformation True"))
        if "is as it was" in first["msg"] or "was restored" in first["msg"]:
            assert objects in ([old], [{**old, **issuer(module)}])
        elif do != "kill":
            assert verb == "Get", first["msg"]
    farm.faults.clear()
    second = run_action(module, options, **given)
    assert "failed" not in second, second
    assert second["changed"] or objects == [{**old, **changed, **issuer(module)}]
    assert objects == [{**old, **changed, **issuer(module)}]
    assert run_action(module, options, **given)["changed"] is False


def issuer(module: str) -> dict[str, str]:
    """What the metadata tell, and no option sets."""
    return {"IssuerIdentifier": "00000001-0000-0000-c000-000000000000"} if module == "oauth_server" else {}


def test_two_runs_that_meet_do_not_carry_out_a_stale_plan(farm: Farm) -> None:
    """What was read is changed before it is written: the plan is made anew and keeps the other's setting."""
    objects = farm.state.data["deployments"][0]["cms"]["oauth_servers"]
    objects[:] = [copy.deepcopy({**SERVER, "Realm": TENANT, "Type": "ADFS"})]
    given = {"connection": WINDOWS, "prepare": asking(farm), "task_vars": {"inventory_hostname": "fe01.contoso.com"}}
    current = run_action("onprem_info", {"gather": ["oauth_servers"]}, **given)
    objects[0].update(Realm="contoso.com", AcceptSecurityIdentifierInformation=False)
    result = run_action("oauth_server", {"tenant_id": TENANT, "type": "Acs", "current": current}, **given)
    assert result["changed"] is True
    assert (objects[0]["Realm"], objects[0]["Type"], objects[0]["AcceptSecurityIdentifierInformation"]) == (TENANT, "Acs", False)
