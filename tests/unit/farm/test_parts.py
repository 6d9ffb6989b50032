# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of parts, and every other list of cmdlets beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import CMDLETS, RUNNER, RUNNER_ONLY
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.parts import (
    CERTIFICATE,
    OAUTH_CONFIGURATION,
    OAUTH_SERVERS,
    PARTNER_APPLICATIONS,
    PARTS,
    Part,
    Scope,
    Told,
    calls,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.projection import KINDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.lab.farm.binder import SIGNATURES
from tests.lab.farm.python_runner import ALLOWED
from tests.unit.support import NOW

ROOT = Path(__file__).parents[3]
# What the runner answers without a cmdlet of the management module.
OWN = {*RUNNER, "Read-CertificateCheck", "New-StoreCertificate", "Import-StoreCertificate", "Remove-StoreCertificate", "New-Assertion"}
EVERYTHING = {*CMDLETS, *RUNNER, *RUNNER_ONLY}


def parameters(cmdlet: str) -> set[str]:
    return {name for one in SIGNATURES[cmdlet]["parameter_sets"].values() for name in one}


def test_the_runner_on_the_server_and_the_labs_run_the_same_cmdlets() -> None:
    (listed,) = (
        match[1]
        for path in (ROOT / "plugins" / "module_utils").glob("*.psm1")
        if (match := re.search(r"AllowedCommands = @\((.*?)\n\)", path.read_text(encoding="ascii"), re.DOTALL))
    )
    assert sorted(re.findall(r"'([^']+)'", listed)) == sorted(EVERYTHING)
    assert sorted(ALLOWED) == sorted(EVERYTHING)


@pytest.mark.parametrize("cmdlet", sorted(EVERYTHING - OWN))
def test_what_keeps_a_cmdlet_from_asking_is_what_the_reference_gives_it(cmdlet: str) -> None:
    quiet = {name: value for name, value in {"Confirm": False, "Force": True}.items() if name in parameters(cmdlet)}
    assert cmdlet in RUNNER_ONLY or CMDLETS[cmdlet] == quiet


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_read_as_the_reference_allows(name: str) -> None:
    part = PARTS[name]
    assert (part.scope is Scope.STORE_OR_REPLICA) == ("LocalStore" in parameters(part.cmdlet))
    assert {kind.rstrip("?") for kind in part.select.values()} <= set(KINDS)
    for local_store in (False, True):
        call = calls([name], local_store)[1]
        assert any(set(call.parameters) <= set(one) for one in SIGNATURES[part.cmdlet]["parameter_sets"].values())


def row(part: Part[Any], **properties: Any) -> dict[str, Any]:
    return {**{name: [] if kind.rstrip("?") == "list" else None for name, kind in part.select.items()}, **properties}


TOKEN = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.MetadataUrl", "text": "x", "value": "https://x.contoso.com/m"}
THERE: list[tuple[Part[Any], str, dict[str, Any]]] = [
    (OAUTH_SERVERS, "oauth_servers", {"Identity": "microsoft.sts", "Realm": "contoso.com", "AcceptSecurityIdentifierInformation": False}),
    (PARTNER_APPLICATIONS, "partner_applications", {"Identity": "microsoft.exchange", "Enabled": True, "AuthToken": TOKEN}),
    (
        OAUTH_CONFIGURATION,
        "oauth_configuration",
        {"Identity": "Global", "ServiceName": "x", "ExchangeAutodiscoverAllowedDomains": ["a.contoso.com"]},
    ),
    (CERTIFICATE, "certificate", {"Thumbprint": "AB" * 20, "EffectiveDate": "2026-01-02T03:04:05Z"}),
]


@pytest.mark.parametrize(("part", "key", "properties"), THERE, ids=lambda value: value if isinstance(value, str) else "")
def test_an_object_goes_back_to_the_properties_that_it_came_from(part: Part[Any], key: str, properties: dict[str, Any]) -> None:
    given = row(part, **properties)
    shape: dict[str, Any] = dict(part.shape(Told([given], [], NOW)))
    one = shape[key][0] if isinstance(shape[key], list) else shape[key]
    assert part.row is not None
    back = part.row(one)
    assert set(properties) <= set(back) <= set(part.select)
    token = back.get("AuthToken")
    assert {**back, **({"AuthToken": {**token, "text": "x"}} if token else {})} == {name: given[name] for name in back}


def test_what_is_written_says_how_an_object_goes_back() -> None:
    written = {cmdlet.partition("-")[2] for cmdlet in EVERYTHING if cmdlet.startswith(("New-Cs", "Set-Cs"))}
    assert {part.cmdlet.partition("-")[2] for part in PARTS.values() if part.row} == written


@pytest.mark.parametrize("name", ["oauth_servers", "partner_applications", "web_services", "sip_domains", "replication"])
def test_an_object_without_the_property_that_names_it_is_an_error(name: str) -> None:
    with pytest.raises(HybridAuthError, match=f"{PARTS[name].cmdlet} returned an object without"):
        PARTS[name].shape(Told([row(PARTS[name])], [], NOW))


def test_the_error_names_the_service_of_which_a_property_is_missing() -> None:
    part = PARTS["web_services"]
    given = row(part, Identity="WebServer:pool1.contoso.com", ExternalFqdn="webext.contoso.com")
    with pytest.raises(HybridAuthError, match=re.escape("returned the object WebServer:pool1.contoso.com without PoolFqdn")):
        part.shape(Told([given], [], NOW))


def test_domains_in_one_text_are_single_ones() -> None:
    assert shapes.domains(["A.contoso.com; *.fabrikam.com", ""]) == ["a.contoso.com", "*.fabrikam.com"]
