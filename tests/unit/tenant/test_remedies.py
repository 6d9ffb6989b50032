# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.remedies import (
    ENTRA,
    GRAPH,
    GRAPH_BY_STATUS,
    Refusal,
    of_entra,
    of_graph,
)

ROOT = Path(__file__).parents[3]
MODULES = [path.stem for path in (ROOT / "plugins" / "action").glob("*.py")]
SPECS = ROOT / "roles" / "trust" / "meta" / "argument_specs.yml"


def action(module: str) -> Any:
    return importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.action.{module}").ActionModule


def ids(table: tuple[Refusal, ...]) -> list[str]:
    return [one.code for one in table]


@pytest.mark.parametrize("one", GRAPH, ids=ids(GRAPH))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 503])
def test_each_code_of_graph_yields_its_remedy_whatever_the_status_is(one: Refusal, status: int) -> None:
    told = of_graph(status, f"{one.code} It cannot be done. ", True)
    assert told.split("{")[0] == one.remedy.format(permission="Application.ReadWrite.All")
    assert told.endswith(".")


@pytest.mark.parametrize("one", ENTRA, ids=ids(ENTRA))
def test_each_code_of_entra_yields_its_remedy(one: Refusal) -> None:
    code, _dots, more = one.code.partition(".*")
    assert of_entra(f"{code}: It cannot be done. [Reason - The key used is {more or 'x'}.]") == one.remedy


@pytest.mark.parametrize("one", [*GRAPH, *ENTRA], ids=ids((*GRAPH, *ENTRA)))
def test_each_code_has_a_source_and_a_remedy_in_whole_sentences(one: Refusal) -> None:
    assert one.source.startswith(("https://learn.microsoft.com/", "https://github.com/"))
    assert one.remedy[0].isupper()


@pytest.mark.parametrize("one", [*GRAPH, *ENTRA], ids=ids((*GRAPH, *ENTRA)))
def test_what_a_remedy_names_is_there(one: Refusal) -> None:
    """An option, a module or a variable of the role."""
    there = {*MODULES, *(name for module in MODULES for name in action(module).ARGUMENTS.options)}
    specs = yaml.safe_load(SPECS.read_text(encoding="utf-8"))["argument_specs"]
    there |= {name for entry_point in specs.values() for name in entry_point["options"]}
    assert set(re.findall(r"[a-z]+(?:_[a-z]+)+", re.sub(r"https://\S+", "", one.remedy))) <= there


def test_no_code_is_in_the_tables_twice() -> None:
    for table in (GRAPH, ENTRA):
        assert len({one.code for one in table}) == len(table)


@pytest.mark.parametrize(
    ("description", "part"),
    [
        ("AADSTS700027: Client assertion failed signature validation. [Reason - The key was not found.]", "Upload the certificate"),
        ("AADSTS700027: Client assertion failed signature validation. [Reason - The key used is expired.]", "upload a new one"),
        ("AADSTS70021: No matching federated identity record found.", "issuer, subject and audience"),
        ("AADSTS700211: No matching federated identity record found.", "Compare the issuer above"),
        (
            "AADSTS7000215: Invalid client secret provided.",
            "Check trust_client_secret (client_secret of a module), in the environment AZURE_SECRET: it must be",
        ),
        ("AADSTS12345: Something new.", "https://login.microsoftonline.com/error?code=12345"),
        ("no reason given", "Check trust_login_url, trust_tenant and trust_client_id (login_url, tenant and client_id of a module)"),
    ],
)
def test_a_refused_sign_in_is_told_apart(description: str, part: str) -> None:
    assert part in of_entra(description)


@pytest.mark.parametrize(
    ("status", "told", "part"),
    [
        (403, "Authorization_RequestDenied Insufficient privileges to complete the operation.", "Application.ReadWrite.All"),
        (403, "Directory_ResourceSizeExceeded The size of the object has exceeded its limit.", "holds as much as it may"),
        (403, "Directory_QuotaExceeded The directory object quota limit for the Tenant has been exceeded.", "may own no more objects"),
        (400, "CannotUpdateLockedServicePrincipalProperty Property keyCredentials is locked.", "has locked this property"),
        (401, "InvalidAuthenticationToken Continuous access evaluation resulted in challenge.", "withdrawn before its end"),
        (401, 'InvalidAuthenticationToken x Bearer realm="", error="insufficient_claims", claims="eyJ9"', "asks for a new sign-in"),
        (
            401,
            "InvalidAuthenticationToken Lifetime validation failed, the token is expired.",
            "correct trust_access_token (access_token of a module), in the environment AZURE_ACCESS_TOKEN",
        ),
        (409, "Request_MultipleObjectsWithSameKeyValue The name is already in use.", "find it with sp_info"),
        (
            400,
            "ObjectConflict Another object with the same value for property x already exists.",
            "find it with sp_info",
        ),
        (400, "Request_BadRequest The service principal name x is already in use.", "find it with sp_info"),
        (409, "Directory_ConcurrencyViolation Wait briefly and retry.", "let it end"),
        (400, "CredentialInvalidLifetimeAsPerAppPolicy Credential lifetime exceeds the max value allowed.", "shorter life"),
        (400, "KeyCredentialsInvalidStartDate Key credential start date is invalid.", "Leave out start and end"),
        (400, "Request_BadRequest Key credential end date is invalid.", "Leave out start and end"),
    ],
)
def test_the_code_decides_before_the_status(status: int, told: str, part: str) -> None:
    assert part in of_graph(status, told, True)


@pytest.mark.parametrize("status", [*GRAPH_BY_STATUS, 500, 502, 503, 504])
def test_a_status_alone_has_a_remedy(status: int) -> None:
    assert of_graph(status, "UnknownError", True) == of_graph(status, "", True) != ""


_QUOTED = re.compile(r"[ (]'(?:login_url|graph_url|own_endpoints|cloud)'(?! else)")


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "plugin_utils" / "_tenant").rglob("*.py")), ids=lambda path: path.name)
def test_an_error_names_an_endpoint_as_the_role_has_it_and_as_modules_do(path: Path) -> None:
    told = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if _QUOTED.search(line) and "options(" not in line]
    assert told == []
