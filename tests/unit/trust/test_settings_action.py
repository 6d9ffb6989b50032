# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables as ansible-core has them for a task: templates, vaulted texts, what is omitted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings

from ..support import run_action

SECRET = "s3cret-of-the-application"
GIVEN = {"trust_client_id": "4a1aa1d5-c567-49d0-ad0b-cd957a47f842", "trust_client_secret": SECRET}


def trusted(value: Any) -> Any:
    """The text as one that may be a template, which ansible-core marks since 2.19."""
    try:
        from ansible.template import trust_as_template  # noqa: PLC0415  # since ansible-core 2.19
    except ImportError:
        return value
    return trust_as_template(value)


def run(entry_point: str = "configure", check_mode: bool = False, **variables: Any) -> dict[str, Any]:
    task_vars = {**GIVEN, **variables}

    def prepare(action: Any) -> None:
        action._templar = Templar(loader=DataLoader(), variables=task_vars)

    return run_action("trust_settings", {"entry_point": entry_point}, check_mode=check_mode, prepare=prepare, task_vars=task_vars)


def test_the_variables_of_the_task_are_evaluated_and_shown_without_secrets() -> None:
    result = run(
        site="contoso", trust_deployment=trusted("{{ site }}"), trust_wait_timeout=trusted("{{ '3' ~ '0' }}"), other="{{ nothing }}"
    )
    assert (result["changed"], result["settings"]["deployment"], result["settings"]["wait_timeout"]) == (False, "contoso", 30)
    assert SECRET not in str(result)
    assert "warnings" not in result


def test_only_what_the_entry_point_takes_is_evaluated() -> None:
    assert (
        run(trust_rotation_subject=trusted("{{ nothing }}"), trust_other=trusted("{{ nothing }}"))["settings"]["rotation_subject"] is None
    )


def test_every_variable_whose_template_fails_is_named() -> None:
    result = run(trust_tenant=trusted("{{ nothing }}"), trust_deployment=trusted("{{ nothing_else }}"))
    assert result["failed"]
    lines = result["msg"].split("\n")
    assert [line.partition(":")[0] for line in lines] == ["trust_deployment", "trust_tenant"]
    assert "nothing_else" in lines[0]


@pytest.mark.parametrize("variable", ["trust_client_secret", "trust_access_token"])
def test_a_secret_in_a_message_is_masked(variable: str) -> None:
    result = run(**{variable: SECRET, "trust_deployment": [SECRET], "trust_service_name": SECRET})
    assert result["failed"]
    assert "trust_service_name" in result["msg"]
    assert SECRET not in str(result)


def test_an_omitted_variable_is_not_given() -> None:
    assert run(omit="__omit_place_holder__1", trust_deployment=trusted("{{ omit }}"))["settings"]["deployment"] == "default"


def test_a_removal_is_confirmed_but_in_check_mode() -> None:
    assert "set trust_remove_confirm to default" in run("remove")["msg"]
    assert run("remove", check_mode=True)["settings"]["remove_confirm"] is None


def test_a_choice_that_is_less_safe_is_warned_about() -> None:
    assert [warning.partition(" ")[0] for warning in run(trust_validate_certs="no")["warnings"]] == ["trust_validate_certs"]


def test_a_misspelt_variable_of_the_task_is_refused() -> None:
    assert "Expected trust_exchange_credential" in run(trust_exchange_credentials=False)["msg"]


def test_a_secret_that_is_also_a_word_of_the_settings_changes_none_of_them() -> None:
    settings = run(trust_client_secret="microsoft", trust_client_certificate_password="oauth")["settings"]
    assert Settings.from_facts(settings).oauth_server_name == "microsoft.sts"
