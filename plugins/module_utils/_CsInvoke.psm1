# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs a list of allowed management cmdlets and answers with plain data. Private to the collection. What it needs of the server's
# certificates is in _CsCertificateStore, what it signs in _CsAssertion; cs_invoke.ps1 brings all three.
# Windows PowerShell 5.1, ASCII only. The request and the answer are described in docs/architecture.md.

$script:AllowedCommands = @(
    'Get-CsOAuthServer', 'New-CsOAuthServer', 'Set-CsOAuthServer', 'Remove-CsOAuthServer',
    'Get-CsPartnerApplication', 'New-CsPartnerApplication', 'Set-CsPartnerApplication', 'Remove-CsPartnerApplication',
    'Get-CsOAuthConfiguration', 'Set-CsOAuthConfiguration',
    'Get-CsCertificate', 'Get-CsService', 'Get-CsSipDomain', 'Get-CsServerVersion', 'Get-CsManagementStoreReplicationStatus',
    'Read-Certificate', 'Read-Server',
    # A roll of the OAuthTokenIssuer certificate.
    'Set-CsCertificate', 'Remove-CsCertificate', 'New-StoreCertificate', 'Import-StoreCertificate',
    # Proof of the trust.
    'New-Assertion', 'Test-CsExStorageConnectivity'
)
# What Get-Command says in any language; a command that a cmdlet itself misses has another identifier.
$script:CommandMissing = 'CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand'
$script:Kinds = @('text', 'flag', 'number', 'time', 'list', 'typed')

function Add-Projection {
    # Puts one property into a row as plain data. It writes into the row, since an array that leaves a function is wrapped
    # and ConvertTo-Json of 5.1 would show the wrapper.
    param([hashtable]$Row, [string]$Name, $Value, [string]$Kind)
    if ($Kind -eq 'list') {
        $texts = New-Object -TypeName System.Collections.ArrayList
        if ($Value -is [string] -or $Value -is [System.Collections.IDictionary] -or $Value -isnot [System.Collections.IEnumerable]) {
            if ($null -ne $Value) { [void]$texts.Add([string]$Value) }
        }
        else {
            foreach ($item in $Value) { if ($null -ne $item) { [void]$texts.Add([string]$item) } }
        }
        $Row[$Name] = $texts.ToArray()
        return
    }
    if ($null -eq $Value) {
        $Row[$Name] = $null
        return
    }
    switch ($Kind) {
        'text' { $Row[$Name] = [string]$Value }
        'flag' { $Row[$Name] = [System.Convert]::ToBoolean($Value, [cultureinfo]::InvariantCulture) }
        'number' { $Row[$Name] = [System.Convert]::ToInt64($Value, [cultureinfo]::InvariantCulture) }
        'time' { $Row[$Name] = ConvertTo-UtcText -Value $Value }
        'typed' {
            $inner = $Value.PSObject.Properties['Value']
            $text = $null
            if ($inner -and $null -ne $inner.Value) { $text = [string]$inner.Value }
            $Row[$Name] = @{ type = [string]$Value.PSObject.TypeNames[0]; text = [string]$Value; value = $text }
        }
    }
}

function ConvertTo-Failure {
    param($Call, $ErrorRecord)
    $parameter = $null
    $exception = $ErrorRecord.Exception
    if ($exception -is [System.Management.Automation.ParameterBindingException]) { $parameter = ([string]$exception.ParameterName).Trim() }
    return @{
        id        = $Call.id
        cmdlet    = $Call.cmdlet
        message   = [string]$exception.Message
        error_id  = [string]$ErrorRecord.FullyQualifiedErrorId
        category  = [string]$ErrorRecord.CategoryInfo.Category
        parameter = $(if ($parameter) { $parameter } else { $null })
    }
}

