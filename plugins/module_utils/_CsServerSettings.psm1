# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Settings of the server itself that decide whether the trust works: registry, files, event log, root store, and whether the server can
# download the metadata. Private to the collection; Windows PowerShell 5.1, ASCII only. Nothing here ends the request: what cannot be read
# is a row that says why.

# What the session was given must not change what is done here.
Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$PSDefaultParameterValues = @{ }

$script:Framework = 'Microsoft\.NETFramework\v4.0.30319'
$script:Protocol = 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2'
$script:WinHttp = 'Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp'
# Each value of the registry by what it is called in a row: its key and its name there.
# https://learn.microsoft.com/dotnet/framework/network-programming/tls, https://learn.microsoft.com/windows-server/security/tls/tls-registry-settings
$script:Values = @(
    @('strong_crypto_64', "HKLM:\SOFTWARE\$script:Framework", 'SchUseStrongCrypto'),
    @('strong_crypto_32', "HKLM:\SOFTWARE\Wow6432Node\$script:Framework", 'SchUseStrongCrypto'),
    @('tls12_client_enabled', "$script:Protocol\Client", 'Enabled'),
    @('tls12_client_disabled_by_default', "$script:Protocol\Client", 'DisabledByDefault'),
    @('tls12_server_enabled', "$script:Protocol\Server", 'Enabled'),
    @('tls12_server_disabled_by_default', "$script:Protocol\Server", 'DisabledByDefault'),
    @('winhttp_64', "HKLM:\SOFTWARE\$script:WinHttp", 'DefaultSecureProtocols'),
    @('winhttp_32', "HKLM:\SOFTWARE\Wow6432Node\$script:WinHttp", 'DefaultSecureProtocols'),
    @('windows_build', 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion', 'CurrentBuildNumber'),
    @('user_proxy_enabled', 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Internet Settings', 'ProxyEnable'),
    @('user_proxy', 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Internet Settings', 'ProxyServer'),
    @('user_proxy_script', 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Internet Settings', 'AutoConfigURL')
)
# https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication names the files.
$script:WebConfig = 'Web Components\Web ticket'
$script:EventLog = 'Lync Server'
$script:EventSource = 'LS Storage Service'
$script:Events = @(32053, 32054)
$script:MostEvents = 200
$script:MostNames = 20
$script:MostUrls = 4
$script:WaitSeconds = 15

function New-SettingRow {
    # One thing that was read, or why it was not.
    param([string]$Setting, $Subject = $null, $Value = $null, $Detail = $null, $Unread = $null)
    $row = @{ setting = $Setting }
    foreach ($part in @('subject', $Subject), @('value', $Value), @('detail', $Detail), @('unread', $Unread)) {
        if ($null -eq $part[1]) { $row[$part[0]] = $null } else { $row[$part[0]] = [string]$part[1] }
    }
    return $row
}

function Get-Reason {
    param($ErrorRecord)
    return [string]$ErrorRecord.Exception.GetBaseException().Message
}

function Hide-Credential {
    # An address without the user and password that it may carry, and without a query.
    param($Text)
    if ($null -eq $Text) { return $null }
    return ([string]$Text -replace '[^/@;=\s]*@', '') -replace '\?[^;\s]*', ''
}

function Add-RegistryRow {
    param([System.Collections.ArrayList]$Rows)
    $read = @{ }
    foreach ($one in $script:Values) {
        $setting, $key, $name = $one
        if (-not $read.ContainsKey($key)) {
            $read[$key] = @{ item = $null; unread = $null }
            try { $read[$key].item = Get-ItemProperty -LiteralPath $key -ErrorAction Stop }
            catch {
                # A key that is not there sets nothing; anything else is not known.
                if ($_.FullyQualifiedErrorId -notlike 'PathNotFound,*') { $read[$key].unread = Get-Reason -ErrorRecord $_ }
            }
        }
        $value = $null
        $item = $read[$key].item
        if ($null -ne $item) {
            $property = $item.PSObject.Properties[$name]
            if ($property) { $value = $property.Value }
        }
        if ($setting -like 'user_proxy*') { $value = Hide-Credential -Text $value }
        [void]$Rows.Add((New-SettingRow -Setting $setting -Value $value -Unread $read[$key].unread))
    }
}

function Find-WebConfig {
    # The file of a web site, whose folder has the product's name; another product's may be left from before an upgrade.
    param([string]$Site, [string]$Version)
    $pattern = "$env:ProgramFiles\Skype for Business Server*\$script:WebConfig\$Site\web.config"
    $found = @(Get-Item -Path $pattern -ErrorAction Stop | Where-Object { $_ } | ForEach-Object { [string]$_.FullName })
    if ($found.Count -gt 1) {
        $product = ($Version -split '\(')[0].Trim()
        $found = @($found | Where-Object { $product -and $_ -like "*\$product\*" })
        if ($found.Count -ne 1) { throw "more than one file is like $pattern" }
    }
    if ($found.Count -eq 0) { throw "no file is like $pattern" }
    return $found[0]
}

function Add-WebProxyRow {
    param([string]$Setting, [string]$Site, [string]$Version, [System.Collections.ArrayList]$Rows)
    try {
        $path = Find-WebConfig -Site $Site -Version $Version
        $document = New-Object -TypeName System.Xml.XmlDocument
        # Nothing outside of the file is loaded.
        $document.XmlResolver = $null
        $document.LoadXml(((Get-Content -LiteralPath $path -ErrorAction Stop) -join "`n"))
        $address = $null
        foreach ($node in $document.SelectNodes('/configuration/system.net/defaultProxy/proxy/@*')) {
            if ($node.LocalName -eq 'proxyaddress') { $address = $node.Value }
        }
        [void]$Rows.Add((New-SettingRow -Setting $Setting -Subject $path -Value (Hide-Credential -Text $address)))
    }
    catch { [void]$Rows.Add((New-SettingRow -Setting $Setting -Unread (Get-Reason -ErrorRecord $_))) }
}

function Add-RootStoreRow {
    param([System.Collections.ArrayList]$Rows)
    try {
        $roots = @(Get-ChildItem -Path 'Cert:\LocalMachine\Root' -ErrorAction Stop)
        $others = @($roots | Where-Object { $_.Subject -ne $_.Issuer })
        [void]$Rows.Add((New-SettingRow -Setting 'root_certificates' -Value $roots.Count))
        foreach ($one in ($others | Select-Object -First $script:MostNames)) {
            [void]$Rows.Add((New-SettingRow -Setting 'root_misplaced' -Subject $one.Thumbprint -Value $one.Subject))
        }
        [void]$Rows.Add((New-SettingRow -Setting 'root_misplaced_count' -Value $others.Count))
    }
    catch {
        $reason = Get-Reason -ErrorRecord $_
        foreach ($name in 'root_certificates', 'root_misplaced_count') { [void]$Rows.Add((New-SettingRow -Setting $name -Unread $reason)) }
    }
}

function Add-EventRow {
    # How often each event was logged within a day, and when last; their texts name users and stay on the server.
    param([System.Collections.ArrayList]$Rows)
    $logged = @()
    try {
        $wanted = @{ LogName = $script:EventLog; ProviderName = $script:EventSource; Id = $script:Events; StartTime = [datetime]::Now.AddDays(-1) }
        $logged = @(Get-WinEvent -FilterHashtable $wanted -MaxEvents $script:MostEvents -ErrorAction Stop)
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound,*') {
            $reason = Get-Reason -ErrorRecord $_
            foreach ($id in $script:Events) { [void]$Rows.Add((New-SettingRow -Setting 'event' -Subject $id -Unread $reason)) }
            return
        }
    }
    foreach ($id in $script:Events) {
        # The newest is the first.
        $same = @($logged | Where-Object { $_.Id -eq $id })
        $last = $null
        if ($same.Count) { $last = ConvertTo-UtcText -Value $same[0].TimeCreated }
        [void]$Rows.Add((New-SettingRow -Setting 'event' -Subject $id -Value $same.Count -Detail $last))
    }
}

function Get-DownloadProblem {
    # What kept a document from being downloaded, as a word with the status where there was an answer.
    param($ErrorRecord)
    if ($ErrorRecord.FullyQualifiedErrorId -like 'MaximumRedirectExceeded*') { return 'redirect' }
    $kind = $null
    $status = $null
    $exception = $ErrorRecord.Exception
    while ($null -ne $exception) {
        $response = $exception.PSObject.Properties['Response']
        if ($response -and $null -ne $response.Value) { $status = [int]$response.Value.StatusCode }
        if ($exception -is [System.Net.WebException]) {
            switch ([string]$exception.Status) {
                'NameResolutionFailure' { $kind = 'dns' }
                'ProxyNameResolutionFailure' { $kind = 'proxy_dns' }
                'RequestProhibitedByProxy' { $kind = 'proxy' }
                'Timeout' { $kind = 'timeout' }
                'ConnectFailure' { $kind = 'tcp' }
                'TrustFailure' { $kind = 'tls' }
                'SecureChannelFailure' { $kind = 'tls' }
                { $_ -in 'ConnectionClosed', 'ReceiveFailure', 'SendFailure', 'KeepAliveFailure' } { $kind = 'cut' }
            }
        }
        if ($exception -is [System.Security.Authentication.AuthenticationException]) { $kind = 'tls' }
        $exception = $exception.InnerException
    }
    if ($status -eq 407) { return "proxy $status" }
    if ($status -ge 300 -and $status -lt 400) { return "redirect $status" }
    if ($status) { return "http $status" }
    if ($kind) { return $kind }
    return 'other'
}

function Add-MetadataRow {
    # Whether this process, with the account's proxy, downloads the document as New-CsOAuthServer would. No redirect is followed.
    param([string]$Url, [System.Collections.ArrayList]$Rows)
    $outcome = 'scheme'
    $said = $null
    if ($Url -like 'https://*') {
        $asked = @{ Uri = $Url; UseBasicParsing = $true; MaximumRedirection = 0; TimeoutSec = $script:WaitSeconds }
        try {
            $answer = Invoke-WebRequest @asked -ErrorAction Stop
            $outcome = "ok $([int]$answer.StatusCode)"
            # A proxy's own page says that all is well, too.
            if ([string]$answer.Headers['Content-Type'] -like 'text/html*') { $outcome = "page $([int]$answer.StatusCode)" }
        }
        catch {
            $outcome = Get-DownloadProblem -ErrorRecord $_
            $said = Get-Reason -ErrorRecord $_
        }
    }
    [void]$Rows.Add((New-SettingRow -Setting 'metadata' -Subject (Hide-Credential -Text $Url) -Value $outcome -Detail $said))
}

function Read-ServerSetting {
    # Everything, as rows. urls_of, version_of, configuration_of: ids of earlier calls that told the OAuth servers, the product, and, where
    # it was read, the OAuth configuration. first: the names of the OAuth servers that are tried before the others, as is the clients' own.
    param($Parameters, [hashtable]$Answers, [System.Collections.ArrayList]$Rows)
    [void]$Rows.Add((New-SettingRow -Setting 'account' -Value "$env:USERDOMAIN\$env:USERNAME"))
    Add-RegistryRow -Rows $Rows
    $version = [string]@($Answers[[string]$Parameters.version_of] | Where-Object { $_ } | ForEach-Object { $_['text'] })[0]
    Add-WebProxyRow -Setting 'web_proxy_internal' -Site 'int' -Version $version -Rows $Rows
    Add-WebProxyRow -Setting 'web_proxy_external' -Site 'ext' -Version $version -Rows $Rows
    Add-RootStoreRow -Rows $Rows
    Add-EventRow -Rows $Rows
    $first = @($Parameters.first | Where-Object { $_ })
    foreach ($one in @($Answers[[string]$Parameters.configuration_of] | Where-Object { $_ })) { $first += $one['ClientAuthorizationOAuthServerIdentity'] }
    $servers = @($Answers[[string]$Parameters.urls_of] | Where-Object { $_ -and $_['MetadataUrl'] })
    $urls = @($servers | Where-Object { $first -contains $_['Identity'] }) + @($servers | Where-Object { $first -notcontains $_['Identity'] }) |
        ForEach-Object { $_['MetadataUrl'] }
    foreach ($url in ($urls | Select-Object -Unique | Select-Object -First $script:MostUrls)) { Add-MetadataRow -Url ([string]$url) -Rows $Rows }
}

Export-ModuleMember -Function Read-ServerSetting
