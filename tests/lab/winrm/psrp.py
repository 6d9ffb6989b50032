# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runspace pool (MS-PSRP): pipelines of commands with objects in and out, over the same messages as a command shell."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psrpcore
from psrpcore import types

from .host import Command, ErrorData, Host, Pipeline, PipelineResult, ProcessEndedError, PsObject, Serialized
from .soap import NS, Message, OperationTimeoutError, WsmanError

_LONGEST_WAIT_SECONDS = 60.0
# What WinRM says once the process of a pool is gone: RPC_S_CALL_FAILED of the Win32 error codes, with a text of its own.
_ENDED = 1726
_ENDED_SAYS = (
    "The WSMan provider host process did not return a proper response.  A provider in the host process may have behaved improperly."
)
_BINDING = ("System.Management.Automation.ParameterBindingException", "System.Management.Automation.RuntimeException")


class RunspacePool:
    """One pool of one user; psrpcore keeps the protocol's state. restricted: no script runs in it."""

    def __init__(self, host: Host, message: Message, user: str, restricted: bool) -> None:
        self.id = (message.need("rsp:Shell").get("ShellId") or str(uuid.uuid4())).upper()
        self._host, self._user, self._restricted, self._resource = host, user, restricted, message.resource
        self._changed = threading.Condition()
        self._pool = psrpcore.ServerRunspacePool()
        self._pipelines: dict[str, psrpcore.ServerPipeline] = {}
        self._asked: dict[str, psrpcore.PowerShell] = {}
        self._input: dict[str, list[Any]] = {}
        self._output: dict[str, bytearray] = {"": bytearray()}
        self._finished: set[str] = set()
        self._ended = False
        self._take(message.need("rsp:Shell/ps:creationXml").text, "")

    def created(self) -> str:
        return (
            f"<x:ResourceCreated><a:Address>/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>{self._resource}</w:ResourceURI>"
            f'<w:SelectorSet><w:Selector Name="ShellId">{self.id}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>'
            f"<rsp:Shell><rsp:ShellId>{self.id}</rsp:ShellId><rsp:ResourceUri>{self._resource}</rsp:ResourceUri>"
            "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>"
        )

    def command(self, message: Message) -> str:
        node = message.need("rsp:CommandLine")
        key = (node.get("CommandId") or str(uuid.uuid4())).upper()
        with self._changed:
            self._pipelines[key] = psrpcore.ServerPipeline(self._pool, uuid.UUID(key))
            self._input[key], self._output[key] = [], bytearray()
        self._take(node.findtext("rsp:Arguments", "", NS), key)
        return f"<rsp:CommandResponse><rsp:CommandId>{key}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, message: Message) -> str:
        for stream in message.body.iterfind("rsp:Send/rsp:Stream", NS):
            self._take(stream.text, (stream.get("CommandId") or "").upper())
        return "<rsp:SendResponse/>"

    def receive(self, message: Message) -> str:
        key = (message.need("rsp:Receive/rsp:DesiredStream").get("CommandId") or "").upper()
        with self._changed:
            if key not in self._output:
                raise WsmanError(2150858844, f"The command {key} was not found in the shell.", "w:InvalidSelectors")
            longest = min(message.timeout, _LONGEST_WAIT_SECONDS)
            waited = self._changed.wait_for(lambda: self._output.get(key) or key in self._finished or self._ended, longest)
            if self._ended:
                raise WsmanError(_ENDED, _ENDED_SAYS)
            if not waited:
                raise OperationTimeoutError
            data, self._output[key] = bytes(self._output.get(key, b"")), bytearray()
            state = "Done" if key in self._finished else "Running"
        command = f' CommandId="{key}"' if key else ""
        stream = f'<rsp:Stream Name="stdout"{command}>{base64.b64encode(data).decode()}</rsp:Stream>' if data else ""
        tail = f'<rsp:CommandState{command} State="{NS["rsp"]}/CommandState/{state}"/>' if key else ""
        return f"<rsp:ReceiveResponse>{stream}{tail}</rsp:ReceiveResponse>"

    def signal(self, message: Message) -> str:
        key = (message.need("rsp:Signal").get("CommandId") or "").upper()
        with self._changed:
            for group in (self._pipelines, self._asked, self._input, self._output):
                group.pop(key, None)
            self._finished.discard(key)
        return "<rsp:SignalResponse/>"

    def _take(self, text: str | None, key: str) -> None:
        """Give psrpcore what arrived for the pool, or for the pipeline of that key, and do what follows from it."""
        with self._changed:
            if self._ended:
                raise WsmanError(_ENDED, _ENDED_SAYS)
            identifier = uuid.UUID(key) if key else None
            self._pool.receive_data(psrpcore.PSRPPayload(base64.b64decode(text or ""), psrpcore.StreamType.default, identifier))
            while (event := self._pool.next_event()) is not None:
                source = str(event.pipeline_id).upper() if event.pipeline_id else ""
                if isinstance(event, psrpcore.CreatePipelineEvent):
                    self._asked[source] = event.pipeline
                elif isinstance(event, psrpcore.PipelineInputEvent):
                    self._input[source].append(_plain(event.data))
                ready = isinstance(event, psrpcore.EndOfPipelineInputEvent)
                if ready or (isinstance(event, psrpcore.CreatePipelineEvent) and event.pipeline.no_input):
                    threading.Thread(target=self._work, args=(source,), daemon=True).start()
            self._flush()

    def _work(self, key: str) -> None:
        served = self._pipelines[key]
        asked = Pipeline([_command(one) for one in self._asked[key].commands], self._input[key])
        try:
            result = self._host.run_pipeline(asked, self._user, self._restricted)
        except ProcessEndedError:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            return
        except Exception as exc:  # the client must see that the lab is broken, not wait for ever
            result = PipelineResult(errors=[ErrorData(f"lab: {type(exc).__name__}: {exc}", "LabBroken", "NotSpecified")])
        with self._changed:
            self._answer(served, result)
            self._flush()
            self._finished.add(key)
            self._changed.notify_all()

    def _answer(self, served: psrpcore.ServerPipeline, result: PipelineResult) -> None:
        served.start()
        for warning in result.warnings:
            served.write_warning(warning)
        for value in result.output:
            served.write_output(_remote(value))
        ending = next((error for error in result.errors if error.ends), None)
        for error in result.errors:
            if not error.ends:
                served.write_error(*_record_parts(error), fully_qualified_error_id=error.error_id)
        if result.code:
            served.host_call(types.HostMethodIdentifier.SetShouldExit, [result.code])
        if ending:
            exception, category = _record_parts(ending)
            record = types.ErrorRecord(Exception=exception, CategoryInfo=category, FullyQualifiedErrorId=ending.error_id)
            served._change_state(types.PSInvocationState.Failed, error=record)  # psrpcore has no public verb for it
        else:
            served.complete()
        served.close()

    def _flush(self) -> None:
        while (payload := self._pool.data_to_send()) is not None:
            self._output.setdefault(str(payload.pipeline_id).upper() if payload.pipeline_id else "", bytearray()).extend(payload.data)
        self._changed.notify_all()


