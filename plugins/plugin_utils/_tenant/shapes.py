# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of what sp_info returns. Private to the collection.

RETURN of the modules and what the lab's tenant tells are compared with these types by tests/unit/test_returned.py. Times are ISO 8601 in
UTC, to the second. Facts: https://learn.microsoft.com/graph/api/resources/serviceprincipal, keycredential and passwordcredential.
"""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import Observed


class KeyCredential(TypedDict):
    """thumbprint: SHA-1 in upper-case hexadecimal, whatever is stored; None where nothing tells it. identifier: as it is stored.

    key_id: None in check mode, of an entry that is yet to be made. subject, key_type, key_size, signature_algorithm, encoding: None
    where Graph does not give the certificate. unread: the properties in which Graph gave what is not of their kind; they are None here.
    """

    key_id: str | None
    thumbprint: str | None
    identifier: str | None
    subject: str | None
    start: str | None
    end: str | None
    days_left: int | None
    expired: bool
    usage: str | None
    type: str | None
    display_name: str | None
    key_type: str | None
    key_size: int | None
    signature_algorithm: str | None
    encoding: str | None
    unread: list[str]


class PasswordCredential(TypedDict):
    """A secret without its value."""

    key_id: str | None
    display_name: str | None
    start: str | None
    end: str | None


class FederatedCredential(TypedDict):
    """Whose tokens sign in as an application. subject: None where Graph v1.0 tells none, since it matches by an expression."""

    id: str | None
    name: str | None
    issuer: str | None
    subject: str | None


class ServicePrincipal(TypedDict):
    """account_enabled: None where Graph does not tell it."""

    app_id: str
    id: str
    display_name: str | None
    account_enabled: bool | None
    names: list[str]
    key_credentials: list[KeyCredential]
    password_credentials: list[PasswordCredential]


class ApplicationKeys(TypedDict):
    """An application object of the tenant's own, with what signs in for it."""

    app_id: str
    id: str
    display_name: str | None
    key_credentials: list[KeyCredential]
    password_credentials: list[PasswordCredential]


class Application(ApplicationKeys):
    """service_principal: None where the tenant has none of it, so that nothing signs in as the application.

    full_access_granted, full_access_requested: whether it has the application permission full_access_as_app for Exchange Online, and
    whether it asks for it. named: whether it is the one that was asked for by name.
    """

    federated_credentials: list[FederatedCredential]
    service_principal: ServicePrincipal | None
    full_access_granted: bool
    full_access_requested: bool
    named: bool


class Identity(TypedDict):
    """A service principal with full_access_as_app of which the tenant has no application object.

    type: Graph's servicePrincipalType, such as ManagedIdentity; None where Graph does not tell it.
    """

    app_id: str
    id: str
    display_name: str | None
    type: str | None
    account_enabled: bool | None


class KeyRestriction(TypedDict):
    """What a policy says of certificates that are added. type: Graph's restrictionType. created_after: it binds later objects alone."""

    type: str
    longest_seconds: int | None
    created_after: str | None


class ObjectRefusals(TypedDict):
    """What a service principal or an application object is bound by. policy: its name, None where that was not read, or it has none.

    locked: by its application, None where that is another tenant's or was not asked. problem: why a part of it is not known, as a clause.
    """

    app_id: str
    policy: str | None
    restrictions: list[KeyRestriction]
    locked: bool | None
    problem: str | None


class Permissions(TypedDict):
    """What a token says that it may. kind: application or delegated. granted: Graph permissions. directory_roles: ids of role templates."""

    kind: str | None
    granted: list[str] | None
    directory_roles: list[str]


class Refusals(Observed):
    """What app_policy_info returns. policy_problem: why policies are not known, as a clause; None where they are."""

    objects: list[ObjectRefusals]
    applications: list[ObjectRefusals]
    policy_problem: str | None


class Clock(TypedDict):
    """The clock of Graph beside the controller's, in the middle of the request that told it; seconds of uncertainty."""

    tenant_time: str | None
    controller_time: str | None
    clock_uncertainty: float | None


class _Dedicated(TypedDict, total=False):
    """Only where it was asked for. applications_problem: why the applications are not known, as a sentence; None where they are."""

    dedicated_applications: list[ServicePrincipal]
    applications: list[Application]
    identities: list[Identity]
    applications_problem: str | None


class PrincipalsReading(_Dedicated, Clock, Observed):
    """What sp_info returns. missing: application ids that the tenant has no service principal of."""

    service_principals: list[ServicePrincipal]
    missing: list[str]
    tenant_id: str | None
