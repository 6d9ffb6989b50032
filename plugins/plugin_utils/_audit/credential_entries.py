# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every credential on the service principals, entry by entry: whose, how strong, until when. Private to the collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import (
    NOT_GIVEN,
    credential,
    hint,
    is_certificate,
    known_owner,
    label,
    named_owner,
    owner,
    principal_label,
    removal,
    thumbprint,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.strength import key_text, strong_hash, strong_key
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.key_owner import owned
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import length_text, time_or_none, utc_text

UNKNOWN_OWNER = Rule(
    "credential.unknown",
    "The key credential's owner is known",
    "high",
    ("warn",),
    "Whoever holds its private key signs in as the service principal.",
    sources.MICROSOFT_APPLICATIONS,
    otherwise="The key credential's owner is not known",
)
IDENTIFIER = Rule(
    "credential.identifier",
    "The identifier of the key credential is that of its certificate",
    "medium",
    ("warn",),
    "Whoever writes a key credential chooses its identifier, and programs that go by it take it for another one.",
    sources.KEY_CREDENTIAL,
    otherwise="The identifier of the key credential is not that of its certificate",
)
READABLE = Rule(
    "credential.readable",
    "The key credential is as Microsoft Graph documents it",
    "low",
    ("warn",),
    "What cannot be understood cannot be judged: the key credential may serve, or end, on a day that nobody sees.",
    sources.KEY_CREDENTIAL,
    otherwise="The key credential is not as Microsoft Graph documents it",
)
EXPIRED = Rule(
    "credential.expired",
    "The key credential is not expired",
    "low",
    ("warn",),
    "It serves nobody, and hides those that do.",
    sources.PROCEDURE,
    otherwise="The key credential is expired",
)
DUPLICATE = Rule(
    "credential.duplicate",
    "Each certificate is on the service principal once",
    "low",
    ("warn",),
    "A second key credential is forgotten when the first is removed.",
    sources.KEY_CREDENTIAL,
    otherwise="A certificate is on the service principal more than once",
)
WEAK_KEY = Rule(
    "credential.weak_key",
    "The key is long enough",
    "high",
    ("fail",),
    "Who breaks a short key signs in as the service principal.",
    sources.KEY_LENGTH,
    otherwise="The key is too short",
)
WEAK_HASH = Rule(
    "credential.weak_hash",
    "The key credential's certificate is not signed with a weak hash",
    "low",
    ("warn",),
    "Certificates signed with SHA-1 or MD5 can be forged. It is a sign of an old certificate.",
    sources.WEAK_HASH,
    otherwise="The key credential's certificate is signed with a weak hash",
)
VALIDITY = Rule(
    "credential.validity",
    "The key credential's validity is not too long",
    "low",
    ("warn",),
    "A key that leaked unseen works until it ends.",
    sources.CRYPTOPERIOD,
    otherwise="The key credential is valid for too long",
)
USAGE = Rule(
    "credential.usage",
    "The key credential is there to verify",
    "medium",
    ("warn",),
    "The procedure's key credentials verify signatures; one for signing means that the tenant holds a private key.",
    sources.KEY_CREDENTIAL,
    otherwise="The key credential is there for something other than to verify",
)
SYMMETRIC = Rule(
    "credential.symmetric",
    "No symmetric key is on the service principal",
    "high",
    ("fail", "warn"),
    "A symmetric key is a shared secret; no hybrid procedure makes one. It is a warning where the options name its owner.",
    sources.MICROSOFT_APPLICATIONS,
    otherwise="A symmetric key is on the service principal",
)
PASSWORD = Rule(
    "credential.password",
    "No secret is on the service principal",
    "high",
    ("fail", "warn"),
    "Who knows the secret signs in as it; no hybrid procedure makes one. It is a warning where the options name its owner.",
    sources.MICROSOFT_APPLICATIONS,
    otherwise="A secret is on the service principal",
)
OF_ENTRY = (UNKNOWN_OWNER, IDENTIFIER, READABLE, EXPIRED, WEAK_KEY, WEAK_HASH, VALIDITY, USAGE)
RULES = (*OF_ENTRY, DUPLICATE, SYMMETRIC, PASSWORD)


