# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The certificates of the computer's own store, as plain data. Private to the collection; Windows PowerShell 5.1, ASCII only.

$script:Store = 'Cert:\LocalMachine\My'
$script:RsaId = '1.2.840.113549.1.1.1'
# Where CryptoAPI and CNG providers keep the computer's keys, below %ProgramData%.
$script:KeyFolders = @('Microsoft\Crypto\RSA\MachineKeys', 'Microsoft\Crypto\Keys')
# As long may Windows look elsewhere for certificates that a chain lacks.
$script:ChainSeconds = 5
# Since .NET Framework 4.6 and 4.6.1; Windows PowerShell 5.1 runs on 4.5.2 too.
$script:RsaKeys = 'System.Security.Cryptography.X509Certificates.RSACertificateExtensions' -as [type]
$script:EcdsaKeys = 'System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions' -as [type]

function ConvertTo-UtcText {
    # ISO 8601 in UTC to the second; a time without a kind is the server's local time, and the first year means "never".
    param($Value)
    if ($null -eq $Value -or [string]$Value -eq '') { return $null }
    if ($Value -is [System.DateTimeOffset]) { $time = $Value.UtcDateTime } else { $time = ([datetime]$Value).ToUniversalTime() }
    if ($time.Year -le 1) { return $null }
    return $time.ToString('yyyy-MM-ddTHH:mm:ss', [cultureinfo]::InvariantCulture) + 'Z'
}

