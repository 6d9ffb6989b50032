# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names as text, in both forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.distinguished_name import parse, same_name, windows
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("CN=contoso.com", "CN=contoso.com"),
        ("CN=contoso.com, O=Contoso, C=US", "CN=contoso.com, O=Contoso, C=US"),
        ("cn=contoso.com,O=Contoso;c=US", "CN=contoso.com, O=Contoso, C=US"),
        ('CN=contoso.com, O="Contoso, Inc."', 'CN=contoso.com, O="Contoso, Inc."'),
        (r"CN=contoso.com,O=Contoso\, Inc.", 'CN=contoso.com, O="Contoso, Inc."'),
        (r"CN=contoso.com,O=Contoso\2C Inc.", 'CN=contoso.com, O="Contoso, Inc."'),
        (r"CN=a,O=M\C3\BCnchen", "CN=a, O=M\u00fcnchen"),
        ('O="a ""b"""', 'O="a ""b"""'),
        (r"CN=contoso.com,O=a\+b", 'CN=contoso.com, O="a+b"'),
        ("CN=a,ST=WA,emailAddress=me@contoso.com", "CN=a, S=WA, E=me@contoso.com"),
        (r"CN=a\ ", 'CN="a "'),
    ],
)
def test_both_forms_become_the_one_that_windows_reads(text: str, sent: str) -> None:
    assert check_subject("subject", text) == sent
    assert check_subject("subject", sent) == sent
    assert same_name(text, sent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a distinguished name"),
        ("contoso.com", "is not a distinguished name"),
        ("CN=contoso.com,", "is not a distinguished name"),
        ('CN="contoso.com', "without a value"),
        ('CN="a"b', "is not a distinguished name"),
        ("CN=", "without a value"),
        ("CN=contoso.com+OU=x", "joined with +"),
        ("UID=x,CN=contoso.com", "a part UID, which Windows does not know"),
        ("CN=a,C=USA", "a part C of other than two letters"),
        (r"CN=a\FF", "no text in UTF-8"),
    ],
)
def test_what_windows_makes_no_certificate_of_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        check_subject("subject", text)
    assert said in str(caught.value)


@given(st.lists(st.tuples(st.sampled_from(["CN", "O", "OU", "L"]), st.text(min_size=1, max_size=8)), min_size=1, max_size=4))
def test_a_name_is_the_same_after_it_was_written(parts: list[tuple[str, str]]) -> None:
    name = tuple(parts)
    assert parse(windows(name)) == name


def test_names_that_differ_in_letter_case_are_the_same_and_in_a_part_are_not() -> None:
    assert same_name("CN=Contoso.com, O=Contoso", "cn=contoso.com,o=CONTOSO")
    assert not same_name("CN=contoso.com, O=Contoso", "O=Contoso, CN=contoso.com")
    assert not same_name("CN=contoso.com", None)
    assert same_name("1.2.3=x + CN=a", "1.2.3=X + CN=a")
