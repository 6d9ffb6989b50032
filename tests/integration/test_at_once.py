# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs at once on one service principal: make soak does it with more of them and with replicas that are further behind."""

from __future__ import annotations

from pathlib import Path

from tests.soak.at_once import at_once


def test_runs_at_once_on_lagging_replicas_lose_nothing_of_each_other(tmp_path: Path) -> None:
    told = at_once(tmp_path, 3, {"replica_lag": [0, 1]}, pause="0.1")
    assert told.there == told.claimed == {0, 1, 2}, told.outputs
    assert told.foreign
