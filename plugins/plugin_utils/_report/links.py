# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of the trust that a report draws, each with the state that the findings about it give. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Link:
    """A part of the trust. about: the areas of findings that tell its state. source and target: names of places.

    whole: it holds only where everything was checked, so one check that was not made leaves it unknown.
    """

    id: str
    title: str
    source: str
    target: str
    about: tuple[str, ...]
    whole: bool = False


FARM, AUTHORIZATION, PRINCIPALS, EXCHANGE = "Front Ends", "Authorization server", "Service principals", "Exchange Online"

# In the order in which the documented procedure makes them:
# https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
LINKS = (
    Link("farm", "The farm signs with one certificate", FARM, FARM, ("certificate", "roll", "replication", "clock")),
    Link("oauth_server", "The farm trusts the authorization server", FARM, AUTHORIZATION, ("oauth_server",)),
    Link("credential", "The tenant holds the farm's certificate and names", FARM, PRINCIPALS, ("credential", "names")),
    Link("principal", "The tenant has the service principals, enabled", AUTHORIZATION, PRINCIPALS, ("principal",)),
    Link("partner", "Exchange Online is a partner of the farm", FARM, EXCHANGE, ("partner_application", "oauth_configuration")),
    Link("proof", "The farm gets a token, and Exchange Online takes it", PRINCIPALS, EXCHANGE, ("proof",), whole=True),
)


def area(finding_id: str) -> str:
    """The area in the id of a finding, which is <area>.<slug>."""
    return finding_id.partition(".")[0]


def state(statuses: Sequence[str], *, whole: bool = False) -> str:
    """pass, warn, fail, or unknown where nothing was checked, of findings with these statuses. whole: as in Link."""
    order = ("fail", "warn", "skip", "pass") if whole else ("fail", "warn", "pass")
    found = next((status for status in order if status in statuses), "skip")
    return "unknown" if found == "skip" else found


def links(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each link with id, title, from, to, state and the counts of the findings about it."""
    shape = []
    for link in LINKS:
        statuses = [str(finding["status"]) for finding in findings if area(str(finding["id"])) in link.about]
        shape.append(
            {
                "id": link.id,
                "title": link.title,
                "from": link.source,
                "to": link.target,
                "state": state(statuses, whole=link.whole),
                "counts": {status: statuses.count(status) for status in ("pass", "fail", "warn", "skip")},
            }
        )
    return shape
