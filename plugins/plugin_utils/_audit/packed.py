# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings on their way from the audit to the report, as small as they can be. Private to the collection.

ansible-core keeps what a task registers until the play is over. A deployment whose tenant has many keys has thousands of findings, of which
most words are the same.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe

_QUICKEST = 1


def pack(findings: Sequence[Mapping[str, Any]]) -> str:
    """The findings as a text, each safe to show."""
    return base64.b64encode(zlib.compress(json.dumps(safe(findings)).encode(), _QUICKEST)).decode("ascii")


def unpack(packed: str) -> list[dict[str, Any]]:
    """The findings in such a text."""
    found: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return found


class Shared:
    """Gives texts and findings that are alike back as one object, which costs memory once however many deployments have them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._findings: dict[tuple[Any, ...], dict[str, Any]] = {}

    def finding(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """The finding, the same object for each that has the same values."""
        values = tuple(self._texts.setdefault(value, value) if isinstance(value, str) else value for value in one.values())
        if not all(isinstance(value, str) for value in values):
            return dict(one)
        return self._findings.setdefault(values, dict(zip(one, values, strict=True)))
