# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The management module for the PowerShell engine: functions with the real parameter sets that ask the lab what to answer."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from .binder import SIGNATURES, accepted, default_set

_TYPES = {
    "Boolean": "bool",
    "SwitchParameter": "switch",
    "Guid": "guid",
    "Int32": "int",
    "UInt16": "uint16",
    "PSObject": "psobject",
    # A function would read text by no region at all and so hide that a cmdlet reads it by the server's; the binder refuses text.
    "DateTime": "object",
}
_PIPELINE = {"ByPropertyName": ", ValueFromPipelineByPropertyName = $true", "ByValue": ", ValueFromPipeline = $true"}
_COMMON = ("Confirm", "WhatIf")  # SupportsShouldProcess brings them

_SUPPORT = r"""
function ConvertTo-LabObject($Row) {
    if ($Row -is [array]) {
        $inner = @($Row | ForEach-Object { , (ConvertTo-LabObject -Row $_) })
        return , $inner
    }
    if ($Row.type -eq 'System.String') { return $Row.text }
    if ($Row.type -eq 'System.Security.Cryptography.X509Certificates.X509Certificate2') {
        $content = [System.Convert]::FromBase64String($Row.properties.Pfx.value)
        return New-Object -TypeName $Row.type -ArgumentList $content, '', 'Exportable'
    }
    $object = New-Object -TypeName psobject
    foreach ($property in $Row.properties.PSObject.Properties) {
        $value = $property.Value.value
        if ($property.Value.kind -eq 'unreadable') {
            $getter = [scriptblock]::Create("throw '$value'")
            $object | Add-Member -MemberType ScriptProperty -Name $property.Name -Value $getter
            continue
        }
        if ($null -ne $value) {
            switch ($property.Value.kind) {
                'time' { $value = [datetime]::Parse($value, [cultureinfo]::InvariantCulture, 'AdjustToUniversal').ToLocalTime() }
                'typed' {
                    $inner = New-Object -TypeName psobject
                    $inner | Add-Member -MemberType NoteProperty -Name Value -Value $value.value
                    $inner.PSObject.TypeNames.Insert(0, $value.type)
                    $text = $value.type
                    if ($null -ne $value.value) { $text = 'Value=' + $value.value }
                    $inner | Add-Member -MemberType ScriptMethod -Name ToString -Value { $text }.GetNewClosure() -Force
                    $value = $inner
                }
                'objects' { $value = @($value | ForEach-Object { ConvertTo-LabObject -Row $_ }) }
            }
        }
        $object | Add-Member -MemberType NoteProperty -Name $property.Name -Value $value
    }
    $object.PSObject.TypeNames.Insert(0, $Row.type)
    if ($Row.text) {
        $shown = $Row.text
        $object | Add-Member -MemberType ScriptMethod -Name ToString -Value { $shown }.GetNewClosure() -Force
    }
    return $object
}

function Invoke-Lab($Name, $Bound, $Caller) {
    $parameters = @{ }
    $common = [System.Management.Automation.PSCmdlet]::CommonParameters
    foreach ($key in @($Bound.Keys)) {
        if ($common -contains $key) { continue }
        $value = $Bound[$key]
        if ($value -is [switch]) { $value = [bool]$value }
        elseif ($value -is [guid]) { $value = [string]$value }
        elseif ($value -is [datetime]) {
            $value = @{ time = $value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture) }
        }
        $parameters[$key] = $value
    }
    $question = @{ cmdlet = $Name; parameters = $parameters; front_end = $env:LAB_FRONT_END; user = $env:LAB_USER }
    $question += @{ token = $env:LAB_TOKEN; process = $env:LAB_PROCESS }
    $client = New-Object -TypeName System.Net.Sockets.TcpClient -ArgumentList '127.0.0.1', ([int]$env:LAB_PORT)
    try {
        $stream = $client.GetStream()
        $json = ConvertTo-Json -InputObject $question -Depth 6 -Compress
        $bytes = [System.Text.Encoding]::UTF8.GetBytes($json + "`n")
        $stream.Write($bytes, 0, $bytes.Length)
        $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $stream, ([System.Text.Encoding]::UTF8)
        $answer = ConvertFrom-Json -InputObject $reader.ReadLine()
    }
    finally { $client.Close() }
    foreach ($warning in $answer.warnings) { Write-Warning -Message $warning }
    if ($answer.error) {
        $exception = New-Object -TypeName System.Management.Automation.RuntimeException -ArgumentList $answer.error.message
        $id = ($answer.error.error_id -split ',')[0]
        $category = [System.Management.Automation.ErrorCategory]$answer.error.category
        $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, $id, $category, $null
        if ($Caller -and -not $answer.error.ends) {
            # A function of a module has preferences of its own, a cmdlet has its caller's.
            if (-not $Bound.ContainsKey('ErrorAction')) {
                $ErrorActionPreference = $Caller.SessionState.PSVariable.GetValue('ErrorActionPreference')
            }
            $Caller.WriteError($record)
            return
        }
        if ($Caller) { $Caller.ThrowTerminatingError($record) }
        throw $record
    }
    foreach ($row in $answer.rows) { ConvertTo-LabObject -Row $row | Write-Output -NoEnumerate }
}

function Get-Item {
    # On Windows the computer's store is an X509Store, which the engine does not have; Add copies into the lab's folder.
    [CmdletBinding()]
    param([Parameter(Position = 0)][string[]]$Path, [string[]]$LiteralPath, [switch]$Force)
    if ($Path -like '*\web.config') { return Invoke-Lab -Name 'Get-WebConfig' -Bound @{ Path = $Path[0] } -Caller $PSCmdlet }
    if ($Path -ne 'Cert:\LocalMachine\My') { return Microsoft.PowerShell.Management\Get-Item @PSBoundParameters }
    $store = New-Object -TypeName psobject
    $store | Add-Member -MemberType ScriptMethod -Name Open -Value { param($Flags) if ($Flags -ne 'ReadWrite') { throw "not for $Flags" } }
    $store | Add-Member -MemberType ScriptMethod -Name Close -Value { }
    $store | Add-Member -MemberType ScriptMethod -Name Add -Value {
        param($Certificate)
        $pfx = [System.Convert]::ToBase64String($Certificate.Export('Pfx'))
        [void](Invoke-Lab -Name 'Add-StoreCertificate' -Bound @{ Pfx = $pfx } -Caller $null)
    }
    return $store
}

function Remove-Item {
    # On Windows the provider of certificates has -DeleteKey, which the engine's has not.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Position = 0)][string[]]$Path, [string[]]$LiteralPath, [switch]$DeleteKey, [switch]$Recurse, [switch]$Force)
    if ($Path -notlike 'Cert:\LocalMachine\My\*') { return Microsoft.PowerShell.Management\Remove-Item @PSBoundParameters }
    if (-not $DeleteKey) { throw 'the lab has no certificate removed whose key is left' }
    if (-not $PSCmdlet.ShouldProcess([string]$Path)) { return }
    $thumbprint = ([string]$Path -split '\\')[-1]
    [void](Invoke-Lab -Name 'Clear-StoreCertificate' -Bound @{ Thumbprint = $thumbprint } -Caller $null)
}

function Get-ItemProperty {
    # The engine has no registry.
    [CmdletBinding()]
    param([Parameter(Position = 0)][string[]]$Path, [string[]]$LiteralPath, [string[]]$Name)
    if ($LiteralPath -notmatch '^HK(LM|CU):') { return Microsoft.PowerShell.Management\Get-ItemProperty @PSBoundParameters }
    Invoke-Lab -Name 'Get-ItemProperty' -Bound @{ Path = $LiteralPath[0] } -Caller $PSCmdlet
}

function Get-Content {
    [CmdletBinding()]
    param([Parameter(Position = 0)][string[]]$Path, [string[]]$LiteralPath, [switch]$Raw, [object]$Encoding)
    if ($LiteralPath -notlike '*\web.config') { return Microsoft.PowerShell.Management\Get-Content @PSBoundParameters }
    (Invoke-Lab -Name 'Get-WebConfig' -Bound @{ Path = $LiteralPath[0] } -Caller $PSCmdlet).Content -split "`n"
}

function Get-ChildItem {
    # The engine's store of certificates has the computer's own ones only.
    [CmdletBinding()]
    param([Parameter(Position = 0)][string[]]$Path, [string[]]$LiteralPath, [string]$Filter, [switch]$Recurse, [switch]$Force)
    if ($Path -ne 'Cert:\LocalMachine\Root') { return Microsoft.PowerShell.Management\Get-ChildItem @PSBoundParameters }
    Invoke-Lab -Name 'Get-RootCertificate' -Bound @{ } -Caller $PSCmdlet
}

function Get-Acl {
    # The engine has no access rules; those of the lab's key files are in the state.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string[]]$LiteralPath)
    $rules = @(Invoke-Lab -Name 'Get-Acl' -Bound @{ Path = $LiteralPath[0] } -Caller $PSCmdlet | ForEach-Object {
            $account = New-Object -TypeName psobject -Property @{ Value = $_.sid; Name = $_.name }
            $account | Add-Member -MemberType ScriptMethod -Name Translate -Value {
                param($Type)
                if ($Type -ne [System.Security.Principal.NTAccount]) { throw "not into a $Type" }
                if ($null -eq $this.Name) { throw 'Some or all identity references could not be translated.' }
                New-Object -TypeName psobject -Property @{ Value = $this.Name }
            }
            $kind = 'Deny'
            if ($_.allow) { $kind = 'Allow' }
            $told = @{ IdentityReference = $account; AccessControlType = $kind; FileSystemRights = $_.rights }
            New-Object -TypeName psobject -Property $told
        })
    $security = New-Object -TypeName psobject -Property @{ Rules = $rules }
    $security | Add-Member -MemberType ScriptMethod -Name GetAccessRules -Value {
        param($Own, $Inherited, $Type)
        $by_sid = $Type -eq [System.Security.Principal.SecurityIdentifier]
        if (-not $Own -or -not $Inherited -or -not $by_sid) { throw 'the lab tells all rules by SID' }
        $this.Rules
    }
    return $security
}

function Get-WinEvent {
    # The engine has no event log. https://learn.microsoft.com/powershell/module/microsoft.powershell.diagnostics/get-winevent
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$FilterHashtable, [long]$MaxEvents)
    $wanted = $FilterHashtable
    if ($wanted.LogName -ne 'Lync Server' -or $wanted.ProviderName -ne 'LS Storage Service') { throw 'no event of the lab' }
    if ($wanted.StartTime -isnot [datetime] -or -not $MaxEvents) { throw 'the lab has no end of events' }
    Invoke-Lab -Name 'Get-WinEvent' -Bound @{ } -Caller $PSCmdlet | Select-Object -First $MaxEvents
}

class LabResponse { [int]$StatusCode }
class LabWebException : System.Exception {
    [LabResponse]$Response
    LabWebException([string]$Message, [int]$StatusCode) : base($Message) { $this.Response = [LabResponse]@{ StatusCode = $StatusCode } }
}

function Invoke-WebRequest {
    # Nothing leaves this machine. What fails does so as in Windows PowerShell 5.1.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][uri]$Uri, [switch]$UseBasicParsing, [int]$MaximumRedirection = 5, [int]$TimeoutSec)
    if (-not $UseBasicParsing -or $MaximumRedirection -ne 0 -or -not $TimeoutSec) { throw 'the lab follows no redirect' }
    $answer = Invoke-Lab -Name 'Invoke-WebRequest' -Bound @{ Uri = $Uri.OriginalString } -Caller $PSCmdlet
    if (@('ok', 'page') -contains $answer.Outcome) {
        $headers = @{ 'Content-Type' = $answer.ContentType }
        return New-Object -TypeName psobject -Property @{ StatusCode = $answer.StatusCode; Headers = $headers }
    }
    $id = 'WebCmdletWebResponseException'
    if ($answer.Outcome -eq 'redirect') { $id = 'MaximumRedirectExceeded' }
    if ($answer.StatusCode) { $exception = New-Object -TypeName LabWebException -ArgumentList $answer.Message, $answer.StatusCode }
    elseif ($answer.Failure) {
        $status = [System.Net.WebExceptionStatus]$answer.Failure
        $exception = New-Object -TypeName System.Net.WebException -ArgumentList $answer.Message, $status
    }
    else { $exception = New-Object -TypeName System.InvalidOperationException -ArgumentList $answer.Message }
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, $id, 'InvalidOperation', $Uri
    $PSCmdlet.ThrowTerminatingError($record)
}
"""
# What the module has beside the cmdlets of the product, in place of what the engine has not.
_WINDOWS = ("Get-Item", "Remove-Item", "Get-ItemProperty", "Get-Content", "Get-ChildItem", "Get-Acl", "Get-WinEvent", "Invoke-WebRequest")
# What a key of Windows tells of itself: the name of its file, by which key_files.py calls it too.
_KEY_TYPES = r"""<?xml version="1.0" encoding="utf-8"?>
<Types>
  <Type>
    <Name>System.Security.Cryptography.RSA</Name>
    <Members>
      <ScriptProperty>
        <Name>LabFileName</Name>
        <GetScriptBlock>
          $hash = [System.Security.Cryptography.SHA256]::Create().ComputeHash($this.ExportParameters($false).Modulus)
          [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
        </GetScriptBlock>
      </ScriptProperty>
      <ScriptProperty>
        <Name>CspKeyContainerInfo</Name>
        <GetScriptBlock>
          $path = "$env:ProgramData/Microsoft/Crypto/RSA/MachineKeys/$($this.LabFileName)"
          if (Test-Path -LiteralPath $path) { New-Object -TypeName psobject -Property @{ UniqueKeyContainerName = $this.LabFileName } }
        </GetScriptBlock>
      </ScriptProperty>
      <ScriptProperty>
        <Name>Key</Name>
        <GetScriptBlock>
          $name = '\\.\a token'
          if (Test-Path -LiteralPath "$env:ProgramData/Microsoft/Crypto/Keys/$($this.LabFileName)") { $name = $this.LabFileName }
          New-Object -TypeName psobject -Property @{ UniqueName = $name }
        </GetScriptBlock>
      </ScriptProperty>
    </Members>
  </Type>
</Types>
"""


