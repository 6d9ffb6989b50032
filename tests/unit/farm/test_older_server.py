# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server whose management module lacks a cmdlet: what is asked for by name fails, and everything is what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.parts import PARTS
from tests.lab.state import GREENFIELD
from tests.unit.estate import Estate

FRONT_END = "fe01.contoso.com"


@pytest.fixture
def estate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    state = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    state["deployments"][0]["front_ends"][0]["lacks"] = request.param
    return Estate(state, tmp_path, monkeypatch)


LACKS: dict[str, tuple[list[str], list[str]]] = {
    "version": (["Get-CsServerVersion"], ["version"]),
    "certificate": (["Get-CsCertificate"], ["certificate", "previous_certificate", "signing"]),
    "replication": (["Get-CsManagementStoreReplicationStatus"], ["replicas"]),
}


@pytest.mark.parametrize(
    ("estate", "part", "keys"), [(cmdlets, part, keys) for part, (cmdlets, keys) in LACKS.items()], indirect=["estate"]
)
def test_everything_is_read_but_what_the_server_lacks(estate: Estate, part: str, keys: list[str]) -> None:
    result = estate.onprem(FRONT_END)
    assert (set(result["unknown"]), [key for key in keys if key in result]) == ({part}, [])
    assert PARTS[part].cmdlet in result["unknown"][part]
    (warning,) = result["warnings"]
    assert f"{part} is not known here" in warning
    others = {"web_services", "sip_domains", "oauth_servers", "partner_applications", "oauth_configuration"}
    assert others <= set(result)


@pytest.mark.parametrize("estate", [["Get-CsServerVersion"]], indirect=True)
def test_a_part_that_is_asked_for_by_name_fails(estate: Estate) -> None:
    with pytest.raises(AssertionError, match=r"Get-CsServerVersion failed.*older"):
        estate.onprem(FRONT_END, gather=["sip_domains", "version"])


@pytest.mark.parametrize("estate", [[part.cmdlet for part in PARTS.values()]], indirect=True)
def test_a_server_that_lacks_everything_is_an_error(estate: Estate) -> None:
    with pytest.raises(AssertionError, match=r"none of the cmdlets.*Get-CsServerVersion.*older"):
        estate.onprem(FRONT_END)
