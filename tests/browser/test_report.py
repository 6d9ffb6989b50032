# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a reader has it: on a desktop and on a phone, light and dark, with the keyboard, and on paper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.browser import Browser, Look
from tests.support import reports

LOOKS = [Look(width, 900, scheme) for width in (1280, 800, 375) for scheme in ("light", "dark")]
SCRIPTS = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true);"
_MOST_STOPS = 200


def looked(browser: Browser, function: str) -> list[object]:
    """What a function of look.js says about the page; each entry describes something wrong."""
    found = json.loads(browser.run(f"{SCRIPTS}; return JSON.stringify({function}())"))
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width} {look.scheme}")
@pytest.mark.parametrize("name", reports.FIXTURES)
def test_a_page_is_readable(browser: Browser, pages: dict[str, Path], name: str, look: Look) -> None:
    browser.open(pages[name], look)
    closed = browser.run("return document.documentElement.scrollHeight")
    for _state in ("folded", "unfolded"):
        assert looked(browser, "overflowing") == []
        assert looked(browser, "overlapping") == []
        assert looked(browser, "pale") == []
        browser.run(OPEN)
    assert browser.run("return document.documentElement.scrollHeight") > closed
    assert browser.said() == []
    assert browser.requests() == [pages[name].as_uri()]


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=lambda look: f"{look.width} {look.scheme}")
@pytest.mark.parametrize("name", ["bad", "two"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, pages: dict[str, Path], name: str, look: Look) -> None:
    browser.open(pages[name], look)
    wanted = browser.run("return document.querySelectorAll('a[href], summary').length")
    reached = set()
    for _stop in range(_MOST_STOPS):
        browser.press("Tab", 9)
        place, outline, width = browser.run(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "return [[...document.querySelectorAll('a[href], summary')].indexOf(e), s.outlineStyle, parseFloat(s.outlineWidth)]"
        )
        if place < 0 or place in reached:
            break
        reached.add(place)
        assert (outline, width) == ("solid", 3)
    assert len(reached) == wanted


def test_a_fold_opens_and_closes_with_the_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"], LOOKS[0])
    browser.run("document.querySelector('summary').focus()")
    states = []
    for _time in range(2):
        browser.press("Enter", 13, "\r")
        states.append(browser.run("return document.querySelector('details').open"))
    assert states == [True, False]


def test_a_deployment_is_reached_from_the_head(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["two"], LOOKS[-1])
    browser.run("document.querySelector('a[href=\"#deployment-2\"]').click()")
    assert abs(browser.run("return document.getElementById('deployment-2').getBoundingClientRect().top")) < 40


def test_nothing_that_others_wrote_runs(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["long_names"], LOOKS[0])
    assert browser.run("return document.querySelectorAll('script, img').length") == 0
    assert browser.run("return document.body.innerText.includes('<script>alert(1)</script>')")


@pytest.mark.parametrize("name", reports.FIXTURES)
def test_the_first_page_is_one_sheet_of_paper(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], LOOKS[1])
    browser.command("Emulation.setEmulatedMedia", media="print")
    # What A4 has within the margins of 18 and 16 mm, at 96 pixels an inch.
    browser.command("Emulation.setDeviceMetricsOverride", width=673, height=986, deviceScaleFactor=1, mobile=False)
    assert browser.run("return document.querySelector('header').getBoundingClientRect().height") <= 986
    assert browser.run("return getComputedStyle(document.querySelector('header')).breakAfter") == "page"
    browser.command("Emulation.setEmulatedMedia", media="")


def test_paper_has_what_is_folded_on_the_screen(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"], LOOKS[1])
    browser.command("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.command("Emulation.setDeviceMetricsOverride", width=673, height=900, deviceScaleFactor=1, mobile=False)
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run("return [...document.querySelectorAll('details td')].every(one => one.getBoundingClientRect().height > 0)")
    assert looked(browser, "overflowing") == []
    assert looked(browser, "pale") == []
    browser.command("Emulation.setEmulatedMedia", media="")
    assert browser.print().startswith(b"%PDF-")