def write(folder: Path, name: str, lacks: Collection[str] = ()) -> Path:
    """Write the module of that name below the folder, which belongs on PSModulePath; the module's own folder.

    lacks: cmdlets that the module does not have.
    """
    module = folder / name
    module.mkdir(parents=True, exist_ok=True)
    functions = "\n".join(
        function(cmdlet, signature, f"Invoke-Lab -Name '{cmdlet}' -Bound $PSBoundParameters -Caller $PSCmdlet")
        for cmdlet, signature in SIGNATURES.items()
        if cmdlet not in lacks
    )
    exported = ", ".join(f"'{cmdlet}'" for cmdlet in (*SIGNATURES, *_WINDOWS) if cmdlet not in lacks)
    text = f"{_SUPPORT}\n{functions}\nExport-ModuleMember -Function {exported}\n"
    (module / f"{name}.psm1").write_text(text, encoding="ascii")
    (module / f"{name}.types.ps1xml").write_text(_KEY_TYPES, encoding="ascii")
    manifest = (
        f"@{{ ModuleVersion = '1.0'; RootModule = '{name}.psm1'; TypesToProcess = '{name}.types.ps1xml'; FunctionsToExport = '*' }}\n"
    )
    (module / f"{name}.psd1").write_text(manifest, encoding="ascii")
    return module