def check(facts: Facts) -> Iterator[Finding]:
    for app_id in facts.expected.app_ids:
        principal = facts.principal(app_id)
        if isinstance(principal, Unknown) or principal is None:
            why = principal.why if isinstance(principal, Unknown) else "the tenant has no such principal"
            for rule in RULES:
                yield rule.unknown(app_id, why)
            continue
        yield from _keys(facts, principal)
        yield from _passwords(facts, principal)


def _keys(facts: Facts, principal: Object) -> Iterator[Finding]:
    keys, subject = principal.get("key_credentials"), principal_label(principal)
    if keys is None:
        for rule in (*OF_ENTRY, DUPLICATE, SYMMETRIC):
            yield rule.unknown(subject, "its keys were not read")
        return
    if not keys:
        for rule in OF_ENTRY:
            yield rule.passed(subject, "no key")
    for key in keys:
        yield from _entry(facts, key, label(principal, key))
    yield from _duplicates(principal, keys)
    yield from _symmetric(facts, principal, keys)


def _entry(facts: Facts, key: Object, subject: str) -> Iterator[Finding]:
    begin, end = time_or_none(key.get("start")), time_or_none(key.get("end"))
    yield _owned(facts, key, subject)
    if is_certificate(key) is not False:
        yield _identifier(facts, key, subject)
    unread = key.get("unread")
    yield READABLE.judged(
        Unknown("it was not read whole") if unread is None else not unread,
        subject,
        "each property of its kind",
        f"not understood: {', '.join(map(str, unread))}" if unread else "each is",
        f"Find out what wrote it. {removal(key)} if nothing needs it.",
    )
    yield EXPIRED.judged(
        Unknown("its end was not read") if end is None else not credential(key).expired(facts.now),
        subject,
        "still valid",
        f"ends on {utc_text(end)}" if end else "",
        f"Have every expired one removed with trust_remove_expired: true in a run of configure. {removal(key)} to take this one alone.",
    )
    if is_certificate(key) is not False:
        yield from _strength(key, subject)
    longest = facts.expected.longest_validity_days
    yield VALIDITY.judged(
        Unknown("its validity was not read") if begin is None or end is None else end - begin <= timedelta(days=longest),
        subject,
        f"{longest} days at most",
        "" if begin is None or end is None else length_text(end - begin),
        "Have its owner replace it by one with a shorter validity.",
    )
    usage = key.get("usage")
    yield USAGE.judged(
        same_text(usage, "Verify") if usage else Unknown("its usage was not read"),
        subject,
        "Verify",
        str(usage),
        f"Find out what needs it. {removal(key)} if nothing does.",
    )


def _owned(facts: Facts, key: Object, subject: str) -> Finding:
    whose = owner(facts, key)
    if isinstance(whose, Unknown):
        return UNKNOWN_OWNER.unknown(subject, f"{whose.why}; {hint(facts, key)}")
    if whose is not None:
        return UNKNOWN_OWNER.passed(subject, whose)
    if told := named_owner(facts, key):
        own = facts.neighbours.named(credential(key))
        return UNKNOWN_OWNER.warned(
            subject,
            "one of the farm's certificates, or named in trust_known_thumbprints",
            told,
            "sfb.hybrid_auth.rotate removes it after the overlap unless it is staged, and says when."
            if own is not None and own.own
            else "Audit that deployment in the same run, or name its owner in trust_known_thumbprints.",
        )
    return UNKNOWN_OWNER.warned(
        subject,
        "one of the farm's certificates, or named in trust_known_thumbprints",
        f"foreign; {hint(facts, key)}",
        f"Find its owner and name it in trust_known_thumbprints. {removal(key)} if it has none.",
    )


