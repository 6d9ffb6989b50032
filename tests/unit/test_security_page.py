# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/security.md is true sentence by sentence: each has tests that hold it, or a source where Microsoft or Ansible
says it. A sentence that is added, taken away or begun otherwise has to be looked at here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
TENANT, TASK, TRUST, PROOF = "tests/unit/tenant", "tests/unit/task", "tests/unit/trust", "tests/unit/proof/test_action.py"
ADDRESSES, CLOUDS, SEAL = f"{TENANT}/test_addresses.py", f"{TENANT}/test_clouds.py", f"{TENANT}/test_seal.py"
SECRETS, LEAKS, ACTIONS = f"{TASK}/test_secret_options.py", "tests/integration/test_leaks.py", f"{TENANT}/test_actions.py"
METHODS, PREDICTION = f"{TENANT}/test_auth_methods.py", "tests/integration/test_prediction.py"
IDENTIFICATION, CERTIFICATE = f"{TENANT}/test_identification.py", f"{TRUST}/test_onprem_certificate.py"
LOGGING = "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_logging_windows"
ANSIBLE = "https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html"
PERMISSIONS = "https://learn.microsoft.com/graph/permissions-reference"
HYBRID = "https://learn.microsoft.com/exchange/hybrid-deployment/deploy-dedicated-hybrid-app"

