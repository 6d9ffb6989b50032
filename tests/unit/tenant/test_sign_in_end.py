# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when what signs in may do so: what the tenant shows of a secret or certificate, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import certificate, key_pem, pem

Graph = dict[str, Any]


def application(state: dict[str, Any]) -> Graph:
    found: Graph = state["tenants"][0]["applications"][0]
    return found


def secret(name: str, days: float, hint: str | None) -> Graph:
    return {"keyId": name, "displayName": name, "hint": hint, "startDateTime": states.at(-9), "endDateTime": states.at(days)}


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What graph_token says of what signed in, for what the application shows."""

    def made(state: dict[str, Any], **options: Any) -> Graph:
        result = Estate(state, tmp_path, monkeypatch).signed_in(**options)
        assert "lab~Secret" not in json.dumps(result)
        found: Graph = result["credential"]
        return found

    return made


def test_the_secret_that_signed_in_is_told_by_its_first_characters(ends: Any) -> None:
    state = states.right()
    own = secret("own", 40, "lab")
    application(state)["graph"]["passwordCredentials"] = [secret("another", 3, "xyz"), own, secret("over", -3, "lab")]
    found = ends(state)
    assert (found["end"], found["problem"]) == (own["endDateTime"], None)
    assert found["subject"] == f"the client secret of application {states.CLIENT} in tenant {states.TENANT}"


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([], "shows no secret that is in date and begins as this one does"),
        ([secret("over", -3, "lab"), secret("another", 9, "xyz")], "shows no secret"),
        ([secret("one", 40, "lab"), secret("two", 50, "lab")], "has 2 secrets that may be this one; they end on "),
        ([secret("one", 40, None), secret("two", 50, None)], "has 2 secrets that may be this one"),
    ],
)
def test_what_is_not_known_is_said_and_no_end_is_made_up(ends: Any, listed: list[Graph], told: str) -> None:
    state = states.right()
    application(state)["graph"]["passwordCredentials"] = listed
    found = ends(state)
    assert found["end"] is None
    assert told in found["problem"]


def test_an_application_that_may_not_be_read_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = Estate(states.right(), tmp_path, monkeypatch)
    estate.faults.add({"on": "graph.get", "do": "status:403"})
    found = estate.signed_in()["credential"]
    assert found["end"] is None
    assert f"did not give application {states.CLIENT}: 403" in found["problem"]


@pytest.mark.parametrize(("entry", "expected"), [(None, 300), (100, 100), (400, 300)])
def test_a_certificate_ends_with_its_file_or_with_its_entry(ends: Any, tmp_path: Path, entry: int | None, expected: int) -> None:
    state, made = states.right(), certificate("hybrid runs", days=300)
    path = tmp_path / "client.pem"
    path.write_text(pem(made) + key_pem())
    application(state)["certificate"] = pem(made)
    if entry is not None:
        shown = {"customKeyIdentifier": certificates.thumbprint(made), "endDateTime": states.at(entry), "key": None}
        application(state)["graph"]["keyCredentials"] = [{**states.entry("client", states.made("CN=x")), **shown}]
    found = ends(state, client_certificate_path=str(path))
    assert found["problem"] is None
    assert states.at(expected - 0.1) < found["end"] < states.at(expected + 0.1)
