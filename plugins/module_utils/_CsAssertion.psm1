# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Proof of the trust: short-lived assertions, signed with the farm's own key, which never leaves the server. Private to the collection;
# Windows PowerShell 5.1, ASCII only.
# This must not become a way to have anything signed. The caller chooses from a few checked parts; the header and the claims are made
# here, the audience is always the authorization server, the issuer is always this farm, and only an OAuthTokenIssuer certificate signs.

$script:AuthorizationServer = '00000001-0000-0000-c000-000000000000'
$script:SkypeForBusiness = '00000004-0000-0ff1-ce00-000000000000'
# Since .NET Framework 4.6; Windows PowerShell 5.1 runs on 4.5.2 too.
$script:RsaKeys = 'System.Security.Cryptography.X509Certificates.RSACertificateExtensions' -as [type]
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
    # Read: gives rows of the properties of what a cmdlet returns.
    param($Parts, [System.Collections.ArrayList]$Rows, [System.Collections.ArrayList]$Warnings, [scriptblock]$Read)
    $wrong = Find-AssertionProblem -Parts $Parts
    if ($wrong) { throw (New-Refusal -Message "No assertion was signed: $wrong." -Id 'AssertionParts') }
    $application = ([string]$Parts.application).ToLowerInvariant()
    if ($application -ne $script:SkypeForBusiness) {
        $configured = @(& $Read -Cmdlet 'Get-CsOAuthConfiguration' -Parameters @{ } -Select @{ ServiceName = 'text' } -Warnings $Warnings)
        if (@($configured | Where-Object { $_['ServiceName'] -eq $application }).Count -eq 0) {
            throw (New-Refusal -Message "No assertion was signed: $application is not the ServiceName of this farm." -Id 'AssertionApplication')
        }
    }
    if (-not $script:RsaKeys) {
        throw (New-Refusal -Message 'No assertion was signed: this needs .NET Framework 4.6 or newer on the server.' -Id 'AssertionFramework')
    }
    $assigned = @(& $Read -Cmdlet 'Get-CsCertificate' -Parameters @{ Type = @('OAuthTokenIssuer') } -Warnings $Warnings -Select @{
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
            $certificate = Find-StoreCertificate -Thumbprint $thumbprint
            if ($null -eq $certificate) { $problem = 'missing' }
            elseif (-not $certificate.HasPrivateKey) { $problem = 'no_private_key' }
            elseif ($certificate.PublicKey.Oid.Value -ne '1.2.840.113549.1.1.1') { $problem = 'not_rsa' }
        }
    }
    $key = $null
    try {
        if ($null -eq $problem) {
            try { $key = $script:RsaKeys::GetRSAPrivateKey($certificate) }
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

Export-ModuleMember -Function Add-AssertionRow
