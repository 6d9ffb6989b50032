# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Exchange Web Services, asked by the proof's own request with a token of the lab's token service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import exchange
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from tests.lab import Lab
from tests.lab.cloud.exchange_online import HOST, PATH
from tests.lab.scenarios import EXCHANGE, configured

from .test_token_service import Start, made, post, start

__all__ = ["start"]


class _ToTheLab(HTTPAdapter):
    """Brings what is meant for Exchange Online to the lab; anything else fails."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        meant = f"https://{HOST}/"
        assert str(request.url).startswith(meant)
        request.url = str(request.url).replace(meant, f"{self._url}/", 1)
        return super().send(request, **kwargs)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[Lab, str], exchange.Entry]:
    def asked(lab: Lab, token: str) -> exchange.Entry:
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: _ToTheLab(lab.info["exchange_url"])))
        return exchange.ask(token, "global", lab.info["ca_path"], datetime.now(timezone.utc))

    return asked


@pytest.mark.parametrize(
    ("lets", "outcome", "status"), [("open", "let_in", 200), ("policy", "policy", 403), ("forbidden", "forbidden", 403)]
)
def test_who_has_a_token_meets_what_the_tenant_says(start: Start, ask: Any, lets: str, outcome: str, status: int) -> None:
    state = configured()
    state["tenants"][0]["exchange_web_services"] = lets
    lab = start(state)
    entry = ask(lab, post(lab, made(lab)).json()["access_token"])
    assert (entry.outcome, entry.status, entry.policy_reason is not None) == (outcome, status, outcome == "policy")
    assert [(one["verb"], one["status"]) for one in lab.requests() if one["kind"] == "exchange"] == [("POST", status)]


def test_another_token_is_not_taken(start: Start, ask: Any) -> None:
    lab = start(configured())
    elsewhere = post(lab, made(lab), resource=f"{EXCHANGE}@{lab.info['tenants'][0]['id']}").json()["access_token"]
    good = post(lab, made(lab)).json()["access_token"]
    for token in (elsewhere, f"{good[:-8]}AAAAAAAA", "nonsense", made(lab)):
        assert ask(lab, token).outcome == "token_refused"


def test_a_fault_of_the_service_tells_nothing(start: Start, ask: Any) -> None:
    lab = start(configured())
    token = post(lab, made(lab)).json()["access_token"]
    for does in ("status:503", "reset"):
        lab.fault({"on": "exchange.post", "do": does})
        assert ask(lab, token).outcome == "not_known"
        lab.clear_faults()
    answer = requests.get(f"{lab.info['exchange_url']}{PATH}", verify=lab.info["ca_path"], timeout=10)
    assert answer.status_code == 405
