# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key credentials of a service principal: what Graph stores, and which list a task wants. Private to the collection."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import (
    Certificate,
    first_use,
    in_date,
    parse_der,
    sha1_thumbprint,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import TOLERANCE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import decode_base64, text_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.lenient import without_padding
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import thumbprint_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, parse_time, shifted, time_or_none, utc_text

# https://learn.microsoft.com/graph/api/resources/keycredential
LONGEST_NAME = 90
CERTIFICATE_TYPES = ("AsymmetricX509Cert", "X509CertAndPassword")
_TEXTS = ("keyId", "customKeyIdentifier", "usage", "type", "displayName", "key")
_TIMES = ("startDateTime", "endDateTime")
_SHOWN_TEXTS = (
    *("key_id", "thumbprint", "identifier", "subject", "usage", "type", "display_name", "key_type", "signature_algorithm", "start", "end"),
    "encoding",
)
# The type of the key of a certificate that no library here can read.
_UNREADABLE = "unknown"


@dataclass(frozen=True)
class KeyCredential:
    """One entry of keyCredentials (https://learn.microsoft.com/graph/api/resources/keycredential).

    thumbprint: SHA-1 in upper-case hexadecimal, or None where neither the key nor the identifier tells it.
    identifier: customKeyIdentifier as stored, which is the choice of who wrote the entry and proves nothing.
    stored: the entry exactly as Graph gave it, empty where it came from sp_info.
    unread: the properties of which Graph gave something that is not of their kind, so that they count as not told.
    key_type, key_size, signature_algorithm: the certificate's, None where Graph does not give the certificate.
    encoding: how the certificate is written in key, since programs differ: der, pem, or text for base64 within base64; None as before.
    """

    key_id: str | None
    thumbprint: str | None
    identifier: str | None
    subject: str | None
    start: datetime | None
    end: datetime | None
    usage: str | None
    type: str | None
    display_name: str | None
    key_type: str | None = None
    key_size: int | None = None
    signature_algorithm: str | None = None
    unread: tuple[str, ...] = ()
    encoding: str | None = field(default=None, compare=False)
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def given(self) -> bool:
        """Whether Graph gave the certificate, so that the thumbprint is its own and not what the identifier claims."""
        return self.key_type is not None

    @property
    def proven(self) -> str | None:
        """The thumbprint of the certificate that Graph gave: all that a removal goes by, since an identifier may name another's."""
        return self.thumbprint if self.given else None

    def only_claims(self, thumbprints: Collection[str]) -> bool:
        """Whether nothing but its identifier says that the entry is of one of these certificates, in upper case."""
        return not self.given and self.claimed in thumbprints

    @property
    def unproven(self) -> str:
        """That nothing but its identifier says whose an entry is, and what removes it, as a clause."""
        return (
            "only its identifier says that it is of that certificate, which Microsoft Graph does not give with it; "
            f"if nothing needs it, remove it with sp_credential, key_id: {self.key_id} and state: absent"
        )

    @property
    def may_hold_certificate(self) -> bool:
        return self.type is None or any(same_text(self.type, known) for known in CERTIFICATE_TYPES)

    @property
    def is_usual(self) -> bool:
        """Whether type and usage are those of the farm's entries, with which the tenant verifies tokens."""
        return same_text(self.type, "AsymmetricX509Cert") and same_text(self.usage, "Verify")

    @property
    def claimed(self) -> str | None:
        """The thumbprint that the identifier names."""
        return thumbprint_in(self.identifier)

    def expired(self, now: datetime) -> bool:
        return in_date(None, self.end, now) is False

    def info(self, now: datetime) -> shapes.KeyCredential:
        """The entry in the shape that sp_info returns."""
        return {
            "key_id": self.key_id,
            "thumbprint": self.thumbprint,
            "identifier": self.identifier,
            "subject": self.subject,
            "start": utc_text(self.start) if self.start else None,
            "end": utc_text(self.end) if self.end else None,
            "days_left": days_left(self.end, now) if self.end else None,
            "expired": self.expired(now),
            "usage": self.usage,
            "type": self.type,
            "display_name": self.display_name,
            "key_type": self.key_type,
            "key_size": self.key_size,
            "signature_algorithm": self.signature_algorithm,
            "encoding": self.encoding,
            "unread": list(self.unread),
        }

    def shown(self) -> dict[str, Any]:
        """The entry as the diff shows it: what an administrator can predict, so without the key id that Entra makes up."""
        return {
            "thumbprint": self.thumbprint or self.identifier,
            "display_name": self.display_name,
            "start": utc_text(self.start) if self.start else None,
            "end": utc_text(self.end) if self.end else None,
            "usage": self.usage,
            "type": self.type,
        }

    @property
    def fingerprint(self) -> str:
        """What makes it this entry and no other, as every reading tells it; with the key alone an entry is no longer the same."""
        times = (utc_text(one) if one else None for one in (self.start, self.end))
        # As a task's result shows it, which may be what it is compared with.
        return json.dumps(safe([self.key_id, self.identifier, self.type, self.usage, *times, self.display_name]))

    @property
    def key(self) -> str | None:
        """The key as Graph stores it, base64 as a rule; None where this reading does not give it."""
        return self.stored.get("key")

    @property
    def label(self) -> str:
        """The entry in words. A display name that repeats the thumbprint says less than the certificate's subject."""
        name = self.display_name
        if name and self.thumbprint and self.thumbprint in name:
            name = self.subject or name
        return f"{self.thumbprint or self.identifier or self.key_id}{f' ({name})' if name else ''}"


