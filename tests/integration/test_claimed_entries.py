# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key credentials of which only the identifier says that they are the farm's, beside others, by plays of the role in this process: a run
does what its check said, keeps what it said it keeps, and the next one changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entry_name
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from .in_process import Estate, changes, facts, messages

OURS, STRANGERS = "farm", {"fake", "second", "foreign", "odd"}
MIXES = (
    (OURS,),
    ("fake",),
    (OURS, "fake"),
    ("fake", OURS),
    ("fake", "foreign"),
    ("fake", "second"),
    (OURS, "fake", "second", "foreign"),
    (OURS, "foreign"),
    (OURS, "odd", "fake"),
)
RUNS = {"main": {}, "rotate": {}, "remove": {"trust_remove_confirm": "contoso"}}


def entry(state: dict[str, Any], name: str) -> dict[str, Any]:
    """fake, second: a stranger's with the farm's identifier, whose key Graph does not give. odd: one whose key it gives."""
    own = states.entry("farm", states.farm(state)["certificates"]["issuer"], displayName="farm")
    if name == OURS:
        return own
    strangers = states.made(f"CN={name}.fabrikam.com")
    if name == "foreign":
        return states.entry(name, strangers, displayName=name)
    hidden = {} if name == "odd" else {"key": None}
    return states.entry(name, strangers, displayName=name, customKeyIdentifier=own["customKeyIdentifier"], **hidden)


def there(estate: Estate, app_id: str) -> list[str]:
    """The display names of the entries on the principal."""
    return [str(one["displayName"]) for one in states.principal(estate.state(), app_id)["keyCredentials"]]


def written(estate: Estate) -> int:
    return sum(one["verb"] == "PATCH" for one in estate.hybrid.requests)


@pytest.mark.parametrize("mix", MIXES, ids="-".join)
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("app_id", [states.SKYPE, states.EXCHANGE], ids=["skype", "exchange"])
def test_a_run_takes_what_its_check_said_and_never_a_strangers(run: str, app_id: str, mix: tuple[str, ...], tmp_path: Path) -> None:
    state = states.right()
    states.principal(state, app_id)["keyCredentials"] = [entry(state, name) for name in mix]
    estate = Estate(state, tmp_path)
    options = {"trust_exchange_credential": False, **RUNS[run]}
    foreseen = changes(estate.play(run, check_mode=True, **options))
    assert there(estate, app_id) == list(mix)
    done = estate.play(run, **options)
    assert not done.failed, messages(done)
    assert changes(done) == foreseen
    after = there(estate, app_id)
    assert [one for one in after if one in STRANGERS] == [one for one in mix if one in STRANGERS], "no stranger's is lost"
    if run == "remove" or app_id == states.EXCHANGE:
        assert OURS not in after
    claimed = [one for one in mix if one in ("fake", "second")]
    if claimed and (run == "remove" or app_id == states.EXCHANGE):
        told = " ".join(str(one) for played in (done,) for step in played.done for one in step.result.get("warnings") or ())
        kept = [one for one in states.principal(estate.state(), app_id)["keyCredentials"] if one["displayName"] in claimed]
        shown = told + " ".join(line for outcome in facts(done, "_trust_outcome") for line in outcome["lines"])
        assert all(f"key_id: {one['keyId']}" in shown for one in kept)
    again = estate.play(run, **options)
    assert (changes(again), there(estate, app_id)) == (0, after), "a second run changes nothing"


def entries(estate: Estate) -> dict[str, list[str]]:
    return {app_id: there(estate, app_id) for app_id in (states.SKYPE, states.EXCHANGE)}


def test_a_removal_keeps_a_strangers_entry_that_has_the_id_of_the_farms_on_another_principal(tmp_path: Path) -> None:
    state = states.right()
    own = entry(state, OURS)
    states.principal(state, states.SKYPE)["keyCredentials"] = [own]
    states.principal(state, states.EXCHANGE)["keyCredentials"] = [{**entry(state, "foreign"), "keyId": own["keyId"]}]
    estate = Estate(state, tmp_path)
    foreseen = changes(estate.play("remove", check_mode=True, **RUNS["remove"]))
    done = estate.play("remove", **RUNS["remove"])
    assert (done.failed, changes(done), entries(estate)) == (set(), foreseen, {states.SKYPE: [], states.EXCHANGE: ["foreign"]})
    assert not any("foreign" in one for step in done.fact("trust_removal")["steps"] for one in step["operations"])
    assert changes(estate.play("remove", **RUNS["remove"])) == 0


