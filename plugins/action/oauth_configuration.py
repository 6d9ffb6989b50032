# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_configuration
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import CURRENT, OnpremAction, OnpremPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import ONPREM, Arguments


class ActionModule(OnpremAction):
    """Manage settings of the OAuth configuration."""

    PART = "oauth_configuration"
    RESULT = "oauth_configuration"
    OBJECT = "OAuth configuration"
    identity = "Global"  # there is exactly one
    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **CURRENT,
            "service_name": {"type": "str"},
            "realm": {"type": "str"},
            "exchange_autodiscover_url": {"type": "str"},
            "exchange_autodiscover_allowed_domains": {"type": "list", "elements": "str"},
            "client_authorization_oauth_server": {"type": "str"},
            "client_adal_auth_override": {"type": "str", "choices": ["NoOverride", "Allowed", "Disallowed"]},
        },
        required_one_of=[tuple(oauth_configuration.PARAMETERS)],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.wanted = oauth_configuration.wanted(params)
        return self.converge(params, task_vars)

    def plan(self, found: Any, kept: Mapping[str, Any] | None = None) -> OnpremPlan:
        return oauth_configuration.plan(found, self.wanted)

    def find(self, found: Any) -> Mapping[str, Any] | None:
        return dict(found)
