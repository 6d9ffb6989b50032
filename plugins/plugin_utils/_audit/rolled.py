# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would be read once a staged certificate signs, where nothing else changes. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none


def rolled(facts: Facts) -> Facts | None:
    """The facts of the effective date of the roll that is staged; None where none is, or its date is not known or over."""
    following = facts.lead.following()
    effective = None if isinstance(following, Unknown) or following is None else time_or_none(following.get("effective_date"))
    if effective is None or effective <= facts.now:
        return None
    return replace(facts, now=effective, servers=tuple(_then(server, effective) for server in facts.servers))


def _then(server: Server, now: datetime) -> Server:
    """The server as it is at that time."""
    if isinstance(server.read, Unknown):
        return server
    signing: Mapping[str, Any] = server.read.get("signing") or {}
    following = signing.get("next")
    begin = time_or_none(following.get("effective_date")) if following else None
    if begin is None or begin > now:
        return server
    signs = {"current": following, "next": None, "previous": signing.get("current")}
    read: FarmReading = cast("FarmReading", {**server.read, "certificate": following, "signing": signs})
    return replace(server, read=read)
