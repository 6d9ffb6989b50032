# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant refuses of new certificates, as far as the sign-in may read it. Private to the collection.

Policies: https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy. The tenant's own has restrictions for
application objects, and others for service principals; one that is assigned to an object takes its place there. Reading them needs
Policy.Read.All. Locks: https://learn.microsoft.com/graph/api/resources/serviceprincipallockconfiguration, which the application has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import (
    APPLICATIONS,
    PRINCIPALS,
    WORDS,
    read_if_there,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text

# Of which one is needed to read policies, by an application that has no directory role.
_READ = frozenset({"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"})
_RESTRICTIONS = {PRINCIPALS: "servicePrincipalRestrictions", APPLICATIONS: "applicationRestrictions"}
_UNREADABLE = "the sign-in has no Graph permission Policy.Read.All, which reading the tenant's app management policies needs"
_DURATION = re.compile(
    r"P(?=[\dT])(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})(?:\.\d+)?S)?)?"
)


def read(
    graph: Graph,
    app_ids: Sequence[str],
    may: shapes.Permissions,
    *,
    assigned: bool,
    collection: str = PRINCIPALS,
    applications: Sequence[str] = (),
) -> shapes.Refusals:
    """What is known of these applications' service principals, or of their own objects. Whatever goes wrong is told as a problem.

    One request for the tenant's policy and one for that of each object, none where the token says that it may not; one for the lock of each
    application that is not Microsoft's own. assigned: whether to look for policies of objects also where the tenant's restricts nothing.
    applications: whose own objects are asked about too, for a policy of theirs only where the tenant's restricts something.
    """
    problem, tenants = None, None
    if may["kind"] == "application" and not may["directory_roles"] and not _READ.intersection(may["granted"] or ()):
        problem = _UNREADABLE
    else:
        try:
            tenants = graph.read("policies/defaultAppManagementPolicy", "the tenant's app management policy")
        except HybridAuthError as exc:
            problem = _clause(exc)
    objects = [_of_object(graph, app_id, tenants, collection, assigned=assigned) for app_id in app_ids]
    owned = [_of_object(graph, app_id, tenants, APPLICATIONS, assigned=False) for app_id in applications]
    return {"objects": objects, "applications": owned, "policy_problem": problem}


def _of_object(graph: Graph, app_id: str, tenants: Mapping[str, Any] | None, collection: str, *, assigned: bool) -> shapes.ObjectRefusals:
    problem, policy, listed = None, None, None
    if tenants is not None:
        policy, listed = "the tenant's own", _in_force(tenants, _RESTRICTIONS[collection])
        if assigned or _restrictions(listed):
            try:
                path = f"{collection}(appId='{app_id}')/appManagementPolicies"
                for one in graph.read_list(path, f"the app management policy of {WORDS[collection]} {app_id}"):
                    policy, listed = str(one.get("displayName") or one.get("id") or "") or None, _in_force(one, "restrictions")
            except HybridAuthError as exc:
                problem = _clause(exc)
    locked = None
    if app_id not in PROCEDURE and collection == PRINCIPALS:
        locked, problem = _locked(graph, app_id, problem)
    return {
        "app_id": app_id,
        "policy": policy,
        "restrictions": _restrictions(listed),
        "locked": locked,
        "problem": problem,
    }


def _in_force(policy: Mapping[str, Any], name: str) -> Any:
    """What a policy restricts; nothing where it is off."""
    return policy.get(name) if policy.get("isEnabled") is True else None


def _locked(graph: Graph, app_id: str, problem: str | None) -> tuple[bool | None, str | None]:
    """Whether the application locks what its service principals' keys are for; None where it is of another tenant, which does not tell."""
    query = {"$select": "id,servicePrincipalLockConfiguration"}
    try:
        application = read_if_there(graph, f"{APPLICATIONS}(appId='{app_id}')", f"application {app_id}", query)
    except HybridAuthError as exc:
        return None, problem or _clause(exc)
    if application is None:
        return None, problem
    given = application.get("servicePrincipalLockConfiguration")
    lock: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    locks = any(lock.get(name) is True for name in ("allProperties", "credentialsWithUsageVerify"))
    return locks and lock.get("isEnabled") is True, problem


def _restrictions(listed: Any) -> list[shapes.KeyRestriction]:
    """Those on certificates that are in force; one of a kind that is not known here is told as it is."""
    keys = listed.get("keyCredentials") if isinstance(listed, Mapping) else None
    found: list[shapes.KeyRestriction] = []
    for one in keys if isinstance(keys, list) else []:
        if not isinstance(one, Mapping) or one.get("state") == "disabled":
            continue
        longest, since = duration(one.get("maxLifetime")), time_or_none(one.get("restrictForAppsCreatedAfterDateTime"))
        found.append(
            {
                "type": str(one.get("restrictionType")),
                "longest_seconds": None if longest is None else int(longest.total_seconds()),
                "created_after": utc_text(since) if since else None,
            }
        )
    return found


def duration(text: Any) -> timedelta | None:
    """What an ISO 8601 duration of days, hours, minutes and seconds says; None where it is none."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    return timedelta(**{name: int(value) for name, value in found.groupdict().items() if value}) if found else None


def _clause(exc: HybridAuthError) -> str:
    return exc.message.strip().rstrip(".")
