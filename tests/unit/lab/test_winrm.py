# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listener, asked by an unmodified pywinrm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import winrm
from requests_credssp.exceptions import AuthenticationException, NTStatusException

from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.winrm.command_line import CommandLine
from tests.lab.winrm.host import Account, Completed
from tests.lab.winrm.listener import WinRmListener


class Echo:
    name = "fe01.contoso.com"
    delegates = False

    def password_of(self, user: str) -> str | None:
        return {"CONTOSO\\sfbadmin": "P\u00e4ssw0rd!"}.get(user)

    def run(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        self.delegates = isinstance(user, Account) and user.delegates
        if command.script is None:
            return Completed(f"{user} {command.text}".encode(), b"", 0)
        return Completed(b"x" * 250_000 + stdin, b"", 7)


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WinRmListener]:
    users = tmp_path / "users"
    users.write_text("CONTOSO:sfbadmin:P\u00e4ssw0rd!\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    started = WinRmListener(Echo(), log=RequestLog(), faults=Faults(), credssp=True)
    started.start()
    yield started
    started.stop()


def session(listener: WinRmListener, transport: str, password: str = "P\u00e4ssw0rd!") -> winrm.Session:
    return winrm.Session(f"http://127.0.0.1:{listener.port}/wsman", auth=("CONTOSO\\sfbadmin", password), transport=transport)


@pytest.mark.parametrize("transport", ["ntlm", "basic", "credssp"])
def test_a_command_runs_as_the_user_who_signed_in(listener: WinRmListener, transport: str) -> None:
    done = session(listener, transport).run_cmd("hostname", ["-x"])
    assert (done.std_out.decode(), done.status_code) == ("CONTOSO\\sfbadmin hostname -x", 0)
    assert [entry["verb"] for entry in listener.log.entries()] == ["Create", "Command", "Receive", "Signal", "Delete"]


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_long_output_and_the_exit_code_arrive_whole(listener: WinRmListener, transport: str) -> None:
    done = session(listener, transport).run_ps("anything")
    assert (len(done.std_out), done.status_code) == (250_000, 7)


@pytest.mark.parametrize(("transport", "delegates"), [("ntlm", False), ("basic", False), ("credssp", True)])
def test_only_credssp_gives_the_server_what_it_needs_elsewhere(listener: WinRmListener, transport: str, delegates: bool) -> None:
    session(listener, transport).run_cmd("hostname")
    assert listener.host.delegates is delegates  # type: ignore[attr-defined]


@pytest.mark.parametrize("transport", ["ntlm", "basic", "credssp"])
def test_a_wrong_password_is_refused(listener: WinRmListener, transport: str) -> None:
    with pytest.raises((winrm.exceptions.InvalidCredentialsError, NTStatusException)):  # CredSSP tells it within its own messages
        session(listener, transport, "wrong").run_cmd("hostname")


def test_a_server_on_which_credssp_was_not_turned_on_offers_it_to_nobody(listener: WinRmListener) -> None:
    listener.credssp = False
    with pytest.raises(AuthenticationException, match="did not response CredSSP being an available authentication method"):
        session(listener, "credssp").run_cmd("hostname")


def test_a_line_that_is_too_long_for_windows_fails_as_there(listener: WinRmListener) -> None:
    done = session(listener, "basic").run_cmd("x" * 9000)
    assert (done.std_err.decode().strip(), done.status_code) == ("The command line is too long.", 1)


def test_a_fault_comes_back_as_a_fault(listener: WinRmListener) -> None:
    listener.faults.add({"on": "winrm.create", "do": "error:no more shells"})
    with pytest.raises(winrm.exceptions.WinRMError, match="no more shells"):
        session(listener, "basic").run_cmd("hostname")
