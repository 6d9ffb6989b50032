# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/opd.md against the findings: each rule of the diagnostic, states that break its condition, and what the two judge differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.audit import RULES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import mailbox
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.lab.farm import server_settings
from tests.lab.states import audit as states
from tests.support.opd_page import PAGE, PROOF, ROWS, beyond, page

from .test_states import audited

# The rules of the diagnostic's scenarios about Exchange, modern authentication and TLS, and of others what concerns this trust.
SCENARIOS = {
    "RDExchangePowerShellCmdletsLoaded RDTestExchangeCertificateForAutodiscover RDTestAppPrincipalExists RDTestAutoDiscover "
    "RDAutoDiscoverServiceInternalUri RDExchangeAutodiscoverUrl RDCsPartnerApplication RDOAuthCertificateValid "
    "RDTestOAuthServerConfiguration RDTestPartnerApplication RDTestExchangeConnectivity RDCheckUserUCSConnectivity RDCheckUserUCSStatus",
    "RDCheckForLyncServers RDCheckServerVersion RDCheckServicePoints RDCheckSipDomainIsFederated RDCheckDirSyncEnabled RDCheckModernAuth "
    "RDCheckTenantModernAuthEnabled",
    "RDCheckPatchVersion RDCheckSQLVersion RDCheckUseStrongCrypto RDCheckWinHttpSettings RDCheckTLSSettings RDCheckSSLSettings "
    "RDCheckSchannelTrustMode RDCheckSchannelSessionTicket",
    "RDCheckOAuthIsConfigured RDCheckCMSReplicationStatus RDCheckProxyConfiguration RDCheckForProxy RDCheckMisplacedRootCACertificates "
    "RDCheckTooManyCertsRootCA RDDuplicatesInTrustedRootCA RDCheckCertsExpiring RDCheckSfbServerCertificateExpired "
    "RDCheckSfbServerCertificateValid",
}
Change = Callable[[states.State], object]
PROXY = "http://proxy.contoso.com:8080"


def case(name: str, status: str = "fail") -> Change:
    """The change of a state that is a finding's own."""
    return next(one for one in states.CASES if (one.id, one.status) == (name, status)).change


def _lync(state: states.State) -> None:
    states.product(state, "Microsoft Lync Server 2013", "5.0.8308", "1149")


def _switched(state: states.State, **configuration: Any) -> None:
    states.modern(state)
    states.cms(state, "oauth_configuration", **configuration)


def _no_issuer(state: states.State) -> None:
    _switched(state)
    states.farm(state)["cms"]["oauth_servers"].pop()


def _another_name(state: states.State) -> None:
    _switched(state, ClientAuthorizationOAuthServerIdentity="contosoSTS")
    states.farm(state)["cms"]["oauth_servers"][-1].update(Identity="contosoSTS", Name="contosoSTS")


def _no_principal(state: states.State) -> None:
    listed = state["tenants"][0]["service_principals"]
    listed.remove(states.principal(state, states.SKYPE))


def _nobody(state: states.State) -> None:
    states.principal(state, states.SKYPE).update(keyCredentials=[])


def _stranger(state: states.State) -> None:
    _nobody(state)
    states.foreign(state)


def _unnamed(state: states.State) -> None:
    states.principal(state, states.SKYPE)["servicePrincipalNames"].clear()


def _other_tenant(state: states.State) -> None:
    url = f"https://accounts.accesscontrol.windows.net/{states.OTHER_TENANT}/metadata/json/1"
    states.cms(state, "oauth_servers", Realm=states.OTHER_TENANT, MetadataUrl=url)


def _proxies(state: states.State) -> None:
    """The account and both Web sites of the first server have a proxy."""
    settings = server_settings.settings_of(states.farm(state), states.farm(state)["front_ends"][0])
    states.on_server(state, registry={server_settings.INTERNET: {"ProxyEnable": 1, "ProxyServer": PROXY}})
    states.on_server(state, files=dict.fromkeys(settings["files"], server_settings.web_config(PROXY)))


