# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stranger's certificate under the farm's thumbprint on both principals: no decision trusts it, and none takes it away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import assignment, removal, rotation, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from .test_removal import TRUST, objects

BOTH = (states.SKYPE, states.EXCHANGE)
NOW = datetime.now(timezone.utc)


class Read:
    """What the farm and the tenant showed."""

    def __init__(self, estate: Estate) -> None:
        self.signing = estate.onprem(estate.servers[0])["signing"]
        self.cloud = estate.cloud()
        self.own = load_certificate("certificate", self.signing["current"]["content"])

    @property
    def principals(self) -> list[ServicePrincipal]:
        return service_principal.from_current(self.cloud, BOTH) or []


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    return Read(Estate(states.fooled(), tmp_path, monkeypatch))


def test_configure_adds_ours(read: Read) -> None:
    planned = [plans.credentials(one, CredentialRequest(True, (read.own,)), NOW) for one in read.principals]
    assert [len(plan.change.operations) for plan in planned] == [1, 1]
    assert all(plan.change.operations[0].startswith(f"add certificate {read.own.thumbprint}") for plan in planned)


def test_assignment_does_not_trust_it(read: Read) -> None:
    assert len(usable.lacking(read.principals, read.own.thumbprint, NOW)) == 2
    with pytest.raises(HybridAuthError, match="Nothing was assigned"):
        assignment.check_tenant(read.own.thumbprint, read.principals, NOW)


def test_a_roll_is_not_staged_on_a_strangers_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.fooled(ours=True)
    following = states.farm(state)["certificates"]["next"] = states.made("CN=contoso.com", days=900)
    states.farm(state)["front_ends"][0]["store"].append("next")
    claimed = certificates.thumbprint(certificates.load(following))
    for app_id in BOTH:
        states.principal(state, app_id)["keyCredentials"][1]["customKeyIdentifier"] = claimed
    estate = Estate(state, tmp_path, monkeypatch)
    with pytest.raises(AssertionError, match="Nothing was assigned"):
        estate.on_server(estate.servers[0], "onprem_certificate", {"thumbprint": claimed, "cloud": estate.cloud()})


def test_a_roll_adds_ours_and_keeps_it(read: Read) -> None:
    plan = rotation.plan(read.signing, read.principals, Rules(timedelta(days=7), timedelta(days=60)), NOW)
    assert [addition.app_ids for addition in plan.add] == [BOTH]
    assert plan.remove == ()
    assert {verdict.owner for verdict in plan.keep} == {"foreign"}


@pytest.mark.parametrize("earlier", [False, True], ids=["previous", "named as an earlier one"])
def test_after_the_roll_only_what_was_ours_goes(read: Read, earlier: bool) -> None:
    current = {**read.signing["current"], "thumbprint": "A" * 40, "effective_date": "2026-01-01T00:00:00Z"}
    previous = None if earlier else read.signing["current"]
    rules = Rules(timedelta(days=2), timedelta(days=60), frozenset({read.own.thumbprint}), frozenset({read.own.thumbprint}))
    signing: Any = {"current": current, "next": None, "previous": previous}
    plan = rotation.plan(signing, read.principals, rules if earlier else replace(rules, earlier=frozenset(), named=frozenset()), NOW)
    assert plan.remove == ()


def test_removal_leaves_it_and_says_so(read: Read) -> None:
    request = CredentialRequest(False, thumbprints=(read.own.thumbprint,))
    assert not any(plans.credentials(one, request, NOW).change.changed for one in read.principals)
    trust = replace(TRUST, thumbprints=(read.own.thumbprint,))
    left = [one for one in removal.plan(objects(), read.cloud["service_principals"], trust).left if one.what.startswith("key credential")]
    assert [one.decide for one in left] == [True, True]
    assert all("its identifier is that of the farm's certificate, but it holds another one" in one.why for one in left)


def test_removal_leaves_what_graph_does_not_give_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.fooled(ours=True)
    states.principal(state, states.SKYPE)["keyCredentials"][1]["key"] = None
    read = Read(Estate(state, tmp_path, monkeypatch))
    trust = replace(TRUST, thumbprints=(read.own.thumbprint,))
    left = [one for one in removal.plan(objects(), read.cloud["service_principals"], trust).left if "Graph does not give" in one.why]
    assert [one.decide for one in left] == [True]
    (skype, _exchange) = [plans.credentials(one, CredentialRequest(False, (read.own,)), NOW) for one in read.principals]
    assert len(skype.predicted.keys) == 1
    plan = rotation.plan(read.signing, read.principals, Rules(timedelta(days=7), timedelta(days=60)), NOW)
    assert (plan.add, plan.remove) == ((), ())
    assert "unknown" in {verdict.owner for verdict in plan.keep}
