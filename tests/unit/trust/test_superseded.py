# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this deployment put into the tenant and the farm has no longer: known by its display name, kept for the overlap, then removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entry_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import LONGEST_NAME, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import outcome, rotation
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules, Verdict
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.lab.states import audit as states

from ..support import roll
from .shared import Hybrid

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
RULES = Rules(overlap=7 * DAY, warn=60 * DAY)
A, B, C = (letter * 40 for letter in "ABC")
POOLS = ("pool01.contoso.com", "pool02.contoso.com")
OWN = Neighbours("contoso", POOLS)


def farm(thumbprint: str, *, effective: float | None = None, subject: str = "CN=contoso.com") -> dict[str, Any]:
    dates = {"not_after": utc_text(NOW + 700 * DAY), "effective_date": None if effective is None else utc_text(NOW + effective * DAY)}
    return {"thumbprint": thumbprint, "subject": subject, "content": "MII", **dates}


def key(thumbprint: str, name: str | None = None, **changed: Any) -> KeyCredential:
    end = NOW + 700 * DAY
    made = KeyCredential(f"id-{thumbprint}", thumbprint, thumbprint, "CN=old.contoso.com", None, end, "Verify", "AsymmetricX509Cert", name)
    return replace(made, **{"key_type": "RSA", **changed})


def put(thumbprint: str, days_ago: float = 30, deployment: str = "contoso", pools: tuple[str, ...] = POOLS, of: str | None = None) -> Any:
    """An entry that a deployment put there so many days ago. of: the thumbprint that its display name tells."""
    return key(thumbprint, entry_name.made(deployment, pools, of or thumbprint, NOW - days_ago * DAY))


def verdict(entry: KeyCredential, roles: dict[str, Any] | None = None, rules: Rules = RULES, known: Neighbours = OWN) -> Verdict:
    principal = ServicePrincipal(f"object-{PROCEDURE[0]}", PROCEDURE[0], None, True, (), (key(B), entry), ())
    plan = rotation.plan(roles or roll(farm(B, effective=-90)), [principal], rules, NOW, None, known)
    (found,) = (one for one in (*plan.keep, *plan.remove) if one.key is entry)
    return found


@pytest.mark.parametrize("subject", ["CN=old.contoso.com", "CN=contoso.com"], ids=["another subject", "the farm's subject"])
@pytest.mark.parametrize("days", [8.6, 30], ids=["just over", "long over"])
def test_what_was_put_there_and_never_signed_goes_after_the_overlap(days: float, subject: str) -> None:
    found = verdict(replace(put(A, days), subject=subject))
    assert (found.owner, found.goes) == ("ours", True)
    assert "deployment contoso put it there, by its display name, and the farm has it no longer" in found.reason


def test_it_stays_for_the_overlap_and_the_line_that_removes_it_is_told() -> None:
    found = verdict(put(A, 3))
    assert (found.owner, found.goes) == ("ours", False)
    assert found.until == datetime(2026, 11, 30, tzinfo=timezone.utc)
    assert found.shown()["remedy"] == f"trust_rotation_remove_thumbprints: [{A}]"
    plan = rotation.plan(
        roll(farm(B, effective=-90)),
        [ServicePrincipal("object", PROCEDURE[0], None, True, (), (key(B), put(A, 3)), ())],
        RULES,
        NOW,
        None,
        OWN,
    )
    assert [(one.action, one.thumbprint) for one in plan.upcoming if one.action == "remove"] == [("remove", A)]
    named = verdict(put(A, 3), rules=replace(RULES, named=frozenset({A})))
    assert named.goes


