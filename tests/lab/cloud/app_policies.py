# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant refuses of new certificates: app management policies, and the lock of a service principal by its application.

https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy: a policy that is assigned to an object takes the
place of the tenant's own, and what is there already is left alone. The page names no moment from which a lifetime counts; the setting
lifetime_from of the state has both. Lock: https://learn.microsoft.com/graph/api/resources/serviceprincipallockconfiguration
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .graph_error import RefusedError
from .times import time_of

READS = frozenset({"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"})
# The tenant's own policy is always there, and off by default.
_OFF: dict[str, Any] = {
    "id": "00000000-0000-0000-0000-000000000000",
    "displayName": "Default app management tenant policy",
    "description": "Default tenant policy that enforces app management restrictions on applications and service principals.",
    "isEnabled": False,
    "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
}
_DURATION = re.compile(r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?")
_RESTRICTIONS = {"application": "applicationRestrictions", "servicePrincipal": "servicePrincipalRestrictions"}


def default(tenant: dict[str, Any]) -> dict[str, Any]:
    """The tenant's own policy, as Graph shows it."""
    return {**_OFF, **tenant.get("policies", {}).get("default", {})}


def assigned(tenant: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    """The policy that is assigned to an object, of which there is one at most."""
    one = tenant.get("policies", {}).get("assigned", {}).get(found["id"])
    return [one] if one else []


def check(tenant: dict[str, Any], kind: str, found: dict[str, Any], keys: list[dict[str, Any]], lifetime_from: str) -> None:
    """RefusedError where the list has a new certificate that the tenant does not take, or the property is locked."""
    there = {entry["keyId"] for entry in found["keyCredentials"]}
    added = [entry for entry in keys if entry["keyId"] not in there]
    if kind == "servicePrincipal" and _locked(tenant, found) and (added or len(keys) < len(there)):
        raise RefusedError(
            400,
            "CannotUpdateLockedServicePrincipalProperty",
            "Property keyCredentials cannot be updated on a locked servicePrincipal.",
        )
    for restriction in _restrictions(tenant, kind, found):
        begins, created = restriction.get("restrictForAppsCreatedAfterDateTime"), found.get("createdDateTime")
        # Of a service principal v1.0 tells no day of creation, so one that the state does not give is after any.
        if begins and created and time_of(begins) > time_of(created):
            continue
        for entry in added:
            _check_one(restriction, entry, lifetime_from)


def _check_one(restriction: dict[str, Any], entry: dict[str, Any], lifetime_from: str) -> None:
    if restriction["restrictionType"] == "asymmetricKeyLifetime":
        begin = time_of(entry["startDateTime"]) if lifetime_from == "start" else datetime.now(timezone.utc)
        if time_of(entry["endDateTime"]) - begin > _duration(restriction["maxLifetime"]):
            raise RefusedError(
                400,
                "CredentialInvalidLifetimeAsPerAppPolicy",
                "Credential lifetime exceeds the max value allowed as per assigned policy.",
            )
    elif restriction["restrictionType"] == "trustedCertificateAuthority":
        raise RefusedError(
            400, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed as per assigned policy: certificate authority."
        )


def _restrictions(tenant: dict[str, Any], kind: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    own = assigned(tenant, found)
    policy = own[0] if own else default(tenant)
    listed = policy.get("restrictions" if own else _RESTRICTIONS[kind]) or {}
    enabled = [one for one in listed.get("keyCredentials") or [] if one.get("state", "enabled") == "enabled"]
    return enabled if policy["isEnabled"] else []


def _locked(tenant: dict[str, Any], principal: dict[str, Any]) -> bool:
    application: dict[str, Any] = next((one for one in tenant.get("applications", []) if one["client_id"] == principal["appId"]), {})
    lock = application.get("graph", {}).get("servicePrincipalLockConfiguration") or {}
    return bool(lock.get("isEnabled") and (lock.get("allProperties") or lock.get("credentialsWithUsageVerify")))


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    assert found, text
    return timedelta(**{name: int(value) for name, value in found.groupdict().items() if value})
