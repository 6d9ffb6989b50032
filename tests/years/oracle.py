# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the tenant accepts what each Front End signs at a moment, and the moments at which that may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from tests.lab.cloud.key_credentials import certificate_of
from tests.lab.cloud.times import time_of
from tests.lab.cloud.token_service import TokenService
from tests.lab.farm import certificates
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.proof import ask

from .world import EXCHANGE, World

_SECOND = timedelta(seconds=1)
_DEFAULT_OVERLAP_DAYS = 7


@dataclass(frozen=True)
class Refused:
    """A token that a Front End does not get."""

    at: datetime
    front_end: str
    text: str


class Oracle:
    """Asks the lab's token service about a world. asked: the moments asked, each for every Front End."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens = TokenService(world.hybrid.estate, RequestLog(), Faults())
        self.asked = 0

    def refused(self, at: datetime, *, names: bool = False) -> list[Refused]:
        """The Front Ends without a token at a moment, as things are now. names: each external name is asked for, too."""
        self.asked += 1
        return [one for deployment in self._world.state["deployments"] for one in self._of(deployment, at, names)]

    def next_refused(self, after: datetime, until: datetime, front_ends: set[str]) -> Refused | None:
        """The first refusal of one of the Front Ends by the passing of time alone."""
        for at in self.moments(after, until):
            found = next((one for one in self.refused(at) if one.front_end in front_ends), None)
            if found:
                return found
        return None

    def moments(self, after: datetime, until: datetime) -> list[datetime]:
        """One second before, at and one second after each boundary between two moments, without the first and with the last."""
        around = {one + shift for one in self.boundaries() for shift in (-_SECOND, timedelta(0), _SECOND)}
        return sorted(one for one in around if after < one <= until)

    def _of(self, deployment: dict[str, Any], at: datetime, names: bool) -> Iterator[Refused]:
        tenant = self._world.hybrid.estate.tenant(deployment["tenant"])
        assert tenant is not None
        exchange = self._world.options[deployment["name"]].get("trust_exchange_credential", True)
        external = [str(one["ExternalFqdn"] or "").lower() for one in deployment["cms"]["web_services"]] if names else []
        for front_end in deployment["front_ends"]:
            for host in ("", *dict.fromkeys(name for name in external if name)):
                proof = ask(self._tokens, tenant["id"], deployment, front_end, at=at, host=host)
                if not proof.accepted:
                    yield Refused(at, front_end["name"], f"{proof.thumbprint} {host}: {proof.code or ''} {proof.reason}")
                elif exchange and not host and not self._on_exchange(tenant, str(proof.thumbprint), at):
                    yield Refused(at, front_end["name"], f"{proof.thumbprint}: no entry of Exchange Online with it is valid")

    @staticmethod
    def _on_exchange(tenant: dict[str, Any], thumbprint: str, at: datetime) -> bool:
        (keys,) = (one["keyCredentials"] for one in tenant["service_principals"] if one["appId"] == EXCHANGE)
        return any(
            thumbprint_in(key["key"]) == thumbprint and time_of(key["startDateTime"]) <= at < time_of(key["endDateTime"]) for key in keys
        )

    def boundaries(self) -> Iterator[datetime]:
        """Moments at which it may change who has a token, some of them more than once."""
        for deployment in self._world.state["deployments"]:
            overlap = timedelta(days=self._world.options[deployment["name"]].get("trust_rotation_overlap_days", _DEFAULT_OVERLAP_DAYS))
            views = [one["token_issuer"] for one in deployment["front_ends"] if "token_issuer" in one]
            for issuer in (deployment["cms"]["token_issuer"], *views):
                if issuer and issuer.get("effective_date"):
                    effective = _time(issuer["effective_date"])
                    yield from (effective, effective + overlap)
                for name in {issuer["certificate"], issuer["previous"]} - {None} if issuer else ():
                    yield from map(_time, certificates.times(certificates.load(deployment["certificates"][name])))
            # A server whose clock is wrong turns to the next certificate by it.
            for front_end in deployment["front_ends"]:
                offset = timedelta(seconds=float(front_end["clock_offset"]))
                issuer = front_end.get("token_issuer", deployment["cms"]["token_issuer"])
                if offset and issuer and issuer.get("effective_date"):
                    yield _time(issuer["effective_date"]) - offset
        for tenant in self._world.state["tenants"]:
            for principal in tenant["service_principals"]:
                for key in principal["keyCredentials"]:
                    yield from (time_of(key["startDateTime"]), time_of(key["endDateTime"]))


@lru_cache(maxsize=4096)
def thumbprint_in(key: str | None) -> str | None:
    return certificates.thumbprint(certificate_of(key)) if key else None


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
