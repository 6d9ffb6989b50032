# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's own applications: the dedicated one of the farm, and all that may open every mailbox. Private to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import (
    credential,
    hint,
    known_owner,
    owner,
    principal_label,
    serving,
    thumbprint,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import DEDICATED_APPLICATION as EXCHANGE_SERVERS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import first_use
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import SHARED_BLOCKED
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import left_text, time_or_none

DEDICATED_APPLICATION = Rule(
    "principal.dedicated_application",
    "A dedicated application of the tenant's own holds the farm's certificate",
    "medium",
    ("warn",),
    f"Exchange Web Services refuse the shared principal since {SHARED_BLOCKED.day}; a dedicated application takes its place, and it is the "
    "farm's only where it holds the farm's certificate.",
    sources.SHARED_PRINCIPAL,
    otherwise="No dedicated application holds the farm's certificate",
)
PERMISSION = Rule(
    "principal.application_permission",
    "Each of the tenant's applications that may open every mailbox is known",
    "medium",
    ("warn",),
    "An application or a managed identity with full_access_as_app reads and changes every mailbox by Exchange Web Services, and so does "
    "each holder of its key, or of a token that its federated credential takes.",
    f"{sources.FULL_ACCESS} and {sources.FEDERATED_CREDENTIAL}",
    otherwise="An application that may open every mailbox has a key or a federated credential of an unknown owner, or nobody named it",
)
RULES = (DEDICATED_APPLICATION, PERMISSION)

_ASK = "sp_info was not asked for application_permissions"
# Anyone may name an application so, which proves nothing.
_OF_EXCHANGE = re.compile(rf"{re.escape(EXCHANGE_SERVERS)}(?P<organization>.+)", re.IGNORECASE)
_LIKE_EXCHANGE = "named like Exchange Server's own"
_STAGED_LACKS = "The farm's dedicated application lacks the staged certificate"
_NOT_USABLE = "Nothing can sign in as the application that holds the farm's certificate"
_NOTHING_SIGNS = "no certificate, no secret and no federated credential"
_NAME_IT = (
    "Name the farm's application with trust_dedicated_application (dedicated_application of sp_info and trust_audit) where it is not among "
    "these, and put the farm's certificate on it with sp_credential and object: application; docs/shared-principal.md has the steps."
)
_NAMED_LACKS = "The application that trust_dedicated_application names lacks the farm's certificate"
_PUT = (
    "The application is the one that trust_dedicated_application names, so put the farm's certificate on it with sp_credential and object: "
    "application: step 3 of docs/shared-principal.md has the play."
)
_NO_SUCH = (
    "Correct trust_dedicated_application, which takes an application id, the id of an application object or a display name, or make the "
    "application: step 2 of docs/shared-principal.md."
)
_STAGED = "Put the staged certificate on it with sp_credential and object: application before that date; rotate does not write there."
_ENABLE = "Ask why nothing may sign in as it. If it is the farm's, make or enable its service principal (az ad sp create, accountEnabled)."
_OWNERS = (
    "tell their owner with trust_known_thumbprints, of a secret by its key id and of a federated credential by its id; if nobody needs it, "
    "take the permission away."
)
_WHOSE = f"Ask who owns it. If it is the farm's, name it with trust_dedicated_application; if its keys are another's, {_OWNERS}"
_WHOSE_ON_NAMED = f"trust_dedicated_application names it, so ask whose the keys on it are: {_OWNERS}"
_WHICH = (
    "Ask who uses it. If it is needed, name it by the id of its service principal with trust_known_thumbprints; if nobody needs it, take "
    "the permission away."
)
# https://learn.microsoft.com/graph/api/resources/serviceprincipal
_MANAGED = "ManagedIdentity"


def check(facts: Facts) -> Iterator[Finding]:
    applications = _applications(facts)
    if isinstance(applications, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, applications.why)
        return
    yield _dedicated(facts, applications)
    yield from _permissions(facts, applications)


def may_be_dedicated(value: object, *known: str) -> str:
    """What to add about an application id that is none of those known: it may be the dedicated application's. Else nothing."""
    text = str(value or "").strip()
    if not is_guid(text) or any(same_text(text, one) for one in known):
        return ""
    return ", which may be a dedicated application's: what Skype for Business Server sets for one is not published"


def _applications(facts: Facts) -> Sequence[Object] | Unknown:
    if isinstance(facts.cloud, Unknown):
        return facts.cloud
    problem, listed = facts.cloud.get("applications_problem"), facts.cloud.get("applications")
    if problem:
        return Unknown(str(problem).rstrip("."))
    return Unknown(_ASK) if listed is None else cast("Sequence[Object]", listed)


