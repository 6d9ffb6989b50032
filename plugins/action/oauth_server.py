# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import CURRENT, OnpremAction, OnpremPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import CLOUD, ONPREM, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError


class ActionModule(OnpremAction):
    """Manage an OAuth server."""

    PART = "oauth_servers"
    RESULT = "oauth_server"
    OBJECT = "OAuth server"
    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **CURRENT,
            "name": {"type": "str", "default": "microsoft.sts"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "tenant_id": {"type": "str"},
            "metadata_url": {"type": "str"},
            "cloud": CLOUD,
            "realm": {"type": "str"},
            "type": {"type": "str"},
            "accept_security_identifier_information": {"type": "bool"},
            "authorization_uri_override": {"type": "str"},
        },
        mutually_exclusive=[("tenant_id", "metadata_url")],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.identity = params["name"].strip()
        if not self.identity:
            raise InvalidOptionError("name", "it is empty", "the OAuth server's identity, such as microsoft.sts")
        self.wanted = oauth_server.wanted(params) if params["state"] == "present" else None
        return self.converge(params, task_vars)

    def plan(self, found: Any, kept: Mapping[str, Any] | None = None) -> OnpremPlan:
        return oauth_server.plan(found, self.identity, self.wanted, kept)

    def find(self, found: Any) -> Mapping[str, Any] | None:
        return oauth_server.find(found, self.identity)
