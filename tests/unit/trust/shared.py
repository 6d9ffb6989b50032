# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two deployments of one tenant, east and west, for tests of what each decides of the other's keys and names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import unpack
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entry_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action

SERVERS = {"east": ["fe01", "fe02"], "west": ["fe11", "fe12"]}
POOLS = {"east": "pool01.contoso.com", "west": "pool11.contoso.com"}
OTHER_TENANT = "6699c5fe-0000-4000-8000-000000000001"


class Hybrid:
    """east, west: the state of each farm as tests/lab/README.md describes it, with the same certificate. The tenant is that of east.

    settings: of each deployment. signed_in: the tenant of each one's sign-in. unread: deployments whose servers could not be reached.
    outside: deployments of which the inventory tells and that the play does not have.
    """

    def __init__(self, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._workdir, self._monkeypatch = workdir, monkeypatch
        self.farms = {"east": states.right(), "west": states.right()}
        services = states.farm(self.farms["west"])["cms"]["web_services"]
        for index, one in enumerate(services):
            one.update(PoolFqdn=f"pool1{index + 1}.contoso.com", InternalFqdn="westint.contoso.com", ExternalFqdn="webwest.contoso.com")
        self.settings: dict[str, dict[str, Any]] = {"east": {}, "west": {}}
        self.signed_in = {"east": states.TENANT, "west": states.TENANT}
        self.unread: set[str] = set()
        self.outside: set[str] = set()

    def thumbprint(self, deployment: str, name: str = "issuer") -> str:
        return certificates.thumbprint(certificates.load(states.farm(self.farms[deployment])["certificates"][name]))

    def put(self, deployment: str, certificate: dict[str, Any], app_id: str = states.SKYPE, days_ago: float = 40) -> str:
        """An entry of the certificate that the deployment put there under its display name; its thumbprint."""
        found = certificates.thumbprint(certificates.load(certificate))
        pools = [service["PoolFqdn"] for service in states.farm(self.farms[deployment])["cms"]["web_services"]]
        day = datetime.fromisoformat(states.at(-days_ago).replace("Z", "+00:00"))
        states.add_key(self.farms["east"], app_id, f"{deployment} {found}", certificate)
        key = states.principal(self.farms["east"], app_id)["keyCredentials"][-1]
        key["displayName"] = entry_name.made(deployment, pools, found, day)
        return found

    def do(self, module: str, arguments: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """What a module that works on the tenant returns; what it wrote is there for what comes next."""
        estate = Estate(self.farms["east"], self._workdir, self._monkeypatch)
        done = estate.in_tenant(module, arguments, check_mode=check_mode)
        for app_id in (states.SKYPE, states.EXCHANGE):
            states.principal(self.farms["east"], app_id).update(estate.principal(app_id))
        return done

    def names(self) -> list[str]:
        listed: list[str] = states.principal(self.farms["east"], states.SKYPE)["servicePrincipalNames"]
        return listed

    def decide(self, module: str, deployment: str = "east", **given: Any) -> dict[str, Any]:
        """What a decision of a deployment returns, after trust_servers has told each of the other."""
        hostvars, cloud = self._read()
        facts = hostvars[SERVERS[deployment][0]]["_trust_settings"]["settings"]
        options = {
            "settings": facts,
            "members": {"lead": SERVERS[deployment][0], "members": SERVERS[deployment]},
            **({} if module == "trust_audit" else {"token": {"tenant_id": self.signed_in[deployment], "cloud": "global"}}),
            "cloud" if module in ("trust_rotation", "trust_audit") else "principals": cloud,
            **({} if module == "trust_audit" else {"obstacles": "fail"}),
            **given,
        }
        result = run_action(module, options, task_vars={"hostvars": hostvars})
        if "packed" in result:
            result["findings"] = unpack(result.pop("packed"))
        return result

    def _read(self) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        hostvars: dict[str, dict[str, Any]] = {}
        for name, state in self.farms.items():
            estate = Estate(state, self._workdir, self._monkeypatch)
            readings, _cloud = estate.everything()
            for host, reading in zip(SERVERS[name], readings, strict=True):
                hostvars[host] = {"trust_deployment": name}
                if name not in self.outside:
                    facts = Settings(**{"deployment": name, "exchange_credential": False, **self.settings[name]}).as_facts()
                    hostvars[host] |= {
                        "_trust_settings": {"settings": facts},
                        "_trust_read": {"unreachable": True, "msg": "timed out"} if name in self.unread else reading,
                        "_trust_token": {"tenant_id": self.signed_in[name]},
                    }
        _readings, cloud = Estate(self.farms["east"], self._workdir, self._monkeypatch).everything()
        told = self._told(hostvars)
        for one in hostvars.values():
            one["_trust_neighbours"] = told
        return hostvars, cloud

    def _told(self, hostvars: dict[str, dict[str, Any]]) -> dict[str, Any]:
        here = [host for name, hosts in SERVERS.items() if name not in self.outside for host in hosts]
        task_vars = {
            "ansible_play_hosts_all": here,
            "ansible_play_batch": here,
            "ansible_play_hosts": here,
            "groups": {"all": list(hostvars), "front_ends": list(hostvars)},
            "hostvars": hostvars,
        }

        def prepare(action: Any) -> None:
            action._task.get_play = lambda: SimpleNamespace(strategy="linear")

        told = run_action("trust_servers", {"readings": "_trust_read"}, prepare=prepare, task_vars=task_vars)
        assert not told.get("failed"), told.get("msg")
        assert told["several"] is True
        return told
