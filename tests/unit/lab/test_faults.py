# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the farm: before and after the server acted, at each message, process and cmdlet, and the list of points for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import winrm
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.lab.farm.farm import Farm
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.command_line import CommandLine
from tests.lab.winrm.host import Completed
from tests.lab.winrm.listener import RESTRICTED, WinRmListener
from tests.lab.winrm.soap import Message

SET = {"id": "set", "cmdlet": "Set-CsOAuthConfiguration", "parameters": {"Realm": "fabrikam.com"}}
GET = {"id": "get", "cmdlet": "Get-CsOAuthConfiguration", "select": {"Realm": "text"}}
POINT = f"cmdlet:{SET['cmdlet']}"


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(State(), RequestLog(), Faults(), tmp_path, None, lambda _url: {})


def sent(*calls: dict[str, Any]) -> bytes:
    """A task's module on standard input, in the form that ansible-core has since 2.19."""
    request = json.dumps({"modules": ["SkypeForBusiness"], "calls": calls})
    arguments = {"_ansible_module_name": "sfb.hybrid_auth.cs_invoke", "request": request}
    return b"wrapper\0\0\0\0" + json.dumps({"module_entry": "", "module_args": arguments}).encode()


def run(farm: Farm) -> Completed:
    return farm.front_ends["fe01.contoso.com"].run(CommandLine("", "", 1), sent(SET, GET), "CONTOSO\\sfbadmin")


def realm(farm: Farm) -> str:
    return str(farm.state.data["deployments"][0]["cms"]["oauth_configuration"].get("Realm", ""))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", ["winrm.process", POINT])
def test_a_killed_process_says_nothing_whether_it_acted_or_not(farm: Farm, point: str, after: bool) -> None:
    farm.faults.add({"on": point, "do": "kill", "after": after})
    done = run(farm)
    assert (done.stdout, done.stderr, done.code, done.killed) == (b"", b"", 1, True)
    assert realm(farm) == ("fabrikam.com" if after else "contoso.com")
    assert farm.faults.fired == [point]


@pytest.mark.parametrize("after", [False, True])
def test_a_process_may_act_and_then_say_something_else(farm: Farm, after: bool) -> None:
    farm.faults.add({"on": "winrm.process", "do": "error:out of memory", "after": after})
    done = run(farm)
    assert (done.stdout, done.stderr, done.code) == (b"", b"out of memory", 1)
    assert realm(farm) == ("fabrikam.com" if after else "contoso.com")


@pytest.mark.parametrize("after", [False, True])
def test_a_cmdlet_may_fail_before_or_after_it_acted(farm: Farm, after: bool) -> None:
    farm.faults.add({"on": POINT, "do": "error:time-out", "after": after})
    failure = json.loads(run(farm).stdout)["failure"]
    assert (failure["id"], failure["message"]) == ("set", "time-out")
    assert realm(farm) == ("fabrikam.com" if after else "contoso.com")


def test_the_points_of_a_run_are_listed_in_order_until_they_are_forgotten(farm: Farm) -> None:
    farm.faults.add({"on": "cmdlet:Get-*", "do": "error:time-out"})
    run(farm)
    assert farm.faults.points == ["winrm.process", POINT, "cmdlet:Get-CsOAuthConfiguration"]
    assert farm.faults.fired == ["cmdlet:Get-CsOAuthConfiguration"]
    farm.faults.forget()
    run(farm)
    assert (len(farm.faults.points), farm.faults.fired) == (3, [])


@pytest.fixture
def listener(farm: Farm) -> Iterator[WinRmListener]:
    started = WinRmListener(farm.front_ends["fe01.contoso.com"], log=farm.log, faults=farm.faults)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The verbs of the messages that were carried out."""
    verbs: list[str] = []
    done: Callable[..., str] = WinRmListener._done

    def kept(self: WinRmListener, message: Message, user: str, restricted: bool) -> str:
        verbs.append(message.verb.lower())
        return done(self, message, user, restricted)

    monkeypatch.setattr(WinRmListener, "_done", kept)
    return verbs


def signed_in(farm: Farm) -> tuple[str, str]:
    ((user, password),) = farm.front_ends["fe01.contoso.com"].data["users"].items()
    return user, password


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("do", "error"), [("reset", requests.ConnectionError), ("error:no more memory", winrm.exceptions.WinRMError)])
@pytest.mark.parametrize("verb", ["create", "command", "send", "receive", "signal", "delete"])
def test_each_message_may_fail_before_or_after_it_is_carried_out(
    farm: Farm, listener: WinRmListener, acted: list[str], verb: str, do: str, error: type[Exception], after: bool
) -> None:
    farm.faults.add({"on": f"winrm.{verb}", "do": do, "after": after})
    user, password = signed_in(farm)
    protocol = winrm.Protocol(f"http://127.0.0.1:{listener.port}/wsman", "basic", user, password)

    def whole() -> None:
        shell = protocol.open_shell()
        command = protocol.run_command(shell, "powershell", [], console_mode_stdin=False)
        protocol.send_command_input(shell, command, sent(SET), end=True)
        protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
        protocol.close_shell(shell)

    with pytest.raises(error):
        whole()
    assert acted.count(verb) == int(after)
    assert farm.faults.fired == [f"winrm.{verb}"]


@pytest.mark.parametrize("after", [False, True])
def test_a_restricted_endpoint_whose_process_is_killed_answers_nothing_more(farm: Farm, listener: WinRmListener, after: bool) -> None:
    farm.faults.add({"on": POINT, "do": "kill", "after": after})
    user, password = signed_in(farm)
    options = {"ssl": False, "auth": "basic", "encryption": "never", "username": user, "password": password}
    with WSMan("127.0.0.1", port=listener.port, path=RESTRICTED.strip("/"), **options) as wsman, RunspacePool(wsman) as pool:
        for cmdlet, parameters in ((SET["cmdlet"], SET["parameters"]), (GET["cmdlet"], {})):
            with pytest.raises(WSManFaultError, match="did not return a proper response"):
                PowerShell(pool).add_cmdlet(cmdlet).add_parameters(parameters).invoke()
    assert realm(farm) == ("fabrikam.com" if after else "contoso.com")


@pytest.mark.parametrize("after", [False, True])
def test_a_cmdlet_of_the_restricted_endpoint_may_fail_before_or_after_it_acted(farm: Farm, listener: WinRmListener, after: bool) -> None:
    farm.faults.add({"on": POINT, "do": "error:time-out", "after": after})
    user, password = signed_in(farm)
    options = {"ssl": False, "auth": "basic", "encryption": "never", "username": user, "password": password}
    with WSMan("127.0.0.1", port=listener.port, path=RESTRICTED.strip("/"), **options) as wsman, RunspacePool(wsman) as pool:
        pipeline = PowerShell(pool).add_cmdlet(SET["cmdlet"]).add_parameters(SET["parameters"])
        pipeline.invoke()
    assert [str(error) for error in pipeline.streams.error] == ["time-out"]
    assert realm(farm) == ("fabrikam.com" if after else "contoso.com")
