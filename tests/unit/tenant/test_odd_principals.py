# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole tenants that others filled: what sp_info returns is current for what writes, and any answer is told in words."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal, from_current, from_graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import PrincipalsReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe
from tests.support.shapes import result_misfits

from ..support import NOW, run_action
from .test_odd_entries import ENTRIES, JSON, OWN, TIMES

SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
TOKEN = {"access_token": "opaque-access-token"}
NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [SKYPE, f"{SKYPE}/webext.contoso.com", "HTTPS://WebExt.contoso.com/", "https://b\u00fccher.fabrikam.com/", "a\u202eb\x07", "\ud800"]
    ),
)
SECRETS = st.dictionaries(
    st.sampled_from(["keyId", "displayName", "startDateTime", "endDateTime", "hint"]), st.one_of(JSON, TIMES), max_size=4
)


def principals(app_id: str) -> st.SearchStrategy[dict[str, Any]]:
    """Principals that can be written back whole, with anything beside that."""
    return st.fixed_dictionaries(
        {
            "id": st.sampled_from([f"object-{app_id[:8]}", app_id.upper()]),
            "appId": st.sampled_from([app_id, app_id.upper()]),
            "servicePrincipalNames": st.lists(NAMES, max_size=4),
            "keyCredentials": st.lists(ENTRIES, max_size=3),
        },
        optional={
            "displayName": JSON,
            "accountEnabled": st.one_of(st.booleans(), JSON),
            "passwordCredentials": st.none() | st.lists(SECRETS, max_size=2),
            "@odata.type": JSON,
        },
    )


class Answers(BaseAdapter):
    """Answers every GET by what is told, and nothing else."""

    def __init__(self, told: Callable[[str], Any]) -> None:
        super().__init__()
        self._told, self.asked = told, 0

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> requests.Response:  # type: ignore[override]
        assert request.method == "GET", f"{request.method} {request.url}"
        self.asked += 1
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, str(request.url)
        told = self._told(requests.utils.unquote(str(request.url)))
        if isinstance(told, tuple):
            answer.status_code, headers, told = told
            answer.headers.update(headers)
        answer.raw = io.BytesIO(told if isinstance(told, bytes) else json.dumps(told).encode())
        return answer

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(scope="module")
def answered() -> Iterator[Callable[[Callable[[str], Any]], Answers]]:
    """Set who answers."""
    with pytest.MonkeyPatch.context() as patch:

        def start(told: Callable[[str], Any]) -> Answers:
            adapter = Answers(told)
            patch.setattr(HttpSession, "adapter", staticmethod(lambda: adapter))
            return adapter

        yield start


def of(*found: dict[str, Any]) -> Callable[[str], Any]:
    """A Graph that has these principals."""

    def told(url: str) -> Any:
        return next(copy.deepcopy(one) for one in found if one["appId"].lower() in url or one["id"] in url)

    return told


def plain(principal: ServicePrincipal) -> Any:
    """The principal as it is after it was a task's result."""
    return json.loads(json.dumps(safe(principal.info(NOW))))


@given(principals(SKYPE))
def test_what_was_read_is_the_same_when_it_was_a_result(entry: dict[str, Any]) -> None:
    read = from_graph(entry)
    shown = plain(read)
    (back,) = from_current({"service_principals": [shown]}, [SKYPE]) or ()
    assert plain(back) == shown
    assert back.facts == read.facts
    request = CredentialRequest(present=True, certificates=(OWN,))
    for plan in (
        lambda one: plans.credentials(one, request, NOW),
        lambda one: plans.credentials(one, CredentialRequest(present=False, remove_expired=True), NOW),
        lambda one: plans.names(one, ["https://webext.contoso.com/"], "present", SKYPE),
        lambda one: plans.names(one, ["https://webext.contoso.com/"], "exact", SKYPE, ["contoso.com"]),
        lambda one: plans.account(one, enabled=True),
    ):
        assert plan(back).change.changed is plan(read).change.changed


@given(principals(SKYPE), principals(EXCHANGE))
@settings(max_examples=20)
def test_what_sp_info_returns_is_taken_as_current_by_what_writes(
    answered: Callable[..., Answers], skype: dict[str, Any], exchange: dict[str, Any]
) -> None:
    answered(of(skype, exchange))
    result = json.loads(json.dumps(run_action("sp_info", TOKEN)))
    assert not result.get("failed"), result["msg"]
    assert result_misfits(result, PrincipalsReading) == []
    names = skype["servicePrincipalNames"]
    one_name = next((name for name in names if name.lower().startswith("https://webext")), None)
    nothing = answered(pytest.fail)
    for module, arguments in (
        ("sp_credential", {"state": "absent", "thumbprint": ["AB" * 20]}),
        ("sp_names", {"names": [one_name or "unknown.contoso.com"], "state": "present" if one_name else "absent", "form": "url"}),
        *([("sp_account", {"enabled": exchange["accountEnabled"]})] if isinstance(exchange.get("accountEnabled"), bool) else []),
    ):
        done = run_action(module, {**TOKEN, **arguments, "current": result})
        assert (done.get("failed"), done["changed"]) == (None, False), (module, done)
    assert nothing.asked == 0


@given(
    st.lists(
        st.one_of(
            JSON,
            ENTRIES,
            principals(SKYPE),
            st.dictionaries(
                st.sampled_from(["value", "@odata.nextLink", "error", "keyCredentials", "id", "appId", "servicePrincipalNames"]),
                st.one_of(JSON, st.lists(st.one_of(JSON, ENTRIES, principals(SKYPE)), max_size=2)),
                max_size=5,
            ),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([200, 200, 200, 400, 404, 403, 503]),
)
def test_whatever_graph_answers_is_told_in_words(answered: Callable[..., Answers], told: list[Any], status: int) -> None:
    def answer(_url: str) -> Any:
        return status, {"Retry-After": "0"}, told[0] if len(told) == 1 else told.pop(0)

    answered(answer)
    for module, arguments in (
        ("sp_info", {"app_ids": [SKYPE], "dedicated_applications": True}),
        ("sp_names", {"names": ["a.contoso.com"], "wait_timeout": 1}),
    ):
        done = run_action(module, {**TOKEN, **arguments}, check_mode=True)
        assert "Unexpected" not in str(done.get("msg")), done["msg"]
