# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard: no value of a secret option is in anything that an action returns, whatever happens in it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action
from ..test_documentation import ACTIONS, PACKAGE, ROOT

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


# Texts for people, which may quote what a secret is part of.
WORDS = {"obstacles", "failure", "ahead", "applications_problem"}


@pytest.mark.parametrize("name", sorted({name for name, _option in secret_options()}))
def test_what_tasks_use_is_public_in_whatever_takes_a_secret(name: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.action.{name}")
    returned = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").RETURN)
    assert set(module.ActionModule.PUBLIC) == set(returned) - WORDS


@pytest.mark.parametrize("password", ["e", "20", "M", "True"])
def test_a_short_password_changes_nothing_that_is_read(password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = Estate(states.right(), tmp_path, monkeypatch)
    plain = estate.cloud()
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PASSWORD", password)
    masked = estate.cloud()
    assert (masked["service_principals"], masked["changed"], set(masked)) == (plain["service_principals"], False, set(plain))


@pytest.mark.parametrize("password", ["e", "20", "M", "True"])
def test_a_short_password_changes_nothing_of_a_certificate(password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = Estate(states.right(), tmp_path, monkeypatch)
    server = estate.servers[0]
    thumbprint = certificates.thumbprint(certificates.load(estate.certificate("issuer")))
    options = {"thumbprint": thumbprint, "check_tenant": False}
    plain, masked = (estate.on_server(server, "onprem_certificate", {**options, **more}) for more in ({}, {"pfx_password": password}))
    assert {name: masked[name] for name in ("changed", "certificate", "signing", "operations")} == {
        name: plain[name] for name in ("changed", "certificate", "signing", "operations")
    }


def test_the_runner_on_the_server_masks_nothing() -> None:
    """It takes no option that ansible-core knows as secret, so nothing of what it answers is replaced there."""
    documented = yaml.safe_load((ROOT / "plugins" / "modules" / "cs_invoke.yml").read_text(encoding="utf-8").partition("EXAMPLES:")[0])
    (request,) = documented["DOCUMENTATION"]["options"].values()
    assert "no_log" not in request


def test_every_option_that_holds_a_secret_is_marked() -> None:
    for name in ACTIONS:
        for option, spec in importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule.ARGUMENTS.options.items():
            if any(word in option for word in ("secret", "password", "token")):
                # The name of a file or of a variable is no secret; what is in it is masked where it is read.
                assert spec.get("no_log") is not option.endswith(("_file", "_variable")), (name, option)
