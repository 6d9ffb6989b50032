# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import forms
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError


@given(st.uuids())
def test_a_guid_is_taken_in_any_case_and_given_back_in_lower_case(value) -> None:
    assert forms.guid("tenant_id", str(value).upper()) == str(value)


@pytest.mark.parametrize("value", ["", "contoso", "00000002-0000-0ff1-ce00", "{00000002-0000-0ff1-ce00-000000000000}", "g" * 36])
def test_what_is_not_a_guid_is_refused_with_the_name_of_the_option(value: str) -> None:
    with pytest.raises(InvalidOptionError, match=r"Option 'tenant_id'.*is not a GUID.*Expected a GUID"):
        forms.guid("tenant_id", value)


@pytest.mark.parametrize("value", ["webext.contoso.com", "WEBEXT.Contoso.com.", "a-b.c1.de", "xn--bcher-kva.example"])
def test_a_host_name_is_given_back_in_lower_case_without_a_final_dot(value: str) -> None:
    assert forms.host_name("names", value) == value.lower().rstrip(".")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "contoso",
        "https://webext.contoso.com",
        "webext.contoso.com:443",
        "web ext.contoso.com",
        "-a.contoso.com",
        "a..com",
        "*.contoso.com",
        "10.0.0.1",
        "a" * 64 + ".com",
        "webext.contoso.com/x",
        "b\u00fccher.example",
    ],
)
def test_what_is_not_a_host_name_is_refused(value: str) -> None:
    with pytest.raises(InvalidOptionError, match="Option 'names'"):
        forms.host_name("names", value)


@pytest.mark.parametrize("value", ["https://contoso.com", "https://contoso.com:8443/metadata/json/1"])
def test_an_https_url_is_taken_as_it_is(value: str) -> None:
    assert forms.https_url("metadata_url", f" {value} ") == value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("http://contoso.com", "not an https URL"),
        ("contoso.com", "not an https URL"),
        ("https://", "no host name"),
        ("https://con toso.com", "blanks"),
        ("https://user:word@contoso.com", "user name or password"),
        ("https://contoso.com:port", "not a URL"),
        ("https://[::1", "not a URL"),
    ],
)
def test_what_is_not_an_https_url_is_refused(value: str, problem: str) -> None:
    with pytest.raises(InvalidOptionError, match=problem):
        forms.https_url("metadata_url", value)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("https://Login.contoso.com/A", "https://login.contoso.com:443/a", True),
        ("https://login.contoso.com/a", "https://login.contoso.com/b", False),
        (None, "", True),
        ("https://login.contoso.com/", None, False),
    ],
)
def test_urls_are_compared_without_letter_case_and_default_port(left: str | None, right: str | None, same: bool) -> None:
    assert forms.same_url(left, right) is same


def test_texts_are_compared_without_letter_case_and_empty_equals_none() -> None:
    assert forms.same_text("Contoso.com", "contoso.COM")
    assert forms.same_text(None, "")
    assert not forms.same_text("contoso.com", None)


@pytest.mark.parametrize("value", ["SkypeForBusiness", "Lync", " Contoso.Skype-Tools\u200b", "Contoso_Lync"])
def test_a_modules_name_is_taken(value: str) -> None:
    assert forms.module_name("management_modules", value) == value.strip(" \u200b")


@pytest.mark.parametrize(
    "value",
    [
        *(
            r"C:\temp\Lync.psm1",
            r".\Lync",
            "../Lync",
            r"\\fabrikam\share\Lync",
            "Lync.psm1",
            "Lync.DLL",
            "C:Lync",
            "Ly*",
            "",
            "Lync;",
            "$x",
        ),
        *("-Force", "Ly nc", "Lync\nLync", "L\u0131nc", "Lync.", "@{ModuleName='x'}"),
    ],
)
def test_a_path_or_anything_else_is_no_modules_name(value: str) -> None:
    with pytest.raises(InvalidOptionError, match="is no name of a PowerShell module"):
        forms.module_name("management_modules", value)
