# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metadata, tokens, refusals and assertions of any shape: a verdict or a message, and nothing is sent anywhere it should not go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import assertion
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.result import shown_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.token_service import read_metadata
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import OUTCOMES, Asked, explain
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from .test_action import DOCUMENT, GRANTED, READ, RESOURCE, SERVER, SKYPE, STS_ROW, TENANT, TOKEN, row, run, told

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["https://[", TOKEN, TENANT])
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6
)
ASKED = Asked(f"{SKYPE}@{TENANT}", SKYPE, "", TENANT, "AB" * 20, RESOURCE, 3.0)


def odd(sound: dict[str, Any], *more: str) -> st.SearchStrategy[Any]:
    """Anything, or what is sound with anything at some of its places."""
    return st.one_of(ANY, st.dictionaries(st.sampled_from([*sound, *more]), ANY).map(lambda changed: {**sound, **changed}))


@given(odd(DOCUMENT))
def test_a_metadata_document_of_any_shape_is_read_or_is_none(content: Any) -> None:
    found = read_metadata(content)
    assert found is None or found.endpoint is None or found.endpoint.startswith("https://")


@given(
    st.sampled_from([200, 400, 401, 403, 500]),
    st.one_of(odd(GRANTED), odd({"error": "invalid_client", "error_description": "AADSTS700027: no"}, "error_codes")),
)
def test_an_answer_of_any_shape_has_a_verdict(status: int, content: Any) -> None:
    verdict = explain(status, content, ASKED)
    assert verdict.outcome in OUTCOMES
    if verdict.accepted:
        assert json.dumps(shown_token(content))


@given(st.lists(odd({**row(), "sealed": None}), max_size=2))
def test_assertions_of_any_shape_are_read_or_told_in_words(rows: list[Any]) -> None:
    listed = [one for one in rows if isinstance(one, dict)]
    try:
        assertion.read(listed, assertion.new_seal())
    except HybridAuthError as exc:
        assert str(exc)


@pytest.mark.parametrize("url", ["https://[", "https://a:99999/", "", "x", "http://accounts.accesscontrol.windows.net/"])
def test_a_farm_whose_metadata_url_is_none_has_a_verdict(url: str) -> None:
    said = told(oauth_servers=[{**STS_ROW, "MetadataUrl": url}])
    result = run({"endpoint": "full"}, (READ, {**said, "answers": {**said["answers"], "server": [SERVER]}}))
    assert not result.get("failed"), result["msg"]
    assert result["outcome"] == "not_known"
