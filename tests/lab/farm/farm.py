# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Front Ends: they share their deployment's Central Management Store and run what arrives."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import signal
import socketserver
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ..faults import Fault, Faults
from ..log import RequestLog
from ..state import State
from ..winrm.command_line import CommandLine
from ..winrm.host import Account, Completed, ErrorData, Pipeline, PipelineResult, ProcessEndedError
from ..winrm.payload import parse_module_payload
from . import certificate_cmdlets, certificates, key_files, odd, pipeline_script, restricted_endpoint, server_settings, stub_module
from .assertion import Stored
from .binder import COMMAND_MISSING, CmdletError, bind
from .cmdlets import Cmdlets, Row
from .python_runner import Runner

_LONGEST_PROCESS_SECONDS = 300
_WRITING = ("New-", "Set-", "Remove-", "Add-", "Clear-")
_SERVER_TIME = re.compile(rb'("time":\s*")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)')
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_commonparameters
_COMMON = (
    *("debug", "verbose", "erroraction", "errorvariable", "informationaction", "informationvariable", "outbuffer", "outvariable"),
    *("pipelinevariable", "progressaction", "warningaction", "warningvariable"),
)
# By name and by number, as clients send them.
_QUIET, _STOP = ("silentlycontinue", "ignore", "0", "4"), ("stop", "1")
_KILLED = Completed(b"", b"", 1, killed=True)


