# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for the audit whatever was read: it never raises, knows its ids, and passes nothing that is not known."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import audit, expected, sign_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import STATUSES, Finding
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.sign_in_end import SignIn
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW, run_action

FIELDS = ["id", "title", "heading", "severity", "status", "subject", "expected", "actual", "remedy"]
DEFAULTS = {name: option.get("default") for name, option in expected.OPTIONS.items()}
SERVERS = ("fe01.contoso.com", "fe02.contoso.com")
# What a result of the lead has of each area, or the tenant's.
LEAD_PARTS = {
    "certificate": {"certificate", "roll"},
    "signing": {"roll"},
    "oauth_servers": {"oauth_server"},
    "partner_applications": {"partner_application"},
    "oauth_configuration": {"oauth_configuration"},
    "web_services": {"names"},
    "replicas": {"replication"},
}
# What makes subjects, and by what the audit tells its own things from others.
SUBJECTS = (
    *("identity", "app_id", "key_id", "thumbprint", "identifier", "display_name", "subject", "name", "inventory_name", "pool", "replica"),
    *("external_fqdn", "type", "effective_date", "end", "not_after"),
)
CLOUD_PARTS = {
    "service_principals": {"principal", "credential", "names"},
    "tenant_time": set[str](),
    "controller_time": set[str](),
    "clock_uncertainty": set[str](),
    "applications": set[str](),
    "applications_problem": set[str](),
    "missing": set[str](),
    "tenant_id": set[str](),
}


def judged(onprem: list[Any], tenant: Any, servers: Sequence[str] = SERVERS, **options: Any) -> list[Finding]:
    wanted = expected.expected({**DEFAULTS, **options})
    return audit.audit(facts("contoso", onprem, servers, tenant, wanted, NOW))


def metadata_doubt(onprem: list[Any], tenant: Any, url: str) -> str:
    """What trust_audit says of a lead whose OAuth server has this metadata URL."""
    changed = copy.deepcopy(onprem)
    for one in changed[0]["oauth_servers"]:
        if one["identity"] == "microsoft.sts":
            one["metadata_url"] = url
    result = run_action("trust_audit", {"onprem": changed, "servers_expected": list(SERVERS), "cloud": tenant})
    return str(result["metadata_doubt"])


def test_what_failed_about_the_metadata_url_is_a_doubt_for_the_proof(right: Any) -> None:
    onprem, tenant = right
    own = next(one["metadata_url"] for one in onprem[0]["oauth_servers"] if one["identity"] == "microsoft.sts")
    assert metadata_doubt(*right, own) == ""
    foreign = metadata_doubt(*right, own.replace("accounts.accesscontrol.windows.net", "sts.fabrikam.example"))
    assert foreign.startswith(
        f"oauth_server.metadata_url failed for OAuth server microsoft.sts: expected {own}, found https://sts.fabrikam"
    )
    assert "oauth_server.not_common failed" in metadata_doubt(*right, own.replace(tenant["tenant_id"], "common"))
    assert "oauth_server.https failed" in metadata_doubt(*right, own.replace("https", "http"))