@dataclass(frozen=True)
class CredentialRequest:
    """What a task wants of each service principal's key credentials.

    valid_at: when an entry has to serve, by thumbprint, where not now. display_names: of new entries, by thumbprint, before display_name.
    going: the ids of all entries that may go where that is decided; None where it is not yet.
    """

    present: bool
    certificates: tuple[Certificate, ...] = ()
    thumbprints: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()
    remove_expired: bool = False
    display_name: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    valid_at: Mapping[str, datetime] = field(default_factory=dict)
    display_names: Mapping[str, str] = field(default_factory=dict)
    going: frozenset[str] | None = None

    def needed(self, certificate: Certificate, now: datetime) -> datetime:
        """When an entry has to serve to count as there: now, or later where the certificate or what the task asks for begins later."""
        return first_use(now, certificate.not_before, self.start, self.valid_at.get(certificate.thumbprint))

    @property
    def named(self) -> tuple[str, ...]:
        """The thumbprints of the certificates that it names."""
        return (*self.thumbprints, *(certificate.thumbprint for certificate in self.certificates))

    def names(self, key: KeyCredential) -> bool:
        """Whether the request names this entry: by its id, or by the certificate that it is known to hold."""
        return key.proven in self.named or any(same_text(key_id, key.key_id) for key_id in self.key_ids)


@dataclass(frozen=True)
class CredentialPlan:
    """kept: entries that stay, in their order. dropped: entries that go. added: the new entries."""

    kept: tuple[KeyCredential, ...]
    dropped: tuple[KeyCredential, ...]
    added: tuple[KeyCredential, ...]

    def body(self, request: CredentialRequest, *, echo: bool = False) -> list[dict[str, Any]]:
        """The whole list for PATCH.

        An entry that stays is sent back with its key set to null, which keeps it, or with echo with its key as far as it is known; altering
        anything else of it is refused (KeyNotUpdatable). The times of a new entry come from the certificate unless the task gives them.
        """
        entries = [{**key.stored, "key": key.key if echo else None} for key in self.kept]
        content = {certificate.thumbprint: certificate.content for certificate in request.certificates}
        for added in self.added:
            new: dict[str, Any] = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": content[str(added.thumbprint)]}
            new["displayName"] = added.display_name
            if request.start:
                new["startDateTime"] = utc_text(request.start)
            if request.end:
                new["endDateTime"] = utc_text(request.end)
            entries.append(new)
        return entries


