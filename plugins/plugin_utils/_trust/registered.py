# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the decisions of the role take: the settings, and what each server registered when it was read. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import OtherHosts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import PrincipalsReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.absent import absent_front_ends
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import (
    Known,
    Neighbours,
    hosts_of,
    in_tenant,
    matters,
    shares,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Reading, Tenant, Unread, read_or_not
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

# Under what name the role registers the sign-in of each deployment.
_SIGN_IN = "_trust_token"
# The options of what looks at a whole deployment; those of a decision over one are documented in doc_fragments/deployment.py.
REGISTERED: dict[str, dict[str, Any]] = {
    "settings": {"type": "dict"},
    "members": {"type": "dict"},
    "readings": {"type": "str", "default": "_trust_read"},
    "neighbours": {"type": "str", "default": "_trust_neighbours"},
}
DEPLOYMENT: dict[str, dict[str, Any]] = {
    **REGISTERED,
    "obstacles": {"type": "str", "choices": ["fail", "return"], "default": "return"},
}


def settings_in(params: Mapping[str, Any]) -> Settings:
    """The settings of the option; InvalidOptionError where it is no result of trust_settings."""
    try:
        return Settings.from_facts(params["settings"])
    except (KeyError, TypeError):
        raise InvalidOptionError("settings", "it is not whole", "the key settings of a registered result of trust_settings") from None


def deployment_in(params: Mapping[str, Any], settings: Settings, task_vars: Mapping[str, Any]) -> Deployment:
    """The servers of the deployment with what each of them registered under the variable that the option readings names."""
    given, others = params["members"], OtherHosts(task_vars["hostvars"])
    if not isinstance(given, Mapping) or "lead" not in given or "members" not in given:
        raise InvalidOptionError("members", "it is not whole", "one of the deployments of a registered result of trust_servers")
    lost = {
        str(member): Unread(f"{member} failed or could not be reached earlier in this play.", True) for member in given.get("lost") or ()
    }
    members = [str(one) for one in given["members"]]
    read = {one: _reading(others.raw(one).get(params["readings"]), one) for one in members if one not in lost}
    readings, unchecked = {**read, **lost}, tuple(given.get("unchecked") or ())
    return Deployment(
        name=settings.deployment,
        lead=str(given["lead"]),
        members=tuple(members),
        # What is known to be missing may have another name there than the farm has for it.
        unchecked=unchecked or tuple(absent_front_ends(str(given["lead"]), readings)),
        readings=readings,
        later=tuple(given.get("later") or ()),
        missing=tuple(given.get("missing") or ()),
    )


def neighbours_in(
    params: Mapping[str, Any],
    settings: Settings,
    deployment: Deployment,
    tenant_id: str | None,
    cloud: Mapping[str, Any] | None,
    task_vars: Mapping[str, Any],
) -> Neighbours:
    """The other deployments of the tenant, as trust_servers told them under the variable that the option neighbours names.

    tenant_id: the deployment's, None where it is not known; then every other one may be of the same tenant.
    cloud: what was read of it. Only of those that have something in common with it is looked up which tenant they signed in to, so that
    the cost stays linear.
    """
    others = OtherHosts(task_vars["hostvars"])
    told = others.raw(deployment.lead).get(params["neighbours"])
    listed: list[Known] = (told.get("known") if isinstance(told, Mapping) else None) or []
    there = in_tenant(cloud)
    known = [
        one
        for one in listed
        if shares(one, settings.deployment, tenant_id, _signed_in(others.raw(one["lead"])) if matters(one, there) else None)
    ]
    overlap = timedelta(days=settings.rotation_overlap_days)
    return Neighbours(settings.deployment, hosts_of(deployment.read.values()), tuple(known), overlap)


def _signed_in(variables: Mapping[str, Any]) -> str | None:
    """The tenant of a sign-in of this play; None where there was none yet."""
    token = variables.get(_SIGN_IN)
    return str(token["tenant_id"]) if isinstance(token, Mapping) and token.get("tenant_id") else None


def _reading(registered: Any, member: str) -> Reading | Unread:
    found = read_or_not(registered, member)
    return found if isinstance(found, Unread) else cast("Reading", found)


def tenant_in(
    token: Mapping[str, Any] | None, principals: Mapping[str, Any] | None, refusals: Mapping[str, Any] | None = None
) -> Tenant | Unread:
    """The tenant, from results of graph_token and sp_info; the first of them that has none says why.

    refusals: a result of app_policy_info; where that has none, nothing is known of what the tenant refuses, which stops nothing.
    """
    signed_in = read_or_not(token, "the tenant")
    if isinstance(signed_in, Unread):
        return signed_in
    read = read_or_not(principals, "the tenant's service principals")
    if isinstance(read, Unread):
        return read
    if not signed_in.get("tenant_id"):
        return Unread("The sign-in does not tell which tenant it is for. Give trust_tenant_id or trust_tenant, and run again.")
    asked = read_or_not(refusals, "what the tenant refuses")
    known = None if isinstance(asked, Unread) else asked
    return Tenant(str(signed_in["tenant_id"]).lower(), str(signed_in["cloud"]), cast(PrincipalsReading, read), known)
