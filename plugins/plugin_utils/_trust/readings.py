# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of a deployment, and what could not be read. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import PrincipalsReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, sentence

Reading = FarmReading
_ONLY_WHAT_SIGNS = "The tenant gets what signs and what is staged, where nothing refuses it; nothing else is done, and nothing is removed."


@dataclass(frozen=True)
class Unread:
    """Something that was asked for and is not known. why: in words, as the task that failed said it."""

    why: str
    unreachable: bool = False

    def remedy(self, server: str, without: str = "leave it out with --limit") -> str:
        """What to do about a server that was not reached; empty where the reason says it. without: how to go on without it, as a clause."""
        if not self.unreachable:
            return ""
        return (
            f"Make {server} reachable (does it run, does its listener answer Test-WSMan, is a firewall between), or {without} where it is "
            "gone for good."
        )


# Why servers were not looked at, by their names, and what to do.
_LATER = (
    "{} would be read in a later batch of the play (serial), after this one has written.",
    "Leave out serial, or let each batch hold whole deployments: the play's hosts in the order of their deployments, and serial with the "
    "numbers of their servers, such as [2, 3]. Run again.",
)
_MISSING = (
    "trust_front_ends names {}, which the inventory of this run does not have, as in a slice of a job of AWX.",
    "Run on all servers of the deployment at once: set the job's slices to 1 and use a job, with a limit, for each deployment; or add the "
    "server to the inventory, or take it out of trust_front_ends where it is gone for good.",
)


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way of a run. subject: the server, or what else it is about. problem, remedy: sentences."""

    subject: str
    problem: str
    remedy: str = ""

    @property
    def text(self) -> str:
        return f"{self.problem} {self.remedy}".strip()

    def shown(self) -> dict[str, str]:
        """The obstacle as results have it."""
        return {"subject": self.subject, "message": self.text}


@dataclass(frozen=True)
class Deployment:
    """The servers of a deployment: the lead, which reads everything, and the other members, which read their certificate.

    unchecked: servers that are known and not in this run, or not yet. later: those of them that a later batch has.
    missing: those of them that the inventory of this run does not have.
    readings: what onprem_info returned, by member.
    """

    name: str
    lead: str
    members: tuple[str, ...]
    unchecked: tuple[str, ...]
    readings: Mapping[str, Reading | Unread]
    later: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def of(self, member: str) -> Reading | Unread:
        return self.readings.get(member) or Unread(f"{member} was not read.")

    @property
    def leading(self) -> Reading | Unread:
        """What the lead read."""
        return self.of(self.lead)

    @property
    def read(self) -> dict[str, Reading]:
        """The members that were read, the lead first."""
        order = dict.fromkeys((self.lead, *self.members))
        return {member: found for member in order if not isinstance(found := self.of(member), Unread)}

    @property
    def unread(self) -> dict[str, Unread]:
        return {member: found for member in self.members if isinstance(found := self.of(member), Unread)}

    @property
    def subject(self) -> str:
        return f"Deployment {self.name}"


@dataclass(frozen=True)
class Tenant:
    """The tenant as it was read. tenant_id: a GUID in lower case. cloud: its name. principals: a result of sp_info.

    refusals: a result of app_policy_info, None where it was not asked.
    """

    tenant_id: str
    cloud: str
    principals: PrincipalsReading
    refusals: Mapping[str, Any] | None = None


def read_or_not(registered: Any, what: str) -> Mapping[str, Any] | Unread:
    """What a task registered, or why it has no result. what: what was to be read, for the message."""
    if not isinstance(registered, Mapping) or registered.get("skipped"):
        return Unread(f"{what} was not read.")
    message = str(registered.get("msg") or "the task failed without a message").strip()
    if registered.get("unreachable"):
        return Unread(sentence(f"{what} could not be reached: {message}"), unreachable=True)
    return Unread(sentence(message)) if registered.get("failed") else registered


def unread_obstacles(deployment: Deployment) -> list[Obstacle]:
    """One for each member that was not read."""
    return [Obstacle(member, unread.why, unread.remedy(member)) for member, unread in deployment.unread.items()]


def unchecked_warnings(deployment: Deployment) -> list[str]:
    """The word that servers of the deployment were not looked at, for every run that writes; none where all were."""
    if not deployment.unchecked:
        return []
    return [
        f"Not checked, since they are not in this run or not in this batch of it: {', '.join(deployment.unchecked)}. "
        "Have them in the inventory, and run without --limit, serial and job slices, to check every server."
    ]


def split_obstacles(deployment: Deployment) -> list[Obstacle]:
    """That servers of the deployment come in a later batch of the play, or in another run: what writes now could not look at them first."""
    found = [(deployment.later, *_LATER), (deployment.missing, *_MISSING)]
    return [
        Obstacle(deployment.subject, f"Deployment {deployment.name}: {problem.format(', '.join(hosts))}", remedy)
        for hosts, problem, remedy in found
        if hosts
    ]


def check_obstacles(name: str, obstacles: Sequence[Obstacle]) -> None:
    """HybridAuthError with all obstacles of the deployment of that name, each remedy once; nothing where there are none."""
    if not obstacles:
        return
    problems, remedies = _told(name, obstacles)
    raise HybridAuthError(problems, remedies, unchanged=True, obstacles=[obstacle.shown() for obstacle in obstacles])


def failure(name: str, obstacles: Sequence[Obstacle], done: str = _ONLY_WHAT_SIGNS) -> str:
    """Why a run fails at its end, which did in spite of the obstacles what keeps the trust; empty where there are none.

    done: what was done all the same, as sentences.
    """
    return " ".join(text for text in (*_told(name, obstacles), done) if text) if obstacles else ""


def _told(name: str, obstacles: Sequence[Obstacle]) -> tuple[str, str]:
    """All problems of the deployment of that name, and each remedy once."""
    problems = dict.fromkeys(obstacle.problem for obstacle in obstacles)
    remedies = dict.fromkeys(obstacle.remedy for obstacle in obstacles if obstacle.remedy)
    return f"Deployment {name}: {' '.join(problem.removeprefix(f'Deployment {name}: ') for problem in problems)}", " ".join(remedies)
