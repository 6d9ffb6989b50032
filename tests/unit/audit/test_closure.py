# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit finds, a run repairs: each failing state, what its findings' remedies name, and the audit again.

What still fails then is on a list, with the reason why no run can repair it. configure is the plan and the modules with its arguments,
as the role runs them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import modern_authentication, plan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Tenant
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action

# The module of each step, and whether it works on the farm.
STEPS = {
    "certificate": ("sp_credential", False),
    "withdrawal": ("sp_credential", False),
    "account": ("sp_account", False),
    "names": ("sp_names", False),
    "oauth_server": ("oauth_server", True),
    "exchange_onprem": ("partner_application", True),
    "sharepoint_onprem": ("partner_application", True),
    "partner_application": ("partner_application", True),
    "oauth_configuration": ("oauth_configuration", True),
}


@dataclass
class Work:
    """An administrator at work on an estate."""

    estate: Estate
    settings: dict[str, Any]
    workdir: Path
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def servers(self) -> list[str]:
        return self.estate.servers

    def audit(self, *statuses: str) -> list[dict[str, Any]]:
        """The findings of these statuses; without one those that fail."""
        read, cloud = self.estate.everything()
        url = self.settings.get("exchange_autodiscover_url")
        options = {
            "deployment": "contoso",
            "onprem": read,
            "servers_expected": self.servers,
            "cloud": cloud,
            "token": self.estate.signed_in(),
            "refusals": self.estate.refusals(principals=cloud),
            "expected": {**states.RIGHT_EXPECTED, **({"exchange_autodiscover_url": url} if url else {}), **self.expected},
        }
        return [finding for finding in run_action("trust_audit", options)["findings"] if finding["status"] in (statuses or ("fail",))]

    def configure(self) -> None:
        """A run of configure; where it says that something is another's, a second one that takes it over."""
        for takeover in ((), ("microsoft.sts", "microsoft.exchange")):
            read, cloud = self.estate.everything()
            deployment = Deployment("contoso", self.servers[0], tuple(self.servers), (), dict(zip(self.servers, read, strict=True)))
            tenant = Tenant(states.TENANT, "global", cloud)
            made = plan.plan(Settings(**self.settings, takeover=takeover), deployment, tenant, datetime.now(timezone.utc))
            if not made.obstacles:
                break
        for step in [] if made.obstacles else made.steps:
            if step.change.changed:
                module, on_farm = STEPS[step.name]
                self.do(module, self.servers[0] if on_farm else None, **made.arguments[step.name])

    def do(self, module: str, server: str | None = None, /, **options: Any) -> dict[str, Any]:
        """A module, on a server or for the tenant."""
        return self.estate.on_server(server, module, options) if server else self.estate.in_tenant(module, options)

    def tenant_keys(self, *certificates_content: str) -> dict[str, Any]:
        return self.do("sp_credential", app_ids=[states.SKYPE], certificates=list(certificates_content))

    def pfx(self, entry: dict[str, Any]) -> str:
        path = self.workdir / "certificate.pfx"
        path.write_bytes(base64.b64decode(entry["pfx"]))
        return str(path)


def switch(work: Work) -> None:
    """A run of modern_authentication."""
    read, cloud = work.estate.everything()
    deployment = Deployment("contoso", work.servers[0], tuple(work.servers), (), dict(zip(work.servers, read, strict=True)))
    made = modern_authentication.plan(Settings(), deployment, Tenant(states.TENANT, "global", cloud))
    assert made.obstacles == []
    for step in made.steps:
        if step.change.changed:
            module, on_farm = STEPS[step.name]
            work.do(module, work.servers[0] if on_farm else None, **made.arguments[step.name])


def _thumbprint(entry: dict[str, Any]) -> str:
    return certificates.thumbprint(certificates.load(entry))


def configure(work: Work) -> None:
    work.configure()


def assign(work: Work) -> None:
    """The certificate of the store is assigned again."""
    entry = states.right()["deployments"][0]["certificates"]["issuer"]
    cloud = work.do("sp_info", app_ids=[states.SKYPE])
    work.do("onprem_certificate", work.servers[0], thumbprint=_thumbprint(entry), cloud=cloud, app_ids=[states.SKYPE])


