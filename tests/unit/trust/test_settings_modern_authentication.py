# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of hybrid modern authentication, before anything is contacted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

ENTRY_POINT = "modern_authentication"
TENANT, OTHER = "5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001"
URL = f"https://login.microsoftonline.us/{TENANT}/FederationMetadata/2007-06/FederationMetadata.xml"
SIGNED_IN = {"trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001", "trust_client_secret": "s3cret"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in SIGN_IN.values():
        for name in spec.get("fallback", (None, ()))[1]:
            monkeypatch.delenv(name, raising=False)


def settings(entry_point: str = ENTRY_POINT, **given: Any) -> Settings:
    return read({**SIGNED_IN, **{f"trust_{name}": one for name, one in given.items()}}, entry_point)


def test_what_is_not_given_switches_it_on_with_the_documented_name() -> None:
    found = settings()
    assert (found.modern_authentication_state, found.modern_authentication_server) == ("present", "evoSTS")
    assert found.modern_authentication_metadata_url is None
    # The fact that an earlier run of the play left has the name with which these begin.
    assert settings(modern_authentication={"changed": True}) == found
    assert settings(modern_authentication_state="ABSENT").modern_authentication_state == "absent"


@pytest.mark.parametrize("entry_point", ["configure", "audit", "rotate"])
def test_other_entry_points_do_not_read_its_variables(entry_point: str) -> None:
    found = settings(entry_point, modern_authentication_state="off", report_formats="none")
    assert found.modern_authentication_state == "present"


@pytest.mark.parametrize("entry_point", ["configure", "audit", "rotate", "remove", "support"])
def test_the_name_of_the_trusts_own_server_is_compared_where_the_other_one_is_read(entry_point: str) -> None:
    given = {"oauth_server_name": "evoSTS", "remove_confirm": "default"}
    assert settings(entry_point, **given).oauth_server_name == "evoSTS"
    with pytest.raises(HybridAuthError, match="trust_modern_authentication_server: evoSTS is the OAuth server of the trust"):
        settings(**given)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"modern_authentication_state": "off"}, "trust_modern_authentication_state: 'off' is none of its choices"),
        ({"modern_authentication_server": "Microsoft.STS"}, "is the OAuth server of the trust (trust_oauth_server_name)"),
        ({"modern_authentication_metadata_url": URL.replace("https", "http")}, "trust_modern_authentication_metadata_url"),
        ({"modern_authentication_metadata_url": URL, "tenant_id": OTHER}, f"it names tenant {TENANT}, but trust_tenant_id is {OTHER}"),
        (
            {"modern_authentication_metadata_url": f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"},
            "trust_modern_authentication_metadata_url: https://accounts.accesscontrol.windows.net/",
        ),
        (
            {"modern_authentication_metadata_url": URL, "metadata_url": URL.replace("login.", "LOGIN.")},
            "is the metadata of the trust between servers (trust_metadata_url)",
        ),
        ({"modern_authentication_stat": "absent"}, "Expected trust_modern_authentication_state"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], part: str) -> None:
    with pytest.raises(HybridAuthError) as caught:
        settings(**given)
    assert part in str(caught.value)
    assert "Nothing was contacted." in str(caught.value)


def test_the_audit_takes_the_metadata_too() -> None:
    assert settings("audit", modern_authentication_metadata_url=URL, report_formats="none").modern_authentication_metadata_url == URL
    assert settings("configure", modern_authentication_metadata_url=URL).modern_authentication_metadata_url is None


def test_the_way_back_needs_no_sign_in_to_begin_with() -> None:
    back = {"trust_modern_authentication_state": "absent"}
    assert read(back, ENTRY_POINT).modern_authentication_state == "absent"
    assert read({**back, "trust_client_id": SIGNED_IN["trust_client_id"]}, ENTRY_POINT).modern_authentication_state == "absent"
    with pytest.raises(HybridAuthError, match="No sign-in"):
        read({"trust_modern_authentication_state": "present"}, ENTRY_POINT)
    with pytest.raises(HybridAuthError, match="trust_tenant_id"):
        read({**back, "trust_tenant_id": "contoso"}, ENTRY_POINT)


@pytest.mark.parametrize("cloud", ["gcc_high", "dod", "china"])
def test_a_cloud_whose_metadata_is_not_documented_needs_it_given_to_switch_it_on(cloud: str) -> None:
    with pytest.raises(HybridAuthError, match=f"documents no federation metadata for clients in the cloud {cloud}"):
        settings(cloud=cloud)
    assert settings(cloud=cloud, modern_authentication_metadata_url=URL).cloud == cloud
    assert settings(cloud=cloud, modern_authentication_state="absent").cloud == cloud
    assert settings(cloud="gcc").cloud == "gcc"
