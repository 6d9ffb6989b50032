# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a report as the template writes it down: every decision and every word is made here. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import rows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.drawing import Map, Timeline, timeline, trust_map
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.facts import folds
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.first import Action, actions
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.headline import state
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.provenance import lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.tables import (
    Fold,
    Table,
    calendar_table,
    certificate_table,
    finding_table,
    link_table,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import (
    NOT_IN_THE_RUN,
    counted,
    icon,
    minute,
    undecided,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time

# What the first page has room for on paper.
_MOST_ACTIONS, _MOST_DAYS, _MOST_DEPLOYMENTS = 5, 5, 3
_STATUS_WORDS = {"fail": "Failed", "warn": "Warning", "skip": "Not checked", "pass": "Passed"}
_PARTS = (
    ("map", "The trust"),
    ("findings", "Findings"),
    ("changes", "What a run would change"),
    ("certificates", "Certificates"),
    ("facts", "What was read"),
)


@dataclass(frozen=True)
class Finding:
    """heading: what is the case. wanted: what is to be, empty where that is the same."""

    id: str
    state: str
    status: str
    severity: str
    heading: str
    wanted: str
    subject: str
    expected: str
    actual: str
    remedy: str


@dataclass(frozen=True)
class FindingFold:
    """Findings that need nothing to be done, folded: summary says how many."""

    summary: str
    table: Table


@dataclass(frozen=True)
class Deployment:
    anchor: str
    parts: tuple[tuple[str, str], ...]
    name: str
    state: str
    verdict: str
    counts: str
    time: str
    time_text: str
    errors: tuple[tuple[str, str], ...]
    obstacle: str
    differences: tuple[tuple[str, tuple[str, ...]], ...]
    no_difference: str
    warnings: tuple[str, ...]
    map: Map
    links: Table
    timeline: Timeline
    certificates: Table
    findings: tuple[Finding, ...]
    no_finding: str
    folded: tuple[FindingFold, ...]
    facts: tuple[Fold, ...]


@dataclass(frozen=True)
class Count:
    state: str
    number: int
    word: str


@dataclass(frozen=True)
class Listed:
    """A deployment as the page's head names it."""

    anchor: str
    name: str
    state: str
    verdict: str
    counts: str


@dataclass(frozen=True)
class Cover:
    """The page but for what it says of each deployment."""

    title: str
    state: str
    verdict: str
    summary: str
    time: str
    time_text: str
    counts: tuple[Count, ...]
    deployments: tuple[Listed, ...]
    more_deployments: str
    actions: tuple[Action, ...]
    more_actions: str
    calendar: Table | None
    no_calendar: str
    more_dates: str
    provenance: tuple[tuple[str, str], ...]
    ending_soon_days: int
    schema_version: str


@dataclass(frozen=True)
class Page:
    cover: Cover
    deployments: tuple[Deployment, ...]


def page(document: Mapping[str, Any]) -> Page:
    """The page for a report's document."""
    articles = [deployment(index, one, document["ending_soon_days"]) for index, one in enumerate(document["deployments"])]
    return Page(cover(document), tuple(articles))


def cover(document: Mapping[str, Any]) -> Cover:
    """The page's cover. What was read of a deployment and its certificates are not looked at."""
    counts, deployments = document["counts"], document["deployments"]
    todo, days = actions(deployments), rows(deployments)
    return Cover(
        title=document["title"],
        state=state(document["verdict"], document["headline"]),
        verdict=document["headline"],
        summary=_summary(deployments),
        time=document["generated"],
        time_text=minute(document["generated"]),
        counts=(
            Count("fail", counts["fail"], "failed"),
            Count("warn", counts["warn"], "warning" if counts["warn"] == 1 else "warnings"),
            Count("unknown", counts["skip"], "not checked"),
            Count("pass", counts["pass"], "passed"),
        ),
        deployments=tuple(
            Listed(_anchor(index), one["name"], state(one["verdict"], one["headline"]), one["headline"], counted(one["counts"]))
            for index, one in enumerate(deployments)
        ),
        more_deployments=_more(len(deployments) - _MOST_DEPLOYMENTS, "deployment"),
        actions=tuple(todo[:_MOST_ACTIONS]),
        more_actions=_more(len(todo) - _MOST_ACTIONS, "matter"),
        calendar=calendar_table(days[:_MOST_DAYS], several=len(deployments) > 1) if days else None,
        no_calendar="" if days else "No date was read that changes this verdict.",
        more_dates=_more(len(days) - _MOST_DAYS, "day"),
        provenance=lines(document),
        ending_soon_days=document["ending_soon_days"],
        schema_version=document["schema_version"],
    )


def _summary(deployments: Sequence[Mapping[str, Any]]) -> str:
    """The verdict in sentences: what holds, and where it does not, why."""
    good = sum(bool(one["compliant"]) for one in deployments)
    total = len(deployments)
    parts = [
        "The trust is as it should be: no check failed and a run would change nothing."
        if good == total
        else f"{good} of {plural(total, 'deployment')} {'is' if good == 1 else 'are'} compliant."
        if total > 1
        else ""
    ]
    failed = sum(one["counts"]["fail"] for one in deployments)
    changes = sum(len(one["differences"]) for one in deployments)
    stopped = sum(one["obstacle"] is not None for one in deployments)
    unread = sum(len(one["errors"]) + len(one["unchecked"]) + len(undecided(one["errors"], one["findings"])) for one in deployments)
    warned = sum(one["counts"]["warn"] for one in deployments)
    parts += [f"{plural(failed, 'check')} failed."] if failed else []
    parts += [f"A run would change {plural(changes, 'part')}."] if changes else []
    parts += [f"A run would stop in {plural(stopped, 'deployment')}."] if stopped else []
    parts += [f"{plural(unread, 'thing')} could not be read, so this audit is not complete."] if unread else []
    parts += [f"{plural(warned, 'warning')} to look at."] if warned else []
    return " ".join(part for part in parts if part)


def _more(number: int, one: str) -> str:
    return f"And {plural(number, f'more {one}')}." if number > 0 else ""


def _anchor(index: int) -> str:
    return f"deployment-{index + 1}"


def deployment(index: int, one: Mapping[str, Any], ending_soon_days: int) -> Deployment:
    """What the page says of one of the document's deployments. index: its place there."""
    anchor = _anchor(index)
    findings = [_finding(finding) for finding in one["findings"]]
    return Deployment(
        anchor=anchor,
        parts=tuple((f"{anchor}-{part}", title) for part, title in _PARTS),
        name=one["name"],
        state=state(one["verdict"], one["headline"]),
        verdict=one["headline"],
        counts=counted(one["counts"]),
        time=one["time"],
        time_text=minute(one["time"]),
        errors=(
            *((error["subject"], error["message"]) for error in one["errors"]),
            *((server, NOT_IN_THE_RUN) for server in one["unchecked"]),
            *((found["subject"], found["actual"]) for found in undecided(one["errors"], one["findings"])),
        ),
        obstacle=one["obstacle"] or "",
        differences=tuple((step["title"], _done(step)) for step in one["differences"]),
        no_difference="" if one["differences"] or one["obstacle"] else _no_difference(one),
        warnings=tuple(one["warnings"]),
        map=trust_map(one),
        links=link_table(one["links"]),
        timeline=timeline(one, parse_time(one["time"]), ending_soon_days),
        certificates=certificate_table(one["certificates"]),
        findings=tuple(finding for finding in findings if finding.state in ("fail", "warn")),
        no_finding="No check failed and none warns." if findings else "Nothing was checked.",
        folded=tuple(
            FindingFold(f"{len(chosen)} {word}", finding_table(f"Checks: {word}", chosen))
            for status, word in (("skip", "not checked"), ("pass", "passed"))
            if (chosen := [finding for finding in one["findings"] if finding["status"] == status])
        ),
        facts=tuple(folds(one)),
    )


def _done(step: Mapping[str, Any]) -> tuple[str, ...]:
    return (*step["operations"], *(f"loses {loss}" for loss in step["losses"]))


def _no_difference(one: Mapping[str, Any]) -> str:
    return "What a run would change is not known." if one["errors"] else "A run would change nothing."


def _finding(finding: Mapping[str, Any]) -> Finding:
    return Finding(
        id=finding["id"],
        state=icon(finding["status"]),
        status=_STATUS_WORDS[finding["status"]],
        severity=finding["severity"],
        heading=finding["heading"],
        wanted="" if finding["title"] == finding["heading"] else finding["title"],
        subject=finding["subject"],
        expected=shown(finding["expected"]),
        actual=shown(finding["actual"]),
        remedy=finding["remedy"],
    )
