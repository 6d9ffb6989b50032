# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der

from ..support import NOW, certificate

MADE = certificate()
CERTIFICATE = parse_der(MADE.public_bytes(Encoding.DER))
THUMBPRINTS = [CERTIFICATE.thumbprint, "A" * 40, "B" * 40, None]

entries = st.builds(
    subject.KeyCredential,
    key_id=st.uuids().map(str),
    thumbprint=st.sampled_from(THUMBPRINTS),
    identifier=st.none(),
    subject=st.none(),
    start=st.just(NOW - timedelta(days=30)),
    end=st.sampled_from([NOW - timedelta(days=1), NOW + timedelta(days=1), None]),
    usage=st.sampled_from(["Verify", "Sign"]),
    type=st.sampled_from(["AsymmetricX509Cert", "Symmetric"]),
    display_name=st.none(),
)
lists = st.lists(entries, max_size=6).map(tuple)
requests = st.one_of(
    st.builds(subject.CredentialRequest, present=st.just(True), certificates=st.just((CERTIFICATE,)), remove_expired=st.booleans()),
    st.builds(subject.CredentialRequest, present=st.just(False), certificates=st.just((CERTIFICATE,)), remove_expired=st.booleans()),
    st.builds(subject.CredentialRequest, present=st.just(False), thumbprints=st.just(("A" * 40,)), remove_expired=st.booleans()),
)


@given(lists, requests)
def test_what_the_request_does_not_name_stays_as_it_was(current, request) -> None:
    plan = subject.plan(current, request, NOW)
    for key in current:
        named = (not request.present and request.names(key)) or (request.remove_expired and key.expired(NOW))
        assert (key in plan.dropped) is named
    assert [key for key in current if key in plan.kept] == list(plan.kept)


@given(lists, requests)
def test_a_second_run_changes_nothing(current, request) -> None:
    plan = subject.plan(current, request, NOW)
    after = (*plan.kept, *plan.added)
    again = subject.plan(after, request, NOW)
    assert (again.dropped, again.added) == ((), ())


@given(lists)
def test_present_ends_with_an_entry_that_verifies_tokens(current) -> None:
    plan = subject.plan(current, subject.CredentialRequest(present=True, certificates=(CERTIFICATE,)), NOW)
    after = (*plan.kept, *plan.added)
    assert sum(subject.serves(key, CERTIFICATE.thumbprint, NOW) for key in after) >= 1
    assert not plan.dropped


@given(lists)
def test_the_body_echoes_entries_with_their_key_left_out(current) -> None:
    stored = tuple(subject.from_graph({"keyId": key.key_id, "displayName": "x", "key": "c2VjcmV0"}) for key in current)
    plan = subject.plan(stored, subject.CredentialRequest(present=True, certificates=(CERTIFICATE,)), NOW)
    *echoed, new = plan.body(subject.CredentialRequest(present=True, certificates=(CERTIFICATE,)))
    assert echoed == [{"keyId": key.key_id, "displayName": "x", "key": None} for key in current]
    assert new == {"type": "AsymmetricX509Cert", "usage": "Verify", "key": CERTIFICATE.content, "displayName": "CN=contoso.com"}


DER = MADE.public_bytes(Encoding.DER)
PEM = MADE.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("content", [DER, PEM, base64.b64encode(DER), base64.b64encode(PEM)], ids=["der", "pem", "base64", "base64-pem"])
def test_the_thumbprint_is_read_from_every_encoding_that_writers_store(content: bytes) -> None:
    entry = subject.from_graph({"keyId": "k", "key": base64.b64encode(content).decode(), "customKeyIdentifier": "A" * 40})
    assert entry.thumbprint == CERTIFICATE.thumbprint
    assert entry.subject == "CN=contoso.com"


@pytest.mark.parametrize(
    ("identifier", "thumbprint"),
    [
        (CERTIFICATE.thumbprint.lower(), CERTIFICATE.thumbprint),
        (base64.b64encode(bytes.fromhex(CERTIFICATE.thumbprint)).decode(), CERTIFICATE.thumbprint),
        (base64.b64encode(CERTIFICATE.thumbprint.encode()).decode(), CERTIFICATE.thumbprint),
        (base64.b64encode(b"x" * 32).decode(), None),
        ("not an identifier", None),
        (None, None),
    ],
    ids=["hexadecimal", "bytes", "digits in base64", "SHA-256", "no identifier", "none"],
)
def test_the_thumbprint_is_read_from_the_identifier_where_the_key_is_not_given(identifier: str | None, thumbprint: str | None) -> None:
    assert subject.from_graph({"keyId": "k", "key": None, "customKeyIdentifier": identifier}).thumbprint == thumbprint


def test_an_entry_survives_the_way_through_sp_info() -> None:
    entry = subject.from_graph(
        {"keyId": "k", "endDateTime": "2031-01-02T03:04:05.6789012Z", "usage": "Verify", "type": "AsymmetricX509Cert"}
    )
    assert subject.from_info(entry.info(NOW)).shown() == entry.shown()
