# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of which tenants domains are, in transcripts of what is said to Entra ID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.returned import undocumented

from ..support import Conversation, Said, run_action

Talk = Callable[..., Conversation]
TENANT, OTHER = "5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001"


def discovery(domain: str, tenant: str | None, **changed: Any) -> Said:
    url = f"https://login.microsoftonline.com/{domain}/v2.0/.well-known/openid-configuration"
    if tenant is None:
        text = f"AADSTS90002: Tenant '{domain}' not found. Trace ID: x"
        return Said("GET", url, **{"status": 400, "answer": {"error": "invalid_tenant", "error_description": text}, **changed})
    return Said("GET", url, answer={"issuer": f"https://login.microsoftonline.com/{tenant}/v2.0"})


def ask(options: dict[str, Any]) -> dict[str, Any]:
    """What the module returns, which is what its documentation says."""
    result = run_action("tenant_info", options)
    assert result.get("failed") or undocumented("tenant_info", result) == []
    return result


def test_no_more_domains_are_asked_for_once_one_is_the_tenants(talk: Talk) -> None:
    talk(discovery("corp.contoso.com", None), discovery("contoso.com", TENANT))
    result = ask({"domains": ["corp.contoso.com", "Contoso.com", "fabrikam.com"], "tenant_id": TENANT.upper()})
    assert (result["verified"], result["tenant_id"]) == (True, TENANT)
    assert [entry["tenant_id"] for entry in result["domains"]] == [None, TENANT]
    assert "warnings" not in result


def test_a_tenant_in_which_no_domain_is_verified_is_warned_about_with_both_values(talk: Talk) -> None:
    talk(discovery("corp.contoso.com", None), discovery("fabrikam.com", OTHER))
    result = ask({"domains": ["corp.contoso.com", "fabrikam.com"], "tenant_id": TENANT})
    assert (result["verified"], result["tenant_id"]) == (False, OTHER)
    (warning,) = result["warnings"]
    assert f"tenant {TENANT}: corp.contoso.com is of no tenant; fabrikam.com is of tenant {OTHER}" in warning


def test_without_a_tenant_every_domain_is_asked_for(talk: Talk) -> None:
    talk(discovery("contoso.com", TENANT), discovery("fabrikam.com", OTHER))
    result = ask({"domains": ["contoso.com", "fabrikam.com"]})
    assert ([entry["tenant_id"] for entry in result["domains"]], result["tenant_id"]) == ([TENANT, OTHER], TENANT)
    assert "verified" not in result


@pytest.mark.parametrize(
    "answer", [{"status": 400, "answer": {"error": "invalid_request", "error_description": "AADSTS50000: issue"}}, {"status": 404}]
)
def test_failing_to_ask_is_not_a_domain_of_no_tenant(talk: Talk, answer: dict[str, Any]) -> None:
    talk(discovery("contoso.com", None, **{"answer": None, **answer}))
    assert ask({"domains": ["contoso.com"], "tenant_id": TENANT})["failed"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"domains": []}, "the list is empty"),
        ({"domains": ["contoso"]}, "Option 'domains'"),
        ({"domains": ["contoso.com"], "tenant_id": "contoso.com"}, "is not a GUID"),
        ({"domain": "contoso.com", "tenant_id": TENANT}, "domains"),
        ({"domain": "contoso.com", "domains": ["contoso.com"]}, "mutually exclusive"),
        ({}, "one of the following is required"),
    ],
)
def test_bad_input_is_refused_before_anything_is_contacted(options: dict[str, Any], problem: str, talk: Talk) -> None:
    talk()
    result = ask(options)
    assert result["failed"]
    assert problem in result["msg"]
