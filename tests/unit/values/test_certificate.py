# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

from ..support import NOW, certificate, key, key_pem, pem

MADE = certificate()
DER = MADE.public_bytes(Encoding.DER)
PEM = pem(MADE)


@pytest.mark.parametrize(
    "content",
    [
        PEM,
        PEM.encode(),
        DER,
        base64.b64encode(DER).decode(),
        base64.encodebytes(DER),
        PEM.encode("utf-16"),
        b"\xef\xbb\xbf" + PEM.encode(),
        PEM.replace("\n", "\r\n"),
        "Bag Attributes\n" + key_pem() + PEM,
        PEM + PEM,
    ],
    ids=["PEM", "PEM bytes", "DER", "base64", "base64 lines", "UTF-16", "byte order mark", "CRLF", "key beside it", "twice"],
)
def test_the_certificate_is_read_from_every_form_that_people_have(content: str | bytes) -> None:
    assert load_certificate("certificate_path", content).der == DER


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is empty"),
        ("hello", "not a certificate"),
        (b"\x00\xff\xfe", "neither text nor DER"),
        (key_pem(), "private key where a certificate was meant"),
        (key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "private key where a certificate was meant"),
        (pkcs12.serialize_key_and_certificates(b"x", key(), MADE, None, NoEncryption()), "PFX"),
        (PEM + pem(certificate("fabrikam.com")), "2 different certificates"),
        (PEM[: len(PEM) // 2], "no complete PEM block"),
        (DER[:-10], "not a certificate"),
    ],
    ids=["empty", "text", "bytes", "key", "DER key", "PFX", "two", "half PEM", "half DER"],
)
def test_anything_else_is_refused_and_not_shown(content: str | bytes, problem: str) -> None:
    with pytest.raises(InvalidOptionError, match=problem) as caught:
        load_certificate("certificate_path", content)
    assert key_pem().splitlines()[1] not in str(caught.value)


def test_a_certificate_that_begins_later_is_warned_about() -> None:
    later = load_certificate("x", pem(certificate(since=-5)))
    assert "is not valid before" in check_usable("x", later, NOW)[0]
    assert check_usable("x", later, NOW + timedelta(days=6)) == []
