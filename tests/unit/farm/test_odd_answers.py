# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes back from a server in place of an answer, and kept definitions that were damaged: told in words, never taken for a farm."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.journal import Journal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.parts import PARTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import ProjectionError, RowError, project, project_row

from ..support import run_action
from .test_actions import SERVER, STS, WANTED, WINDOWS

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6
)
TOP = ("answers", "failure", "warnings", "module", "unknown", "write")


def sound(write: bool = False) -> dict[str, Any]:
    answers: dict[str, Any] = {"server": [SERVER], "oauth_servers": [STS]}
    told = {"state": "done", "restored": [], "unread": None}
    return {
        "changed": False,
        "module": "Lync",
        "answers": {**answers, **({"after": [STS]} if write else {})},
        "unknown": {},
        "failure": None,
        "warnings": [],
        "write": told if write else None,
    }


def asked(module: str, options: dict[str, Any], answer: Any, *, check_mode: bool = False) -> dict[str, Any]:
    def execute(**_given: Any) -> Any:
        return copy.deepcopy(answer)

    def prepare(action: Any) -> None:
        action._execute_module = execute

    named = {"inventory_hostname": "fe01.contoso.com"}
    result = run_action(module, options, connection=WINDOWS, prepare=prepare, task_vars=named, check_mode=check_mode)
    assert "Unexpected" not in str(result.get("msg")), result["msg"]
    json.dumps(result)
    return result


ODD_TOP = st.dictionaries(st.sampled_from(TOP), ANY, min_size=1)
ODD_ROWS = st.dictionaries(st.sampled_from(["server", "oauth_servers", "after"]), st.one_of(ANY, st.lists(ANY, max_size=2)), min_size=1)
ODD_VALUES = st.dictionaries(st.sampled_from([*STS, "other"]), ANY, min_size=1)
ODD_FAILURE = st.dictionaries(st.sampled_from(["id", "cmdlet", "message", "error_id", "category", "parameter", "causes"]), ANY)
ODD_WRITE = st.dictionaries(st.sampled_from(["state", "restored", "unread"]), ANY)


@st.composite
def answers(draw: Any) -> Any:  # noqa: PLR0911
    """A sound answer with something else at one of its places."""
    made = sound(write=draw(st.booleans()))
    place = draw(st.sampled_from(["all", "top", "rows", "value", "failure", "write", "lack"]))
    if place == "all":
        return draw(st.dictionaries(st.text(max_size=8), ANY, max_size=3))
    if place == "top":
        return {**made, **draw(ODD_TOP)}
    if place == "rows":
        return {**made, "answers": {**made["answers"], **draw(ODD_ROWS)}}
    if place == "value":
        return {**made, "answers": {**made["answers"], draw(st.sampled_from(["oauth_servers", "after"])): [{**STS, **draw(ODD_VALUES)}]}}
    if place == "failure":
        return {**made, "failure": draw(ODD_FAILURE)}
    if place == "write":
        return {**made, "write": {**(made["write"] or {}), **draw(ODD_WRITE)}}
    del made["answers"][draw(st.sampled_from(sorted(made["answers"])))]
    return made


@given(answers())
@settings(max_examples=40)
def test_whatever_a_server_answers_is_told_in_words(answer: Any) -> None:
    read = asked("onprem_info", {"gather": ["oauth_servers"]}, answer)
    assert read.get("failed") or read.get("unreachable") or read["oauth_servers"] is not None
    asked("oauth_server", WANTED, answer, check_mode=True)
    asked("oauth_server", {**WANTED, "realm": "other.contoso.com"}, answer)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"answers": {"server": [SERVER]}}, "oauth_servers"),
        (
            {"answers": {"server": [SERVER], "oauth_servers": [{**STS, "AcceptSecurityIdentifierInformation": "False"}]}},
            "AcceptSecurityIdentifierInformation",
        ),
        ({"answers": {"server": [SERVER], "oauth_servers": [{name: value for name, value in STS.items() if name != "Realm"}]}}, "Realm"),
        ({"answers": {"server": [], "oauth_servers": [STS]}}, "server"),
        ({"answers": {"server": [{**SERVER, "time": "today"}], "oauth_servers": [STS]}}, "time"),
        ({"failure": "no"}, "failure"),
        ({"unknown": []}, "unknown"),
    ],
)
def test_what_is_not_as_it_was_asked_for_is_named_with_its_place(change: dict[str, Any], named: str) -> None:
    result = asked("onprem_info", {"gather": ["oauth_servers"]}, {**sound(), **change})
    assert result["failed"]
    assert result["msg"].startswith("fe01.contoso.com: ")
    assert named in result["msg"]


def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """The file of the journal of the OAuth server with this content."""
    monkeypatch.setattr(constants.config, "get_config_value", lambda _name: str(tmp_path))
    path = Journal("fe01.contoso.com", "oauth_servers", "microsoft.sts").path
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "old",
    [
        "[]",
        "5",
        "null",
        "{}",
        '{"identity": "microsoft.sts"}',
        '[["a", 1]]',
        '{"identity": 5, "realm": [], "metadata_url": {}}',
        "[" * 100_000,
    ],
)
def test_a_kept_definition_that_is_damaged_is_named(old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(tmp_path, monkeypatch, f'{{"old": {old}, "since": "2026-11-02T08:00:00Z"}}')
    answer = sound()
    answer["answers"]["oauth_servers"] = []
    result = asked("oauth_server", WANTED, answer, check_mode=True)
    assert result["failed"]
    assert str(path) in result["msg"]
    assert path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"old": {}}', '{"old": {}, "since": "soon"}', '{"old": {}, "since": 5}', "\x00"])
def test_a_journal_that_is_none_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(tmp_path, monkeypatch, text)
    assert str(path) in asked("oauth_server", WANTED, sound(), check_mode=True)["msg"]


class Odd:
    """An object as pypsrp hands it over, with anything in it."""

    def __init__(self, properties: dict[str, Any], **own: Any) -> None:
        self.extended_properties = properties
        self.__dict__.update(own)


OBJECTS = st.deferred(
    lambda: st.builds(
        Odd,
        st.dictionaries(st.sampled_from(["Identity", "value", "Realm", "NotAfter", "Enabled"]), VALUES, max_size=3),
        types=st.sampled_from([[], ["Deserialized.Contoso.Paint"], ["System.DateTime"]]),
        to_string=st.one_of(st.none(), st.text(max_size=5)),
        property_sets=st.one_of(st.just([]), st.lists(SCALARS, max_size=2)),
    )
)
VALUES: Any = st.one_of(
    ANY, st.binary(max_size=4), OBJECTS, st.sampled_from(["0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999-12:00", "2026-13-01"])
)


@given(VALUES, st.sampled_from(["text", "flag", "number", "time", "list", "typed"]))
def test_a_value_that_came_as_anything_is_made_plain_or_refused(value: Any, kind: str) -> None:
    try:
        json.dumps(project(value, kind))
    except ProjectionError as exc:
        assert str(exc)


@given(OBJECTS, st.sampled_from(sorted(PARTS)))
def test_an_object_that_came_as_anything_is_made_a_row_or_refused(source: Any, name: str) -> None:
    try:
        row, _zoneless = project_row(source, PARTS[name].select)
    except RowError as exc:
        assert str(exc)
    else:
        json.dumps(row)
