# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a report comes from: what read it, as what, from where and for how long. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import minute
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import text, text_or_none
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.versions import ansible_core, collection

_MOST_SERVERS = 6


def of_report() -> dict[str, Any]:
    """What made the report."""
    return {"collection": collection(), "ansible_core": ansible_core()}


def of_deployment(
    given: Mapping[str, Any], onprem: Sequence[Mapping[str, Any]], cloud: Mapping[str, Any] | None, moment: datetime
) -> dict[str, Any]:
    """Where a deployment's audit comes from. given: the option provenance of its audit. moment: when it was judged, aware.

    began: when the controller asked first, None where no reading tells; seconds: from then to the moment.
    """
    asked = [time for one in (*onprem, cloud or {}) if (time := time_or_none(one.get("controller_time"))) and time <= moment]
    began = min(asked, default=None)
    named = given.get("servers") or [one.get("inventory_name") or (one.get("server") or {}).get("name") for one in onprem]
    return {
        "servers": [text(name) for name in named if name],
        "signed_in_as": text_or_none(given.get("signed_in_as")),
        "auth_source": text_or_none(given.get("auth_source")),
        "tenant": text_or_none(given.get("tenant")),
        "tenant_id": text_or_none((cloud or {}).get("tenant_id")),
        "began": utc_text(began) if began else None,
        "seconds": (moment - began) // timedelta(seconds=1) if began else None,
    }


def lines(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the page's first page says of it: a name and a value each."""
    made = document["provenance"]
    deployments: Iterable[Mapping[str, Any]] = [one["provenance"] for one in document["deployments"]]
    servers = [name for one in deployments for name in one["servers"]]
    return tuple(
        (name, value)
        for name, value in (
            ("Made on", minute(document["generated"])),
            ("Made by", f"sfb.hybrid_auth {made['collection'] or 'of unknown version'}, ansible-core {made['ansible_core']}"),
            ("Signed in as", _joined(one["signed_in_as"] or one["auth_source"] for one in deployments)),
            ("Tenant", _joined(_tenant(one) for one in deployments)),
            ("Servers", _servers(servers)),
            ("Read in", _joined(plural(one["seconds"], "second") if one["seconds"] is not None else None for one in deployments)),
        )
        if value
    )


def _tenant(one: Mapping[str, Any]) -> str | None:
    named, known = one["tenant"], one["tenant_id"]
    return f"{named} ({known})" if named and known and named.lower() != known.lower() else known or named


def _joined(values: Iterable[str | None]) -> str:
    found = list(dict.fromkeys(value for value in values if value))
    shown = "; ".join(found[:_MOST_SERVERS])
    return f"{shown}; and {len(found) - _MOST_SERVERS} more" if len(found) > _MOST_SERVERS else shown


def _servers(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_SERVERS])
    return f"{shown} and {len(names) - _MOST_SERVERS} more" if len(names) > _MOST_SERVERS else shown
