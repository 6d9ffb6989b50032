# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the readers: whatever is given is read or refused, and what was read is read as itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import variables
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.variables import CLEAR, is_blank, number
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import Range

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))
INVISIBLE = st.text("\u200b\u200e\u200f\ufeff \t", max_size=4)
THUMBPRINTS = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)
HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,8}\.[a-z]{2,8}\.com", fullmatch=True)


@settings(max_examples=500)  # for all variables together
@given(name=st.sampled_from(sorted(VARIABLES)), value=ANYTHING)
def test_anything_is_read_to_plain_data_or_refused_under_its_name(name: str, value: Any) -> None:
    kind = VARIABLES[name].metadata["kind"]
    if not kind.given(value):
        return
    try:
        read = kind.read(name, value)
    except InvalidOptionError as exc:
        assert exc.option == name
        assert exc.problem
        assert exc.expected
        return
    json.dumps(read)
    again = CLEAR if read in ("", ()) and kind.words.endswith(CLEAR) else read
    assert again in ("", (), {}) or kind.read(name, again) == read


@given(value=st.recursive(st.none() | INVISIBLE, lambda inner: st.lists(inner, max_size=3)))
def test_what_has_no_visible_character_is_blank(value: Any) -> None:
    assert is_blank(value)
    assert not is_blank([value, "x"])


@given(before=INVISIBLE, text=THUMBPRINTS, after=INVISIBLE, with_colons=st.booleans())
def test_a_thumbprint_is_read_as_it_is_copied(before: str, text: str, after: str, with_colons: bool) -> None:
    shown = ":".join(text[at : at + 2] for at in range(0, 40, 2)) if with_colons else text
    assert variables.THUMBPRINT.read("x", before + shown + after) == text.upper()


@given(hosts=st.lists(HOSTS, min_size=1, max_size=5, unique=True), separator=st.sampled_from([",", ", ", "\n", "\r\n", "\n\n", " ,"]))
def test_a_list_is_the_same_as_text_as_json_and_as_a_list(hosts: list[str], separator: str) -> None:
    kind = variables.list_of(variables.HOST)
    given_as = (hosts, separator.join(hosts), json.dumps(hosts), str(hosts), [*hosts, "", None, *hosts])
    assert {kind.read("x", one) for one in given_as} == {tuple(hosts)}


@given(value=st.integers(-(10**6), 10**6))
def test_a_number_is_the_same_as_text(value: int) -> None:
    kind = number(Range("days", 1, 1000))
    if 1 <= value <= 1000:
        assert kind.read("x", value) == kind.read("x", f" {value} ") == kind.read("x", float(value)) == value
    else:
        for given_as in (value, str(value)):
            with pytest.raises(InvalidOptionError, match="out of range"):
                kind.read("x", given_as)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "1e3", "0x10", "\u0663", "9" * 30, "1_000", [1], {}])
def test_what_is_no_number_is_none(value: Any) -> None:
    with pytest.raises(InvalidOptionError, match="is no whole number"):
        number(Range("days", 1, 1000)).read("x", value)


def test_the_home_folder_and_variables_in_a_path_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of the variables says so."""
    monkeypatch.setenv("HOME", "/home/runs")
    monkeypatch.setenv("KEPT", "/srv/kept")
    kind = VARIABLES["trust_report_path"].metadata["kind"]
    read = {text: kind.read("trust_report_path", text) for text in ("~/audits", "$KEPT/audits", "here")}
    assert read == {"~/audits": "/home/runs/audits", "$KEPT/audits": "/srv/kept/audits", "here": "here"}


def test_a_secret_stays_as_it_is() -> None:
    assert variables.SECRET.read("x", " with blanks\u200e ") == " with blanks\u200e "
    assert variables.SECRET.read("x", 1234) == "1234"
    with pytest.raises(InvalidOptionError) as caught:
        variables.SECRET.read("x", ["s3cret"])
    assert "s3cret" not in str(caught.value)
