# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that others filled with anything: a farm that is right beside one is decided, judged and reported in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import from_graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe
from tests.lab.states import audit as states

from ..support import NOW
from ..tenant.test_odd_principals import principals
from . import test_odd_farms
from .test_odd_farms import SETTINGS, follow

read = test_odd_farms.read

DEDICATED = "10000000-0000-4000-8000-000000000000"


def shown(entry: dict[str, Any]) -> Any:
    """The principal as sp_info returns it."""
    return json.loads(json.dumps(safe(from_graph(entry).info(NOW))))


@given(
    skype=principals(states.SKYPE), exchange=principals(states.EXCHANGE), dedicated=principals(DEDICATED), chosen=st.sampled_from(SETTINGS)
)
@settings(max_examples=30)
def test_whatever_a_tenant_holds_is_decided_judged_and_reported(
    read: Any,
    skype: Any,
    exchange: Any,
    dedicated: Any,
    chosen: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    answer, other, cloud = read
    path = tmp_path_factory.getbasetemp() / "odd tenants"
    path.mkdir(exist_ok=True)
    tenant = {**cloud, "service_principals": [shown(skype), shown(exchange)], "dedicated_applications": [shown(dedicated)]}
    follow((answer, other, tenant), {}, chosen, path)