function ConvertTo-CertificateRow {
    # A certificate as plain data. The private key is not opened; only whether it is there is told.
    param($Certificate)
    $row = @{
        thumbprint          = ([string]$Certificate.Thumbprint).ToUpperInvariant()
        found               = $true
        subject             = [string]$Certificate.Subject
        issuer              = [string]$Certificate.Issuer
        serial_number       = [string]$Certificate.SerialNumber
        not_before          = ConvertTo-UtcText -Value $Certificate.NotBefore
        not_after           = ConvertTo-UtcText -Value $Certificate.NotAfter
        content             = [System.Convert]::ToBase64String($Certificate.RawData)
        signature_algorithm = [string]$Certificate.SignatureAlgorithm.FriendlyName
        has_private_key     = [bool]$Certificate.HasPrivateKey
        key_type            = $null
        key_size            = $null
    }
    $oid = $Certificate.PublicKey.Oid
    $public = $null
    if ($oid.Value -eq $script:RsaId) {
        $row.key_type = 'RSA'
        if ($script:RsaKeys) { $public = $script:RsaKeys::GetRSAPublicKey($Certificate) }
        else { $public = $Certificate.PublicKey.Key }
    }
    elseif ($oid.Value -eq '1.2.840.10045.2.1') {
        $row.key_type = 'ECDSA'
        if ($script:EcdsaKeys) { $public = $script:EcdsaKeys::GetECDsaPublicKey($Certificate) }
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

function Find-StoreCertificate {
    # The certificate of that thumbprint in the computer's own store, or nothing.
    param([string]$Thumbprint)
    return Get-ChildItem -Path $script:Store -ErrorAction Stop |
        Where-Object { $_.Thumbprint -eq $Thumbprint } | Select-Object -First 1
}

function Get-CertificateRow {
    # What is in the computer's own store under a thumbprint.
    param([string]$Thumbprint)
    $certificate = Find-StoreCertificate -Thumbprint $Thumbprint
    if ($null -ne $certificate) { return ConvertTo-CertificateRow -Certificate $certificate }
    $row = @{ thumbprint = $Thumbprint; found = $false }
    foreach ($name in 'subject', 'issuer', 'serial_number', 'not_before', 'not_after', 'content', 'key_type', 'key_size',
        'signature_algorithm', 'has_private_key') { $row[$name] = $null }
    return $row
}

function Read-StoreCertificate {
    # Certificates of the computer's own store: those that an earlier call listed as assigned ('of'), those with given
    # thumbprints, or of those that have their private key all self-signed ones, or all with the subject of an assigned one ('subject_of').
    param($Parameters, [hashtable]$Answers, [System.Collections.ArrayList]$Rows)
    if ($Parameters.self_signed) {
        $own = @(Get-ChildItem -Path $script:Store -ErrorAction Stop | Where-Object { $_.HasPrivateKey -and $_.Subject -eq $_.Issuer })
        foreach ($certificate in $own) { [void]$Rows.Add((ConvertTo-CertificateRow -Certificate $certificate)) }
        return
    }
    if ($Parameters.subject_of) {
        $subjects = @($Answers[[string]$Parameters.subject_of] | ForEach-Object { $_['Subject'] } | Where-Object { $_ })
        $own = @(Get-ChildItem -Path $script:Store -ErrorAction Stop | Where-Object { $_.HasPrivateKey -and $subjects -contains $_.Subject })
        foreach ($certificate in $own) { [void]$Rows.Add((ConvertTo-CertificateRow -Certificate $certificate)) }
        return
    }
    $wanted = @($Parameters.thumbprints | Where-Object { $_ })
    if ($Parameters.of) {
        foreach ($assigned in $Answers[[string]$Parameters.of]) { $wanted += $assigned['Thumbprint'], $assigned['PreviousThumbprint'] }
    }
    $seen = New-Object -TypeName System.Collections.ArrayList
    foreach ($thumbprint in $wanted) {
        if (-not $thumbprint) { continue }
        $thumbprint = ([string]$thumbprint).ToUpperInvariant()
        if ($seen -contains $thumbprint) { continue }
        [void]$seen.Add($thumbprint)
        [void]$Rows.Add((Get-CertificateRow -Thumbprint $thumbprint))
    }
}

function Get-KeyFileName {
    # The name of the file in which the certificate's provider keeps the private key, or nothing. The key is opened and signs nothing.
    param($Certificate)
    $key = $null
    try {
        # Before .NET Framework 4.6 only the keys of CryptoAPI providers are told of.
        if ($script:RsaKeys) { $key = $script:RsaKeys::GetRSAPrivateKey($Certificate) }
        else { $key = $Certificate.PrivateKey }
        if ($null -eq $key) { return $null }
        $container = $key.PSObject.Properties['CspKeyContainerInfo']
        if ($container -and $container.Value) { return [string]$container.Value.UniqueKeyContainerName }
        $inner = $key.PSObject.Properties['Key']
        if ($inner -and $inner.Value) { return [string]$inner.Value.UniqueName }
        return $null
    }
    finally { if ($key) { $key.Dispose() } }
}

function Add-KeyAccess {
    # Puts into the row where the certificate's private key lies and what each account may do with that file, in the order in which Windows
    # asks, or why that is not told. Accounts are told by SID, since their names have the server's language.
    # https://learn.microsoft.com/windows/win32/seccng/key-storage-and-retrieval
    param([hashtable]$Row, $Certificate)
    try {
        if (-not $Certificate.HasPrivateKey) { throw 'the private key is not on the server' }
        if ($Certificate.PublicKey.Oid.Value -ne $script:RsaId) { throw 'the key is not an RSA key' }
        $name = Get-KeyFileName -Certificate $Certificate
        if ([string]$name -notmatch '\A[0-9A-Za-z{][0-9A-Za-z_{}.-]*\z') { throw 'its provider keeps the private key in no file that it tells' }
        foreach ($folder in $script:KeyFolders) {
            $path = Join-Path -Path (Join-Path -Path $env:ProgramData -ChildPath $folder) -ChildPath $name
            if (Test-Path -LiteralPath $path) { $Row.key_file = [string]$path }
        }
        if (-not $Row.key_file) { throw "the file $name of the private key is in neither of $($script:KeyFolders -join ' and ')" }
        $access = New-Object -TypeName System.Collections.ArrayList
        $security = Get-Acl -LiteralPath $Row.key_file -ErrorAction Stop
        foreach ($rule in $security.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])) {
            $account = $null
            # One that was deleted has no name.
            try { $account = [string]$rule.IdentityReference.Translate([System.Security.Principal.NTAccount]).Value }
            catch { $account = $null }
            $allow = [string]$rule.AccessControlType -eq 'Allow'
            [void]$access.Add(@{ sid = [string]$rule.IdentityReference.Value; name = $account; allow = $allow; rights = [int]$rule.FileSystemRights })
        }
        $Row.key_access = $access.ToArray()
    }
    catch { $Row.key_unknown = [string]$_.Exception.GetBaseException().Message }
}

function Add-Chain {
    # Puts into the row whether the computer can build the certificate's chain up to an authority that it trusts; of a self-signed one nothing.
    param([hashtable]$Row, $Certificate)
    if ($Certificate.Subject -eq $Certificate.Issuer) { return }
    try {
        $chain = New-Object -TypeName System.Security.Cryptography.X509Certificates.X509Chain -ArgumentList $true
        # Whether it was revoked is not asked, which would take the network's time.
        $chain.ChainPolicy.RevocationMode = [System.Security.Cryptography.X509Certificates.X509RevocationMode]::NoCheck
        $chain.ChainPolicy.UrlRetrievalTimeout = [timespan]::FromSeconds($script:ChainSeconds)
        $built = [bool]$chain.Build($Certificate)
        $problems = New-Object -TypeName System.Collections.ArrayList
        foreach ($status in $chain.ChainStatus) { [void]$problems.Add([string]$status.Status) }
        $Row.chain_problems = $problems.ToArray()
        $Row.chain_complete = $built
    }
    catch { $Row.chain_unknown = [string]$_.Exception.GetBaseException().Message }
}

