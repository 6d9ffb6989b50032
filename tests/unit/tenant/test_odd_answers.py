# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of any shape, and files of earlier runs that were damaged: each is told in words, and nothing is made up from it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible import constants, context
from ansible.module_utils.common.collections import ImmutableDict
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import access_token, entra, seal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.directory import Journal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import _seconds
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import from_current
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import ending
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_secret import ClientSecret
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.wishes import Wishes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import http_date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

from ..support import NOW, Conversation, Said, run_action
from .test_actions import FOREIGN, GRAPH, SKYPE, TOKEN, alone, principal
from .test_auth_methods import APPLICATION, CONFIGURATION, DISCOVERY, GRANTED
from .test_clouds import SECRET, token

Talk = Callable[..., Conversation]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6
)
DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def spoken() -> Iterator[Callable[..., None]]:
    """Set what is said next, again in each example of a property."""
    with pytest.MonkeyPatch.context() as patch:
        yield lambda *said: patch.setattr(HttpSession, "adapter", staticmethod(lambda: Conversation(*said)))


@pytest.mark.parametrize("listed", [None, 5, "a", {"a": 1}, [1], ["a"], [None], [[]]], ids=str)
def test_a_second_reading_of_the_entries_that_is_no_list_of_them_is_told_in_words(listed: Any, talk: Talk) -> None:
    there = principal(SKYPE, keyCredentials=[FOREIGN])
    single = Said("GET", f"{GRAPH}/servicePrincipals/{there['id']}?$select=keyCredentials", answer={"keyCredentials": listed})
    talk(Said("GET", alone(SKYPE), answer=there), single)
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})
    assert result["failed"]
    assert f"answer for service principal {SKYPE} (Skype for Business Online) has keyCredentials that are not what" in result["msg"]


PRINCIPAL = {
    "id": "a",
    "app_id": SKYPE,
    "display_name": None,
    "account_enabled": True,
    "names": [],
    "key_credentials": [],
    "password_credentials": [],
}
KEY = st.dictionaries(st.sampled_from(["key_id", "thumbprint", "display_name", "start", "end", "unread"]), ANY)
DAMAGED = st.one_of(
    ANY,
    st.dictionaries(st.sampled_from(sorted(PRINCIPAL)), ANY).map(lambda changed: {**PRINCIPAL, **changed}),
    KEY.map(lambda key: {**PRINCIPAL, "key_credentials": [key]}),
)


@given(st.one_of(ANY, st.lists(DAMAGED, max_size=2)))
def test_a_current_that_is_damaged_is_refused_by_name_or_holds_what_it_shows(listed: Any) -> None:
    try:
        found = from_current({"service_principals": listed}, [SKYPE])
    except HybridAuthError as exc:
        assert "'current'" in str(exc)
        return
    for one in found or []:
        assert all(isinstance(name, str) for name in one.names)
        assert one.facts
        assert json.dumps(one.info(NOW))


@given(ANY)
def test_a_journal_of_wishes_that_is_damaged_is_named(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    wishes = Wishes("graph.contoso.com", tmp_path_factory.getbasetemp() / "wishes")
    for data in (content, {"principals": content}, {"principals": {"a": content}}, {"principals": {"a": {"name b": content}}}):
        with wishes.exclusive():
            wishes._path.write_text(json.dumps(data), encoding="utf-8")
            try:
                wishes.want("a", wishes.there("a"), wishes.gone("a"))
                assert wishes.echoes_keys in (True, False)
            except HybridAuthError as exc:
                assert str(wishes._path) in str(exc)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        DEEP,
        "\x00",
        '{"principals": {"a": {"b": {"at": 99999999999}}}}',
        '{"principals": {"a": {"b": {"at": 99999999999, "there": 1}}}}',
    ],
)
def test_a_journal_of_wishes_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    wishes = Wishes("graph.contoso.com", tmp_path / "wishes")
    with wishes.exclusive():
        wishes._path.write_text(text, encoding="utf-8")
        with pytest.raises(HybridAuthError, match="cannot be read"):
            wishes.there("a")


def test_a_lock_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    wishes = Wishes("graph.contoso.com", tmp_path)
    tmp_path.chmod(0o700)
    wishes._path.with_suffix(".lock").mkdir()
    with pytest.raises(HybridAuthError, match="cannot be locked"), wishes.exclusive():
        pytest.fail("it is not locked")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        DEEP,
        "[]",
        "5",
        '{"servicePrincipals/object-00000004": 5}',
        '{"servicePrincipals/object-00000004": {"keyCredentials": [5]}}',
        '{"servicePrincipals/object-00000004": {"servicePrincipalNames": 5}}',
        '{"servicePrincipals/object-00000004": {"servicePrincipalNames": [5]}}',
    ],
)
def test_what_a_rehearsal_kept_that_is_damaged_is_named(text: str, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict({"check": True}))
    path = Journal(constants.DEFAULT_LOCAL_TMP, "https://graph.microsoft.com foreseen")._path
    path.write_text(text, encoding="utf-8")
    talk(
        Said(
            "GET",
            f"{GRAPH}/servicePrincipals?$filter=appId in ('{SKYPE}')&{alone(SKYPE).partition('?')[2]}",
            answer={"value": [principal(SKYPE)]},
        )
    )
    result = run_action("sp_names", {**TOKEN, "names": ["webext.contoso.com"]}, check_mode=True)
    assert str(path) in result["msg"]
    assert "Unexpected" not in result["msg"]


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 0001 00:00:00 +0100",
        "Fri, 31 Dec 9999 23:59:59 -0100",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +9999",
    ],
)
def test_a_date_header_beyond_the_calendar_tells_a_time_that_can_be_shown_or_none(text: str) -> None:
    moment = http_date(text)
    assert moment is None or utc_text(moment)
    assert _seconds(text) is None or _seconds(text) >= 0  # type: ignore[operator]


