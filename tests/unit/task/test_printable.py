# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What farm and tenant hold moves no cursor and turns no line where a result, a message or a prompt is shown."""

from __future__ import annotations

import copy
import importlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import device_code
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import printable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.lab.scenarios import configured

from ..estate import Estate
from ..support import run_action
from ..tenant import test_auth_methods as methods
from ..tenant.conftest import quiet, talk
from ..test_documentation import ACTIONS, PACKAGE

__all__ = ["quiet", "talk"]
# Escape sequences of seven and eight bits, a return that overwrites the line, marks of direction.
ATTACK = "Contoso\x1b[2J\x9b31m\rok\u202egnp.exe\u2066\u200f\x07\x7f"
UNSAFE = set("\x1b\x9b\u202e\u2066\u200f\x07\x7f")


def unsafe_in(value: Any) -> set[str]:
    """The characters of the attack in any text of the data, and a return that no line break follows."""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    texts = {character for character in UNSAFE if character in shown or json.dumps(character)[1:-1] in shown}
    return texts | ({"\r"} if "\\rok" in shown else set())


def returns() -> dict[str, Any]:
    return {"changed": True, "msg": ATTACK, "warnings": [ATTACK], "diff": {"after": {ATTACK: (ATTACK,)}}, "list": [{"name": ATTACK}]}


def fails() -> dict[str, Any]:
    raise HybridAuthError(f"{ATTACK} failed.", "Look.", detail={"of": ATTACK})


def breaks() -> dict[str, Any]:
    raise ValueError(ATTACK)


@pytest.mark.parametrize("behaviour", [returns, fails, breaks])
@pytest.mark.parametrize("name", ACTIONS)
def test_a_result_holds_nothing_that_moves_a_cursor(name: str, behaviour: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    monkeypatch.setattr(action, "perform", lambda _self, _params, _task_vars: behaviour())
    monkeypatch.setattr(action, "_checked", lambda _self, _arguments: {})
    result = run_action(name, {})
    assert "Contoso\ufffd[2J" in json.dumps(result, ensure_ascii=False)
    assert unsafe_in(result) == set()
    assert unsafe_in({"planted": [ATTACK]}) == {*UNSAFE, "\r"}


def test_a_connection_that_fails_says_nothing_that_moves_a_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    def perform(*_args: Any) -> Any:
        raise AnsibleConnectionFailure(ATTACK)

    monkeypatch.setattr(importlib.import_module(f"{PACKAGE}.action.onprem_info").ActionModule, "perform", perform)
    with pytest.raises(AnsibleConnectionFailure) as caught:
        run_action("onprem_info", {})
    assert unsafe_in(str(caught.value)) == set()


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_safe_is_given_back_itself_and_what_is_not_keeps_its_shape(value: Any) -> None:
    shown = printable.safe(copy.deepcopy(value))
    assert printable.safe(shown) is shown
    assert json.loads(printable.text(json.dumps(shown, ensure_ascii=False))) == shown
    if printable.plain(value) == value:
        assert printable.safe(value) is value


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """A deployment that works, in which others gave names to what they may name."""
    state = configured()
    (tenant,) = (one for one in state["tenants"] if one["domains"][0] == "contoso.com")
    for principal in tenant["service_principals"]:
        principal["displayName"] = ATTACK
        for key in principal["keyCredentials"]:
            key["displayName"] = f"{key.get('displayName')} {ATTACK}"
    state["deployments"][0]["cms"]["partner_applications"].append(
        {**state["deployments"][0]["cms"]["partner_applications"][0], "Identity": ATTACK, "Name": ATTACK}
    )
    return Estate(state, tmp_path, monkeypatch)


def test_names_of_farm_and_tenant_are_shown_as_text(estate: Estate) -> None:
    read = [*(estate.onprem(name) for name in estate.servers), estate.cloud()]
    assert json.dumps(read).count("Contoso\\ufffd[2J") > 3
    assert unsafe_in(read) == set()
    audited = run_action("trust_audit", {"onprem": read[:-1], "servers_expected": estate.servers, "cloud": read[-1]})
    report = run_action(
        "trust_report", {"audits": [{"deployment": "contoso", "audit": audited, "onprem": read[:-1], "cloud": read[-1]}], "formats": []}
    )
    assert "Contoso\ufffd[2J" in json.dumps(audited, ensure_ascii=False)
    for result in (audited, report["lines"], report["shown"]):
        assert unsafe_in(result) == set()


def test_a_reading_with_such_names_is_taken_as_current(estate: Estate) -> None:
    options = {"app_ids": ["00000004-0000-0ff1-ce00-000000000000"], "state": "absent", "key_id": ["7777c5fe-0000-4000-8000-000000000001"]}
    begin = estate.clock.now
    result = estate.attempt("sp_credential", {**options, "current": estate.cloud()})
    assert not result.get("failed"), result
    assert (result.get("warnings"), estate.clock.now) == (None, begin)


def test_a_prompt_shows_nothing_that_moves_a_cursor(talk: methods.Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(device_code, "Display", lambda: SimpleNamespace(display=lambda text, **_kwargs: lines.append(text)))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    code = {**methods.CODE, "user_code": ATTACK, "verification_uri": ATTACK}
    talk(methods.DISCOVERY, methods.Said("POST", methods.STARTED.url, answer=code), methods.asked())
    assert not run_action("graph_token", {**methods.APPLICATION, "auth_source": "device_code"}).get("failed")
    (line,) = lines
    assert "Contoso\ufffd" in line
    assert unsafe_in(line) == set()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://reader:pa55@mail.contoso.com/x", "https://reader:********@mail.contoso.com/x"),
        ("see https://:pa55@a/ and http://b@c:p@ss@d:80", "see https://:********@a/ and http://b@c:********@d:80"),
        ("https://reader:pa\\55@mail.contoso.com", "https://reader:********@mail.contoso.com"),
        ("https://mail.contoso.com:443/x?to=reader@contoso.com", None),
        ("https://[fe80::1]:443/a@b", None),
        ("reader:pa55@mail", None),
        ("https://reader@mail.contoso.com:443/", None),
    ],
)
def test_a_password_in_a_url_is_hidden_and_nothing_else(said: str, shown: str | None) -> None:
    expected = said if shown is None else shown
    assert (printable.text(said), printable.safe({said: [said]})) == (expected, {expected: [expected]})
    assert printable.plain([said]) == [expected]
