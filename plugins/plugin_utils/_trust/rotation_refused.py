# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant refuses of a roll, told before a certificate is made or written. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Obstacle
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation import Addition, RotationPlan, removal_of


def without(
    plan: RotationPlan,
    told: Mapping[str, Any],
    app_ids: Sequence[str],
    signing: Signing,
    coming: refused.Candidate | None,
    now: datetime,
) -> tuple[RotationPlan, list[Obstacle]]:
    """The plan without what the tenant surely refuses to add, with warnings of what it may refuse; and what stands in the way.

    A service principal that refuses one certificate is given none, so that what is left can be written in one go.

    told: a result of app_policy_info. app_ids: the applications whose service principals are to hold the farm's certificate. coming: the
    certificate that is to follow the one that signs.
    """
    rows = {str(row["thumbprint"]).upper(): row for row in (signing["current"], signing["next"]) if row}
    pending = str(signing["next"]["thumbprint"]).upper() if signing["next"] else None
    asked = [(one, _refusals(told, one, rows, pending, now)) for one in plan.add]
    found = [refusal for _one, refusals in asked for refusal in refusals]
    if coming:
        found += refused.refusals(told, app_ids, coming, now)
    found += refused.of_losses(told, ((one.principal.app_id, removal_of(one), refused.unlock_while()) for one in plan.remove))
    out = {refusal.app_id for _one, refusals in asked for refusal in refusals if refusal.certain}
    add = (replace(one, app_ids=tuple(app_id for app_id in one.app_ids if app_id not in out)) for one in plan.add)
    told_of = (*refused.warnings(found), *plan.warnings)
    return replace(plan, add=tuple(one for one in add if one.app_ids), warnings=told_of), refused.obstacles(found)


def _refusals(
    told: Mapping[str, Any], one: Addition, rows: Mapping[str, Mapping[str, Any]], pending: str | None, now: datetime
) -> list[refused.Refusal]:
    row = rows.get(one.thumbprint)
    return refused.refusals(told, one.app_ids, refused.candidate(row, pending=one.thumbprint == pending), now) if row else []
