# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key credentials as sp_info shows them: whose they are, and whether they serve. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CERTIFICATE_TYPES, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.distinguished_name import same_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

NOT_GIVEN = "Microsoft Graph does not give its certificate"
_TELL_OWNER = "trust_known_thumbprints takes its owner by its key id"
_SETTLED = "the tenant's answer to a token of the farm tells (trust_proof), or remove that key credential by its key id and run configure"

# Subjects of certificates that tell what made them, and parts of display names that speak of it.
# Exchange: https://learn.microsoft.com/exchange/architecture/client-access/certificates
# SharePoint: the error of event 8311 as Microsoft's support pages have it, https://github.com/MicrosoftDocs/OfficeDocs-Support
# Azure CLI, with --create-cert alone and with --keyvault:
# https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/role/custom.py
EXCHANGE_SERVER = "Exchange Server"
_PRODUCTS = (
    ("CN=Microsoft Exchange Server Auth Certificate", "Microsoft Exchange Server Auth Certificate", EXCHANGE_SERVER),
    ("CN=SharePoint Security Token Service, OU=SharePoint, O=Microsoft, C=US", "SharePoint", "SharePoint Server"),
    ("CN=CLI-Login", "CN=CLI-Login", "Azure CLI"),
    ("CN=KeyVault Generated", "CN=KeyVault Generated", "Azure CLI with a key vault"),
)
# What writes a certificate so. PEM: https://github.com/hashicorp/terraform-provider-azuread (certificates as pem, base64 and hex).
# Base64 within base64: the script of https://learn.microsoft.com/skypeforbusiness/deploy/integrate-with-exchange-server/oauth-with-online-and-on-premises
_WRITERS = {"pem": "Terraform", "text": "Microsoft's script UploadAuthCert.ps1"}


def thumbprint(key: Object) -> str | None:
    """The thumbprint of the certificate that Graph gave, in upper case; None where it gave none, whatever the identifier claims."""
    found = key.get("thumbprint") if given(key) else None
    return str(found).upper() if found else None


def is_certificate(key: Object) -> bool | Unknown:
    kind = key.get("type")
    return any(same_text(kind, known) for known in CERTIFICATE_TYPES) if kind else Unknown("the kind of the key was not read")


def given(key: Object) -> bool:
    """Whether Graph gave the certificate. Otherwise the thumbprint of sp_info is what the identifier claims."""
    return bool(key.get("key_type"))


def removal(key: Object) -> str:
    """How the key is taken away, to be followed by when; by its thumbprint only where that is of the certificate in its entry."""
    return advice.remove(thumbprint(key))


def label(principal: Object, key: Object) -> str:
    """The key as a subject: whose principal, which certificate, which entry."""
    name = thumbprint(key) or key.get("identifier") or key.get("display_name") or "key"
    return f"{principal_label(principal)}: {name} (key id {key.get('key_id')})"


def principal_label(principal: Object) -> str:
    name = principal.get("display_name")
    return f"{principal.get('app_id')}{f' ({name})' if name else ''}"


def known_owner(facts: Facts, key: Object) -> str | None:
    """Who owns a key by what the options tell."""
    by_id = facts.expected.known.get(str(key.get("key_id")).lower())
    return by_id or facts.expected.known.get(thumbprint(key) or "")


def owner(facts: Facts, key: Object) -> str | Unknown | None:
    """Whose a key is: the farm's, another deployment's that was read, or what the options tell; None where it is foreign.

    A display name is nobody's proof, since anyone may write it: a key that only its name tells of is foreign here, and named_owner() has
    what the name tells.
    """
    told = known_owner(facts, key)
    own = facts.own_certificates
    name = thumbprint(key)
    used = own.get(name or "") or facts.neighbours.use(name, None, facts.now)
    if used or told:
        return used or told
    certificate = is_certificate(key)
    if isinstance(certificate, Unknown):
        return certificate
    if certificate and name is None:
        return _unproved(facts, own, credential(key).claimed)
    if isinstance(facts.lead.certificate(), Unknown):
        return Unknown("the farm's own certificate is not known")
    return None


def named_owner(facts: Facts, key: Object) -> str | None:
    """Which deployment put the key there by its display name, in words; None where that tells nothing."""
    named = facts.neighbours.named(credential(key))
    if named is None:
        return None
    if named.own:
        return f"no longer the farm's: by its display name, deployment {named.deployment} put it there"
    unread = "which has no use for it now" if named.read else "which was not read in this run"
    return f"by its display name it is of deployment {named.deployment}, {unread}"


def _unproved(facts: Facts, own: Mapping[str, str], claimed: str | None) -> Unknown | None:
    """Whose a certificate is that is not told: foreign where not even the identifier claims another owner, which proves nothing."""
    if claimed is None:
        return Unknown("neither the key nor its identifier tells which certificate it is")
    owned = own.get(claimed) or facts.neighbours.use(claimed, None, facts.now) or facts.expected.known.get(claimed)
    told = f"{NOT_GIVEN}. Its identifier names one that is {owned}, which proves nothing; {_TELL_OWNER}"
    return Unknown(told) if owned else None


