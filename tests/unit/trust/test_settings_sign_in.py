# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sign-in that variables and environment mean, checked before anything is contacted and in the variables' names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

APPLICATION, TENANT = "4a1aa1d5-c567-49d0-ad0b-cd957a47f842", "5588b4fd-f26d-475c-824f-9911277ab13e"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """One that says nothing of a sign-in."""
    for spec in SIGN_IN.values():
        for name in spec.get("fallback", (None, ()))[1]:
            monkeypatch.delenv(name, raising=False)
    for name in ("AZURE_AD_USER", "IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return monkeypatch


def said(entry_point: str = "configure", **given: Any) -> str:
    with pytest.raises(HybridAuthError) as caught:
        read(given, entry_point, check_mode=True)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Set trust_tenant and trust_client_id with one of trust_client_secret, trust_client_certificate_path and"),
        ({"trust_client_secret": "x"}, "The sign-in lacks trust_client_id."),
        ({"trust_client_id": APPLICATION, "trust_auth_source": "client_secret"}, "The sign-in lacks trust_client_secret."),
        ({"trust_auth_source": "access_token"}, "The sign-in lacks trust_access_token."),
        ({"trust_auth_source": "cli"}, "or set another trust_auth_source."),
        (
            {"trust_client_id": APPLICATION, "trust_client_secret": "x", "trust_client_certificate_path": "/nowhere"},
            "trust_client_secret and trust_client_certificate_path are both set",
        ),
        (
            {"trust_client_id": APPLICATION, "trust_client_certificate_path": "/nowhere"},
            "trust_client_certificate_path: /nowhere cannot be read",
        ),
        (
            {"trust_client_id": APPLICATION, "trust_federated_token_variable": "CI_TOKEN"},
            "trust_federated_token_variable: the environment variable CI_TOKEN is not set for Ansible.",
        ),
        (
            {"trust_client_id": APPLICATION, "trust_client_secret": "x", "trust_login_url": "https://login.fabrikam.com"},
            "trust_graph_url: it is not set, but trust_login_url is an endpoint of no Microsoft cloud",
        ),
        (
            {
                "trust_client_id": APPLICATION,
                "trust_client_secret": "x",
                "trust_login_url": "https://login.microsoftonline.us",
                "trust_graph_url": "https://graph.microsoft.com",
            },
            "Set trust_cloud to the tenant's cloud, and leave out trust_login_url and trust_graph_url",
        ),
        (
            {
                "trust_client_id": APPLICATION,
                "trust_client_secret": "x",
                "trust_login_url": "https://login.fabrikam.com",
                "trust_graph_url": "https://graph.microsoft.com",
            },
            "such as gateways, declare it with trust_own_endpoints.",
        ),
        (
            {"trust_client_id": APPLICATION, "trust_client_secret": "x", "trust_cloud": "china"},
            "trust_metadata_url: it is not set, and Microsoft documents no metadata URL for the cloud china.",
        ),
    ],
)
def test_a_sign_in_that_cannot_be_is_refused_in_the_names_of_the_variables(given: dict[str, Any], words: str) -> None:
    message = said(**given)
    assert words in message
    assert "Nothing was" in message
    assert "ption" not in message


def test_a_declared_pair_of_endpoints_is_an_option_of_each_task(environment: pytest.MonkeyPatch) -> None:
    pair = {"trust_login_url": "https://login.fabrikam.com", "trust_graph_url": "https://graph.microsoft.com", "trust_own_endpoints": "yes"}
    found = read({"trust_client_id": APPLICATION, "trust_client_secret": "x", **pair}, "configure").sign_in
    assert found["own_endpoints"] is True


def test_what_the_environment_has_completes_the_variables(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AZURE_SECRET", "x")
    environment.setenv("AZURE_CLIENT_ID", APPLICATION)
    assert read({}, "configure").sign_in == {}
    assert read({"trust_client_id": " ", "trust_client_secret": ""}, "configure").sign_in == {}


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AZURE_CLIENT_ID", "app", "AZURE_CLIENT_ID (for trust_client_id): 'app' is not a GUID."),
        ("AZURE_TENANT", "no tenant", "AZURE_TENANT (for trust_tenant): 'no tenant' names no tenant."),
        ("AZURE_CLOUD_ENVIRONMENT", "AzureMars", "The environment variable AZURE_CLOUD_ENVIRONMENT names the cloud 'AzureMars'"),
        ("ANSIBLE_AZURE_AUTH_SOURCE", "credential_file", "Set trust_auth_source to one of auto, access_token, client_secret, client_cert"),
        ("SFB_CA_PATH", "/nowhere", "SFB_CA_PATH (for trust_ca_path): /nowhere cannot be read: No such file or directory."),
    ],
)
def test_a_wrong_value_of_the_environment_is_named_by_its_variable(
    variable: str, value: str, words: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AZURE_CLIENT_ID", APPLICATION)
    environment.setenv(variable, value)
    assert words in said(trust_client_secret="x")


def test_endpoints_of_the_environment_that_are_no_pair_are_named_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SFB_LOGIN_URL", "https://login.fabrikam.com")
    environment.setenv("SFB_GRAPH_URL", "https://graph.contoso.com")
    told = said(trust_client_id=APPLICATION, trust_client_secret="x")
    assert "Correct trust_login_url and trust_graph_url; in the environment they are SFB_LOGIN_URL and SFB_GRAPH_URL." in told
    assert "of a module" not in told


def test_the_farm_may_still_name_the_tenant() -> None:
    given = {"trust_client_id": APPLICATION, "trust_client_secret": "x"}
    assert "tenant" not in read(given, "configure").sign_in
    assert read({**given, "trust_tenant_id": TENANT}, "configure").sign_in["tenant"] == TENANT


@pytest.mark.parametrize("entry_point", ["rotate", "remove"])
def test_the_metadata_url_is_needed_where_it_is_written(entry_point: str) -> None:
    given = {"trust_client_id": APPLICATION, "trust_client_secret": "x", "trust_cloud": "china"}
    assert read(given, entry_point, check_mode=True).cloud == "china"
    assert read({**given, "trust_metadata_url": "https://accounts.contoso.cn/metadata"}, "configure").cloud == "china"


def test_an_audit_needs_no_sign_in_to_look_at_the_farm() -> None:
    assert read({}, "audit").sign_in == {}
    assert said("audit", trust_client_id="app").startswith("trust_client_id: ")


def test_a_sign_in_is_checked_as_a_whole_only_where_its_parts_are_right() -> None:
    assert said(trust_client_id="app").startswith("trust_client_id: 'app' is not a GUID.")
