# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Misspelt names of variables, and names that are none of the role's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.reading import read
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import FACTS, VARIABLES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.spelling import nearest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

SIGNED_IN = {"trust_access_token": "opaque"}
NAMES = st.sampled_from(sorted(VARIABLES))
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz_")


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("trust_exchange_credentials", "trust_exchange_credential"),
        ("trust_credential_exchange", "trust_exchange_credential"),
        ("trust_exchang_credential", "trust_exchange_credential"),
        ("trust_excahnge_credential", "trust_exchange_credential"),
        ("trust_credential_exchagne", "trust_exchange_credential"),
        ("trust_tenantid", "trust_tenant_id"),
        ("trust_id_tenant", "trust_tenant_id"),
        ("trust_host", "trust_hosts"),
        ("trust_Prove", "trust_prove"),
        ("trust_report_format", "trust_report_formats"),
        ("trust_external_fqdn", "trust_external_fqdns"),
        ("trust_known_names_", "trust_known_names"),
        ("trust_rotations_warns_day", "trust_rotation_warn_days"),
        ("trust_take_over", "trust_takeover"),
        ("trust_dedicated_application_id", "trust_dedicated_application"),
        ("trust_dedicated_app", "trust_dedicated_application"),
        ("trust_exchange_onprem_url", "trust_exchange_onprem_metadata_url"),
        ("trust_exchange_metadata_url", "trust_exchange_onprem_metadata_url"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest(misspelt: str, meant: str) -> None:
    with pytest.raises(HybridAuthError) as caught:
        read({**SIGNED_IN, misspelt: None}, "configure")
    said = str(caught.value)
    assert said == f"{misspelt}: the role has no such variable. Expected {meant}, which the name resembles. Nothing was contacted."


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("trust_fail", "trust_fail_days or trust_fail_on"),
        ("trust_oauth_server", "trust_oauth_server_name"),
        ("trust_partner_application", "trust_partner_application_name or trust_partner_application_trust_level"),
        ("trust_Certificate", "trust_certificate_path"),
        ("trust_client", "trust_client_id or trust_client_secret or trust_client_certificate_path or trust_client_certificate_password"),
    ],
)
def test_a_name_without_its_last_word_is_refused_with_those_that_begin_so(name: str, meant: str) -> None:
    with pytest.raises(HybridAuthError) as caught:
        read({**SIGNED_IN, name: "x"}, "audit")
    assert str(caught.value) == f"{name}: the role has no such variable. Expected {meant}, which begins so. Nothing was contacted."


@pytest.mark.parametrize(
    "name",
    [
        "trust_store_password",
        "trust_anchors",
        "trust_bundle_path",
        "trust_ca",
        "trust_domain",
        "trust_level",
        "trust_rotation_schedule",
        "trust_url",
        "trustee_tenants",
        "exchange_credentials",
        "_trust_tenants",
        "trust_",
    ],
)
def test_a_name_of_something_else_is_left_alone(name: str) -> None:
    assert read({**SIGNED_IN, name: "x"}, "configure") == read(SIGNED_IN, "configure")


def test_the_roles_own_facts_are_left_alone() -> None:
    assert read({**SIGNED_IN, **{name: {"changed": False} for name in FACTS}}, "audit") == read(SIGNED_IN, "audit")


@pytest.mark.parametrize("name", VARIABLES)
def test_a_name_of_another_entry_point_is_no_misspelling(name: str) -> None:
    assert read({name: None, **SIGNED_IN}, "configure") == read(SIGNED_IN, "configure")


@given(name=NAMES, data=st.data())
def test_a_name_with_one_edit_is_never_taken_for_something_else(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(len("trust_"), len(name) - 1))
    letter = data.draw(LETTERS)
    edits = [name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :]]
    edits += [name[:at] + name[at + 1] + name[at] + name[at + 2 :]] if at + 1 < len(name) else []
    edited = data.draw(st.sampled_from(edits))
    assert edited in VARIABLES or nearest(edited, VARIABLES) is not None


@given(name=NAMES, data=st.data())
def test_the_order_of_the_words_does_not_hide_a_name(name: str, data: st.DataObject) -> None:
    first, *words = name.split("_")
    assert nearest("_".join([first, *data.draw(st.permutations(words))]), VARIABLES) is not None


@given(name=st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=30))
def test_what_resembles_has_almost_the_same_letters(name: str) -> None:
    found = nearest(f"trust_{name}", VARIABLES)
    if found:
        # A word of it may be left out.
        most = max(1 + found.count("_") + 1, *map(len, found.split("_")))
        assert abs(len(found.replace("_", "")) - len(f"trust_{name}".replace("_", ""))) <= most
