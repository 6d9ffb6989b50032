# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in a few lines for the terminal. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import rows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import NOT_IN_THE_RUN, counted, undecided
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.closing import certificate_text, closing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told import about

_MOST_DAYS = 5
_ID, _BENEATH = 36, 20  # columns: of an id, and before what stands beneath it


def lines(document: Mapping[str, Any]) -> list[str]:
    """What each deployment has to show, and then the line with which an audit ends for each."""
    shown = [line for one in document["deployments"] for line in deployment_lines(one)]
    return [*shown, *(closing_line(one) for one in document["deployments"])]


def deployment_lines(one: Mapping[str, Any]) -> list[str]:
    """The verdict of one of a document's deployments, and what failed, warns, would change or could not be read."""
    return [
        f"{one['name']}: {_verdict(one)} ({counted(one['counts'])})",
        *(f"  unread  {_line(about(error['subject'], error['message']))}" for error in one["errors"]),
        *(f"  unread  {_line(server)}: {NOT_IN_THE_RUN}" for server in one["unchecked"]),
        *(f"  unread  {_line(about(found['subject'], found['actual']))}" for found in undecided(one["errors"], one["findings"])),
        *(line for finding in one["findings"] if finding["status"] in ("fail", "warn") for line in _finding(finding)),
        *([f"  stop    {_line(one['obstacle'])}"] if one["obstacle"] else []),
        *(line for step in one["differences"] for line in _change(step)),
        *_calendar(one),
    ]


def closing_line(one: Mapping[str, Any]) -> str:
    """The line with which an audit ends for one of a document's deployments, as far as its tenant, certificate and names are known."""
    facts = one["facts"]
    certificate = facts["servers"][0]["certificate"] if facts["servers"] else None
    names = [row["external_fqdn"] for row in facts["web_services"] or () if row["external_fqdn"]]
    return _line(
        closing(
            one["name"],
            _verdict(one),
            facts["tenant_id"],
            certificate=certificate_text(certificate, parse_time(one["time"])),
            names=names,
            ends=counted(one["counts"]),
        )
    )


def _verdict(one: Mapping[str, Any]) -> str:
    return f"{one['headline'][:1].lower()}{one['headline'][1:]}"


def _finding(one: Mapping[str, Any]) -> list[str]:
    """What is the case and of what, then what was found and what to do."""
    what = ": ".join(part for part in (_line(one["heading"]), _line(one["subject"])) if part)
    found = ". ".join(part for part in (_line(shown(one["actual"])).rstrip("."), _line(one["remedy"])) if part)
    return [f"  {one['status']}    {one['severity']:<8}  {_line(one['id']):<{_ID}}  {what}", f"{'':{_BENEATH}}{found}".rstrip()]


def _change(step: Mapping[str, Any]) -> list[str]:
    losses = [f"  lose    {_line(loss)}" for loss in step["losses"]]
    return [f"  change  {step['title']}: {plural(len(step['operations']), 'operation')}", *losses]


def _calendar(one: Mapping[str, Any]) -> list[str]:
    """The next days that change the verdict."""
    days = rows([one])
    more = len(days) - _MOST_DAYS
    shown = [
        f"  date    {row.day}  {row.state if row.state in ('fail', 'warn') else '':<4}  {_line(row.what)}: {_line(row.about)}"
        for row in days[:_MOST_DAYS]
    ]
    return [*shown, f"  date    and {plural(more, 'more day')}"] if more > 0 else shown


def _line(value: str) -> str:
    return " ".join(value.split())