@given(st.text(max_size=30))
def test_a_date_header_of_any_text_is_taken(text: str) -> None:
    assert http_date(text) is None or utc_text(http_date(text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["soon", "9" * 5000, "-5", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +0100", "\u0665"]
)
def test_a_wait_that_cannot_be_read_is_as_if_none_were_asked_for(text: str) -> None:
    retries = HttpSession.adapter().max_retries
    assert retries.get_retry_after(HTTPResponse(status=429, headers={"Retry-After": text})) in (None, 0)
    assert _seconds(text) in (None, 0) or text.startswith("9")


def jwt(claims: Any) -> str:
    text = claims if isinstance(claims, str) else json.dumps(claims)
    return f"{token().partition('.')[0]}.{base64.urlsafe_b64encode(text.encode()).decode()}.x"


@given(st.one_of(ANY, st.dictionaries(st.sampled_from(["exp", "tid", "appid", "aud"]), ANY)))
def test_a_token_that_says_anything_of_itself_is_taken(claims: Any) -> None:
    taken = access_token.ready_token(jwt(claims))
    assert taken.expires_text is None or taken.expires_text.endswith("Z")


def test_a_token_of_nested_claims_is_an_opaque_one() -> None:
    assert access_token.claims_of(jwt(DEEP)) == {}


@pytest.mark.parametrize("told", [{"expires_in": 999999999999}, {"expires_in": "999999999999"}, {"expires_on": "1893456000"}])
def test_an_end_of_a_token_that_is_far_or_told_otherwise(told: dict[str, Any], talk: Talk) -> None:
    answer = {**{name: value for name, value in GRANTED.items() if name != "expires_in"}, **told}
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer=answer))
    result = run_action("graph_token", {**APPLICATION, "client_secret": SECRET})
    assert "Unexpected" not in str(result.get("msg")), result["msg"]


@given(
    st.one_of(
        ANY,
        st.dictionaries(st.sampled_from(["issuer", "error", "error_description", "token_endpoint", "device_authorization_endpoint"]), ANY),
    ),
    st.sampled_from([200, 400]),
)
def test_a_discovery_of_any_shape_is_told_in_words(content: Any, status: int) -> None:
    class Answer:
        url, status_code = "https://login.contoso.com/x", status

        def json(self) -> Any:
            return content

    try:
        found = entra._configuration(Answer(), "contoso.com", Answer.url)
        assert all(isinstance(one, str) for one in entra._endpoints(found, Answer.url).values())
        assert entra.tenant_id_of(found, Answer.url)
    except HybridAuthError as exc:
        assert str(exc)


@given(st.one_of(ANY, st.lists(st.one_of(ANY, st.dictionaries(st.sampled_from(["endDateTime", "hint"]), ANY)), max_size=3)))
def test_whatever_the_application_shows_the_sign_in_itself_went_well(listed: Any) -> None:
    method = ClientSecret(SKYPE, "contoso.com", "x-secret")
    told = ending.credential(method, lambda _client, name: {name: listed}, NOW)
    assert set(told) == {"subject", "end", "problem"}


@given(st.one_of(st.text(max_size=60), st.binary(max_size=40).map(lambda content: content.hex())))
def test_a_sealed_token_of_any_text_is_refused_in_words(text: str) -> None:
    where = endpoints({"cloud": "global", "validate_certs": True})
    with pytest.raises(HybridAuthError):
        seal.unseal(f"sfb-sealed-1:{text}", where, None)


@pytest.mark.parametrize("key", [b"", b"x" * 44, b"\xff" * 44, b"a" * 43 + b"="])
def test_a_key_of_the_run_that_is_damaged_is_told_in_words(key: bytes, tmp_path: Path) -> None:
    (tmp_path / "sfb_hybrid_auth-seal.key").write_bytes(key)
    where = endpoints({"cloud": "global", "validate_certs": True})
    try:
        sealed = seal.seal(access_token.AccessToken("a-token"), where, None)
        assert seal.unseal(sealed, where, None).value == "a-token"
    except HybridAuthError as exc:
        assert str(tmp_path) in str(exc)
