# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one reader of thumbprints: every form in which people and programs write one, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, host_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint, thumbprint_in

PRINT = "8540BBD765915B49CBC12EF21361C2425FDC53BE"
BINARY = bytes.fromhex(PRINT)
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\ufeff\u00a0"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    "text",
    [
        PRINT,
        PRINT.lower(),
        f"\u200e{PRINT}",
        " ".join(PRINT[i : i + 2] for i in range(0, 40, 2)),
        ":".join(PRINT[i : i + 2] for i in range(0, 40, 2)).lower(),
        f"\ufeff{PRINT[:20]}\u00a0{PRINT[20:]}\u200b\r\n",
        encoded(BINARY),
        encoded(BINARY).rstrip("="),
        base64.urlsafe_b64encode(BINARY).decode(),
        encoded(PRINT.encode()),
        encoded(PRINT.lower().encode("utf-16")),
        encoded(encoded(BINARY).encode()),
        encoded(encoded(PRINT.encode()).encode()),
    ],
)
def test_a_thumbprint_is_read_in_every_form(text: str) -> None:
    assert thumbprint_in(text) == PRINT
    assert option_thumbprint("thumbprint", text) == PRINT


@pytest.mark.parametrize("text", [None, "", "\u200e", PRINT[:-1], f"{PRINT}0", f"G{PRINT[1:]}", "contoso", encoded(BINARY * 2), "=" * 40])
def test_what_is_no_thumbprint_is_none(text: str | None) -> None:
    assert thumbprint_in(text) is None
    with pytest.raises(InvalidOptionError, match="is not a thumbprint"):
        option_thumbprint("thumbprint", text or "")


FORMS: list[Callable[[str], str]] = [
    str.lower,
    lambda text: encoded(bytes.fromhex(text)),
    lambda text: encoded(text.encode()),
    lambda text: encoded(encoded(bytes.fromhex(text)).encode()),
]


@given(st.binary(min_size=20, max_size=20), st.sampled_from(FORMS), st.lists(st.tuples(st.integers(0, 60), st.sampled_from(UNSEEN))))
def test_characters_that_cannot_be_seen_change_nothing(content: bytes, form: Callable[[str], str], unseen: list[tuple[int, str]]) -> None:
    text = form(content.hex().upper())
    for place, character in unseen:
        text = text[:place] + character + text[place:]
    assert thumbprint_in(text) == content.hex().upper()


@given(st.text(max_size=500))
def test_any_text_is_read_or_none(text: str) -> None:
    found = thumbprint_in(text)
    assert found is None or (len(found) == 40 and bytes.fromhex(found).hex().upper() == found)


@pytest.mark.parametrize("unseen", UNSEEN)
def test_names_lose_what_cannot_be_seen_too(unseen: str) -> None:
    assert guid("app_id", f"{unseen}00000002-0000-0FF1-{unseen}CE00-000000000000{unseen}") == "00000002-0000-0ff1-ce00-000000000000"
    assert host_name("names", f"{unseen}webext.{unseen}Contoso.com{unseen}") == "webext.contoso.com"
