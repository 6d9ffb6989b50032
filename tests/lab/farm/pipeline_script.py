# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a pipeline of PowerShell remoting in the engine: commands go in as data, and objects come out as a server serializes them.

Each pipeline is a process of its own, so that nothing of the one before is left in it.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from ..winrm.host import Completed, ErrorData, Pipeline, PipelineResult, ProcessEndedError, Serialized

# What is written to the console beside the objects is left out: in a remote session there is none.
SCRIPT = r"""
$asked = @($input) -join "`n" | ConvertFrom-Json
# A runspace of its own keeps warnings, and tells this process's host about an exit.
$runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($Host)
$runspace.Open()
$shell = [System.Management.Automation.PowerShell]::Create()
$shell.Runspace = $runspace
foreach ($command in $asked.commands) {
    if ($command.script) { [void]$shell.AddScript($command.text, $true) } else { [void]$shell.AddCommand($command.text) }
    foreach ($one in $command.parameters) {
        if ($one.name) { [void]$shell.AddParameter($one.name, $one.value) } else { [void]$shell.AddArgument($one.value) }
    }
    if ($command.ends) { [void]$shell.AddStatement() }
}
$output = New-Object -TypeName 'System.Collections.Generic.List[psobject]'
$answer = @{ ended = $null; output = @(); errors = @(); warnings = @() }
function ConvertTo-ErrorData($Record) {
    $parameter = $null
    $exception = $Record.Exception
    if ($exception -is [System.Management.Automation.ParameterBindingException]) { $parameter = ([string]$exception.ParameterName).Trim() }
    $category = [string]$Record.CategoryInfo.Category
    return @{ message = [string]$Record; id = $Record.FullyQualifiedErrorId; category = $category; parameter = $parameter }
}
function ConvertTo-Text($Value) {
    # An object one level down leaves a session as its text (MS-PSRP section 2.2.5.3.1); those of the lab would keep their properties.
    if ($Value -is [array]) { return , [object[]]@($Value | ForEach-Object { ConvertTo-Text -Value $_ }) }
    if ($null -ne $Value -and $Value.PSObject.TypeNames[0] -like 'Microsoft.Rtc.*') { return [string]$Value }
    return $Value
}
$given = $null
if (@($asked.input).Count) { $given = [string[]]@($asked.input) }
try { $shell.Invoke($given, $output) }
catch { $answer.ended = ConvertTo-ErrorData -Record $_.Exception.InnerException.ErrorRecord }
foreach ($object in $output) {
    if ($null -eq $object) { continue }
    foreach ($property in @($object.PSObject.Properties | Where-Object { $_ -is [System.Management.Automation.PSNoteProperty] })) {
        $property.Value = ConvertTo-Text -Value $property.Value
    }
}
$answer.output = [string[]]@($output | ForEach-Object { [System.Management.Automation.PSSerializer]::Serialize($_, 1) })
$answer.errors = [object[]]@($shell.Streams.Error | ForEach-Object { ConvertTo-ErrorData -Record $_ })
$answer.warnings = [string[]]@($shell.Streams.Warning | ForEach-Object { $_.Message })
[System.Console]::Out.WriteLine()
[System.Console]::Out.WriteLine($asked.mark + (ConvertTo-Json -InputObject $answer -Depth 4 -Compress))
"""


def asked(pipeline: Pipeline) -> tuple[bytes, str]:
    """What goes into the script on standard input, and the mark before its answer."""
    mark = secrets.token_hex(16)
    commands = [
        {
            "text": one.text,
            "script": one.is_script,
            # Clients say it of the last one too; a further statement would make its terminating error one of many.
            "ends": one.ends_statement and one is not pipeline.commands[-1],
            "parameters": [
                *({"name": name, "value": value} for name, value in one.parameters.items()),
                *({"name": None, "value": value} for value in one.arguments),
            ],
        }
        for one in pipeline.commands
    ]
    return json.dumps({"commands": commands, "input": [str(one) for one in pipeline.input], "mark": mark}).encode(), mark


def result(done: Completed, mark: str) -> PipelineResult:
    """What the pipeline wrote, from the output of the script; ProcessEndedError where there is none."""
    if done.killed:
        raise ProcessEndedError
    _console, found, line = done.stdout.decode("utf-8").rpartition(mark)
    if not found:
        said = done.stderr.decode("utf-8", "replace")
        return PipelineResult(errors=[ErrorData(said, "LabScript", "FromStdErr", ends=False)] if said else [], code=done.code)
    answer: dict[str, Any] = json.loads(line)
    errors = [_error(one, ends=False) for one in answer["errors"]]
    if answer["ended"]:
        errors.append(_error(answer["ended"], ends=True))
    return PipelineResult([Serialized(text) for text in answer["output"]], answer["warnings"], errors, done.code)


def _error(data: dict[str, Any], *, ends: bool) -> ErrorData:
    return ErrorData(data["message"], data["id"], data["category"], data["parameter"] or None, ends)
