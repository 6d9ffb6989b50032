# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs a list of allowed management cmdlets and answers with plain data. Private to the collection. What it needs of the server's
# certificates is in _CsCertificateStore, what it signs in _CsAssertion, what it reads of the server in _CsServerSettings; cs_invoke.ps1
# brings all four.
# Windows PowerShell 5.1, ASCII only. The request and the answer are described in docs/architecture.md.

# What the session was given must not change what is done here.
Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'
$WhatIfPreference = $false
$PSDefaultParameterValues = @{ }

$script:AllowedCommands = @(
    'Get-CsOAuthServer', 'New-CsOAuthServer', 'Set-CsOAuthServer', 'Remove-CsOAuthServer',
    'Get-CsPartnerApplication', 'New-CsPartnerApplication', 'Set-CsPartnerApplication', 'Remove-CsPartnerApplication',
    'Get-CsOAuthConfiguration', 'Set-CsOAuthConfiguration',
    'Get-CsCertificate', 'Get-CsService', 'Get-CsSipDomain', 'Get-CsServerVersion', 'Get-CsManagementStoreReplicationStatus',
    'Read-Certificate', 'Read-CertificateCheck', 'Read-Server',
    # The Front Ends of the topology.
    'Get-CsComputer',
    # What the server itself has.
    'Get-CsServerPatchVersion', 'Read-ServerSetting',
    # A roll of the OAuthTokenIssuer certificate.
    'Set-CsCertificate', 'Remove-CsCertificate', 'New-StoreCertificate', 'Import-StoreCertificate', 'Remove-StoreCertificate',
    # Proof of the trust.
    'New-Assertion', 'Test-CsExStorageConnectivity'
)
# The identifier of Get-Command for what is missing; a command that a cmdlet itself misses has another one.
$script:CommandMissing = 'CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand'
# A kind that ends in '?' is of a property that an object need not have.
$script:Kinds = @('text', 'flag', 'number', 'time', 'list', 'typed')
# The rows of an object that was looked at again after it was written.
$script:After = 'after'
# Of WebException, SqlException, COMException and Win32Exception, and of every exception.
$script:Codes = @('Status', 'Number', 'NativeErrorCode', 'HResult')
$script:MostCauses = 10
# How an AuthToken shows its value where only its text is known.
$script:ShownValue = 'Value='
$script:Commands = $null
# By call, of what the cmdlets returned; nothing where nobody asked.
$script:Shapes = $null

function Add-Unrolled {
    # Puts a value into a list; of arrays within arrays, what they hold.
    param([System.Collections.ArrayList]$Into, $Value)
    if ($null -eq $Value) { return }
    if ($Value -isnot [System.Collections.IList]) { [void]$Into.Add($Value) }
    else { foreach ($item in $Value) { Add-Unrolled -Into $Into -Value $item } }
}

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
            $items = New-Object -TypeName System.Collections.ArrayList
            foreach ($item in $Value) { Add-Unrolled -Into $items -Value $item }
            foreach ($item in $items) { [void]$texts.Add([string]$item) }
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
            if ($inner) { $text = $inner.get_Value() }
            if ($null -ne $text) { $text = [string]$text }
            $Row[$Name] = @{ type = [string]$Value.PSObject.TypeNames[0]; text = [string]$Value; value = $text }
        }
    }
}

function New-Failure {
    # An error that says what is wrong with what a cmdlet returned, or that a cmdlet is not there.
    param([string]$Message, [string]$Id, [System.Management.Automation.ErrorCategory]$Category)
    $exception = New-Object -TypeName System.InvalidOperationException -ArgumentList $Message
    return New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, $Id, $Category, $null
}

function Get-ObjectName {
    # How a returned object is named in a message: the first wanted text that it tells, and its type.
    param($Object, $Select)
    $type = [string]$Object.PSObject.TypeNames[0]
    foreach ($wanted in $Select.PSObject.Properties) {
        if ($wanted.Value -notlike 'text*') { continue }
        try { $text = [string]$Object.PSObject.Properties[$wanted.Name].get_Value() }
        catch { continue }
        if ($text) { return "'$text' ($type)" }
    }
    return "a $type"
}

