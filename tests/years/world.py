# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scenario's estate and what happens in it: the hybrid, its administrators, and what the scenario declares to be wrong when."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12

from tests.lab.farm import certificates
from tests.lab.farm.certificate_cmdlets import CertificateCmdlets, signs
from tests.lab.scenarios import EXCHANGE, SKYPE, configured, hold
from tests.lab.state import State as Fresh
from tests.sweep.hybrid import Hybrid

State = dict[str, Any]
CONFIGURE, ROTATE, AUDIT, REMOVE = "main", "rotate", "audit", "remove"
# The hours of the day, as parts of it: rotate in the morning, configure each seventh day at noon, audit at night.
ROTATE_AT, CONFIGURE_AT, AUDIT_AT = (5 * 60 + 17) / 1440, 0.5, 23 / 24
CONFIGURE_DAY, WEEK = 3, 7
# An administrator works after the morning's run.
BY_HAND = 0.4
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SUBJECT = "CN=contoso.com"


@dataclass(frozen=True)
class Span:
    """Days from the start. front_ends: those that it is about, all where none is named."""

    begin: float
    end: float
    front_ends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outage(Span):
    """Tokens are refused, and nothing can be done. known: from which day on runs can foresee it; None where they cannot."""

    known: float | None = None


@dataclass(frozen=True)
class Trouble(Span):
    """Something is wrong or to be done, so that runs may be red. must: the runs that have to be. words: one of them is in what they say."""

    must: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """start: UTC. zone: of the controller's clock. issuer_days: after how many days the first certificate ends."""

    start: datetime = datetime(2027, 1, 1, tzinfo=timezone.utc)
    zone: str = "UTC"
    issuer_days: float = 900
    restricted: bool = False


