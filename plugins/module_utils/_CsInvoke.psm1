# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs a list of allowed management cmdlets and answers with plain data. Private to the collection.
# Windows PowerShell 5.1, ASCII only. The request and the answer are described in docs/architecture.md.

$script:AllowedCommands = @(
    'Get-CsOAuthServer', 'New-CsOAuthServer', 'Set-CsOAuthServer', 'Remove-CsOAuthServer',
    'Get-CsPartnerApplication', 'New-CsPartnerApplication', 'Set-CsPartnerApplication', 'Remove-CsPartnerApplication',
    'Get-CsOAuthConfiguration', 'Set-CsOAuthConfiguration',
    'Get-CsCertificate', 'Get-CsService', 'Get-CsPool', 'Get-CsSipDomain', 'Get-CsServerVersion', 'Get-CsManagementStoreReplicationStatus',
    'Read-Certificate', 'Read-Server',
    'New-Assertion', 'Test-CsExStorageConnectivity'
)
$script:Kinds = @('text', 'flag', 'number', 'time', 'list', 'typed')

function ConvertTo-UtcText {
    # ISO 8601 in UTC to the second; a time without a kind is the server's local time, and the first year means "never".
    param($Value)
    if ($null -eq $Value -or [string]$Value -eq '') { return $null }
    if ($Value -is [System.DateTimeOffset]) { $time = $Value.UtcDateTime } else { $time = ([datetime]$Value).ToUniversalTime() }
    if ($time.Year -le 1) { return $null }
    return $time.ToString('yyyy-MM-ddTHH:mm:ss', [cultureinfo]::InvariantCulture) + 'Z'
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

function Get-CertificateRow {
    # What is in the computer's own store under a thumbprint. The private key is never touched, only whether it is there.
    param([string]$Thumbprint)
    $row = @{ thumbprint = $Thumbprint; found = $false }
    foreach ($name in 'subject', 'issuer', 'serial_number', 'not_before', 'not_after', 'content', 'key_type', 'key_size',
        'signature_algorithm', 'has_private_key') { $row[$name] = $null }
    $certificate = Get-ChildItem -Path 'Cert:\LocalMachine\My' -ErrorAction Stop |
        Where-Object { $_.Thumbprint -eq $Thumbprint } | Select-Object -First 1
    if ($null -eq $certificate) { return $row }
    $row.found = $true
    $row.subject = [string]$certificate.Subject
    $row.issuer = [string]$certificate.Issuer
    $row.serial_number = [string]$certificate.SerialNumber
    $row.not_before = ConvertTo-UtcText -Value $certificate.NotBefore
    $row.not_after = ConvertTo-UtcText -Value $certificate.NotAfter
    $row.content = [System.Convert]::ToBase64String($certificate.RawData)
    $row.signature_algorithm = [string]$certificate.SignatureAlgorithm.FriendlyName
    $row.has_private_key = [bool]$certificate.HasPrivateKey
    $oid = $certificate.PublicKey.Oid
    $public = $null
    if ($oid.Value -eq '1.2.840.113549.1.1.1') {
        $row.key_type = 'RSA'
        $public = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPublicKey($certificate)
    }
    elseif ($oid.Value -eq '1.2.840.10045.2.1') {
        $row.key_type = 'ECDSA'
        $public = [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPublicKey($certificate)
    }
    else {
        $row.key_type = [string]$oid.FriendlyName
    }
    if ($public) {
        # Some key classes override only the setter, which hides the getter from PowerShell.
        $row.key_size = [int][System.Security.Cryptography.AsymmetricAlgorithm].GetProperty('KeySize').GetValue($public, $null)
    }
    return $row
}

# --- Proof of the trust: short-lived assertions, signed with the farm's own key, which never leaves the server ---
# This must not become a way to have anything signed. The caller chooses from a few checked parts; the header and the claims are made
# here, the audience is always the authorization server, the issuer is always this farm, and only an OAuthTokenIssuer certificate signs.

$script:AuthorizationServer = '00000001-0000-0000-c000-000000000000'
$script:SkypeForBusiness = '00000004-0000-0ff1-ce00-000000000000'
$script:ShortestAssertion = 60
$script:LongestAssertion = 600
$script:MostAssertions = 50
$script:HostPattern = '\A(?=.{1,253}\z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z'
$script:GuidPattern = '\A[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\z'

function New-Refusal {
    param([string]$Message, [string]$Id)
    $exception = New-Object -TypeName System.ArgumentException -ArgumentList $Message
    $category = [System.Management.Automation.ErrorCategory]::InvalidArgument
    return New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, $Id, $category, $null
}

function ConvertTo-Base64Url {
    # RFC 7515 appendix C
    param([byte[]]$Bytes)
    return [System.Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_')
}

function ConvertTo-Sealed {
    # A Fernet token (https://github.com/fernet/spec), which only the caller can open: what a server prints is shown by Ansible's
    # connection plugins at the highest verbosity, and an assertion must not be.
    param([string]$Text, [string]$Seal, [long]$Time)
    $key = [System.Convert]::FromBase64String($Seal.Replace('-', '+').Replace('_', '/'))
    $plain = [System.Text.Encoding]::ASCII.GetBytes($Text)
    $aes = [System.Security.Cryptography.Aes]::Create()
    try {
        $aes.Key = [byte[]]$key[16..31]
        $encryptor = $aes.CreateEncryptor()
        $stamp = [System.BitConverter]::GetBytes($Time)
        [array]::Reverse($stamp)
        $body = [byte[]](@([byte]0x80) + $stamp + $aes.IV + $encryptor.TransformFinalBlock($plain, 0, $plain.Length))
        $encryptor.Dispose()
    }
    finally { $aes.Dispose() }
    $mac = New-Object -TypeName System.Security.Cryptography.HMACSHA256 -ArgumentList (, [byte[]]$key[0..15])
    try { $tag = $mac.ComputeHash($body) }
    finally { $mac.Dispose() }
    return [System.Convert]::ToBase64String([byte[]]($body + $tag)).Replace('+', '-').Replace('/', '_')
}

function Find-AssertionProblem {
    # What is wrong with the parts that the caller chose, or nothing.
    param($Parts)
    if ([string]$Parts.application -cnotmatch $script:GuidPattern) { return 'application is not a GUID' }
    if ([string]$Parts.realm -cnotmatch $script:GuidPattern -and [string]$Parts.realm -cnotmatch $script:HostPattern) {
        return 'realm is neither a GUID nor a domain'
    }
    if ([string]$Parts.audience_host -cnotmatch $script:HostPattern) { return 'audience_host is not a host name' }
    if ($Parts.lifetime -isnot [int] -or $Parts.lifetime -lt $script:ShortestAssertion -or $Parts.lifetime -gt $script:LongestAssertion) {
        return "lifetime is not a number of seconds from $($script:ShortestAssertion) to $($script:LongestAssertion)"
    }
    if ($null -ne $Parts.thumbprint -and [string]$Parts.thumbprint -cnotmatch '\A[0-9A-Fa-f]{40}\z') { return 'thumbprint is not one' }
    if ([string]$Parts.seal -cnotmatch '\A[A-Za-z0-9_-]{43}=\z') { return 'seal is not a key' }
    if ($null -eq $Parts.hosts -or @($Parts.hosts).Count -lt 1 -or @($Parts.hosts).Count -gt $script:MostAssertions) {
        return "hosts has not 1 to $($script:MostAssertions) entries"
    }
    foreach ($name in $Parts.hosts) {
        if ([string]$name -cne '' -and [string]$name -cnotmatch $script:HostPattern) { return 'hosts has an entry that is not a host name' }
    }
    return $null
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

function Select-SigningThumbprint {
    # The certificate that signs now: until its effective date a staged one does not, and the one before it goes on.
    param($Assigned)
    $now = ConvertTo-UtcText -Value ([datetime]::UtcNow)
    $ordered = @($Assigned | Sort-Object -Property { [string]$_['EffectiveDate'] })
    $inForce = @($ordered | Where-Object { [string]::CompareOrdinal([string]$_['EffectiveDate'], $now) -le 0 })
    if ($inForce.Count) { return [string]$inForce[-1]['Thumbprint'] }
    if ($ordered.Count -eq 0) { return $null }
    if ($ordered[0]['PreviousThumbprint']) { return [string]$ordered[0]['PreviousThumbprint'] }
    return [string]$ordered[0]['Thumbprint']
}

function Add-AssertionRow {
    # One row for each host, with the sealed assertion or with what kept the certificate from signing. RFC 7523, RFC 7515; the claims are
    # those of a self-issued token, https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-xoauth
    param($Parts, [System.Collections.ArrayList]$Rows, [System.Collections.ArrayList]$Warnings)
    $wrong = Find-AssertionProblem -Parts $Parts
    if ($wrong) { throw (New-Refusal -Message "No assertion was signed: $wrong." -Id 'AssertionParts') }
    $application = ([string]$Parts.application).ToLowerInvariant()
    if ($application -ne $script:SkypeForBusiness) {
        $configured = @(Read-Property -Cmdlet 'Get-CsOAuthConfiguration' -Parameters @{ } -Select @{ ServiceName = 'text' } -Warnings $Warnings)
        if (@($configured | Where-Object { $_['ServiceName'] -eq $application }).Count -eq 0) {
            throw (New-Refusal -Message "No assertion was signed: $application is not the ServiceName of this farm." -Id 'AssertionApplication')
        }
    }
    $assigned = @(Read-Property -Cmdlet 'Get-CsCertificate' -Parameters @{ Type = @('OAuthTokenIssuer') } -Warnings $Warnings -Select @{
            Thumbprint = 'text'; PreviousThumbprint = 'text'; EffectiveDate = 'time'
        } | Where-Object { $_['Thumbprint'] })
    $allowed = @($assigned | ForEach-Object { $_['Thumbprint']; $_['PreviousThumbprint'] } | Where-Object { $_ })
    $thumbprint = $Parts.thumbprint
    if (-not $thumbprint) { $thumbprint = Select-SigningThumbprint -Assigned $assigned }
    $problem = $null
    $message = $null
    $certificate = $null
    if (-not $thumbprint) { $problem = 'none_assigned' }
    else {
        $thumbprint = ([string]$thumbprint).ToUpperInvariant()
        if ($allowed -notcontains $thumbprint) { $problem = 'not_assigned' }
        else {
            $certificate = Get-ChildItem -Path 'Cert:\LocalMachine\My' -ErrorAction Stop |
                Where-Object { $_.Thumbprint -eq $thumbprint } | Select-Object -First 1
            if ($null -eq $certificate) { $problem = 'missing' }
            elseif (-not $certificate.HasPrivateKey) { $problem = 'no_private_key' }
            elseif ($certificate.PublicKey.Oid.Value -ne '1.2.840.113549.1.1.1') { $problem = 'not_rsa' }
        }
    }
    $key = $null
    try {
        if ($null -eq $problem) {
            try { $key = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate) }
            catch { $message = [string]$_.Exception.Message }
            if ($null -eq $key) { $problem = 'key_unusable' }
        }
        foreach ($name in $Parts.hosts) {
            $issuer = $application
            if ([string]$name -ne '') { $issuer = $issuer + '/' + ([string]$name).ToLowerInvariant() }
            $issuer = $issuer + '@' + [string]$Parts.realm
            $start = [System.DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
            $row = @{
                issuer = $issuer; thumbprint = $thumbprint; subject = $null; not_before = $null; not_after = $null
                issued = $null; sealed = $null; problem = $problem; message = $message
            }
            if ($null -ne $certificate) {
                $row.subject = [string]$certificate.Subject
                $row.not_before = ConvertTo-UtcText -Value $certificate.NotBefore
                $row.not_after = ConvertTo-UtcText -Value $certificate.NotAfter
            }
            if ($null -eq $problem) {
                $header = [ordered]@{ typ = 'JWT'; alg = 'RS256'; x5t = ConvertTo-Base64Url -Bytes $certificate.GetCertHash() }
                $claims = [ordered]@{
                    aud = $script:AuthorizationServer + '/' + [string]$Parts.audience_host + '@' + [string]$Parts.realm
                    iss = $issuer; nameid = $issuer; nbf = $start; exp = $start + $Parts.lifetime
                }
                $text = (@($header, $claims) | ForEach-Object {
                        ConvertTo-Base64Url -Bytes ([System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $_ -Compress)))
                    }) -join '.'
                try {
                    $signature = $key.SignData([System.Text.Encoding]::ASCII.GetBytes($text),
                        [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
                    $row.issued = ConvertTo-UtcText -Value ([System.DateTimeOffset]::FromUnixTimeSeconds($start))
                    $whole = $text + '.' + (ConvertTo-Base64Url -Bytes $signature)
                    $row.sealed = ConvertTo-Sealed -Text $whole -Seal $Parts.seal -Time $start
                }
                catch {
                    $row.problem = 'key_unusable'
                    $row.message = [string]$_.Exception.Message
                }
            }
            [void]$Rows.Add($row)
        }
    }
    finally {
        if ($key) { $key.Dispose() }
    }
}

# --- End of the proof ---

function Invoke-Call {
    # Runs one call and puts its rows into the answers; what fails is thrown.
    param($Call, [hashtable]$Answers, [System.Collections.ArrayList]$Warnings)
    $rows = New-Object -TypeName System.Collections.ArrayList
    if ($Call.cmdlet -eq 'Read-Server') {
        [void]$rows.Add((Get-ServerRow))
    }
    elseif ($Call.cmdlet -eq 'Read-Certificate') {
        $seen = New-Object -TypeName System.Collections.ArrayList
        foreach ($assigned in $Answers[[string]$Call.parameters.of]) {
            foreach ($thumbprint in $assigned['Thumbprint'], $assigned['PreviousThumbprint']) {
                if (-not $thumbprint) { continue }
                $thumbprint = ([string]$thumbprint).ToUpperInvariant()
                if ($seen -contains $thumbprint) { continue }
                [void]$seen.Add($thumbprint)
                [void]$rows.Add((Get-CertificateRow -Thumbprint $thumbprint))
            }
        }
    }
    elseif ($Call.cmdlet -eq 'New-Assertion') {
        Add-AssertionRow -Parts $Call.parameters -Rows $rows -Warnings $Warnings
    }
    else {
        $command = Get-Command -Name $Call.cmdlet -ErrorAction Stop
        $parameters = @{ }
        if ($Call.parameters) {
            foreach ($given in $Call.parameters.PSObject.Properties) { $parameters[$given.Name] = $given.Value }
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
    $answer = @{ changed = $false; module = $null; answers = @{ }; failure = $null; undone = @(); warnings = @() }
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
                Import-Module -Name $name -ErrorAction Stop -WarningAction SilentlyContinue
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
