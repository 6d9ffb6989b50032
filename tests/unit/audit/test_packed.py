# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings on their way to the report come out as they went in, and cost memory once."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import Shared, pack, unpack

FINDING = {"id": "credential.usage", "status": "pass", "subject": "Schl\u00fcssel", "expected": "", "actual": "Verify"}


def many() -> list[dict[str, Any]]:
    return [{**FINDING, "subject": f"key {number}", "remedy": "Ask its owner."} for number in range(2000)]


def test_what_is_unpacked_is_what_was_packed_and_much_smaller() -> None:
    assert unpack(pack([FINDING, *many()])) == [FINDING, *many()]
    assert len(pack(many())) < len(json.dumps(many())) / 8


def test_what_turns_a_line_or_signs_in_is_hidden_on_the_way() -> None:
    (one,) = unpack(pack([{**FINDING, "subject": "key \u202e", "actual": "https://svc:s3cret@dc01.contoso.com/"}]))
    assert one["subject"] == "key \ufffd"
    assert "s3cret" not in one["actual"]


def test_findings_that_are_alike_become_one_object() -> None:
    shared = Shared()
    one, same, other = shared.finding(FINDING), shared.finding(dict(FINDING)), shared.finding({**FINDING, "actual": "Sign"})
    assert one == FINDING
    assert same is one
    assert other == {**FINDING, "actual": "Sign"}
    assert shared.finding({**FINDING, "actual": ["a"]}) == {**FINDING, "actual": ["a"]}
