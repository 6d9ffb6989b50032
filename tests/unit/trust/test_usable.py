# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One answer to one question: plan, rotation, assignment, audit and proof agree on every key at every time. Each is asked itself."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import audit, expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import Asked, explain
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential, plans
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import assignment, rotation, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_usable, parse_der
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import TOLERANCE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.lab.cloud.entra import error_answer
from tests.lab.cloud.token_service import AUDIENCE_HOST, ISSUER, TokenService
from tests.lab.farm import certificates
from tests.lab.farm.assertion import Stored, signed
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.states import audit as states
from tests.unit.support import roll

DAY = timedelta(days=1)
LAB = certificates.load(states.made("CN=contoso.com"))
STORED = Stored(LAB, certificates.private_key(states.made("CN=contoso.com")))
OURS = parse_der(LAB.public_bytes(Encoding.DER))
OTHER = parse_der(certificates.load(states.made("CN=contoso.com", days=900)).public_bytes(Encoding.DER))
# Nothing is due ahead of time: the question is what serves now.
RULES = Rules(overlap=7 * DAY, warn=0 * DAY)
DEFAULTS = {name: option.get("default") for name, option in expected.OPTIONS.items()}
BEGIN, END = OURS.not_before, OURS.not_after
RESOURCE = f"{states.EXCHANGE}/outlook.office365.com@{states.TENANT}"


@dataclass
class Tenant:
    """A lab's tenant whose Skype for Business Online has other keys in each example."""

    state: State
    tokens: TokenService

    def hold(self, keys: Sequence[Mapping[str, Any]]) -> None:
        states.principal(self.state.data, states.SKYPE)["keyCredentials"] = [dict(key) for key in keys]


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    state = State(states.right())
    return Tenant(state, TokenService(state, RequestLog(), Faults()))


def row(now: datetime, **changed: Any) -> dict[str, Any]:
    """The farm's certificate as onprem_info shows it."""
    return {
        **OURS.row(there=True),
        "days_left": (END - now) // DAY,
        "expired": now >= END,
        "effective_date": utc_text(BEGIN),
        "previous_thumbprint": None,
        **changed,
    }


def principal(keys: Sequence[Mapping[str, Any]]) -> ServicePrincipal:
    read = tuple(map(key_credential.from_graph, keys))
    return ServicePrincipal("object", SKYPE_FOR_BUSINESS_ONLINE, None, True, (SKYPE_FOR_BUSINESS_ONLINE,), read, ())


# The ways to ask, each of which says whether the tenant verifies at that moment what the farm signs.


