# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message is sentences, also where another program's words, which often lack a full stop, are a part of it."""

from __future__ import annotations

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Obstacle, Unread, check_obstacles, read_or_not
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, sentence


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("you must install the sshpass program", "you must install the sshpass program."),
        ("support transport(s) ['credsp']", "support transport(s) ['credsp']."),
        ("no route to host (timed out)\n", "no route to host (timed out)."),
        ("It is there.", "It is there."),
        ("It says 'no such host.'", "It says 'no such host.'"),
        ("(It is not there.)", "(It is not there.)"),
        ("Is it there?", "Is it there?"),
        ("", ""),
    ],
)
def test_words_of_others_end_as_sentences_do(said: str, whole: str) -> None:
    assert sentence(said) == whole


def test_what_follows_a_message_of_another_is_a_sentence_of_its_own() -> None:
    error = HybridAuthError("you must install the sshpass program", "Install it.", unchanged=True)
    assert str(error) == "you must install the sshpass program. Nothing was changed. Install it."
    assert error.message == "you must install the sshpass program."


def test_why_a_server_and_the_tenant_were_not_read_are_sentences_of_their_own() -> None:
    found = {
        "fe01": read_or_not({"failed": True, "msg": "support transport(s) ['credsp']"}, "fe01"),
        "fe02": read_or_not({"unreachable": True, "msg": "Is it there?"}, "fe02"),
    }
    told = [Obstacle(name, one.why, one.remedy(name)) for name, one in found.items() if isinstance(one, Unread)]
    with pytest.raises(HybridAuthError) as error:
        check_obstacles("contoso", told)
    assert "support transport(s) ['credsp']. fe02 could not be reached: Is it there? Nothing was changed." in str(error.value)
