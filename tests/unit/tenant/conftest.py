# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import waiting
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, LocalSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import choice

from ..support import Clock, Conversation, Said

_NOT_INHERITED = ("AZURE_", "ANSIBLE_AZURE_", "SFB_", "ACTIONS_ID_TOKEN_", "IDENTITY_", "IMDS_", "MSI_")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's own shell, a run of its own, and no waiting."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for name in [name for name in os.environ if name.startswith(_NOT_INHERITED)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(choice, "installed", lambda: False)
    monkeypatch.setattr(waiting, "time", Clock())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Conversation]]:
    """Set what is said next; at the end of the test nothing may be left unsaid."""
    made: list[Conversation] = []

    def start(*said: Said) -> Conversation:
        conversation = Conversation(*said)
        for session in (HttpSession, LocalSession):
            monkeypatch.setattr(session, "adapter", staticmethod(lambda: conversation))
        made.append(conversation)
        return conversation

    start()
    yield start
    assert [said.url for conversation in made for said in conversation.left] == []
