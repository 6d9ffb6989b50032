# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fence of the pages is run by a test, or is here with the reason why none can. The commands that run a playbook are run here."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from tests.lab.states import audit as states
from tests.support.pages import ROOT, Block, blocks, commands
from tests.unit.estate import Estate as InProcess

from .in_process import Estate, facts, messages
from .test_rotation import pfx

ENTRY_POINTS = {path.stem: "main" if path.stem == "configure" else path.stem for path in (ROOT / "playbooks").glob("*.yml")}
PWSH = shutil.which("pwsh")
# What a test runs: how such a fence begins, by language, and the file of the test. What begins as the reasons below say is none of them.
RUN = {
    "sh": {
        r"ansible-playbook -i inventory\.yml sfb\.": "integration/test_fences.py",
        r"mkdir -p /srv/audit/before\nansible-playbook": "integration/test_fences.py",
        r"jq ": "unit/test_pages.py",
        r"#!/bin/sh\n# /usr/local/bin/trust-": "unit/test_pages.py",
        r"# the vault's password.*\n.*\nexport ANSIBLE_VAULT_PASSWORD_FILE": "unit/test_pages.py",
        r"ansible-vault view ": "unit/test_pages.py",
    },
    "yaml": {
        r"front_ends:": "integration/test_inventories.py",
        r"vault_\w+: ": "unit/test_pages.py",
        r"trust_(?!client_)\w+:": "integration/test_fences.py",
        r"- name: Keep the trust": "integration/test_fences.py",
        r"- name: Make the farm's first certificate": "integration/test_fences.py",
        r"- name: (Put the certificate that signs|Take one key credential)": "integration/test_examples.py",
        r"- name: (Put a certificate back|Put names back|Stage the right certificate)": "integration/test_examples.py",
    },
    "text": {r"does \(": "integration/test_rolls.py", r"# /etc/cron\.d/trust|47 6 ": "unit/test_pages.py"},
    "powershell": {},
}
REASONS = {
    "sh": {
        r"make demo": "are jobs of their own, which run all the tests",
        r"ansible-galaxy collection install|pip install|apt-get install": "install packages on the machine",
        r"graph=|az ad ": "need the Azure CLI and a tenant",
        r"export WEBHOOK_TOKEN|ansible-navigator ": "need AWX, or a container image",
    },
    "yaml": {
        r"name: Trust\n|trust-audit:\n|jobs:\n|audit:\n": "are jobs of a forge",
        r"trust_client_id:": "is a sign-in with a file of the reader's; integration/test_sign_in.py signs in with others",
        r"version: 3\n": "needs a builder of container images",
        r"- name: Audit and report": "needs a monitoring service to post to",
        r"- name: Prove that the tenant": "is for one tenant by its id; integration/test_examples.py runs the module's examples",
    },
    "text": {r"playbooks/\*\.yml|farm +A signs": "are drawings"},
    "powershell": {r"": "needs Windows, Active Directory or a Front End; the engine parses it here"},
}


def begins(kinds: dict[str, dict[str, str]], block: Block) -> list[str]:
    return [one for pattern, one in kinds[block.language].items() if re.match(pattern, block.text.lstrip())]


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_a_fence_is_run_or_has_a_reason(block: Block) -> None:
    assert len({*begins(RUN, block), *begins(REASONS, block)}) == 1, block.text


def test_no_kind_is_left_of_a_fence_that_is_gone() -> None:
    for language, kinds in [*RUN.items(), *REASONS.items()]:
        for pattern, said in kinds.items():
            assert any(re.match(pattern, block.text.lstrip()) for block in blocks(language)), pattern
            assert not said.endswith(".py") or (ROOT / "tests" / said).is_file()


def test_the_engine_understands_every_fence_of_powershell() -> None:
    if PWSH is None:
        pytest.skip("no pwsh on PATH")
    # <new> and the like stand for what the reader has.
    texts = [re.sub(r"'<\w+>'|<\w+>", "'x'", block.text) for block in blocks("powershell")]
    checks = "\n".join(
        f"$e = $null; [void][System.Management.Automation.Language.Parser]::ParseInput(@'\n{text}\n'@, [ref]$null, [ref]$e); $e"
        for text in texts
    )
    run = subprocess.run([PWSH, "-NoProfile", "-NonInteractive", "-Command", checks], text=True, capture_output=True, check=False)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")


