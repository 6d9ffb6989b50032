# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Front Ends that the farm itself tells of and that this run does not have, as a slice of a job lacks them. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Reading, Unread


def absent_front_ends(lead: str, readings: Mapping[str, Reading | Unread]) -> list[str]:
    """The names that the topology has and no member. readings: of every member.

    Nothing where a member was not read or did not tell its name: the inventory may have it under another name, so it may be one of them.
    """
    leading = readings.get(lead)
    listed = None if leading is None or isinstance(leading, Unread) else leading.get("front_ends")
    if not listed:
        return []
    known: set[str] = set()
    for member, reading in readings.items():
        name = None if isinstance(reading, Unread) else reading["server"]["name"]
        if not name:
            return []
        known |= {one.lower().partition(".")[0] for one in (member, str(name))}
    return [one["name"] for one in listed if one["name"].partition(".")[0] not in known]
