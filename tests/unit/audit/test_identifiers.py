# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of keys whose identifier is not that of their certificate, and of those whose certificate Graph does not give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import from_graph
from tests.lab.states import audit as states

from .test_states import audited

BOTH = {"exchange_credential": True}


def said(result: dict[str, Any], rule: str) -> list[tuple[str, str]]:
    return [(finding["status"], finding["actual"]) for finding in result["findings"] if finding["id"] == rule]


def hidden(state: dict[str, Any], *numbers: int) -> dict[str, Any]:
    """The state without the certificates of these keys of Skype for Business Online; without numbers, of all."""
    keys = states.principal(state, states.SKYPE)["keyCredentials"]
    for number in numbers or range(len(keys)):
        keys[number]["key"] = None
    return state


def test_a_stranger_under_our_thumbprint_is_not_ours_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.fooled()
    strangers = {from_graph(key).thumbprint for key in states.principal(state, states.SKYPE)["keyCredentials"]}
    result = audited(state, BOTH, tmp_path, monkeypatch)
    assert said(result, "credential.own") == [("fail", "not there")] * 2
    assert {status for status, _actual in said(result, "credential.unknown")} == {"warn"}
    told = said(result, "credential.identifier")
    assert [status for status, _actual in told] == ["warn", "warn"]
    assert all("the thumbprint of another certificate: the farm's, signs now" in actual for _status, actual in told)
    assert [one["expected"] for one in result["findings"] if one["id"] == "credential.identifier"] == [
        f"the certificate's thumbprint, {thumbprint}" for thumbprint in strangers
    ] * 2
    assert said(result, "credential.shared_own") == [("pass", "not there")]
    assert [status for status, _actual in said(result, "credential.shared_foreign")] == ["warn"]
    assert result["compliant"] is False


def test_beside_our_own_it_is_still_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = audited(states.fooled(ours=True), BOTH, tmp_path, monkeypatch)
    assert said(result, "credential.own") == [("pass", "there")] * 2
    told = said(result, "credential.identifier")
    assert sorted(status for status, _actual in told) == ["pass", "pass", "warn", "warn"]
    assert not [actual for status, actual in told if status == "pass" and "another" in actual]
    assert said(result, "credential.duplicate") == [("pass", "2 keys")] * 2


def test_what_graph_does_not_give_is_not_ours_by_its_identifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.foreign(state)
    result = audited(hidden(state, 0), {}, tmp_path, monkeypatch)
    (own,) = said(result, "credential.own")
    assert own[0] == "skip"
    assert own[1].startswith(f"not known: only its identifier says that a key credential of {states.SKYPE} is ")
    told = dict(said(result, "credential.unknown"))
    assert "Microsoft Graph does not give its certificate" in told["skip"]
    assert "Its identifier names one that is the farm's, signs now, which proves nothing" in told["skip"]
    assert "foreign" in told["warn"]
    assert ("skip", "not known: Microsoft Graph does not give its certificate") in said(result, "credential.identifier")
    assert ("skip", "not known: Microsoft Graph does not give its certificate") in said(result, "credential.weak_key")


def test_an_owner_is_not_believed_by_an_identifier_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.foreign(state)
    key = states.principal(state, states.SKYPE)["keyCredentials"][1]
    for entry, status in (({"thumbprint": from_graph(key).thumbprint}, "skip"), ({"thumbprint": key["keyId"]}, "pass")):
        known = {"known_thumbprints": [{**entry, "owner": "the archive"}]}
        result = audited(hidden(state, 1), known, tmp_path, monkeypatch)
        assert sorted(one for one, _actual in said(result, "credential.unknown"))[-1] == status


def test_where_graph_gives_none_at_all_no_identifier_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.foreign(state)
    result = audited(hidden(state), {}, tmp_path, monkeypatch)
    assert [status for status, _actual in said(result, "credential.own")] == ["skip"]
    told = dict(said(result, "credential.unknown"))
    assert "Its identifier names one that is the farm's, signs now, which proves nothing" in told["skip"]
    assert "foreign" in told["warn"]
    assert sorted(said(result, "credential.identifier")) == [
        ("pass", "no key"),  # of Exchange Online
        *[("skip", "not known: Microsoft Graph does not give its certificate")] * 2,
    ]
