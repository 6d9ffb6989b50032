# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils import _consistency
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._http import HttpSession

from ..support import Conversation, Said


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's own shell, a run of its own, and no waiting."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for name in ("TENANT", "TENANT_ID", "CLIENT_ID", "SECRET", "CLIENT_SECRET", "ACCESS_TOKEN", "X509_CERTIFICATE_PATH"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    monkeypatch.setattr(_consistency.time, "sleep", lambda _seconds: None)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Conversation]]:
    """Set what is said next; at the end of the test nothing may be left unsaid."""
    made: list[Conversation] = []

    def start(*said: Said) -> Conversation:
        conversation = Conversation(*said)
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: conversation))
        made.append(conversation)
        return conversation

    start()
    yield start
    assert [said.url for conversation in made for said in conversation.left] == []
