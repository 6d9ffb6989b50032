# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of the SIP domains in the farm's certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.states import audit as states

from .test_states import audited

SUBJECT, DOMAINS = "certificate.subject", "certificate.sip_domains"


def said(state: dict[str, Any], workdir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """Status and what there is, of each of the two rules."""
    found = audited(state, {}, workdir, monkeypatch)["findings"]
    return {one["id"]: (one["status"], one["actual"]) for one in found if one["id"] in (SUBJECT, DOMAINS)}


@pytest.mark.parametrize(
    ("subject", "names", "subject_is", "domains_are"),
    [
        ("CN=contoso.com", ["contoso.com", "fabrikam.com"], "pass", ("pass", "all named")),
        ("CN=contoso.com", ["fabrikam.com"], "pass", ("pass", "all named")),
        ("CN=contoso.com", ["contoso.com"], "pass", ("warn", "fabrikam.com not named")),
        ("CN=pool01.contoso.com", ["FABRIKAM.com", "contoso.com"], "warn", ("pass", "all named")),
        ("CN=fabrikam.com", ["pool01.contoso.com"], "warn", ("warn", "contoso.com not named")),
        ("O=Contoso", ["*.contoso.com", "fabrikam.com"], "warn", ("warn", "contoso.com not named")),
    ],
)
def test_the_subject_is_the_default_domain_and_the_alternative_names_have_the_others(
    subject: str, names: list[str], subject_is: str, domains_are: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    states.farm(state)["sip_domains"] = ["contoso.com", "fabrikam.com"]
    states.farm(state)["certificates"]["issuer"] = states.made(subject, names=names)
    found = said(state, tmp_path, monkeypatch)
    assert (found[SUBJECT][0], found[DOMAINS]) == (subject_is, domains_are)


def test_where_the_store_lacks_the_certificate_its_subject_is_known_and_its_alternative_names_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    states.farm(state)["sip_domains"] = ["contoso.com", "fabrikam.com"]
    for front_end in states.farm(state)["front_ends"]:
        front_end["store"] = []
    found = said(state, tmp_path, monkeypatch)
    assert found == {SUBJECT: ("pass", "CN=contoso.com"), DOMAINS: ("skip", "not known: its alternative names were not read")}


def test_a_staged_certificate_is_looked_at_before_it_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.staged(state, 20)
    states.farm(state)["certificates"]["next"] = states.made("CN=fabrikam.com")
    found = [one for one in audited(state, {}, tmp_path, monkeypatch)["findings"] if one["id"] == SUBJECT]
    assert sorted((one["status"], one["actual"]) for one in found) == [("pass", "CN=contoso.com"), ("warn", "CN=fabrikam.com")]
