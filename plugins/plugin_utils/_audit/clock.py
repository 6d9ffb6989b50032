# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clocks of servers, controller and tenant, which decide whether a token is valid yet and still. Private to the collection.

Two clocks are compared by what each showed while the controller looked at its own; half of the call's duration is not known, and
each time is told to the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, Server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

SERVER = Rule(
    "clock.server",
    "The server's clock agrees with the controller's",
    "medium",
    ("fail",),
    "Dates of certificates and rolls are judged by both.",
    sources.CLOCK_SKEW,
    otherwise="The server's clock differs from the controller's",
)
TENANT = Rule(
    "clock.tenant",
    "The tenant's clock agrees with the controller's",
    "medium",
    ("fail",),
    "The controller signs in with assertions that carry its time.",
    sources.CLOCK_SKEW,
    otherwise="The tenant's clock differs from the controller's",
)
SERVER_TENANT = Rule(
    "clock.server_tenant",
    "The server's clock agrees with the tenant's",
    "high",
    ("fail",),
    "Tokens carry the time of the one and are checked by the clock of the other; beyond five minutes they are refused.",
    sources.CLOCK_SKEW,
    otherwise="The server's clock differs from the tenant's",
)
RULES = (SERVER, TENANT, SERVER_TENANT)

_RESOLUTION_SECONDS = 1.0
_SET = "Set the clock: w32tm /resync on the server, and look for its source with w32tm /query /status."


@dataclass(frozen=True)
class _Ahead:
    """Seconds that another clock is ahead of the controller's, and by how much that may be off."""

    seconds: float
    uncertainty: float

    def minus(self, other: _Ahead) -> _Ahead:
        return _Ahead(self.seconds - other.seconds, self.uncertainty + other.uncertainty)


def check(facts: Facts) -> Iterator[Finding]:
    cloud = facts.cloud
    tenant = cloud if isinstance(cloud, Unknown) else _ahead(cloud.get("tenant_time"), cloud, "the tenant's time was not read")
    yield _judged(TENANT, facts, facts.subject, tenant, "Set the controller's clock, for example with chrony.")
    for server in facts.servers:
        ahead = _server(server)
        yield _judged(SERVER, facts, server.name, ahead, _SET)
        both = ahead if isinstance(ahead, Unknown) else tenant if isinstance(tenant, Unknown) else ahead.minus(tenant)
        yield _judged(SERVER_TENANT, facts, server.name, both, _SET)


def _server(server: Server) -> _Ahead | Unknown:
    clock = server.part("server")
    if isinstance(server.read, Unknown):
        return server.read
    if isinstance(clock, Unknown):
        return clock
    return _ahead(clock.get("time"), server.read, "its time was not read")


def _ahead(other: object, asked: Object, why: str) -> _Ahead | Unknown:
    there, here, uncertainty = time_or_none(other), time_or_none(asked.get("controller_time")), asked.get("clock_uncertainty")
    if there is None:
        return Unknown(why)
    if here is None or not isinstance(uncertainty, (int, float)) or uncertainty < 0:
        return Unknown("when the controller asked was not kept")
    return _Ahead((there - here).total_seconds(), float(uncertainty) + _RESOLUTION_SECONDS)


def _judged(rule: Rule, facts: Facts, subject: str, ahead: _Ahead | Unknown, remedy: str) -> Finding:
    if isinstance(ahead, Unknown):
        return rule.unknown(subject, ahead.why)
    limit, apart = facts.expected.clock_limit_seconds, abs(ahead.seconds)
    text = f"{apart:.0f} seconds {'ahead' if ahead.seconds >= 0 else 'behind'}, give or take {ahead.uncertainty:.0f}"
    right: bool | Unknown = Unknown(f"{text}, which is too uncertain for a limit of {limit}")
    if apart + ahead.uncertainty <= limit:
        right = True
    elif apart - ahead.uncertainty > limit:
        right = False
    return rule.judged(right, subject, f"{limit} seconds at most", text, remedy)
