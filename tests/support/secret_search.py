# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for secrets in whatever a run left, in each form in which programs write texts down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

# Shorter than this an encoded middle part is in other texts by chance.
_SHORTEST = 8


def forms(secret: str) -> dict[str, bytes]:
    """How a secret may be written, by the name of the form."""
    plain, wide = secret.encode(), secret.encode("utf-16-le")
    found = {
        "raw": plain,
        **{f"JSON{name}": _json(secret, ascii_only) for name, ascii_only in (("", True), (" with other letters", False))},
        **{f"JSON in JSON{name}": _json(_json(secret, ascii_only).decode(), True) for name, ascii_only in (("", True), (", inner", False))},
        "JSON in JSON with other letters": _json(_json(secret, False).decode(), False),
        "URL": quote(secret, safe="").encode(),
        "form": quote_plus(secret).encode(),
        "Python": repr(secret)[1:-1].encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "UTF-16": wide,
    }
    for name, content in (("base64", plain), ("base64 of UTF-16", wide)):
        for shift in range(3):  # a secret may begin anywhere in what was encoded
            found[f"{name}, {shift} in"] = _inside(content, shift)
            found[f"{name} for URLs, {shift} in"] = _inside(content, shift).replace(b"+", b"-").replace(b"/", b"_")
    return {name: text for name, text in found.items() if len(text) >= _SHORTEST}


def _json(text: str, ascii_only: bool) -> bytes:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()


def _inside(content: bytes, shift: int) -> bytes:
    """What of the base64 text is the same whatever stands before and after the content, shift bytes behind a whole group."""
    encoded = base64.b64encode(b"\0" * shift + content)
    whole = (shift + len(content)) // 3 * 4
    return encoded[4 if shift else 0 : whole]


def found_in(places: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Which secret, by its name, is in which place in which form."""
    wanted = [(name, form, text) for name, secret in secrets.items() for form, text in forms(secret).items()]
    return {(place, name, form) for place, content in places for name, form, text in wanted if text in content}


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file below a folder, by its path in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()
