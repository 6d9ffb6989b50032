# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the fences of the pages can be used as it stands: commands, plays, cmdlets, links."""

from __future__ import annotations

import ast
import errno
import importlib
import itertools
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ansible
import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import SECRETS, VARIABLES
from tests.support import reports
from tests.support.pages import PAGES, ROOT, Block, anchors, blocks, commands, name_of, text_of

LANGUAGES = {"sh", "yaml", "powershell", "text", "json", "ini"}
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
CMDLETS = json.loads((ROOT / "tests" / "lab" / "farm" / "signatures.json").read_text(encoding="utf-8"))["cmdlets"]
# What administrators met in runs of a broken farm or with a sign-in that was not whole, so the page says what to do then.
MET = (
    "the OAuthTokenIssuer certificate is not assigned",
    "and this server cannot sign since then",
    "The certificate ... that signs ends on",
    "could not be audited as a whole",
    "The sign-in lacks ...",
    "PowerShell ended without an answer",
    "cannot be read:",
)
# Facts that the role leaves, and a variable of the reader's own.
FACTS = {"trust_summary", "trust_audit", "trust_rotation", "trust_removal", "trust_modern_authentication"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_ascii(page: Path) -> None:
    assert [line for line in page.read_text(encoding="utf-8").splitlines() if not line.isascii()] == []


def test_every_fence_says_its_language() -> None:
    assert len(blocks()) > 40
    assert [one.name for one in blocks() if one.language not in LANGUAGES] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_leads_to_a_page_and_a_heading(page: Path) -> None:
    defined = re.findall(r"^\[[^\]]+\]: (\S+)$", text_of(page), re.MULTILINE)
    targets = [*re.findall(r"\]\(([^)\s]+)\)", text_of(page)), *defined]
    for target in (one for one in targets if "://" not in one):
        file, _mark, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        assert not anchor or there.suffix != ".md" or anchor in anchors(there), target


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_the_shell_understands_every_command(block: Block) -> None:
    assert subprocess.run(["sh", "-n"], input=block.text, text=True, capture_output=True, check=False).stderr == ""


@pytest.mark.parametrize(("place", "command"), commands("ansible-playbook"), ids=lambda one: str(one)[:60])
def test_every_run_is_one_that_ansible_playbook_takes(place: str, command: str) -> None:
    words = shlex.split(command.replace("`", ""), comments=True)
    words = [word for word in words if word != "$@"]
    words = words[: next((number for number, word in enumerate(words) if re.match(r"\d?[>|&)]", word)), None)]
    cli = PlaybookCLI(words)
    cli.init_parser()
    given, unknown = cli.parser.parse_known_args(words[1:])
    assert unknown == []
    for name in given.args:
        playbook = name.partition("sfb.hybrid_auth.")[2]
        if "$" in name:  # the script's own
            continue
        assert playbook in PLAYBOOKS if playbook else re.fullmatch(r"[\w./-]+\.yml", name), f"{place}: {name}"
    for pair in (one for one in given.extra_vars if not one.startswith("@")):
        name, _equals, value = pair.partition("=")
        assert name in VARIABLES, f"{place}: {name}"
        if "$" not in value and value.upper() != value:
            VARIABLES[name].metadata["kind"].read(name, value)


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(one)


def is_template(value: Any) -> bool:
    return "{{" in json.dumps(value, default=str)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_every_variable_and_every_option_in_yaml_is_one_that_is_taken(block: Block) -> None:
    for one in (mapping for whole in yaml.safe_load_all(block.text) for mapping in mappings(whole)):
        for name in (str(key) for key in one if str(key).startswith("trust_")):
            assert name in VARIABLES or name in FACTS, f"{block}: {name}"
            if not is_template(one[name]) and one[name] is not None and name not in SECRETS:
                VARIABLES[name].metadata["kind"].read(name, one[name])
        for name, given in one.items():
            collection, _dot, module = str(name).rpartition(".")
            if collection == "sfb.hybrid_auth":
                _takes(block, module, given or {})
            elif collection == "ansible.builtin" and given is not None:
                core = Path(ansible.__file__).parent
                assert (core / "modules" / f"{module}.py").is_file() or (core / "plugins" / "action" / f"{module}.py").is_file(), name


def _takes(block: Block, module: str, given: dict[str, Any]) -> None:
    action = importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.action.{module}")
    options = action.ActionModule.ARGUMENTS.options
    assert set(given) <= set(options), f"{block}: {module}"
    plain = {name: value for name, value in given.items() if not is_template(value)}
    spec = {name: {key: value for key, value in options[name].items() if key not in ("required", "fallback")} for name in plain}
    assert ArgumentSpecValidator(spec).validate(plain).error_messages == [], f"{block}: {module}"


@pytest.mark.parametrize("block", [*blocks("powershell"), *blocks("sh")], ids=str)
def test_every_cmdlet_of_the_server_has_the_parameters_that_are_given(block: Block) -> None:
    for line in block.text.splitlines():
        for call in re.split(r"[;|]", line.partition(" #")[0]):
            cmdlet, _space, rest = call.strip().partition(" ")
            known = {name.lower(): sets["parameter_sets"] for name, sets in CMDLETS.items()}.get(cmdlet.lower())
            if known is not None:
                named = set(re.findall(r" -([A-Za-z]+)", f" {rest}"))
                assert any(named <= {*one, "WhatIf", "Confirm"} for one in known.values()), f"{block}: {line}"


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("block", [one for one in blocks("sh") if one.text.startswith("jq ")], ids=str)
def test_every_jq_filter_finds_something_in_a_report(block: Block, tmp_path: Path) -> None:
    report = tmp_path / "audit.json"
    report.write_text(json.dumps(document(reports.bad(), title="Audit", now=reports.NOW, ending_soon_days=30)), encoding="utf-8")
    lexer = shlex.shlex(re.sub(r"\\\n", "", block.text), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(itertools.takewhile(lambda word: word not in ("|", ">", "<"), lexer))
    assert words[-1].endswith("audit.json")
    run = subprocess.run([*words[:-1], str(report)], text=True, capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()


def test_the_page_of_the_sign_in_says_what_the_environment_may_hold() -> None:
    text = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
    (without,) = re.findall(r"These options have none: (.*?)\.\n", text, re.DOTALL)
    assert re.findall(r"`(\w+)`", without) == [name for name, option in SIGN_IN.items() if "fallback" not in option]
    names = {name for option in SIGN_IN.values() for name in option.get("fallback", (None, []))[1]}
    assert sorted(name for name in names if name not in text) == []


def test_the_page_of_the_findings_names_the_roles_variables() -> None:
    """What a variable of the role says is named by it, and not by the module's option."""
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", text))
    assert named & set(expected.OPTIONS) <= {name for name in expected.OPTIONS if f"trust_{name}" not in VARIABLES}
    assert {name for name in named if name.startswith("trust_")} <= {*VARIABLES, "trust_audit"}


def said(folder: Path) -> Iterator[str]:
    """Every text in the code, with what is put together at run time left out."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_message_that_is_quoted_is_one_of_the_code() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    firsts = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    quoted = [part for first in firsts for part in re.findall(r"`([^`]+)`", first) if part.count(" ") > 1]
    assert len(quoted) > 20
    assert [one for one in MET if one not in quoted] == []
    told = [*said(ROOT / "plugins"), os.strerror(errno.ENOENT)]
    for quote in quoted:
        pieces = ".*".join(re.escape(piece) for piece in re.split(r" ?\.\.\. ?", quote))
        assert any(re.search(pieces, one) for one in told), quote


def test_the_calendar_of_a_year_has_the_days_of_the_defaults() -> None:
    text = (ROOT / "docs" / "rotation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+ [A-Z][a-z]+), `(trust_[a-z_]+)` \((\d+)\) before \|", text, re.MULTILINE)
    assert [name for _day, name, _days in rows] == ["trust_rotation_warn_days", "trust_ending_soon_days", "trust_fail_days"]
    for day, name, days in rows:
        assert VARIABLES[name].default == int(days)
        assert datetime.strptime(f"{day} 2027", "%d %B %Y") + timedelta(days=int(days)) == datetime(2027, 11, 1)
    # At exactly so many days nothing is said yet: test_rotation.py has the limit.
    (run, first, end) = re.findall(r"a run at (\S+) fails from (.*?) on where the certificate ends at (\d\d:\d\d)\.", text)[0]
    assert run < end
    assert datetime.strptime(f"{first} 2027", "%d %B %Y") + timedelta(days=VARIABLES["trust_fail_days"].default) == datetime(2027, 11, 2)
    (overlap,) = re.findall(r"^\| (\d+) days after it, `trust_rotation_overlap_days` \|", text, re.MULTILINE)
    assert VARIABLES["trust_rotation_overlap_days"].default == int(overlap)


def test_a_line_of_a_crontab_has_five_times_and_a_command() -> None:
    lines = [line for block in blocks("text") for line in block.text.splitlines() if re.match(r"[\d*][\d*,/-]* [\d*]", line)]
    assert len(lines) > 1
    for line in lines:
        times = line.split()[:5]
        assert all(re.fullmatch(r"[\d*,/-]+", one) for one in times), line


def test_the_vault_of_the_page_has_what_the_inventories_name_and_opens(tmp_path: Path) -> None:
    made, looked = [one.text for one in blocks("sh") if "ansible-vault create" in one.text or "ansible-inventory" in one.text]
    (content,) = [one.text for one in blocks("yaml") if re.match(r"vault_\w+: ", one.text)]
    assert all(re.fullmatch(r"vault_\w+: '(''|[^'])+'", line) for line in content.splitlines())
    named = set(re.findall(r"\{\{ (vault_\w+) \}\}", " ".join(one.text for one in blocks("yaml"))))
    assert named == set(yaml.safe_load(content))
    (inventory,) = [one.text for one in blocks("yaml") if one.name.startswith("README.md:")]
    (tmp_path / "inventory.yml").write_text(inventory, encoding="utf-8")
    ((name, like_a_template),) = re.findall(r"`(vault_\w+): (!unsafe .*?)`", (ROOT / "docs" / "prepare.md").read_text(encoding="utf-8"))
    content = re.sub(rf"^{name}: .*", f"{name}: {like_a_template}", content, flags=re.MULTILINE)
    (tmp_path / "content").write_text(content, encoding="utf-8")
    editor = f"cp {tmp_path / 'content'}"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"HOME": str(tmp_path), "EDITOR": editor, "PATH": path, "LC_ALL": "C.UTF-8"}
    terminal, other = pty.openpty()  # without one no editor is opened
    run = subprocess.run(["sh", "-ec", made + looked], stdin=other, stdout=other, stderr=other, cwd=tmp_path, env=environment, check=False)
    os.close(other)
    told = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert (run.returncode, told.split("\r\n")[-2:]) == (0, ["The vault opens, and the server gets its variables.", ""]), told
    vault, password = tmp_path / "group_vars" / "front_ends" / "vault.yml", tmp_path / ".trust-vault-password"
    assert vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    assert password.stat().st_mode & 0o077 == 0

    def again(text: str) -> str:
        done = subprocess.run(["sh"], input=text, text=True, capture_output=True, cwd=tmp_path, env=environment, check=False)
        return done.stdout

    before = password.read_bytes(), vault.read_bytes()
    again(made)
    assert (password.read_bytes(), vault.read_bytes()) == before
    assert again(looked) == ""  # the vault's password is not told
    environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(password)
    assert '"it\'s {{r3t #9x"' in again(f"ansible -i inventory.yml fe01.contoso.com -m debug -a var={name}")
    assert again(looked.replace("vault_sfbadmin_password", "vault_other")) == ""
    vault.parent.rename(vault.parent.with_name("front_end"))
    assert again(looked) == ""


def script(name: str, folder: Path) -> Path:
    """A script of the page about schedules, with the machine's folders below this one, and commands that note how they were called."""
    (text,) = [one.text for one in blocks("sh") if f"# /usr/local/bin/{name}" in one.text]
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for tool in ("ansible-playbook", "mail"):
        path = tools / tool
        path.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/{tool}"\nexit ${{CODE:-0}}\n', encoding="utf-8")
        path.chmod(0o755)
    made = folder / name
    made.write_text(text.replace("/opt/ansible/bin:", f"{tools}:").replace("/srv/trust", f"{folder}/kept"), encoding="utf-8")
    return made


def started(path: Path, *words: str, code: int = 0) -> int:
    environment = {"PATH": f"{path.parent / 'bin'}:/usr/bin:/bin", "CODE": str(code)}
    return subprocess.run(["sh", str(path), *words], env=environment, check=False).returncode


def test_the_script_for_cron_keeps_what_a_run_left_and_mails_where_it_failed(tmp_path: Path) -> None:
    path, kept = script("trust-run", tmp_path), tmp_path / "kept" / "audit"
    assert started(path, "audit", "-e", "trust_fail_on=difference") == 0
    called = (tmp_path / "ansible-playbook").read_text(encoding="utf-8")
    assert "sfb.hybrid_auth.audit --vault-password-file /etc/trust/vault-password -e trust_fail_on=difference" in called
    assert (kept / "latest" / "log.txt").is_file()
    assert (kept / "succeeded").is_file()
    assert not (tmp_path / "mail").exists()
    (kept / "succeeded").unlink()
    assert started(path, "audit", code=2) == 2
    assert not (kept / "succeeded").exists()
    assert "audit ended with 2" in (tmp_path / "mail").read_text(encoding="utf-8")


def test_a_run_that_did_not_run_is_noticed(tmp_path: Path) -> None:
    path = script("trust-watch", tmp_path)
    for playbook, hours in (("audit", 3), ("rotate", 30)):
        done = tmp_path / "kept" / playbook / "succeeded"
        done.parent.mkdir(parents=True)
        done.touch()
        os.utime(done, (time.time() - hours * 3600,) * 2)
    assert started(path) == 0
    assert "rotate is missing" in (tmp_path / "mail").read_text(encoding="utf-8")
    assert "audit" not in (tmp_path / "mail").read_text(encoding="utf-8")
    (tmp_path / "kept" / "audit" / "succeeded").unlink()
    started(path)
    assert "audit is missing" in (tmp_path / "mail").read_text(encoding="utf-8")
