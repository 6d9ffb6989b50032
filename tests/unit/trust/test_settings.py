# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's variables as settings: what is given, what is blank, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import (
    ENTRY_POINTS,
    MAIN,
    SECRETS,
    VARIABLES,
    Settings,
    taken_by,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import certificate, key_pem, pem

SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
APPLICATION, TENANT = "4a1aa1d5-c567-49d0-ad0b-cd957a47f842", "5588b4fd-f26d-475c-824f-9911277ab13e"
THUMBPRINT = "BB5D1064437D8720A5C53078185E6A361A78B10A"
WITH_COLONS = ":".join(THUMBPRINT[at : at + 2] for at in range(0, 40, 2))
SIGNED_IN = {"trust_client_id": APPLICATION, "trust_client_secret": "s3cret"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on this machine says how to sign in."""
    for spec in SIGN_IN.values():
        for name in spec.get("fallback", (None, ()))[1]:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def settings(entry_point: str = "configure", **given: Any) -> Settings:
    return read({**SIGNED_IN, **given}, entry_point, check_mode=True)


def refusal(entry_point: str = "configure", *, check_mode: bool = True, **given: Any) -> str:
    with pytest.raises(HybridAuthError) as caught:
        read({**SIGNED_IN, **given}, entry_point, check_mode=check_mode)
    return str(caught.value)


@pytest.mark.parametrize("entry_point", [MAIN, *ENTRY_POINTS])
@pytest.mark.parametrize("blank", ["", None, "  ", "\n", "\u200b", [""], [None, " "]], ids=repr)
def test_what_is_blank_is_not_given(entry_point: str, blank: Any) -> None:
    assert settings(entry_point, **{name: blank for name in VARIABLES if name not in SIGNED_IN}) == settings(entry_point)


# What stands for a list and has no entry, also as text.
NO_ENTRIES = [[], [""], [[]], "[]", ",", "[ ]", "['']", '[""]', "\n,\n", " , \u200b,\r\n", "[[], '']"]


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@pytest.mark.parametrize("empty", NO_ENTRIES, ids=repr)
def test_a_list_of_which_nothing_is_left_is_not_given(entry_point: str, empty: Any) -> None:
    lists = [name for name, field in VARIABLES.items() if field.metadata["kind"].words.startswith("a list")]
    assert len(lists) > 10
    assert settings(entry_point, **dict.fromkeys(lists, empty)) == settings(entry_point)
    found = settings(entry_point, trust_exchange_autodiscover_allowed_domains=empty, trust_management_modules=empty)
    assert (found.exchange_autodiscover_allowed_domains, found.management_modules) == (None, ("SkypeForBusiness", "Lync"))


def test_every_default_is_what_the_settings_are_where_nothing_is_given() -> None:
    found = settings()
    assert {name: getattr(found, name) for name in ("deployment", "oauth_server_name", "service_name", "report_formats")} == {
        "deployment": "default",
        "oauth_server_name": "microsoft.sts",
        "service_name": SKYPE,
        "report_formats": ("html", "json", "xml"),
    }
    assert found.exchange_autodiscover_url is None
    assert found.exchange_autodiscover_allowed_domains is None


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("trust_exchange_credential", "no", False),
        ("trust_exchange_credential", "False", False),
        ("trust_exchange_enabled", " off ", False),
        ("trust_remove_expired", 1, True),
        ("trust_wait_timeout", "30", 30),
        ("trust_wait_timeout", 30.0, 30),
        ("trust_endpoint", "Restricted", "restricted"),
        ("trust_partner_application_trust_level", "application", "Application"),
        ("trust_service_name", EXCHANGE.upper(), EXCHANGE),
        ("trust_tenant", " Contoso.COM ", "contoso.com"),
        ("trust_deployment", 7, "7"),
        ("trust_management_modules", "SkypeForBusiness", ("SkypeForBusiness",)),
        (
            "trust_external_fqdns",
            "webext.contoso.com, WEBEXT2.contoso.com.,webext.contoso.com",
            ("webext.contoso.com", "webext2.contoso.com"),
        ),
        ("trust_external_fqdns", "webext.contoso.com\nwebext2.contoso.com\r\n\n", ("webext.contoso.com", "webext2.contoso.com")),
        ("trust_external_fqdns", '["webext.contoso.com", ""]', ("webext.contoso.com",)),
        ("trust_external_fqdns", f"{SKYPE.upper()}/Webext.contoso.com", (f"{SKYPE}/webext.contoso.com",)),
        ("trust_external_fqdns", ["https://webext.contoso.com/"], ("https://webext.contoso.com/",)),
        ("trust_exchange_autodiscover_url", "Clear", ""),
        ("trust_exchange_autodiscover_allowed_domains", " CLEAR ", ()),
        ("trust_exchange_autodiscover_allowed_domains", ["clear"], ()),
        ("trust_exchange_autodiscover_allowed_domains", "*.contoso.com", ("*.contoso.com",)),
        ("trust_exchange_autodiscover_allowed_domains", [], None),
        ("trust_takeover", f"microsoft.exchange\n{EXCHANGE.upper()}", ("microsoft.exchange", EXCHANGE)),
        ("trust_hosts", ["fe01", "fe02"], "fe01,fe02"),
        ("trust_hosts", ["front_ends:!fe01", "pool_b"], "front_ends,!fe01,pool_b"),
    ],
)
def test_what_a_survey_sends_is_taken(name: str, given: Any, value: Any) -> None:
    assert getattr(settings(**{name: given}), name.removeprefix("trust_")) == value


@pytest.mark.parametrize("name", ["trust_exchange_onprem_metadata_url", "trust_sharepoint_onprem_metadata_url", "trust_metadata_url"])
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("https://fabrikam.com\\.contoso.com/autodiscover/metadata/json/1", "holds a backslash"),
        ("https://reader:pa55w0rd@mail.contoso.com/autodiscover/metadata/json/1", "holds a user name or password"),
    ],
)
def test_a_url_whose_host_is_doubtful_or_that_holds_a_password_is_refused(name: str, given: str, problem: str) -> None:
    with pytest.raises(HybridAuthError, match=problem) as caught:
        settings(**{name: given})
    assert name in str(caught.value)
    assert "pa55w0rd" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry_point", "name", "given", "value"),
    [
        ("audit", "trust_prove", "yes", True),
        ("audit", "trust_prove_exchange", "yes", True),
        ("audit", "trust_report_formats", "HTML,json", ("html", "json")),
        ("audit", "trust_report_formats", "None", ()),
        ("audit", "trust_report_formats", ["none", ""], ()),
        ("audit", "trust_report_formats", [], ("html", "json", "xml")),
        ("audit", "trust_known_thumbprints", {f"\u200e{THUMBPRINT.lower()}": "Exchange"}, {THUMBPRINT: "Exchange"}),
        ("audit", "trust_known_thumbprints", [{"thumbprint": TENANT.upper(), "owner": None}], {TENANT: "known"}),
        ("audit", "trust_known_thumbprints", f"{THUMBPRINT},{TENANT}", {THUMBPRINT: "known", TENANT: "known"}),
        ("audit", "trust_known_thumbprints", json.dumps({THUMBPRINT: "Exchange"}), {THUMBPRINT: "Exchange"}),
        ("audit", "trust_known_names", "Old.contoso.com", ("old.contoso.com",)),
        (
            "rotate",
            "trust_rotation_earlier_thumbprints",
            f"\u200e{WITH_COLONS}",
            (THUMBPRINT,),
        ),
        ("rotate", "trust_rotation_key_size", "4096", 4096),
        ("rotate", "trust_rotation_create", "None", "none"),
        ("rotate", "trust_rotation_effective_date", "2026-11-02 09:00+01:00", "2026-11-02T08:00:00Z"),
        ("rotate", "trust_rotation_subject", " CN=contoso.com ", "CN=contoso.com"),
    ],
)
def test_what_a_survey_sends_to_one_entry_point_is_taken(entry_point: str, name: str, given: Any, value: Any) -> None:
    assert getattr(settings(entry_point, **{name: given}), name.removeprefix("trust_")) == value


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("trust_service_name", "notaguid", "'notaguid' is not a GUID"),
        ("trust_tenant_id", "contoso.com", "is not a GUID"),
        ("trust_client_id", "app", "is not a GUID"),
        ("trust_exchange_autodiscover_url", "http://autodiscover.contoso.com/", "is not an https URL"),
        ("trust_metadata_url", "https://", "has no host name"),
        ("trust_login_url", "login.fabrikam.com", "is not an https URL"),
        ("trust_exchange_autodiscover_allowed_domains", ["clear", "contoso.com"], "holds clear beside other entries"),
        ("trust_exchange_autodiscover_allowed_domains", "contoso", "'contoso' is not a domain"),
        ("trust_external_fqdns", ["webext", "contoso.com", "a b"], "'webext' is not a service principal name; 'a b' is not"),
        ("trust_external_fqdns", f"{EXCHANGE}/webext.contoso.com", "begins with another application's id"),
        ("trust_names_exact_domains", "lync.com", "lync.com is Microsoft's"),
        ("trust_cloud", "mars", "'mars' is none of its choices"),
        ("trust_auth_source", "password", "is none of its choices"),
        ("trust_endpoint", ["auto"], "it is a list"),
        ("trust_partner_application_name", {"name": "x"}, "it is a dictionary"),
        ("trust_oauth_server_name", True, "it is yes or no"),
        ("trust_oauth_server_name", "one\ntwo", "holds a line break"),
        ("trust_exchange_credential", "perhaps", "'perhaps' is neither yes nor no"),
        ("trust_exchange_credential", ["yes"], "is neither yes nor no"),
        ("trust_wait_timeout", "soon", "'soon' is no whole number"),
        ("trust_wait_timeout", True, "True is no whole number"),
        ("trust_wait_timeout", 0, "0 is out of range"),
        ("trust_wait_timeout", 1.5, "1.5 is no whole number"),
        ("trust_device_code_timeout", 901, "901 is out of range"),
        ("trust_federated_token_variable", "CI-TOKEN", "is no name of an environment variable"),
        ("trust_management_modules", {"a": 1}, "it is no list"),
        ("trust_management_modules", ["Lync", r"C:\temp\Lync.psm1"], "is no name of a PowerShell module"),
        ("trust_tenant", "two words", "names no tenant"),
        ("trust_certificate_path", "/nowhere/issuer.cer", "/nowhere/issuer.cer cannot be read"),
        ("trust_ca_path", "/nowhere/ca.pem", "/nowhere/ca.pem cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(name: str, given: Any, words: str) -> None:
    said = refusal(**{name: given})
    assert said.startswith(f"{name}: ")
    assert words in said
    assert said.count("\n") == 0
    assert said.endswith("Nothing was contacted.")


@pytest.mark.parametrize(
    ("entry_point", "name", "given", "words"),
    [
        ("audit", "trust_report_path", "/nowhere", "'/nowhere' is not there"),
        ("audit", "trust_report_formats", "pdf", "'pdf' is none of its choices"),
        ("audit", "trust_fail_on", "anything", "is none of its choices"),
        ("audit", "trust_ending_soon_days", -1, "-1 is out of range"),
        ("audit", "trust_known_names", "*.contoso.com", "is not a fully qualified host name"),
        ("audit", "trust_known_thumbprints", {"abc": "me"}, "'abc' is neither a thumbprint nor a key id"),
        ("audit", "trust_known_thumbprints", [{"owner": "me"}], "an entry has no thumbprint"),
        ("rotate", "trust_rotation_overlap_days", 1, "1 is out of range. Expected a number of days, from 2 to 3650"),
        ("rotate", "trust_rotation_key_size", 1024, "1024 is out of range. Expected one of 2048, 3072, 4096"),
        ("rotate", "trust_rotation_subject", "contoso.com", "is not a distinguished name"),
        ("rotate", "trust_rotation_effective_date", "tomorrow", "'tomorrow' is not a time"),
        ("rotate", "trust_rotation_remove_thumbprints", [THUMBPRINT[:-1]], "is not a thumbprint"),
    ],
)
def test_a_wrong_value_is_refused_by_the_entry_point_that_takes_it(entry_point: str, name: str, given: Any, words: str) -> None:
    assert refusal(entry_point, **{name: given}).startswith(f"{name}: ")
    assert words in refusal(entry_point, **{name: given})
    assert settings("configure", **{name: given}) == settings("configure")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = refusal(
        trust_service_name="notaguid", trust_metadata_url="http://a.b", trust_wait_timeout="soon", trust_exchange_credentials=False
    )
    first, *lines = said.split("\n")
    assert first == "4 of the role's variables are wrong. Nothing was contacted."
    assert [line.partition(":")[0] for line in lines] == [
        "trust_exchange_credentials",
        "trust_metadata_url",
        "trust_service_name",
        "trust_wait_timeout",
    ]


OVERLONG = f"/{'a' * 300}"


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_authorities_are_a_file_of_certificates(entry_point: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "ca.pem", tmp_path / "ca"
    folder.mkdir()
    file.write_text(pem(certificate()))
    assert settings(entry_point, trust_ca_path=str(file)).ca_path == str(file)
    for content in ("", "no certificate", key_pem(), pem(certificate())[:-60]):
        file.write_text(content)
        said = refusal(entry_point, trust_ca_path=str(file))
        assert said.startswith(f"trust_ca_path: {file} holds no certificate in PEM, or a damaged one. Expected the path of a PEM file")
    for path, why in ((folder, "Is a directory"), (OVERLONG, "File name too long"), (file / "x", "Not a directory")):
        said = refusal(entry_point, trust_ca_path=str(path))
        assert said.startswith(f"trust_ca_path: {path} cannot be read: {why}. ")
        assert said.endswith("Nothing was contacted.")


@pytest.mark.parametrize(
    ("entry_point", "name", "more"),
    [
        ("configure", "trust_certificate_path", {}),
        ("audit", "trust_report_path", {}),
        ("configure", "trust_client_certificate_path", {"trust_auth_source": "client_certificate", "trust_client_secret": ""}),
        ("configure", "trust_federated_token_file", {"trust_auth_source": "federated", "trust_client_secret": ""}),
    ],
)
def test_a_path_that_cannot_be_one_is_refused(entry_point: str, name: str, more: dict[str, str]) -> None:
    given = {"trust_tenant": "contoso.com", **more}
    said = refusal(entry_point, **{**given, name: OVERLONG})
    assert said.startswith(f"{name}: ")
    assert "File name too long" in said
    assert refusal(entry_point, **{**given, name: "~nobody-of-that-name/x"}).startswith(f"{name}: the home folder that ")


def test_the_certificate_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "issuer.cer"
    file.write_text(pem(certificate()))
    assert settings(trust_certificate_path=str(file)).certificate_path == str(file)
    file.write_text("no certificate")
    assert refusal(trust_certificate_path=str(file)).startswith("trust_certificate_path: ")


def test_a_path_is_taken_as_the_modules_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WHERE", "reports")
    (tmp_path / "reports").mkdir()
    assert settings("audit", trust_report_path="~/$WHERE").report_path == str(tmp_path / "reports")


def test_a_report_that_is_not_written_needs_no_folder() -> None:
    assert settings("audit", trust_report_path="/nowhere", trust_report_formats="none").report_formats == ()


def test_a_tenant_that_is_not_the_one_of_the_id_is_refused() -> None:
    assert refusal(trust_tenant=APPLICATION, trust_tenant_id=TENANT).startswith("trust_tenant: it is ")
    assert settings(trust_tenant=TENANT.upper(), trust_tenant_id=TENANT).tenant == TENANT


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@pytest.mark.parametrize("variable", ["trust_tenant_id", "trust_tenant"])
def test_metadata_of_another_tenant_than_the_named_one_is_refused(entry_point: str, variable: str) -> None:
    url = f"https://accounts.accesscontrol.windows.net/{TENANT.upper()}/metadata/json/1"
    said = refusal(entry_point, trust_metadata_url=url, **{variable: APPLICATION})
    assert said.startswith(f"trust_metadata_url: it names tenant {TENANT}, but {variable} is {APPLICATION}. Expected one tenant in both.")
    for right in (url, "https://sts.contoso.com/metadata/json/1"):
        assert settings(entry_point, trust_metadata_url=right, **{variable: TENANT}).metadata_url == right


def test_a_pfx_is_asked_for_where_one_is_to_be_imported_and_not_looked_at_yet() -> None:
    assert refusal("rotate", trust_rotation_create="pfx").startswith("trust_rotation_pfx_path: it is not set")
    for create in ("pfx", "none"):
        found = settings("rotate", trust_rotation_create=create, trust_rotation_pfx_path="/nowhere.pfx")
        assert found.rotation_pfx_path == "/nowhere.pfx"


@pytest.mark.parametrize(("valid", "warn", "refused"), [(90, 90, True), (60, 200, True), (91, 90, False)])
def test_a_self_signed_certificate_that_would_end_before_the_present_one_is_refused(valid: int, warn: int, refused: bool) -> None:
    given: dict[str, Any] = {"trust_rotation_valid_days": valid, "trust_rotation_warn_days": str(warn)}
    if refused:
        said = refusal("rotate", trust_rotation_create="self_signed", **given)
        assert said.startswith(f"trust_rotation_valid_days: it is {valid}, and trust_rotation_warn_days is {warn}")
        assert "Expected more days than trust_rotation_warn_days" in said
    else:
        assert settings("rotate", trust_rotation_create="self_signed", **given).rotation_valid_days == valid
    assert settings("rotate", **given).rotation_create == "none"
    wrong = refusal("rotate", trust_rotation_create="self_signed", **{**given, "trust_rotation_warn_days": "x"})
    assert "trust_rotation_valid_days" not in wrong


def test_at_once_and_at_a_time_exclude_each_other() -> None:
    said = refusal("rotate", trust_rotation_immediate="yes", trust_rotation_effective_date="2026-11-02")
    assert said.startswith("trust_rotation_immediate: it is true, and trust_rotation_effective_date is set too")


def test_a_removal_is_confirmed_with_the_deployments_name() -> None:
    said = refusal("remove", check_mode=False, trust_deployment="contoso", trust_remove_confirm="default")
    assert said.startswith("Removal takes the trust away from deployment contoso: the partner application and the OAuth server on the farm")
    advice = "Look with --check at what would be removed, then set trust_remove_confirm to contoso and run again."
    assert said.endswith(f"Nothing was contacted. {advice}")
    assert read({**SIGNED_IN, "trust_deployment": 1, "trust_remove_confirm": "1"}, "remove").remove_confirm == "1"
    assert settings("remove").remove_confirm is None


def test_an_unknown_entry_point_is_refused() -> None:
    with pytest.raises(HybridAuthError, match="entry_point"):
        read(SIGNED_IN, "configuration")


def test_facts_are_plain_data_without_secrets_and_lead_back() -> None:
    given = {
        "trust_exchange_autodiscover_allowed_domains": "clear",
        "trust_external_fqdns": "webext.contoso.com",
        "trust_known_thumbprints": {THUMBPRINT: "Exchange"},
        "trust_client_certificate_password": "s3cret-2",
        "trust_validate_certs": "no",
    }
    found = settings("audit", **given)
    facts = json.loads(json.dumps(found.as_facts()))
    assert Settings.from_facts(facts) == found
    assert Settings.from_facts(facts).as_facts() == facts
    assert "s3cret" not in json.dumps(facts) + repr(found)
    assert not {name.removeprefix("trust_") for name in SECRETS} & set(facts)
    assert (facts["external_fqdns"], facts["exchange_autodiscover_allowed_domains"]) == (["webext.contoso.com"], [])


def test_the_sign_in_is_what_is_given_of_it() -> None:
    assert settings().sign_in == {"client_id": APPLICATION}
    given = settings(trust_tenant_id=TENANT, trust_cloud="gcc_high", trust_validate_certs="no", trust_device_code_timeout="60")
    assert given.sign_in == {
        "tenant": TENANT,
        "client_id": APPLICATION,
        "cloud": "gcc_high",
        "validate_certs": False,
        "device_code_timeout": 60,
    }
    assert settings(trust_tenant="contoso.com", trust_tenant_id=TENANT).sign_in["tenant"] == "contoso.com"


def test_what_others_need_is_derived_once() -> None:
    assert settings().onprem == {"management_modules": ["SkypeForBusiness", "Lync"], "endpoint": "auto"}
    assert settings().credential_app_ids == (SKYPE, EXCHANGE)
    assert settings(trust_exchange_credential=False).credential_app_ids == (SKYPE,)
    assert settings(trust_exchange_credential=False).app_ids == (SKYPE, EXCHANGE)
    assert settings(trust_skype_application_id=EXCHANGE).credential_app_ids == (EXCHANGE,)
    assert settings().name_forms == ("procedure",)
    assert settings(trust_name_form="both").name_forms == ("procedure", "url")


def test_certificates_that_are_not_verified_are_warned_about() -> None:
    assert settings().warnings == ()
    assert settings(trust_validate_certs="no").warnings[0].startswith("trust_validate_certs is false: ")


def test_what_an_entry_point_does_not_take_is_at_its_default() -> None:
    assert set(taken_by(MAIN)) == set(taken_by("configure")) < set(taken_by("audit"))
    assert settings("configure", trust_rotation_immediate=True).rotation_immediate is False


def test_a_token_is_shown_to_exchange_online_only_over_verified_tls() -> None:
    said = refusal("audit", trust_prove_exchange=True, trust_validate_certs=False)
    assert said.startswith("trust_prove_exchange: with trust_validate_certs set to false others could use the token")
    settings(entry_point="audit", trust_validate_certs=False)