function Get-ServerRow {
    $network = [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties()
    $name = $network.HostName
    if ($network.DomainName -and $name -notlike '*.*') { $name = $name + '.' + $network.DomainName }
    return @{
        name       = $name
        time       = ConvertTo-UtcText -Value ([datetime]::UtcNow)
        culture    = [cultureinfo]::CurrentCulture.Name
        powershell = [string]$PSVersionTable.PSVersion
    }
}

function Read-Property {
    # The texts of some properties of what a cmdlet returns, as rows.
    param([string]$Cmdlet, [hashtable]$Parameters, [hashtable]$Select, [System.Collections.ArrayList]$Warnings)
    $answers = @{ }
    $call = New-Object -TypeName psobject -Property @{
        id = 'inner'; cmdlet = $Cmdlet
        parameters = New-Object -TypeName psobject -Property $Parameters
        select = New-Object -TypeName psobject -Property $Select
    }
    Invoke-Call -Call $call -Answers $answers -Warnings $Warnings
    return $answers['inner']
}

function Invoke-Call {
    # Runs one call and puts its rows into the answers; what fails is thrown.
    param($Call, [hashtable]$Answers, [System.Collections.ArrayList]$Warnings)
    $rows = New-Object -TypeName System.Collections.ArrayList
    if ($Call.cmdlet -eq 'Read-Server') {
        [void]$rows.Add((Get-ServerRow))
    }
    elseif ($Call.cmdlet -eq 'Read-Certificate') {
        Read-StoreCertificate -Parameters $Call.parameters -Answers $Answers -Rows $rows
    }
    elseif ($Call.cmdlet -eq 'New-StoreCertificate') {
        [void]$rows.Add((New-StoreCertificate -Parameters $Call.parameters))
    }
    elseif ($Call.cmdlet -eq 'Import-StoreCertificate') {
        [void]$rows.Add((Import-StoreCertificate -Parameters $Call.parameters))
    }
    elseif ($Call.cmdlet -eq 'New-Assertion') {
        Add-AssertionRow -Parts $Call.parameters -Rows $rows -Warnings $Warnings -Read ${function:Read-Property}
    }
    else {
        $command = Get-Command -Name $Call.cmdlet -ErrorAction Stop
        $parameters = @{ }
        if ($Call.parameters) {
            foreach ($given in $Call.parameters.PSObject.Properties) {
                $value = $given.Value
                if ($value -is [System.Management.Automation.PSCustomObject] -and $value.time) {
                    # A real time, since text would be read by the server's own region settings.
                    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
                    $value = [datetime]::Parse([string]$value.time, [cultureinfo]::InvariantCulture, $styles).ToLocalTime()
                }
                $parameters[$given.Name] = $value
            }
        }
        # Nobody is there to answer a question.
        if ($command.Parameters.ContainsKey('Confirm')) { $parameters['Confirm'] = $false }
        if ($command.Parameters.ContainsKey('Force')) { $parameters['Force'] = $true }
        $said = $null
        try {
            $output = @(& $command @parameters -ErrorAction Stop -WarningAction SilentlyContinue -WarningVariable said)
        }
        finally {
            # A call that fails may have warned before.
            foreach ($warning in $said) { [void]$Warnings.Add([string]$warning) }
        }
        foreach ($object in $output) {
            if ($null -eq $object) { continue }
            $row = @{ }
            if ($Call.select) {
                foreach ($wanted in $Call.select.PSObject.Properties) {
                    if ($wanted.Name -eq '*') {
                        Add-Projection -Row $row -Name 'text' -Value $object -Kind $wanted.Value
                        continue
                    }
                    $property = $object.PSObject.Properties[$wanted.Name]
                    $value = $null
                    if ($property) { $value = $property.Value }
                    Add-Projection -Row $row -Name $wanted.Name -Value $value -Kind $wanted.Value
                }
            }
            [void]$rows.Add($row)
        }
    }
    $Answers[[string]$Call.id] = $rows.ToArray()
}

function Find-RequestProblem {
    # The failure of a request that cannot be run, or nothing; looked for before anything runs.
    param($Request)
    $problem = @{ id = $null; cmdlet = $null; message = $null; error_id = 'InvalidRequest'; category = 'InvalidRequest'; parameter = $null }
    if ($null -eq $Request -or -not $Request.modules -or -not $Request.calls) {
        $problem.message = 'The request names no modules or no calls.'
        return $problem
    }
    $seen = @{ }
    foreach ($call in $Request.calls) {
        foreach ($step in @($call) + @($call.undo | Where-Object { $null -ne $_ })) {
            $problem.id = $step.id
            $problem.cmdlet = $step.cmdlet
            if (-not $step.id -or -not $step.cmdlet) {
                $problem.message = 'A call has no id or no cmdlet.'
                return $problem
            }
            if ($script:AllowedCommands -notcontains $step.cmdlet) {
                $problem.message = "The cmdlet '$($step.cmdlet)' is not one that this module runs."
                $problem.error_id = 'NotAllowed'
                $problem.category = 'NotAllowed'
                return $problem
            }
            if ($step.select) {
                foreach ($wanted in $step.select.PSObject.Properties) {
                    if ($script:Kinds -notcontains $wanted.Value) {
                        $problem.message = "The kind '$($wanted.Value)' of $($wanted.Name) is not known."
                        return $problem
                    }
                }
            }
        }
        if ($seen.ContainsKey([string]$call.id)) {
            $problem.id = $call.id
            $problem.message = "The id '$($call.id)' is used twice."
            return $problem
        }
        $seen[[string]$call.id] = $true
    }
    return $null
}

function Invoke-ManagementRequest {
    # The answer to a request, as one line of ASCII JSON.
    [CmdletBinding()]
    param([string]$Request)
    $answer = @{ changed = $false; module = $null; answers = @{ }; unknown = @{ }; failure = $null; undone = @(); warnings = @() }
    $warnings = New-Object -TypeName System.Collections.ArrayList
    $document = $null
    try {
        $document = ConvertFrom-Json -InputObject $Request -ErrorAction Stop
        $answer.failure = Find-RequestProblem -Request $document
    }
    catch {
        $answer.failure = @{
            id = $null; cmdlet = $null; message = "The request is not JSON: $($_.Exception.Message)"
            error_id = 'InvalidRequest'; category = 'InvalidRequest'; parameter = $null
        }
    }
    if ($null -eq $answer.failure) {
        $reasons = New-Object -TypeName System.Collections.ArrayList
        $category = 'ModuleMissing'
        foreach ($name in $document.modules) {
            try {
                Import-Module -Name $name -Global -ErrorAction Stop -WarningAction SilentlyContinue
                $answer.module = [string]$name
                break
            }
            catch {
                $importError = $_
                [void]$reasons.Add([string]$importError.Exception.Message)
                if ($importError.FullyQualifiedErrorId -notlike 'Modules_ModuleNotFound*') { $category = 'ModuleFailed' }
            }
        }
        if ($null -eq $answer.module) {
            $answer.failure = @{
                id = $null; cmdlet = 'Import-Module'; message = ($reasons.ToArray() -join ' '); category = $category
                error_id = [string]$importError.FullyQualifiedErrorId; parameter = $null
            }
        }
    }
    if ($null -eq $answer.failure) {
        $undo = New-Object -TypeName System.Collections.Stack
        $undone = New-Object -TypeName System.Collections.ArrayList
        foreach ($call in $document.calls) {
            try {
                Invoke-Call -Call $call -Answers $answer.answers -Warnings $warnings
                if ($call.undo) { $undo.Push($call.undo) }
            }
            catch {
                if ($call.optional -and $_.FullyQualifiedErrorId -eq $script:CommandMissing) {
                    $answer.unknown[[string]$call.id] = [string]$_.Exception.Message
                    continue
                }
                $answer.failure = ConvertTo-Failure -Call $call -ErrorRecord $_
                while ($undo.Count) {
                    foreach ($step in $undo.Pop()) {
                        $report = @{ id = $step.id; cmdlet = $step.cmdlet; ok = $true; message = $null }
                        try { Invoke-Call -Call $step -Answers @{ } -Warnings $warnings }
                        catch {
                            $report.ok = $false
                            $report.message = [string]$_.Exception.Message
                        }
                        [void]$undone.Add($report)
                    }
                }
                break
            }
        }
        $answer.undone = $undone.ToArray()
    }
    $answer.warnings = $warnings.ToArray()
    $json = ConvertTo-Json -InputObject $answer -Depth 10 -Compress
    # Console code pages of the server differ, so only ASCII leaves it.
    return [regex]::Replace($json, '[^\x20-\x7e]', { param($match) '\u{0:x4}' -f [int][char]$match.Value })
}

Export-ModuleMember -Function Invoke-ManagementRequest
