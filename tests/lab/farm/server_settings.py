# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Front End has beside the store: registry, files, event log, root store, and its way to the metadata. Stand-ins of the lab.

The engine's functions of these names ask here (stub_module.py), and read() tells the rows that the runner makes of it, for machines without
the engine. Errors have the ids and texts of Windows PowerShell 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any
from xml.etree import ElementTree

from .binder import CmdletError
from .cmdlets import Row, row
from .metadata_documents import MetadataError

NAMES = ("Get-ItemProperty", "Get-WinEvent", "Get-WebConfig", "Get-RootCertificate", "Invoke-WebRequest")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_FRAMEWORK = r"Microsoft\.NETFramework\v4.0.30319"
_TLS = r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
_HTTP = r"Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
_INTERNET = r"HKCU:\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
STRONG_CRYPTO = (rf"HKLM:\SOFTWARE\{_FRAMEWORK}", rf"HKLM:\SOFTWARE\Wow6432Node\{_FRAMEWORK}")
TLS_CLIENT, TLS_SERVER = rf"{_TLS}\Client", rf"{_TLS}\Server"
WIN_HTTP = (rf"HKLM:\SOFTWARE\{_HTTP}", rf"HKLM:\SOFTWARE\Wow6432Node\{_HTTP}")
INTERNET, WINDOWS = _INTERNET, r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_VALUES = (
    ("strong_crypto_64", STRONG_CRYPTO[0], "SchUseStrongCrypto"),
    ("strong_crypto_32", STRONG_CRYPTO[1], "SchUseStrongCrypto"),
    ("tls12_client_enabled", TLS_CLIENT, "Enabled"),
    ("tls12_client_disabled_by_default", TLS_CLIENT, "DisabledByDefault"),
    ("tls12_server_enabled", TLS_SERVER, "Enabled"),
    ("tls12_server_disabled_by_default", TLS_SERVER, "DisabledByDefault"),
    ("winhttp_64", WIN_HTTP[0], "DefaultSecureProtocols"),
    ("winhttp_32", WIN_HTTP[1], "DefaultSecureProtocols"),
    ("windows_build", WINDOWS, "CurrentBuildNumber"),
    ("user_proxy_enabled", INTERNET, "ProxyEnable"),
    ("user_proxy", INTERNET, "ProxyServer"),
    ("user_proxy_script", INTERNET, "AutoConfigURL"),
)
_CREDENTIAL = re.compile(r"[^/@;=\s]*@")
_QUERY = re.compile(r"\?[^;\s]*")
# How .NET Framework names what went wrong, and the word of the runner for it.
FAILURES = {
    "dns": "NameResolutionFailure",
    "tcp": "ConnectFailure",
    "timeout": "Timeout",
    "tls": "TrustFailure",
    "cut": "ConnectionClosed",
    "proxy": "RequestProhibitedByProxy",
    "proxy_dns": "ProxyNameResolutionFailure",
}


def web_config(proxy: str | None) -> str:
    """A web.config as Microsoft's page on hybrid modern authentication shows it. proxy: its address; None for a file without one."""
    inner = f'<system.net><defaultProxy><proxy proxyaddress="{proxy}" bypassonlocal="true" /></defaultProxy></system.net>' if proxy else ""
    return f'<?xml version="1.0" encoding="utf-8"?>\n<configuration>{inner}<system.web /></configuration>'


def path_of(product: str, site: str) -> str:
    """Where the product's web.config of that site (int, ext) is."""
    return rf"C:\Program Files\{product}\Web Components\Web ticket\{site}\web.config"


