# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did, from its plan and from what its tasks returned, and the few lines that say so. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import PRODUCTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import rotation_table
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation import LEAD
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, shifted, soon_text, utc_text

Result = Mapping[str, Any]
_REMOVAL_TITLES = {
    "partner_application": "Partner application",
    **{one.step: f"Partner application for the {one.title}" for one in PRODUCTS.values()},
    "oauth_server": "OAuth server",
    "oauth_configuration": "OAuth configuration",
    "names": "Names of the Web services",
    "certificate": "Credentials on the service principals",
}


def configured(plan: Result, done: Mapping[str, Result], more: Iterable[str] = ()) -> dict[str, Any]:
    """The fact trust_summary.

    plan: a result of trust_plan. done: what the task of each step returned; a step that was not due was skipped and is as planned.
    more: warnings of earlier tasks.
    """
    steps = [_step(planned, done.get(planned["step"])) for planned in plan["steps"]]
    return {
        "deployment": plan["deployment"],
        "lead": plan["lead"],
        "servers": list(plan["servers"]),
        "tenant_id": plan["tenant_id"],
        "certificate": (plan["certificate"] or {}).get("thumbprint"),
        "external_fqdns": list(plan["expected"].get("external_fqdns") or plan["external_fqdns"]),
        "names": list(plan["names"]),
        "unchecked": list(plan["unchecked"]),
        "changed": any(step["changed"] for step in steps),
        "steps": steps,
        "warnings": _distinct([*(plan.get("warnings") or ()), *more, *(warning for step in steps for warning in step["warnings"])]),
    }


def configured_lines(plan: Result, summary: Result, check_mode: bool, now: datetime) -> list[str]:
    """What a reader wants to know at the end, a line each. now: an aware time."""
    count = sum(len(step["operations"]) for step in summary["steps"])
    changes = [line for step in summary["steps"] for line in _step_lines(step)]
    head = _changes(count, check_mode) if count else "nothing to change"
    source = (
        f" (none is named, so it is that of {plan['tenant']}, the farm's default SIP domain)"
        if plan["tenant_source"] == "sip_domain"
        else ""
    )
    lines = [f"Deployment {summary['deployment']}: {head}", *changes, f"tenant: {summary['tenant_id']}{source}"]
    lines += _certificate(plan["certificate"], now)
    if plan["certificate"] and plan["certificate"]["not_after"]:
        before = utc_text(shifted(parse_time(plan["certificate"]["not_after"]), -LEAD))
        lines.append(f"next: its successor, staged before {before}; sfb.hybrid_auth.rotate does what the roll needs")
    lines.append(f"names: {', '.join(summary['names'])}")
    return [*lines, *_warnings(summary["warnings"])]


def rotated(plan: Result, later: Result | None, done: Mapping[str, Result]) -> dict[str, Any]:
    """The fact trust_rotation. plan, later: results of trust_rotation before the first step, and after a staging."""
    last = later if later and "upcoming" in later else plan
    results = [result for result in _flat(done.values()) if not result.get("skipped")]
    rest = _flat(result for name, result in done.items() if name != "store")
    return {
        "deployment": plan["deployment"],
        "lead": plan["lead"],
        "changed": any(bool(result.get("changed")) for result in results),
        "operations": [*_operations([done.get("store") or {}]), *plan["unmade"], *_operations(rest)],
        "upcoming": list(last["upcoming"]),
        "certificates": list(last["certificates"]),
        "keep": list(plan["keep"]),
        "warnings": _distinct([warning for result in (last, *results) for warning in result.get("warnings") or ()]),
    }


def rotated_lines(plan: Result, summary: Result, check_mode: bool, now: datetime) -> list[str]:
    """What was done, the tenant and the certificate that signs, what comes next and when, then the farm's certificates as a table.

    now: an aware time.
    """
    done = "nothing was due" if not summary["operations"] else "this would be done" if check_mode else "this was done"
    head = f"Deployment {summary['deployment']}: {done}; what will be due is told with its date"
    known = [f"tenant: {plan['tenant_id']}", *_certificate(plan["certificate"], now)]
    coming = [entry["text"] for entry in summary["upcoming"]]
    table = rotation_table.lines(summary["certificates"])
    return [head, *summary["operations"], *known, *coming, *_staying(summary["keep"]), *_warnings(summary["warnings"]), *table]