def plan(current: tuple[KeyCredential, ...], request: CredentialRequest, now: datetime) -> CredentialPlan:
    """The list that the request wants. Entries that it does not name stay, expired ones too unless it says remove_expired.

    An entry of the certificate that does not serve when it is needed stays too, and another one is added beside it. Where anything is
    added, so is each certificate that nothing but an identifier tells to be there: Graph gives the new one's, and then only such entries
    count. One too many does no harm.
    """

    def goes(key: KeyCredential) -> bool:
        decided = request.going is None or str(key.key_id) in request.going
        return decided and ((not request.present and request.names(key)) or (request.remove_expired and key.expired(now)))

    kept = tuple(key for key in current if not goes(key))
    dropped = tuple(key for key in current if goes(key))

    def missing(entries: Iterable[KeyCredential]) -> list[Certificate]:
        wanted = request.certificates if request.present else ()
        return [one for one in wanted if not any_serves(entries, one.thumbprint, request.needed(one, now))]

    added = missing(kept) and missing([key for key in kept if key.given])
    return CredentialPlan(kept, dropped, tuple(_new(certificate, request) for certificate in added))


def _new(certificate: Certificate, request: CredentialRequest) -> KeyCredential:
    return KeyCredential(
        key_id=None,
        thumbprint=certificate.thumbprint,
        identifier=certificate.thumbprint,
        subject=certificate.subject,
        start=request.start or certificate.not_before,
        end=request.end or certificate.not_after,
        usage="Verify",
        type="AsymmetricX509Cert",
        display_name=request.display_names.get(certificate.thumbprint) or request.display_name or certificate.subject[:LONGEST_NAME],
        key_type=certificate.key_type,
        key_size=certificate.key_size,
        signature_algorithm=certificate.signature_algorithm,
        encoding="der",
    )


def verifies(key: KeyCredential, thumbprint: str) -> bool:
    """Whether the entry is there to verify what the certificate of that thumbprint signed, at whatever time."""
    return key.thumbprint is not None and same_text(key.thumbprint, thumbprint) and key.is_usual


def serves(key: KeyCredential, thumbprint: str, moment: datetime) -> bool:
    """Whether at that moment the tenant verifies with the entry what the certificate of that thumbprint signed.

    This is the one answer that plan, rotation, assignment, audit and removal go by. A time that Graph does not tell is no limit. An
    entry may begin when Graph wrote it, by Graph's own clock, so a start that is near counts as over.
    """
    begin = None if key.start is None else shifted(key.start, -TOLERANCE)
    return verifies(key, thumbprint) and in_date(begin, key.end, moment) is not False


def any_serves(keys: Iterable[KeyCredential], thumbprint: str, moment: datetime) -> bool:
    return any(serves(key, thumbprint, moment) for key in keys)


def served_until(keys: Iterable[KeyCredential], thumbprint: str, moment: datetime) -> datetime | None:
    """Until when some entry serves without a gap; the moment itself where none does. None: without an end."""
    until = moment
    for key in sorted((key for key in keys if verifies(key, thumbprint)), key=lambda key: (key.start is not None, key.start)):
        if serves(key, thumbprint, until):
            if key.end is None:
                return None
            until = max(until, key.end)
    return until


def serving_from(keys: Sequence[KeyCredential], thumbprint: str, moment: datetime) -> datetime | None:
    """The first time after the moment from which on some entry serves; None where none will."""
    begins = [shifted(key.start, -TOLERANCE) for key in keys if key.start is not None and verifies(key, thumbprint)]
    return min((begin for begin in begins if begin > moment and any_serves(keys, thumbprint, begin)), default=None)


def why_not(keys: Iterable[KeyCredential], thumbprint: str, moment: datetime, now: datetime | None = None) -> str | None:
    """Why no entry of the certificate serves at that moment, in words; None where there is no entry of it, or one serves.

    now: where the moment is yet to come, so that what ends until then is not told as if it were over.
    """
    ours = [key for key in keys if key.thumbprint is not None and same_text(key.thumbprint, thumbprint)]
    if not ours or any_serves(ours, thumbprint, moment):
        return None
    return "; ".join(dict.fromkeys(_why_not(key, moment, now or moment) for key in ours))


def _why_not(key: KeyCredential, moment: datetime, now: datetime) -> str:
    if not key.is_usual:
        return f"its entry there has type {key.type} and usage {key.usage}"
    if key.end is not None and key.end <= moment:
        return f"its entry there {'ended' if key.expired(now) else 'ends'} on {utc_text(key.end)}"
    return f"its entry there begins only on {utc_text(key.start) if key.start else 'a day that is not told'}"


