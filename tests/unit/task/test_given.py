# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as not given: null for every option, blank text for those of the sign-in."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, SIGN_IN_NAMES

from ..support import run_action
from ..test_documentation import PACKAGE


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The parameters with which an action performs, and what it says that the task gave."""
    found: dict[str, Any] = {}

    def perform(self: Any, params: dict[str, Any], _task_vars: Any) -> dict[str, Any]:
        found.update(params=params, given=self.given)
        return {"changed": False}

    for name in ("graph_token", "oauth_configuration", "onprem_info"):
        monkeypatch.setattr(importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule, "perform", perform)
    return found


@pytest.mark.parametrize("blank", [None, "", "  \n"], ids=repr)
@pytest.mark.parametrize("name", sorted(SIGN_IN_NAMES))
def test_a_blank_option_of_the_sign_in_is_left_to_default_and_environment(
    name: str, blank: Any, seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variables in (spec.get("fallback", (None, ()))[1] for spec in SIGN_IN.values()):
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    run_action("graph_token", {})
    defaults = dict(seen["params"])
    assert not run_action("graph_token", {name: blank}).get("failed")
    assert (seen["params"], seen["given"]) == (defaults, frozenset())


def test_a_blank_client_secret_is_that_of_the_environment(seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SECRET", "from-environment")
    run_action("graph_token", {"client_secret": None, "tenant": "contoso.com"})
    assert (seen["params"]["client_secret"], seen["given"]) == ("from-environment", {"tenant"})


def test_null_leaves_an_option_of_any_module_at_its_default(seen: dict[str, Any]) -> None:
    assert not run_action("onprem_info", {"endpoint": None, "management_modules": None}).get("failed")
    assert (seen["params"]["endpoint"], seen["params"]["management_modules"]) == ("auto", ["SkypeForBusiness", "Lync"])


def test_an_empty_text_is_a_value_where_it_is_no_option_of_the_sign_in(seen: dict[str, Any]) -> None:
    run_action("oauth_configuration", {"exchange_autodiscover_url": "", "service_name": None})
    assert (seen["params"]["exchange_autodiscover_url"], seen["given"]) == ("", {"exchange_autodiscover_url"})
