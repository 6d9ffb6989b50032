# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SIP domains in the OAuthTokenIssuer certificate. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.certificate import certificates, label
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_names import Names, common_names, domain_key, names_in

SUBJECT = Rule(
    "certificate.subject",
    "The certificate's subject is the default SIP domain",
    "low",
    ("warn",),
    "Microsoft asks for the SIP domain's name in the subject, and allows the farm's default certificate too. Many farms work with another.",
    sources.CERTIFICATE,
    otherwise="The certificate's subject is not the default SIP domain",
)
SIP_DOMAINS = Rule(
    "certificate.sip_domains",
    "The certificate names every SIP domain",
    "low",
    ("warn",),
    "The farm's realm is its default SIP domain, and further SIP domains belong into the certificate's alternative names.",
    sources.SERVER_TO_SERVER,
    otherwise="The certificate does not name every SIP domain",
)
RULES = (SUBJECT, SIP_DOMAINS)

_NEXT = (
    "Nothing has to be done where tokens are accepted. At the next roll let the certificate name the SIP domains, as one does that rotate "
    "makes (trust_rotation_create: self_signed)."
)


def check(facts: Facts) -> Iterator[Finding]:
    found = [certificate for certificate, _used_from in certificates(facts)]
    if not found:
        for rule in RULES:
            yield rule.unknown(facts.subject, "no certificate is known")
    listed = facts.lead.part("sip_domains")
    for certificate in found:
        subject = label(certificate)
        if isinstance(listed, Unknown):
            for rule in RULES:
                yield rule.unknown(subject, listed.why)
        else:
            yield from _certificate(subject, certificate, listed)


def _certificate(subject: str, certificate: Object, listed: Sequence[Object]) -> Iterator[Finding]:
    names = names_in(certificate.get("content"))
    told = certificate.get("subject")
    common = names.common if names else common_names(told)
    default = next((str(one["name"]) for one in listed if one.get("default") and one.get("name")), None)
    if default is None:
        yield SUBJECT.unknown(subject, "the farm tells no default SIP domain")
    elif not told and names is None:
        yield SUBJECT.unknown(subject, "its subject was not read")
    else:
        yield SUBJECT.judged(domain_key(default) in common, subject, f"CN={default}", str(told or "no common name"), _NEXT)
    yield _all_named(subject, names, common, [str(one["name"]) for one in listed if one.get("name")])


def _all_named(subject: str, names: Names | None, common: frozenset[str], domains: Sequence[str]) -> Finding:
    """The subject counts too: one that names the only SIP domain needs no alternative name."""
    expected = ", ".join(domains)
    if not domains:
        return SIP_DOMAINS.unknown(subject, "the farm tells no SIP domain")
    missing = [domain for domain in domains if domain_key(domain) not in common | (names.alternative if names else frozenset())]
    if missing and names is None:
        return SIP_DOMAINS.unknown(subject, "its alternative names were not read")
    return SIP_DOMAINS.judged(not missing, subject, expected, f"{', '.join(missing)} not named" if missing else "all named", _NEXT)