def import_on(name: str) -> Callable[[Work], None]:
    """The assigned or staged certificate is imported on the second server."""

    def run(work: Work) -> None:
        entry = work.estate.certificate(name)
        work.do("onprem_certificate", work.servers[1], state="in_store", source="pfx", pfx_path=work.pfx(entry))

    return run


def roll(work: Work) -> None:
    """A new certificate: on every server, in the tenant, then it signs."""
    path = work.pfx(states.made("CN=contoso.com", days=800))
    made = [work.do("onprem_certificate", server, state="in_store", source="pfx", pfx_path=path) for server in work.servers]
    cloud = work.tenant_keys(made[0]["certificate"]["content"])
    work.do(
        "onprem_certificate",
        work.servers[0],
        thumbprint=made[0]["certificate"]["thumbprint"],
        immediate=True,
        cloud=cloud,
        app_ids=[states.SKYPE],
    )


def stage_earlier(work: Work) -> None:
    read, _cloud = work.estate.everything()
    cloud = work.do("sp_info", app_ids=[states.SKYPE])
    work.do(
        "onprem_certificate",
        work.servers[0],
        thumbprint=read[0]["signing"]["next"]["thumbprint"],
        effective_date=states.at(5),
        replace_pending=True,
        cloud=cloud,
        app_ids=[states.SKYPE],
    )


def remove(app_id: str, *, own: bool = False) -> Callable[[Work], None]:
    """Keys of a service principal go, by thumbprint where they are the farm's, by key id where they are not."""

    def run(work: Work) -> None:
        read, cloud = work.estate.everything()
        signs = read[0]["certificate"]["thumbprint"]
        (principal,) = (one for one in cloud["service_principals"] if one["app_id"] == app_id)
        going = [key["key_id"] for key in principal["key_credentials"] if (key["thumbprint"] == signs) is own]
        work.do("sp_credential", app_ids=[app_id], state="absent", key_id=going)

    return run


REMEDIES: dict[str, Callable[[Work], None]] = {
    "certificate.present": assign,
    "certificate.same": assign,
    "certificate.store": import_on("issuer"),
    "certificate.private_key": roll,
    "certificate.in_date": roll,
    "certificate.ending_soon": roll,
    "certificate.key": roll,
    "roll.on_servers": import_on("next"),
    "roll.in_time": stage_earlier,
    "credential.shared_own": remove(states.EXCHANGE, own=True),
    "credential.weak_key": remove(states.SKYPE),
    "credential.symmetric": remove(states.SKYPE),
    "names.modern_authentication": switch,
}
# Findings that fail after it all, and why.
LEFT: dict[str, dict[str, str]] = {
    "certificate.same": {"certificate.same": "the server shows another certificate until the store has replicated to it"},
    "certificate.key": {
        "credential.weak_key": "the certificate that signed before stays in the tenant until the overlap is over; rotate removes it then"
    },
    "certificate.key_access": {
        "certificate.key_access": "no module changes the access rules of a file: certlm.msc does, as the remedy says"
    },
    "principal.present": {
        "principal.present": "no module creates Microsoft's service principals: 'az ad sp create' does, as the remedy says"
    },
    "credential.password": {"credential.password": "no module touches secrets of service principals: 'az ad sp credential delete' does"},
    "sign_in.ending_soon": {"sign_in.ending_soon": "no module makes a secret for the application that signs in"},
    "replication.up_to_date": {"replication.up_to_date": "the farm replicates by itself"},
    "server.supported": {"server.supported": "a product is upgraded by its own setup"},
    "server.build": {"server.build": "updates are installed on the servers"},
    "server.tls": {"server.tls": "the registry of the servers is not the trust's"},
    "server.winhttp": {"server.winhttp": "the registry of the servers is not the trust's"},
    "server.metadata_reachable": {"server.metadata_reachable": "names, firewalls and proxies are not the trust's"},
    "clock.server": {"clock.server": "clocks are set on the machines", "clock.server_tenant": "clocks are set on the machines"},
    "clock.tenant": {"clock.tenant": "clocks are set on the machines", "clock.server_tenant": "clocks are set on the machines"},
    "clock.server_tenant": {"clock.server_tenant": "clocks are set on the machines", "clock.server": "clocks are set on the machines"},
}


