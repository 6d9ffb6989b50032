# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came through a restricted endpoint becomes the same plain data as in the runner on the server."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.complex_objects import GenericComplexObject
from pypsrp.serializer import Serializer

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import (
    KINDS,
    ProjectionError,
    RowError,
    project,
    project_row,
    unrolled,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.support.projection import CASES, REFUSED, expected, received


def projected(value: Any, kind: str) -> Any:
    try:
        return project(value, kind)
    except ProjectionError:
        return REFUSED


def made(types: list[str], text: str | None = None, **properties: Any) -> GenericComplexObject:
    value = GenericComplexObject()
    value.types, value.to_string, value.adapted_properties = types, text, properties
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_case_has_the_expected_data(case: dict[str, Any]) -> None:
    assert projected(received(case["clixml"]), case["kind"]) == expected(case)


def test_the_cases_cover_every_kind() -> None:
    assert {case["kind"] for case in CASES} == set(KINDS)


def test_a_type_name_is_shown_as_the_server_has_it() -> None:
    token = made(["Deserialized.Settings.UseOAuthServer", "Deserialized.System.Object"])
    assert project(token, "typed") == {"type": "Settings.UseOAuthServer", "text": "", "value": None}


def test_names_of_properties_are_found_in_any_case_and_those_that_need_not_be_there_are_nothing() -> None:
    row, _zoneless = project_row(made(["X"], identity="Global", Enabled=True), {"Identity": "text", "Enabled": "flag", "No": "list?"})
    assert row == {"Identity": "Global", "Enabled": True, "No": []}


def test_a_property_that_is_not_there_is_no_null() -> None:
    with pytest.raises(RowError, match=r"it returned 'Global' \(X\), which has no property Realm"):
        project_row(made(["X"], Identity="Global"), {"Identity": "text", "Realm": "text"})


@pytest.mark.parametrize("source", ["connecting", {"a": 1}, made(["X"], Colour="green"), 7])
def test_an_object_with_none_of_the_properties_is_no_row(source: Any) -> None:
    assert project_row(source, {"Identity": "text", "Type": "text?"}) == (None, [])


def test_lists_in_lists_are_unrolled() -> None:
    assert unrolled([["a", [None, "b"]], "c", None]) == ["a", "b", "c"]
    assert project([["a", ["b"]], "c"], "list") == ["a", "b", "c"]


def test_the_object_itself_is_called_text() -> None:
    assert project_row("7.0", {"*": "text"}) == ({"text": "7.0"}, [])


def test_a_time_without_a_zone_is_taken_as_utc_and_told() -> None:
    row, zoneless = project_row(made(["X"], At="2026-01-02T03:04:05", End="2026-01-02T03:04:05Z"), {"At": "time", "End": "time"})
    assert (row, zoneless) == ({"At": "2026-01-02T03:04:05Z", "End": "2026-01-02T03:04:05Z"}, ["At"])


def test_a_bag_of_properties_where_text_was_meant_is_refused_by_name() -> None:
    with pytest.raises(RowError, match=r"it returned a X, whose Realm cannot be read: a Settings\.Realm has no text"):
        project_row(made(["X"], Realm=made(["Settings.Realm"])), {"Realm": "text"})


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=st.just(timezone.utc)))
def test_every_time_comes_back(moment: datetime) -> None:
    assert project(moment.isoformat().replace("+00:00", "Z"), "time") == utc_text(moment)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_every_text_comes_back(text: str) -> None:
    serializer = Serializer()
    assert project(serializer.deserialize(serializer.serialize(text)), "text") == text


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.uuids(), st.lists(st.text())), st.sampled_from(KINDS))
def test_every_value_becomes_plain_data_or_is_refused(value: Any, kind: str) -> None:
    assert json.loads(json.dumps(projected(value, kind))) == projected(value, kind)
