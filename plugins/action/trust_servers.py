# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ansible.utils.vars import load_extra_vars

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import DEFAULT_PATTERN, OtherHosts, matching, patterns
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import neighbours, servers
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Unread, read_or_not
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_DEPLOYMENT = "trust_deployment"
_TENANTS = ("trust_tenant_id", "trust_tenant")


class ActionModule(HybridAuthAction):
    """Tell which servers work for which deployment. Contacts nothing."""

    ARGUMENTS = Arguments(
        {"settings": {"type": "str", "default": "_trust_settings"}, "readings": {"type": "str"}, "plans": {"type": "str"}}
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        servers.check_strategy(self._task.get_play().strategy)
        run = servers.Run(
            hosts=task_vars["ansible_play_hosts_all"],
            batch=task_vars["ansible_play_batch"],
            alive=task_vars["ansible_play_hosts"],
            limit=task_vars.get("ansible_limit"),
        )
        others = OtherHosts(task_vars["hostvars"])
        variables = {host: others.raw(host) for host in run.hosts}
        checked = {host: one[params["settings"]] for host, one in variables.items() if isinstance(one.get(params["settings"]), Mapping)}
        servers.check_settings(host for host, one in checked.items() if one.get("failed"))
        settings = {host: one["settings"] for host, one in checked.items() if "settings" in one}
        servers.check_agreement(settings)
        settled = {host: str(one["deployment"]) for host, one in settings.items()}
        named = {str(settings[host].get("hosts") or "") for host in run.batch if host in settings}
        group = list(dict.fromkeys(host for pattern in sorted(named) for host in self._group(patterns(pattern), task_vars["groups"])))
        # Only where servers are told apart by their variables may one outside of the group belong to them.
        apart = any(_DEPLOYMENT in variables[host] for host in run.batch)
        everyone = task_vars["groups"]["all"] if apart else [*run.hosts, *group]
        inventory = {host: variables.get(host) or others.raw(host) for host in everyone}
        front_ends = {str(one["deployment"]): one.get("front_ends") or () for one in settings.values()}
        known = servers.Known(self._told(inventory, others), group, front_ends, task_vars["groups"]["all"])
        found = servers.deployments(run, settled, known)
        every = neighbours.by_deployment(inventory, settled, known.told)
        result: dict[str, Any] = {
            "changed": False,
            "deployments": found,
            "leads": [one["lead"] for one in found.values()],
            "several": len(every) > 1,
        }
        if params["readings"]:
            result["known"] = [self._known(name, hosts, inventory, params, run.hosts) for name, hosts in every.items()]
        if params["plans"]:
            # A lead that failed is in no batch any more, so that nothing follows a roll that was cut off.
            result["from_store"] = {server: gone for one in run.batch for server, gone in _leaving(variables[one], params["plans"]).items()}
        outside = [host for host in run.batch if host in settings and host not in group]
        if outside and named != {DEFAULT_PATTERN}:
            result["warnings"] = [servers.outside_warning(" or ".join(sorted(named)), outside)]
        return result

    @staticmethod
    def _known(
        name: str, hosts: Sequence[str], variables: Mapping[str, Mapping[str, Any]], params: Mapping[str, Any], here: Sequence[str]
    ) -> neighbours.Known:
        """What is known of one deployment. variables: of each host, as they are written."""
        checked = (variables[host].get(params["settings"]) for host in hosts)
        own: Mapping[str, Any] = next((one["settings"] for one in checked if isinstance(one, Mapping) and "settings" in one), {})
        told = {host: read_or_not(variables[host].get(params["readings"]), host) for host in hosts}
        readings = {host: cast(FarmReading, one) for host, one in told.items() if not isinstance(one, Unread)}
        ids = [own.get("tenant_id"), own.get("tenant")] if own else [variables[hosts[0]].get(one) for one in _TENANTS]
        return neighbours.known(name, own, readings, hosts=hosts, here=not set(hosts).isdisjoint(here), tenant_ids=ids)

    def _group(self, pattern: list[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
        if pattern == [DEFAULT_PATTERN] and DEFAULT_PATTERN not in groups:
            return []  # who names the hosts of a play otherwise need not have this group
        found = matching(groups, pattern, self._loader)
        if not found:
            raise HybridAuthError(
                f"trust_hosts: the pattern {','.join(pattern)} matches no host of the inventory. Nothing was contacted.",
                "Name the group, the hosts or the pattern of the Front Ends, and look with ansible-inventory --graph.",
            )
        return found

    def _told(self, variables: Mapping[str, Mapping[str, Any]], others: OtherHosts) -> dict[str, str | None]:
        """The deployments that the inventory has. One from the command line is on every host, so it tells of none."""
        if _DEPLOYMENT in load_extra_vars(self._loader):
            return {}
        given = {host: one.get(_DEPLOYMENT) for host, one in variables.items()}
        return {host: others.text(host, _DEPLOYMENT, raw) for host, raw in given.items() if raw not in (None, "")}


def _leaving(variables: Mapping[str, Any], name: str) -> Mapping[str, list[str]]:
    """What leaves the stores by the plan of a lead, by server; nothing where the host leads none."""
    plan = variables.get(name)
    arguments = plan.get("arguments") if isinstance(plan, Mapping) else None
    return cast("Mapping[str, list[str]]", arguments.get("from_store") or {}) if isinstance(arguments, Mapping) else {}
