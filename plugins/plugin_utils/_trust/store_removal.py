# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of earlier rolls that are named to leave the servers' stores with their keys: what goes, what keeps them there. Private.

A key that is gone cannot be brought back, so everything that may still need it is an obstacle, and then none goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import NamedCertificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Obstacle, Reading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Verdict
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_table import Standing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none, utc_text

VARIABLE = "trust_rotation_remove_from_store"
_TAKE_OUT = f"Take it out of {VARIABLE}"
_FORGET = (
    f"{_TAKE_OUT}, let the farm forget it with trust_rotation_remove_previous once the overlap is over, and name it again when every "
    "server has forgotten it."
)


@dataclass(frozen=True)
class StoreRemoval:
    """What leaves the stores. servers: the thumbprints by the name of the server that has them. ends: of each, where it is known."""

    servers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ends: Mapping[str, datetime | None] = field(default_factory=dict)

    def told(self, standings: Sequence[Standing]) -> tuple[Standing, ...]:
        """The table of the farm's certificates with those that leave, which are in no store after the run."""
        counts = {one: sum(one in gone for gone in self.servers.values()) for one in self.ends}
        leaving = (
            Standing(one, f"removed from {count} store{'' if count == 1 else 's'}", (), None, self.ends[one], None, None)
            for one, count in counts.items()
        )
        return (*standings, *leaving)


@dataclass(frozen=True)
class Around:
    """What may still need a certificate. keep: the entries that service principals have after the run. now: the server's clock, aware.

    coming: why a certificate is about to be used, by thumbprint. overlap: how long what signed before stays in use.
    """

    keep: Sequence[Verdict]
    neighbours: Neighbours
    coming: Mapping[str, str]
    overlap: timedelta
    now: datetime


def decide(named: Sequence[str], deployment: Deployment, around: Around) -> tuple[StoreRemoval, list[Obstacle]]:
    """What leaves which store, and what keeps it there; with an obstacle nothing leaves.

    named: thumbprints in upper case. One that no server has is in place, whatever it is used for.
    """
    if not named:
        return StoreRemoval(), []
    stores = {member: _told(reading) for member, reading in deployment.read.items()}
    servers: dict[str, list[str]] = {}
    ends: dict[str, datetime | None] = {}
    for member, store in stores.items():
        for one in (store or {}).values():
            if one["found"] and one["thumbprint"] in named:
                servers.setdefault(member, []).append(one["thumbprint"])
                ends[one["thumbprint"]] = time_or_none(one["not_after"])
    obstacles = [_unknown(member, deployment.read[member]) for member, store in stores.items() if store is None]
    if ends and deployment.unchecked:
        obstacles.append(
            Obstacle(
                deployment.subject,
                f"{', '.join(ends)} would be removed from the stores ({VARIABLE}), but {', '.join(deployment.unchecked)} was not read in "
                "this run, so what it signs with is not known.",
                "Run on all servers of the deployment, without --limit.",
            )
        )
    for thumbprint, end in ends.items():
        about = _Named(thumbprint, end, deployment, around)
        obstacles += about.obstacles(stores)
    return (StoreRemoval() if obstacles else StoreRemoval(servers, ends)), obstacles


def _told(reading: Reading) -> dict[str, NamedCertificate] | None:
    """What the server told of the named certificates, by thumbprint; None where it told nothing of its store."""
    if "named_certificates" not in reading:
        return None
    return {one["thumbprint"]: one for one in reading["named_certificates"]}


def _unknown(member: str, reading: Reading) -> Obstacle:
    if reading["endpoint"] == "restricted":
        return Obstacle(
            member,
            f"{member} is reached through a restricted endpoint, where no script may run, so nothing can be removed from its store "
            f"({VARIABLE}).",
            "Remove the certificates there by hand (Remove-Item Cert:\\LocalMachine\\My\\<thumbprint> -DeleteKey), and take them out of "
            f"{VARIABLE}.",
        )
    why = reading["unknown"].get("certificate") or "the reading has no named_certificates"
    problem = f"{member}: whether its store has the certificates that {VARIABLE} names was not read ({why})."
    return Obstacle(member, problem, "Give onprem_info store_thumbprints, with the certificate gathered, and run again.")


