# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a server can tell of the certificate that it signs with: who reads the key, and who issued it. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, Server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import key_access
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

KEY_ACCESS = Rule(
    "certificate.key_access",
    "The Front End's services can read the certificate's private key, and not everyone can",
    "critical",
    ("fail", "warn"),
    "The services run as NETWORK SERVICE, which has the rights of a plain user. Without the key they sign no token, and whoever reads it "
    "signs as the farm.",
    sources.SERVICE_ACCOUNT,
    also=("high",),
    otherwise="The Front End's services cannot read the certificate's private key, or everyone can",
)
CHAIN = Rule(
    "certificate.chain",
    "The certificate is self-signed, or the server trusts who issued it",
    "info",
    ("warn",),
    "Any certificate of the farm may sign tokens, also a self-signed one. A chain with a gap has an authority that the server does "
    "not know, which other uses of the certificate need.",
    sources.CERTIFICATE,
    otherwise="The server does not trust who issued the certificate",
)
RULES = (KEY_ACCESS, CHAIN)

_WANTED = f"NETWORK SERVICE ({key_access.NETWORK_SERVICE}) reads it, as the services do"


def check(facts: Facts) -> Iterator[Finding]:
    for server in facts.servers:
        signs = server.certificate()
        if isinstance(signs, Unknown) or signs is None:
            for rule in RULES:
                yield rule.unknown(server.name, signs.why if isinstance(signs, Unknown) else "no certificate is assigned")
            continue
        following = server.following()
        for certificate in (signs, *((following,) if isinstance(following, Mapping) else ())):
            subject = f"{server.name}: certificate {certificate.get('thumbprint')}"
            told = _told(server, certificate)
            yield told_of_key(subject, told)
            yield _chain(subject, certificate, told)


def _told(server: Server, certificate: Object) -> Object | Unknown:
    """What the server told of the certificate."""
    checks = server.part("certificate_checks")
    if isinstance(checks, Unknown):
        return checks
    found = next((one for one in checks if same_text(one.get("thumbprint"), certificate.get("thumbprint"))), None)
    return Unknown("the certificate is not in the computer's store") if found is None else found


def told_of_key(subject: str, told: Object | Unknown) -> Finding:
    """Whether the services read the key, and who else does. told: as onprem_info returns it."""
    if isinstance(told, Unknown):
        return KEY_ACCESS.unknown(subject, told.why)
    access = key_access.complete(told.get("key_access"))
    if access is None:
        return KEY_ACCESS.unknown(subject, str(told.get("key_unknown") or "its access rules were not read").rstrip("."))
    actual, reads, file = f"read by {key_access.readers(access)}", key_access.service_reads(access), told.get("key_file")
    if reads is None:
        return KEY_ACCESS.unknown(subject, f"NETWORK SERVICE may be a member of one of these: {actual}")
    if not reads:
        grant = f' (icacls "{file}" /grant *{key_access.NETWORK_SERVICE}:R)' if file else ""
        return KEY_ACCESS.saying("The Front End's services cannot read the certificate's private key").failed(
            subject,
            _WANTED,
            actual,
            f"Let NETWORK SERVICE read the key on this server: certlm.msc, the certificate, All Tasks, Manage Private Keys{grant}.",
        )
    broad = key_access.broad(access)
    if broad:
        names = ", ".join(map(key_access.shown, broad))
        return (
            KEY_ACCESS.of("high")
            .saying("Not only services and administrators can read the certificate's private key")
            .warned(
                subject,
                f"{_WANTED}, and nobody but services and administrators does",
                actual,
                f"Let NETWORK SERVICE itself read the key, then take it from {names} (certlm.msc, the certificate, All Tasks, Manage "
                "Private Keys), and roll to a new certificate, since the key may have been copied.",
            )
        )
    return KEY_ACCESS.passed(subject, actual, _WANTED)


def _chain(subject: str, certificate: Object, told: Object | Unknown) -> Finding:
    owner, issuer = certificate.get("subject"), certificate.get("issuer")
    if not owner or not issuer:
        return CHAIN.unknown(subject, "who issued it was not read")
    if owner == issuer:
        return CHAIN.passed(subject, "self-signed")
    if isinstance(told, Unknown):
        return CHAIN.unknown(subject, told.why)
    complete = told.get("chain_complete")
    if not isinstance(complete, bool):
        return CHAIN.unknown(subject, str(told.get("chain_unknown") or "its chain was not read").rstrip("."))
    problems = ", ".join(map(str, told.get("chain_problems") or ())) or "no reason is told"
    return CHAIN.judged(
        complete,
        subject,
        "a chain that the server builds",
        f"issued by {issuer}" if complete else f"issued by {issuer}: {problems}",
        "Put the authority's certificates into the computer's stores for root and intermediate authorities. The tenant does not ask who "
        "issued the certificate: it holds the certificate itself.",
    )