def written_name(state: dict[str, Any], deployment: str, certificate: Any, host: str | None = None) -> str:
    """The display name that a run of the deployment writes. host: one of its hosts; None for a pool of the farm."""
    pool = host or min(str(one["PoolFqdn"]) for one in states.farm(state)["cms"]["web_services"])
    thumbprint = certificates.thumbprint(certificates.load(certificate))
    return f"SfB trust {deployment} 20250101-{entry_name.mark(pool)} {thumbprint}"


@pytest.mark.parametrize("run", ["rotate", "remove"])
def test_a_display_name_speaks_for_its_own_entry_alone(run: str, tmp_path: Path) -> None:
    state = states.right()
    strangers = states.made("CN=Microsoft Exchange Server Auth Certificate")
    name = written_name(state, "contoso", strangers)
    states.principal(state, states.SKYPE)["keyCredentials"].append(states.entry("ours", strangers, displayName=name))
    states.principal(state, states.EXCHANGE)["keyCredentials"] = [
        states.entry("theirs", strangers, displayName="Exchange"),
        states.entry("signing", strangers, displayName="signing", usage="Sign"),
        states.entry("imitation", strangers, displayName=name, usage="Sign"),
    ]
    estate = Estate(state, tmp_path)
    options = {"trust_exchange_credential": False, **RUNS[run]}
    foreseen = changes(estate.play(run, check_mode=True, **options))
    done = estate.play(run, **options)
    assert (done.failed, changes(done)) == (set(), foreseen)
    after = entries(estate)
    assert (name in after[states.SKYPE], after[states.EXCHANGE]) == (False, ["Exchange", "signing", name])
    assert (changes(estate.play(run, **options)), entries(estate)) == (0, after)


def test_what_another_deployment_put_on_one_principal_keeps_no_entry_on_another(tmp_path: Path) -> None:
    state = states.right()
    own = states.farm(state)["certificates"]["issuer"]
    theirs = written_name(state, "other", own, "pool.fabrikam.com")
    states.principal(state, states.EXCHANGE)["keyCredentials"] = [states.entry("theirs", own, displayName=theirs)]
    estate = Estate(state, tmp_path)
    foreseen = changes(estate.play("remove", check_mode=True, **RUNS["remove"]))
    done = estate.play("remove", **RUNS["remove"])
    assert (done.failed, changes(done), entries(estate)) == (set(), foreseen, {states.SKYPE: [], states.EXCHANGE: [theirs]})
    (why,) = [one["why"] for one in done.fact("trust_removal")["left"] if one["what"].startswith("key credential")]
    assert why == "by its display name it is of deployment other, which was not read in this run"
    assert changes(estate.play("remove", **RUNS["remove"])) == 0


def test_an_audit_of_a_tenant_with_such_an_entry_alone_is_incomplete_and_says_what_settles_it(tmp_path: Path) -> None:
    state = states.right()
    states.principal(state, states.SKYPE)["keyCredentials"] = [fake := entry(state, "fake")]
    played = Estate(state, tmp_path).play("audit", trust_exchange_credential=False)
    audit = played.fact("trust_audit")
    assert (audit["verdict"], audit["headline"]) == ("incomplete", "Incomplete")
    (own,) = [one for one in audit["findings"] if one["id"] == "credential.own"]
    assert own["status"] == "skip"
    assert f"(key id {fake['keyId']})" in own["actual"]


@pytest.mark.parametrize("claimed", ["issuer", "next"])
@pytest.mark.parametrize("run", ["main", "rotate"])
def test_a_run_that_adds_the_other_certificate_adds_the_one_that_is_only_claimed_too(run: str, claimed: str, tmp_path: Path) -> None:
    state = states.right()
    states.staged(state, 3)
    strangers = states.made("CN=fake.fabrikam.com")
    own = states.entry("own", states.farm(state)["certificates"][claimed])
    fake = states.entry("fake", strangers, displayName="fake", customKeyIdentifier=own["customKeyIdentifier"], key=None)
    states.principal(state, states.SKYPE)["keyCredentials"] = [fake]
    estate = Estate(state, tmp_path)
    options = {"trust_exchange_credential": False}
    foreseen = changes(estate.play(run, check_mode=True, **options))
    done = estate.play(run, **options)
    assert not done.failed, messages(done)
    assert changes(done) == foreseen
    assert len(there(estate, states.SKYPE)) == 3
    assert changes(estate.play(run, **options)) == 0, "a second run changes nothing"
