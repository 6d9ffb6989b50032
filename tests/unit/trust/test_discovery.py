# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the farm says of tenant, certificate and names, and what is said where something else is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import FORMS, host_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate

from ..support import certificate, pem, run_action

SKYPE = "00000004-0000-0ff1-ce00-000000000000"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
APPLICATION = {"client_id": "0a1b2c3d-0000-4000-8000-000000000001", "client_secret": "word"}
SHOWN = ("thumbprint", "subject", "not_after")
SIGNS, STAGED = (
    {
        "thumbprint": letter * 40,
        "subject": "CN=contoso.com",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2030-01-01T00:00:00Z",
        "expired": False,
        "found": True,
        "has_private_key": True,
        "key_type": "RSA",
        "key_size": 2048,
        "content": None,
    }
    for letter in "AB"
)
MADE = certificate()
THUMBPRINT = load_certificate("x", pem(MADE)).thumbprint


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT", "TENANT_ID", "CLIENT_ID", "SECRET", "CLIENT_SECRET", "ACCESS_TOKEN", "X509_CERTIFICATE_PATH"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)


def service(pool: str, internal: str | None, external: str | None) -> dict[str, Any]:
    return {"pool": pool, "internal_fqdn": internal, "external_fqdn": external}


def farm(**changed: Any) -> dict[str, Any]:
    return {
        "server": {"name": "fe01.contoso.com", "time": "2026-11-01T00:00:00Z"},
        "management_module": "SkypeForBusiness",
        "endpoint": "full",
        "unknown": {},
        "certificate": SIGNS,
        "previous_certificate": None,
        "signing": {"current": SIGNS, "next": None, "previous": None},
        "web_services": [
            service("pool01.contoso.com", "webint.contoso.com", "webext.contoso.com"),
            service("se01.contoso.com", None, None),
        ],
        "sip_domains": [{"name": "fabrikam.com", "default": False}, {"name": "contoso.com", "default": True}],
        **changed,
    }


def test_configure_does_not_say_that_there_is_no_name_where_the_one_there_is_cannot_be_used() -> None:
    there = farm(web_services=[service("pool01.contoso.com", "webint.contoso.com", "webext.contoso.com:4443")])
    told = settle(onprem=there)
    said = " ".join(one["message"] for one in told["obstacles"])
    assert "no pool has an external Web services FQDN that is a host name" in said
    assert any("'webext.contoso.com:4443', which is no fully qualified host name, so it is left out." in one for one in told["warnings"])


def settle(**options: Any) -> dict[str, Any]:
    return run_action("trust_plan", {"onprem": farm(), **options})


fqdns = st.sampled_from(["webext.contoso.com", "WEBEXT.contoso.com", "web2.contoso.com", "web2.contoso.com.", "", " ", None])
services = st.lists(st.builds(service, st.sampled_from(["pool01.contoso.com", "se01.contoso.com"]), fqdns, fqdns), max_size=5)


@given(services, st.sampled_from(FORMS))
def test_names_are_those_of_every_pool_once_and_without_blanks(web_services: list[dict[str, Any]], form: str) -> None:
    there = farm(web_services=web_services)
    external, internal = discovery.external_fqdns(there), discovery.internal_fqdns(there)
    said = {str(one["external_fqdn"] or "").strip().rstrip(".").lower() for one in web_services} - {""}
    assert (set(external), len(external)) == (said, len(said))
    assert len(set(internal)) == len(internal)
    names = discovery.wanted_names(SKYPE, external, internal, form)
    assert len({name.lower() for name in names}) == len(names)
    hosts = set(external) if form == "procedure" else {*external, *internal}
    assert {host_in(SKYPE, name) for name in names} == hosts
    assert set(names) <= set(discovery.every_name(SKYPE, there))
    assert discovery.name_warnings(SKYPE, there, external) == []


@given(services, st.lists(st.sampled_from(["webext.contoso.com", "web2.contoso.com", "web9.contoso.com"]), min_size=1))
def test_each_name_that_differs_from_the_topology_is_named_once(web_services: list[dict[str, Any]], given_names: list[str]) -> None:
    there = farm(web_services=web_services)
    warnings = discovery.name_warnings(SKYPE, there, given_names)
    external, internal = discovery.external_fqdns(there), discovery.internal_fqdns(there)
    differing = ({*given_names} - {*external, *internal}) | (set(external) - {*given_names})
    assert len(warnings) == len(differing)
    assert all(any(host in warning for warning in warnings) for host in differing)


def test_with_a_sign_in_alone_the_default_sip_domain_names_the_tenant() -> None:
    result = settle(**APPLICATION)
    assert (result["tenant"], result["tenant_source"], result["tenant_id"]) == ("contoso.com", "sip_domain", None)
    assert result["tenant_proven"] is True
    assert result["sip_domains"] == ["contoso.com", "fabrikam.com"]
    assert result["names"] == [f"{SKYPE}/webext.contoso.com"]
    assert result["certificate"] == {**{name: SIGNS[name] for name in SHOWN}, "effective_date": None, "source": "server"}
    assert "warnings" not in result


