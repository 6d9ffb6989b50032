# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domains that a certificate names."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_names import Names, common_names, domain_key, names_in
from tests.lab.farm import certificates
from tests.lab.states.audit import made


def content(entry: dict[str, Any]) -> str:
    return base64.b64encode(certificates.load(entry).public_bytes(Encoding.DER)).decode()


@pytest.mark.parametrize(
    ("subject", "names", "common", "alternative"),
    [
        ("CN=contoso.com", [], {"contoso.com"}, set()),
        ("CN=Contoso.COM,O=Contoso", ["contoso.com", "Fabrikam.com"], {"contoso.com"}, {"contoso.com", "fabrikam.com"}),
        ("O=Contoso", ["contoso.com"], set(), {"contoso.com"}),
    ],
)
def test_the_names_are_those_of_subject_and_alternative_names(
    subject: str, names: list[str], common: set[str], alternative: set[str]
) -> None:
    assert names_in(content(made(subject, names=names))) == Names(frozenset(common), frozenset(alternative))


@pytest.mark.parametrize("given", [None, "", "MIIB", "no base64!"])
def test_what_cannot_be_read_is_not_taken_for_a_certificate_without_names(given: str | None) -> None:
    assert names_in(given) is None


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("CN=contoso.com", {"contoso.com"}),
        ("CN=Contoso.com, O=Contoso", {"contoso.com"}),
        ('CN="contoso.com", O="Contoso, Ltd, CN=fabrikam.com"', {"contoso.com"}),
        ("E=it@contoso.com, CN=contoso.com, OU=UCN=x", {"contoso.com"}),
        ("CN=contoso.com + OU=x, CN=fabrikam.com", {"contoso.com", "fabrikam.com"}),
        ('CN="a ""b"", c"', {'a "b", c'}),
        (r"CN=contoso\2Ecom,O=Contoso\, CN=x", {"contoso.com"}),
        ("2.5.4.97=VAT, OID.1.2.3=x, UID=y, CN=contoso.com", {"contoso.com"}),
        ("CN=contoso.com, C=, O=", {"contoso.com"}),
        (r"O=Contoso\Sales, CN=contoso.com", {"contoso.com"}),
        ("CN=contoso.com, O", {"contoso.com"}),
        ("CN=contoso.com,", {"contoso.com"}),
        ("contoso.com", set()),
        ("O=Contoso", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_the_common_name_of_a_subject_is_found_as_windows_writes_it(subject: str | None, expected: set[str]) -> None:
    assert common_names(subject) == expected


def test_two_writings_of_a_domain_are_the_same() -> None:
    assert domain_key(" B\u00fccher.Example. ") == domain_key("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert domain_key("a..b") == "a..b"
