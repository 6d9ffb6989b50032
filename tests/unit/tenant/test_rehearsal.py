# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run with --check as a whole: what a task says that it would do is what the next one finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from ..support import Conversation, pem, run_action
from .test_actions import EXCHANGE, FOREIGN, MADE, SKYPE, TOKEN, principal, reads, wholes, writes

Talk = Callable[..., Conversation]


@pytest.fixture(autouse=True)
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict({"check": True}))


def changes(talk: Talk, module: str, there: dict[str, Any], *options: dict[str, Any]) -> list[bool]:
    """Whether each task of a run with --check says that it would change what is there."""
    told = []
    for chosen in options:
        talk(*(wholes if module == "sp_credential" else reads)(there))
        told.append(run_action(module, {**TOKEN, **chosen}, check_mode=True)["changed"])
    return told


def test_a_certificate_is_put_there_once_and_taken_away_once(talk: Talk) -> None:
    there = principal(SKYPE, keyCredentials=[FOREIGN])
    mine = {"app_ids": [SKYPE], "certificate_content": pem(MADE)}
    away, foreign = {**mine, "state": "absent"}, {"app_ids": [SKYPE], "state": "absent", "key_id": FOREIGN["keyId"]}
    assert changes(talk, "sp_credential", there, mine, mine, away, away, foreign, mine) == [True, False, True, False, True, True]


def test_what_would_be_there_is_in_the_diff_and_the_result(talk: Talk) -> None:
    there = principal(SKYPE, keyCredentials=[FOREIGN])
    talk(*wholes(there))
    first = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(MADE)}, check_mode=True)
    talk(*reads(there))
    second = run_action("sp_names", {**TOKEN, "names": ["webext.contoso.com"]}, check_mode=True)
    assert second["service_principals"][0]["key_credentials"] == first["service_principals"][0]["key_credentials"]
    talk(*reads(there))
    third = run_action("sp_names", {**TOKEN, "names": ["webext2.contoso.com"]}, check_mode=True)
    assert third["diff"]["before"] == second["diff"]["after"]


def test_names_and_accounts_too(talk: Talk) -> None:
    one, two = {"names": ["webext.contoso.com"]}, {"names": ["WEBEXT.contoso.com", "webdir.contoso.com"]}
    assert changes(talk, "sp_names", principal(SKYPE), one, two, two, {**one, "state": "absent"}, one) == [True, True, False, True, True]
    disabled = principal(EXCHANGE, accountEnabled=False)
    assert changes(talk, "sp_account", disabled, {}, {}, {"enabled": False}, {"enabled": False}) == [True, False, True, False]


def test_what_was_said_of_another_principal_or_tenant_says_nothing(talk: Talk) -> None:
    disabled = principal(EXCHANGE, accountEnabled=False)
    assert changes(talk, "sp_account", disabled, {}) == [True]
    assert changes(talk, "sp_account", principal(SKYPE, accountEnabled=False), {"app_id": SKYPE}) == [True]
    assert changes(talk, "sp_account", {**disabled, "id": "object-of-fabrikam"}, {}) == [True]


def test_what_is_written_in_spite_of_it_is_planned_for_what_is_there_and_counts_then(talk: Talk) -> None:
    before, after = principal(EXCHANGE, accountEnabled=False), principal(EXCHANGE)
    assert changes(talk, "sp_account", before, {}) == [True]
    talk(*reads(before), writes(EXCHANGE, {"accountEnabled": True}), *reads(after))
    assert run_action("sp_account", dict(TOKEN))["changed"]
    assert changes(talk, "sp_account", after, {}, {"enabled": False}) == [False, True]
    talk(*reads(after), writes(EXCHANGE, {"accountEnabled": False}), *reads(before))
    assert run_action("sp_account", {**TOKEN, "enabled": False})["changed"]
    assert changes(talk, "sp_account", before, {}) == [True]


def test_a_task_with_check_mode_in_a_run_that_writes_asks_each_time(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict({"check": False}))
    assert changes(talk, "sp_account", principal(EXCHANGE, accountEnabled=False), {}, {}) == [True, True]
