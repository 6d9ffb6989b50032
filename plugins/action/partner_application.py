# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import CURRENT, OnpremAction, OnpremPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import ONPREM, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError


class ActionModule(OnpremAction):
    """Manage a partner application."""

    PART = "partner_applications"
    RESULT = "partner_application"
    OBJECT = "partner application"
    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **CURRENT,
            "name": {"type": "str", "default": "microsoft.exchange"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "application_id": {"type": "str", "default": EXCHANGE_ONLINE},
            "trust_level": {"type": "str", "choices": ["Full", "Application", "User"], "default": "Full"},
            "use_oauth_server": {"type": "bool"},
            "metadata_url": {"type": "str"},
            "metadata_application_id": {"type": "str"},
            "certificate": {"type": "str"},
            "realm": {"type": "str"},
            "enabled": {"type": "bool"},
            "accept_security_identifier_information": {"type": "bool"},
        },
        mutually_exclusive=[
            ("use_oauth_server", "metadata_url", "certificate"),
            ("metadata_url", "realm"),
            ("metadata_url", "application_id"),
        ],
        required_by={"metadata_application_id": ("metadata_url",)},
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.identity = params["name"].strip()
        if not self.identity:
            raise InvalidOptionError("name", "it is empty", "the partner application's identity, such as microsoft.exchange")
        self.wanted = partner_application.wanted(params, datetime.now(timezone.utc)) if params["state"] == "present" else None
        return self.converge(params, task_vars)

    def plan(self, found: Any, kept: Mapping[str, Any] | None = None) -> OnpremPlan:
        return partner_application.plan(found, self.identity, self.wanted, kept)

    def find(self, found: Any) -> Mapping[str, Any] | None:
        return partner_application.find(found, self.identity)

    def check_written(self, found: Any) -> None:
        if self.wanted is not None:
            partner_application.check_metadata(self.find(found), self.wanted, self._shell.server)

    def back(self, before: Mapping[str, Any] | None, found: Any) -> OnpremPlan:
        return partner_application.back(before, found, self.identity)