@pytest.mark.parametrize(("effective", "goes"), [(-6.9, False), (-7, True), (None, False)])
def test_two_rolls_within_the_overlap_leave_the_first_certificate_for_the_overlap_of_the_last(effective: float | None, goes: bool) -> None:
    found = verdict(put(A), roll(farm(B, effective=effective), previous=farm(C)))
    assert (found.owner, found.goes, bool(found.remedy)) == ("ours", goes, not goes)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (put(A, of=C), "another certificate's thumbprint in the name"),
        (replace(put(A), key_type=None), "no certificate given"),
        (put(A, deployment="fabrikam"), "another deployment's name"),
        (put(A, pools=("pool09.fabrikam.com",)), "another farm under the same name"),
        (key(A, f"SfB trust contoso 20261399-{entry_name.mark(POOLS[0])} {A}"), "a day that is none"),
        (key(A, f"{entry_name.made('contoso', POOLS, A, NOW - 30 * DAY)} "), "another form"),
        (replace(put(A), usage="Sign"), "another usage"),
        (key(A, None), "no name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_display_name_alone_is_not_believed(entry: KeyCredential, why: str) -> None:
    found = verdict(entry)
    assert (found.goes, found.owner == "ours") == (False, False), why
    unproved = "does not give the certificate that it names" in found.reason
    assert (found.owner == "unknown") is unproved is (why in ("another certificate's thumbprint in the name", "no certificate given"))
    # Naming it would take a stranger's certificate away wherever it is.
    assert (found.remedy is not None) is (why == "no certificate given")


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        (entry_name.made("contoso", POOLS, A, NOW - 30 * DAY), True),  # whoever wrote it
        (entry_name.made("contoso", POOLS, C, NOW - 30 * DAY), False),
        (entry_name.made("fabrikam", POOLS, A, NOW - 30 * DAY), False),
        (entry_name.made("contoso", ("pool09.fabrikam.com",), A, NOW - 30 * DAY), False),
        ("SfB trust contoso", False),
        ("CN=contoso.com", False),
        (None, False),
    ],
)
def test_an_expired_entry_goes_by_a_display_name_in_full_alone(name: str | None, goes: bool) -> None:
    assert verdict(key(A, name, end=NOW - DAY)).goes is goes


def test_without_a_deployment_no_display_name_is_looked_at() -> None:
    assert verdict(put(A), known=Neighbours()).reason == "the farm never had it"
    earlier = replace(RULES, earlier=frozenset({A}))
    assert verdict(put(A, deployment="fabrikam"), rules=earlier, known=Neighbours()).goes


def test_what_signs_or_will_sign_stays_whatever_its_display_name_tells() -> None:
    assert not verdict(put(A), roll(farm(A, effective=-90))).goes
    assert not verdict(put(A), roll(farm(B, effective=-90), farm(A, effective=3))).goes
    coming = replace(RULES, coming={A: "it is about to be staged"})
    assert (verdict(put(A), rules=coming).goes, verdict(put(A), rules=coming).reason) == (False, "it is about to be staged")


def test_a_pool_that_is_gone_leaves_the_entry_there() -> None:
    other = Neighbours("contoso", POOLS[1:])
    assert entry_name.read(put(A)) == entry_name.EntryName(
        "contoso", entry_name.mark(POOLS[0]), datetime(2026, 10, 27, tzinfo=timezone.utc)
    )
    assert not verdict(put(A), known=other).goes
    assert verdict(put(A), known=Neighbours("contoso", ("pool00.contoso.com", *POOLS))).goes


@given(
    deployment=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=200),
    pools=st.lists(st.from_regex(r"[a-z]{1,12}\.contoso\.com", fullmatch=True), min_size=1, max_size=4),
    day=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(timezone.utc)),
)
def test_a_name_fits_and_tells_what_was_put_into_it(deployment: str, pools: list[str], day: datetime) -> None:
    name = entry_name.made(deployment, pools, A, day)
    assert name is not None
    assert len(name) <= LONGEST_NAME
    found = entry_name.read(key(A, name))
    assert found is not None
    assert found.is_of(deployment, [entry_name.mark(pool) for pool in pools])
    assert not found.is_of(deployment, [])
    assert timedelta(0) < found.written - day <= DAY


def test_without_a_known_pool_there_is_no_name() -> None:
    assert entry_name.made("contoso", (), A, NOW) is None
    assert Neighbours("contoso").display_names([A], NOW) == {}
    assert Neighbours("contoso", POOLS).display_names([A], NOW) == {A: f"SfB trust contoso 20261125-{entry_name.mark(POOLS[0])} {A}"}