def planned(keys: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """sp_credential, and with it configure."""
    return not plans.credentials(principal(keys), CredentialRequest(present=True, certificates=(OURS,)), now).change.changed


def rolled(keys: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """trust_rotation."""
    return not rotation.plan(roll(row(now)), [principal(keys)], RULES, now).add


def assigned(keys: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """onprem_certificate."""
    try:
        assignment.check_tenant(OURS.thumbprint, [principal(keys)], now)
    except HybridAuthError:
        return False
    return True


def audited(keys: Sequence[Mapping[str, Any]], now: datetime, rule: str = "credential.own", **changed: Any) -> bool | None:
    """trust_audit; None where it skips."""
    one = row(now, **changed)
    farm = {"management_module": "SkypeForBusiness", "certificate": one, "signing": {"current": one, "next": None, "previous": None}}
    cloud = {"service_principals": [principal(keys).info(now)], "missing": []}
    wanted = expected.expected({**DEFAULTS, "exchange_credential": False})
    found = audit.audit(facts("contoso", [farm], [], cloud, wanted, now))
    (status,) = {finding.status for finding in found if finding.id == rule}
    return {"pass": True, "fail": False, "skip": None}[status]


def proven(keys: Sequence[Mapping[str, Any]], now: datetime) -> bool | None:
    """What an audit may say: None where an entry serves of which only its identifier tells that it is the farm's."""
    if planned([key for key in keys if key["key"]], now):
        return True
    return None if planned(keys, now) else False


def proved(tenant: Tenant, keys: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """trust_proof: the token service's answer as the proof explains it."""
    tenant.hold(keys)
    issuer = f"{SKYPE_FOR_BUSINESS_ONLINE}@{states.TENANT}"
    assertion = signed(STORED, issuer, f"{ISSUER}/{AUDIENCE_HOST}@{states.TENANT}", int(now.timestamp()), 300)
    refusal = tenant.tokens.decide(assertion, RESOURCE, now.timestamp())
    asked = Asked(issuer, SKYPE_FOR_BUSINESS_ONLINE, "", states.TENANT, OURS.thumbprint, RESOURCE)
    if refusal is None:
        return True
    answer = error_answer(refusal.status, refusal.error, refusal.code, refusal.text)
    verdict = explain(answer.status, answer.content, asked)
    assert verdict.accepted is False, verdict
    assert verdict.outcome in ("unknown_key", "wrong_certificate"), verdict
    return False


moments = st.one_of(
    st.datetimes(datetime(2020, 1, 1), datetime(2033, 1, 1)).map(lambda moment: moment.replace(microsecond=0, tzinfo=BEGIN.tzinfo)),
    st.sampled_from([BEGIN, BEGIN + 1 * DAY, BEGIN + 60 * DAY, END - DAY, END - timedelta(seconds=1), END]),
)
within = st.one_of(
    st.integers(0, int((END - BEGIN).total_seconds())).map(lambda seconds: BEGIN + timedelta(seconds=seconds)),
    st.sampled_from([BEGIN, BEGIN + 1 * DAY, BEGIN + 60 * DAY, END]),
)


def entry(number: int, mine: bool, times: tuple[datetime, datetime], usage: str, kind: str, identifier: int, given: bool) -> dict[str, Any]:
    """A key credential as Graph gives it. identifier: the form of the one of its own, or that of the other where the key tells better."""
    certificate = OURS if mine else OTHER
    claimed = (OTHER if mine else OURS) if given and identifier > 2 else certificate
    identifier, binary = identifier % 3, bytes.fromhex(claimed.thumbprint)
    written = [claimed.thumbprint, base64.b64encode(binary).decode(), base64.b64encode(base64.b64encode(binary)).decode()]
    return {
        "keyId": f"00000000-0000-4000-8000-{number:012}",
        "customKeyIdentifier": written[identifier],
        "displayName": "CN=contoso.com",
        "startDateTime": utc_text(min(times)),
        "endDateTime": utc_text(max(times)),
        "type": kind,
        "usage": usage,
        "key": certificate.content if given else None,
    }


entries = st.builds(
    entry,
    st.integers(0, 10**9),
    st.sampled_from([True, True, False]),
    st.tuples(within, within),
    st.sampled_from(["Verify", "Verify", "verify", "Sign"]),
    st.sampled_from(["AsymmetricX509Cert", "AsymmetricX509Cert", "X509CertAndPassword", "Symmetric"]),
    st.integers(0, 5),
    st.booleans(),
)
lists = st.lists(entries, max_size=4, unique_by=lambda one: one["keyId"])

NOW = BEGIN + 100 * DAY
NEXT_MONTH = entry(1, True, (NOW + 30 * DAY, END), "Verify", "AsymmetricX509Cert", 0, True)
OVER = entry(2, True, (BEGIN, NOW - DAY), "Verify", "AsymmetricX509Cert", 0, True)
SERVES = entry(3, True, (BEGIN, END), "Verify", "AsymmetricX509Cert", 0, True)
STRANGER = entry(4, False, (BEGIN, END), "Verify", "AsymmetricX509Cert", 3, True)


def stored(keys: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the directory holds: the key too, which lists leave out."""
    for key in keys:
        mine = key_credential.from_graph(key).thumbprint == OURS.thumbprint
        yield {**key, "key": (OURS if mine else OTHER).content}


@given(lists, moments)
@example([NEXT_MONTH], NOW)
@example([OVER], NOW)
@example([SERVES], NOW)
@example([OVER, NEXT_MONTH], NOW)
@example([STRANGER], NOW)
@example([], NOW)
def test_plan_rotation_assignment_audit_and_proof_agree(tenant: Tenant, keys: list[dict[str, Any]], now: datetime) -> None:
    if any(now < key_credential.from_graph(key).start <= now + TOLERANCE for key in keys):  # type: ignore[operator]
        return  # it begins by another clock: the tenant's
    if not BEGIN <= now < END:
        assert usable.flaw(row(now), now) is not None
        assert audited(keys, now, "certificate.in_date") is False
        assert proved(tenant, list(stored(keys)), now) is False
        return
    said = {
        "plan": planned(keys, now),
        "rotation": rolled(keys, now),
        "assignment": assigned(keys, now),
        "proof": proved(tenant, list(stored(keys)), now),
    }
    assert len(set(said.values())) == 1, said
    assert audited(keys, now) is proven(keys, now), said


@given(lists)
def test_what_is_added_serves_and_a_second_run_adds_nothing(keys: list[dict[str, Any]]) -> None:
    request = CredentialRequest(present=True, certificates=(OURS,))
    plan = plans.credentials(principal(keys), request, NOW)
    after = [*keys, *(SERVES for _added in plan.predicted.keys[len(keys) :])]
    assert plan.predicted.keys[: len(keys)] == principal(keys).keys, "an entry that does not serve stays"
    assert {planned(after, NOW), rolled(after, NOW), assigned(after, NOW)} == {True}
    assert audited(after, NOW) is proven(after, NOW)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (NEXT_MONTH, f"begins only on {utc_text(NOW + 30 * DAY)}"),
        (OVER, f"ended on {utc_text(NOW - DAY)}"),
        ({**SERVES, "usage": "Sign"}, "usage Sign"),
        ({**SERVES, "type": "Symmetric"}, "type Symmetric"),
    ],
    ids=["next month", "over", "usage", "type"],
)
def test_everybody_says_why_an_entry_does_not_serve(key: dict[str, Any], reason: str) -> None:
    (operation,) = plans.credentials(principal([key]), CredentialRequest(present=True, certificates=(OURS,)), NOW).change.operations
    assert reason in operation
    with pytest.raises(HybridAuthError, match=reason):
        assignment.check_tenant(OURS.thumbprint, [principal([key])], NOW)
    rolls = rotation.plan(roll(row(NOW)), [principal([key])], RULES, NOW)
    assert [addition.thumbprint for addition in rolls.add] == [OURS.thumbprint]
    told = [verdict.reason for verdict in (*rolls.keep, *rolls.remove)]
    assert any(reason in text or text.startswith("it expired on") for text in told), told
    farm = {"management_module": "SkypeForBusiness", "certificate": row(NOW)}
    wanted = expected.expected({**DEFAULTS, "exchange_credential": False})
    cloud = {"service_principals": [principal([key]).info(NOW)], "missing": []}
    (own,) = (one for one in audit.audit(facts("contoso", [farm], [], cloud, wanted, NOW)) if one.id == "credential.own")
    assert reason in own.actual


def test_a_certificate_that_is_not_valid_yet_is_awaited_by_everybody() -> None:
    """An entry of it cannot serve before it does; adding one each day would help nobody."""
    early, entry_of_it = BEGIN - 5 * DAY, SERVES
    assert {planned([entry_of_it], early), rolled([entry_of_it], early), audited([entry_of_it], early)} == {True}
    assert {planned([], early), rolled([], early), audited([], early)} == {False}
    assert audited([entry_of_it], early, "certificate.in_date") is False


staged = st.integers(1, 40).map(lambda days: NOW + days * DAY)


@given(lists, staged)
@example([entry(4, True, (NOW + 10 * DAY, END), "Verify", "AsymmetricX509Cert", 0, True)], NOW + 20 * DAY)
@example([entry(4, True, (NOW + 10 * DAY, END), "Verify", "AsymmetricX509Cert", 0, True)], NOW + 5 * DAY)
@example([entry(5, True, (BEGIN, NOW + 10 * DAY), "Verify", "AsymmetricX509Cert", 0, True)], NOW + 20 * DAY)
def test_a_staged_certificate_is_judged_by_the_day_on_which_it_signs(keys: list[dict[str, Any]], effective: datetime) -> None:
    current = {**row(NOW), "thumbprint": OTHER.thumbprint, "content": OTHER.content}
    following = row(NOW, effective_date=utc_text(effective))
    signing = {"current": current, "next": following, "previous": None}
    plan = rotation.plan(signing, [principal(keys)], RULES, NOW)
    rolls = all(addition.thumbprint != OURS.thumbprint for addition in plan.add)
    assert {addition.valid_at for addition in plan.add if addition.thumbprint == OURS.thumbprint} <= {effective}
    try:
        assignment.check_tenant(OURS.thumbprint, [principal(keys)], effective)
    except HybridAuthError:
        may_stage = False
    else:
        may_stage = True
    request = CredentialRequest(present=True, certificates=(OURS,), valid_at={OURS.thumbprint: effective})
    there = not plans.credentials(principal(keys), request, NOW).change.changed
    farm = {"management_module": "SkypeForBusiness", "certificate": following, "signing": signing}
    wanted = expected.expected({**DEFAULTS, "exchange_credential": False})
    cloud = {"service_principals": [principal(keys).info(NOW)], "missing": []}
    found = audit.audit(facts("contoso", [farm], [], cloud, wanted, NOW))
    (status,) = {finding.status for finding in found if finding.id == "roll.in_cloud"}
    given = [key for key in keys if key["key"]]
    proved_there = not plans.credentials(principal(given), request, NOW).change.changed
    assert may_stage is there
    # What only an identifier tells is added beside another certificate, and not for its own sake.
    assert rolls is (proved_there or (there and not plan.add))
    assert status in (("pass",) if proved_there else ("skip",) if there else ("warn", "fail"))


rows = st.fixed_dictionaries(
    {
        "found": st.sampled_from([True, True, False, None]),
        "has_private_key": st.sampled_from([True, True, False, None]),
        "key_type": st.sampled_from(["RSA", "RSA", "ECDSA", None]),
        "key_size": st.sampled_from([1024, 2048, 4096, None]),
        "not_before": st.sampled_from([utc_text(BEGIN), utc_text(NOW + DAY), None]),
        "not_after": st.sampled_from([utc_text(END), utc_text(NOW), None]),
    }
)
OF_OBSTACLE = {
    usable.MISSING: "certificate.store",
    usable.NO_PRIVATE_KEY: "certificate.private_key",
    usable.WEAK_KEY: "certificate.key",
    usable.EXPIRED: "certificate.in_date",
    usable.EARLY: "certificate.in_date",
}


@given(rows)
def test_assignment_and_audit_agree_on_which_certificate_may_sign(changed: dict[str, Any]) -> None:
    said = {rule: audited([], NOW, rule, **changed) for rule in OF_OBSTACLE.values()}
    found = usable.flaw(row(NOW, **changed), NOW)
    assert (found is None) is (False not in said.values())
    assert usable.may_sign(row(NOW, **changed), NOW) <= (found is None)
    if found is None or found.kind == usable.EARLY:
        assignment.check_certificate(row(NOW, **changed), NOW)
    else:
        assert said[OF_OBSTACLE[found.kind]] is False
        with pytest.raises(HybridAuthError, match=OURS.thumbprint):
            assignment.check_certificate(row(NOW, **changed), NOW)


@given(moments, st.sampled_from([("RSA", 2048), ("RSA", 1024), ("ECDSA", 256)]))
def test_a_given_file_is_judged_as_the_store_is(now: datetime, key: tuple[str, int]) -> None:
    given_one = replace(OURS, key_type=key[0], key_size=key[1])
    found = usable.flaw(given_one.row(there=True), now)
    try:
        warnings = check_usable("certificate_path", given_one, now)
    except HybridAuthError:
        assert found is not None
        assert found.kind in (usable.WEAK_KEY, usable.EXPIRED)
    else:
        assert bool(warnings) is (found is not None)
        assert found is None or found.kind == usable.EARLY


@given(lists, moments)
def test_the_farm_is_served_until_the_first_gap(keys: list[dict[str, Any]], now: datetime) -> None:
    read = principal(keys).keys
    until = key_credential.served_until(read, OURS.thumbprint, now)
    assert until is not None
    assert until >= now
    assert (until > now) is key_credential.any_serves(read, OURS.thumbprint, now)
    assert not key_credential.any_serves(read, OURS.thumbprint, until)
    for number in range(5):
        between = now + (until - now) * number / 5
        assert until == now or key_credential.any_serves(read, OURS.thumbprint, between)


thumbprints = st.one_of(st.none(), st.sampled_from("abcd").map(lambda letter: {"thumbprint": letter * 40}))
farms = st.fixed_dictionaries(
    {
        "signing": st.fixed_dictionaries({"current": thumbprints, "next": thumbprints, "previous": thumbprints}),
        "certificate": thumbprints,
        "previous_certificate": thumbprints,
    }
)


@given(st.lists(farms, max_size=3))
def test_the_farms_certificates_are_those_of_all_servers(read: list[dict[str, Any]]) -> None:
    found = usable.farms_certificates(read)
    certificates_of = (one for farm in read for one in (*farm["signing"].values(), farm["certificate"], farm["previous_certificate"]))
    assert set(found) == {one["thumbprint"].upper() for one in certificates_of if one}