def _staying(keep: Iterable[Result]) -> list[str]:
    """The entries that stay though the farm has them no longer, a line for each certificate and reason, with what removes them."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for one in keep:
        if one.get("told"):
            found.setdefault((one["thumbprint"], one["reason"], one["remedy"]), []).append(one["app_id"])
    return [
        f"{thumbprint} stays on {' and '.join(dict.fromkeys(app_ids))}: {reason}{f'. {remedy} removes it' if remedy else ''}"
        for (thumbprint, reason, remedy), app_ids in found.items()
    ]


def removed(plan: Result, done: Mapping[str, Result], more: Iterable[str] = ()) -> dict[str, Any]:
    """The fact trust_removal. plan: a result of trust_removal. more: warnings of earlier tasks."""
    steps = [
        {
            "step": name,
            "title": title,
            "changed": bool((done.get(name) or {}).get("changed")),
            "operations": list((done.get(name) or {}).get("operations") or ()),
        }
        for name, title in _REMOVAL_TITLES.items()
    ]
    return {
        "deployment": plan["deployment"],
        "tenant_id": plan["tenant_id"],
        "changed": any(step["changed"] for step in steps),
        "steps": steps,
        "left": [dict(one) for one in plan["left"]],
        "warnings": _distinct([*(plan.get("warnings") or ()), *more]),
    }


def removed_lines(summary: Result, check_mode: bool) -> list[str]:
    """What went, and what stays with the reason."""
    went = [operation for step in summary["steps"] for operation in step["operations"]]
    verdict = "nothing to remove" if not went else f"{'would remove' if check_mode else 'removed'} ({len(went)})"
    stays = [f"{one['what']} stays: {one['why']}" for one in summary["left"]]
    tenant = f"tenant: {summary['tenant_id']}"
    return [f"Deployment {summary['deployment']}: {verdict}", *went, tenant, *([f"keeps ({len(stays)})"] if stays else []), *stays]


def switched(plan: Result, done: Mapping[str, Result], more: Iterable[str] = ()) -> dict[str, Any]:
    """The fact trust_modern_authentication. plan: a result of trust_modern_authentication. done, more: as for configured()."""
    steps = [_step(planned, done.get(planned["step"])) for planned in plan["steps"]]
    return {
        "deployment": plan["deployment"],
        "lead": plan["lead"],
        "tenant_id": plan["tenant_id"],
        "state": plan["state"],
        "server": plan["server"],
        "clients": plan["clients"],
        "names": list(plan["names"]),
        "changed": any(step["changed"] for step in steps),
        "steps": steps,
        "left": [dict(one) for one in plan["left"]],
        "warnings": _distinct([*(plan.get("warnings") or ()), *more, *(warning for step in steps for warning in step["warnings"])]),
    }


def switched_lines(summary: Result, check_mode: bool) -> list[str]:
    """What was switched, what clients are sent to then, and what stays."""
    count = sum(len(step["operations"]) for step in summary["steps"])
    clients = f"sent to OAuth server {summary['clients']}" if summary["clients"] else "sent to no OAuth server"
    stays = [f"{one['what']} stays: {one['why']}" for one in summary["left"]]
    return [
        f"Deployment {summary['deployment']}: {_changes(count, check_mode) if count else 'nothing to change'}",
        *(line for step in summary["steps"] for line in _step_lines(step)),
        f"tenant: {summary['tenant_id'] or 'not known'}",
        f"clients: {clients}",
        *([f"names: {', '.join(summary['names'])}"] if summary["state"] == "present" else []),
        *([f"keeps ({len(stays)})"] if stays else []),
        *stays,
        *_warnings(summary["warnings"]),
    ]


def _step(planned: Result, result: Result | None) -> dict[str, Any]:
    ran = result if result and "changed" in result and not result.get("skipped") else planned
    return {
        "step": planned["step"],
        "title": planned["title"],
        "changed": bool(ran["changed"]),
        "operations": list(ran.get("operations") or ()),
        "losses": list(planned["losses"]) if ran["changed"] else [],
        "warnings": _distinct([*planned["warnings"], *(ran.get("warnings") or ())]),
    }


def _step_lines(step: Result) -> list[str]:
    """What a step did, and what is gone with it where that is not what it did."""
    return [*step["operations"], *(f"loses: {loss}" for loss in step["losses"] if loss not in step["operations"])]


def _certificate(certificate: Result | None, now: datetime) -> list[str]:
    """The farm's certificate, from when on it signs where that is to come, and its end, as a line; none where there is no certificate."""
    if not certificate:
        return []
    ends = parse_time(certificate["not_after"]) if certificate["not_after"] else None
    when = ""
    if ends:
        when = f", ends {utc_text(ends)} ({soon_text(ends, now)})" if now < ends else f", ended on {utc_text(ends)}"
    begins = parse_time(certificate["effective_date"]) if certificate.get("effective_date") else None
    pending = f", signs from {utc_text(begins)} on ({soon_text(begins, now)})" if begins and now < begins else ""
    return [f"certificate: {certificate['thumbprint']} ({certificate['subject']}){pending}{when}"]


def _operations(results: Iterable[Result]) -> list[str]:
    return [operation for result in results if not result.get("skipped") for operation in result.get("operations") or ()]


def _flat(results: Iterable[Result]) -> Iterable[Result]:
    """The results, those of a loop one by one."""
    for result in results:
        looped = result.get("results")
        yield from looped if isinstance(looped, Sequence) else [result]


def _changes(count: int, check_mode: bool) -> str:
    noun = "change" if count == 1 else "changes"
    return f"would make {count} {noun}" if check_mode else f"made {count} {noun}"


def _warnings(warnings: Sequence[str]) -> list[str]:
    return [f"warnings: {len(warnings)}, shown above"] if warnings else []


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
