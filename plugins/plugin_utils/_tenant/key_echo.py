# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the keys of entries that stay survive a PATCH, and how they come back where they do not. Private to the collection.

An entry that stays is sent back with its key null. Microsoft publishes scripts that rely on this
(https://learn.microsoft.com/windows-server/identity/ad-fs/operations/configure-ad-fs-and-azure-mfa), and says nowhere that the key is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal

# What a new entry takes; the rest of an old one is Graph's own.
_NEW = ("type", "usage", "displayName", "startDateTime", "endDateTime")


def staying(plan: PrincipalPlan) -> dict[str, str]:
    """The keys that were read and that are to stay, by the id of their entry."""
    if plan.echo is None:
        return {}
    kept = {key.key_id for key in plan.predicted.keys}
    return {key.key_id: key.key for key in plan.principal.keys if key.key_id and key.key_id in kept and key.key}


def possible(plan: PrincipalPlan) -> bool:
    """Whether the plan has a body in which the keys that stay are themselves."""
    return plan.echo is not None and bool(staying(plan))


def wiped(plan: PrincipalPlan, found: ServicePrincipal) -> dict[str, str]:
    """Those of staying() whose entry is there without its key."""
    there = {key.key_id: key.key for key in found.keys}
    return {key_id: key for key_id, key in staying(plan).items() if key_id in there and there[key_id] is None}


def bodies(plan: PrincipalPlan, found: ServicePrincipal, keys: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What to send, one after the other until one is taken: each key in its entry, or a new entry in the place of each that lost it."""
    known = staying(plan) | dict(keys)
    whole = [{**key.stored, "key": keys.get(str(key.key_id)) or key.key or known.get(str(key.key_id))} for key in found.keys]
    yield {"keyCredentials": whole}
    new = [
        {**{name: entry[name] for name in _NEW if entry.get(name)}, "key": entry["key"]} if entry.get("keyId") in keys else entry
        for entry in whole
    ]
    yield {"keyCredentials": new}