# How each sentence begins, and what holds it: tests by file and name, or a source that begins with https.
HELD: dict[str, tuple[str, ...]] = {
    "Each sentence of this page has": ("tests/unit/test_security_page.py::test_every_sentence_is_held",),
    "Who writes the playbook, the inventory": (ANSIBLE,),
    "What a run can do, the rights": (ANSIBLE,),
    "Farm, tenant and services are not trusted to": (
        f"{ADDRESSES}::test_a_next_page_elsewhere_is_not_followed",
        f"{ADDRESSES}::test_a_discovery_that_leads_elsewhere_gets_no_secret",
        f"{PROOF}::test_a_host_to_which_only_the_farm_leads_is_asked_for_nothing",
    ),
    "`management_modules` takes names of PowerShell": (
        "tests/unit/values/test_forms.py::test_a_path_or_anything_else_is_no_modules_name",
        "tests/unit/farm/test_actions.py::test_a_path_of_a_module_is_refused_before_anything_is_contacted",
    ),
    "No value goes into PowerShell": ("tests/unit/test_security_page.py::test_the_runner_makes_no_code_of_what_it_is_sent",),
    "| on-premises account | `RTCUniversalServerAdmins`": (
        "https://learn.microsoft.com/powershell/module/skypeforbusiness/set-csoauthconfiguration",
    ),
    "| on-premises account, audits only": ("https://learn.microsoft.com/powershell/module/skypeforbusiness/get-csoauthconfiguration",),
    "| application in the tenant | Graph": (PERMISSIONS,),
    "| application in the tenant, audits": (PERMISSIONS,),
    "[Nothing narrower](": (PERMISSIONS,),
    "Options that hold secrets are masked": (
        f"{SECRETS}::test_a_secret_is_nowhere_in_the_result",
        f"{SECRETS}::test_every_option_that_holds_a_secret_is_marked",
    ),
    "What tasks use of a result": (
        f"{SECRETS}::test_a_short_password_changes_nothing_that_is_read",
        f"{SECRETS}::test_a_short_password_changes_nothing_of_a_certificate",
        f"{SECRETS}::test_what_tasks_use_is_public_in_whatever_takes_a_secret",
    ),
    "The answer to a sign-in is read": (
        f"{TENANT}/test_token_answer.py::test_an_odd_answer_of_the_sign_in_is_an_error_without_its_token",
        f"{TENANT}/test_token_answer.py::test_what_is_taken_is_not_logged_either",
    ),
    "No secret is in the output": (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
        f"{LEAKS}::test_with_the_debug_variable_nothing_is_printed_either",
    ),
    "ansible-runner itself writes": (f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",),
    "With `ANSIBLE_DEBUG` ansible-core prints": (f"{LEAKS}::test_with_the_debug_variable_nothing_is_printed_either",),
    "So the import of a PFX": (
        f"{CERTIFICATE}::test_a_pfx_is_not_sent_where_ansible_core_would_print_it",
        f"{PROOF}::test_nothing_is_signed_where_ansible_core_would_print_what_opens_it",
    ),
    "A PFX is sent only where": (f"{CERTIFICATE}::test_a_pfx_is_not_sent_where_it_would_lie_in_a_file",),
    "What a server is sent travels": (f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",),
    "Cloud tasks run in Ansible's own": (f"{TENANT}/test_sign_in.py::test_signing_in_takes_one_discovery_and_one_token_request",),
    "The token of the Azure CLI": (f"{METHODS}::test_the_azure_cli_is_asked_for_a_token_of_the_clouds_graph",),
    "`graph_token` returns its token encrypted": (f"{SEAL}::test_the_key_is_the_users_own_and_random",),
    "The folder has mode 0700": (
        f"{SEAL}::test_the_key_is_the_users_own_and_random",
        f"{SEAL}::test_ansible_core_makes_the_folder_private_and_takes_it_away",
    ),
    "Registered, logged or copied": (f"{SEAL}::test_another_run_cannot_open_it",),
    "The user who runs Ansible, and root": (f"{SEAL}::test_the_key_is_the_users_own_and_random",),
    "A run that is killed leaves": (f"{SEAL}::test_ansible_core_makes_the_folder_private_and_takes_it_away",),
    "The farm's private key never leaves": (
        "tests/powershell/test_assertion.py::test_only_the_farm_itself_is_signed_for",
        "tests/powershell/test_assertion.py::test_an_assertion_for_each_host_is_signed_with_the_farms_key",
        "tests/powershell/test_assertion.py::test_what_the_caller_adds_does_not_get_into_the_claims",
    ),
    "`no_log` on tasks is not needed": (f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",),
    "Windows can [log what PowerShell": (LOGGING,),
    "Script block logging (event 4104)": (LOGGING, "tests/unit/test_security_page.py::test_the_runner_makes_no_code_of_what_it_is_sent"),
    "Module logging (event 4103)": (LOGGING,),
    "Where it is on for the modules": (
        LOGGING,
        "tests/unit/test_security_page.py::test_the_request_is_read_by_a_cmdlet_of_powershells_own",
    ),
    "So leave these modules out": (LOGGING,),
    "TLS is verified, by the system's": ("tests/integration/test_proof.py::test_tls_that_cannot_be_verified_sends_nothing",),
    "`validate_certs: false` is possible": (f"{TENANT}/test_sign_in.py::test_not_verifying_tls_is_warned_about",),
    "Secrets and tokens travel over https": (
        f"{ADDRESSES}::test_nothing_is_sent_without_tls",
        f"{ADDRESSES}::test_only_a_machines_own_endpoint_is_asked_without_tls",
        f"{ADDRESSES}::test_the_header_of_a_platform_elsewhere_is_not_sent",
    ),
    "`~/.netrc` neither replaces": (f"{ADDRESSES}::test_netrc_neither_replaces_nor_adds_an_authorization",),
    "Proxies and certificate authorities": (f"{ADDRESSES}::test_proxies_and_authorities_of_the_environment_stay",),
    "A secret is sent to a sign-in host": (
        f"{CLOUDS}::test_a_pair_that_nothing_shows_to_belong_together_gets_no_secret",
        f"{CLOUDS}::test_a_credential_is_not_sent_to_a_host_of_another_cloud",
        f"{CLOUDS}::test_endpoints_of_no_cloud_on_one_host_belong_together",
    ),
    "`own_endpoints` declares another": (f"{CLOUDS}::test_a_declared_pair_is_taken_with_a_warning",),
    "The sign-in follows its discovery": (
        f"{ADDRESSES}::test_a_discovery_that_leads_elsewhere_gets_no_secret",
        f"{ADDRESSES}::test_a_discovery_that_leads_a_person_elsewhere_asks_for_no_code",
        f"{ADDRESSES}::test_another_sign_in_host_of_the_same_cloud_is_taken",
    ),
    "A ready token, or one of": (
        f"{CLOUDS}::test_a_token_for_something_else_is_not_sent",
        f"{METHODS}::test_each_failure_of_the_azure_cli_has_its_message",
        f"{METHODS}::test_an_identity_that_was_not_meant_is_not_used",
    ),
    "Where its audience is Microsoft": (f"{CLOUDS}::test_a_token_for_graph_by_its_id_is_bound_to_its_issuers_cloud",),
    "One that names no audience": (f"{CLOUDS}::test_a_token_that_names_no_audience_goes_to_no_graph_that_belongs_to_no_sign_in",),
    "What `graph_token` returned is": (f"{SEAL}::test_a_task_with_another_use_is_told_what_differs",),
    "Redirects are not followed": (
        f"{ACTIONS}::test_a_redirect_is_not_followed",
        f"{PROOF}::test_an_assertion_does_not_follow_a_redirection",
        f"{ADDRESSES}::test_a_next_page_elsewhere_is_not_followed",
    ),
    "What the farm signs for a proof": (
        f"{PROOF}::test_a_host_to_which_only_the_farm_leads_is_asked_for_nothing",
        f"{PROOF}::test_an_endpoint_that_only_a_document_names_gets_no_assertion",
        f"{PROOF}::test_a_host_that_the_options_name_and_each_of_the_clouds_gets_assertions",
    ),
    "An audit signs nothing where": (
        "tests/integration/test_report.py::test_a_farm_that_was_led_astray_signs_nothing_for_the_proof",
        "tests/unit/audit/test_audit.py::test_what_failed_about_the_metadata_url_is_a_doubt_for_the_proof",
    ),
    "The server itself downloads the": (
        "https://learn.microsoft.com/powershell/module/skypeforbusiness/new-csoauthserver",
        "tests/unit/audit/test_audit.py::test_what_failed_about_the_metadata_url_is_a_doubt_for_the_proof",
    ),
    "Control characters and marks of": (
        f"{TASK}/test_printable.py::test_a_result_holds_nothing_that_moves_a_cursor",
        f"{TASK}/test_printable.py::test_names_of_farm_and_tenant_are_shown_as_text",
        f"{TASK}/test_printable.py::test_a_prompt_shows_nothing_that_moves_a_cursor",
    ),
    "Reports hold no secret and no": (f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",),
    "The umask says who may read": (
        "tests/unit/report/test_files.py::test_the_umask_says_who_reads_a_report_or_the_option_that_nobody_else_does",
    ),
    "Lists of certificates and names are": (
        f"{ACTIONS}::test_sp_credential_adds_the_certificate_and_keeps_what_is_there",
        f"{ACTIONS}::test_sp_names_writes_the_union",
    ),
    "An entry that the task does": (
        f"{ACTIONS}::test_sp_credential_adds_the_certificate_and_keeps_what_is_there",
        f"{ACTIONS}::test_sp_credential_fails_loudly_where_another_entry_is_lost",
    ),
    "Whose a certificate is in the": (
        f"{IDENTIFICATION}::test_an_entry_is_told_by_its_certificate_and_not_by_its_identifier",
        f"{IDENTIFICATION}::test_a_strangers_certificate_under_our_thumbprint_is_neither_ours_nor_touched",
    ),
    "Where Microsoft Graph gives no": (
        f"{IDENTIFICATION}::test_where_graph_gives_no_certificate_at_all_the_identifiers_tell_and_it_is_said",
    ),
    "What the collection did not create": (
        f"{TRUST}/test_removal.py::test_only_the_trusts_own_objects_go_and_what_stays_is_said",
        f"{TRUST}/test_removal.py::test_an_object_that_is_named_goes_although_it_is_foreign",
    ),
    "Check mode writes nothing.": (
        f"{PREDICTION}::test_configure_predicts_what_it_does",
        f"{PREDICTION}::test_every_module_predicts_what_it_does",
    ),
    "In a run with `--check` each": (f"{TENANT}/test_rehearsal.py::test_what_would_be_there_is_in_the_diff_and_the_result",),
    "A test compares its prediction": (
        f"{PREDICTION}::test_every_module_predicts_what_it_does",
        "tests/unit/test_documentation.py::test_every_module_that_changes_something_has_its_prediction_tested",
    ),
    "A certificate on `00000002-0000": (HYBRID,),
    "The documented procedure puts one": (HYBRID,),
    "The role warns as long as": (f"{ACTIONS}::test_sp_credential_warns_about_the_shared_principal_alone",),
    "`trust_exchange_credential: false` ends": (
        f"{TRUST}/test_opted_out.py::test_configure_takes_back_what_the_deployment_put_there_as_a_step_of_its_own",
        f"{TRUST}/test_opted_out.py::test_what_another_deployment_wants_there_stays_and_is_said",
    ),
    "The audit reports every key": ("tests/unit/audit/test_states.py::test_in_the_changed_state_it_is_what_is_documented",),
    "Please report a weakness privately": ("https://docs.github.com/code-security/security-advisories",),
}


def sentences(page: str) -> list[str]:
    """The sentences of a page, each as one line; a row of a table counts as one."""
    blocks: list[str] = []
    started = False
    for line in (one.strip() for one in re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL).splitlines()):
        if line.startswith("|--"):
            blocks.pop()  # the names of the columns
        elif not line or line.startswith("#"):
            started = False
        elif line.startswith(("|", "- ")) or not started:
            blocks.append(line.removeprefix("- "))
            started = not line.startswith("|")
        else:
            blocks[-1] += f" {line}"
    split = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\[]|ansible-)")
    return [one for block in blocks for one in ([block] if block.startswith("|") else split.split(block))]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_every_sentence_is_held() -> None:
    said = sentences(PAGE.read_text(encoding="utf-8"))
    assert [one for one in said if sum(one.startswith(start) for start in HELD) != 1] == []
    assert [start for start in HELD if sum(one.startswith(start) for one in said) != 1] == []


@pytest.mark.parametrize("start", HELD)
def test_what_holds_a_sentence_is_there(start: str) -> None:
    assert HELD[start]
    for one in HELD[start]:
        file, _colons, name = one.partition("::")
        assert one.startswith("https://") or name in names_in(file), one


def test_a_sentence_is_told_from_the_next() -> None:
    assert sentences("# Head\n\n- One thing.\n  Another one, see `x.y`. `Third`\n\n| a | b |\n|---|---|\n| 1. A | 2. B |\n") == [
        "One thing.",
        "Another one, see `x.y`.",
        "`Third`",
        "| 1. A | 2. B |",
    ]


RUNNER = [*(ROOT / "plugins" / "module_utils").glob("*.psm1"), ROOT / "plugins" / "modules" / "cs_invoke.ps1"]
# What makes code of text in PowerShell.
MAKES_CODE = re.compile(
    r"invoke-expression|\biex\b|scriptblock\]::create|newscriptblock|parseinput|invokescript|addscript|add-type|invoke-command",
    re.IGNORECASE,
)


def test_the_runner_makes_no_code_of_what_it_is_sent() -> None:
    assert len(RUNNER) > 2
    for path in RUNNER:
        assert MAKES_CODE.findall(path.read_text(encoding="utf-8")) == [], path
    assert MAKES_CODE.findall("[ScriptBlock]::Create($x); iex $x") == ["ScriptBlock]::Create", "iex"]


def test_the_request_is_read_by_a_cmdlet_of_powershells_own() -> None:
    assert any("ConvertFrom-Json" in path.read_text(encoding="utf-8") for path in RUNNER)
