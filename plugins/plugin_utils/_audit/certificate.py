# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OAuthTokenIssuer certificate: on every server, and as a certificate. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object, Server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.strength import key_text, strong_hash, strong_key
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.superseded import superseded
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import MINIMUM_RSA_BITS, first_use, in_date, long_enough
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, left_text, length_text, time_or_none, utc_text

PRESENT = Rule(
    "certificate.present",
    "An OAuthTokenIssuer certificate is assigned",
    "critical",
    ("fail",),
    "Without it the server signs no token.",
    sources.CERTIFICATE,
    otherwise="No OAuthTokenIssuer certificate is assigned",
)
SAME = Rule(
    "certificate.same",
    "Every server signs with the same certificate",
    "critical",
    ("fail",),
    "The tenant knows one certificate; tokens of a server with another are refused.",
    sources.CERTIFICATE,
    otherwise="The servers do not all sign with the same certificate",
)
STORE = Rule(
    "certificate.store",
    "The certificate is in the computer's store",
    "critical",
    ("fail",),
    "A server that lacks it cannot sign.",
    sources.CERTIFICATE,
    otherwise="The certificate is not in the computer's store",
)
PRIVATE_KEY = Rule(
    "certificate.private_key",
    "The certificate's private key is on the server",
    "critical",
    ("fail",),
    "Without its private key the server cannot sign.",
    sources.CERTIFICATE,
    otherwise="The certificate's private key is not on the server",
)
IN_DATE = Rule(
    "certificate.in_date",
    "The certificate is in date",
    "critical",
    ("fail",),
    "Tokens signed outside of its validity are refused.",
    sources.DIAGNOSTIC,
    otherwise="The certificate is expired or not yet valid",
)
ENDING_SOON = Rule(
    "certificate.ending_soon",
    "The certificate does not end soon",
    "medium",
    ("warn", "fail"),
    "A roll takes days: a new certificate, replication, and the tenant before the farm.",
    sources.ROLL,
    otherwise="The certificate ends soon",
)
KEY = Rule(
    "certificate.key",
    f"The certificate's key is RSA of at least {MINIMUM_RSA_BITS} bits",
    "high",
    ("fail",),
    "Shorter keys can be broken, and the product asks for this length.",
    sources.CERTIFICATE,
    otherwise=f"The certificate's key is not RSA of at least {MINIMUM_RSA_BITS} bits",
)
SIGNATURE_HASH = Rule(
    "certificate.signature_hash",
    "The certificate is not signed with a weak hash",
    "medium",
    ("warn",),
    "Certificates signed with SHA-1 or MD5 can be forged.",
    sources.WEAK_HASH,
    otherwise="The certificate is signed with a weak hash",
)
VALIDITY = Rule(
    "certificate.validity",
    "The certificate's validity is not too long",
    "low",
    ("warn",),
    "A key that leaked unseen works until the certificate ends.",
    sources.CRYPTOPERIOD,
    otherwise="The certificate is valid for too long",
)
SUPERSEDED = Rule(
    "certificate.superseded",
    "No superseded certificate of the farm is on the server with its private key",
    "low",
    ("warn",),
    "Each roll leaves one there, and its key can be exported. Whoever takes it signs as the farm wherever it is still trusted.",
    sources.DESTRUCTION,
    otherwise="A superseded certificate of the farm is on the server with its private key",
)
ON_SERVER = (PRESENT, SAME, STORE, PRIVATE_KEY)
OF_CERTIFICATE = (IN_DATE, ENDING_SOON, KEY, SIGNATURE_HASH, VALIDITY)
RULES = (*ON_SERVER, SUPERSEDED, *OF_CERTIFICATE)

_ASSIGN = "Assign one certificate to all servers: Set-CsCertificate -Type OAuthTokenIssuer -Identity global -Thumbprint <thumbprint>."


def check(facts: Facts) -> Iterator[Finding]:
    for server in facts.servers:
        yield from _server(facts, server)
        yield _superseded(facts, server)
    found = certificates(facts)
    if not found:
        for rule in OF_CERTIFICATE:
            yield rule.unknown(facts.subject, "no certificate is known")
    for certificate, used_from in found:
        yield from _certificate(facts, certificate, used_from)


def label(certificate: Object) -> str:
    """The certificate as a subject: thumbprint and name."""
    subject = certificate.get("subject")
    return f"certificate {certificate.get('thumbprint')}{f' ({subject})' if subject else ''}"


def _server(facts: Facts, server: Server) -> Iterator[Finding]:
    certificate = server.certificate()
    if isinstance(certificate, Unknown):
        for rule in ON_SERVER:
            yield rule.unknown(server.name, certificate.why)
        return
    if certificate is None or not certificate.get("thumbprint"):
        yield PRESENT.failed(server.name, "one certificate", "none is assigned", _ASSIGN)
        for rule in ON_SERVER[1:]:
            yield rule.unknown(server.name, "no certificate is assigned")
        return
    thumbprint = str(certificate["thumbprint"])
    yield PRESENT.passed(server.name, thumbprint)
    yield from _same(facts, server, thumbprint)
    found = certificate.get("found")
    yield STORE.judged(
        _told(found, "the computer's certificate store cannot be read there"),
        server.name,
        f"{thumbprint} in LocalMachine\\My",
        "not there" if found is False else "there",
        "Import the certificate with its private key on this server.",
    )
    key = certificate.get("has_private_key")
    yield PRIVATE_KEY.judged(
        _told(key, "the computer's certificate store cannot be read there"),
        server.name,
        "the private key beside the certificate",
        "no private key" if key is False else "there",
        "Import the certificate again, from a file with its private key.",
    )


