# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in a few lines for the terminal. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import rows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import NOT_IN_THE_RUN, counted, plural

_MOST_DAYS = 5
_ID, _BENEATH = 36, 20  # columns: of an id, and before what stands beneath it


def lines(document: Mapping[str, Any]) -> list[str]:
    """The verdict of each deployment and, under it, what failed, warns, would change or could not be read."""
    return [line for one in document["deployments"] for line in deployment_lines(one)]


def deployment_lines(one: Mapping[str, Any]) -> list[str]:
    """The lines about one of a document's deployments."""
    return [
        f"{one['name']}: {one['headline'][:1].lower()}{one['headline'][1:]} ({counted(one['counts'])})",
        *_what(one),
        *(f"  unread  {_line(error['subject'])}: {_line(error['message'])}" for error in one["errors"]),
        *(f"  unread  {_line(server)}: {NOT_IN_THE_RUN}" for server in one["unchecked"]),
        *(line for finding in one["findings"] if finding["status"] in ("fail", "warn") for line in _finding(finding)),
        *([f"  stop    {_line(one['obstacle'])}"] if one["obstacle"] else []),
        *(line for step in one["differences"] for line in _change(step)),
        *_calendar(one),
    ]


def _finding(one: Mapping[str, Any]) -> list[str]:
    """What is the case and of what, then what was found and what to do."""
    about = ": ".join(part for part in (_line(one["heading"]), _line(one["subject"])) if part)
    found = ". ".join(part for part in (_line(shown(one["actual"])).rstrip("."), _line(one["remedy"])) if part)
    return [f"  {one['status']}    {one['severity']:<8}  {_line(one['id']):<{_ID}}  {about}", f"{'':{_BENEATH}}{found}".rstrip()]


def _change(step: Mapping[str, Any]) -> list[str]:
    losses = [f"  lose    {_line(loss)}" for loss in step["losses"]]
    return [f"  change  {step['title']}: {plural(len(step['operations']), 'operation')}", *losses]


def _what(one: Mapping[str, Any]) -> list[str]:
    """The tenant, and the OAuthTokenIssuer certificate that is assigned and its end, as far as they are known."""
    facts = one["facts"]
    certificate = facts["servers"][0]["certificate"] if facts["servers"] else None
    tenant = [f"  tenant  {_line(facts['tenant_id'])}"] if facts["tenant_id"] else []
    if not certificate:
        return tenant
    # Times in UTC of one form, so their order as texts is their order.
    pending = (certificate.get("effective_date") or "") > one["time"]
    begins = f", signs from {certificate['effective_date']} on" if pending else ""
    return [*tenant, f"  cert    {_line(certificate['thumbprint'])}{begins}, ends {certificate['not_after']}"]


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
