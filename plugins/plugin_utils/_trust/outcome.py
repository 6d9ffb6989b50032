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
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.ending import by_when
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.closing import certificate_text, closing, warnings_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time

Result = Mapping[str, Any]
# What the one who is named by an upcoming date does then.
_DOES = {"switch": "does it by itself", "remove": "removes it", "stage": "does that", "entry_ends": "adds another one before that"}
# configure does not know trust_rotation_create.
_STAGES = "an administrator does that, or sfb.hybrid_auth.rotate with trust_rotation_create"
_REMOVAL_TITLES = {
    "partner_application": "Partner application",
    **{one.step: f"Partner application for the {one.title}" for one in PRODUCTS.values()},
    "oauth_server": "OAuth server",
    "oauth_configuration": "OAuth configuration",
    "names": "Names of the Web services",
    "certificate": "Key credentials on the service principals",
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
    """What was changed, what comes next, and the closing line. now: an aware time."""
    certificate, following = plan["certificate"], []
    if certificate and certificate["not_after"]:
        when = by_when(parse_time(certificate["not_after"]), now)
        following = [f"next: the certificate's successor, staged {when}; {_STAGES}"]
    source = (
        f"{summary['tenant_id']} (none is named, so it is that of {plan['tenant']}, the farm's default SIP domain)"
        if plan["tenant_source"] == "sip_domain"
        else summary["tenant_id"]
    )
    line = closing(
        summary["deployment"],
        _changes(summary["steps"], check_mode),
        source,
        certificate=certificate_text(certificate, now),
        names=summary["external_fqdns"],
        ends=warnings_text(len(summary["warnings"])),
    )
    return [*_changed(summary["steps"]), *following, *_ahead(plan), line]


def rotated(plan: Result, later: Result | None, done: Mapping[str, Result]) -> dict[str, Any]:
    """The fact trust_rotation. plan, later: results of trust_rotation before the first step, and after a staging."""
    last = _last(plan, later)
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


def rotated_lines(plan: Result, summary: Result, check_mode: bool, now: datetime, later: Result | None = None) -> list[str]:
    """What was done, what comes next, when and by whom, the farm's certificates as a table, and the closing line.

    now: an aware time. later: as for rotated().
    """
    count, coming = len(summary["operations"]), summary["upcoming"]
    does = "would do" if check_mode else "did"
    late = bool(coming) and _is_due(coming[0], now)
    done = f"{does} {plural(count, 'thing')}" if count else f"{does} nothing" if late else "nothing was due"
    line = closing(
        summary["deployment"],
        done,
        plan["tenant_id"],
        *([f"{'due' if late else 'next'} {_coming(coming[0], now)}"] if coming else []),
        certificate=certificate_text(_last(plan, later)["certificate"], now),
        ends=warnings_text(len(summary["warnings"])),
    )
    return [
        *_group("does", summary["operations"]),
        *_group("next", [_coming(entry, now) for entry in coming]),
        *_group("keeps", _staying(summary["keep"])),
        *rotation_table.lines(summary["certificates"], now),
        *_ahead(plan),
        line,
    ]


def _last(plan: Result, later: Result | None) -> Result:
    """What was decided last: after a staging, where there was one."""
    return later if later and "upcoming" in later else plan


def _coming(entry: Result, now: datetime) -> str:
    """What comes, on which day, and by whom; since which day where it is due already."""
    who = f"; {entry['by']} {_DOES[entry['action']]}" if entry["by"] else ""
    return f"{'since' if _is_due(entry, now) else 'on'} {parse_time(entry['date']).date().isoformat()}: {entry['text']}{who}"


def _is_due(entry: Result, now: datetime) -> bool:
    return parse_time(entry["date"]) <= now


def _staying(keep: Iterable[Result]) -> list[str]:
    """The entries that stay though the farm has them no longer, a line for each certificate and reason, with what removes them."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for one in keep:
        if one.get("told"):
            found.setdefault((one["thumbprint"] or f"key credential {one['key_id']}", one["reason"], one["remedy"]), []).append(
                one["app_id"]
            )
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
            "operations": _operations(_flat([done.get(name) or {}])),
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


def removed_lines(plan: Result, summary: Result, check_mode: bool) -> list[str]:
    """What goes, what stays with the reason, in check mode what a run in earnest asks for beside it, and the closing line."""
    went = [operation for step in summary["steps"] for operation in step["operations"]]
    verdict = f"{'would remove' if check_mode else 'removed'} {plural(len(went), 'thing')}" if went else "nothing to remove"
    line = closing(
        summary["deployment"],
        verdict,
        summary["tenant_id"],
        *([f"keeps {len(summary['left'])}"] if summary["left"] else []),
        ends=warnings_text(len(summary["warnings"])),
    )
    confirmed = f"next: the same without --check and with trust_remove_confirm: {summary['deployment']}, or nothing is removed"
    following = [confirmed] if check_mode and went else []
    return [*_group("removes", went), *_left(summary["left"]), *_ahead(plan), *following, line]


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


def switched_lines(plan: Result, summary: Result, check_mode: bool) -> list[str]:
    """What was switched, what stays, and the closing line, which says what clients are sent to then."""
    line = closing(
        summary["deployment"],
        _changes(summary["steps"], check_mode),
        summary["tenant_id"],
        f"clients sent to OAuth server {summary['clients']}" if summary["clients"] else "clients sent to no OAuth server",
        names=summary["names"] if summary["state"] == "present" else (),
        ends=warnings_text(len(summary["warnings"])),
    )
    return [*_changed(summary["steps"]), *_left(summary["left"]), *_ahead(plan), line]


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


def _changed(steps: Iterable[Result]) -> list[str]:
    """What the steps did, each with what is gone with it where that is not what it did."""
    made = []
    for step in steps:
        made += [*step["operations"], *(f"loses: {loss}" for loss in step["losses"] if loss not in step["operations"])]
    return _group("changes", made, _count(steps))


def _ahead(plan: Result) -> list[str]:
    """What ends a run that writes, which check mode alone tells as late as here."""
    return _group("without --check this run fails", plan.get("ahead") or ())


def _left(left: Iterable[Result]) -> list[str]:
    return _group("keeps", [f"{one['what']}: {one['why']}" for one in left])


def _group(title: str, told: Sequence[str], count: int | None = None) -> list[str]:
    """The lines under a heading that counts them; nothing where there are none. count: where not each line counts."""
    return [f"{title} ({len(told) if count is None else count})", *(f"  {one}" for one in told)] if told else []


def _operations(results: Iterable[Result]) -> list[str]:
    return [operation for result in results if not result.get("skipped") for operation in result.get("operations") or ()]


def _flat(results: Iterable[Result]) -> Iterable[Result]:
    """The results, those of a loop one by one."""
    for result in results:
        looped = result.get("results")
        yield from looped if isinstance(looped, Sequence) else [result]


def _changes(steps: Iterable[Result], check_mode: bool) -> str:
    count = _count(steps)
    return f"{'would make' if check_mode else 'made'} {plural(count, 'change')}" if count else "nothing to change"


def _count(steps: Iterable[Result]) -> int:
    return sum(len(step["operations"]) for step in steps)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