def test_the_environment_names_the_tenant_before_the_sip_domain_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT", "contoso.onmicrosoft.com")
    result = settle(**APPLICATION)
    assert (result["tenant"], result["tenant_source"], result["tenant_proven"]) == ("contoso.onmicrosoft.com", "given", False)


@pytest.mark.parametrize(
    ("options", "tenant", "tenant_id", "proven"),
    [
        ({"tenant": "Fabrikam.com", **APPLICATION}, "fabrikam.com", None, True),
        ({"tenant": TENANT.upper(), **APPLICATION}, TENANT, TENANT, False),
        ({"tenant_id": TENANT.upper(), **APPLICATION}, TENANT, TENANT, False),
        ({"tenant": "contoso.com", "tenant_id": TENANT, **APPLICATION}, "contoso.com", TENANT, True),
        ({"tenant": "contoso.com", "access_token": "opaque"}, "contoso.com", None, False),
        ({"access_token": "opaque"}, "contoso.com", None, False),
        ({"onprem": farm(sip_domains=[]), **APPLICATION}, None, None, False),
    ],
    ids=["domain", "id as tenant", "id", "both", "token", "token alone", "no domain"],
)
def test_only_a_sign_in_at_a_sip_domain_proves_it(options: dict[str, Any], tenant: str | None, tenant_id: str | None, proven: bool) -> None:
    result = settle(**options)
    assert (result["tenant"], result["tenant_id"], result["tenant_proven"]) == (tenant, tenant_id, proven)


def test_internal_names_are_wanted_as_urls_and_the_pool_stands_for_a_blank_one() -> None:
    assert settle(form="both")["names"] == [
        f"{SKYPE}/webext.contoso.com",
        "https://webext.contoso.com/",
        "https://webint.contoso.com/",
        "https://se01.contoso.com/",
    ]
    assert settle(form="url", external_fqdns=[f"{SKYPE}/webext.contoso.com"])["names"][0] == f"{SKYPE}/webext.contoso.com"


@pytest.mark.parametrize(
    ("signing", "parts"),
    [
        ({"current": SIGNS, "next": None}, [THUMBPRINT, SIGNS["thumbprint"], "cannot verify"]),
        (
            {"current": SIGNS, "next": {**STAGED, "thumbprint": THUMBPRINT, "effective_date": "2029-01-01T00:00:00Z"}},
            [THUMBPRINT, SIGNS["thumbprint"], "from 2029-01-01T00:00:00Z on"],
        ),
        ({"current": None, "next": None}, [THUMBPRINT, "has no OAuthTokenIssuer certificate"]),
        ({"current": {**SIGNS, "thumbprint": THUMBPRINT}, "next": None}, []),
    ],
    ids=["other", "staged", "none", "same"],
)
def test_a_certificate_file_that_is_not_the_farms_is_named_with_the_farms(tmp_path: Path, signing: Any, parts: list[str]) -> None:
    file = tmp_path / "issuer.cer"
    file.write_text(pem(MADE))
    result = run_action("trust_plan", {"onprem": farm(signing=signing), "certificate_path": str(file)})
    assert result["certificate"]["source"] == "file"
    assert len(result.get("warnings", [])) == bool(parts)
    assert all(part in result["warnings"][0] for part in parts)


def test_servers_that_were_not_looked_at_are_named() -> None:
    (warning,) = settle(unchecked=["fe02.contoso.com"])["warnings"]
    assert "fe02.contoso.com" in warning


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"onprem": {"certificate": None}}, "it lacks management_module, signing, web_services, sip_domains"),
        ({"tenant": "contoso"}, "names no tenant"),
        ({"tenant_id": "contoso.com"}, "is not a GUID"),
        ({"external_fqdns": ["webext"]}, "Option 'external_fqdns'"),
        ({"certificate_path": "/nowhere/issuer.cer"}, "cannot be read"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], problem: str) -> None:
    result = settle(**options)
    assert result["failed"]
    assert problem in result["msg"]


def test_a_name_of_the_topology_that_is_none_is_a_warning_for_that_pool_and_no_more() -> None:
    there = farm(web_services=[service("sfb_se01.contoso.com", None, "web ext"), service("pool01.contoso.com", None, "webext.contoso.com")])
    result = settle(onprem=there)
    assert result["external_fqdns"] == ["webext.contoso.com"]
    assert result["internal_fqdns"] == ["pool01.contoso.com"]
    assert [next(word for word in ("'web ext'", "'sfb_se01.contoso.com'") if word in warning) for warning in result["warnings"]] == [
        "'web ext'",
        "'sfb_se01.contoso.com'",
    ]