def farms(facts: Facts) -> Object | None:
    """The dedicated application that holds what the farm signs with, of several the one that serves longest; None where none is known to.

    Its key_credentials are all that tokens are verified with: its own, and those of its service principal.
    """
    applications, certificate = _applications(facts), signing_certificate(facts)
    if isinstance(applications, Unknown) or isinstance(certificate, Unknown):
        return None
    holding = [{**one, "key_credentials": _keys(one)} for one in _chosen(facts, applications) if _lack(one, *certificate) == ""]
    latest = datetime.max.replace(tzinfo=timezone.utc)
    return max(holding, key=lambda one: key_credential.served_until(map(credential, _keys(one)), *certificate) or latest, default=None)


def begins(facts: Facts) -> datetime | None:
    """The first time to come from which on an application holds what the farm signs with; None where none will, or it is not known."""
    applications, certificate = _applications(facts), signing_certificate(facts)
    if isinstance(applications, Unknown) or isinstance(certificate, Unknown):
        return None
    found = [key_credential.serving_from([*map(credential, _keys(one))], *certificate) for one in _chosen(facts, applications)]
    return min((one for one in found if one is not None), default=None)


def ends(facts: Facts) -> list[datetime]:
    """When something ends that signs in as one of the applications that may open every mailbox, in order."""
    applications = _applications(facts)
    if isinstance(applications, Unknown):
        return []
    granted = [one for one in applications if one.get("full_access_granted")]
    return sorted({end for one in granted for signs in _signing(one) if (end := time_or_none(signs.get("end")))})


def permissions(facts: Facts) -> dict[str, Finding]:
    """What the audit says of each application that may open every mailbox, by its subject."""
    applications = _applications(facts)
    return {} if isinstance(applications, Unknown) else {one.subject: one for one in _permissions(facts, applications)}


def objects(facts: Facts) -> list[Object]:
    """The application objects that hold what the farm signs with, and the one that is named."""
    applications, certificate = _applications(facts), signing_certificate(facts)
    if isinstance(applications, Unknown) or isinstance(certificate, Unknown):
        return []
    return [one for one in applications if one.get("named") or serving(one.get("key_credentials"), *certificate, "") is True]


def _chosen(facts: Facts, applications: Sequence[Object]) -> list[Object]:
    """Those that may be the farm's: of the name that is given, else all."""
    named = facts.expected.dedicated_application
    return [one for one in applications if not named or one.get("named") is not False]


def signing_certificate(facts: Facts) -> tuple[str, datetime] | Unknown:
    """The thumbprint of what the farm signs with, and when it is needed."""
    certificate = facts.lead.certificate()
    if isinstance(certificate, Unknown):
        return certificate
    if certificate is None or not certificate.get("thumbprint"):
        return Unknown("the farm has no certificate")
    return str(certificate["thumbprint"]).upper(), first_use(facts.now, time_or_none(certificate.get("not_before")))


def _dedicated(facts: Facts, applications: Sequence[Object]) -> Finding:
    named, chosen = facts.expected.dedicated_application, _chosen(facts, applications)
    if named and not chosen:
        told = f"the tenant owns no application {named}"
        return DEDICATED_APPLICATION.warned(facts.subject, f"application {named} with the farm's certificate", told, _NO_SUCH)
    if named and len(chosen) > 1:
        told = f"{len(chosen)} applications of that name: {', '.join(sorted(str(one.get('app_id')) for one in chosen))}"
        return DEDICATED_APPLICATION.warned(facts.subject, f"one application {named}", told, "Name it by its application id.")
    certificate = signing_certificate(facts)
    if isinstance(certificate, Unknown):
        return DEDICATED_APPLICATION.unknown(facts.subject, certificate.why)
    lacks = {principal_label(one): _lack(one, *certificate) for one in chosen}
    right = sorted(name for name, lack in lacks.items() if lack == "")
    if right:
        holding = [one for one in chosen if principal_label(one) in right]
        return _next_on(facts, holding, f"{' and '.join(right)}: holds {certificate[0]}")
    return _none_is_right(facts, chosen, lacks, certificate)


