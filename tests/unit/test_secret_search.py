# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search for secrets finds what it looks for, so that what it does not find is not there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.secret_search import files_in, forms, found_in

WRITTEN: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "JSON": lambda text: json.dumps({"value": text}).encode(),
    "JSON in JSON": lambda text: json.dumps({"stdout": json.dumps({"value": text})}).encode(),
    "JSON with other letters": lambda text: json.dumps({"value": text}, ensure_ascii=False).encode(),
    "JSON in JSON with other letters": lambda text: json.dumps(
        {"out": json.dumps({"x": text}, ensure_ascii=False)}, ensure_ascii=False
    ).encode(),
    "URL": lambda text: f"https://contoso.com/?token={quote(text, safe='')}".encode(),
    "form": lambda text: urlencode({"client_secret": text}).encode(),
    "Python": lambda text: repr({"value": text}).encode(),
    "hex": lambda text: b"00" + text.encode().hex().encode(),
    "UTF-16": lambda text: f"PS> {text}".encode("utf-16-le"),
    "base64": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode()),
    "encoded command": lambda text: base64.b64encode(f"$x = '{text}'".encode("utf-16-le")),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@given(secret=st.text("abcXYZ019+/=-_ '\"\\%&\u00e4\n", min_size=16, max_size=40))
def test_a_secret_is_found_however_it_is_written(written: Callable[[str], bytes], secret: str) -> None:
    found = found_in([("place", b"before " + written(secret) + b" after")], {"secret": secret})
    assert {(place, name) for place, name, _form in found} == {("place", "secret")}


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "log").write_bytes(base64.b64encode(b"nothing of that kind, or of another"))
    assert list(found_in(files_in(tmp_path), {"secret": "a-secret-of-some-length"})) == []
    assert [name for name, _content in files_in(tmp_path)] == ["inner/log"]


def test_every_form_of_a_secret_of_usual_length_is_looked_for() -> None:
    assert len(forms("a-secret-of-some-length")) == 12 + 12
