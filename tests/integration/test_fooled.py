# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strangers' certificates under the farm's thumbprint on both principals, by real runs: nobody trusts them, and nobody takes them away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.states.audit import fooled

from .test_procedure import EXCHANGE, SKYPE, Play, Start, principal

BOTH = (SKYPE, EXCHANGE)
OWN = ("-e", '{"trust_exchange_credential": true}')


def keys(lab: Any) -> list[list[Any]]:
    return [[entry["key"] for entry in principal(lab, app_id)["keyCredentials"]] for app_id in BOTH]


def findings(run: Any, rule: str) -> list[str]:
    (audit,) = run.fact("trust_audit")
    return [finding["status"] for finding in audit["findings"] if finding["id"] == rule]


@pytest.mark.either_runner
def test_a_strangers_certificate_under_our_thumbprint_fools_no_run(start: Start, play: Play) -> None:
    lab = start(fooled())
    strangers = keys(lab)

    audited = play(lab, "sfb.hybrid_auth.audit", *OWN)
    assert findings(audited, "credential.own") == ["fail", "fail"], audited.output
    assert findings(audited, "credential.identifier") == ["warn", "warn"]
    assert keys(lab) == strangers

    configured = play(lab, "sfb.hybrid_auth.configure", *OWN)
    assert configured.code == 0, configured.output
    assert [len(there) for there in keys(lab)] == [2, 2]
    assert [there[:1] for there in keys(lab)] == strangers
    assert play(lab, "sfb.hybrid_auth.configure", *OWN).total("changed") == 0

    audited = play(lab, "sfb.hybrid_auth.audit", *OWN)
    assert findings(audited, "credential.own") == ["pass", "pass"], audited.output
    assert sorted(findings(audited, "credential.identifier")) == ["pass", "pass", "warn", "warn"]

    rolled = play(lab, "sfb.hybrid_auth.rotate", *OWN)
    assert rolled.code == 0, rolled.output
    assert [there[:1] for there in keys(lab)] == strangers

    removed = play(lab, "sfb.hybrid_auth.remove", "-e", "trust_remove_confirm=contoso", *OWN)
    assert removed.code == 0, removed.output
    assert keys(lab) == strangers
    assert "but it holds another one" in " ".join(removed.output.split())
