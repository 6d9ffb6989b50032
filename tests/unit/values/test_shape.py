# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of data tells kinds, counts and names that are known beforehand, and none of the values."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import is_observed, note, observing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.shape import error_id, kind_of, shape, type_name, version, word

MARK = "zq7mark"
NAMES = frozenset({"id", "keyCredentials", "displayName"})
marked = st.text(max_size=8).map(lambda text: f"{MARK}{text}") | st.sampled_from(
    [f"https://{MARK}.contoso.com/", f"5.1.{MARK}", f"{MARK},Microsoft.Rtc.Thing", f"Microsoft.{MARK}", "2026-11-30T00:00:00Z"]
)
leaves = st.none() | st.booleans() | st.integers(10**9) | st.floats(allow_nan=False) | marked
data = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(marked | st.sampled_from(sorted(NAMES)), inner), max_leaves=40)
ALLOWED = {
    *("kinds", "entries", "properties", "other_properties", "null", "flag", "number", "list", "object", "empty", "guid", "time", "url"),
    *("version", "text", "other"),
    *NAMES,
}


def words_in(told: Any) -> set[str]:
    """Every word in a shape, keys among them, without the numbers."""
    if isinstance(told, dict):
        return {*told, *(word for inner in told.values() for word in words_in(inner))}
    return {word for word in re.split(r"[ ,]+", str(told)) if not word.isdecimal()}


@given(data)
def test_no_value_and_no_unknown_name_is_in_a_shape(value: Any) -> None:
    told = shape(value, NAMES)
    assert words_in(told) <= ALLOWED
    assert MARK not in json.dumps(told)


@given(data)
def test_every_value_is_counted_once(value: Any) -> None:
    told = shape([value, value], NAMES)
    assert isinstance(told, dict)
    assert told["kinds"] == "1 list"
    entries = told["entries"]
    kinds = entries if isinstance(entries, str) else entries["kinds"]
    assert kinds == f"2 {kind_of(value)}"
    # The same values have the same shape, in any order.
    assert shape(value, NAMES) == shape(json.loads(json.dumps(value)), NAMES)


def test_a_shape_says_what_is_there_how_often_and_what_is_not() -> None:
    rows = [{"id": "contoso", "displayName": None, "fe01.contoso.com": 1}, {"id": "", "keyCredentials": [{"id": 5}, {"id": True}]}]
    assert shape(rows, NAMES) == {
        "kinds": "1 list",
        "entries": {
            "kinds": "2 object",
            "properties": {
                "displayName": "1 null",
                "id": "1 empty, 1 text",
                "keyCredentials": {
                    "kinds": "1 list",
                    "entries": {"kinds": "2 object", "properties": {"id": "1 flag, 1 number"}},
                },
            },
            "other_properties": 1,
        },
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("5588b4fd-f26d-475c-824f-9911277ab13e", "guid"),
        ("7.0.2046.583", "version"),
        ("https://webext.contoso.com/", "url"),
        ("2026-11-30T00:00:00Z", "time"),
        ("9" * 5000, "text"),
        (" ", "empty"),
        ((1,), "list"),
        (object(), "other"),
    ],
)
def test_a_text_has_a_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("MissingProperty", "MissingProperty"),
        ("Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",) * 2,
        ("ItemNotFound,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet",) * 2,
        # Of a thrown text the identifier is the text.
        ("fe01.contoso.com is down", "other"),
        ("contoso", "other"),
        ("contoso.com,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet", "other,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet"),
        ("Contoso,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet", "other,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet"),
        ("Contoso,Microsoft.Rtc.Contoso", "other"),
        ("System.UnauthorizedAccessException,Microsoft.PowerShell.Commands.GetAclCommand",) * 2,
        ("Contoso.ContosoException,Microsoft.PowerShell.Commands.GetAclCommand", "other,Microsoft.PowerShell.Commands.GetAclCommand"),
        ("ItemNotFound,Contoso.Module.Get", "other"),
        ("ItemNotFound,Get-Contoso", "other"),
        ("", None),
    ],
)
def test_an_identifier_is_told_where_it_is_a_programs_own(text: str, told: str | None) -> None:
    assert error_id(text) == told


def test_a_type_is_told_where_it_is_microsofts() -> None:
    decorated = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer#Decorated"
    assert [type_name(one) for one in (decorated, f"Deserialized.{decorated}", "System.String")] == [
        decorated,
        f"Deserialized.{decorated}",
        "System.String",
    ]
    assert {
        type_name(one)
        for one in (
            "Contoso.Thing",
            "Microsoft.Rtc.contoso",
            "Microsoft.Contoso.Secret",
            "Microsoft.Rtc.Contoso",
            "System.String contoso",
            "Microsoft",
            5,
            None,
        )
    } == {"other"}


def test_a_version_and_a_known_word_are_told_as_they_are() -> None:
    assert [version(one) for one in ("5.1.17763.1", "10.1.2.3", "contoso 5.1", "5", None, 5)] == ["5.1.17763.1", *[None] * 5]
    assert [word(one, {"winrm"}) for one in ("winrm", "contoso", "", None)] == ["winrm", "other", None, None]


def test_only_what_is_asked_for_is_kept() -> None:
    note("requests", {"status": 200})
    assert not is_observed()
    with observing() as seen:
        assert is_observed()
        note("requests", {"status": 200})
    assert seen == {"requests": [{"status": 200}]}
    assert not is_observed()