def _command(one: Any) -> Command:
    named = {str(name).lstrip("-").rstrip(":"): _plain(value) for name, value in one.parameters if name}
    arguments = [_plain(value) for name, value in one.parameters if not name]
    return Command(str(one.command_text), bool(one.is_script), named, arguments, bool(one.end_of_statement))


def _plain(value: Any) -> Any:
    """What arrived, in Python's own types."""
    conversions: tuple[tuple[type, Callable[[Any], Any]], ...] = (
        (bool, bool),
        (str, str),
        (int, int),
        (datetime, lambda moment: moment.isoformat()),
        (list, lambda several: [_plain(one) for one in several]),
    )
    return next((convert(value) for kind, convert in conversions if isinstance(value, kind)), value)


def _remote(value: Any) -> Any:
    """What leaves, as an object that psrpcore can serialize."""
    if isinstance(value, PsObject):
        made = types.PSCustomObject(**{name: _remote(one) for name, one in value.properties.items()})
        made.PSObject.type_names = [*value.types, "System.Object"]
        if value.text is not None:
            made.PSObject.to_string = value.text
        return made
    if isinstance(value, Serialized):
        (made,) = types.deserialize_clixml(value.clixml, psrpcore.PSRemotingCrypto())
        return _as_sent(made)
    return [_remote(one) for one in value] if isinstance(value, (list, tuple)) else value


def _as_sent(value: Any) -> Any:
    """The object with the types that the server sends: that it was deserialized is for the client to say."""
    for one in value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else ():
        _as_sent(one)
    meta = getattr(value, "PSObject", None)
    if meta is not None:
        meta.type_names = [name.removeprefix("Deserialized.") for name in meta.type_names]
        for entry in (*meta.adapted_properties, *meta.extended_properties):
            _as_sent(entry.get_value(value))
    return value


def _record_parts(error: ErrorData) -> tuple[Any, Any]:
    exception = types.NETException(Message=error.message)
    if error.parameter:
        exception.PSObject.type_names = [*_BINDING, *exception.PSObject.type_names]
        exception.PSObject.adapted_properties.append(types.PSNoteProperty("ParameterName", error.parameter))
    return exception, types.ErrorCategoryInfo(Category=types.ErrorCategory[error.category])
