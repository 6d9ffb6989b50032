# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer of the token service proves about the trust, in words an administrator can act on. Private to the collection.

Only a token proves that the trust works. Microsoft says that codes and texts of refusals may change at any time and are for people
(https://learn.microsoft.com/entra/identity-platform/reference-error-codes): they are used for the explanation alone, and what is not
known here is said to be not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import TOLERANCE

OUTCOMES = (
    "accepted",
    "unknown_key",
    "name_not_registered",
    "disabled_account",
    "wrong_tenant",
    "clock",
    "wrong_certificate",
    "not_known",
)
SKEW_SECONDS = int(TOLERANCE.total_seconds())
_LONGEST_QUOTE = 400
_CODE = re.compile(r"\b(AADSTS|ACS)(\d{3,9})\b")
_REFUSED = (400, 401, 403)


@dataclass(frozen=True)
class Asked:
    """What was asked. host: empty where the issuer has none. skew: seconds by which the server's clock is ahead, None if not known."""

    issuer: str
    application: str
    host: str
    realm: str
    thumbprint: str
    resource: str
    skew: float | None = None


@dataclass(frozen=True)
class Verdict:
    """outcome: one of OUTCOMES. explanation, remedy: sentences; the remedy is empty where nothing is to be done."""

    outcome: str
    explanation: str
    remedy: str = ""
    error_code: str | None = None

    @property
    def accepted(self) -> bool | None:
        """Whether the trust works for what was asked; None where it is not known."""
        return {"accepted": True, "not_known": None}.get(self.outcome, False)


NOT_TRIED = Verdict(
    "not_known",
    "It was not tried, since the token service could not be asked for any of the names before it.",
    "Correct what is said of those, and prove again.",
)


def explain(status: int, content: Any, asked: Asked) -> Verdict:
    """The verdict on an HTTP status and the parsed body of the answer to an assertion."""
    if status == 200:
        return _granted(content, asked)
    if status not in _REFUSED or not isinstance(content, Mapping) or not isinstance(content.get("error"), str):
        return Verdict(
            "not_known",
            f"The token service answered {status} without an OAuth error, which says nothing about the trust.",
            "Prove again later. If it stays so, check the metadata URL and that no proxy answers in the service's place.",
        )
    return _refused(content, asked)


def _granted(content: Any, asked: Asked) -> Verdict:
    token = content.get("access_token") if isinstance(content, Mapping) else None
    kind = content.get("token_type") if isinstance(content, Mapping) else None
    if isinstance(token, str) and token.strip() and isinstance(kind, str) and kind.lower() == "bearer":
        return Verdict("accepted", f"The token service gave {asked.issuer} a token for {asked.resource}.")
    return Verdict(
        "not_known", "The token service answered 200, but with no bearer token.", "Check that no proxy answers in the service's place."
    )


# https://learn.microsoft.com/entra/identity-platform/reference-error-codes; 500133: Assertion is not within its valid time range
# (https://github.com/MicrosoftDocs/azure-docs/issues/16399). 50012 and 70001 were given for several causes, which only the text tells.
_KEY, _TIME, _APPLICATION = {700027, 50012}, {700024, 500133}, {700016, 70001}
_CERTIFICATE, _CLIENT_DISABLED, _RESOURCE_DISABLED, _RESOURCE = {7000214, 1000502}, {7000112}, {500014}, {500011, 50001}
_TENANT = {90002, 900021, 900023, 700023}


def _refused(content: Mapping[str, Any], asked: Asked) -> Verdict:
    description = content.get("error_description")
    text = description if isinstance(description, str) else ""
    listed = content.get("error_codes")
    codes = {int(number) for family, number in _CODE.findall(text) if family == "AADSTS"}
    codes |= {code for code in listed if isinstance(code, int)} if isinstance(listed, list) else set()
    shown = _CODE.search(text)
    code = shown[0] if shown else next((f"AADSTS{one}" for one in sorted(codes)), str(content["error"])[:80])
    quote = f" The service said: {quoted(text)}" if quoted(text) else ""
    lower = text.lower()
    cause = _of_assertion(codes, lower, asked) or _of_client(codes, lower, asked) or _of_resource(codes, lower, asked)
    outcome, reason, remedy = cause or _unknown(asked)
    return Verdict(outcome, f"{reason}{quote}", remedy, code)


# The outcome, what it means, and what to do.
_Cause = tuple[str, str, str]


def _of_assertion(codes: set[int], text: str, asked: Asked) -> _Cause | None:
    if codes & _TIME or (codes & _KEY and "time range" in text):
        return _clock(asked)
    if codes & _TENANT or (codes & _KEY and "audience" in text):
        return (
            "wrong_tenant",
            f"The token service does not take the assertion as one for the tenant {asked.realm}.",
            "Check tenant_id and metadata_url, and the realm and metadata URL of the farm's OAuth server (oauth_server).",
        )
    if codes & _CERTIFICATE or (codes & _KEY and "expired" in text):
        return (
            "wrong_certificate",
            f"The service principal {asked.application} has the certificate {asked.thumbprint}, but no entry of it is valid now.",
            "Run sfb.hybrid_auth.configure, or use sp_credential: both add an entry that is valid now. If the certificate itself is over, "
            "assign a new OAuthTokenIssuer certificate first, as sfb.hybrid_auth.rotate does.",
        )
    if codes & _KEY:
        return (
            "unknown_key",
            f"The tenant does not hold the certificate {asked.thumbprint} on the service principal {asked.application}.",
            "Put it there with sfb.hybrid_auth.configure or sp_credential, wait some minutes until the directory has replicated, and "
            "prove again.",
        )
    return None


def _of_client(codes: set[int], text: str, asked: Asked) -> _Cause | None:
    if codes & _CLIENT_DISABLED or (codes & _APPLICATION and "disabled" in text):
        return (
            "disabled_account",
            f"The service principal {asked.application} is disabled in the tenant.",
            f"The role has no variable that enables it: use sp_account with app_id {asked.application}.",
        )
    if codes & _APPLICATION and asked.host:
        return (
            "name_not_registered",
            f"{asked.application}/{asked.host} is no name of a service principal in the tenant.",
            "Add it with sfb.hybrid_auth.configure or sp_names, and prove again.",
        )
    if codes & _APPLICATION:
        return (
            "wrong_tenant",
            f"The tenant {asked.realm} has no service principal {asked.application}.",
            "Check that it is the right tenant; if it is, create the service principal there (sp_info has the command).",
        )
    return None


def _of_resource(codes: set[int], text: str, asked: Asked) -> _Cause | None:
    if codes & _RESOURCE_DISABLED or (codes & _RESOURCE and "disabled" in text):
        application = asked.resource.partition("/")[0]
        return (
            "disabled_account",
            f"The service principal of the resource {asked.resource} is disabled in the tenant.",
            f"Run sfb.hybrid_auth.configure, which enables that of Exchange Online, or use sp_account with app_id {application}.",
        )
    if codes & _RESOURCE:
        return (
            "name_not_registered",
            f"{asked.resource} is no name of a service principal in the tenant.",
            "Check the option resource: another cloud has other hosts for Exchange Online. A tenant without Exchange Online has none.",
        )
    return None


def _unknown(asked: Asked) -> _Cause:
    if asked.skew is not None and abs(asked.skew) > SKEW_SECONDS:
        return _clock(asked)
    return (
        "not_known",
        "The token service refused the assertion for a reason that is not known here, so it is not known whether the trust works.",
        "Look the code up at https://login.microsoftonline.com/error, and in the sign-in logs of the service principal.",
    )


def _clock(asked: Asked) -> _Cause:
    off = ""
    if asked.skew is not None:
        off = f" It is {abs(round(asked.skew))} seconds {'ahead of' if asked.skew >= 0 else 'behind'} the service's."
    return (
        "clock",
        f"The server's clock and that of the token service differ by more than the service tolerates.{off}",
        "Correct the time of the server (w32tm /resync), and of the domain controller that it follows.",
    )


# What keeps the server from signing, by the runner's word for it.
_PROBLEMS = {
    "none_assigned": (
        "The farm has no OAuthTokenIssuer certificate.",
        "Assign one (Set-CsCertificate -Type OAuthTokenIssuer -Identity global).",
    ),
    "not_assigned": (
        "The certificate {thumbprint} is not the farm's OAuthTokenIssuer certificate, nor the staged or previous one: it was not used.",
        "Leave the option thumbprint out, or name one of those.",
    ),
    "missing": (
        "The certificate {thumbprint} is assigned, but is not in the computer's certificate store.",
        "Import it there with its private key.",
    ),
    "no_private_key": (
        "The certificate {thumbprint} is in the computer's certificate store without its private key.",
        "Import it there with its private key.",
    ),
    "not_rsa": (
        "The certificate {thumbprint} has no RSA key, which the signature of server-to-server tokens needs.",
        "Assign an OAuthTokenIssuer certificate with an RSA key of at least 2048 bits.",
    ),
    "key_unusable": (
        "The private key of {thumbprint} cannot be used by this account: {message}",
        "Let the account read the key (an administrator of the server can), or assign a certificate whose key provider can sign SHA-256.",
    ),
}


def unsigned(problem: str, thumbprint: str | None, message: str | None) -> Verdict:
    """The verdict where the server could not sign. A key that this account may not read says nothing about the farm's services."""
    reason, remedy = _PROBLEMS.get(problem, ("The server did not sign: {problem}.", "Please report it with the output of -vvv."))
    outcome = "not_known" if problem == "key_unusable" or problem not in _PROBLEMS else "wrong_certificate"
    text = reason.format(thumbprint=thumbprint, problem=problem, message=quoted(message or "no reason given"))
    return Verdict(outcome, text, remedy)


def overall(verdicts: list[Verdict]) -> Verdict:
    """The verdict for all issuers together: the first that is refused, else the first that is not known, else the first."""
    for accepted in (False, None):
        found = next((verdict for verdict in verdicts if verdict.accepted is accepted), None)
        if found:
            return found
    return verdicts[0]


def quoted(text: str) -> str:
    """The first line of a message without trace ids, as a sentence of bounded length."""
    line = re.split(r"\s*(?:[\r\n]|Trace ID:)", text.strip())[0][:_LONGEST_QUOTE].rstrip(" .")
    return f"{line}." if line else ""
