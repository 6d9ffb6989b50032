# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Farms and tenants other than the greenfield one, each made of a state by a small function."""

from __future__ import annotations

import copy
import json
import uuid
from typing import Any

State = dict[str, Any]
FABRIKAM = "6699c5fe-0000-4000-8000-000000000001"


def standard_edition(state: State) -> State:
    """One Standard Edition server, whose Web services have no internal name of their own."""
    changed = copy.deepcopy(state)
    farm = changed["deployments"][0]
    farm["front_ends"] = farm["front_ends"][:1]
    farm["front_ends"][0].update(name="se01.contoso.com", pool="se01.contoso.com")
    farm["cms"]["web_services"] = [{"PoolFqdn": "se01.contoso.com", "InternalFqdn": "", "ExternalFqdn": "webext.contoso.com"}]
    farm["cms"]["replicas"] = [{"ReplicaFqdn": "se01.contoso.com"}]
    return changed


def with_director(state: State) -> State:
    """A pool, and a director with a name of its own beside a blank and a duplicate one."""
    changed = copy.deepcopy(state)
    changed["deployments"][0]["cms"]["web_services"] = [
        {"PoolFqdn": "pool01.contoso.com", "InternalFqdn": "webint.contoso.com", "ExternalFqdn": "webext.contoso.com"},
        {"PoolFqdn": "dir01.contoso.com", "InternalFqdn": "webdirint.contoso.com", "ExternalFqdn": "WebDir.contoso.com"},
        {"PoolFqdn": "dir02.contoso.com", "InternalFqdn": None, "ExternalFqdn": "webdir.CONTOSO.com"},
        {"PoolFqdn": "pool02.contoso.com", "InternalFqdn": "", "ExternalFqdn": None},
    ]
    return changed


def two_tenants(state: State) -> State:
    """The same estate a second time as Fabrikam: a deployment and a tenant of its own."""
    text = json.dumps(state).replace(state["tenants"][0]["id"], FABRIKAM).replace("CONTOSO", "FABRIKAM").replace("Contoso", "Fabrikam")
    text = text.replace("contoso", "fabrikam").replace("0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002")
    other = json.loads(text)
    for one in other["tenants"][0]["service_principals"]:
        one["id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{one['id']}.fabrikam"))
    return {**copy.deepcopy(state), **{name: copy.deepcopy(state[name]) + other[name] for name in ("deployments", "tenants")}}


def foreign_domains(state: State) -> State:
    """A farm none of whose SIP domains is the tenant's: one is of no tenant, the other of Fabrikam's."""
    changed = two_tenants(state)
    changed["deployments"] = changed["deployments"][:1]
    changed["deployments"][0]["sip_domains"] = ["corp.contoso.com", "fabrikam.com"]
    return changed


def renamed(state: State, name: str) -> State:
    """The same estate as another: fe01.contoso.com is fe01.NAME.com, and ids are its own."""
    text = json.dumps(state).replace("CONTOSO", name.upper()).replace("contoso", name)
    for tenant in state["tenants"]:
        ids = (one["id"] for one in tenant["service_principals"])  # as unique as a tenant's, in all of the cloud
        for own in (tenant["id"], *ids, *(one["client_id"] for one in tenant["applications"])):
            text = text.replace(own, str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{own}.{name}")))
    made: State = json.loads(text)
    return made


def together(*states: State) -> State:
    """Estates beside one another, so that one play meets them all; what is not of a deployment or tenant is as in the first."""
    made = copy.deepcopy(states[0])
    for name in ("deployments", "tenants"):
        made[name] = [copy.deepcopy(one) for state in states for one in state[name]]
    return made