def _none_is_right(
    facts: Facts, chosen: Sequence[Object], lacks: Mapping[str, str | Unknown], certificate: tuple[str, datetime]
) -> Finding:
    """What is said where each of the chosen lacks something, by their names."""
    unknown = [lack.why for lack in lacks.values() if isinstance(lack, Unknown)]
    if unknown:
        return DEDICATED_APPLICATION.unknown(facts.subject, unknown[0])
    told = "; ".join(f"{name}: {lack}" for name, lack in sorted(lacks.items()))
    expected = f"one that holds {certificate[0]}"
    if any(_held(one, *certificate) is True for one in chosen):
        return DEDICATED_APPLICATION.saying(_NOT_USABLE).warned(facts.subject, expected, told, _ENABLE)
    if facts.expected.dedicated_application and chosen:
        return DEDICATED_APPLICATION.saying(_NAMED_LACKS).warned(facts.subject, expected, told, _PUT)
    none = "none of the tenant's own applications may open mailboxes (full_access_as_app), and none is named"
    return DEDICATED_APPLICATION.warned(facts.subject, expected, told or none, _NAME_IT)


def _next_on(facts: Facts, right: Sequence[Object], told: str) -> Finding:
    """What is said of applications that hold what signs: one that lacks the staged certificate serves until its effective date alone.

    No run puts it there, since rotate writes to service principals.
    """
    following = facts.lead.following()
    staged = None if isinstance(following, Unknown) or following is None else following.get("thumbprint")
    if not staged or not following or isinstance(following, Unknown):
        return DEDICATED_APPLICATION.passed(facts.subject, told)
    begin = time_or_none(following.get("effective_date"))
    wanted = str(staged).upper(), first_use(facts.now, begin)
    held = [_held(one, *wanted) for one in right]
    if True in held:
        return DEDICATED_APPLICATION.passed(facts.subject, f"{told}, and the staged {staged}")
    unknown = next((one.why for one in held if isinstance(one, Unknown)), None)
    if unknown:
        return DEDICATED_APPLICATION.unknown(facts.subject, unknown)
    since = f" from {following.get('effective_date')} on" if begin else ""
    rule = DEDICATED_APPLICATION.saying(_STAGED_LACKS)
    return rule.warned(facts.subject, f"the staged {staged} too, which signs{since}", f"{told}, lacks {staged}", _STAGED)


def _lack(application: Object, wanted: str, when: datetime) -> str | Unknown:
    """Why it is not the farm's; empty where it is."""
    held = _held(application, wanted, when)
    if isinstance(held, Unknown):
        return held
    if not held:
        reason = key_credential.why_not(map(credential, _keys(application)), wanted, when)
        like = f"{_LIKE_EXCHANGE}, " if exchange_servers(application) else ""
        return f"{like}lacks the farm's certificate{f' ({reason})' if reason else ''}"
    lack = _disabled(application)
    return f"holds the farm's certificate, but {lack}" if isinstance(lack, str) and lack else lack


def _disabled(application: Object) -> str | Unknown:
    """Why nothing can sign in as it; empty where it can."""
    principal = application.get("service_principal")
    if "service_principal" not in application:
        return Unknown(f"the service principal of {principal_label(application)} was not read")
    if principal is None:
        return "the tenant has no service principal of it"
    enabled = principal.get("account_enabled")
    if not isinstance(enabled, bool):
        return Unknown(f"whether {principal_label(application)} is enabled was not read")
    return "" if enabled else "its service principal is disabled"


def exchange_servers(application: Object) -> bool:
    """Whether it has a name such as Microsoft's script gives to the application that it makes for Exchange Server."""
    named = _OF_EXCHANGE.fullmatch(str(application.get("display_name") or "").strip())
    return named is not None and is_guid(named["organization"])


def _held(application: Object, wanted: str, when: datetime) -> bool | Unknown:
    """Whether the application object or its service principal has an entry of the certificate that serves then."""
    found = [serving(holder.get("key_credentials"), wanted, when, principal_label(holder)) for holder in _holders(application)]
    if any(one is True for one in found):
        return True
    return next((one for one in found if isinstance(one, Unknown)), False)


def _holders(application: Object) -> list[Object]:
    principal = application.get("service_principal")
    return [application, *([principal] if isinstance(principal, dict) else [])]


def _keys(application: Object) -> list[Object]:
    return [key for holder in _holders(application) for key in holder.get("key_credentials") or []]


