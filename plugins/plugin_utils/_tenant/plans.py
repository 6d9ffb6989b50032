# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done to one service principal: its certificates, its names, its account. Private to the collection.

These plans are pure. The modules that write and the plan over the whole deployment make them from the same functions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential, service_principal_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal


@dataclass(frozen=True)
class PrincipalPlan:
    """What is to be done to one principal.

    predicted: the principal as it will be. body: what PATCH sends. removals: those of the operations that take something away.
    echo: the body in which each key that stays is itself, for a tenant that does not keep one that comes back as null.
    """

    principal: ServicePrincipal
    predicted: ServicePrincipal
    change: Change
    body: Mapping[str, Any]
    removals: tuple[str, ...] = ()
    echo: Mapping[str, Any] | None = None

    def then(self, later: PrincipalPlan) -> PrincipalPlan:
        """Both as one, where the later one was carried out after this one: from what was there first, each operation once."""
        return replace(
            later,
            principal=self.principal,
            change=Change(
                self.change.before, later.change.after, tuple(dict.fromkeys((*self.change.operations, *later.change.operations)))
            ),
            removals=tuple(dict.fromkeys((*self.removals, *later.removals))),
        )

    def without(self, later: PrincipalPlan) -> PrincipalPlan | None:
        """What of this plan the later one has no longer to do; None where it has to do all of it."""
        operations = tuple(one for one in self.change.operations if one not in later.change.operations)
        removals = tuple(one for one in self.removals if one in operations)
        return replace(self, change=replace(self.change, operations=operations), removals=removals) if operations else None


def credentials(principal: ServicePrincipal, request: CredentialRequest, now: datetime) -> PrincipalPlan:
    """The certificates of the request on the principal, or off it. now: an aware time."""
    plan = key_credential.plan(principal.keys, request, now)
    after = (*plan.kept, *plan.added)
    removals = tuple(f"remove key credential {key.label} from {principal.label}" for key in plan.dropped)
    return PrincipalPlan(
        principal,
        replace(principal, keys=after),
        Change(
            {"key_credentials": _shown(principal.keys)},
            {"key_credentials": _shown(after)},
            (
                *(f"add certificate {key.label} to {principal.label}{_beside(principal, key, request, now)}" for key in plan.added),
                *removals,
            ),
        ),
        {"keyCredentials": plan.body(request)},
        removals,
        {"keyCredentials": plan.body(request, echo=True)},
    )


def names(
    principal: ServicePrincipal,
    wanted: Sequence[str],
    state: str,
    app_id: str,
    domains: Collection[str] = (),
    keep: Collection[str] = (),
) -> PrincipalPlan:
    """The whole service principal names in a state: present, absent, or exact within domains but for those to keep."""
    plan = service_principal_name.plan(principal.names, wanted, state, app_id, domains, keep)
    removals = tuple(f"remove name {name} from {principal.label}" for name in plan.removed)
    return PrincipalPlan(
        principal,
        replace(principal, names=plan.whole),
        Change(
            {"names": sorted(principal.names)},
            {"names": sorted(plan.whole)},
            (
                *(f"add name {name} to {principal.label}" for name in plan.added),
                *removals,
            ),
        ),
        {"servicePrincipalNames": list(plan.whole)},
        removals,
    )


def account(principal: ServicePrincipal, *, enabled: bool) -> PrincipalPlan:
    """The principal enabled or disabled."""
    differs = principal.account_enabled is not enabled
    return PrincipalPlan(
        principal,
        replace(principal, account_enabled=enabled),
        Change(
            {"account_enabled": principal.account_enabled},
            {"account_enabled": enabled},
            (f"{'enable' if enabled else 'disable'} {principal.label}",) if differs else (),
        ),
        {"accountEnabled": enabled},
    )


def _beside(principal: ServicePrincipal, added: KeyCredential, request: CredentialRequest, now: datetime) -> str:
    """Why an entry is added beside one of the same certificate; nothing where there is none."""
    moment = next(request.needed(one, now) for one in request.certificates if one.thumbprint == added.thumbprint)
    if key_credential.any_serves(principal.keys, str(added.thumbprint), moment):
        return ": nothing but its identifier tells the entry of it there"
    reason = key_credential.why_not(principal.keys, str(added.thumbprint), moment, now)
    return f": {reason}" if reason else ""


def _shown(keys: Sequence[KeyCredential]) -> list[dict[str, Any]]:
    return sorted((key.shown() for key in keys), key=lambda entry: (str(entry["end"]), str(entry["thumbprint"]), str(entry["start"])))
