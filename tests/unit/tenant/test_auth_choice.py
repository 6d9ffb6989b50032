# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way to sign in is chosen, as pure decisions."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import AUTH_SOURCES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.choice import choose
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.managed_identity import platform
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

APPLICATION = {"tenant": "contoso.com", "client_id": "0a1b2c3d-0000-4000-8000-000000000001"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.contoso.com/token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
# What may be there, in the documented order, with the sign-in that it means.
OPTIONS = [
    ("access_token", "access_token"),
    ("client_secret", "client_secret"),
    ("client_certificate_path", "client_certificate"),
    ("federated_token_file", "federated"),
]
VARIABLES = [
    (GITHUB, "federated"),
    ({"IDENTITY_ENDPOINT": "x", "IDENTITY_HEADER": "x"}, "managed_identity"),
    ({"AZURE_AD_USER": "admin@contoso.com"}, "refused"),
]


def chosen(params: dict[str, Any], by_task: set[str] | None = None, environment: dict[str, str] | None = None, *, cli: bool = False) -> str:
    return choose({"auth_source": "auto", **params}, by_task or set(), environment or {}, cli)


@given(
    options=st.sets(st.sampled_from([option for option, _source in OPTIONS])),
    variables=st.sets(st.integers(0, len(VARIABLES) - 1)),
    application=st.booleans(),
    cli=st.booleans(),
)
def test_auto_takes_the_first_of_the_documented_order(options: set[str], variables: set[int], application: bool, cli: bool) -> None:
    environment = {name: value for index in variables for name, value in VARIABLES[index][0].items()}
    params = {**dict.fromkeys(options, "x"), **(APPLICATION if application else {})}
    expected = [source for option, source in OPTIONS if option in options]
    expected += [source for index, (_names, source) in enumerate(VARIABLES) if index in variables and (index or application)]
    expected += ["cli"] if cli else []
    if not expected or expected[0] == "refused":
        with pytest.raises(HybridAuthError, match="AZURE_AD_USER" if expected else "No sign-in"):
            chosen(params, environment=environment, cli=cli)
    else:
        assert chosen(params, environment=environment, cli=cli) == expected[0]


@given(option=st.sampled_from(OPTIONS), others=st.sets(st.sampled_from([option for option, _source in OPTIONS])))
def test_what_the_task_sets_wins_over_what_the_environment_has(option: tuple[str, str], others: set[str]) -> None:
    params = dict.fromkeys({option[0], *others}, "x")
    environment = {name: value for names, _source in VARIABLES for name, value in names.items()}
    assert chosen(params, {option[0]}, environment, cli=True) == option[1]
    assert chosen({**params, "auth_source": "cli"}, {option[0]}, environment, cli=True) == option[1]


@given(source=st.sampled_from([source for source in AUTH_SOURCES if source != "auto"]), others=st.sets(st.sampled_from(OPTIONS)))
def test_a_named_sign_in_is_taken_whatever_else_there_is(source: str, others: set[tuple[str, str]]) -> None:
    params = {**{option: "x" for option, _source in others}, "auth_source": source}
    assert chosen(params, {"auth_source"}) == source
    assert chosen(params) == source
    by_task = {"auth_source", *(option for option, _source in others if option != "access_token")}
    assert chosen(params, by_task) == source


def test_a_token_that_the_task_gives_wins_even_over_a_named_sign_in() -> None:
    assert chosen({"access_token": "x", "auth_source": "federated"}, {"access_token", "auth_source"}) == "access_token"
    assert chosen({"access_token": "x", "auth_source": "federated"}, {"auth_source"}) == "federated"


@pytest.mark.parametrize(
    "pair",
    list(itertools.combinations(("client_secret", "client_certificate_path", "federated_token_file", "managed_identity_client_id"), 2)),
)
def test_two_sign_ins_of_one_task_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(HybridAuthError, match=f"^trust_{pair[0]} and trust_{pair[1]} .* are both set"):
        chosen(dict.fromkeys(pair, "x"), set(pair))


def test_the_alias_of_the_secret_counts_as_set_by_the_task() -> None:
    assert chosen({"client_secret": "x", "access_token": "x"}, {"secret"}) == "client_secret"


def test_awx_fields_that_are_empty_count_as_not_set() -> None:
    with pytest.raises(HybridAuthError, match="No sign-in"):
        chosen({}, environment={"AZURE_AD_USER": "", "AZURE_PASSWORD": ""})


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ((), None),
        (("IDENTITY_ENDPOINT",), None),
        (("IDENTITY_ENDPOINT", "IDENTITY_HEADER"), "App Service"),
        (("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT"), "Service Fabric"),
        (("IDENTITY_ENDPOINT", "IMDS_ENDPOINT"), "Azure Arc"),
        (("MSI_ENDPOINT", "MSI_SECRET"), "Azure Machine Learning"),
        (("AZURE_POD_IDENTITY_AUTHORITY_HOST",), "virtual machine"),
    ],
)
def test_the_platform_is_known_by_what_it_sets(variables: tuple[str, ...], expected: str | None) -> None:
    assert platform(dict.fromkeys(variables, "x")) == expected