def _permissions(facts: Facts, applications: Sequence[Object]) -> Iterator[Finding]:
    there = False
    for application in applications:
        granted, subject = application.get("full_access_granted"), principal_label(application)
        if granted is False:
            continue
        there = True
        if granted is None:
            yield PERMISSION.unknown(subject, "whether it has full_access_as_app was not read")
            continue
        signs = [one for one in _signing(application) if not _over(one, facts.now)]
        told = "; ".join(_told(facts, one) for one in signs) or _NOTHING_SIGNS
        if exchange_servers(application):
            told = f"{_LIKE_EXCHANGE}: {told}"
        unread = any(holder.get(name) is None for holder in _holders(application) for name in ("key_credentials", "password_credentials"))
        unread = unread or application.get("federated_credentials") is None
        strangers = [one for one in signs if not isinstance(_whose(facts, one), str)]
        if unread or "service_principal" not in application or any(isinstance(_whose(facts, one), Unknown) for one in strangers):
            yield PERMISSION.unknown(subject, f"whose its keys are was not read; read were: {told}")
        elif not strangers and (signs or application.get("named")):
            yield PERMISSION.passed(subject, told)
        else:
            rule, remedy = PERMISSION.saying(_heading(strangers)), _WHOSE_ON_NAMED if application.get("named") else _WHOSE
            yield rule.warned(subject, "an application whose keys have known owners", f"full_access_as_app, {told}", remedy)
    identities = None if isinstance(facts.cloud, Unknown) else facts.cloud.get("identities")
    if identities is None:
        yield PERMISSION.unknown(facts.subject, "which service principals without an application object have it was not read")
    yield from (_identity(facts, one) for one in identities or [])
    if not there and identities == []:
        yield PERMISSION.passed(facts.subject, "no application and no managed identity has full_access_as_app")


def _identity(facts: Facts, identity: Object) -> Finding:
    """What is said of a service principal that has the permission, and of which the tenant has no application object."""
    managed = same_text(identity.get("type"), _MANAGED)
    what = "a managed identity" if managed else "an application of another tenant, or a managed identity"
    told = f"{what}{', disabled' if identity.get('account_enabled') is False else ''}"
    subject = f"{principal_label(identity)}, service principal {identity.get('id')}"
    known = facts.expected.known.get(str(identity.get("id")).lower())
    if known:
        return PERMISSION.passed(subject, f"{told}, {known}")
    heading = f"{'A managed identity' if managed else 'A service principal without an application object'} may open every mailbox"
    return PERMISSION.saying(heading).warned(subject, "a service principal that somebody named", f"full_access_as_app, {told}", _WHICH)


def _heading(strangers: Sequence[Object]) -> str:
    """The wrong state in a sentence. strangers: what signs in as it and has no known owner."""
    if not strangers:
        return "An application that may open every mailbox has nothing that signs in as it, and nobody named it"
    what = "federated credential" if all(map(_is_federated, strangers)) else "key"
    return f"An application that may open every mailbox has a {what} of an unknown owner"


def _signing(application: Object) -> list[Object]:
    """What can sign in as it, each once: certificates and secrets of the application object and of its service principal, and the tokens
    that its federated credentials take. The id of such a credential is its key_id here.
    """
    federated = [{**one, "key_id": one.get("id")} for one in application.get("federated_credentials") or []]
    secrets = [one for holder in _holders(application) for one in holder.get("password_credentials") or []]
    found = [*_keys(application), *secrets, *federated]
    return list({f"{one.get('key_id')} {thumbprint(one)} {one.get('issuer')} {one.get('subject')}": one for one in found}.values())


def _over(one: Object, now: datetime) -> bool:
    end = time_or_none(one.get("end"))
    return end is not None and end <= now


def _is_secret(one: Object) -> bool:
    return "type" not in one


def _is_federated(one: Object) -> bool:
    return "issuer" in one


def _whose(facts: Facts, one: Object) -> str | Unknown | None:
    """Who owns it; of a secret and of a federated credential only the options tell."""
    return known_owner(facts, one) if _is_secret(one) else owner(facts, one)


def _told(facts: Facts, one: Object) -> str:
    """The key in words: which, whose, until when."""
    end = time_or_none(one.get("end"))
    until = left_text(end, facts.now) if end else "without an end"
    whose = _whose(facts, one)
    if _is_federated(one):
        # It has no end.
        subject = one.get("subject") or "not told by Graph v1.0"
        return (
            f"a federated credential {one.get('name')} (id {one.get('id')}), issuer {one.get('issuer') or 'not told'}, subject {subject}, "
            f"{whose or 'of an unknown owner'}"
        )
    if _is_secret(one):
        name = one.get("display_name")
        return f"a secret{f' {name}' if name else ''} (key id {one.get('key_id')}), {whose or 'of an unknown owner'}, {until}"
    said = whose.why if isinstance(whose, Unknown) else whose or hint(facts, one)
    return f"{thumbprint(one) or one.get('identifier') or 'a key'} (key id {one.get('key_id')}), {said}, {until}"