function Read-CertificateCheck {
    # What only the server itself can tell of the certificates that an earlier call listed as assigned ('of') and that its store has.
    param($Parameters, [hashtable]$Answers, [System.Collections.ArrayList]$Rows)
    $wanted = @($Answers[[string]$Parameters.of] | Where-Object { $_ } | ForEach-Object { $_['Thumbprint']; $_['PreviousThumbprint'] })
    foreach ($thumbprint in @($wanted | Where-Object { $_ } | ForEach-Object { ([string]$_).ToUpperInvariant() } | Select-Object -Unique)) {
        $certificate = Find-StoreCertificate -Thumbprint $thumbprint
        if ($null -eq $certificate) { continue }
        $row = @{
            thumbprint = $thumbprint; key_file = $null; key_access = $null; key_unknown = $null
            chain_complete = $null; chain_problems = @(); chain_unknown = $null
        }
        Add-KeyAccess -Row $row -Certificate $certificate
        Add-Chain -Row $row -Certificate $certificate
        [void]$Rows.Add($row)
    }
}

function New-StoreCertificate {
    # A new self-signed certificate in the computer's own store, as a row, with the DNS names that it is to have beside its subject. Its key
    # is exportable, since the Central Management Store replicates it, and lies with a CryptoAPI provider, since the product does not use
    # keys of CNG providers.
    param($Parameters)
    $command = Get-Command -Name 'New-SelfSignedCertificate' -ErrorAction Stop
    if (-not $command.Parameters.ContainsKey('KeyExportPolicy')) {
        throw 'New-SelfSignedCertificate of this Windows version cannot make an exportable key: it is older than Windows Server 2016'
    }
    # One reading of the clock for both, in UTC, where a day has 24 hours; Windows' own begin makes the validity longer than was asked for.
    # A fifth of a second past the full one, neither cutting nor rounding to seconds parts the two.
    $now = [datetime]::UtcNow
    $begin = $now.AddTicks(2000000 - $now.Ticks % 10000000).AddMinutes(-[int]$Parameters.backdated_minutes)
    $wanted = @{
        Subject           = [string]$Parameters.subject
        CertStoreLocation = $script:Store
        KeyAlgorithm      = 'RSA'
        KeyLength         = [int]$Parameters.key_size
        HashAlgorithm     = 'SHA256'
        KeyExportPolicy   = 'Exportable'
        KeySpec           = 'KeyExchange'
        Provider          = 'Microsoft Enhanced RSA and AES Cryptographic Provider'
        NotBefore         = $begin.ToLocalTime()
        NotAfter          = $begin.AddDays([int]$Parameters.valid_days).ToLocalTime()
    }
    $names = @($Parameters.dns_names | Where-Object { $_ } | ForEach-Object { [string]$_ })
    if ($names.Count) { $wanted.DnsName = $names }
    return ConvertTo-CertificateRow -Certificate (New-SelfSignedCertificate @wanted -ErrorAction Stop)
}

function Import-StoreCertificate {
    # The certificate and key of a PFX into the computer's own store, as a row. Nothing is written to a file.
    param($Parameters)
    $flags = [System.Security.Cryptography.X509Certificates.X509KeyStorageFlags]'MachineKeySet, PersistKeySet, Exportable'
    $content = [System.Convert]::FromBase64String([string]$Parameters.content)
    $certificate = New-Object -TypeName System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList $content, ([string]$Parameters.password), $flags
    $store = Get-Item -Path $script:Store -ErrorAction Stop
    $store.Open('ReadWrite')
    try { $store.Add($certificate) }
    finally { $store.Close() }
    return ConvertTo-CertificateRow -Certificate $certificate
}

function Remove-StoreCertificate {
    # Takes the certificate of that thumbprint with its private key out of the computer's own store, where it is there, as a row that
    # tells whether it was. -DeleteKey: https://learn.microsoft.com/powershell/module/microsoft.powershell.security/about/about_certificate_provider
    param($Parameters)
    $thumbprint = ([string]$Parameters.thumbprint).ToUpperInvariant()
    # It becomes a path, in which other characters would mean more than one certificate.
    if ($thumbprint -notmatch '^[0-9A-F]{40}$') { throw "'$thumbprint' is no thumbprint" }
    $found = $null -ne (Find-StoreCertificate -Thumbprint $thumbprint)
    if ($found) {
        Remove-Item -Path "$script:Store\$thumbprint" -DeleteKey -Confirm:$false -WhatIf:$false -ErrorAction Stop
        if ($null -ne (Find-StoreCertificate -Thumbprint $thumbprint)) { throw "the certificate $thumbprint is still in the store" }
    }
    return @{ thumbprint = $thumbprint; found = $found }
}

Export-ModuleMember -Function ConvertTo-UtcText, Find-StoreCertificate, Read-StoreCertificate, Read-CertificateCheck, New-StoreCertificate,
    Import-StoreCertificate, Remove-StoreCertificate