def entries_in(listed: Any, label: str) -> list[Mapping[str, Any]]:
    """The entries of keyCredentials as Graph gave them of an object; HybridAuthError where it is no list of objects.

    label: the object in words.
    """
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise HybridAuthError(
            f"Microsoft Graph's answer for {label} has keyCredentials that are not what Graph documents, so they cannot be written back "
            "whole.",
            "Look at it with 'az rest --method get --url https://graph.microsoft.com/v1.0/servicePrincipals', and see that no proxy "
            "answers in Graph's place.",
        )
    return listed


def from_graph(entry: Mapping[str, Any]) -> KeyCredential:
    """An entry as Graph gives it. The certificate, where Graph gives it, is believed before the identifier beside it.

    What is not of its property's kind counts as not told, and is named in unread.
    """
    texts = {name: entry.get(name) for name in _TEXTS}
    times = {name: _time(entry.get(name)) for name in _TIMES}
    unread = [name for name, value in texts.items() if value is not None and not isinstance(value, str)]
    unread += [name for name, told in times.items() if told is None and entry.get(name)]
    told = {name: value if name not in unread else None for name, value in texts.items()}
    made = KeyCredential(
        key_id=told["keyId"],
        thumbprint=thumbprint_in(told["customKeyIdentifier"]),
        identifier=told["customKeyIdentifier"],
        subject=None,
        start=times["startDateTime"],
        end=times["endDateTime"],
        usage=told["usage"],
        type=told["type"],
        display_name=told["displayName"],
        unread=tuple(unread),
        stored=dict(entry),
    )
    content = _content(entry.get("key"))
    if content is None:
        return made
    try:
        certificate = parse_der(content)
    except ValueError:  # a symmetric key, which has no thumbprint, or a certificate that Windows reads and this library does not
        if made.type is None or not made.may_hold_certificate or content[:1] != b"\x30":
            return made
        return replace(made, thumbprint=sha1_thumbprint(content), key_type=_UNREADABLE)
    return replace(
        made,
        thumbprint=certificate.thumbprint,
        subject=certificate.subject,
        key_type=certificate.key_type,
        key_size=certificate.key_size,
        signature_algorithm=certificate.signature_algorithm,
        encoding=_encoding(entry.get("key")),
    )


def from_info(entry: Mapping[str, Any]) -> KeyCredential:
    """An entry as sp_info returned it; AttributeError, TypeError or ValueError where it is none."""
    for name in _SHOWN_TEXTS:
        if not isinstance(entry.get(name), (str, type(None))):
            raise TypeError(f"{name} is no text")
    return KeyCredential(
        key_id=entry.get("key_id"),
        thumbprint=entry.get("thumbprint"),
        identifier=entry.get("identifier"),
        subject=entry.get("subject"),
        usage=entry.get("usage"),
        type=entry.get("type"),
        display_name=entry.get("display_name"),
        key_type=entry.get("key_type"),
        key_size=entry.get("key_size"),
        signature_algorithm=entry.get("signature_algorithm"),
        encoding=entry.get("encoding"),
        unread=tuple(entry.get("unread") or ()),
        start=parse_time(entry["start"]) if entry.get("start") else None,
        end=parse_time(entry["end"]) if entry.get("end") else None,
    )


def _encoding(key: Any) -> str:
    """How a stored key that holds a certificate is written."""
    content = decode_base64(str(key)) or b""
    if content[:1] == b"\x30":
        return "der"
    return "pem" if "-----BEGIN CERTIFICATE-----" in (text_of(content) or "") else "text"


def _content(key: Any) -> bytes | None:
    """What a stored key holds: base64 of DER, of PEM, or of base64 text of DER, since writers differ."""
    if not isinstance(key, str):
        return None
    content = decode_base64(key) or b""
    for _layer in range(2):
        text = text_of(content) or ""
        if "-----BEGIN CERTIFICATE-----" in text:
            text = text.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
        inner = decode_base64(text) if text else None
        if content[:1] == b"\x30" or inner is None:
            break
        content = inner
    return without_padding(content)


def _time(value: Any) -> datetime | None:
    return time_or_none(value) if isinstance(value, str) else None