function ConvertTo-Row {
    # The wanted properties of one returned object as plain data, or nothing where it has none of them. A property that cannot be read
    # or is not there is an error: as null it would be taken for a setting that is empty.
    param($Object, $Select)
    $row = @{ }
    $missing = $null
    $known = $false
    foreach ($wanted in $Select.PSObject.Properties) {
        $kind = $wanted.Value.TrimEnd('?')
        $name = $wanted.Name
        $value = $null
        try {
            if ($name -eq '*') {
                $known = $true
                $name = 'text'
                $value = $Object
            }
            else {
                $property = $Object.PSObject.Properties[$name]
                if ($property) {
                    $known = $true
                    # Unlike .Value this does not swallow what the getter throws.
                    $value = $property.get_Value()
                }
                elseif ($kind -eq $wanted.Value -and $null -eq $missing) { $missing = $name }
            }
            Add-Projection -Row $row -Name $name -Value $value -Kind $kind
        }
        catch {
            $reason = $_.Exception.GetBaseException().Message
            $message = "it returned $(Get-ObjectName -Object $Object -Select $Select), whose $($wanted.Name) cannot be read: $reason"
            throw (New-Failure -Message $message -Id 'UnreadableProperty' -Category InvalidResult)
        }
    }
    if (-not $known) { return $null }
    if ($missing) {
        $message = "it returned $(Get-ObjectName -Object $Object -Select $Select), which has no property $missing"
        throw (New-Failure -Message $message -Id 'MissingProperty' -Category InvalidResult)
    }
    return $row
}

function Add-Cause {
    # The exception and those that it comes from: each one's type, and its own code where it has one. Unlike messages they have no language.
    param([System.Collections.ArrayList]$Into, $Exception)
    while ($null -ne $Exception -and $Into.Count -lt $script:MostCauses) {
        $code = $null
        foreach ($name in $script:Codes) {
            $property = $Exception.PSObject.Properties[$name]
            if ($null -eq $property) { continue }
            try { $code = [string]$property.get_Value() }
            catch { continue }
            break
        }
        [void]$Into.Add(@{ type = [string]$Exception.GetType().FullName; code = $code })
        $Exception = $Exception.InnerException
    }
}