def begins_later(state: dict[str, Any]) -> None:
    """The farm's certificate is in the tenant with an entry that begins next month."""
    states.principal(state, states.SKYPE)["keyCredentials"][0]["startDateTime"] = states.at(30)


def over_before_it_signs(state: dict[str, Any]) -> None:
    """The staged certificate's entry ends before the day on which it begins to sign."""
    states.staged(state, 5)
    states.principal(state, states.SKYPE)["keyCredentials"][1]["endDateTime"] = states.at(3)


CASES = (
    *(case for case in states.CASES if case.status == "fail"),
    states.Case("credential.own", "begins later", begins_later),
    states.Case("roll.in_cloud", "over too early", over_before_it_signs),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_fails_is_repaired_by_what_the_remedy_names(case: states.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFB_READ_PAUSE_SECONDS", "0.01")
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "run"))
    url = case.expected.get("exchange_autodiscover_url")
    settings = {"exchange_credential": False, **({"exchange_autodiscover_url": url} if url else {})}
    onprem = case.expected.get("onprem_applications", [])
    settings |= {f"{one['product']}_onprem_metadata_url": one["metadata_url"] for one in onprem}
    work = Work(Estate(case.state(), tmp_path, monkeypatch), settings, tmp_path, {"onprem_applications": onprem})
    assert case.id in {finding["id"] for finding in work.audit()}
    REMEDIES.get(case.id, configure)(work)
    assert {finding["id"] for finding in work.audit()} == set(LEFT.get(case.id, ())), [
        (finding["id"], finding["subject"], finding["actual"]) for finding in work.audit()
    ]


def test_nothing_is_on_the_list_that_a_run_repairs() -> None:
    assert set(LEFT) <= {case.id for case in CASES}
    assert all(reason for reasons in LEFT.values() for reason in reasons.values())


def test_a_staged_certificate_that_the_tenant_refuses_is_replaced_as_the_remedy_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFB_READ_PAUSE_SECONDS", "0.01")
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "run"))
    state = states.right()
    states.staged(state, 5, in_cloud=False)
    states.forbid(state, "P850D")
    work = Work(Estate(state, tmp_path, monkeypatch), {"exchange_credential": False}, tmp_path)

    def told() -> list[str]:
        """What the audit, a roll and a run of configure advise about it."""
        read, cloud = work.estate.everything()
        asked = work.estate.refusals(principals=cloud)
        deployment = Deployment("contoso", work.servers[0], tuple(work.servers), (), dict(zip(work.servers, read, strict=True)))
        now, settings = datetime.now(timezone.utc), Settings(**work.settings)
        made = plan.plan(settings, deployment, Tenant(states.TENANT, "global", cloud, asked), now)
        options = {
            "settings": settings.as_facts(),
            "members": {"lead": work.servers[0], "members": work.servers},
            "token": work.estate.signed_in(),
            "cloud": cloud,
            "refusals": asked,
            "obstacles": "return",
        }
        hostvars = {name: {"_trust_read": one} for name, one in zip(work.servers, read, strict=True)}
        rolled = run_action("trust_rotation", options, task_vars={"hostvars": hostvars})
        policy = [one["remedy"] for one in work.audit("fail", "warn") if one["id"] == "credential.policy"]
        return [*policy, *(one["message"] for one in rolled["obstacles"]), *(one.remedy for one in made.obstacles)]

    assert len(told()) == 3
    assert all("onprem_certificate with replace_pending" in one and "trust_rotation_valid_days" not in one for one in told())
    path = work.pfx(states.made("CN=contoso.com", days=800))
    brought = [work.do("onprem_certificate", server, state="in_store", source="pfx", pfx_path=path) for server in work.servers]
    cloud = work.tenant_keys(brought[0]["certificate"]["content"])
    thumbprint = brought[0]["certificate"]["thumbprint"]
    work.do("onprem_certificate", work.servers[0], thumbprint=thumbprint, replace_pending=True, cloud=cloud, app_ids=[states.SKYPE])
    assert told() == []
    assert work.audit() == []