def wanted(command: str) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    """The playbook, whether it is for check mode, and the extra variables of a command."""
    words = shlex.split(command.replace("`", ""), comments=True)
    given = [words[place + 1].partition("=")[::2] for place, word in enumerate(words) if word == "-e"]
    return next(word.partition("hybrid_auth.")[2] for word in words if "hybrid_auth." in word), "--check" in words, tuple(given)


OURS = [line for _place, line in commands("ansible-playbook") if "sfb.hybrid_auth" in line and "$" not in line]
# One has the token of a forge's job.
COMMANDS = sorted({wanted(line) for line in OURS if "trust_federated_token_variable" not in line})


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_the_commands_of_the_pages_run(command: tuple[str, bool, tuple[tuple[str, str], ...]], tmp_path: Path) -> None:
    playbook, check_mode, given = command
    variables: dict[str, Any] = dict(given)
    if "trust_rotation_pfx_path" in variables:
        variables |= {"trust_rotation_pfx_path": str(pfx(tmp_path, "x")), "trust_rotation_pfx_password": "x"}
    if "trust_report_path" in variables or playbook == "support":
        variables["trust_report_path"] = str(tmp_path)
    if "trust_remove_confirm" in variables:
        variables["trust_remove_confirm"] = "contoso"  # the name of the lab's deployment
    estate = Estate(states.right(), tmp_path)
    if "trust_fail_on" in variables:  # an audit that is to fail on what configure would change
        assert not estate.play("main").failed
    before = estate.state()
    played = estate.play(ENTRY_POINTS[playbook], check_mode=check_mode, **variables)
    assert not played.failed, messages(played)
    if check_mode or playbook in ("audit", "support"):
        assert estate.state() == before


SETTINGS = [one for one in blocks("yaml") if re.match(r"trust_(?!client_)\w+:", one.text)]


@pytest.mark.parametrize("block", SETTINGS, ids=str)
def test_a_configuration_with_the_variables_of_a_fence_is_planned(block: Block, tmp_path: Path) -> None:
    given = yaml.safe_load(block.text)
    assert set(given) <= set(VARIABLES)
    rotates = any(name.startswith("trust_rotation") for name in given)
    played = Estate(states.right(), tmp_path).play("rotate" if rotates else "main", check_mode=True, **given)
    assert not played.failed, messages(played)


@pytest.mark.parametrize("block", [one for one in blocks("yaml") if one.text.startswith("- name: Keep the trust")], ids=str)
def test_a_play_with_the_role_runs(block: Block, tmp_path: Path) -> None:
    (play,) = yaml.safe_load(block.text)
    estate = Estate(states.right(), tmp_path)
    own = {name: value for name, value in play.get("vars", {}).items() if not name.startswith("trust_client")}
    roles = [
        *((role.get("tasks_from", "main"), role.get("vars", {})) for role in play.get("roles", [])),
        *((task["ansible.builtin.import_role"].get("tasks_from", "main"), task.get("vars", {})) for task in play.get("tasks", [])),
    ]
    assert roles
    for entry_point, more in roles:
        given = {**own, **more, **({"trust_report_path": str(tmp_path)} if "trust_report_path" in more else {})}
        played = estate.play(entry_point, **given)
        assert not played.failed, messages(played)
    assert facts(played, "trust_audit" if len(roles) > 1 else "trust_summary")


def test_the_play_for_a_first_certificate_makes_and_assigns_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = (one for one in blocks("yaml") if one.text.startswith("- name: Make the farm's first certificate"))
    (task,) = yaml.safe_load(block.text)[0]["tasks"]
    state = states.right()
    states.farm(state)["cms"]["token_issuer"] = None
    farm = InProcess(state, tmp_path, monkeypatch)
    lead = farm.servers[0]
    assert farm.onprem(lead, gather=["certificate"])["signing"]["current"] is None
    made = farm.on_server(lead, "onprem_certificate", task["sfb.hybrid_auth.onprem_certificate"])
    assert made["changed"]
    assert farm.onprem(lead, gather=["certificate"])["signing"]["current"]["subject"] == "CN=contoso.com"