function ConvertTo-Failure {
    param($Call, $ErrorRecord)
    $causes = New-Object -TypeName System.Collections.ArrayList
    Add-Cause -Into $causes -Exception $ErrorRecord.Exception
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
        causes    = $causes.ToArray()
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

function Find-Use {
    # For what the server has a certificate assigned, now or until its successor takes over, or had it before; nothing where it has not.
    # The type of the farm's own certificate is asked for too, since the reference does not say that the other call tells of it.
    param([string]$Thumbprint, [System.Collections.ArrayList]$Warnings)
    $select = @{ Use = 'text?'; Thumbprint = 'text'; PreviousThumbprint = 'text' }
    foreach ($asked in @{ Type = @('OAuthTokenIssuer') }, @{ }) {
        foreach ($row in @(Read-Property -Cmdlet 'Get-CsCertificate' -Parameters $asked -Select $select -Warnings $Warnings)) {
            if ($null -eq $row -or ($row['Thumbprint'] -ne $Thumbprint -and $row['PreviousThumbprint'] -ne $Thumbprint)) { continue }
            if ($row['Use']) { return $row['Use'] }
            return 'its use is not told'
        }
    }
}

function Add-Shape {
    # Of each type of what a cmdlet returned how many objects there are, and the properties; none of those is read.
    param([hashtable]$Into, [string]$Id, [System.Collections.ArrayList]$Output)
    $shapes = New-Object -TypeName System.Collections.ArrayList
    foreach ($object in $Output) {
        $type = [string]$object.PSObject.TypeNames[0]
        $known = $null
        foreach ($shape in $shapes) { if ($shape.type -ceq $type) { $known = $shape } }
        if ($known) {
            $known.count++
            continue
        }
        $properties = New-Object -TypeName System.Collections.ArrayList
        foreach ($property in $object.PSObject.Properties) {
            $declared = $null
            # That of a property that a script computes may not be known.
            try { $declared = [string]$property.TypeNameOfValue }
            catch { $declared = $null }
            # What the type itself declares, and nobody added.
            $own = [string]$property.MemberType -eq 'Property'
            [void]$properties.Add(@{ name = [string]$property.Name; type = $declared; own = $own })
        }
        [void]$shapes.Add(@{ type = $type; count = 1; properties = $properties.ToArray() })
    }
    $Into[$Id] = $shapes.ToArray()
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
    elseif ($Call.cmdlet -eq 'Read-ServerSetting') {
        Read-ServerSetting -Parameters $Call.parameters -Answers $Answers -Rows $rows
    }
    elseif ($Call.cmdlet -eq 'Read-CertificateCheck') {
        Read-CertificateCheck -Parameters $Call.parameters -Answers $Answers -Rows $rows
    }
    elseif ($Call.cmdlet -eq 'New-StoreCertificate') {
        [void]$rows.Add((New-StoreCertificate -Parameters $Call.parameters))
    }
    elseif ($Call.cmdlet -eq 'Import-StoreCertificate') {
        [void]$rows.Add((Import-StoreCertificate -Parameters $Call.parameters))
    }
    elseif ($Call.cmdlet -eq 'Remove-StoreCertificate') {
        # What the server has assigned for any use now stays, whatever was known when the request was made.
        $use = Find-Use -Thumbprint ([string]$Call.parameters.thumbprint) -Warnings $Warnings
        if ($use) {
            $message = "the server has the certificate $($Call.parameters.thumbprint) assigned ($use)"
            throw (New-Failure -Message $message -Id 'CertificateInUse' -Category ResourceBusy)
        }
        [void]$rows.Add((Remove-StoreCertificate -Parameters $Call.parameters))
    }
    elseif ($Call.cmdlet -eq 'New-Assertion') {
        Add-AssertionRow -Parts $Call.parameters -Rows $rows -Warnings $Warnings -Read ${function:Read-Property}
    }
    else {
        $command = $script:Commands[[string]$Call.cmdlet]
        if ($null -eq $command) {
            $message = "The term '$($Call.cmdlet)' is not recognized as the name of a cmdlet."
            throw (New-Failure -Message $message -Id $script:CommandMissing -Category ObjectNotFound)
        }
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
        # Nobody is there to answer a question, and a function of a script module has the session's preferences.
        if ($command.Parameters.ContainsKey('Confirm')) { $parameters['Confirm'] = $false }
        if ($command.Parameters.ContainsKey('Force')) { $parameters['Force'] = $true }
        if ($command.Parameters.ContainsKey('WhatIf')) { $parameters['WhatIf'] = $false }
        $said = $null
        $output = New-Object -TypeName System.Collections.ArrayList
        try {
            & $command @parameters -ErrorAction Stop -WarningAction SilentlyContinue -WarningVariable said |
                ForEach-Object -Process { Add-Unrolled -Into $output -Value $_ }
        }
        finally {
            # A call that fails may have warned before.
            foreach ($warning in $said) { [void]$Warnings.Add([string]$warning) }
        }
        if ($null -ne $script:Shapes) { Add-Shape -Into $script:Shapes -Id ([string]$Call.id) -Output $output }
        if ($Call.select -and @($Call.select.PSObject.Properties).Count) {
            $foreign = New-Object -TypeName System.Collections.ArrayList
            foreach ($object in $output) {
                $row = ConvertTo-Row -Object $object -Select $Call.select
                if ($null -ne $row) { [void]$rows.Add($row) }
                else { [void]$foreign.Add([string]$object.PSObject.TypeNames[0]) }
            }
            if ($foreign.Count -and $rows.Count -eq 0) {
                # None of what was asked for may be all that there is, or what failed to be listed.
                $message = "it returned a $($foreign[0]), which has none of the properties that were asked for, and nothing else"
                throw (New-Failure -Message $message -Id 'ForeignObject' -Category InvalidResult)
            }
            foreach ($type in $foreign) {
                $message = "$($Call.cmdlet) returned a $type, which has none of the properties that were asked for; it was left out."
                [void]$Warnings.Add($message)
            }
        }
    }
    $Answers[[string]$Call.id] = $rows.ToArray()
}

function ConvertTo-Comparable {
    # A value of a row, or what the caller saw of it, as a text: letter case and surrounding blanks do not matter, empty equals none.
    param($Value, [string]$Kind)
    if ($null -eq $Value) { return '' }
    if ($Kind -eq 'list') {
        $parts = @($Value | ForEach-Object { ([string]$_).Split(';') } | ForEach-Object { $_.Trim() } | Where-Object { $_ })
        return ($parts -join ';').ToUpperInvariant()
    }
    if ($Kind -eq 'typed') {
        $inner = [string]$Value.value
        $text = [string]$Value.text
        if (-not $inner -and $text.StartsWith($script:ShownValue)) { $inner = $text.Substring($script:ShownValue.Length) }
        return (([string]$Value.type).Trim() + ' ' + $inner.Trim()).Trim().ToUpperInvariant()
    }
    return ([string]$Value).Trim().ToUpperInvariant()
}

function Find-Row {
    # The row of the object of that identity, or nothing.
    param($Rows, [string]$Identity)
    $wanted = ConvertTo-Comparable -Value $Identity -Kind 'text'
    foreach ($row in $Rows) {
        if ((ConvertTo-Comparable -Value $row['Identity'] -Kind 'text') -eq $wanted) { return $row }
    }
    return $null
}

function Test-Row {
    # Whether a row has the values that the caller saw.
    param($Write, $Row, $Seen)
    foreach ($value in $Seen.PSObject.Properties) {
        $kind = ([string]$Write.look.select.PSObject.Properties[$value.Name].Value).TrimEnd('?')
        $there = ConvertTo-Comparable -Value $Row[$value.Name] -Kind $kind
        if ($there -cne (ConvertTo-Comparable -Value $value.Value -Kind $kind)) { return $false }
    }
    return $true
}

function Test-Seen {
    # Whether the object is as the caller saw it: not there, or with these values. Without an identity all rows together are the object.
    param($Write, $Rows)
    if ($null -eq $Write.identity) {
        $told = @($Write.seen)
        if (@($Rows).Count -ne $told.Count) { return $false }
        for ($at = 0; $at -lt $told.Count; $at++) {
            if (-not (Test-Row -Write $Write -Row @($Rows)[$at] -Seen $told[$at])) { return $false }
        }
        return $true
    }
    $row = Find-Row -Rows $Rows -Identity $Write.identity
    if ($null -eq $row -or $null -eq $Write.seen) { return ($null -eq $row -and $null -eq $Write.seen) }
    return (Test-Row -Write $Write -Row $row -Seen $Write.seen)
}

function Invoke-Look {
    # Reads the object again; whether it could be read.
    param($Write, [hashtable]$Answer, [System.Collections.ArrayList]$Warnings)
    $read = @{ }
    $Answer.answers.Remove($script:After)
    try { Invoke-Call -Call $Write.look -Answers $read -Warnings $Warnings }
    catch {
        if ($null -eq $Answer.failure) { $Answer.failure = ConvertTo-Failure -Call $Write.look -ErrorRecord $_ }
        $Answer.write.unread = [string]$_.Exception.Message
        return $false
    }
    $Answer.answers[$script:After] = $read[[string]$Write.look.id]
    return $true
}

function Invoke-Write {
    # Changes one object where it is as the caller saw it, and looks at it afterwards. Where a cmdlet failed and the object is gone, it is
    # made again as it was; it is looked at before anything is done, since a cmdlet that failed may have done its work.
    param($Write, [hashtable]$Answer, [System.Collections.ArrayList]$Warnings)
    try { Invoke-Call -Call $Write.look -Answers $Answer.answers -Warnings $Warnings }
    catch {
        $Answer.failure = ConvertTo-Failure -Call $Write.look -ErrorRecord $_
        return
    }
    $Answer.write = @{ state = 'stale'; restored = @(); unread = $null }
    if (-not (Test-Seen -Write $Write -Rows $Answer.answers[[string]$Write.look.id])) { return }
    $Answer.write.state = 'done'
    foreach ($call in $Write.calls) {
        try { Invoke-Call -Call $call -Answers $Answer.answers -Warnings $Warnings }
        catch {
            $Answer.failure = ConvertTo-Failure -Call $call -ErrorRecord $_
            $Answer.write.state = 'failed'
            break
        }
    }
    $looked = Invoke-Look -Write $Write -Answer $Answer -Warnings $Warnings
    if ($Answer.write.state -eq 'done') { return }
    $restored = New-Object -TypeName System.Collections.ArrayList
    foreach ($step in $Write.restore) {
        if ($null -eq $step -or -not $looked) { break }
        $rows = $Answer.answers[$script:After]
        # The first step makes what is gone; each further one is for what those before it left different.
        if ($restored.Count -eq 0 -and $null -ne (Find-Row -Rows $rows -Identity $Write.identity)) { break }
        if ($restored.Count -and (Test-Seen -Write $Write -Rows $rows)) { break }
        $report = @{ id = $step.id; cmdlet = $step.cmdlet; ok = $true; message = $null }
        try { Invoke-Call -Call $step -Answers @{ } -Warnings $Warnings }
        catch {
            $report.ok = $false
            $report.message = [string]$_.Exception.Message
        }
        [void]$restored.Add($report)
        $looked = Invoke-Look -Write $Write -Answer $Answer -Warnings $Warnings
    }
    $Answer.write.restored = $restored.ToArray()
}

function Find-RequestProblem {
    # The failure of a request that cannot be run, or nothing; looked for before anything runs.
    param($Request)
    $problem = @{ id = $null; cmdlet = $null; message = $null; error_id = 'InvalidRequest'; category = 'InvalidRequest'; parameter = $null }
    if ($null -eq $Request -or -not $Request.modules -or -not ($Request.calls -or $Request.write)) {
        $problem.message = 'The request names no modules or no calls.'
        return $problem
    }
    $seen = @{ }
    $write = $Request.write
    $steps = @(@($Request.calls) + @($write.look) + @($write.calls) + @($write.restore) | Where-Object { $null -ne $_ })
    foreach ($step in $steps) {
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
                if ($script:Kinds -notcontains ([string]$wanted.Value).TrimEnd('?')) {
                    $problem.message = "The kind '$($wanted.Value)' of $($wanted.Name) is not known."
                    return $problem
                }
            }
        }
        if ($seen.ContainsKey([string]$step.id) -or $step.id -eq $script:After) {
            $problem.message = "The id '$($step.id)' is used twice."
            return $problem
        }
        $seen[[string]$step.id] = $true
    }
    if ($write) {
        $problem.id = $null
        $problem.cmdlet = $null
        $known = @($write.look.select.PSObject.Properties | ForEach-Object { $_.Name })
        $unknown = @($write.seen | Where-Object { $_ } | ForEach-Object { $_.PSObject.Properties } | Where-Object { $known -notcontains $_.Name })
        # Where all rows are the object, nothing tells how to make one of them again.
        if ($null -eq $write.identity) { $named = $write.seen -is [array] -and -not $write.restore }
        else { $named = $write.identity -and $known -contains 'Identity' }
        if (-not $write.look -or -not $named -or -not $write.calls -or $unknown.Count) {
            $problem.message = 'A change needs the object that it changes, what was seen of it and calls.'
            return $problem
        }
    }
    return $null
}

