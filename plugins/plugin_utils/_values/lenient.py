# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""X.509 certificates that Windows and OpenSSL read and a strict parser refuses. Private to the collection.

Certificate authorities and tools have written version numbers, default values, character sets and times that RFC 5280 does not allow. What
is needed of such a certificate can be told all the same: plain_form() writes that down once more as a strict parser wants it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

# ITU-T X.690 section 8.1.2: universal tags, with the bit of a constructed encoding where the type is one.
_INTEGER, _UTF8_STRING, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _SET, _VERSION = 0x02, 0x0C, 0x17, 0x18, 0x30, 0x31, 0xA0
# The string types of ITU-T X.680 section 41, with the encodings in which they are found.
_STRINGS = {
    **dict.fromkeys((_UTF8_STRING, 0x12, 0x13, 0x14, 0x16, 0x1A), "utf-8"),
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_PADDING = b"\0\r\n \x1a"
_TIME = re.compile(
    r"(?P<year>\d{2}|\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?"
    r"(?:[.,]\d+)?(?P<zone>Z|[+-]\d{4})?",
    re.ASCII,
)
_BEFORE_2000 = 50  # RFC 5280 section 4.1.2.5.1


@dataclass(frozen=True)
class _Element:
    """One element of DER. size: of tag, length and content, in bytes."""

    tag: int
    content: bytes
    size: int


def without_padding(der: bytes) -> bytes:
    """The bytes without the zeros or line ends that some tools append to a DER file; as they are where there is something else."""
    try:
        size = _element(der).size
    except ValueError:
        return der
    return der[:size] if not der[size:].strip(_PADDING) else der


def plain_form(der: bytes) -> bytes:
    """A certificate that says the same and that a strict parser reads: version 1, without extensions. ValueError if it is no certificate.

    It is there to be read alone: its signature and its thumbprint are not those of the certificate.
    """
    (whole,) = _several(der, 1)
    signed, algorithm, signature = _several(_of(_SEQUENCE, whole).content, 3)
    fields = list(_elements(_of(_SEQUENCE, signed).content))
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    if len(fields) < 6:
        raise ValueError("the certificate ends too early")
    serial, inner, issuer, validity, subject, key = fields[:6]
    plain = (
        _written(_INTEGER, _of(_INTEGER, serial).content),
        _written(inner.tag, inner.content),
        _name(issuer),
        _written(_SEQUENCE, b"".join(_time(one) for one in _several(_of(_SEQUENCE, validity).content, 2))),
        _name(subject),
        _written(key.tag, key.content),
    )
    rest = (_written(one.tag, one.content) for one in (algorithm, signature))
    return _written(_SEQUENCE, _written(_SEQUENCE, b"".join(plain)) + b"".join(rest))


def key_algorithm(der: bytes) -> bytes | None:
    """The encoded object identifier of a certificate's key algorithm; None where it cannot be told."""
    try:
        signed = _element(_of(_SEQUENCE, _element(der)).content)
        fields = [one for one in _elements(_of(_SEQUENCE, signed).content) if one.tag != _VERSION]
        return _element(_element(_of(_SEQUENCE, fields[5]).content).content).content
    except (ValueError, IndexError):
        return None


def _element(data: bytes) -> _Element:
    """The first element; ValueError where the bytes are none. Neither long tags nor indefinite lengths occur in what is read here."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise ValueError("not DER")
    length, start = data[1], 2
    if length & 0x80:
        octets = length & 0x7F
        start = 2 + octets
        if not 0 < octets <= 4 or len(data) < start:
            raise ValueError("not DER")
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise ValueError("it ends too early")
    return _Element(data[0], data[start : start + length], start + length)


def _elements(data: bytes) -> Iterator[_Element]:
    while data:
        one = _element(data)
        yield one
        data = data[one.size :]


def _several(data: bytes, number: int) -> list[_Element]:
    found = list(_elements(data))
    if len(found) != number:
        raise ValueError(f"{len(found)} parts where a certificate has {number}")
    return found


def _of(tag: int, one: _Element) -> _Element:
    if one.tag != tag:
        raise ValueError("not a certificate")
    return one


def _written(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _name(name: _Element) -> bytes:
    """The distinguished name with every text in UTF-8, whatever characters its type allows."""
    parts = b""
    for part in _elements(_of(_SEQUENCE, name).content):
        attributes = b""
        for attribute in _elements(_of(_SET, part).content):
            kind, value = _several(_of(_SEQUENCE, attribute).content, 2)
            attributes += _written(_SEQUENCE, _written(kind.tag, kind.content) + _text(value))
        parts += _written(_SET, attributes)
    return _written(_SEQUENCE, parts)


def _text(value: _Element) -> bytes:
    encoding = _STRINGS.get(value.tag)
    if encoding is None:
        return _written(value.tag, value.content)
    try:
        text = value.content.decode(encoding)
    except UnicodeDecodeError:
        text = value.content.decode("latin-1")
    return _written(_UTF8_STRING, text.encode())


def _time(one: _Element) -> bytes:
    match = _TIME.fullmatch(one.content.decode("ascii", "replace")) if one.tag in (_UTC_TIME, _GENERALIZED_TIME) else None
    if not match:
        raise ValueError("its validity is no time")
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 1900 if year >= _BEFORE_2000 else 2000
    zone = match["zone"] or "Z"
    ahead = timedelta() if zone == "Z" else (1 if zone[0] == "+" else -1) * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    month, day, hour, minute, second = (int(match[part] or 0) for part in ("month", "day", "hour", "minute", "second"))
    told = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    with suppress(OverflowError):  # the first or the last day of the calendar, in another zone
        told -= ahead
    text = told.strftime("%m%d%H%M%SZ")
    if 1950 <= told.year < 2050:
        return _written(_UTC_TIME, f"{told.year % 100:02}{text}".encode())
    return _written(_GENERALIZED_TIME, f"{told.year:04}{text}".encode())