def _identifier(facts: Facts, key: Object, subject: str) -> Finding:
    claimed, name = credential(key).claimed, thumbprint(key)
    if claimed is None:
        return IDENTIFIER.passed(subject, "it names no certificate")
    if name is None:
        return IDENTIFIER.unknown(subject, NOT_GIVEN)
    named = None if claimed == name else facts.own_certificates.get(claimed) or facts.expected.known.get(claimed)
    return IDENTIFIER.judged(
        claimed == name,
        subject,
        f"the certificate's thumbprint, {name}",
        f"{claimed}{f', the thumbprint of another certificate: {named}' if named else ''}",
        f"Go by the thumbprint. Find out who wrote the key credential and why. {removal(key)} if nothing needs it.",
    )


def _strength(key: Object, subject: str) -> Iterator[Finding]:
    kind, bits, algorithm = key.get("key_type"), key.get("key_size"), key.get("signature_algorithm")
    unread = Unknown(NOT_GIVEN)
    yield WEAK_KEY.judged(
        strong_key(kind, bits) if kind else unread,
        subject,
        "RSA of at least 2048 bits or as strong",
        key_text(kind, bits),
        "Have its owner replace it by a longer one.",
    )
    yield WEAK_HASH.judged(
        strong_hash(algorithm) if algorithm else unread,
        subject,
        "SHA-256 or better",
        str(algorithm),
        "Have its owner replace the certificate.",
    )


def _duplicates(principal: Object, keys: list[Object]) -> Iterator[Finding]:
    subject = principal_label(principal)
    counted = Counter(name for name in map(thumbprint, keys) if name)
    several = {name: count for name, count in counted.items() if count > 1}
    for name, count in sorted(several.items()):
        ids = ", ".join(sorted(str(key.get("key_id")) for key in keys if thumbprint(key) == name))
        yield DUPLICATE.warned(
            f"{subject}: {name}",
            "one entry",
            f"{count} entries, key ids {ids}",
            "The role has no variable for one of several key credentials: with sp_credential and key_id remove all but the last to end of "
            "those that are valid now.",
        )
    if several:
        return
    unidentified = [key for key in keys if thumbprint(key) is None and is_certificate(key) is not False]
    yield DUPLICATE.judged(
        Unknown(f"{len(unidentified)} keys do not tell which certificate they are") if len(unidentified) + bool(counted) > 1 else True,
        subject,
        "one entry each",
        f"{len(keys)} keys",
        "",
    )


def _symmetric(facts: Facts, principal: Object, keys: list[Object]) -> Iterator[Finding]:
    quiet = True
    for key in keys:
        certificate = is_certificate(key)
        if certificate is True:
            continue
        quiet = False
        if isinstance(certificate, Unknown):
            yield SYMMETRIC.unknown(label(principal, key), certificate.why)
        else:
            yield _secret(SYMMETRIC, facts, key, label(principal, key), f"{removal(key)}.")
    if quiet:
        yield SYMMETRIC.passed(principal_label(principal), "none")


def _passwords(facts: Facts, principal: Object) -> Iterator[Finding]:
    passwords, subject = principal.get("password_credentials"), principal_label(principal)
    if passwords is None:
        yield PASSWORD.unknown(subject, "its secrets were not read")
        return
    if not passwords:
        yield PASSWORD.passed(subject, "none")
    for password in passwords:
        name = password.get("display_name") or "secret"
        remedy = f"Remove it: az ad sp credential delete --id {principal.get('id')} --key-id {password.get('key_id')}."
        yield _secret(PASSWORD, facts, password, f"{subject}: {name} (key id {password.get('key_id')})", remedy)


def _secret(rule: Rule, facts: Facts, entry: Object, subject: str, remedy: str) -> Finding:
    whose = known_owner(facts, entry)
    end = entry.get("end") or "a time that was not read"
    if whose:
        return rule.warned(subject, "none", f"{owned('secret', whose)}, until {end}", "Have its owner use a certificate instead.")
    return rule.failed(subject, "none", f"there, until {end}; {hint(facts, entry)}", f"Find out who made it. {remedy}")
