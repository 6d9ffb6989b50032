# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the servers of a deployment can carry the trust: one certificate to sign with, on each. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Obstacle, Reading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import MINIMUM_RSA_BITS, first_use
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import TOLERANCE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

_ASSIGN = (
    f"Assign one certificate (RSA of at least {MINIMUM_RSA_BITS} bits) with its private key to all Front Ends "
    "(Set-CsCertificate -Type OAuthTokenIssuer -Identity global), wait for replication, and run again."
)
_IMPORT = "Import the certificate with its private key there, or wait for replication, and run again."
_STAGE = (
    "Import the certificate with its private key there, or wait for replication; where it is not valid then, stage another one "
    "(Set-CsCertificate -Type OAuthTokenIssuer -Identity global -Roll -EffectiveDate). Run again."
)
_CLOCK = "Set the clock that is wrong: w32tm /resync on the server, chrony or the like on the controller. Run again."
_CONTENT = "the certificate's content"
# What a variable can stand for where an endpoint does not tell it.
_GIVEN_WITH = {"certificate": "trust_certificate_path", _CONTENT: "trust_certificate_path", "web_services": "trust_external_fqdns"}
_LEADS_PARTS = ("oauth_servers", "partner_applications", "oauth_configuration")


def certificate_obstacles(deployment: Deployment) -> list[Obstacle]:
    """What is wrong with the certificate with which each server that was read signs now, and with the one that is staged to sign next."""
    obstacles = []
    for member, reading in deployment.read.items():
        now, staged = _signing_problem(reading), staged_problem(reading)
        if now:
            obstacles.append(Obstacle(member, f"{member}: the OAuthTokenIssuer certificate {now[0]}.", now[1]))
        if staged:
            obstacles.append(Obstacle(member, f"{member}: the staged OAuthTokenIssuer certificate {staged}.", _STAGE))
    return obstacles


def _signing_problem(reading: Reading) -> tuple[str, str] | None:
    """Why the server cannot sign now, and since when, as the rest of a sentence, with what to do; None where it can or does not tell."""
    if "certificate" not in reading:  # a restricted endpoint; untold_obstacles() names what is needed of it
        return None
    # While a roll is pending the assigned certificate is the next one, and the one before it signs.
    certificate = reading["signing"]["current"]
    if not certificate:
        return "is not assigned", _ASSIGN
    found = usable.flaw(certificate, _now(reading))
    if not found:
        return None
    told = "and this server cannot sign since then" if found.kind == usable.EXPIRED else "and this server cannot sign now"
    # Assigning another one would end a pending roll at once, and the tenant may lack what is assigned.
    remedy = _IMPORT if found.kind in (usable.MISSING, usable.NO_PRIVATE_KEY) else _ASSIGN
    return f"{certificate['thumbprint']} {found.problem}, {told}", remedy


def staged_problem(reading: Reading) -> str | None:
    """Why the server cannot sign with the staged certificate on its effective date, as the rest of a sentence; None where it can."""
    certificate = reading["signing"]["next"] if "signing" in reading else None
    if not certificate:
        return None
    now, effective = _now(reading), time_or_none(certificate["effective_date"])
    found = usable.flaw(certificate, effective if now is None else first_use(now, effective))
    if not found:
        return None
    return f"{certificate['thumbprint']} {found.problem}, although it is to sign from {certificate['effective_date'] or 'then'} on"


def _now(reading: Reading) -> datetime | None:
    """The server's clock; that of the controller where a restricted endpoint tells none, which is as good where days matter."""
    return time_or_none(reading["server"]["time"] or reading.get("controller_time"))


def difference_obstacles(deployment: Deployment) -> list[Obstacle]:
    """The servers whose certificate is not the lead's."""
    own = _thumbprint(deployment.leading) if deployment.lead in deployment.read else None
    differing = [member for member, reading in deployment.read.items() if own and _thumbprint(reading) not in (own, None)]
    if not differing:
        return []
    return [
        Obstacle(
            deployment.subject,
            f"Deployment {deployment.name}: the OAuthTokenIssuer certificate of {deployment.lead} was not found in the same form on "
            f"{', '.join(differing)}.",
            "Wait until the Central Management Store has replicated (Get-CsManagementStoreReplicationStatus), or assign the certificate "
            "there, and run again.",
        )
    ]


