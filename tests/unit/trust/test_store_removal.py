# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of earlier rolls that are named to be taken out of the servers' stores: what goes, and what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..farm.test_actions import WINDOWS
from ..support import run_action

LEAD, OTHER = "fe01.contoso.com", "fe02.contoso.com"


def left(*servers: int, days: float = 20, name: str = "old") -> dict[str, Any]:
    """A farm that has had its certificate for long, with one of an earlier roll in the stores of these servers."""
    state = states.right()
    farm = states.farm(state)
    farm["cms"]["token_issuer"]["effective_date"] = states.at(-90)
    farm["certificates"][name] = states.made("CN=contoso.com", not_before=states.at(-800), days=days)
    for index in servers:
        farm["front_ends"][index]["store"].append(name)
    return state


def thumbprint(state: dict[str, Any], name: str = "old") -> str:
    return certificates.thumbprint(certificates.load(states.farm(state)["certificates"][name]))


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda state: Estate(state, tmp_path, monkeypatch)


def test_a_server_tells_what_it_has_of_named_certificates_and_for_what(estate: Any) -> None:
    state = left(0)
    states.farm(state)["front_ends"][0]["assigned"] = [{"use": "Default", "certificate": "old"}]
    old, issuer = thumbprint(state), thumbprint(state, "issuer")
    read = estate(state).onprem(LEAD, store_thumbprints=[old.lower(), issuer, "AB" * 20, old])["named_certificates"]
    assert [(one["thumbprint"], one["found"], one["uses"]) for one in read] == [
        (old, True, ["Default"]),
        (issuer, True, ["OAuthTokenIssuer"]),
        ("AB" * 20, False, []),
    ]
    assert (bool(read[0]["not_after"]), read[2]["not_after"]) == (True, None)


def test_what_is_named_goes_from_a_servers_store_and_a_second_task_changes_nothing(estate: Any) -> None:
    state = left(0)
    old, there = thumbprint(state), estate(state)
    options = {"state": "store_absent", "thumbprints": [old.lower(), "AB" * 20]}
    predicted = there.on_server(LEAD, "onprem_certificate", options, check_mode=True)
    assert there.onprem(LEAD, store_thumbprints=[old])["named_certificates"][0]["found"] is True
    done = there.on_server(LEAD, "onprem_certificate", options)
    assert predicted == done
    assert done["operations"] == [f"remove certificate {old} with its private key from the computer store of {LEAD}"]
    assert done["diff"] == {"before": {"in_store": [old]}, "after": {"in_store": []}}
    assert (done["certificate"], done["signing"]["current"]["found"]) == (None, True)
    current = there.onprem(LEAD, store_thumbprints=[old, "AB" * 20])
    assert current["named_certificates"][0]["found"] is False
    for again in (options, {**options, "current": current}):
        assert (result := there.on_server(LEAD, "onprem_certificate", again))["changed"] is False
        assert result["operations"] == []
    mark = len(there.log.entries())
    there.on_server(LEAD, "onprem_certificate", {**options, "current": current})
    assert len(there.log.entries()) == mark


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("role", ["certificate", "previous"])
def test_what_the_server_has_assigned_for_any_use_stays_and_so_does_the_rest(estate: Any, role: str, check_mode: bool) -> None:
    state = left(0)
    states.farm(state)["certificates"]["web"] = states.made("CN=webext.contoso.com", days=300)
    states.farm(state)["front_ends"][0]["store"].append("web")
    states.farm(state)["front_ends"][0]["assigned"] = [{"use": "WebServicesExternal", "certificate": "issuer", role: "web"}]
    there = estate(state)
    options = {"state": "store_absent", "thumbprints": [thumbprint(state), thumbprint(state, "web")]}
    with pytest.raises(AssertionError, match=f"{thumbprint(state, 'web')} .WebServicesExternal.. Nothing was removed"):
        there.on_server(LEAD, "onprem_certificate", options, check_mode=check_mode)
    assert [one["found"] for one in there.onprem(LEAD, store_thumbprints=options["thumbprints"])["named_certificates"]] == [True, True]


def test_a_removal_that_fails_tells_what_is_gone_and_what_is_still_there(estate: Any) -> None:
    state = left(0)
    states.farm(state)["certificates"]["older"] = states.made("CN=contoso.com", not_before=states.at(-900), days=5)
    states.farm(state)["front_ends"][0]["store"].append("older")
    old, older = thumbprint(state), thumbprint(state, "older")
    for after, word in ((False, f"{older} is still there."), (True, "is not in the store any more; whether its private key is gone")):
        there = estate(state)
        there.faults.add({"on": "cmdlet:Clear-StoreCertificate", "do": "error:no key", "after": after, "nth": 2})
        options = {"state": "store_absent", "thumbprints": [old, older]}
        with pytest.raises(AssertionError, match=word) as failed:
            there.on_server(LEAD, "onprem_certificate", options)
        assert f"{LEAD}: Remove-StoreCertificate failed: no key" in str(failed.value)
        assert f"Removed before that: {old}." in str(failed.value)


@pytest.mark.parametrize("options", [{}, {"thumbprints": ["xyz"]}])
def test_what_is_no_thumbprint_is_refused_before_anything_is_contacted(options: dict[str, Any]) -> None:
    result = run_action("onprem_certificate", {"state": "store_absent", **options}, connection=WINDOWS)
    assert "thumbprints" in result["msg"]
