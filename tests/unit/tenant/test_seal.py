# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seal of an access token: who opens it, for which use, and where its key lies."""

from __future__ import annotations

import multiprocessing
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import seal as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import certificate, opened, pem, run_action

WHERE = endpoints({"cloud": "global", "validate_certs": True})
TENANT, OTHER = "5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001"
LAB = {"login_url": "https://localhost:8443", "graph_url": "https://localhost:8444"}


def sealed(**options: Any) -> str:
    return str(run_action("graph_token", {"access_token": "opaque", **options})["access_token"])


def refusal(text: str, **options: Any) -> str:
    """What the next task says; graph_token contacts nothing where a token is given."""
    return str(run_action("graph_token", {"access_token": text, **options})["msg"])


def test_the_key_is_the_users_own_and_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / name))
        first = sealed()
        assert opened(first) == opened(sealed()) == "opaque"
        (file,) = (tmp_path / name).iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        keys.add(file.read_bytes())
    assert len(keys) == 2


def test_ansible_core_makes_the_folder_private_and_takes_it_away() -> None:
    code = "import os; from ansible import constants as c; print(oct(os.stat(c.DEFAULT_LOCAL_TMP).st_mode & 0o777), c.DEFAULT_LOCAL_TMP)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    mode, path = done.stdout.split(maxsplit=1)
    assert (mode, Path(path.strip()).exists()) == ("0o700", False)


def test_workers_that_come_at_once_get_one_key() -> None:
    fork = multiprocessing.get_context("fork")
    for _round in range(10):
        Path(constants.DEFAULT_LOCAL_TMP, "sfb_hybrid_auth-seal.key").unlink(missing_ok=True)
        ready, answers = fork.Barrier(8), fork.SimpleQueue()

        def work(ready: Any = ready, answers: Any = answers) -> None:
            ready.wait(10)
            answers.put(subject.seal(AccessToken("raw"), WHERE, None))

        workers = [fork.Process(target=work) for _number in range(8)]
        for worker in workers:
            worker.start()
        texts = [answers.get() for _worker in workers]
        for worker in workers:
            worker.join(10)
        assert {opened(text) for text in texts} == {"raw"}


@pytest.mark.parametrize("left", [b"", b"cut"])
def test_a_key_that_a_killed_worker_did_not_finish_is_made_again(left: bytes) -> None:
    Path(constants.DEFAULT_LOCAL_TMP, "sfb_hybrid_auth-seal.key").write_bytes(left)
    assert opened(sealed()) == "opaque"


def test_another_run_cannot_open_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sealed()
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "other"))
    assert "in another run of Ansible" in refusal(text)


def test_what_was_changed_on_the_way_is_not_opened() -> None:
    text = sealed()
    place = len(text) // 2
    other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    for changed in (other, text[:-5], text[: text.index(":") + 1]):
        assert "or it was cut" in refusal(changed)


def test_a_folder_in_which_nothing_can_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/nowhere")
    result = run_action("graph_token", {"access_token": "opaque"})
    assert "cannot be kept in /nowhere: No such file or directory" in result["msg"]


def test_a_link_in_the_keys_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    Path(constants.DEFAULT_LOCAL_TMP, "sfb_hybrid_auth-seal.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HybridAuthError, match="cannot be kept"):
        subject.seal(AccessToken("raw"), WHERE, None)


@pytest.mark.parametrize(
    ("made", "now", "told"),
    [
        ({}, {"cloud": "gcc_high"}, ["login_url https://login.microsoftonline.us and graph_url https://graph.microsoft.us", "(or cloud)"]),
        ({}, LAB, ["login_url https://localhost:8443 and graph_url"]),
        (LAB, {**LAB, "login_url": "https://localhost:9443"}, ["with login_url https://localhost:8443; this task has login_url https"]),
        (LAB, {**LAB, "graph_url": "https://localhost:9444"}, ["with graph_url https://localhost:8444; this task has graph_url https"]),
        ({}, {"validate_certs": False}, ["with validate_certs True; this task has validate_certs False"]),
        ({"validate_certs": False}, {}, ["with validate_certs False; this task has validate_certs True"]),
        ({"tenant": TENANT}, {"tenant": OTHER}, [f"with tenant {TENANT}; this task has tenant {OTHER}"]),
        ({"tenant": "contoso.com"}, {"tenant": "fabrikam.com"}, ["with tenant contoso.com; this task has tenant fabrikam.com"]),
    ],
)
def test_a_task_with_another_use_is_told_what_differs(made: dict[str, Any], now: dict[str, Any], told: list[str]) -> None:
    message = refusal(sealed(**made), **now)
    assert [part for part in [*told, "It was not sent."] if part not in message] == []


def test_another_file_of_certificates_is_another_use(tmp_path: Path) -> None:
    one, two = tmp_path / "one.pem", tmp_path / "two.pem"
    for path in (one, two):
        path.write_text(pem(certificate()))
    (tmp_path / "link.pem").symlink_to(one)
    assert f"with ca_path {one}; this task has ca_path {two}" in refusal(sealed(ca_path=str(one)), ca_path=str(two))
    assert f"with ca_path not set; this task has ca_path {one}" in refusal(sealed(), ca_path=str(one))
    assert opened(sealed(ca_path=str(tmp_path / "link.pem")), ca_path=str(one)) == "opaque"


@pytest.mark.parametrize(
    ("made", "now"),
    [
        ({"cloud": "gcc"}, {}),
        ({"tenant": "contoso.com"}, {"tenant": TENANT}),
        ({"tenant": "Contoso.com"}, {"tenant": " contoso.com"}),
        ({"tenant": "contoso.com"}, {}),
        ({}, {"tenant": "contoso.com"}),
        ({"graph_url": "https://graph.microsoft.com/v1.0/"}, {}),
    ],
)
def test_the_same_use_in_other_words_opens_it(made: dict[str, Any], now: dict[str, Any]) -> None:
    assert "msg" not in run_action("graph_token", {"access_token": sealed(**made), **now})


def test_a_tenant_of_the_environment_says_nothing_of_a_token_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT", "fabrikam.com")
    assert opened(sealed(), "contoso.com") == "opaque"


def test_a_token_that_tells_its_tenant_is_held_to_it() -> None:
    text = subject.seal(AccessToken("raw", None, OTHER), WHERE, "contoso.com")
    assert f"is for tenant {OTHER}" in refusal(text, tenant=TENANT)