# What breaks the condition of a rule, for each finding that it names.
BROKEN: dict[str, dict[str, Change]] = {
    "RDOAuthCertificateValid": {name: case(name) for name in ("certificate.present", "certificate.in_date")},
    "RDTestOAuthServerConfiguration": {
        name: case(name) for name in ("oauth_server.present", "oauth_server.realm", "oauth_server.metadata_url")
    },
    "RDTestPartnerApplication": {
        name: case(name) for name in (f"partner_application.{part}" for part in ("present", "enabled", "application_id"))
    },
    "RDCsPartnerApplication": {"partner_application.onprem": case("partner_application.onprem")},
    "RDTestAppPrincipalExists": {"principal.present": _no_principal, "credential.own": _nobody, "names.external_fqdn": _unnamed},
    "RDExchangeAutodiscoverUrl": {"oauth_configuration.autodiscover_url": case("oauth_configuration.autodiscover_url", "warn")},
    "RDCheckOAuthIsConfigured": {"oauth_server.present": case("oauth_server.present")},
    "RDCheckModernAuth": {"names.modern_authentication": _no_issuer},
    "RDCheckTenantModernAuthEnabled": {"names.modern_authentication": lambda state: _switched(state, ClientAdalAuthOverride="Disallowed")},
    "RDCheckServicePoints": {"server.metadata_reachable": case("server.metadata_reachable")},
    "RDCheckServerVersion": {"server.supported": _lync},
    "RDCheckForLyncServers": {"server.supported": _lync},
    "RDCheckUseStrongCrypto": {"server.tls": case("server.tls")},
    "RDCheckTLSSettings": {"server.tls": lambda state: states.on_server(state, registry={server_settings.TLS_SERVER: {"Enabled": 0}})},
    "RDCheckWinHttpSettings": {"server.winhttp": case("server.winhttp")},
    "RDCheckPatchVersion": {
        "server.build": lambda state: states.product(state, "Skype for Business Server Subscription Edition", "7.0.2046", "820")
    },
    "RDCheckCMSReplicationStatus": {"replication.up_to_date": case("replication.up_to_date")},
    "RDCheckProxyConfiguration": {"server.proxy": case("server.proxy", "warn")},
    "RDCheckForProxy": {"server.proxy": case("server.proxy", "warn")},
    "RDCheckMisplacedRootCACertificates": {"server.root_store": case("server.root_store", "warn")},
    "RDCheckTooManyCertsRootCA": {
        "server.root_store": lambda state: states.on_server(state, roots=[f"CN=Contoso Root CA {number}" for number in range(101)])
    },
    "RDCheckCertsExpiring": {"certificate.ending_soon": case("certificate.ending_soon", "warn")},
}
EXPECTED = {
    "RDCsPartnerApplication": {"onprem_applications": [{"product": "exchange", "metadata_url": states.ONPREM_EXCHANGE}]},
}
# States that the diagnostic takes for wrong and the finding for right, as the page says; all but the changed ones are the right state.
PASSES: dict[str, tuple[str, Change]] = {
    "RDCsPartnerApplication": ("partner_application.onprem", lambda _state: None),
    "RDTestAppPrincipalExists": ("names.external_fqdn", lambda _state: None),
    "RDCheckModernAuth": ("names.modern_authentication", lambda _state: None),
    "RDCheckModernAuth, another name": ("names.modern_authentication", _another_name),
    "RDCheckTenantModernAuthEnabled": ("names.modern_authentication", lambda state: _switched(state, ClientAdalAuthOverride="NoOverride")),
    "RDCheckTLSSettings": ("server.tls", lambda _state: None),
    "RDCheckWinHttpSettings": ("server.winhttp", lambda _state: None),
    "RDCheckForProxy": ("server.proxy", _proxies),
    "RDCheckCertsExpiring": ("certificate.ending_soon", lambda state: states.issuer(state, days=40)),
}
# States that it takes for right, and a finding for wrong.
FAILS: dict[str, tuple[str, Change]] = {
    "RDTestAppPrincipalExists": ("credential.own", _stranger),
    "RDTestOAuthServerConfiguration": ("oauth_server.tenant", _other_tenant),
    "RDOAuthCertificateValid": ("certificate.same", case("certificate.same")),
}
Judge = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """The findings of an id in the right state with a change."""

    def found(name: str, change: Change, expected: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        state = states.right()
        change(state)
        return [one for one in audited(state, expected or {}, tmp_path, monkeypatch)["findings"] if one["id"] == name]

    return found


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.support.opd_page"


def test_each_rule_that_concerns_the_trust_is_in_the_table_once() -> None:
    assert sorted(row.rule for row in ROWS) == sorted(name for names in SCENARIOS for name in names.split())


def test_each_finding_of_the_table_is_one_and_each_rule_has_one_or_a_reason() -> None:
    assert {name for row in ROWS for name in row.findings} <= {*RULES, *PROOF}
    assert [row.rule for row in ROWS if not row.findings and not row.differs] == []
    assert {row.rule for row in ROWS if row.findings} == {*BROKEN, "RDTestExchangeConnectivity"}
    assert {row.rule: set(row.findings) for row in ROWS if row.rule in BROKEN} == {rule: set(found) for rule, found in BROKEN.items()}
    assert set(beyond()) < {*RULES, *PROOF}


def test_what_the_page_names_of_the_role_is_there() -> None:
    named = {word for row in ROWS for word in row.differs.split("`")[1::2]}
    variables = {name.partition(":")[0] for name in named if name.startswith("trust_")} - {"trust_proof"}
    assert variables
    assert variables <= set(VARIABLES)
    assert {name for name in named if "." in name and name.partition(".")[0] in {one.partition(".")[0] for one in RULES}} <= set(RULES)


@pytest.mark.parametrize(("rule", "finding"), [(rule, name) for rule, found in BROKEN.items() for name in found])
def test_where_the_condition_of_a_rule_is_broken_its_finding_does_not_pass(rule: str, finding: str, judge: Judge) -> None:
    assert [one for one in judge(finding, BROKEN[rule][finding], EXPECTED.get(rule)) if one["status"] != "pass"]


@pytest.mark.parametrize("told", [[], ["Test Failed"]])
def test_a_mailbox_test_that_does_not_say_passed_is_no_pass(told: list[str]) -> None:
    assert mailbox.explain(told, None, datetime.now(timezone.utc))[0] != "pass"
    assert mailbox.explain([*told, "Test Passed"], None, datetime.now(timezone.utc))[0] == "pass"


@pytest.mark.parametrize("rule", PASSES)
def test_where_the_page_says_so_the_audit_is_content_and_the_diagnostic_is_not(rule: str, judge: Judge) -> None:
    found = judge(*PASSES[rule])
    assert found
    assert {one["status"] for one in found} == {"pass"}


@pytest.mark.parametrize("rule", FAILS)
def test_where_the_page_says_so_the_audit_asks_for_more(rule: str, judge: Judge) -> None:
    assert "fail" in {one["status"] for one in judge(*FAILS[rule])}


def test_the_diagnostics_limit_for_certificates_is_an_option(judge: Judge) -> None:
    (finding,) = judge("certificate.ending_soon", lambda state: states.issuer(state, days=40), {"ending_soon_days": 45})
    assert finding["status"] == "warn"
