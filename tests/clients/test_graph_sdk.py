# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""msgraph-sdk and azure-identity against the lab."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.unit.support import key_pem

from . import estate
from .estate import CLIENT, EXCHANGE, FOREIGN, OVER, SKYPE
from .programs import FailedError, graph_sdk

KEY = base64.b64encode(estate.der(estate.OURS)).decode()


def test_what_is_read(lab: Lab) -> None:
    with lab.edit() as state:
        state["graph"]["page_size"] = 1
    everything, count, organization, refused = graph_sdk(
        lab, {"do": "listed", "top": 5}, {"do": "raw_count"}, {"do": "organization"}, {"do": "refused", "app_id": SKYPE}
    )
    assert everything == {"count": 2, "app_ids": [SKYPE, EXCHANGE]}
    assert count == 2
    assert organization == {"id": lab.info["tenants"][0]["id"], "domains": ["contoso.com", "contoso.onmicrosoft.com"]}
    assert refused == {"status": 400, "code": "BadRequest", "ids": True}


def test_a_certificate_comes_beside_the_others_and_goes_again(lab: Lab) -> None:
    before = estate.certificates(lab, SKYPE)
    *_rest, keys = graph_sdk(
        lab, {"do": "add_key", "app_id": SKYPE, "certificate": KEY, "display_name": "ours"}, {"do": "keys", "app_id": SKYPE}
    )
    assert [one["display_name"] for one in keys] == ["CN=old.fabrikam.com", "CN=fabrikam.com", "ours"]
    assert {one["key_id"] for one in keys} > {OVER, FOREIGN}
    assert keys[-1]["key"] == KEY
    graph_sdk(lab, {"do": "remove_key", "app_id": SKYPE, "key_id": keys[-1]["key_id"]})
    assert estate.certificates(lab, SKYPE) == before


def test_a_secret(lab: Lab) -> None:
    assert graph_sdk(lab, {"do": "password", "app_id": EXCHANGE}) == [{"secret": True, "there": ["sdk"], "left": 0}]


def test_a_batch(lab: Lab) -> None:
    assert graph_sdk(lab, {"do": "batch", "app_ids": [SKYPE, EXCHANGE, FOREIGN]}) == [[200, 200, 404]]


def test_an_application_signs_in_with_the_certificate_that_it_was_given(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    path.write_text(key_pem() + estate.ours_pem(), encoding="utf-8")
    reading = {"do": "raw_count"}
    with pytest.raises(FailedError, match="AADSTS700027"):
        graph_sdk(lab, reading, certificate_path=str(path))
    graph_sdk(lab, {"do": "application_key", "app_id": CLIENT, "certificate": KEY})
    assert graph_sdk(lab, reading, certificate_path=str(path)) == [2]