@pytest.mark.parametrize(
    ("left", "heading"),
    [
        (timedelta(days=5), "The secret or certificate with which runs sign in ends soon"),
        (timedelta(0), "The secret or certificate with which runs sign in has ended"),
        (timedelta(days=-3), "The secret or certificate with which runs sign in has ended"),
    ],
)
def test_what_signs_in_and_has_ended_does_not_end_soon(left: timedelta, heading: str) -> None:
    read = facts("contoso", [], (), None, expected.expected(DEFAULTS), NOW)
    (found,) = sign_in.check(replace(read, sign_in=SignIn("the client secret", NOW + left)))
    assert (found.status, found.heading) == ("fail", heading)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Shapes of a state in which much is wrong, as the info modules return them."""
    state = states.right()
    for case in states.CASES:
        if case.id in ("roll.in_cloud", "credential.several_principals", "credential.symmetric", "credential.password", "names.stale"):
            case.change(state)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return Estate(state, tmp_path_factory.mktemp("estate"), monkeypatch).everything()


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return Estate(states.right(), tmp_path_factory.mktemp("right"), monkeypatch).everything()


def holes(value: Any, chance: random.Random, often: float) -> Any:
    """The value with parts of it missing: keys gone, values null, lists shorter."""
    if isinstance(value, dict):
        kept = {}
        for name, inner in value.items():
            fate = chance.random()
            if fate >= often:
                kept[name] = holes(inner, chance, often)
            elif fate > often / 2:
                kept[name] = None
        return kept
    if isinstance(value, list):
        return [holes(inner, chance, often) for inner in value if chance.random() >= often]
    return value


def nulled(value: Any, chance: random.Random, name: str = "") -> Any:
    """The value with half of what is in it null, but for what makes the subjects and times."""
    if isinstance(value, dict):
        return {inner: nulled(item, chance, inner) for inner, item in value.items()}
    if isinstance(value, list):
        return [nulled(item, chance, name) for item in value]
    return value if name in SUBJECTS or chance.random() < 0.5 else None


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "tenant_id": st.sampled_from([None, states.TENANT, states.OTHER_TENANT]),
        "cloud": st.sampled_from(["global", "china", "dod"]),
        "exchange_credential": st.booleans(),
        "exchange_enabled": st.booleans(),
        "exchange_application_id": st.sampled_from([states.EXCHANGE, states.SKYPE, "10000000-0000-4000-8000-000000000000"]),
        "external_fqdns": st.sampled_from([None, [], ["webext.contoso.com", "other.contoso.com"]]),
        "name_forms": st.sampled_from([["procedure"], ["url", "procedure"]]),
        "exchange_autodiscover_url": st.sampled_from([None, "https://autodiscover.contoso.com/x"]),
        "clock_limit_seconds": st.sampled_from([1, 300]),
    },
)


@settings(max_examples=200)
@given(st.integers(0, 10**9), st.sampled_from([0.01, 0.05, 0.2]), OPTIONS, st.sampled_from([[], SERVERS, [*SERVERS, "fe03.contoso.com"]]))
def test_it_never_raises_and_every_finding_is_in_the_table(
    read: Any, seed: int, often: float, options: dict[str, Any], servers: list[str]
) -> None:
    chance = random.Random(seed)
    # What makes a result recognisable stays.
    onprem = [{**holes(server, chance, often), "management_module": "SkypeForBusiness"} for server in read[0][: chance.randint(0, 2)]]
    cloud = {"missing": [], **holes(read[1], chance, often)} if chance.random() > 0.1 else None
    before = json.dumps([onprem, cloud])
    found = judged(onprem, cloud, servers, **options)
    assert json.dumps([onprem, cloud]) == before
    assert found == judged(onprem, cloud, servers, **options)
    for finding in found:
        rule = audit.RULES[finding.id]
        shown = finding.as_result()
        assert list(shown) == FIELDS
        assert all(isinstance(value, str) for value in shown.values())
        assert finding.title == rule.title
        assert finding.heading
        assert (finding.heading == rule.title) is (finding.status == "pass")
        assert finding.heading.startswith("Not checked: ") is (finding.status == "skip")
        assert finding.severity in (rule.severity, *rule.also)
        assert finding.status in ("pass", "skip", *rule.wrong)
        assert bool(finding.remedy) is (finding.status in ("fail", "warn"))
    assert len({(finding.id, finding.subject) for finding in found}) == len(found)
    of_certificates = {"credential.identifier", "credential.weak_key", "credential.weak_hash"}
    assert {finding.id for finding in found} >= set(audit.RULES) - of_certificates - {"principal.enabled"}
    result = audit.result(found)
    assert result["compliant"] is all(finding.status != "fail" for finding in found)
    assert result["counts"] == {status: sum(finding.status == status for finding in found) for status in STATUSES}


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_what_is_missing_never_turns_wrong_into_right(read: Any, seed: int) -> None:
    """A finding that is not right on all data does not pass for the same subject where values are null."""
    chance, (servers, cloud) = random.Random(seed), read
    whole = {(finding.id, finding.subject): finding.status for finding in judged(servers, cloud)}
    left = [{**nulled(server, chance), "management_module": "SkypeForBusiness"} for server in servers]
    for finding in judged(left, nulled(cloud, chance)):
        if finding.status == "pass":
            assert whole.get((finding.id, finding.subject), "pass") == "pass", finding


@pytest.mark.parametrize("part", LEAD_PARTS)
def test_without_a_part_of_the_farm_nothing_of_its_area_passes(right: Any, part: str) -> None:
    (lead, *_others), cloud = copy.deepcopy(right)
    del lead[part]
    found = judged([lead], cloud, SERVERS[:1], tenant_id=states.TENANT, exchange_credential=False)
    # Where clients are not sent to the tenant, which the OAuth configuration tells, the topology makes no difference to them.
    of_area = [finding for finding in found if finding.id.partition(".")[0] in LEAD_PARTS[part]]
    assert {finding.status for finding in of_area if finding.id != "names.modern_authentication"} == {"skip"}
    assert any(finding.status == "pass" for finding in found)


def test_what_is_left_of_earlier_rolls_is_told_by_what_the_store_shows(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    del servers[1]["store"]
    own = servers[0]["certificate"]
    kept = {name: own[name] for name in ("thumbprint", "subject", "issuer", "not_before", "not_after")}
    old = {**kept, "thumbprint": "B" * 40, "not_before": "2020-01-01T00:00:00Z"}
    younger = {**kept, "thumbprint": "C" * 40, "not_before": "2099-01-01T00:00:00Z"}  # which may be meant to follow
    servers[0]["store"] = [kept, old, younger]
    lead, other = (one for one in judged(servers, cloud) if one.id == "certificate.superseded")
    assert (lead.status, lead.actual) == ("warn", f"{'B' * 40} (ends on {own['not_after']})")
    assert lead.remedy.endswith(f"trust_rotation_remove_from_store: [{'B' * 40}]")
    assert (other.status, other.subject) == ("skip", SERVERS[1])


@pytest.mark.parametrize("part", CLOUD_PARTS)
def test_without_a_part_of_the_tenant_what_rests_on_it_is_skipped(right: Any, part: str) -> None:
    servers, cloud = copy.deepcopy(right)
    del cloud[part]
    found = judged(servers, cloud, exchange_credential=False)
    status = {finding.id: finding.status for finding in found}
    if part in ("tenant_time", "controller_time", "clock_uncertainty"):
        assert (status["clock.tenant"], status["clock.server_tenant"], status["clock.server"]) == ("skip", "skip", "pass")
    if part == "applications":
        assert status["principal.dedicated_application"] == status["principal.application_permission"] == "skip"
    if part == "tenant_id":
        assert {status[f"oauth_server.{name}"] for name in ("metadata_url", "tenant", "realm")} == {"skip"}
    if part == "service_principals":
        rest = [finding for finding in found if finding.id.startswith(("credential.", "names.external", "names.stale"))]
        # The entry of the farm's own application does not rest on them.
        assert [finding.subject.split()[0] for finding in rest if finding.status == "pass"] == [cloud["applications"][0]["app_id"]]
        assert status["principal.present"] == status["principal.enabled"] == "skip"


@pytest.mark.parametrize("cloud", [None, {"failed": True, "msg": "Microsoft Graph did not give it: 403."}, {"skipped": True}])
def test_a_tenant_that_was_not_read_passes_nothing_in_its_areas(right: Any, cloud: Any) -> None:
    found = judged(right[0], cloud)
    areas = ("principal.", "credential.", "names.external", "names.stale", "clock.tenant", "clock.server_tenant")
    assert {finding.status for finding in found if finding.id.startswith(areas)} == {"skip"}
    if cloud and "msg" in cloud:
        assert any("403" in finding.actual for finding in found)


def test_a_lead_that_failed_passes_nothing_of_the_farm(right: Any) -> None:
    servers, cloud = right
    found = judged([{"failed": True, "msg": "Access is denied."}, servers[1]], cloud)
    for finding in found:
        if finding.status == "pass":
            assert finding.subject.startswith(SERVERS[1]) or finding.id.startswith(("certificate.", "principal.", "credential.", "clock."))
    assert any("Access is denied" in finding.actual for finding in found)


def test_a_server_that_was_not_read_is_skipped_by_its_name(right: Any) -> None:
    found = judged(right[0][:1], right[1], ["FE01", "fe02.contoso.com"])
    skipped = {finding.id for finding in found if finding.subject == "fe02.contoso.com" and finding.status == "skip"}
    assert skipped == {
        *("certificate.present", "certificate.same", "certificate.store", "certificate.private_key", "certificate.superseded"),
        *("certificate.key_access", "certificate.chain"),
        *("clock.server", "clock.server_tenant"),
        *(rule for rule in audit.RULES if rule.startswith("server.")),
    }
    assert not any(finding.subject == "FE01" for finding in found)


def test_a_store_that_cannot_be_read_is_not_known_and_not_wrong(right: Any) -> None:
    """As over a restricted PowerShell endpoint, which has no certificate drive."""
    servers, cloud = copy.deepcopy(right)
    for server in servers:
        for certificate in (server["certificate"], server["signing"]["current"]):
            certificate.update(found=None, has_private_key=None, key_type=None, key_size=None, signature_algorithm=None, content=None)
    status = {finding.id: finding.status for finding in judged(servers, cloud, exchange_credential=False)}
    assert {status[f"certificate.{name}"] for name in ("store", "private_key", "key", "signature_hash")} == {"skip"}
    assert {status[f"certificate.{name}"] for name in ("present", "same", "in_date", "ending_soon")} == {"pass"}


def test_what_an_endpoint_does_not_tell_is_skipped_with_its_reason(right: Any) -> None:
    (lead, other), cloud = copy.deepcopy(right)
    for part in ("certificate", "previous_certificate", "signing", "replicas"):
        del lead[part]
    lead["unknown"] = {"certificate": "Get-CsCertificate is not exposed.", "replication": "The role does not have it."}
    lead["server"] = dict.fromkeys(lead["server"])
    found = judged([lead, other], cloud)
    reasons = {finding.id: finding.actual for finding in found if finding.status == "skip" and finding.subject != other["inventory_name"]}
    assert "Get-CsCertificate is not exposed" in reasons["certificate.present"]
    assert "Get-CsCertificate is not exposed" in reasons["credential.own"]
    assert "The role does not have it" in reasons["replication.up_to_date"]
    assert reasons["clock.server"] == "not known: its time was not read"
    lead["certificate"] = None
    assert {one.status for one in judged([lead], cloud) if one.id == "certificate.present" and one.subject == SERVERS[0]} == {"skip"}


def test_keys_that_cannot_be_told_apart_are_not_known(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    cloud["applications"] = []
    for principal in cloud["service_principals"]:
        principal["key_credentials"] = [
            {**cloud["service_principals"][0]["key_credentials"][0], "thumbprint": None, "identifier": None, "key_type": None},
            {**cloud["service_principals"][0]["key_credentials"][0], "thumbprint": None, "identifier": None, "key_type": None},
        ]
    found = judged(servers, cloud)
    names = ("own", "shared_own", "shared_foreign", "unknown", "duplicate", "weak_key", "several_principals", "ending_soon")
    assert {finding.status for finding in found if finding.id in {f"credential.{name}" for name in names}} == {"skip"}


@pytest.mark.parametrize(
    ("end", "remedy"), [(0, "Roll to a new certificate"), (100, "Run sfb.hybrid_auth.configure or rotate")], ids=["with it", "before it"]
)
def test_an_entry_that_ends_soon_is_renewed_only_where_its_certificate_lasts_longer(right: Any, end: int, remedy: str) -> None:
    servers, cloud = copy.deepcopy(right)
    cloud["applications"] = []
    soon = NOW + timedelta(days=1.5)
    for server in servers:
        for row in (server["certificate"], server["signing"]["current"]):
            row["not_after"] = utc_text(soon + timedelta(days=end))
    for principal in cloud["service_principals"]:
        for key in principal["key_credentials"]:
            key["end"] = utc_text(soon)
    found = [one for one in judged(servers, cloud, exchange_credential=False) if one.id == "credential.ending_soon"]
    assert {(one.status, one.actual[:11]) for one in found} == {("fail", "1 day left,")}
    assert all(one.remedy.startswith(remedy) for one in found)


def test_the_owner_that_the_options_name_is_told(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    key = {**cloud["service_principals"][0]["key_credentials"][0], "thumbprint": "B" * 40, "display_name": "CN=mail.contoso.com"}
    cloud["service_principals"][0]["key_credentials"].append(key)
    (named,) = (one for one in judged(servers, cloud) if one.id == "credential.unknown" and one.status == "warn")
    assert "named after contoso.com" in named.actual
    for known in ({"b" * 40: "Exchange"}, [{"thumbprint": ":".join(["BB"] * 20), "owner": "Exchange"}]):
        (told,) = (one for one in judged(servers, cloud, known_thumbprints=known) if one.actual == "Exchange")
        assert (told.id, told.status) == ("credential.unknown", "pass")


def test_a_key_that_is_known_without_an_owner_is_called_a_known_key(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    shared = next(one for one in cloud["service_principals"] if one["app_id"] == states.EXCHANGE)
    foreign = {"thumbprint": "B" * 40, "key_id": "foreign", "display_name": "CN=mail.contoso.com"}
    shared["key_credentials"].append({**cloud["service_principals"][0]["key_credentials"][0], **foreign})
    shared["password_credentials"] = [{"display_name": "old", "key_id": states.TENANT, "end": "2056-01-01T00:00:00Z"}]
    for known, key, secret in (
        (["B" * 40, states.TENANT], "a known key", "a known secret, until 2056-01-01T00:00:00Z"),
        ({"B" * 40: "the archive", states.TENANT: "HR"}, "a key of the archive", "a secret of HR, until 2056-01-01T00:00:00Z"),
    ):
        said = {one.id: one.actual for one in judged(servers, cloud, known_thumbprints=known) if one.status == "warn"}
        assert (said["credential.shared_foreign"], said["credential.password"]) == (key, secret)


def test_a_key_of_a_named_owner_is_judged_as_any_other(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    first = cloud["service_principals"][0]["key_credentials"][0]
    for principal in cloud["service_principals"]:
        key = {**first, "thumbprint": "B" * 40, "key_id": "x", "end": "2056-01-01T00:00:00Z"}
        principal["key_credentials"].append(key)
    said = {one.id: one.status for one in judged(servers, cloud, known_thumbprints={"B" * 40: "Exchange"}) if "B" * 40 in one.subject}
    assert said["credential.unknown"] == "pass"
    # The page of the variables says so.
    assert (said["credential.shared_foreign"], said["credential.validity"]) == ("warn", "warn")


def test_the_staged_certificate_is_the_farms_own(read: Any) -> None:
    servers, cloud = read
    thumbprint = servers[0]["signing"]["next"]["thumbprint"]
    named = copy.deepcopy(cloud)
    key = {**named["service_principals"][0]["key_credentials"][0], "thumbprint": thumbprint, "key_id": "x"}
    named["service_principals"][0]["key_credentials"].append(key)
    assert any(one.id == "credential.unknown" and one.actual == "the farm's, signs next" for one in judged(servers, named))


def test_the_forms_of_names_are_all_asked_for(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    found = [one for one in judged(servers, cloud, name_forms=["procedure", "url"]) if one.id == "names.external_fqdn"]
    assert {one.status for one in found} == {"fail"}
    assert found[0].subject == "webext.contoso.com (pool01.contoso.com, pool03.contoso.com)"
    assert found[0].actual == "https://webext.contoso.com/ is missing"
    names = cloud["service_principals"][0]["names"]
    names += ["https://webext.contoso.com", "https://webext2.contoso.com/"]
    found = [one for one in judged(servers, cloud, name_forms=["procedure", "url"]) if one.id == "names.external_fqdn"]
    assert [one.status for one in found] == ["fail", "pass"], "sp_names adds the name with the slash, which is another one"
    names.append("https://WEBEXT.contoso.com/")
    found = [one for one in judged(servers, cloud, name_forms=["procedure", "url"]) if one.id == "names.external_fqdn"]
    assert {one.status for one in found} == {"pass"}


def test_names_of_microsoft_and_of_other_domains_are_never_stale(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    names = cloud["service_principals"][0]["names"]
    names += [f"{states.SKYPE}/{host}" for host in ("webext.fabrikam.com", "*.contoso.com", "a.lync.com")]
    names += ["https://webext.fabrikam.com/", "https://a.lync.com/", "https://webint.contoso.com/", "https://us.contoso.com/path"]
    servers[0]["sip_domains"].append({"name": "lync.com", "default": False})
    assert {one.status for one in judged(servers, cloud) if one.id == "names.stale"} == {"pass"}
    cloud["service_principals"][0]["names"].append(f"{states.SKYPE}/us.contoso.com")
    assert {one.status for one in judged(servers, cloud) if one.id == "names.stale"} == {"warn"}
    assert {one.status for one in judged(servers, cloud, known_names=["us.contoso.com"]) if one.id == "names.stale"} == {"pass"}
    names[-1] = "https://us.contoso.com/"
    assert [one.subject for one in judged(servers, cloud) if one.status == "warn" and one.id == "names.stale"] == [names[-1]]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"onprem": [{"x": 1}]}, "Option 'onprem'"),
        ({"onprem": [{"certificate": "x"}]}, "Option 'onprem'"),
        ({"onprem": [{"oauth_servers": ["x"]}]}, "Option 'onprem'"),
        ({"cloud": {"x": 1}}, "Option 'cloud'"),
        ({"cloud": {"service_principals": {}}}, "Option 'cloud'"),
        ({"cloud": {"service_principals": [{"key_credentials": [1]}]}}, "Option 'cloud'"),
        ({"expected": {"tenant_id": "contoso"}}, "expected.tenant_id"),
        ({"expected": {"metadata_url": "http://contoso.com"}}, "expected.metadata_url"),
        ({"expected": {"service_name": " "}}, "expected.service_name"),
        ({"expected": {"external_fqdns": ["contoso"]}}, "expected.external_fqdns"),
        ({"expected": {"known_names": ["*.contoso.com"]}}, "expected.known_names"),
        ({"expected": {"name_forms": []}}, "expected.name_forms"),
        ({"expected": {"name_forms": ["ip"]}}, "name_forms"),
        ({"expected": {"known_thumbprints": "x"}}, "expected.known_thumbprints"),
        ({"expected": {"known_thumbprints": ["12"]}}, "expected.known_thumbprints"),
        ({"expected": {"known_thumbprints": {"A" * 40: 7}}}, "expected.known_thumbprints"),
        ({"expected": {"ending_soon_days": 0}}, "expected.ending_soon_days"),
        ({"expected": {"clock_limit_seconds": "soon"}}, "clock_limit_seconds"),
        ({"expected": {"trust_level": "Some"}}, "trust_level"),
        ({"expected": {"endings": 1}}, "endings"),
        ({"deployments": "x"}, "deployments"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], part: str) -> None:
    result = run_action("trust_audit", options)
    assert result["failed"]
    assert part in result["msg"]
    assert "Unexpected" not in result["msg"]


def test_with_nothing_read_everything_is_skipped(tmp_path: Path) -> None:
    result = run_action("trust_audit", {})
    assert {finding["status"] for finding in result["findings"]} == {"skip"}
    assert (result["compliant"], result["changed"], result["deployment"]) == (True, False, "default")


@pytest.mark.parametrize(
    ("field", "skipped"),
    [
        ("end", ("expired", "validity")),
        ("start", ("validity",)),
        ("usage", ("usage",)),
        ("type", ("symmetric",)),
        ("key_size", ("weak_key",)),
        ("signature_algorithm", ("weak_hash",)),
    ],
)
def test_each_value_of_a_key_that_is_missing_skips_what_rests_on_it(right: Any, field: str, skipped: tuple[str, ...]) -> None:
    servers, cloud = copy.deepcopy(right)
    key = {**cloud["service_principals"][0]["key_credentials"][0], "thumbprint": "B" * 40, "key_id": "theirs", field: None}
    cloud["service_principals"][0]["key_credentials"].append(key)
    found = {finding.id: finding.status for finding in judged(servers, cloud) if "theirs" in finding.subject}
    assert {name: found[f"credential.{name}"] for name in skipped} == dict.fromkeys(skipped, "skip")
    others = {"expired", "validity", "usage", "weak_key", "weak_hash"} - set(skipped)
    assert {found[f"credential.{name}"] for name in others} == {"pass"}


@pytest.mark.parametrize(
    ("field", "skipped"),
    [
        ("not_before", ("in_date", "validity")),
        ("not_after", ("in_date", "ending_soon", "validity")),
        ("key_type", ("key",)),
        ("key_size", ("key",)),
        ("signature_algorithm", ("signature_hash",)),
        ("found", ("store",)),
        ("has_private_key", ("private_key",)),
    ],
)
def test_each_value_of_the_certificate_that_is_missing_skips_what_rests_on_it(right: Any, field: str, skipped: tuple[str, ...]) -> None:
    servers, cloud = copy.deepcopy(right)
    for server in servers:
        server["certificate"][field] = server["signing"]["current"][field] = None
    found = {finding.id: finding.status for finding in judged(servers, cloud)}
    rules = {rule.partition(".")[2] for rule in audit.RULES if rule.startswith("certificate.")}
    assert {name for name in rules if found[f"certificate.{name}"] == "skip"} == set(skipped)


@pytest.mark.parametrize(
    ("ahead", "uncertainty", "status"),
    [
        (0, 0, "pass"),
        (290, 5, "pass"),
        (-290, 5, "pass"),
        (299, 5, "skip"),
        (305, 5, "skip"),
        (310, 5, "fail"),
        (-310, 5, "fail"),
        (0, 400, "skip"),
    ],
)
def test_a_clock_is_judged_by_what_is_certain(right: Any, ahead: int, uncertainty: int, status: str) -> None:
    (lead, *_others), cloud = copy.deepcopy(right)
    lead["controller_time"], lead["clock_uncertainty"] = utc_text(NOW), uncertainty
    lead["server"]["time"] = utc_text(NOW + timedelta(seconds=ahead))
    assert [one.status for one in judged([lead], cloud, SERVERS[:1]) if one.id == "clock.server"] == [status]


def test_servers_and_tenant_are_compared_even_where_the_controller_is_wrong(right: Any) -> None:
    """Both are ahead of the controller alike, so tokens are good."""
    (lead, *_others), cloud = copy.deepcopy(right)
    for result, place in ((lead, lead["server"]), (cloud, cloud)):
        result["controller_time"], result["clock_uncertainty"] = utc_text(NOW), 1.0
        place["time" if place is not cloud else "tenant_time"] = utc_text(NOW + timedelta(hours=1))
    status = {one.id: one.status for one in judged([lead], cloud, SERVERS[:1])}
    assert (status["clock.server"], status["clock.tenant"], status["clock.server_tenant"]) == ("fail", "fail", "pass")


def test_a_principal_that_was_not_asked_for_is_not_known_and_one_that_is_missing_is_wrong(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    cloud["service_principals"] = [one for one in cloud["service_principals"] if one["app_id"] != states.EXCHANGE]
    assert {one.status for one in judged(servers, cloud) if one.id == "principal.present" and states.EXCHANGE in one.subject} == {"skip"}
    cloud["missing"] = [states.EXCHANGE]
    found = [one for one in judged(servers, cloud) if states.EXCHANGE in one.subject]
    assert {(one.id, one.status) for one in found} >= {
        ("principal.present", "fail"),
        ("credential.own", "fail"),
        ("principal.enabled", "skip"),
    }


def test_without_the_sip_domains_no_name_is_cleared(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    del servers[0]["sip_domains"]
    assert {one.status for one in judged(servers, cloud) if one.id == "names.stale"} == {"skip"}
    cloud["service_principals"][0]["names"].append(f"{states.SKYPE}/old.contoso.com")
    assert {one.status for one in judged(servers, cloud) if one.id == "names.stale"} == {"warn"}


def test_the_lead_alone_is_the_same_only_where_it_is_known_to_be_alone(right: Any) -> None:
    (lead, *_others), cloud = right
    for servers, status in ((SERVERS[:1], "pass"), ([], "skip")):
        assert [one.status for one in judged([lead], cloud, servers) if one.id == "certificate.same"] == [status]


def test_modern_authentications_own_server_may_take_security_identifiers(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    (sts,) = servers[0]["oauth_servers"]
    evo = {**sts, "identity": "evoSTS", "type": "AzureAD", "accept_security_identifier_information": True}
    servers[0]["oauth_servers"].append({**evo, "metadata_url": "https://login.windows.net/common/FederationMetadata/2007-06/x.xml"})
    assert {one.status for one in judged(servers, cloud) if one.id.startswith("oauth_server.")} == {"pass"}
    servers[0]["oauth_servers"][1]["type"] = "ADFS"
    assert {one.status for one in judged(servers, cloud) if "evoSTS" in one.subject} == {"pass", "warn"}


def test_another_partner_application_may_be_allowed_by_name_or_id(right: Any) -> None:
    servers, cloud = copy.deepcopy(right)
    other = {**servers[0]["partner_applications"][0], "identity": "Exchange", "application_id": "exchange.contoso.com"}
    servers[0]["partner_applications"].append(other)
    for allowed, status in (([], "warn"), (["EXCHANGE"], "pass"), (["exchange.contoso.com"], "pass"), (["x"], "warn")):
        found = judged(servers, cloud, allowed_partner_applications=allowed)
        assert [one.status for one in found if one.id == "partner_application.others_full_trust"] == [status]


@pytest.mark.parametrize(("algorithm", "status"), [("sha1RSA", "warn"), ("md5RSA", "warn"), ("sha256RSA", "pass"), ("sha1ECDSA", "warn")])
def test_a_weak_hash_is_told_by_the_algorithms_name(right: Any, algorithm: str, status: str) -> None:
    servers, cloud = copy.deepcopy(right)
    servers[0]["certificate"]["signature_algorithm"] = servers[0]["signing"]["current"]["signature_algorithm"] = algorithm
    assert [one.status for one in judged(servers, cloud) if one.id == "certificate.signature_hash"] == [status]
