# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of the key of the farm's certificate on each server, and of who issued it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.lab.farm import key_files
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action
from .test_states import audited

KEY, CHAIN = "certificate.key_access", "certificate.chain"
BOTH = ("fe01.contoso.com", "fe02.contoso.com")


def said(findings: list[dict[str, Any]], rule: str) -> list[tuple[str, str, str]]:
    """Server, status and what there is."""
    return sorted((one["subject"].partition(":")[0], one["status"], one["actual"]) for one in findings if one["id"] == rule)


def test_each_server_is_judged_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = (case for case in states.CASES if (case.id, case.status) == (KEY, "fail"))
    findings = audited(case.state(), {}, tmp_path, monkeypatch)["findings"]
    told = "read by NT AUTHORITY\\SYSTEM (S-1-5-18), BUILTIN\\Administrators (S-1-5-32-544)"
    service = f"{told}, NT AUTHORITY\\NETWORK SERVICE (S-1-5-20)"
    assert said(findings, KEY) == [(BOTH[0], "pass", service), (BOTH[1], "fail", told)]
    (wrong,) = (one for one in findings if one["id"] == KEY and one["status"] == "fail")
    assert (wrong["severity"], "NETWORK SERVICE (S-1-5-20)" in wrong["expected"]) == ("critical", True)
    assert "\\Microsoft\\Crypto\\RSA\\MachineKeys\\" in wrong["remedy"]


def test_a_key_that_everyone_reads_is_no_failure_and_weighs_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = (case for case in states.CASES if (case.id, case.status) == (KEY, "warn"))
    result = audited(case.state(), {}, tmp_path, monkeypatch)
    (wrong,) = (one for one in result["findings"] if one["id"] == KEY and one["status"] == "warn")
    assert (wrong["severity"], "Everyone (S-1-1-0)" in wrong["remedy"], result["compliant"]) == ("high", True, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda state: states.key_rules(state, "Access is denied."), "Access is denied"),
        (lambda state: states.farm(state)["certificates"]["issuer"].update(key_provider="token"), "in no file that it tells"),
        (lambda state: states.farm(state)["certificates"]["issuer"].update(private_key=False), "is not on the server"),
        (lambda state: states.farm(state)["front_ends"][1].update(store=[]), "not in the computer's store"),
        (
            lambda state: states.key_rules(state, [{"sid": "S-1-5-21-1-2-3-1105", "name": "RTC", "allow": True, "rights": 1}]),
            "may be a member of one of these: read by RTC (S-1-5-21-1-2-3-1105)",
        ),
    ],
)
def test_what_cannot_be_read_is_not_checked_and_says_why(change: Any, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    change(state)
    (told,) = (one for one in said(audited(state, {}, tmp_path, monkeypatch)["findings"], KEY) if one[0] == BOTH[1])
    assert told[1] == "skip"
    assert why in told[2]


def test_the_chain_of_an_issued_certificate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    assert said(audited(state, {}, tmp_path / "own", monkeypatch)["findings"], CHAIN) == [(name, "pass", "self-signed") for name in BOTH]
    states.issuer(state, issuer="CN=Contoso CA")
    found = said(audited(state, {}, tmp_path / "issued", monkeypatch)["findings"], CHAIN)
    assert found == [(name, "pass", "issued by CN=Contoso CA") for name in BOTH]
    states.issuer(state, issuer="CN=Contoso CA", trusted=False)
    found = said(audited(state, {}, tmp_path / "unknown", monkeypatch)["findings"], CHAIN)
    assert found == [(name, "warn", "issued by CN=Contoso CA: PartialChain") for name in BOTH]


def test_the_key_of_a_staged_certificate_is_looked_at_before_it_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.staged(state, 20)
    states.farm(state)["front_ends"][0]["key_access"] = {"next": key_files.RULES[:1]}
    found = said(audited(state, {}, tmp_path, monkeypatch)["findings"], KEY)
    assert [(server, status) for server, status, _actual in found] == [(BOTH[0], "fail"), (BOTH[0], "pass"), *[(BOTH[1], "pass")] * 2]


def test_a_restricted_endpoint_and_a_reading_without_it_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers, cloud = Estate(states.right(), tmp_path, monkeypatch).everything()
    restricted, plain = (copy.deepcopy(one) for one in servers)
    restricted["endpoint"] = "restricted"
    for one in (restricted, plain):
        del one["certificate_checks"]
    findings = run_action("trust_audit", {"onprem": [restricted, plain], "servers_expected": list(BOTH), "cloud": cloud})["findings"]
    assert said(findings, KEY) == [
        (BOTH[0], "skip", f"not known: {BOTH[0]}: a restricted endpoint opens neither the certificate store nor the files of keys"),
        (BOTH[1], "skip", f"not known: onprem_info did not gather certificate_checks from {BOTH[1]}"),
    ]