@pytest.fixture
def hybrid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hybrid:
    made = Hybrid(tmp_path, monkeypatch)
    made.outside.add("west")
    return made


def aged(hybrid: Hybrid, days: int) -> None:
    """What was put into the tenant under a display name was put there so many days earlier."""
    for key in states.principal(hybrid.farms["east"], states.SKYPE)["keyCredentials"]:
        parts = key["displayName"].split(" ")
        if parts[0] == "SfB":
            day = datetime.strptime(parts[3][:8], "%Y%m%d").replace(tzinfo=timezone.utc) - timedelta(days=days)
            key["displayName"] = " ".join((*parts[:3], f"{day:%Y%m%d}{parts[3][8:]}", parts[4]))


@pytest.mark.parametrize("module", ["trust_rotation", "trust_plan"])
def test_what_a_run_puts_there_for_a_roll_that_is_cancelled_goes_after_the_overlap(hybrid: Hybrid, module: str) -> None:
    east = hybrid.farms["east"]
    states.farm(east)["cms"]["token_issuer"]["effective_date"] = states.at(-90)
    states.staged(east, 3, in_cloud=False)
    following = hybrid.thumbprint("east", "next")
    arguments = hybrid.decide(module)["arguments"]["add" if module == "trust_rotation" else "certificate"]
    predicted = hybrid.do("sp_credential", arguments, check_mode=True)
    done = hybrid.do("sp_credential", arguments)
    assert (done["operations"], done["diff"]) == (predicted["operations"], predicted["diff"])
    assert done["operations"] == [
        f"add certificate {following} (CN=contoso.com) to service principal {states.SKYPE} (Skype for Business Online)"
    ]
    states.farm(east)["cms"]["token_issuer"] = {"certificate": "issuer", "previous": None, "effective_date": states.at(-90)}
    kept = hybrid.decide("trust_rotation")
    assert kept["remove"] == []
    (entry,) = (one for one in kept["keep"] if one["thumbprint"] == following)
    assert (entry["owner"], entry["remedy"]) == ("ours", f"trust_rotation_remove_thumbprints: [{following}]")
    assert [one["thumbprint"] for one in kept["upcoming"] if one["action"] == "remove"] == [following]
    lines = outcome.rotated_lines(kept, outcome.rotated(kept, None, {}), False, datetime.now(timezone.utc))
    (line,) = (one for one in lines if one.startswith(f"  {following} stays on {states.SKYPE}: deployment east put it there, by its "))
    assert line.endswith(f". trust_rotation_remove_thumbprints: [{following}] removes it")
    aged(hybrid, 9)
    gone = hybrid.decide("trust_rotation")
    assert [one["thumbprint"] for one in gone["remove"]] == [following]
    (arguments,) = gone["arguments"]["remove"]
    hybrid.do("sp_credential", {"app_ids": [arguments["app_id"]], "state": "absent", "key_id": arguments["key_id"]})
    assert hybrid.decide("trust_rotation")["operations"] == []


def test_a_certificate_that_is_about_to_be_staged_stays_after_a_run_that_was_cut_off(hybrid: Hybrid) -> None:
    made = states.made("CN=contoso.com", days=900)
    thumbprint = hybrid.put("east", made)
    assert [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]] == [thumbprint]
    dates = {"not_before": states.at(-30), "not_after": states.at(900)}
    prepared = {"certificate": {"thumbprint": thumbprint, "content": None, "subject": "CN=contoso.com", **dates}}
    result = hybrid.decide("trust_rotation", prepared=prepared)
    assert result["remove"] == []
    assert result["steps"]["stage"] is True


def test_without_the_lead_a_server_that_was_read_gives_the_mark(hybrid: Hybrid) -> None:
    states.principal(hybrid.farms["east"], states.SKYPE)["keyCredentials"] = []
    result = hybrid.decide("trust_plan", members={"lead": "fe01", "members": ["fe01", "fe02"], "lost": ["fe01"]}, obstacles="return")
    (name,) = result["arguments"]["certificate"]["display_names"].values()
    assert f"-{entry_name.mark('fe02.contoso.com')} " in name
