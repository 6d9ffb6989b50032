# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's Graph shows of app roles and policies, and what it refuses because of them."""

from __future__ import annotations

from typing import Any

import pytest

from .tenant import Tenant, entry

ROLE = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
OWN = "0a1b2c3d-0000-4000-8000-000000000001"


def restriction(longest: str, **changed: Any) -> dict[str, Any]:
    return {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": longest, "state": "enabled", **changed}


def policy(*restrictions: dict[str, Any], kind: str = "servicePrincipalRestrictions") -> dict[str, Any]:
    return {"isEnabled": True, kind: {"keyCredentials": list(restrictions)}}


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def of(tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = tenant.state.data["tenants"][0]
    return found


def permitted(tenant: Tenant, *roles: str) -> dict[str, str]:
    token, _expires = tenant.entra.issue(of(tenant)["id"], "three", roles=list(roles))
    return {"authorization": f"Bearer {token}"}


def test_app_roles_are_told_by_the_resource(tenant: Tenant) -> None:
    exchange = of(tenant)["service_principals"][1]
    of(tenant)["app_role_assignments"] = [{"principalId": tenant.principal["id"], "appRoleId": ROLE, "resourceId": exchange["id"]}]
    (one,) = tenant.ask("GET", f"/{exchange['id']}/appRoleAssignedTo").content["value"]
    assert (one["principalId"], one["appRoleId"], one["principalType"]) == (tenant.principal["id"], ROLE, "ServicePrincipal")
    assert tenant.ask("GET", f"/{tenant.principal['id']}/appRoleAssignedTo").content["value"] == []
    assert tenant.ask("PATCH", f"/{exchange['id']}/appRoleAssignedTo", {}).status == 405


def test_policies_need_a_permission_of_their_own(tenant: Tenant) -> None:
    linked = f"servicePrincipals/{tenant.principal['id']}/appManagementPolicies"
    for path in ("policies/defaultAppManagementPolicy", linked):
        assert tenant.error(tenant.send("GET", path)) == (403, "Authorization_RequestDenied")
    both = permitted(tenant, "Policy.Read.All", "Application.Read.All")
    assert tenant.send("GET", "policies/defaultAppManagementPolicy", headers=both).content["isEnabled"] is False
    assert tenant.send("GET", linked, headers=both).content["value"] == []


@pytest.mark.parametrize(("since", "longest", "refused"), [("start", "P364D", True), ("start", "P4000D", False), ("now", "P364D", True)])
def test_a_certificate_that_lives_too_long_is_refused(since: str, longest: str, refused: bool) -> None:
    tenant = Tenant(lifetime_from=since)
    of(tenant)["policies"] = {"default": policy(restriction(longest))}
    told = tenant.change(keyCredentials=[entry()])
    if refused:
        assert tenant.error(told) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")
    else:
        assert told.status == 204
    assert len(tenant.keys()) == (0 if refused else 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"default": {**policy(restriction("P1D")), "isEnabled": False}},
        {"default": policy(restriction("P1D", state="disabled"))},
        {"default": policy(restriction("P1D"), kind="applicationRestrictions")},
        {"default": policy(restriction("P1D", restrictForAppsCreatedAfterDateTime="2024-01-01T00:00:00Z"))},
    ],
)
def test_what_a_policy_does_not_reach_is_taken(tenant: Tenant, changed: dict[str, Any]) -> None:
    tenant.principal["createdDateTime"] = "2020-01-01T00:00:00Z"
    of(tenant)["policies"] = changed
    assert tenant.change(keyCredentials=[entry()]).status == 204


def test_a_policy_of_the_object_takes_the_tenants_place(tenant: Tenant) -> None:
    own = {"id": "1", "displayName": "hybrid", "isEnabled": True, "restrictions": {"keyCredentials": [restriction("P4000D")]}}
    of(tenant)["policies"] = {"default": policy(restriction("P1D")), "assigned": {tenant.principal["id"]: own}}
    assert tenant.change(keyCredentials=[entry()]).status == 204
    of(tenant)["policies"]["assigned"][tenant.principal["id"]]["restrictions"] = {
        "keyCredentials": [{"restrictionType": "trustedCertificateAuthority"}]
    }
    listed = tenant.keys()
    kept = [{**one, "key": None} for one in listed]
    assert tenant.error(tenant.change(keyCredentials=[*kept, entry()])) == (400, "CredentialTypeNotAllowedAsPerAppPolicy")
    assert tenant.change(keyCredentials=kept).status == 204  # what is there is left alone


def test_a_lock_of_the_application_keeps_its_service_principal_as_it_is(tenant: Tenant) -> None:
    lock = {"isEnabled": True, "allProperties": True, "credentialsWithUsageVerify": None}
    of(tenant)["applications"].append({"client_id": tenant.principal["appId"], "graph": {"servicePrincipalLockConfiguration": lock}})
    assert tenant.error(tenant.change(keyCredentials=[entry()])) == (400, "CannotUpdateLockedServicePrincipalProperty")
    assert tenant.change(accountEnabled=True).status == 204
    shown = tenant.send("GET", f"applications(appId='{tenant.principal['appId']}')", **{"$select": "servicePrincipalLockConfiguration"})
    assert shown.content["servicePrincipalLockConfiguration"] == lock
