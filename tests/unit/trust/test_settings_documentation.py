# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the variables is the one authority: argument specs, the role's defaults and the page say the same."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.sfb.hybrid_auth.plugins.action import onprem_info
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import ONPREM, SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import ENTRY_POINTS, SECRETS, VARIABLES, Settings
from tests.support import variables_page
from tests.support.returned import documented
from tests.support.variables_page import PAGE, ROLE, SPECS, default_of, entry_points_in_specs, page, takes


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.support.variables_page"


@pytest.mark.parametrize("name", sorted({name for spec in SPECS.values() for name in spec["options"]}))
def test_the_page_has_every_variable_of_the_argument_specs_once(name: str) -> None:
    assert PAGE.read_text(encoding="utf-8").count(f"\n| `{name}` |") == 1


def test_a_variable_of_other_entry_points_than_a_table_has_makes_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIABLES, "trust_new", Settings.__dataclass_fields__["hosts"])
    monkeypatch.setattr(variables_page, "_taken", lambda name: {"rotate", "support"} if name == "trust_new" else set(ENTRY_POINTS))
    with pytest.raises(ValueError, match="trust_new"):
        page()


def test_the_argument_specs_have_every_variable_and_no_other() -> None:
    assert {name for spec in SPECS.values() for name in spec["options"]} == set(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_the_argument_specs_say_what_the_table_says(name: str) -> None:
    assert entry_points_in_specs(name) == set(VARIABLES[name].metadata["entry_points"] or ENTRY_POINTS)
    for spec in (entry["options"][name] for entry in SPECS.values() if name in entry["options"]):
        assert spec.get("default") == default_of(name)
        assert spec.get("no_log", False) is (name in SECRETS)
        assert takes(name) in [" ".join(line.split()) for line in spec["description"]]


@pytest.mark.parametrize("value", [None, "", "  ", [], [""], {}, "no such word", 7, True, ["a"], {"a": "b"}], ids=repr)
@pytest.mark.parametrize("entry_point", SPECS)
def test_the_roles_own_validation_leaves_every_value_to_the_settings(entry_point: str, value: Any) -> None:
    options = SPECS[entry_point]["options"]
    assert not ArgumentSpecValidator(options).validate(dict.fromkeys(options, value)).error_messages


def test_the_roles_defaults_are_those_of_the_table() -> None:
    given = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert {name: None if value in ("", []) else value for name, value in given.items()} == {name: default_of(name) for name in given}


def test_every_default_is_a_value_that_its_kind_reads_as_itself() -> None:
    for name, field in VARIABLES.items():
        if field.default not in (None, ()) and field.default is not dataclasses.MISSING:
            assert field.metadata["kind"].read(name, field.default) == field.default, name


def test_every_option_of_the_sign_in_and_of_the_servers_is_a_variable() -> None:
    for option, spec in {**SIGN_IN, **ONPREM}.items():
        field = VARIABLES[f"trust_{option}"]
        # What the environment may say has no default here, which would win over it.
        default = None if "fallback" in spec else spec.get("default")
        assert (default_of(field_name(field)), field.metadata["secret"]) == (default, bool(spec.get("no_log"))), option


def field_name(field: dataclasses.Field[Any]) -> str:
    return f"trust_{field.name}"


def test_what_is_secret_is_what_its_name_says() -> None:
    words = ("secret", "password", "token")
    named = {name for name in VARIABLES if any(word in name for word in words) and not name.endswith(("_file", "_variable"))}
    assert named == set(SECRETS)
    assert all(not field.repr for field in dataclasses.fields(Settings) if f"trust_{field.name}" in SECRETS)


def test_what_an_audit_tries_first_is_what_the_variables_name() -> None:
    facts = Settings(oauth_server_name="contoso.sts", modern_authentication_server="contosoSTS").as_facts()
    assert facts["metadata_first"] == ["contoso.sts", "contosoSTS"]
    assert onprem_info.ActionModule.ARGUMENTS.options["metadata_first"]["default"] == Settings().as_facts()["metadata_first"]
    assert "evoSTS" not in (ROLE / "tasks" / "read.yml").read_text(encoding="utf-8")


def test_what_is_made_of_the_variables_is_documented() -> None:
    fields = {name.removeprefix("trust_") for name in VARIABLES}
    made = set(Settings().as_facts()) - fields
    assert made and made <= set(documented("trust_settings")["settings"]["contains"])
