# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who works for a deployment: its servers in this run, the one that does the work, those that nobody checked. Private to the collection.

Servers are named as the inventory names them. Linear in the number of servers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

# Strategies in which every server of a batch ends a task before any begins the next. Those of others are named after linear.
_IN_STEP = ("linear", "debug")
# What may differ between the servers of one deployment: how each is reached. The last are made from these and from what is compared.
_OF_A_SERVER = ("management_modules", "endpoint", "hosts")


class Deployment(TypedDict):
    """Who works for one deployment.

    lead: does what belongs to the deployment.
    members: servers that this run has, or had until they failed or could not be reached, in the order of the play.
    batch: the members that are at work now, in the order of the batch.
    lost: the members that failed or could not be reached.
    unchecked: servers that the inventory or trust_front_ends knows and that are not members; with --limit and none known, one sentence.
    later: those of them that a later batch of the play has.
    missing: those of them that the inventory does not have, so no run with it can read them.
    """

    lead: str
    members: list[str]
    batch: list[str]
    lost: list[str]
    unchecked: list[str]
    later: list[str]
    missing: list[str]


@dataclass(frozen=True)
class Run:
    """The servers of a play: all, those of this batch, those that neither failed nor could not be reached; and what --limit says."""

    hosts: Sequence[str]
    batch: Sequence[str]
    alive: Sequence[str]
    limit: str | None = None


@dataclass(frozen=True)
class Known:
    """What the inventory says.

    told: the deployment of each server for which the inventory has one; None where it cannot be told.
    group: the servers of which the ones without a deployment of their own belong together.
    front_ends: by deployment, the servers that trust_front_ends names.
    inventory: every host that the inventory has.
    """

    told: Mapping[str, str | None] = field(default_factory=dict)
    group: Sequence[str] = ()
    front_ends: Mapping[str, Sequence[str]] = field(default_factory=dict)
    inventory: Sequence[str] = ()


def check_strategy(strategy: str) -> None:
    """Refuse a strategy in which servers are not at the same task, since then one would write while another is not even read."""
    if strategy.rpartition(".")[2] not in _IN_STEP and not strategy.endswith("linear"):
        raise HybridAuthError(
            f"The play's strategy is {strategy}, in which its servers are not at the same task at the same time. Nothing was contacted.",
            "Set 'strategy: linear' in the play, or unset ANSIBLE_STRATEGY and 'strategy' in ansible.cfg, and run again.",
        )


def check_settings(failed: Iterable[str]) -> None:
    """Refuse to go on where the settings of a server are wrong: of which deployment it is cannot be told."""
    names = list(failed)
    if names:
        raise HybridAuthError(
            f"{', '.join(names)}: the settings are wrong, so nobody knows which deployment the server belongs to. Nothing was contacted.",
            "Correct what the task that checks the settings says there, and run again.",
        )


def check_agreement(settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse servers of one deployment whose settings differ: what belongs to the deployment is done once, with one of them.

    settings: of each server, as trust_settings returns them.
    """
    first: dict[str, str] = {}
    for host, own in settings.items():
        other = first.setdefault(str(own["deployment"]), host)
        # What follows from the variables is among the facts too, and would be named as a variable that there is not.
        named = [name for name in own if f"trust_{name}" in VARIABLES and name not in _OF_A_SERVER]
        differing = [name for name in named if own[name] != settings[other].get(name)]
        if differing:
            variables = ", ".join(f"trust_{name}" for name in differing)
            raise HybridAuthError(
                f"Deployment {own['deployment']}: {other} and {host} have different values of {variables}. Nothing was contacted.",
                "What belongs to a deployment is done once, so give all of its servers the same values (group variables), or give them "
                "different names in trust_deployment where they are different deployments.",
            )


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that differ only in letter case, which one farm would have by mistake."""
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(name.lower(), name)
        if other != name:
            raise HybridAuthError(
                f"trust_deployment is {other!r} on some servers and {name!r} on others. Nothing was contacted.",
                "Give all servers of one deployment the same name.",
            )


def deployments(run: Run, settings: Mapping[str, str], known: Known) -> dict[str, Deployment]:
    """The deployments of this batch by name, in the order of their first servers.

    settings: the deployment of each server whose settings were checked, which are those of this batch and of earlier ones.
    """
    batch: dict[str, list[str]] = defaultdict(list)
    for host in run.batch:
        if host in settings:
            batch[settings[host]].append(host)
    if not batch:
        raise HybridAuthError(
            "No server of this play takes part in a deployment. Nothing was contacted.",
            "Let the play's hosts be the Front Ends, and run the task that checks the settings on each.",
        )
    alive, coming = set(run.alive), set(run.hosts)
    _check_names(batch)
    expected = _expected(batch, settings, known)
    members = _members(run.hosts, alive, settings, expected)
    there = {host.lower() for host in known.inventory}
    found: dict[str, Deployment] = {}
    for name, servers in batch.items():
        everyone = set(members[name])
        seen = {host.lower() for host in (*members[name], *expected[name])}
        named = [host for host in known.front_ends.get(name, ()) if host.lower() not in seen]
        unchecked = [host for host in expected[name] if host not in everyone] + named
        if run.limit and not expected[name] and not named:
            unchecked = [f"every server outside of --limit {run.limit}"]
        found[name] = {
            "lead": servers[0],
            "members": members[name],
            "batch": servers,
            "lost": [host for host in members[name] if host not in alive],
            "unchecked": unchecked,
            "later": [host for host in unchecked if host in coming],
            "missing": [host for host in named if host.lower() not in there],
        }
    return found


def outside_warning(pattern: str, outside: Sequence[str]) -> str:
    """The word that servers of the play are not those that trust_hosts names. pattern: what it is. outside: those servers."""
    return (
        f"trust_hosts is {pattern}, which does not match {', '.join(outside)}, and the play has them all the same: a play has its hosts "
        "before it reads the inventory's variables. Give trust_hosts with -e, or use --limit, if they are not meant."
    )


def _expected(batch: Mapping[str, Sequence[str]], settings: Mapping[str, str], known: Known) -> dict[str, list[str]]:
    """The servers of each deployment as the inventory knows them; what a server's own settings say counts more."""
    told: dict[str | None, list[str]] = defaultdict(list)
    for host, name in known.told.items():
        told[settings.get(host, name)].append(host)
    group = {host: None for host in known.group if host not in known.told}
    expected: dict[str, list[str]] = {}
    for name, servers in batch.items():
        grouped = list(group) if any(host in group for host in servers) else []
        expected[name] = told[name] + told[None] + [host for host in grouped if settings.get(host, name) == name]
    return expected


def _members(
    hosts: Iterable[str], alive: set[str], settings: Mapping[str, str], expected: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The servers of each deployment in this run; one that was lost before its settings were checked is where the inventory puts it."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, servers in expected.items():
        for host in servers:
            places[host].append(name)
    members: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        names = [settings[host]] if host in settings else [] if host in alive else places[host]
        for name in names:
            members[name].append(host)
    return members
