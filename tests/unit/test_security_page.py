# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/security.md is true sentence by sentence: each has tests that hold it, or a source where Microsoft or Ansible
says it. A sentence that is added, taken away or said otherwise has to be looked at here."""

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
CREDSSP = "https://learn.microsoft.com/powershell/module/microsoft.wsman.management/get-wsmancredssp"
WINDOWS = "https://docs.ansible.com/ansible/latest/os_guide"
INVENTORIES = "tests/integration/test_inventories.py::test_each_way_carries_the_second_hop_as_the_page_says"
HYBRID = "https://learn.microsoft.com/exchange/hybrid-deployment/deploy-dedicated-hybrid-app"

# Each sentence, and what holds it: tests by file and name, or a source that begins with https.
HELD: dict[str, tuple[str, ...]] = {
    "Each sentence of this page has a test that holds it, or a source: `tests/unit/test_security_page.py` names them.": (
        "tests/unit/test_security_page.py::test_every_sentence_is_held",
    ),
    (
        "A run trusts the authors of its playbook, inventory and variables, since [Ansible runs what they "
        "say](https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html)."
    ): (ANSIBLE,),
    ("The rights of its accounts decide what a run can do, and nothing in this collection."): (ANSIBLE,),
    (
        "A run does not trust farm, tenant and services to name the place to which it sends secrets: it checks what an answer names "
        "before it follows it."
    ): (
        f"{ADDRESSES}::test_a_next_page_elsewhere_is_not_followed",
        f"{ADDRESSES}::test_a_discovery_that_leads_elsewhere_gets_no_secret",
        f"{PROOF}::test_a_host_to_which_only_the_farm_leads_is_asked_for_nothing",
    ),
    ("`management_modules` takes names of PowerShell modules and no paths, since a file at a path would run with the account's rights."): (
        "tests/unit/values/test_forms.py::test_a_path_or_anything_else_is_no_modules_name",
        "tests/unit/farm/test_actions.py::test_a_path_of_a_module_is_refused_before_anything_is_contacted",
    ),
    "No value goes into PowerShell as code.": ("tests/unit/test_security_page.py::test_the_runner_makes_no_code_of_what_it_is_sent",),
    (
        "| on-premises account | `RTCUniversalServerAdmins`, administrator of the Front Ends | do everything on the farm; with the "
        "certificate's key, act as the farm in the tenant |"
    ): ("https://learn.microsoft.com/powershell/module/skypeforbusiness/set-csoauthconfiguration",),
    (
        "| on-premises account, audits only | `RTCUniversalReadOnlyAdmins`, administrator of the Front Ends "
        "([why](prepare.md#the-account-on-the-servers)) | read the farm's settings; change everything on the servers themselves; with the "
        "certificate's key, act as the farm in the tenant |"
    ): ("https://learn.microsoft.com/powershell/module/skypeforbusiness/get-csoauthconfiguration",),
    (
        "| application in the tenant | Graph `Application.ReadWrite.All` | add a credential to any application: this is as good as "
        "administrator. Give it a certificate or a federated credential, not a secret, and use it for nothing else |"
    ): (PERMISSIONS,),
    "| application in the tenant, audits only | Graph `Application.Read.All` | read |": (PERMISSIONS,),
    (
        "[Nothing narrower](https://learn.microsoft.com/graph/permissions-reference#application-permissions) than "
        "`Application.ReadWrite.All` changes Microsoft's own service principals: `Application.ReadWrite.OwnedBy` covers what the "
        "application owns, and nobody owns those."
    ): (PERMISSIONS,),
    ("Every module masks the options that hold secrets in its differences, warnings and messages, whatever happens in it."): (
        f"{SECRETS}::test_a_secret_is_nowhere_in_the_result",
        f"{SECRETS}::test_every_option_that_holds_a_secret_is_marked",
    ),
    (
        "It does not mask what tasks use of a result, such as dates, thumbprints and certificates, so that a short password breaks nothing."
    ): (
        f"{SECRETS}::test_a_short_password_changes_nothing_that_is_read",
        f"{SECRETS}::test_a_short_password_changes_nothing_of_a_certificate",
        f"{SECRETS}::test_what_tasks_use_is_public_in_whatever_takes_a_secret",
    ),
    ("A module reads the answer to a sign-in before any library sees it, masks its tokens from then on, and lets MSAL log nothing."): (
        f"{TENANT}/test_token_answer.py::test_an_odd_answer_of_the_sign_in_is_an_error_without_its_token",
        f"{TENANT}/test_token_answer.py::test_what_is_taken_is_not_logged_either",
    ),
    (
        "No secret is in the output at any verbosity, in the log file, in facts or their cache, in reports, or in what ansible-runner "
        "keeps of output, events and facts."
    ): (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
        f"{LEAKS}::test_with_the_debug_variable_nothing_is_printed_either",
    ),
    ("ansible-runner itself writes the environment of a run to its file `command`: give secrets there in a vault."): (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
    ),
    "With `ANSIBLE_DEBUG` ansible-core prints what it sends to a server.": (
        f"{LEAKS}::test_with_the_debug_variable_nothing_is_printed_either",
    ),
    ("So a module then refuses the import of a PFX, and the proof, whose request holds the key that opens an assertion."): (
        f"{CERTIFICATE}::test_a_pfx_is_not_sent_where_ansible_core_would_print_it",
        f"{PROOF}::test_nothing_is_signed_where_ansible_core_would_print_what_opens_it",
    ),
    (
        "A module sends a PFX only where the connection uses pipelining, since Ansible would otherwise write the request to a file on "
        "the server."
    ): (f"{CERTIFICATE}::test_a_pfx_is_not_sent_where_it_would_lie_in_a_file",),
    ("A request to a server travels over the play's connection on standard input, where no list of processes shows it."): (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
    ),
    ("Tasks for the tenant run in Ansible's own process on the controller."): (
        f"{TENANT}/test_sign_in.py::test_signing_in_takes_one_discovery_and_one_token_request",
    ),
    "The token of the Azure CLI comes over a pipe.": (f"{METHODS}::test_the_azure_cli_is_asked_for_a_token_of_the_clouds_graph",),
    "`graph_token` returns its token encrypted, with a random key in the run's own folder of temporary files (`ANSIBLE_LOCAL_TEMP`).": (
        f"{SEAL}::test_the_key_is_the_users_own_and_random",
    ),
    "The folder has mode 0700, the key 0600, and ansible-core takes both away at the end.": (
        f"{SEAL}::test_the_key_is_the_users_own_and_random",
        f"{SEAL}::test_ansible_core_makes_the_folder_private_and_takes_it_away",
    ),
    "Registered, logged or copied the text is worthless, and another run cannot open it.": (f"{SEAL}::test_another_run_cannot_open_it",),
    "The user who runs Ansible, and root, can read the key while the run lasts, and so can the play's own tasks on the controller.": (
        f"{SEAL}::test_the_key_is_the_users_own_and_random",
    ),
    "A run that is killed leaves its key behind.": (f"{SEAL}::test_ansible_core_makes_the_folder_private_and_takes_it_away",),
    (
        "The farm's private key never leaves the server, and the one signing operation signs for the farm itself alone "
        "([proof.md](proof.md))."
    ): (
        "tests/powershell/test_assertion.py::test_only_the_farm_itself_is_signed_for",
        "tests/powershell/test_assertion.py::test_an_assertion_for_each_host_is_signed_with_the_farms_key",
        "tests/powershell/test_assertion.py::test_what_the_caller_adds_does_not_get_into_the_claims",
    ),
    "`no_log` on tasks is not needed for this, and hides what you want to see.": (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
    ),
    (
        "With CredSSP [the server gets the account's "
        "credentials](https://learn.microsoft.com/powershell/module/microsoft.wsman.management/get-wsmancredssp), which are its "
        "password, and an attacker who controls the server can use them elsewhere."
    ): (CREDSSP, "tests/unit/lab/test_winrm.py::test_only_credssp_gives_the_server_what_it_needs_elsewhere"),
    f"[SSH with a password]({WINDOWS}/windows_ssh.html#password-authentication) gives it the password too.": (
        f"{WINDOWS}/windows_ssh.html",
    ),
    (
        "With Kerberos and delegation the server gets [a ticket of the account that can be "
        f"forwarded]({WINDOWS}/windows_winrm_kerberos.html#delegation), and not the password."
    ): (f"{WINDOWS}/windows_winrm_kerberos.html",),
    (
        "NTLM gives the server nothing for the second hop, and `become` with `runas` gives it the password of the account that it becomes "
        "([inventories.md](inventories.md))."
    ): (INVENTORIES,),
    "So give the account the rights above and no more, and use it for nothing else.": (CREDSSP,),
    (
        "Windows can [log what PowerShell "
        "does](https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_logging_windows)."
    ): (LOGGING,),
    "Script block logging (event 4104) records the text of the runner, which is the same for every request and holds no value of it.": (
        LOGGING,
        "tests/unit/test_security_page.py::test_the_runner_makes_no_code_of_what_it_is_sent",
    ),
    "Module logging (event 4103) records commands with the values of their parameters.": (LOGGING,),
    (
        "Where it is on for the modules that read the request, such as `Microsoft.PowerShell.Utility`, that is the whole request: for an "
        "import the PFX and its password, for a proof the key that opens the assertion."
    ): (
        LOGGING,
        "tests/unit/test_security_page.py::test_the_request_is_read_by_a_cmdlet_of_powershells_own",
    ),
    (
        "So leave these modules out of it on Front Ends, or encrypt the log with [protected event "
        "logging](https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_logging_windows#protected-event-logging)."
    ): (LOGGING,),
    ("Requests verify TLS, by the system's certificate authorities or those of `ca_path`."): (
        "tests/integration/test_proof.py::test_tls_that_cannot_be_verified_sends_nothing",
    ),
    "`validate_certs: false` is possible and warns every time.": (f"{TENANT}/test_sign_in.py::test_not_verifying_tls_is_warned_about",),
    (
        "Secrets and tokens travel over https alone; only the endpoint that gives a managed identity its token may be plain HTTP, on the "
        "machine itself or its own link."
    ): (
        f"{ADDRESSES}::test_nothing_is_sent_without_tls",
        f"{ADDRESSES}::test_only_a_machines_own_endpoint_is_asked_without_tls",
        f"{ADDRESSES}::test_the_header_of_a_platform_elsewhere_is_not_sent",
    ),
    "`~/.netrc` neither replaces nor adds an Authorization header.": (
        f"{ADDRESSES}::test_netrc_neither_replaces_nor_adds_an_authorization",
    ),
    "Proxies and certificate authorities of the environment keep working.": (
        f"{ADDRESSES}::test_proxies_and_authorities_of_the_environment_stay",
    ),
    (
        "A module sends a secret to a sign-in host only where that belongs to the Graph endpoint: both of one cloud, or both of no "
        "Microsoft cloud and on one host, wherever they come from."
    ): (
        f"{CLOUDS}::test_a_pair_that_nothing_shows_to_belong_together_gets_no_secret",
        f"{CLOUDS}::test_a_credential_is_not_sent_to_a_host_of_another_cloud",
        f"{CLOUDS}::test_endpoints_of_no_cloud_on_one_host_belong_together",
    ),
    "`own_endpoints` declares another pair, and warns.": (f"{CLOUDS}::test_a_declared_pair_is_taken_with_a_warning",),
    "The sign-in follows its discovery document only to the same host and port, or to another sign-in host of the same cloud.": (
        f"{ADDRESSES}::test_a_discovery_that_leads_elsewhere_gets_no_secret",
        f"{ADDRESSES}::test_a_discovery_that_leads_a_person_elsewhere_asks_for_no_code",
        f"{ADDRESSES}::test_another_sign_in_host_of_the_same_cloud_is_taken",
    ),
    (
        "A module refuses a ready token, or one of the Azure CLI or a managed identity, that names another audience or tenant, before "
        "it sends it."
    ): (
        f"{CLOUDS}::test_a_token_for_something_else_is_not_sent",
        f"{METHODS}::test_each_failure_of_the_azure_cli_has_its_message",
        f"{METHODS}::test_an_identity_that_was_not_meant_is_not_used",
    ),
    (
        "Where its audience is Microsoft Graph's id, which all clouds share, its issuer, where it names one, must be of the "
        "endpoint's cloud."
    ): (f"{CLOUDS}::test_a_token_for_graph_by_its_id_is_bound_to_its_issuers_cloud",),
    (
        "A module does not send one that names no audience, such as an opaque one, to a Graph endpoint that does not belong to the "
        "sign-in host."
    ): (f"{CLOUDS}::test_a_token_that_names_no_audience_goes_to_no_graph_that_belongs_to_no_sign_in",),
    (
        "A task with another `login_url`, `graph_url`, `tenant`, `validate_certs` or `ca_path` refuses the token of `graph_token`, and"
        " the message says which differs."
    ): (f"{SEAL}::test_a_task_with_another_use_is_told_what_differs",),
    ("Requests follow no redirect, and a list's next page only to the same scheme, host and port."): (
        f"{ACTIONS}::test_a_redirect_is_not_followed",
        f"{PROOF}::test_an_assertion_does_not_follow_a_redirection",
        f"{ADDRESSES}::test_a_next_page_elsewhere_is_not_followed",
    ),
    (
        "A proof shows its token to Exchange Online of the chosen cloud where the options ask for it, over verified TLS, and to nobody"
        " else."
    ): (
        "tests/unit/proof/test_exchange.py::test_each_answer_is_an_outcome_a_step_and_a_finding",
        "tests/unit/proof/test_exchange.py::test_each_cloud_has_its_own_host",
        f"{PROOF}::test_bad_input_is_refused_before_anything_is_contacted",
    ),
    (
        "A proof sends the farm's assertions to authorization servers of the chosen cloud, or to a host that the options name, and to "
        "no other."
    ): (
        f"{PROOF}::test_a_host_to_which_only_the_farm_leads_is_asked_for_nothing",
        f"{PROOF}::test_an_endpoint_that_only_a_document_names_gets_no_assertion",
        f"{PROOF}::test_a_host_that_the_options_name_and_each_of_the_clouds_gets_assertions",
    ),
    "An audit signs nothing where a finding on the metadata URL failed.": (
        "tests/integration/test_report.py::test_a_farm_that_was_led_astray_signs_nothing_for_the_proof",
        "tests/unit/audit/test_audit.py::test_what_failed_about_the_metadata_url_is_a_doubt_for_the_proof",
    ),
    (
        "The server itself downloads the authorization server's metadata, and the farm trusts the keys in it: an https URL of the right "
        "tenant is part of the audit."
    ): (
        "https://learn.microsoft.com/powershell/module/skypeforbusiness/new-csoauthserver",
        "tests/unit/audit/test_audit.py::test_what_failed_about_the_metadata_url_is_a_doubt_for_the_proof",
    ),
    (
        "Results, messages, warnings, reports and prompts replace control characters and marks of direction in names and texts of farm"
        " and tenant."
    ): (
        f"{TASK}/test_printable.py::test_a_result_holds_nothing_that_moves_a_cursor",
        f"{TASK}/test_printable.py::test_names_of_farm_and_tenant_are_shown_as_text",
        f"{TASK}/test_printable.py::test_a_prompt_shows_nothing_that_moves_a_cursor",
    ),
    ("Reports hold no secret and no certificate, but key credentials and weaknesses."): (
        f"{LEAKS}::test_ansible_runner_keeps_no_secret_of_any_entry_point",
    ),
    ("The umask decides who may read them; with `trust_report_private` nobody else may."): (
        "tests/unit/report/test_files.py::test_the_umask_says_who_reads_a_report_or_the_option_that_nobody_else_does",
    ),
    ("A module merges lists of key credentials and names."): (
        f"{ACTIONS}::test_sp_credential_adds_the_certificate_and_keeps_what_is_there",
        f"{ACTIONS}::test_sp_names_writes_the_union",
    ),
    ("It sends back a key credential that the task does not name as it was, and fails where that is missing afterwards."): (
        f"{ACTIONS}::test_sp_credential_adds_the_certificate_and_keeps_what_is_there",
        f"{ACTIONS}::test_sp_credential_fails_loudly_where_another_entry_is_lost",
    ),
    ("The certificate of a key credential shows whose it is, never the identifier beside it, which its author chooses."): (
        f"{IDENTIFICATION}::test_an_entry_is_told_by_its_certificate_and_not_by_its_identifier",
        f"{IDENTIFICATION}::test_a_strangers_certificate_under_our_thumbprint_is_neither_ours_nor_touched",
    ),
    (
        "Where Microsoft Graph gives no certificate of a service principal at all, a run that adds goes by identifiers, and a warning says "
        "so."
    ): (f"{IDENTIFICATION}::test_where_graph_gives_no_certificate_at_all_the_identifiers_tell_and_it_is_said",),
    ("No run removes a key credential by its identifier, and the audit takes none for the farm's by it."): (
        "tests/integration/test_claimed_entries.py::test_a_run_takes_what_its_check_said_and_never_a_strangers",
        f"{TENANT}/test_claimed_entries.py::test_a_removal_by_thumbprint_keeps_every_strangers_and_says_so",
        "tests/unit/audit/test_identifiers.py::test_where_graph_gives_none_at_all_no_identifier_passes",
    ),
    (
        "The collection removes nothing that it did not create, unless a task or variable names it, or it is a key credential of one of "
        "the farm's certificates, whoever put that there."
    ): (
        f"{TRUST}/test_removal.py::test_only_the_trusts_own_objects_go_and_what_stays_is_said",
        f"{TRUST}/test_removal.py::test_an_object_that_is_named_goes_although_it_is_foreign",
        f"{TRUST}/test_rotation.py::test_the_previous_certificate_stays_until_the_overlap_is_over",
    ),
    (
        "`rotate` also takes a key credential that has expired for the farm's where the whole subject of its certificate is the farm's "
        "([what it removes](rotation.md#what-a-run-removes-and-keeps))."
    ): (f"{TRUST}/test_rotation.py::test_each_kind_of_entry_has_its_verdict",),
    (
        "Where nothing but a display name makes an expired key credential the farm's, `rotate` removes it only where that name has the"
        " collection's own form in full: the deployment, the mark of a pool or server of the farm, and the thumbprint of the key "
        "credential's own certificate."
    ): (f"{TRUST}/test_superseded.py::test_an_expired_entry_goes_by_a_display_name_in_full_alone",),
    ("Whoever may write to the tenant can imitate such a name, and may remove the key credential as well."): (
        f"{TRUST}/test_superseded.py::test_an_expired_entry_goes_by_a_display_name_in_full_alone",
    ),
    "Check mode writes nothing.": (
        f"{PREDICTION}::test_configure_predicts_what_it_does",
        f"{PREDICTION}::test_every_module_predicts_what_it_does",
    ),
    "In a run with `--check` each task on a service principal starts from what the earlier ones said that they would make of it.": (
        f"{TENANT}/test_rehearsal.py::test_what_would_be_there_is_in_the_diff_and_the_result",
    ),
    "A test compares its prediction with the deed, field by field, for every module.": (
        f"{PREDICTION}::test_every_module_predicts_what_it_does",
        "tests/unit/test_documentation.py::test_every_module_that_changes_something_has_its_prediction_tested",
    ),
    (
        "A certificate on `00000002-0000-0ff1-ce00-000000000000` lets whoever controls an on-premises server act in Exchange Online "
        "(CVE-2025-53786)."
    ): (HYBRID,),
    (
        "The documented procedure puts one there, and Microsoft's remedy is a dedicated application ([Exchange hybrid "
        "application](https://learn.microsoft.com/exchange/hybrid-deployment/deploy-dedicated-hybrid-app))."
    ): (HYBRID,),
    (
        "Exchange Web Services of Exchange Online refuse it since 31 October 2025, let in only applications on the tenant's list since "
        "10 October 2026, and end for all on 1 April 2027."
    ): ("tests/unit/values/test_exchange_web_services.py::test_every_page_says_the_same_dates",),
    "The role warns as long as it does so, and says what the other choice would cost and spare today.": (
        f"{ACTIONS}::test_sp_credential_warns_about_the_shared_principal_alone",
        "tests/unit/trust/test_plan.py::test_the_plan_says_what_the_shared_principal_costs_today",
    ),
    (
        "With `trust_exchange_credential: false` the next run removes the key credentials that this deployment has there, and nobody "
        "else's."
    ): (
        f"{TRUST}/test_opted_out.py::test_configure_takes_back_what_the_deployment_put_there_as_a_step_of_its_own",
        f"{TRUST}/test_opted_out.py::test_what_another_deployment_wants_there_stays_and_is_said",
    ),
    ("The audit reports every key credential on that principal."): (
        "tests/unit/audit/test_states.py::test_in_the_changed_state_it_is_what_is_documented",
    ),
    "Please report a weakness privately to the maintainers through the repository's security advisories.": (
        "https://docs.github.com/code-security/security-advisories",
    ),
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
    assert [one for one in said if one not in HELD] == []
    assert [one for one in HELD if said.count(one) != 1] == []


@pytest.mark.parametrize("sentence", HELD)
def test_what_holds_a_sentence_is_there(sentence: str) -> None:
    assert HELD[sentence]
    for one in HELD[sentence]:
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