class FrontEnd:
    """One server; fulfils winrm.host.Host."""

    def __init__(self, farm: Farm, deployment: dict[str, Any], data: dict[str, Any]) -> None:
        self.name: str = data["name"]
        self.deployment: str = deployment["name"]
        self.data = data
        self.folder = farm.workdir / "front_ends" / self.name
        # Servers with the same module share its text.
        own = f".{self.name}" if data["lacks"] else ""
        self.modules = farm.workdir / "modules" / f"{data['module'] or 'none'}{own}"
        self._farm, self._deployment, self._certificates = farm, deployment, deployment["certificates"]
        self._cmdlets = Cmdlets(deployment, farm.resolve, data)
        self._certificate_cmdlets = certificate_cmdlets.CertificateCmdlets(
            deployment, data, lambda name, one: farm.front_ends[name].put(one), self.take
        )

    def password_of(self, user: str) -> str | None:
        name, at, domain = user.partition("@")
        wanted = f"{domain.split('.')[0]}\\{name}" if at else user
        return next((password for known, password in self.data["users"].items() if known.lower() == wanted.lower()), None)

    def run(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        return self._process((command.script or command.text)[:80], user, lambda: self._done(command, stdin, user))

    def _process(self, shown: str, user: str, work: Callable[[], Completed]) -> Completed:
        """One process of PowerShell: it is counted, takes its time and may fail."""
        self._farm.log.add("powershell", "start", shown, host=self.name, user=user)
        self._farm.state.wait("powershell")
        fault = self._farm.faults.take("winrm.process")
        if fault is None or fault.after:
            done = work()
        if fault is None:
            return done
        if fault.do == "kill":
            return _KILLED
        return Completed(b"", (fault.argument or "fault").encode(), 1)

    def _done(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        if self._farm.engine:
            return self._run_engine(command, stdin, user)
        payload = parse_module_payload(stdin) if stdin else None
        if payload is None or payload.name != "sfb.hybrid_auth.cs_invoke":
            return Completed(b"", b"lab: without a PowerShell engine only the collection's own module runs\r\n", 1)
        # Who becomes another account with its password signs in on the server itself.
        asker = Account(payload.become_user, delegates=True) if payload.become_user else user
        try:
            return Completed(self.runner(asker).answer(payload.arguments["request"]).encode() + b"\r\n", b"", 0)
        except ProcessEndedError:
            return _KILLED

    def runner(self, user: str) -> Runner:
        """What answers the collection's own module where there is no engine."""
        return Runner(
            self.name,
            self.data["module"],
            lambda cmdlet, given: self.cmdlet(cmdlet, given, user),
            self.store(),
            self.data["clock_offset"],
            lambda version, urls: self.facts().read(version, urls, account(user)),
            lambda thumbprint: key_files.check(self.data, self._certificates, thumbprint),
        )

    def facts(self) -> server_settings.ServerFacts:
        """What the server has beside the store, as the state says now."""
        return server_settings.ServerFacts(server_settings.settings_of(self._deployment, self.data), self._farm.resolve)

    def run_pipeline(self, pipeline: Pipeline, user: str, restricted: bool) -> PipelineResult:
        if restricted:
            names = self.data["restricted"]["cmdlets"]
            self._farm.log.add("pipeline", "run", " | ".join(one.text[:80] for one in pipeline.commands), host=self.name, user=user)
            return restricted_endpoint.run(pipeline, names, lambda cmdlet, given: self.cmdlet(cmdlet, given, user, by_role=True), self.data)
        if self._farm.engine:
            stdin, mark = pipeline_script.asked(pipeline)
            script = CommandLine(pipeline_script.SCRIPT, pipeline_script.SCRIPT, 1)
            shown = " | ".join(one.text for one in pipeline.commands)[:80]
            return pipeline_script.result(self._process(shown, user, lambda: self._run_engine(script, stdin, user)), mark)
        text = pipeline.commands[0].text
        done = self.run(CommandLine(text, text, 1), "\n".join(str(line) for line in pipeline.input).encode(), user)
        if done.killed:
            raise ProcessEndedError
        said = [ErrorData(done.stderr.decode("utf-8", "replace"), "LabScript", "FromStdErr", ends=False)] if done.stderr else []
        return PipelineResult([done.stdout.decode("utf-8", "replace").rstrip("\r\n")], errors=said, code=done.code)

    def store(self) -> list[Stored]:
        """The certificates in the computer's store, each with its private key where that is there."""
        entries = (self._certificates[name] for name in self.data["store"])
        return [Stored(certificates.load(entry), certificates.private_key(entry)) for entry in entries]

    def put(self, name: str) -> None:
        """Copy the certificate of that id into the computer's store."""
        if name not in self.data["store"]:
            self.data["store"].append(name)
            self.write_store([name])

    def write_store(self, names: list[str]) -> None:
        """Write these certificates of the store with their keys into the folders that the engine shows as such."""
        certificates.write_store(self.folder, self._certificates, names)
        key_files.write(self.folder, self._certificates, names)

    def asked(self, name: str, given: dict[str, Any], user: str) -> list[Row]:
        """What a function of the engine returns: one that stands in for Windows' own, or a cmdlet of the management module."""
        if name == key_files.NAME:
            return key_files.access(self.data, self._certificates, given["Path"])
        return self.facts().run(name, given) if name in server_settings.NAMES else self.cmdlet(name, given, user)

    def take(self, name: str) -> None:
        """Take the certificate of that id out of the computer's store, with its key."""
        self.data["store"].remove(name)
        certificates.remove_from_store(self.folder, name)

    def cmdlet(self, cmdlet: str, given: dict[str, Any], user: str, by_role: bool = False) -> list[Row]:
        """Run a cmdlet of the management module; CmdletError as it would fail. Of the common parameters -ErrorAction decides something.

        by_role: through the restricted endpoint, where RBAC roles count and the server asks the store in its own name.
        """
        common = {name.lower(): value for name, value in given.items() if name.lower() in _COMMON}
        own = {name: value for name, value in given.items() if name.lower() not in _COMMON}
        try:
            return self._cmdlet(cmdlet, own, user, by_role)
        except CmdletError as exc:
            action = str(common.get("erroraction", "Continue")).lower()
            if not exc.ends and action in _QUIET:
                return []
            exc.ends = exc.ends or action in _STOP
            raise

    def _cmdlet(self, cmdlet: str, given: dict[str, Any], user: str, by_role: bool) -> list[Row]:
        writes = cmdlet.startswith(_WRITING)
        if cmdlet in self.data["lacks"]:
            raise CmdletError(f"The term '{cmdlet}' is not recognized as the name of a cmdlet.", COMMAND_MISSING, "ObjectNotFound")
        try:
            bound = bind(cmdlet, given)
            fault = self._farm.faults.take(f"cmdlet:{cmdlet}")
            if fault and not fault.after:
                self._strike(fault, cmdlet)
            with self._farm.state.lock:
                self._check_access(cmdlet, writes, by_role, user)
                one = self._certificate_cmdlets if cmdlet in certificate_cmdlets.NAMES else self._cmdlets
                rows = one.run(cmdlet, bound)
            if fault and fault.after:
                self._strike(fault, cmdlet)
        except CmdletError as exc:
            self._log(cmdlet, given, user, writes, exc.error_id)
            raise
        except ProcessEndedError:
            self._log(cmdlet, given, user, writes, "killed")
            raise
        if fault and not fault.after:
            rows = odd.odd(fault, rows)
        self._log(cmdlet, given, user, writes, 200)
        if cmdlet == "Test-CsExStorageConnectivity":
            steps = ("WriteItem", *(("DeleteItem",) if bound.get("DeleteItem") else ()))
            for step in steps:
                self._farm.log.add("mailbox", step, bound["SipUri"], write=True, host=self.name, user=user)
        return rows

    def _strike(self, fault: Fault, cmdlet: str) -> None:
        if fault.do == "kill":
            raise ProcessEndedError
        if fault.do == "error":
            raise CmdletError(fault.argument or "a fault of the lab", f"LabFault,{cmdlet}", "OperationStopped")

    def _check_access(self, cmdlet: str, writes: bool, by_role: bool, user: str) -> None:
        if by_role:
            return
        hops = isinstance(user, Account) and user.delegates if self.data["second_hop"] == "delegated" else self.data["second_hop"]
        if "-Cs" in cmdlet and not hops:
            raise CmdletError(
                'Cannot open database "xds" requested by the login. The login failed. '
                "Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'.",
                f"SqlConnectionError,{cmdlet}",
                "ConnectionError",
            )
        if writes and not self.data["can_write"]:
            raise CmdletError("Access is denied.", f"UnauthorizedAccess,{cmdlet}", "PermissionDenied")

    def _log(self, cmdlet: str, given: dict[str, Any], user: str, writes: bool, status: int | str) -> None:
        identity = str(given.get("Identity", ""))
        shown = {name: value for name, value in given.items() if name != "Pfx"}
        self._farm.log.add("cmdlet", cmdlet, identity, write=writes, status=status, host=self.name, user=user, detail={"parameters": shown})

    def _run_engine(self, command: CommandLine, stdin: bytes, user: str) -> Completed:
        script = command.script if command.script is not None else command.text
        encoded = base64.b64encode(script.encode("utf-16-le")).decode()
        process_id = secrets.token_hex(8)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AZURE_"))}
        environment.update(
            PWSH_STDERR="clixml",
            PWSH_CERT_STORE=str(self.folder),
            ProgramData=str(self.folder / "ProgramData"),
            SSL_CERT_FILE=str(self.folder / "roots.pem"),
            SSL_CERT_DIR=str(self.folder / "no roots"),
            PSModulePath=str(self.modules),
            LAB_PORT=str(self._farm.port),
            LAB_TOKEN=self._farm.token,
            LAB_FRONT_END=self.name,
            LAB_USER=user,
            USERDOMAIN=account(user).partition("\\")[0],
            USERNAME=account(user).partition("\\")[2],
            LAB_PROCESS=process_id,
        )
        with subprocess.Popen(
            [str(self._farm.engine), "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # The engine may be a script that starts it, and a process that is killed is killed with all that it started.
            start_new_session=True,
        ) as process:
            self._farm.processes[process_id] = process
            self._farm.accounts[process_id] = user
            try:
                output, errors = process.communicate(stdin, timeout=_LONGEST_PROCESS_SECONDS)
            except subprocess.TimeoutExpired:
                end(process)
                return Completed(b"", f"lab: stopped after {_LONGEST_PROCESS_SECONDS} seconds\r\n".encode(), 1)
            finally:
                del self._farm.processes[process_id], self._farm.accounts[process_id]
        if process.returncode < 0:
            return _KILLED
        return Completed(self._by_its_clock(output), errors, process.returncode)

    def _by_its_clock(self, output: bytes) -> bytes:
        """The output as a server with another clock gives it: the engine has this machine's, so what Read-Server told is shifted."""
        offset = timedelta(seconds=self.data["clock_offset"])
        if not offset:
            return output

        def shifted(match: re.Match[bytes]) -> bytes:
            moment = datetime.strptime(match[2].decode(), _TIME).replace(tzinfo=timezone.utc) + offset
            return match[1] + moment.strftime(_TIME).encode()

        return _SERVER_TIME.sub(shifted, output)


def account(user: str) -> str:
    """The account as Windows names it in a session, of either form in which it signed in."""
    name, at, domain = user.partition("@")
    return f"{domain.partition('.')[0].upper()}\\{name}" if at else user


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Farm:
    """All Front Ends of the state. resolve: the metadata document at a URL, or MetadataError."""

    def __init__(
        self, state: State, log: RequestLog, faults: Faults, workdir: Path, engine: str | None, resolve: Callable[[str], dict[str, str]]
    ) -> None:
        self.state, self.log, self.faults, self.workdir, self.engine, self.resolve = state, log, faults, workdir, engine, resolve
        self.token = secrets.token_hex(16)
        self.front_ends: dict[str, FrontEnd] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.accounts: dict[str, str] = {}  # who runs each of them
        for deployment in state.data["deployments"]:
            for entry in deployment["certificates"].values():
                certificates.complete(entry)
            for data in deployment["front_ends"]:
                front_end = FrontEnd(self, deployment, data)
                self.front_ends[front_end.name] = front_end
                front_end.write_store(data["store"])
                if engine and data["module"]:
                    stub_module.write(front_end.modules, data["module"], data["lacks"])
        (workdir / "modules" / "none").mkdir(parents=True, exist_ok=True)
        self._server = _CallServer(self) if engine else None
        if self._server:
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        """Where the engine's functions ask what to answer."""
        assert self._server is not None
        return int(self._server.server_address[1])

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _CallServer(socketserver.ThreadingTCPServer):
    """Takes one question, a line of JSON, from a function in the engine and answers with one line."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, farm: Farm) -> None:
        super().__init__(("127.0.0.1", 0), _CallHandler)
        self.farm = farm


class _CallHandler(socketserver.StreamRequestHandler):
    server: _CallServer
    timeout = 60

    def handle(self) -> None:
        question = json.loads(self.rfile.readline())
        answer: dict[str, Any] = {"rows": [], "warnings": [], "error": None}
        if not secrets.compare_digest(str(question.get("token")), self.server.farm.token):
            answer["error"] = {
                "message": "not a question of this lab",
                "error_id": "LabToken",
                "category": "PermissionDenied",
                "ends": True,
            }
        else:
            front_end = self.server.farm.front_ends[question["front_end"]]
            user = self.server.farm.accounts.get(str(question.get("process")), question["user"])
            try:
                answer["rows"] = front_end.asked(question["cmdlet"], question["parameters"], user)
            except ProcessEndedError:
                process = self.server.farm.processes.get(str(question.get("process")))
                if process:
                    end(process)
                return
            except CmdletError as exc:
                answer["error"] = {"message": exc.message, "error_id": exc.error_id, "category": exc.category, "ends": exc.ends}
        self.wfile.write(json.dumps(answer).encode() + b"\n")