def _superseded(facts: Facts, server: Server) -> Finding:
    """What the store still has of earlier certificates. That it ever signed is not known, so a run removes it only where it is named."""
    kept, signs = server.part("store"), server.certificate()
    if isinstance(kept, Unknown) or isinstance(signs, Unknown) or signs is None:
        why = kept if isinstance(kept, Unknown) else signs
        return SUPERSEDED.unknown(server.name, why.why if isinstance(why, Unknown) else "no certificate is assigned")
    left = superseded(kept, facts.own_certificates, signs.get("not_before"))
    return SUPERSEDED.judged(
        not left,
        server.name,
        "none under the farm's subject that is older than the one that signs",
        ", ".join(f"{one['thumbprint']} (ends on {one.get('not_after') or 'a day that is not told'})" for one in left) or "none",
        "Make sure that no other service and no other deployment uses it, then let the playbook rotate remove it with its key from every "
        f"server: trust_rotation_remove_from_store: [{', '.join(one['thumbprint'] for one in left)}]",
    )


def _same(facts: Facts, server: Server, thumbprint: str) -> Iterator[Finding]:
    if server is facts.lead:
        # The others are compared with the lead, so it is a subject only where it is alone.
        if len(facts.servers) == 1:
            yield SAME.judged(facts.complete, server.name, thumbprint, "the only server of the deployment", "")
        return
    lead = facts.lead.certificate()
    if isinstance(lead, Unknown) or lead is None:
        yield SAME.unknown(server.name, f"the certificate of {facts.lead.name} is not known")
        return
    yield SAME.judged(
        str(lead.get("thumbprint")).upper() == thumbprint.upper(),
        server.name,
        f"{lead.get('thumbprint')}, as on {facts.lead.name}",
        thumbprint,
        "Wait for replication (Get-CsManagementStoreReplicationStatus), or assign the certificate with -Identity global.",
    )


def certificates(facts: Facts) -> list[tuple[Object, datetime]]:
    """Every certificate that a server signs with now, and the staged one, each with the time from which it is used."""
    found: dict[str, tuple[Object, datetime]] = {}
    for server in facts.servers:
        for certificate, staged in ((server.certificate(), False), (server.following(), True)):
            if isinstance(certificate, Mapping) and certificate.get("thumbprint"):
                name, begin = str(certificate["thumbprint"]).upper(), time_or_none(certificate.get("effective_date")) if staged else None
                # A server that has it in its store tells more of it than one that has not.
                if name not in found or not found[name][0].get("key_type"):
                    found[name] = (certificate, first_use(facts.now, begin))
    return list(found.values())


def _certificate(facts: Facts, certificate: Object, used_from: datetime) -> Iterator[Finding]:
    subject = label(certificate)
    begin, end = time_or_none(certificate.get("not_before")), time_or_none(certificate.get("not_after"))
    text = f"{utc_text(begin) if begin else 'not known'} to {utc_text(end) if end else 'not known'}"
    yield _in_date_as(begin, end, used_from, facts.now).judged(
        _told(in_date(begin, end, used_from), "its validity was not read"), subject, f"valid on {utc_text(used_from)}", text, advice.ROLL
    )
    yield _ending_soon(facts, subject, end)
    kind, bits = certificate.get("key_type"), certificate.get("key_size")
    long = long_enough(kind, bits)
    yield KEY.judged(
        strong_key(kind, bits) if long is None else long,
        subject,
        f"RSA, {MINIMUM_RSA_BITS} bits or more",
        key_text(kind, bits),
        advice.ROLL,
    )
    algorithm = certificate.get("signature_algorithm")
    yield SIGNATURE_HASH.judged(strong_hash(algorithm), subject, "SHA-256 or better", str(algorithm), advice.ROLL)
    longest = facts.expected.longest_validity_days
    yield VALIDITY.judged(
        Unknown("its validity was not read") if begin is None or end is None else end - begin <= timedelta(days=longest),
        subject,
        f"{longest} days at most",
        "" if begin is None or end is None else length_text(end - begin),
        "Give the next certificate a shorter validity: with trust_rotation_valid_days where rotate makes it, else with another template.",
    )


def _in_date_as(begin: datetime | None, end: datetime | None, used_from: datetime, now: datetime) -> Rule:
    """The rule with the words for which end of its validity the time of use is beyond."""
    if begin is not None and used_from < begin:
        return IN_DATE.saying(
            "The certificate is not yet valid" if used_from <= now else "The certificate is not yet valid when it is to sign"
        )
    if end is not None and end <= now:
        return IN_DATE.saying("The certificate has expired")
    return IN_DATE.saying("The certificate ends before it is to sign")


def succeeded(facts: Facts, end: datetime) -> bool:
    """Whether a certificate that lasts longer takes over before that end."""
    later = [(begin, time_or_none(other.get("not_after"))) for other, begin in certificates(facts) if begin > facts.now]
    return any(begin < end and last is not None and last > end for begin, last in later)


def _ending_soon(facts: Facts, subject: str, end: datetime | None) -> Finding:
    """It fails within fail_days, unless a certificate that lasts longer takes over before it ends."""
    if end is None:
        return ENDING_SOON.unknown(subject, "its end was not read")
    left, limit, failing = days_left(end, facts.now), facts.expected.ending_soon_days, facts.expected.fail_days
    text, rule = left_text(end, facts.now), ENDING_SOON.saying("The certificate has ended") if end <= facts.now else ENDING_SOON
    if left < failing and not succeeded(facts, end):
        return rule.failed(subject, f"{failing} days left or more, or a successor that is staged", text, advice.ROLL)
    return rule.judged(left >= limit, subject, f"{limit} days left or more", text, advice.ROLL)


def _told(value: object, why: str) -> bool | Unknown:
    return value if isinstance(value, bool) else Unknown(why)