def settings_of(deployment: Mapping[str, Any], front_end: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a server: all of it as it should be, but for what the state says."""
    own = front_end.get("settings", {})
    product = str(front_end.get("version", deployment.get("version", ""))).partition("(")[0].strip()
    right = {key: {"SchUseStrongCrypto": 1} for key in STRONG_CRYPTO}
    return {
        "unreadable": {},
        "events": [],
        "roots": ["CN=Contoso Root CA"],
        "downloads": {},
        "files": {path_of(product, site): web_config(None) for site in ("int", "ext")},
        **own,
        "registry": {**right, INTERNET: {"ProxyEnable": 0}, WINDOWS: {"CurrentBuildNumber": "17763"}, **own.get("registry", {})},
    }


class ServerFacts:
    """settings: those of a Front End. resolve: the metadata document at a URL, or MetadataError."""

    def __init__(self, settings: Mapping[str, Any], resolve: Callable[[str], dict[str, str]]) -> None:
        self._settings, self._resolve = settings, resolve

    def run(self, cmdlet: str, given: Mapping[str, Any]) -> list[Row]:
        """What a stand-in in the engine gets."""
        if cmdlet == "Get-ItemProperty":
            return self._registry(str(given["Path"]))
        if cmdlet == "Get-WinEvent":
            kind = "System.Diagnostics.Eventing.Reader.EventLogRecord"
            return [row(kind, Id=("number", one), TimeCreated=("time", at)) for one, at in self._events()]
        if cmdlet == "Get-WebConfig":
            return self._files(str(given["Path"]))
        if cmdlet == "Get-RootCertificate":
            return [
                row("X509Certificate2", Thumbprint=("text", f"{number:040X}"), Subject=("text", subject), Issuer=("text", issuer))
                for number, (subject, issuer) in enumerate(self._roots())
            ]
        outcome, status, message = self._download(str(given["Uri"]))
        return [
            row(
                "Answer",
                Outcome=("text", outcome),
                StatusCode=("number", status),
                Message=("text", message),
                Failure=("text", FAILURES.get(outcome)),
                ContentType=("text", "text/html; charset=utf-8" if outcome == "page" else "application/json"),
            )
        ]

    def _check(self, what: str) -> None:
        reason = self._settings["unreadable"].get(what)
        if reason:
            raise CmdletError(reason, "System.Security.SecurityException,Lab", "PermissionDenied")

    def _registry(self, key: str) -> list[Row]:
        self._check(key)
        values = self._settings["registry"].get(key)
        if values is None:
            text = f"Cannot find path '{key}' because it does not exist."
            raise CmdletError(text, "PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand", "ObjectNotFound")
        return [row("System.Management.Automation.PSCustomObject", **{name: ("number", value) for name, value in values.items()})]

    def _events(self) -> list[tuple[int, str]]:
        self._check("events")
        since = (datetime.now(timezone.utc) - timedelta(days=1)).strftime(_TIME)
        listed = sorted(((str(one["at"]), int(one["id"])) for one in self._settings["events"] if str(one["at"]) >= since), reverse=True)
        if not listed:
            text = "No events were found that match the specified selection criteria."
            raise CmdletError(text, "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand", "ObjectNotFound")
        return [(number, at) for at, number in listed]

    def _files(self, pattern: str) -> list[Row]:
        self._check("files")
        wanted = pattern.lower()
        found = [path for path in self._settings["files"] if fnmatchcase(path.lower(), f"*{wanted[wanted.index(chr(92)) :]}")]
        return [
            row("System.IO.FileInfo", FullName=("text", path), Content=("text", self._settings["files"][path])) for path in sorted(found)
        ]

    def _roots(self) -> list[tuple[str, str]]:
        self._check("roots")
        listed = (str(one).partition(" by ") for one in self._settings["roots"])
        return [(subject, issuer or subject) for subject, _by, issuer in listed]

    def _download(self, url: str) -> tuple[str, int | None, str]:
        """The word of the runner for what came of it, the status where there was an answer, and the message of what failed."""
        told = self._settings["downloads"].get(url)
        if told is None:
            try:
                self._resolve(url)
                told = "ok 200"
            except MetadataError as exc:
                told = "http 404" if "404" in str(exc) else "dns"
        outcome, _blank, status = str(told).partition(" ")
        if status:
            return outcome, int(status), f"The remote server returned an error: ({status})."
        return outcome, None, f"The lab lets the download fail: {outcome}."

    def read(self, version: str | None, urls: Sequence[str], account: str) -> list[dict[str, Any]]:
        """The rows of the runner."""
        rows = [_row("account", value=account)]
        rows += [self._value(*one) for one in _VALUES]
        rows += [self._web_proxy(f"web_proxy_{name}", site, version) for name, site in (("internal", "int"), ("external", "ext"))]
        return [*rows, *self._root_rows(), *self._event_rows(), *(self._tried(url) for url in list(dict.fromkeys(urls))[:4])]

    def _value(self, setting: str, key: str, name: str) -> dict[str, Any]:
        try:
            (found,) = self._registry(key)
        except CmdletError as exc:
            return _row(setting, unread=None if exc.error_id.startswith("PathNotFound") else exc.message)
        value = found["properties"].get(name, {}).get("value")
        return _row(setting, value=_hidden(value) if setting.startswith("user_proxy") else value)

    def _web_proxy(self, setting: str, site: str, version: str | None) -> dict[str, Any]:
        pattern = rf"\Skype for Business Server*\Web Components\Web ticket\{site}\web.config"
        try:
            found = {one["properties"]["FullName"]["value"]: one["properties"]["Content"]["value"] for one in self._files(pattern)}
            if len(found) > 1:
                product = (version or "").partition("(")[0].strip().lower()
                found = {path: content for path, content in found.items() if product and f"\\{product}\\" in path.lower()}
                if len(found) != 1:
                    return _row(setting, unread=f"more than one file is like {pattern}")
            if not found:
                return _row(setting, unread=f"no file is like {pattern}")
            ((path, content),) = found.items()
            proxies = _proxies(content)
        except CmdletError as exc:
            return _row(setting, unread=exc.message)
        except ElementTree.ParseError as exc:
            return _row(setting, unread=str(exc))
        return _row(setting, subject=path, value=_hidden(proxies[-1] if proxies else None))

    def _root_rows(self) -> list[dict[str, Any]]:
        try:
            roots = self._roots()
        except CmdletError as exc:
            return [_row(name, unread=exc.message) for name in ("root_certificates", "root_misplaced_count")]
        others = [(f"{number:040X}", subject) for number, (subject, issuer) in enumerate(roots) if subject.lower() != issuer.lower()]
        return [
            _row("root_certificates", value=len(roots)),
            *(_row("root_misplaced", subject=thumbprint, value=subject) for thumbprint, subject in others[:20]),
            _row("root_misplaced_count", value=len(others)),
        ]

    def _event_rows(self) -> list[dict[str, Any]]:
        try:
            logged = self._events()
        except CmdletError as exc:
            if not exc.error_id.startswith("NoMatchingEventsFound"):
                return [_row("event", subject=number, unread=exc.message) for number in (32053, 32054)]
            logged = []
        times = {number: [at for one, at in logged if one == number] for number in (32053, 32054)}
        return [_row("event", subject=number, value=len(at), detail=at[0] if at else None) for number, at in times.items()]

    def _tried(self, url: str) -> dict[str, Any]:
        if not url.lower().startswith("https://"):
            return _row("metadata", subject=_hidden(url), value="scheme")
        outcome, status, message = self._download(url)
        told = f"{outcome} {status}" if status else outcome
        return _row("metadata", subject=_hidden(url), value=told, detail=None if outcome in ("ok", "page") else message)


def _proxies(content: str) -> list[str]:
    """What the runner takes from /configuration/system.net/defaultProxy/proxy; ParseError where it is no XML."""
    root = ElementTree.fromstring(content)  # noqa: S314  # of the lab's own state
    found = root.findall("system.net/defaultProxy/proxy") if root.tag == "configuration" else []
    return [one.attrib["proxyaddress"] for one in found if "proxyaddress" in one.attrib]


def _row(setting: str, subject: Any = None, value: Any = None, detail: Any = None, unread: Any = None) -> dict[str, Any]:
    parts = {"subject": subject, "value": value, "detail": detail, "unread": unread}
    return {"setting": setting, **{name: None if one is None else str(one) for name, one in parts.items()}}


def _hidden(value: Any) -> str | None:
    return None if value is None else _QUERY.sub("", _CREDENTIAL.sub("", str(value)))
