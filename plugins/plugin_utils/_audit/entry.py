# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report gets of one deployment, from what its tasks registered, and why an audit of it fails. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import unpack
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Unread, read_or_not
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told import about

# What trust_fail_on finds to fail on; each choice includes those before it.
FAIL_ON = ("never", "fail", "difference", "warn")
# An audit with --limit is incomplete, so what is gone for good has to leave what tells of it.
_WITHOUT = "take it out of the inventory and of trust_front_ends"
_UNDECIDED = "whether the tenant has the farm's certificate is not known"


def entry(deployment: Deployment, registered: Mapping[str, Any], time: str) -> dict[str, Any]:
    """One entry of the option audits of trust_report.

    registered: the results of trust_plan (plan), trust_audit (audit), trust_proof (proof), graph_token (token) and sp_info (cloud), those
    that there are. time: when it was judged, UTC in ISO 8601.
    """
    plan, audit = read_or_not(registered.get("plan"), "the plan"), read_or_not(registered.get("audit"), "the audit")
    if isinstance(plan, Unread):  # what the later tasks left is of an earlier audit
        audit = plan
    token, cloud = read_or_not(registered.get("token"), "the tenant"), read_or_not(registered.get("cloud"), "the tenant")
    proof = audit if isinstance(audit, Unread) else read_or_not(registered.get("proof"), "the proof")
    errors = {member: f"{unread.why} {unread.remedy(member, _WITHOUT)}".strip() for member, unread in deployment.unread.items()}
    tenant = next((one for one in (token, cloud) if isinstance(one, Unread)), None)
    if tenant:
        errors["tenant"] = tenant.why
    judged = next((one for one in (plan, audit) if isinstance(one, Unread)), None)
    asked = isinstance(registered.get("proof"), Mapping) and not registered["proof"].get("skipped")
    if judged or (asked and isinstance(proof, Unread)):
        errors["audit"] = judged.why if judged else str(getattr(proof, "why", ""))
    steps = [] if isinstance(plan, Unread) else plan["steps"]
    obstacles = [] if isinstance(plan, Unread) else [one["message"] for one in plan["obstacles"] if one["subject"] not in errors]
    made: dict[str, Any] = {
        "deployment": deployment.name,
        "time": time,
        "onprem": list(deployment.read.values()),
        "differences": [step for step in steps if step["changed"]],
        # What is told of a server alone begins with its name too.
        "errors": [{"subject": subject, "message": message.removeprefix(f"{subject}: ")} for subject, message in errors.items()],
        "unchecked": [server for server in deployment.unchecked if server not in deployment.later],
        "warnings": [] if isinstance(plan, Unread) else list(plan.get("warnings") or ()),
        "provenance": {"servers": list(deployment.members), **({} if isinstance(token, Unread) else _signed_in(token))},
    }
    if obstacles:
        made["obstacle"] = " ".join(dict.fromkeys(obstacles))
    if not isinstance(audit, Unread) and "packed" in audit:
        audit = {**audit, "findings": unpack(audit["packed"]), "calendar": unpack(audit["packed_calendar"])}
    results = {"audit": audit, "cloud": cloud, "proof": proof}
    return made | {name: result for name, result in results.items() if not isinstance(result, Unread)}


def _signed_in(token: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result of graph_token may be shown of the sign-in."""
    told = token.get("credential")
    subject = told.get("subject") if isinstance(told, Mapping) else None
    return {"signed_in_as": subject, "auth_source": token.get("auth_source"), "tenant": token.get("tenant")}


def failure(conclusion: Mapping[str, Any], fail_on: str) -> str | None:
    """Why a run of the audit fails, in words; None where it does not. conclusion: one of the deployments of a report."""
    name, counts = conclusion["deployment"], conclusion["counts"]
    if conclusion["errors"]:
        said = " ".join(about(one["subject"], one["message"]) for one in conclusion["errors"])
        return f"Deployment {name} could not be audited as a whole. {said}"
    changes, obstacle = ", ".join(one["title"] for one in conclusion["differences"]), conclusion["obstacle"]
    found = {
        "fail": [
            f"{counts['fail']} failed" if counts["fail"] else "",
            f"not checked: {', '.join(conclusion['unchecked'])}" if conclusion["unchecked"] else "",
            _UNDECIDED if conclusion["verdict"] == "incomplete" and not conclusion["unchecked"] else "",
        ],
        "difference": [
            f"a run would change {changes}{' once nothing stops it' if obstacle else ''}" if changes else "",
            "a run would stop" if obstacle else "",
        ],
        "warn": [f"{counts['warn']} warnings" if counts["warn"] else ""],
    }
    reasons = [reason for level in FAIL_ON[1 : FAIL_ON.index(fail_on) + 1] for reason in found[level] if reason]
    if not reasons:
        return None
    if obstacle:
        advice = f". A run of sfb.hybrid_auth.configure would stop before its first change: {obstacle}"
    else:
        advice = f"{'; sfb.hybrid_auth.configure makes the changes' if changes else ''}."
    return f"Deployment {name}: {', '.join(reasons)}, and trust_fail_on is {fail_on}. The report names each{advice}"