def function(cmdlet: str, signature: dict[str, Any], body: str) -> str:
    """A function with the cmdlet's parameters, which does what the body says."""
    sets: dict[str, dict[str, Any]] = signature["parameter_sets"]
    process = ", SupportsShouldProcess = $true" if any("WhatIf" in parameters for parameters in sets.values()) else ""
    lines = [_parameter(cmdlet, name, sets) for name in dict.fromkeys(name for parameters in sets.values() for name in parameters)]
    parameters = ",\n".join(line for line in lines if line)
    binding = f"DefaultParameterSetName = '{default_set(cmdlet)}'{process}"
    return f"function {cmdlet} {{\n    [CmdletBinding({binding})]\n    param(\n{parameters}\n    )\n    process {{ {body} }}\n}}\n"


def _parameter(cmdlet: str, name: str, sets: dict[str, dict[str, Any]]) -> str:
    holders = {set_name: parameters[name] for set_name, parameters in sets.items() if name in parameters}
    kind = str(next(iter(holders.values()))["type"])
    if name in _COMMON:
        return ""
    attributes = [
        f"        [Parameter(ParameterSetName = '{set_name}'{', Mandatory = $true' if entry['mandatory'] else ''}"
        f"{', Position = 0' if entry['positional'] else ''}{_PIPELINE.get(entry.get('pipeline', ''), '')})]"
        for set_name, entry in holders.items()
    ]
    choices = accepted(cmdlet, name, kind)
    if choices:
        attributes.append("        [ValidateSet(" + ", ".join(f"'{choice}'" for choice in choices) + ")]")
    if kind not in _TYPES:
        attributes.append("        [AllowEmptyString()]")
    base = _TYPES.get(kind.removesuffix("[]"), "string") + ("[]" if kind.endswith("[]") else "")
    return "\n".join([*attributes, f"        [{base}]${name}"])
