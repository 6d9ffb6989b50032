# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard: no value of a secret option is in anything that an action returns, whatever happens in it."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import run_action
from ..test_documentation import ACTIONS, PACKAGE

# What an action needs beside the secret to get to its work.
NEEDED: dict[str, dict[str, Any]] = {
    "sp_names": {"names": ["webext.contoso.com"]},
    "tenant_info": {"domain": "contoso.com"},
    "trust_plan": {"onprem": {"management_module": "SkypeForBusiness"}},
}
SECRET = 's3cret/with+"odd" ch\u00e4rs%'


def secret_options() -> list[tuple[str, str]]:
    found = []
    for name in ACTIONS:
        options = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule.ARGUMENTS.options
        found += [(name, option) for option, spec in options.items() if spec.get("no_log")]
    return found


def returns(params: dict[str, Any]) -> dict[str, Any]:
    return {"changed": True, "diff": {"before": {}, "after": dict(params)}, "warnings": [f"using {SECRET}"], SECRET: [SECRET]}


def fails(params: dict[str, Any]) -> dict[str, Any]:
    raise HybridAuthError(f"refused {SECRET}", "Look.", detail={"given": params})


def breaks(params: dict[str, Any]) -> dict[str, Any]:
    raise KeyError(SECRET)


@pytest.mark.parametrize("behaviour", [returns, fails, breaks])
@pytest.mark.parametrize(("name", "option"), secret_options())
def test_a_secret_is_nowhere_in_the_result(name: str, option: str, behaviour: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"{PACKAGE}.action.{name}")
    monkeypatch.setattr(module.ActionModule, "perform", lambda _self, params, _task_vars: behaviour(params))
    result = run_action(name, {option: SECRET, **NEEDED.get(name, {})})
    shown = json.dumps(result, ensure_ascii=False)
    assert SECRET not in json.loads(json.dumps(str(result)))
    assert json.dumps(SECRET, ensure_ascii=False)[1:-1] not in shown


def test_every_option_that_holds_a_secret_is_marked() -> None:
    for name in ACTIONS:
        for option, spec in importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule.ARGUMENTS.options.items():
            if any(word in option for word in ("secret", "password", "token")):
                # The name of a file or of a variable is no secret; what is in it is masked where it is read.
                assert spec.get("no_log") is not option.endswith(("_file", "_variable")), (name, option)
