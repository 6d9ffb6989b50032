# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in the topology that no service principal can have, or that are written otherwise: a warning for that pool, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action

NAMES = ("names.external_fqdn", "names.pool", "names.stale")


def findings(web_services: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str, str]]:
    """The findings about names of a farm with these Web services that are no pass."""
    state = states.right()
    state["deployments"][0]["cms"]["web_services"] = web_services
    estate = Estate(state, tmp_path, monkeypatch)
    read, cloud = estate.everything()
    options = {"onprem": read, "servers_expected": estate.servers, "cloud": cloud, "expected": states.RIGHT_EXPECTED}
    result = run_action("trust_audit", options)
    assert not result.get("failed"), result["msg"]
    return [
        (one["id"], one["status"], one["subject"], f"{one['actual']} {one['remedy']}")
        for one in result["findings"]
        if one["id"] in NAMES and one["status"] != "pass"
    ]


def service(pool: str, external: str | None, internal: str | None = "webint.contoso.com") -> dict[str, Any]:
    return {"PoolFqdn": pool, "InternalFqdn": internal, "ExternalFqdn": external}


USUAL = [service("pool01.contoso.com", "webext.contoso.com"), service("pool02.contoso.com", "webext2.contoso.com")]


@pytest.mark.parametrize(
    "name", ["sfb_se01.contoso.com", "b\u00fccher.contoso.com", "web ext.contoso.com", "webext", "*.contoso.com", "https://a.contoso.com"]
)
def test_a_name_that_is_no_host_name_is_a_warning_for_its_pool(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((found, status, subject, said),) = findings([*USUAL, service("pool03.contoso.com", name)], tmp_path, monkeypatch)
    assert (found, status, subject) == ("names.pool", "warn", "pool03.contoso.com")
    assert name.lower() in said
    assert "topology" in said


@pytest.mark.parametrize("name", ["sfb_se01.contoso.com", "b\u00fccher.contoso.com"])
def test_a_pool_of_such_a_name_is_judged_by_its_external_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings([*USUAL, service(name, "webext.contoso.com", None)], tmp_path, monkeypatch) == []


def test_a_final_dot_makes_no_other_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotted = [service("pool01.contoso.com", "WebExt.contoso.com."), service("pool02.contoso.com", "webext2.contoso.com")]
    assert findings(dotted, tmp_path, monkeypatch) == []