@dataclass
class World:
    """One scenario. options: the role's variables by deployment, beside the common ones."""

    setting: Setting
    folder: Path
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    pauses: list[tuple[str, float, float]] = field(default_factory=list)
    checks: list[Callable[[], str | None]] = field(default_factory=list)
    extra_runs: list[tuple[float, str]] = field(default_factory=list)
    plays: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        state = Fresh().data
        issuer = state["deployments"][0]["certificates"]["issuer"]
        issuer.pop("days")
        issuer |= {"not_before": self.text(-30), "not_after": self.text(self.setting.issuer_days)}
        self.hybrid = Hybrid(_peopled(configured(state), self), self.folder, restricted=self.setting.restricted)
        self.works("contoso")
        if self.setting.restricted:
            self.tell_certificate("issuer")
            self.options["contoso"]["trust_endpoint"] = "restricted"

    def works(self, name: str) -> None:
        """A play of its own for a deployment of the state, with the common variables."""
        self.plays.append([name])
        self.options[name] = {
            "trust_deployment": name,
            "trust_tenant": self.deployment(name)["tenant"],
            "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001",
            "trust_client_secret": "lab~Secret.0123456789",
            "trust_report_formats": "none",
        }

    def second_deployment(self) -> None:
        """Another deployment of the same tenant with the same certificate, on servers of its own."""
        other = copy.deepcopy(self.deployment())
        other["name"] = "branch"
        for number, front_end in enumerate(other["front_ends"], 3):
            front_end.update(name=f"fe0{number}.contoso.com", pool="branch.contoso.com")
        names = {"PoolFqdn": "branch.contoso.com", "InternalFqdn": "branchint.contoso.com", "ExternalFqdn": "branchext.contoso.com"}
        other["cms"]["web_services"] = [names]
        other["cms"]["replicas"] = [{"ReplicaFqdn": one["name"]} for one in other["front_ends"]]
        self.state["deployments"].append(other)
        self.principal(SKYPE)["servicePrincipalNames"].append(f"{SKYPE}/branchext.contoso.com")
        self.works("branch")

    # Time

    def moment(self, day: float) -> datetime:
        """Whole seconds, as everything here."""
        return self.setting.start + timedelta(seconds=round(day * 86400))

    def text(self, day: float) -> str:
        return self.moment(day).strftime(_TIME)

    def day_of(self, moment: datetime) -> float:
        return (moment - self.setting.start).total_seconds() / 86400

    @property
    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    # What the scenario says

    def at(self, day: float, do: Callable[[], object]) -> None:
        self.events.append((day, do))

    def outage(self, begin: float, end: float, *front_ends: str, known: float | None = None) -> None:
        self.outages.append(Outage(begin, end, front_ends, known))

    def trouble(self, begin: float, end: float, *words: str, must: tuple[str, ...] = ()) -> None:
        self.troubles.append(Trouble(begin, end, (), must, words))

    def paused(self, entry_point: str, begin: float, end: float) -> None:
        self.pauses.append((entry_point, begin, end))

    # The estate

    @property
    def state(self) -> State:
        return self.hybrid.estate.data

    def deployment(self, name: str = "contoso") -> State:
        found: State = next(one for one in self.state["deployments"] if one["name"] == name)
        return found

    def front_end(self, name: str) -> State:
        found: State = next(one for _deployment, one in self.hybrid.estate.front_ends() if one["name"].startswith(name))
        return found

    def principal(self, app_id: str, tenant: str = "contoso.com") -> State:
        found = self.hybrid.estate.tenant(tenant)
        assert found is not None
        one: State = next(one for one in found["service_principals"] if one["appId"] == app_id)
        return one

    def thumbprint(self, name: str, deployment: str = "contoso") -> str:
        return certificates.thumbprint(certificates.load(self.deployment(deployment)["certificates"][name]))

    def signing(self, deployment: str = "contoso") -> str:
        """The id of the certificate that signs now."""
        return signs(self.deployment(deployment)["cms"]["token_issuer"])

    # Administrators

    def certificate(
        self, name: str, begin: float, end: float, *, subject: str = _SUBJECT, deployment: str = "contoso", lacking: tuple[str, ...] = ()
    ) -> None:
        """A new certificate, imported on every Front End but those."""
        entry = {"subject": subject, "not_before": self.text(begin), "not_after": self.text(end)}
        certificates.complete(entry)
        there = self.deployment(deployment)
        there["certificates"][name] = entry
        for one in there["front_ends"]:
            if not one["name"].startswith(lacking or ("none",)):
                one["store"].append(name)

    def stage(self, name: str, effective: float | None, deployment: str = "contoso") -> None:
        """Set-CsCertificate on the first Front End. effective: the day; None assigns it at once."""
        there = self.deployment(deployment)
        lacking = {one["name"]: list(one["store"]) for one in there["front_ends"] if name not in one["store"]}
        given: dict[str, Any] = {"Type": ["OAuthTokenIssuer"], "Identity": "global", "Thumbprint": self.thumbprint(name, deployment)}
        if effective is not None:
            given |= {"Roll": True, "EffectiveDate": self.text(effective)}
        CertificateCmdlets(there, there["front_ends"][0], lambda _front_end, _name: None).run("Set-CsCertificate", given)
        assert all(lacking.get(one["name"], one["store"]) == one["store"] for one in there["front_ends"])

    def stage_new(self, name: str, begin: float, end: float, effective: float | None, *, lacking: tuple[str, ...] = ()) -> None:
        """As certificate() and stage()."""
        self.certificate(name, begin, end, lacking=lacking)
        self.stage(name, effective)

    def roll(self, name: str, day: float, *, end: float, effective: float, deployment: str = "contoso", subject: str = _SUBJECT) -> None:
        """An administrator imports a new certificate everywhere at that day and stages it. The next run gives it to the tenant."""

        def do() -> None:
            self.certificate(name, day - 1, end, subject=subject, deployment=deployment)
            self.stage(name, effective, deployment)

        self.at(day, do)
        self.trouble(day, next_day(day, ROTATE_AT))

    def loses_key(self, front_end: str, name: str) -> None:
        """The certificate is still in that Front End's store, without its private key."""
        there, server = self.deployment(), self.front_end(front_end)
        there["certificates"][f"{name} without key"] = {"pfx": there["certificates"][name]["pfx"], "private_key": False}
        server["store"] = [f"{name} without key" if one == name else one for one in server["store"]]

    def has_key(self, front_end: str, name: str) -> None:
        server = self.front_end(front_end)
        server["store"] = [name, *(one for one in server["store"] if one not in (name, f"{name} without key"))]

    def pfx(self, entry: Mapping[str, Any], password: str) -> str:
        """The file of trust_rotation_pfx_path with that certificate."""
        key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(entry["pfx"]), None)
        quick = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(10).build(password.encode())
        path = self.folder / "next.pfx"
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"next", key, certificate, None, quick))  # type: ignore[arg-type]
        return str(path)

    def new_pfx(self, begin: float, end: float, password: str, subject: str = _SUBJECT) -> str:
        entry = {"subject": subject, "not_before": self.text(begin), "not_after": self.text(end)}
        certificates.complete(entry)
        return self.pfx(entry, password)

    def tell_certificate(self, name: str) -> None:
        """Write trust_certificate_path, which a restricted endpoint needs."""
        path = self.folder / "issuer.cer"
        path.write_bytes(certificates.load(self.deployment()["certificates"][name]).public_bytes(Encoding.DER))
        self.options["contoso"]["trust_certificate_path"] = str(path)

    def option(self, deployment: str = "contoso", **values: Any) -> None:
        """Give variables of the role, without trust_; None takes one away."""
        for name, value in values.items():
            self.options[deployment].pop(f"trust_{name}", None)
            if value is not None:
                self.options[deployment][f"trust_{name}"] = value

    def roles(self, *names: str) -> None:
        """The permissions of the application that signs in."""
        self.state["tenants"][0]["applications"][0]["roles"] = list(names)


def next_day(day: float, hour: float) -> float:
    """The first moment after a day at that hour (a part of the day)."""
    whole = int(day // 1)
    return whole + hour if day < whole + hour else whole + 1 + hour


def next_configure(day: float) -> float:
    """The end of the next weekly configure, a minute after it began."""
    found = next_day(day, CONFIGURE_AT)
    while int(found) % WEEK != CONFIGURE_DAY:
        found += 1
    return found + 1 / 1440


def _peopled(state: State, world: World) -> State:
    """With keys and names of others on both principals of each tenant."""
    for tenant in state["tenants"]:
        for principal in tenant["service_principals"]:
            for number, subject in enumerate(("CN=fabrikam.com", "CN=Microsoft Exchange Server Auth Certificate")):
                entry = {"subject": subject, "not_before": world.text(-20), "not_after": world.text(300 + 900 * number)}
                certificates.complete(entry)
                hold(principal, entry)
            if principal["appId"] == SKYPE:
                principal["servicePrincipalNames"] += [f"{SKYPE}/webext.fabrikam.com", "https://lync.fabrikam.com/"]
    return state


__all__ = ["AUDIT", "CONFIGURE", "EXCHANGE", "REMOVE", "ROTATE", "SKYPE", "Outage", "Setting", "Span", "Trouble", "World"]
