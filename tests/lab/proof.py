# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the farm's trust works at a moment, asked inside the lab: no request is made and nothing is logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .cloud.token_service import AUDIENCE_HOST, ISSUER, TokenService
from .farm import certificates
from .farm.assertion import SKYPE_FOR_BUSINESS, Stored, signed
from .farm.certificate_cmdlets import signs
from .lab import Lab

EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000/outlook.office365.com"


@dataclass(frozen=True)
class Proof:
    """accepted: whether a token signed at that moment is accepted. code, reason: the refusal of the token service, or what
    keeps the server from signing (code None). thumbprint: the certificate that signs."""

    accepted: bool
    thumbprint: str | None
    code: int | None = None
    reason: str = ""


def prove(lab: Lab, front_end: str, *, host: str = "", at: datetime | None = None, resource: str = EXCHANGE_ONLINE) -> Proof:
    """What the token service of the deployment's tenant says to an assertion that a Front End signs.

    front_end: its name in the state. host: the external Web services name to prove, none by default. at: an aware time, now by
    default; a staged certificate signs once its effective date is over, and credentials expire.
    """
    server = lab.farm.front_ends[front_end]
    with lab.edit() as state:
        deployment = next(one for one in state["deployments"] if one["name"] == server.deployment)
        tenant = next(one for one in lab.info["tenants"] if deployment.get("tenant") in (None, one["id"], one["domain"]))["id"]
        moment = at or datetime.now(timezone.utc)
        return ask(lab.tokens, tenant, deployment, server.data, host=host, at=moment, resource=resource)


def ask(
    tokens: TokenService,
    tenant: str,
    deployment: Mapping[str, Any],
    front_end: Mapping[str, Any],
    *,
    at: datetime,
    host: str = "",
    resource: str = EXCHANGE_ONLINE,
) -> Proof:
    """As prove(), of a deployment and one of its Front Ends in a state. tenant: its id. at: an aware time; the server has its own clock."""
    clock = at + timedelta(seconds=float(front_end.get("clock_offset", 0)))
    issuer = front_end.get("token_issuer", deployment["cms"]["token_issuer"])
    name = signs(issuer, clock.strftime("%Y-%m-%dT%H:%M:%SZ")) if issuer else None
    thumbprint = certificates.thumbprint(certificates.load(deployment["certificates"][name])) if name else None
    entries = [deployment["certificates"][one] for one in front_end["store"]]
    found = next((one for one in entries if certificates.thumbprint(certificates.load(one)) == thumbprint), None)
    stored = Stored(certificates.load(found), certificates.private_key(found)) if found else None
    if thumbprint is None or stored is None or stored.key is None:
        return Proof(
            False, thumbprint, reason="no certificate is assigned" if thumbprint is None else "it is not there with its private key"
        )
    client = f"{SKYPE_FOR_BUSINESS}{'/' + host if host else ''}@{tenant}"
    assertion = signed(stored, client, f"{ISSUER}/{AUDIENCE_HOST}@{tenant}", int(clock.timestamp()), 300)
    refusal = tokens.decide(assertion, f"{resource}@{tenant}", at.timestamp())
    return Proof(True, thumbprint) if refusal is None else Proof(False, thumbprint, refusal.code, refusal.text)