def is_own(facts: Facts, key: Object) -> bool | Unknown:
    """Whether the key is a certificate of the farm, or one that the deployment put there before, by its display name."""
    name = thumbprint(key)
    named = facts.neighbours.named(credential(key))
    if (name and name in facts.own_certificates) or (named is not None and named.own):
        return True
    whose = owner(facts, key)
    return whose if isinstance(whose, Unknown) else False


def product(key: Object) -> str | None:
    """What likely made a key: by the whole subject of its certificate, or by its display name alone where no certificate was read.

    None where that tells nothing. Anyone may write either.
    """
    subject = key.get("subject")
    if subject:
        return next((made_by for whole, _part, made_by in _PRODUCTS if same_name(whole, subject)), None)
    return _spoken_of(key)


def _spoken_of(key: Object) -> str | None:
    """The product that the display name speaks of."""
    name = str(key.get("display_name") or "").lower()
    return next((made_by for _whole, part, made_by in _PRODUCTS if part.lower() in name), None)


def hint(facts: Facts, key: Object) -> str:
    """Who may own a foreign key, by the names on it and by how its certificate is written."""
    subject, name = key.get("subject"), key.get("display_name")
    written_by = _WRITERS.get(str(key.get("encoding")))
    made_by, spoken_of = product(key), _spoken_of(key)
    says = "; the name" if not subject or same_name(subject, name) else f", though its display name {name}"
    otherwise = f"{says} speaks of {spoken_of}" if spoken_of not in (None, made_by) else ""
    put = f"; by how it is written, {written_by} likely put it there" if written_by else ""
    return f"{_named(facts, subject or name, made_by, by='subject' if subject else 'display name alone')}{otherwise}{put}"


def _named(facts: Facts, name: str | None, made_by: str | None, by: str) -> str:
    """What a name tells of the owner, in words. by: which name it is."""
    if made_by:
        return f"by its {by} it is likely {made_by}'s"
    domains = facts.lead.part("sip_domains")
    for domain in [] if isinstance(domains, Unknown) else domains:
        if domain.get("name") and str(domain["name"]).lower() in str(name).lower():
            return f"it is named after {domain['name']}: it may be an earlier certificate of this farm, or of another one"
    return f"named {name}" if name else "it has no name"


def credential(key: Object) -> KeyCredential:
    """The key as the planners see it; what is damaged is as if it were not told."""
    return KeyCredential(
        key_id=key.get("key_id"),
        thumbprint=thumbprint(key),
        identifier=key.get("identifier"),
        subject=key.get("subject"),
        start=time_or_none(key.get("start")),
        end=time_or_none(key.get("end")),
        usage=key.get("usage"),
        type=key.get("type"),
        display_name=key.get("display_name"),
        key_type=key.get("key_type"),
        encoding=key.get("encoding"),
    )


def serves(facts: Facts, app_id: str, wanted: str, when: datetime) -> bool | Unknown:
    """Whether the application's principal has a key for this thumbprint with which tokens are verified at that time."""
    principal = facts.principal(app_id)
    if isinstance(principal, Unknown):
        return principal
    if principal is None:
        return False
    return serving(principal.get("key_credentials"), wanted, when, app_id)


def serving(listed: Sequence[Object] | None, wanted: str, when: datetime, whose: str) -> bool | Unknown:
    """Whether there is a key for this thumbprint with which tokens are verified at that time. whose: whose keys they are, in words."""
    if listed is None:
        return Unknown(f"the keys of {whose} were not read")
    found = [key for key in map(credential, listed) if key_credential.serves(_as_if_told(key), wanted, when)]
    if any(_is_told(key) for key in found):
        return True
    if found:
        return Unknown("what the key credential is for, its start or its end was not read")
    unproved = [key for key in listed if thumbprint(key) is None and is_certificate(key) is not False and _may_serve(key, wanted, when)]
    claiming = [str(key.get("key_id")) for key in unproved if credential(key).claimed]
    if claiming:
        return Unknown(
            f"only its identifier says that a key credential of {whose} is {wanted} (key id {', '.join(claiming)}), since {NOT_GIVEN}; "
            f"{_SETTLED}"
        )
    return Unknown(f"{len(unproved)} keys of {whose} do not tell which certificate they are") if unproved else False


def _may_serve(key: Object, wanted: str, when: datetime) -> bool:
    """Whether a key without its certificate serves at that time if it is of this thumbprint; it is not where it claims another."""
    read = credential(key)
    return read.claimed in (None, wanted) and key_credential.serves(_as_if_told(replace(read, thumbprint=wanted)), wanted, when)


def lacking(facts: Facts, app_id: str, wanted: str, when: datetime) -> str:
    """What is there instead of a key that serves, in words."""
    principal = facts.principal(app_id)
    listed = None if isinstance(principal, Unknown) or principal is None else principal.get("key_credentials")
    return key_credential.why_not(map(credential, listed or ()), wanted, when) or "not there"


def _is_told(key: KeyCredential) -> bool:
    return None not in (key.usage, key.type, key.start, key.end)


def _as_if_told(key: KeyCredential) -> KeyCredential:
    """The key with what was not read as it would have to be to serve."""
    return replace(key, usage=key.usage or "Verify", type=key.type or "AsymmetricX509Cert")
