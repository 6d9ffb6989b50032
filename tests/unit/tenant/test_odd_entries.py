# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of keyCredentials that other programs wrote: whatever is in them is read, shown, taken as current, and stays as it is."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential, service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest, from_graph, from_info
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import NOW, certificate

DER = certificate().public_bytes(Encoding.DER)
OWN = parse_der(DER)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59"
TIMES = st.one_of(JSON, st.sampled_from([FIRST, f"{LAST}+00:00", f"{LAST}-12:00", "0999-01-01T00:00:00Z", "soon"]))
KEYS = st.one_of(
    JSON,
    st.binary(max_size=60).map(lambda content: base64.b64encode(content).decode()),
    st.sampled_from([base64.b64encode(DER).decode(), base64.encodebytes(DER).decode(), DER.hex(), base64.b64encode(DER + b"\0").decode()]),
)
ENTRIES = st.fixed_dictionaries(
    {"keyId": JSON},
    optional={
        **dict.fromkeys(("customKeyIdentifier", "displayName", "usage", "@odata.type"), JSON),
        "type": st.one_of(JSON, st.sampled_from(["AsymmetricX509Cert", "Symmetric"])),
        **dict.fromkeys(("startDateTime", "endDateTime"), TIMES),
        "key": KEYS,
    },
)


@given(ENTRIES)
def test_whatever_an_entry_holds_it_is_read_shown_and_taken_as_current(entry: dict[str, Any]) -> None:
    read = from_graph(entry)
    shown = json.loads(json.dumps(read.info(NOW)))
    assert from_info(shown) == replace(read, stored={})
    assert from_info(shown).fingerprint == read.fingerprint
    assert isinstance(key_credential.serves(read, OWN.thumbprint, NOW), bool)
    assert key_credential.why_not([read], OWN.thumbprint, NOW) is None or read.thumbprint == OWN.thumbprint


@given(st.lists(ENTRIES, max_size=3))
def test_it_stays_byte_for_byte_when_another_one_is_written(entries: list[dict[str, Any]]) -> None:
    request = CredentialRequest(present=True, certificates=(OWN,))
    plan = key_credential.plan(tuple(map(from_graph, entries)), request, NOW)
    body = json.loads(json.dumps(plan.body(request, echo=True)))
    assert body[: len(entries)] == [{**entry, "key": entry.get("key")} for entry in json.loads(json.dumps(entries))]


@pytest.mark.parametrize(
    ("entry", "unread"),
    [
        ({"endDateTime": "in the spring"}, ["endDateTime"]),
        ({"usage": 2, "displayName": ["a"]}, ["usage", "displayName"]),
        ({"key": {"a": 1}}, ["key"]),
        ({"startDateTime": 5}, ["startDateTime"]),
        ({"startDateTime": None, "endDateTime": "9999-12-31T23:59:59-12:00"}, []),
    ],
)
def test_what_is_not_of_its_kind_is_named(entry: dict[str, Any], unread: list[str]) -> None:
    assert from_graph({"keyId": "1", **entry}).info(NOW)["unread"] == unread


def test_a_certificate_with_a_zero_behind_it_is_known_by_its_own_thumbprint() -> None:
    assert (
        from_graph({"keyId": "1", "type": "AsymmetricX509Cert", "key": base64.b64encode(DER + b"\0").decode()}).thumbprint == OWN.thumbprint
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 5},
        {"appId": 5},
        {"appId": ["a"]},
        {"passwordCredentials": ["a"]},
        {"passwordCredentials": 5},
        {"passwordCredentials": {"a": 1}},
        {"passwordCredentials": [[1]]},
    ],
)
def test_a_principal_that_is_not_as_documented_is_refused_in_words(odd: dict[str, Any]) -> None:
    sound = {"id": "a", "appId": "b", "servicePrincipalNames": [], "keyCredentials": [], "passwordCredentials": None}
    assert service_principal.from_graph(sound).passwords == ()
    with pytest.raises(HybridAuthError, match="Microsoft Graph's answer for service principal"):
        service_principal.from_graph({**sound, **odd})
