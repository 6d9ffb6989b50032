# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.secrets import mask, secret_values

OPTIONS = {
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True, "aliases": ["secret"], "fallback": (None, ["AZURE_SECRET"])},
}


def test_values_come_from_the_option_its_alias_and_its_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SECRET", "from-environment")
    found = secret_values(OPTIONS, {"client_id": "shown", "client_secret": "as-option"}, {"secret": "as-alias"})
    assert found == {"from-environment", "as-option", "as-alias"}


@pytest.mark.parametrize("spelling", [str, repr, json.dumps, lambda text: quote(text, safe="")])
def test_no_spelling_of_a_secret_is_left_anywhere(spelling) -> None:
    secret = "p\u00e4ss\n+/'word\\%"
    shown = {"msg": f"sent {spelling(secret)} there", "list": [{secret: secret}], "number": 3}
    masked = mask(shown, {secret})
    assert secret not in str(list(masked["list"][0].items()))
    assert spelling(secret) not in json.dumps(masked)
    assert masked["msg"].startswith("sent ")
    assert masked["msg"].endswith(" there")
    assert masked["number"] == 3


def test_the_lines_of_a_key_are_masked_one_by_one() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
    masked = mask({"msg": f"cannot read {line}"}, {f"-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----"})
    assert line not in masked["msg"]


def test_a_result_without_a_secret_is_not_copied() -> None:
    shown = {"msg": "in place", "list": [{"number": 3, "flag": True, "none": None}]}
    assert mask(shown, {"s3cret"}) is shown
    assert mask(shown, set()) is shown


@pytest.mark.parametrize("place", [{"list": [{"a": 31415926}]}, [("a", "31415926")], {"a": b"31415926"}, {"a": {"31415926"}}])
def test_a_secret_is_found_in_whatever_a_result_holds(place: object) -> None:
    assert "31415926" not in str(mask(place, {"31415926"}))
