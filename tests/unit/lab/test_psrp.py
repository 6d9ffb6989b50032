# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PowerShell remoting of the lab, asked by an unmodified pypsrp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.restricted_endpoint import RestrictedEndpoint
from tests.lab import Lab
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.host import ErrorData, Pipeline, PipelineResult
from tests.lab.winrm.listener import WinRmListener

Ask = Callable[..., PowerShell]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    state = State().data
    first = state["deployments"][0]["front_ends"][0]
    first.update(second_hop=False, can_write=False, restricted={"cmdlets": ["Get-CsOAuthConfiguration", "Set-CsOAuthConfiguration"]})
    with Lab(state, workdir=tmp_path_factory.mktemp("lab"), engine="none") as lab:
        yield lab


def connect(lab: Lab, path: str, auth: str, port: str = "https_port", password: str | None = None) -> WSMan:
    info = lab.info["front_ends"][0]
    secure = port == "https_port"
    return WSMan(
        info["host"], port=info[port], ssl=secure, path=path, auth=auth, username=info["user"], password=password or info["password"],
        cert_validation=lab.info["ca_path"], encryption="never" if auth == "basic" else "auto",
    )  # fmt: skip


@pytest.fixture(params=["basic", "ntlm"])
def ask(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Ask]:
    with connect(lab, "OcsPowershell", request.param) as wsman, RunspacePool(wsman) as pool:

        def run(*commands: tuple[str, dict[str, Any]], script: bool = False) -> PowerShell:
            pipeline = PowerShell(pool)
            for text, parameters in commands:
                pipeline.add_script(text) if script else pipeline.add_cmdlet(text)
                pipeline.add_parameters(parameters)
            pipeline.invoke()
            return pipeline

        yield run


def test_a_cmdlet_of_the_role_runs_whatever_the_second_hop_is(ask: Ask) -> None:
    done = ask(("set-csoauthconfiguration", {"Realm": "k\u00e4se <&>", "Confirm": False, "Force": True}))
    assert (done.had_errors, done.streams.error) == (False, [])
    (found,) = ask(("Get-CsOAuthConfiguration", {})).output
    assert found.extended_properties["Realm"] == "k\u00e4se <&>"
    assert found.types[0].endswith("OAuthSettings")


@pytest.mark.parametrize(
    ("commands", "script", "error_id"),
    [
        ([("1 + 1", {})], True, "ScriptsNotAllowed"),
        ([("Get-CsOAuthConfiguration", {}), ("Select-Object", {})], False, "ScriptsNotAllowed"),
        ([("Get-CsOAuthServer", {})], False, "CommandNotFoundException"),
        ([("Get-CsOAuthConfiguration", {"Nope": 1})], False, "NamedParameterNotFound,Get-CsOAuthConfiguration"),
    ],
    ids=["script", "two commands", "not exposed", "parameter"],
)
def test_everything_else_fails_as_a_terminating_error(ask: Ask, commands: Any, script: bool, error_id: str) -> None:
    done = ask(*commands, script=script)
    assert (done.state, [error.fq_error for error in done.streams.error]) == (PSInvocationState.FAILED, [error_id])


def test_each_pipeline_is_in_the_request_log_and_starts_no_powershell(lab: Lab, ask: Ask) -> None:
    mark = lab.mark()
    ask(("Get-CsOAuthConfiguration", {}))
    assert [entry["kind"] for entry in lab.requests(mark)] == ["winrm", "pipeline", "cmdlet", "winrm"]
    assert lab.counts(mark)["powershell"] == 0


def test_the_ordinary_endpoint_encrypts_messages_without_tls(lab: Lab) -> None:
    with connect(lab, "wsman", "ntlm", "http_port") as wsman, RunspacePool(wsman) as pool:
        pipeline = PowerShell(pool).add_script("anything")
        pipeline.invoke()
        assert "without a PowerShell engine" in str(pipeline.streams.error[0])
    assert lab.info["front_ends"][0]["psrp"]["restricted"].endswith("/OcsPowershell")


def test_a_wrong_password_is_refused(lab: Lab) -> None:
    with pytest.raises(AuthenticationError), connect(lab, "OcsPowershell", "ntlm", password="wrong") as wsman, RunspacePool(wsman):
        pass


def test_no_command_shell_opens_at_the_restricted_endpoint(lab: Lab) -> None:
    with pytest.raises(WSManFaultError, match="no resource"), connect(lab, "OcsPowershell", "basic") as wsman:
        RunspacePool(wsman, configuration_name="Other").open()


class Careful:
    """Warns, returns something, and then fails without ending the pipeline."""

    name = "fe01.contoso.com"

    def password_of(self, user: str) -> str | None:
        return "secret"

    def run_pipeline(self, pipeline: Pipeline, user: str, restricted: bool) -> PipelineResult:
        assert restricted
        errors = [ErrorData("gone", "Gone,Get-CsService", "ObjectNotFound", ends=False)] if pipeline.commands[0].parameters else []
        return PipelineResult(["7.0"], ["careful", "k\u00e4se"], errors)


@pytest.mark.parametrize("fails", [False, True])
def test_warnings_arrive_whether_a_cmdlet_fails_or_not(fails: bool) -> None:
    listener = WinRmListener(Careful(), log=RequestLog(), faults=Faults())
    listener.start()
    options = {"ssl": False, "auth": "basic", "encryption": "never", "username": "x", "password": "secret", "path": "OcsPowershell"}
    with WSMan("127.0.0.1", port=listener.port, **options) as wsman, RunspacePool(wsman) as pool:
        endpoint = RestrictedEndpoint(SimpleNamespace(runspace=pool, connected=True, become=None), "fe01")
        answer = endpoint.ask([Call("a", "Get-CsService", {"WebServer": True} if fails else {}, {"*": "text"})])
    listener.stop()
    assert answer["warnings"] == ["careful", "k\u00e4se"]
    assert (answer["failure"] or {}).get("error_id") == ("Gone,Get-CsService" if fails else None)
    assert answer["answers"] == ({} if fails else {"a": [{"text": "7.0"}]})
