# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What trust_proof returns: steps, findings and the whole verdict, made of what was seen. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OAuthServer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import findings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.assertion import Signed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.exchange import Entry
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import SKEW_SECONDS, Verdict, overall
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.secrets import mask
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import claims_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text, same_url

_LONGEST_SHOWN = 300
_TITLES = {
    "metadata": "Metadata document of the authorization server",
    "farm": "OAuth server of the farm",
    "certificate": "Certificate that signs",
    "clock": "Clock of the server",
    "token": "Token for an assertion of the farm",
    "exchange": "Exchange Web Services of Exchange Online",
    "mailbox": "Item in a mailbox through Exchange Web Services",
}


@dataclass(frozen=True)
class Proof:
    """One issuer with its verdict; token holds what may be shown of the token."""

    issuer: str
    verdict: Verdict
    token: Mapping[str, Any] | None = None

    def without(self, secrets: Iterable[str]) -> Proof:
        """The proof with nothing of these texts in it."""
        said = mask({"explanation": self.verdict.explanation, "error_code": self.verdict.error_code}, secrets)
        return replace(self, verdict=replace(self.verdict, **said), token=mask(self.token, secrets))

    def as_result(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "accepted": self.verdict.accepted,
            "outcome": self.verdict.outcome,
            "explanation": self.verdict.explanation,
            "remedy": self.verdict.remedy,
            "error_code": self.verdict.error_code,
            "token": dict(self.token) if self.token is not None else None,
        }


@dataclass
class Seen:
    """What was seen so far, in the order of the steps.

    stopped: the verdict where no assertion could be asked for. server: the farm's OAuth server; farm_read: whether it was looked for.
    skew: seconds by which the server's clock is ahead. mailbox: status, what happened and what to do; None where it was not asked for.
    exchange: what Exchange Online said; None where it was not asked for.
    """

    metadata_url: str | None = None
    endpoint: str | None = None
    realm: str | None = None
    resource: str | None = None
    server_name: str = ""
    server: OAuthServer | None = None
    farm_read: bool = False
    stopped: Verdict | None = None
    signed: Sequence[Signed] = ()
    skew: float | None = None
    proofs: list[Proof] = field(default_factory=list)
    mailbox_address: str | None = None
    mailbox: tuple[str, str, str] | None = None
    exchange: Entry | None = None

    @property
    def mailbox_passed(self) -> bool:
        return self.mailbox is not None and self.mailbox[0] == "pass"

    def result(self) -> dict[str, Any]:
        """Everything that the task returns but changed."""
        verdict = self.stopped or overall([proof.verdict for proof in self.proofs])
        return {
            "accepted": verdict.accepted,
            "outcome": verdict.outcome,
            "explanation": verdict.explanation,
            "remedy": verdict.remedy,
            "tenant_id": self.realm,
            "metadata_url": self.metadata_url,
            "token_endpoint": self.endpoint,
            "resource": self.resource,
            "thumbprint": self.signed[0].thumbprint if self.signed else None,
            "proofs": [proof.as_result() for proof in self.proofs],
            "exchange": self.exchange.as_result() if self.exchange else None,
            "steps": self._steps(),
            "findings": self._findings(),
        }

    def _steps(self) -> list[dict[str, str]]:
        steps = [self._metadata_step(), self._farm_step(), self._certificate_step(), self._clock_step()]
        if self.proofs:
            # A step has no "warn": what is not known has not passed, and has not failed either.
            steps += [_step("token", _known(proof.verdict), f"{proof.issuer}: {proof.verdict.explanation}") for proof in self.proofs]
        else:
            steps.append(_step("token", "skip", "no assertion was asked for"))
        if self.exchange:
            found = self.exchange.found
            steps.append(_step("exchange", "skip" if found == "warn" else found, f"{self.exchange.url}: {self.exchange.explanation}"))
        status, detail, _remedy = self.mailbox or ("skip", "not asked for", "")
        return [*steps, _step("mailbox", "skip" if status == "warn" else status, detail)]

    def _metadata_step(self) -> dict[str, str]:
        if self.metadata_url is None:
            return _step("metadata", "skip", "no URL is known")
        if self.realm is None:
            return _step("metadata", "fail", f"{self.metadata_url}: {self.stopped.explanation if self.stopped else 'no document'}")
        return _step("metadata", "pass", f"{self.metadata_url} is of the realm {self.realm}")

    def _farm_step(self) -> dict[str, str]:
        if not self.farm_read:
            return _step("farm", "skip", "the farm was not read")
        if self.server is None:
            return _step("farm", "fail", f"there is no OAuth server {self.server_name}")
        shown = f"{self.server_name} has the realm {self.server['realm']} and the metadata URL {self.server['metadata_url']}"
        return _step("farm", "pass" if self.farm_agrees else "skip" if self.realm is None else "fail", shown)

    @property
    def farm_agrees(self) -> bool:
        """Whether the farm's OAuth server leads to the tenant that was asked."""
        if self.server is None or self.realm is None:
            return False
        return same_text(self.server["realm"], self.realm) or same_url(self.server["metadata_url"], self.metadata_url)

    def _certificate_step(self) -> dict[str, str]:
        if not self.signed:
            return _step("certificate", "skip", "the server was not asked to sign")
        first = self.signed[0]
        if first.problem:
            detail = next((proof.verdict.explanation for proof in self.proofs if proof.issuer == first.issuer), first.problem)
            return _step("certificate", "fail", detail)
        return _step("certificate", "pass", f"{first.thumbprint} ({first.subject}), valid until {first.not_after}")

    def _clock_step(self) -> dict[str, str]:
        if self.skew is None:
            return _step("clock", "skip", "the service's clock is not known")
        off = round(self.skew)
        detail = f"{abs(off)} seconds {'ahead of' if off >= 0 else 'behind'} the token service's"
        return _step("clock", "pass" if abs(self.skew) <= SKEW_SECONDS else "fail", detail)

    def _findings(self) -> list[dict[str, str]]:
        found = [findings.token(proof.issuer, proof.verdict, led_astray=self.farm_read and not self.farm_agrees) for proof in self.proofs]
        if self.stopped is not None:
            found = [findings.token(self.realm or self.metadata_url or self.server_name, self.stopped)]
        if self.exchange:
            found.append(findings.exchange(self.exchange))
        return [*found, findings.mailbox(self.mailbox_address or "", *(self.mailbox or ("skip", "not asked for", "")))]


def _known(verdict: Verdict) -> str:
    return "skip" if verdict.accepted is None else "pass" if verdict.accepted else "fail"


def _step(step: str, status: str, detail: str) -> dict[str, str]:
    return {"id": step, "title": _TITLES[step], "status": status, "detail": detail}


def shown_token(content: Mapping[str, Any]) -> dict[str, Any]:
    """What may be shown of a token: its lifetime in seconds, audience and issuer; None where the answer does not tell."""
    claims = claims_of(str(content["access_token"]))
    lifetime = str(content.get("expires_in") or "")
    return {
        "lifetime": int(lifetime) if lifetime.isascii() and lifetime.isdigit() and len(lifetime) < 10 else None,
        "audience": _short(claims.get("aud") or content.get("resource")),
        "issuer": _short(claims.get("iss")),
    }


def _short(value: Any) -> str | None:
    return value[:_LONGEST_SHOWN] if isinstance(value, str) else None
