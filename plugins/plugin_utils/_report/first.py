# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do first: the most pressing of what a report found, in a few lines. Private to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import clipped
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import NOT_IN_THE_RUN, SEVERITIES, undecided
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural

_LONGEST, _LONGEST_REMEDY = 90, 190
_VARIABLE = re.compile(r"\btrust_\w+")
_UNSTOPPED = "First see to what stops the run."


@dataclass(frozen=True)
class Action:
    """state: the sign that it has. what: what is the case. about: of what. remedy: what to do. deployments: where, in words.

    stops: whether the run that the remedy names would stop.
    """

    state: str
    deployments: str
    what: str
    about: str
    remedy: str
    stops: bool = False


def actions(deployments: Sequence[Mapping[str, Any]]) -> list[Action]:
    """What needs something done, the most pressing first, and what is the same in several deployments once.

    It is what was not read, what stops a run, what failed, what a run would change, and the warnings of high severity.
    """
    groups: dict[tuple[int, str, str], list[Action]] = {}
    for one in deployments:
        for rank, action in _of(one):
            groups.setdefault((rank, action.what, action.remedy), []).append(action)
    return [_merged(listed) for _key, listed in sorted(groups.items(), key=lambda item: item[0][0])]


def _merged(listed: Sequence[Action]) -> Action:
    first, *others = listed
    if any(one.stops for one in listed):
        first = replace(first, remedy=f"{_UNSTOPPED} {first.remedy}")
    names = list(dict.fromkeys(one.deployments for one in listed))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    if not others:
        return first
    return replace(first, deployments=f"{first.deployments}{more}", about="" if more else f"{first.about} and {len(others)} more")


def _of(one: Mapping[str, Any]) -> Iterator[tuple[int, Action]]:
    """Each with its rank."""
    name = one["name"]
    for error in one["errors"]:
        yield 0, _action("fail", name, "It could not be read", error["subject"], error["message"])
    if one["unchecked"]:
        yield 0, _action("unknown", name, "It was not checked", ", ".join(one["unchecked"]), NOT_IN_THE_RUN)
    for finding in undecided(one["errors"], one["findings"]):
        remedy = str(finding["actual"]).removeprefix("not known: ")
        yield 0, _action("unknown", name, f"Not checked: {finding['title']}", str(finding["subject"]), f"{remedy[:1].upper()}{remedy[1:]}.")
    if one["obstacle"]:
        yield 1, _action("fail", name, "A run would stop before its first change", "", one["obstacle"])
    failed, warned = len(SEVERITIES) + 3, len(SEVERITIES) + 4
    for severity, listed in _grouped(one["findings"], "fail"):
        yield 2 + SEVERITIES.index(severity), _finding("fail", name, listed, stops=bool(one["obstacle"]))
    if one["differences"]:
        titles = ", ".join(step["title"] for step in one["differences"])
        remedy = "" if one["obstacle"] else "Run sfb.hybrid_auth.configure, first with --check --diff, which shows each change."
        yield failed, _action("fail", name, f"A run would change {plural(len(one['differences']), 'part')}", titles, remedy)
    for severity, listed in _grouped(one["findings"], "warn"):
        if severity in SEVERITIES[:2]:
            yield warned + SEVERITIES.index(severity), _finding("warn", name, listed, stops=bool(one["obstacle"]))


def _grouped(findings: Sequence[Mapping[str, Any]], status: str) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The findings of a status that say the same of several subjects, with their severity; the severest first."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in findings:
        if one["status"] == status:
            groups.setdefault((one["severity"], one["id"], one["heading"]), []).append(one)
    yield from ((key[0], listed) for key, listed in sorted(groups.items(), key=lambda item: SEVERITIES.index(item[0][0])))


def _finding(state: str, deployment: str, listed: Sequence[Mapping[str, Any]], *, stops: bool) -> Action:
    """stops: whether a run of configure would stop before its first change."""
    first, more = listed[0], len(listed) - 1
    about = clipped(str(first["subject"]), _LONGEST) + (f" and {more} more" if more else "")
    remedy = str(first["remedy"])
    told = _action(state, deployment, str(first["heading"]), about, remedy)
    return replace(told, stops=stops and "sfb.hybrid_auth.configure" in remedy)


def _action(state: str, deployment: str, what: str, about: str, remedy: str) -> Action:
    return Action(state, deployment, clipped(what, _LONGEST), clipped(about, _LONGEST + 20), _brief(remedy))


def _brief(remedy: str) -> str:
    """The first sentences of it, as many as there is room for; the whole stands beside the finding.

    The sentence that names the role's variable is told too, wherever it stands: it is what to do.
    """
    line = " ".join(remedy.split())
    end = line.rfind(". ", 0, _LONGEST_REMEDY) + 1
    brief = line[:end] if end and len(line) > _LONGEST_REMEDY else clipped(line, _LONGEST_REMEDY)
    if brief == line or _VARIABLE.search(brief):
        return brief
    does = next((one for one in re.split(r"(?<=\.) (?=[A-Z])", line) if _VARIABLE.search(one)), None)
    if does is None:
        return brief
    before = brief if end else clipped(line.partition(does)[0], _LONGEST)
    return clipped(f"{before} {does}".strip(), _LONGEST + 2 * _LONGEST_REMEDY)
