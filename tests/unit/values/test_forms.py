# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.assertion import principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.mailbox import sip_uri
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import tenant_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import whole_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import forms
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint


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


@pytest.mark.parametrize(
    "value",
    [
        "https://contoso.com",
        "https://contoso.com:8443/metadata/json/1",
        "https://Host./x?of=a@b",
        "https://127.0.0.1:8443/x",
        "https://[::1]/x",
        "https://xn--a.contoso.com/x",
    ],
)
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
        ("http://user:word@contoso.com", "user name or password"),
        ("https://fabrikam.com\\.contoso.com/metadata/json/1", "backslash"),
        ("https://contoso.com/metadata\\json", "backslash"),
        ("https://contoso..com/x", "has a host that is no name"),
        ("https://-contoso.com/x", "has a host that is no name"),
        ("https://ho\u0455t.contoso.com/x", "has a host that is no name"),
        ("https://contoso.com/#f", "fragment"),
        ("https://contoso.com?x@fabrikam.com", "holds @ before its path"),
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


# What comes with a text from a certificate's dialog box, a chat or an editor.
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\ufeff\u00a0"
TAKEN: dict[str, tuple[Callable[[str], object], str]] = {
    "thumbprint": (lambda text: option_thumbprint("thumbprint", text), "8540BBD765915B49CBC12EF21361C2425FDC53BE"),
    "GUID": (lambda text: forms.guid("app_id", text), "0a1b2c3d-0000-4000-8000-000000000001"),
    "host name": (lambda text: forms.host_name("name", text), "webext.contoso.com"),
    "domain": (lambda text: forms.domain_pattern("domain", text), "*.contoso.com"),
    "URL": (lambda text: forms.https_url("url", text), "https://webext.contoso.com/x"),
    "tenant by id": (lambda text: tenant_name("tenant", text), "0a1b2c3d-0000-4000-8000-000000000001"),
    "tenant by domain": (lambda text: tenant_name("tenant", text), "contoso.com"),
    "principal": (lambda text: principal("audience", text), "00000002-0000-0ff1-ce00-000000000000/webext.contoso.com"),
    "SIP address": (lambda text: sip_uri("sip_uri", text), "sip:user@contoso.com"),
    "service principal name": (
        lambda text: whole_names("names", "00000004-0000-0ff1-ce00-000000000000", text, "both"),
        "00000004-0000-0ff1-ce00-000000000000/webext.contoso.com",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_characters_that_cannot_be_seen_are_dropped_wherever_a_text_is_taken(name: str) -> None:
    read, text = TAKEN[name]
    for unseen in UNSEEN:
        for changed in (unseen + text, text + unseen, text[:5] + unseen + text[5:]):
            assert read(changed) == read(text), (unseen, changed)