function Enable-ModernTls {
    # For what this process downloads: Windows PowerShell offers TLS 1.0 at most where neither .NET nor the registry says otherwise.
    # https://learn.microsoft.com/dotnet/framework/network-programming/tls
    $allowed = [System.Net.ServicePointManager]::SecurityProtocol
    # Zero leaves it to Windows.
    if ([int]$allowed -ne 0) {
        [System.Net.ServicePointManager]::SecurityProtocol = $allowed -bor [System.Net.SecurityProtocolType]::Tls12
    }
}

function Import-ManagementModule {
    # Imports the first of the modules that brings commands. One that writes errors and works all the same is used, with a warning.
    param($Names, [hashtable]$Answer, [System.Collections.ArrayList]$Warnings)
    $reasons = New-Object -TypeName System.Collections.ArrayList
    $errorId = $null
    $category = 'ModuleMissing'
    foreach ($name in $Names) {
        $module = $null
        $before = $global:Error.Count
        $preference = $global:ErrorActionPreference
        try {
            # A module's own text has the session's preference; with Stop an error that it only writes would end it.
            $global:ErrorActionPreference = 'Continue'
            $quiet = @{ ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
            $module = Import-Module -Name $name -Global -PassThru -DisableNameChecking @quiet | Select-Object -First 1
        }
        catch { $module = $null }
        finally { $global:ErrorActionPreference = $preference }
        # What was written and what was thrown; the newest is the first.
        $problems = @($global:Error | Select-Object -First ([math]::Max(0, $global:Error.Count - $before)))
        $problems = @($problems | ForEach-Object { if ($_ -is [System.Management.Automation.ErrorRecord]) { $_ } else { $_.ErrorRecord } })
        [array]::Reverse($problems)
        $messages = @($problems | ForEach-Object { $_.Exception.Message } | Select-Object -Unique)
        if ($module -and $module.ExportedCommands.Count) {
            foreach ($message in $messages) { [void]$Warnings.Add("The module $name wrote an error while it was imported: $message") }
            $Answer.module = [string]$name
            $script:Commands = $module.ExportedCommands
            return
        }
        if ($messages.Count -eq 0) { $messages = @('It has no commands.') }
        [void]$reasons.Add("${name}: " + ($messages -join ' '))
        $found = @($problems | Where-Object { $_.FullyQualifiedErrorId -notlike 'Modules_ModuleNotFound*' })
        if ($problems.Count -eq 0 -or $found.Count) { $category = 'ModuleFailed' }
        if ($found.Count) { $errorId = [string]$found[0].FullyQualifiedErrorId }
        elseif ($problems.Count -and $null -eq $errorId) { $errorId = [string]$problems[0].FullyQualifiedErrorId }
    }
    $Answer.failure = @{
        id = $null; cmdlet = 'Import-Module'; message = ($reasons.ToArray() -join ' '); category = $category; error_id = [string]$errorId
        parameter = $null
    }
}

function Invoke-ManagementRequest {
    # The answer to a request, as one line of ASCII JSON.
    [CmdletBinding()]
    param([string]$Request)
    $answer = @{ changed = $false; module = $null; answers = @{ }; unknown = @{ }; failure = $null; write = $null; warnings = @() }
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
    $script:Shapes = $null
    if ($document.observe) { $script:Shapes = $answer.shapes = @{ } }
    Enable-ModernTls
    if ($null -eq $answer.failure) { Import-ManagementModule -Names $document.modules -Answer $answer -Warnings $warnings }
    # For a bundle everything is read that can be read, and every failure is told; the first one stays what the request failed with.
    $failures = $null
    if ($document.observe -and -not $document.write -and $null -eq $answer.failure) {
        $failures = New-Object -TypeName System.Collections.ArrayList
    }
    foreach ($call in $document.calls) {
        if ($answer.failure -and $null -eq $failures) { break }
        try { Invoke-Call -Call $call -Answers $answer.answers -Warnings $warnings }
        catch {
            $failure = ConvertTo-Failure -Call $call -ErrorRecord $_
            $absent = $failure.error_id -eq $script:CommandMissing
            if ($null -ne $failures) { [void]$failures.Add($failure) }
            if ($call.tolerant -or ($call.optional -and $absent)) { $answer.unknown[[string]$call.id] = $failure.message }
            elseif ($null -eq $answer.failure) { $answer.failure = $failure }
        }
    }
    if ($null -ne $failures) { $answer.failures = $failures.ToArray() }
    if ($document.write -and $null -eq $answer.failure) { Invoke-Write -Write $document.write -Answer $answer -Warnings $warnings }
    $answer.warnings = $warnings.ToArray()
    $json = ConvertTo-Json -InputObject $answer -Depth 10 -Compress
    # Console code pages of the server differ, so only ASCII leaves it.
    return [regex]::Replace($json, '[^\x20-\x7e]', { param($match) '\u{0:x4}' -f [int][char]$match.Value })
}

Export-ModuleMember -Function Invoke-ManagementRequest