def agreement_obstacles(deployment: Deployment) -> list[Obstacle]:
    """What makes it unsure which certificate signs: a clock that differs from the controller's, or a server that says another one does."""
    obstacles = []
    signs: dict[str, str] = {}
    for member, reading in deployment.read.items():
        there, here = time_or_none(reading["server"]["time"]), time_or_none(reading.get("controller_time"))
        # Each of both is told to the second, and half of the call's duration is not known.
        uncertainty = reading.get("clock_uncertainty")
        unsure = timedelta(seconds=(uncertainty if isinstance(uncertainty, (int, float)) else 0) + 1)
        if there and here and abs(there - here) > TOLERANCE + unsure:
            apart = f"{abs(there - here).total_seconds():.0f} seconds {'ahead of' if there > here else 'behind'}"
            obstacles.append(Obstacle(member, f"{member}: its clock is {apart} the controller's.", _CLOCK))
        current = reading["signing"]["current"] if "signing" in reading else None
        if current:
            signs[member] = str(current["thumbprint"])
    if len(set(signs.values())) > 1:
        told = ", ".join(f"{thumbprint} on {member}" for member, thumbprint in signs.items())
        problem = f"Deployment {deployment.name}: the servers do not sign with one certificate, but with {told}."
        obstacles.append(Obstacle(deployment.subject, problem, "Look at their clocks and at replication, and run again."))
    return obstacles


def untold_obstacles(deployment: Deployment, *, names_given: bool, certificate_given: bool) -> list[Obstacle]:
    """What an endpoint does not tell and the trust cannot do without: a restricted one, or one whose module lacks a cmdlet."""
    obstacles = []
    for member, reading in deployment.read.items():
        needed = ["certificate"]
        if member == deployment.lead:
            needed += [*_LEADS_PARTS, *(() if names_given else ("web_services",))]
        untold = [part for part in reading.get("unknown") or () if part in needed]
        certificate = reading.get("certificate")
        if reading.get("endpoint") == "restricted" and certificate and not certificate["content"] and not certificate_given:
            untold.append(_CONTENT)
        if untold:
            problem = f"{member}: this endpoint does not tell {', '.join(untold)}."
            obstacles.append(Obstacle(member, problem, _untold_remedy(untold, reading)))
    return obstacles


def _untold_remedy(untold: Sequence[str], reading: Reading) -> str:
    """A variable for what one can stand for, and where the cmdlets for the rest may come from: a role that has them, or newer tools."""
    restricted = reading.get("endpoint") == "restricted"
    # Without a restricted endpoint the certificate must be read, so that its private key is known to be there.
    given = {part: _GIVEN_WITH[part] for part in untold if part in _GIVEN_WITH and (restricted or part == "web_services")}
    variables = " and ".join(f"{variable} for {part}" for part, variable in given.items())
    source = (
        "an account whose RBAC roles have the cmdlets for it"
        if restricted
        else f"a server on which {reading['management_module']} has the cmdlets for it"
    )
    return f"{f'Give {variables}, or use' if given else 'Use'} {source}, and run again."


def unproved_warnings(deployment: Deployment) -> Iterable[str]:
    """The servers of which it is not known whether the private key is there."""
    for member, reading in deployment.read.items():
        certificate = reading.get("certificate")
        if certificate and certificate["has_private_key"] is None:
            yield (
                f"{member}: it is not known whether the certificate's private key is there, since a restricted endpoint cannot read the "
                "certificate store."
            )


def _thumbprint(reading: object) -> str | None:
    certificate = reading.get("certificate") if isinstance(reading, dict) else None
    return str(certificate["thumbprint"]) if certificate else None
