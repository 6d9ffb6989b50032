# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a report: escaped, self-contained, well formed, and drawn inside of its lines."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.drawing import timeline
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import page
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.scale import scale
from tests.support import reports

_VOID = {"meta", "link", "br", "img", "input"}
_ADDRESSES = {"href", "src", "xlink:href", "action", "srcset", "data", "poster"}


class Outline(HTMLParser):
    """What a page consists of; an element that is not closed in order fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _tag, attributes in self.elements if name in attributes]


def written(audits: list[dict[str, Any]], title: str = "Audit") -> str:
    return html(page(document(audits, title=title, now=reports.NOW, ending_soon_days=30)))


@pytest.mark.parametrize("fixture", reports.FIXTURES.values(), ids=reports.FIXTURES)
def test_a_page_is_whole_and_asks_for_nothing(fixture: Callable[[], list[dict[str, Any]]]) -> None:
    text = written(fixture())
    outline = Outline(text)
    tags = [tag for tag, _attributes in outline.elements]
    assert not {"script", "iframe", "object", "embed", "img", "form", "base"} & set(tags)
    assert [tag for tag in tags if tag in ("header", "main", "footer", "h1")] == ["header", "h1", "main", "footer"]
    assert ("html", {"lang": "en"}) in outline.elements
    assert "default-src 'none'" in outline.attributes("content")[0]
    ids = outline.attributes("id")
    assert len(ids) == len(set(ids))
    addresses = [attributes[name] for _tag, attributes in outline.elements for name in _ADDRESSES & set(attributes)]
    assert {address for address in addresses if not address.startswith("#")} == {"data:,"}
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(ids)
    assert {name for names in outline.attributes("aria-labelledby") for name in names.split()} <= set(ids)
    assert not [name for _tag, attributes in outline.elements for name in attributes if name.startswith("on")]
    assert "url(" not in text.replace("url(#", "")
    assert "@import" not in text


@pytest.mark.parametrize("fixture", reports.FIXTURES.values(), ids=reports.FIXTURES)
def test_headings_go_down_one_by_one(fixture: Callable[[], list[dict[str, Any]]]) -> None:
    levels = [int(tag[1]) for tag, _attributes in Outline(written(fixture())).elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("fixture", reports.FIXTURES.values(), ids=reports.FIXTURES)
def test_each_drawing_that_says_something_says_it_in_words_too(fixture: Callable[[], list[dict[str, Any]]]) -> None:
    for tag, attributes in Outline(written(fixture())).elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-labelledby"])


@settings(max_examples=30)
@given(st.text(min_size=1) | st.sampled_from([reports.ATTACK, "{{ 7 * 7 }}", "</style><script>", "]]>", "&lt;"]))
def test_every_text_that_others_wrote_stays_text(value: str) -> None:
    (audit,) = reports.bad()
    audit.update(deployment=value, warnings=[value], obstacle=value, errors=[{"subject": value, "message": value}])
    audit["audit"]["findings"][0].update(title=value, heading=value, subject=value, expected=[value], actual={value: value}, remedy=value)
    audit["onprem"][0]["server"]["name"] = value
    for row in (audit["onprem"][0]["oauth_servers"][0], audit["onprem"][0]["partner_applications"][0]):
        row["name"] = value
    for principal in audit["cloud"]["service_principals"]:
        principal.update(display_name=value, names=[value])
        for key in principal["key_credentials"]:
            key.update(display_name=value, subject=value, thumbprint=value)
    audit["differences"][0].update(title=value, operations=[value])
    audit["proof"].update(outcome=value, explanation=value)
    (plain,) = reports.bad()
    plain |= {"obstacle": "x", "errors": [{"subject": "x", "message": "x"}]}
    tags = {tag for tag, _attributes in Outline(written([audit], title=value)).elements}
    assert tags <= {tag for tag, _attributes in Outline(written([plain])).elements}


def test_an_attack_is_shown_and_not_run() -> None:
    outline = Outline(written(reports.long_names()))
    assert any("<script>alert(1)</script>" in part for part in outline.said)
    assert not any("\x1b" in part or "\u202e" in part for part in outline.said)


def test_the_verdict_comes_first() -> None:
    for name, word in (("good", "Compliant"), ("bad", "Not compliant"), ("two", "Not compliant"), ("unread", "Incomplete")):
        said = [part.strip() for part in Outline(written(reports.FIXTURES[name]())).said if part.strip()]
        assert word in said[:6], said[:6]


def test_several_deployments_are_reached_from_the_head() -> None:
    text = written(reports.two())
    assert text.count('<a href="#deployment-1">contoso</a>') == text.count('<a href="#deployment-2">fabrikam</a>') == 1


@given(st.lists(st.floats(-50000, 3000000), max_size=12))
def test_every_day_has_a_place_on_the_axis_and_its_labels_can_be_read(days: list[float]) -> None:
    axis = scale(days)
    places = [axis.position(day) for day in sorted(days)]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    ticks = axis.ticks()
    assert "today" in [label for _place, label in ticks]
    assert all(after - before >= 17 for before, after in itertools.pairwise(place for place, _label in ticks))


@given(st.lists(st.tuples(st.none() | st.floats(-9000, 9000), st.none() | st.floats(-9000, 2000000)), min_size=1, max_size=6))
def test_every_bar_is_inside_of_the_drawing(spans: list[tuple[float | None, float | None]]) -> None:
    (audit,) = reports.good()
    audit["cloud"]["service_principals"][0]["key_credentials"] = [
        {
            "thumbprint": f"{index:040d}",
            "key_type": "RSA",
            "start": None if start is None else reports.moment(start),
            "end": None if end is None else reports.moment(end),
        }
        for index, (start, end) in enumerate(spans)
    ]
    (one,) = document([audit], title="", now=reports.NOW, ending_soon_days=30)["deployments"]
    drawn = timeline(one, reports.NOW, 30)
    assert len(drawn.bars) == len(one["certificates"])
    for span in drawn.bars:
        assert span.left >= 0
        assert span.width > 0
        assert span.left + span.width <= 100
        assert span.bar_y + drawn.bar_height < drawn.axis_y


def test_thirty_days_and_ten_years_can_both_be_seen() -> None:
    (one,) = document(reports.good(), title="", now=reports.NOW, ending_soon_days=30)["deployments"]
    widths = {span.name: span.width for span in timeline(one, reports.NOW, 30).bars}
    assert widths["EEEEEE\u2026"] > 5
    assert widths["DDDDDD\u2026"] > 60