@dataclass(frozen=True)
class _Named:
    """A certificate that is named and that a server has."""

    thumbprint: str
    end: datetime | None
    deployment: Deployment
    around: Around

    def obstacles(self, stores: Mapping[str, Mapping[str, NamedCertificate] | None]) -> Iterator[Obstacle]:
        """All that may still need it, each with the servers, the principal or the deployment and what to do."""
        servers: dict[tuple[str, str], list[str]] = {}
        for member, reading in self.deployment.read.items():
            for reason in self._on_server(reading, stores[member] or {}):
                servers.setdefault(reason, []).append(member)
        for (why, remedy), members in servers.items():
            yield self._stays(", ".join(members), why, remedy)
        yield from self._in_tenant()
        if self.thumbprint in self.around.coming:
            yield self._stays(self.deployment.subject, self.around.coming[self.thumbprint], f"{_TAKE_OUT}.")
        used = self.around.neighbours.use(self.thumbprint, None, self.around.now)
        if used:
            yield self._stays(self.deployment.subject, used, f"{_TAKE_OUT} until that deployment has rolled.")
        lost = ", ".join(self.around.neighbours.lost)
        if lost:
            why = f"whether deployment {lost} signs with it was not read"
            yield self._stays(self.deployment.subject, why, "See why its servers were not read, and run again.")

    def _on_server(self, reading: Reading, store: Mapping[str, NamedCertificate]) -> Iterator[tuple[str, str]]:
        """Why it stays by what a server told, each with what to do."""
        role = usable.farms_certificates([reading]).get(self.thumbprint)
        others = (
            [one for one in store[self.thumbprint]["uses"] if one != "OAuthTokenIssuer" or not role] if self.thumbprint in store else []
        )
        if role:
            yield f"it {role} there", _FORGET if role == "signed before" else f"{_TAKE_OUT}."
        if others:
            problem = f"the server has it assigned, or had it before, for {', '.join(others)}"
            yield problem, f"Assign another certificate for that use there, or take it out of {VARIABLE}."
        if not role and (why := self._overlaps(reading)):
            yield why, f"{_TAKE_OUT} until then."

    def _overlaps(self, reading: Reading) -> str | None:
        """Why what signed before the certificate that signs there may be in use."""
        signing, now = reading["signing"], self.around.now
        current, following = signing["current"], signing["next"]
        since = time_or_none(current["effective_date"]) if current else None
        over = shifted(since, self.around.overlap) if since else None
        if over and over > now:
            return f"tokens of what signed before may be in use until {utc_text(over)}, when the overlap is over"
        if over or (self.end and self.end <= now):
            return None
        if following:
            return f"a roll is pending there until {following['effective_date']}, and since when the present certificate signs is not told"
        if signing["previous"]:
            text = utc_text(self.end) if self.end else "a date that is not known"
            return f"since when the present certificate signs there is not told, so it may be in use until it expires on {text}"
        return None

    def _in_tenant(self) -> Iterator[Obstacle]:
        for verdict in self.around.keep:
            key = verdict.key
            if self.thumbprint not in (key.thumbprint, key.claimed if key.thumbprint is None else None):
                continue
            problem = f"{verdict.principal.label} still holds it with key credential {key.label}: {verdict.reason}"
            remedy = (
                f"{_TAKE_OUT} until {utc_text(verdict.until)}."
                if verdict.until
                else f"Have the key credential removed first ({verdict.remedy}), or take it out of {VARIABLE}."
                if verdict.remedy
                else f"{_TAKE_OUT}, or remove the key credential first (trust_rotation_remove_thumbprints)."
            )
            yield self._stays("tenant", problem, remedy)

    def _stays(self, subject: str, why: str, remedy: str) -> Obstacle:
        return Obstacle(subject, f"{subject}: {self.thumbprint} cannot be removed from the stores ({VARIABLE}): {why}.", remedy)
