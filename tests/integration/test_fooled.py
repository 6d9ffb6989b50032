# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strangers' certificates under the farm's thumbprint on both principals, by plays of the role in this process: nobody trusts them, and
nobody takes them away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import packed
from tests.lab.states.audit import fooled
from tests.sweep.role import Play

from .in_process import Estate, changes, messages
from .test_procedure import EXCHANGE, SKYPE, principal

BOTH = (SKYPE, EXCHANGE)
OWN = {"trust_exchange_credential": True}


def keys(estate: Estate) -> list[list[Any]]:
    return [[entry["key"] for entry in principal(estate, app_id)["keyCredentials"]] for app_id in BOTH]


def findings(played: Play, rule: str) -> list[str]:
    told = packed.unpack(played.fact("_trust_findings")["packed"])
    return [one["status"] for one in told if one["id"] == rule]


def test_a_strangers_certificate_under_our_thumbprint_fools_no_run(tmp_path: Path) -> None:
    estate = Estate(fooled(), tmp_path)
    strangers = keys(estate)

    audited = estate.play("audit", **OWN)
    assert findings(audited, "credential.own") == ["fail", "fail"], messages(audited)
    assert findings(audited, "credential.identifier") == ["warn", "warn"]
    assert keys(estate) == strangers

    configured = estate.play("main", **OWN)
    assert not configured.failed, messages(configured)
    assert [len(there) for there in keys(estate)] == [2, 2]
    assert [there[:1] for there in keys(estate)] == strangers
    assert changes(estate.play("main", **OWN)) == 0

    audited = estate.play("audit", **OWN)
    assert findings(audited, "credential.own") == ["pass", "pass"], messages(audited)
    assert sorted(findings(audited, "credential.identifier")) == ["pass", "pass", "warn", "warn"]

    rolled = estate.play("rotate", **OWN)
    assert not rolled.failed, messages(rolled)
    assert [there[:1] for there in keys(estate)] == strangers

    removed = estate.play("remove", trust_remove_confirm="contoso", **OWN)
    assert not removed.failed, messages(removed)
    assert keys(estate) == strangers
    assert "but it holds another one" in " ".join(removed.fact("trust_removal")["warnings"])
