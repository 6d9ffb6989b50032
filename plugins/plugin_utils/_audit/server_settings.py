# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of each server that decide whether the trust works: TLS, proxy, root store, events, the way to the metadata. Private.

The same state is right and wrong here as for the rules of Microsoft's On Premise Diagnostic, but where the reason of a rule says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.server_settings import EVENTS as EVENT_IDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.server_settings import without_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import MetadataDownload, ServerSettings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural

TLS = Rule(
    "server.tls",
    "The server's .NET and Windows use TLS 1.2",
    "high",
    ("fail",),
    "Microsoft's services accept no older TLS; without SchUseStrongCrypto .NET may offer only that.",
    sources.DOT_NET_TLS,
    otherwise="The server's .NET or Windows may not use TLS 1.2",
)
WIN_HTTP = Rule(
    "server.winhttp",
    "The server's WinHTTP uses TLS 1.2",
    "medium",
    ("fail",),
    "Revocation lists and other documents are fetched through WinHTTP. Since Windows Server 2012 R2 it uses TLS 1.2 where nothing is set.",
    sources.WIN_HTTP,
    otherwise="The server's WinHTTP may not use TLS 1.2",
)
PROXY = Rule(
    "server.proxy",
    "The account and the Web services reach the internet the same way",
    "medium",
    ("warn",),
    "Cmdlets download through the proxy of the account, the Web services through that of their web.config; one without the other is "
    "often forgotten. The services themselves do not use the account's.",
    sources.PROXY,
    otherwise="The account has a proxy and the Web services have none, or the other way round",
)
METADATA = Rule(
    "server.metadata_reachable",
    "The server can download the metadata of the trust's OAuth servers",
    "high",
    ("fail",),
    "The farm takes the keys of the authorization server from there, and New-CsOAuthServer fails without it.",
    sources.OAUTH_SERVER,
    otherwise="The server cannot download the metadata of an OAuth server",
)
ROOT_STORE = Rule(
    "server.root_store",
    "The server's root store holds root certificates only, and at most 100",
    "medium",
    ("warn",),
    "With others, or with too many, Windows refuses or cuts off certificates when servers connect to each other.",
    sources.ROOT_STORE,
    otherwise="The server's root store holds others than root certificates, or too many",
)
EVENTS = Rule(
    "server.events",
    "The server logged no failure of the storage service with Exchange within a day",
    "medium",
    ("warn",),
    "The events 32053 and 32054 of LS Storage Service say that a user's mailbox was not found or refused the farm.",
    sources.STORAGE_EVENTS,
    otherwise="The server logged failures of the storage service with Exchange within a day",
)
RULES = (TLS, WIN_HTTP, PROXY, METADATA, ROOT_STORE, EVENTS)

_MOST_ROOTS = 100
_WIN_HTTP_TLS12 = 0x800
# Windows Server 2012 R2, from which on WinHTTP has TLS 1.2 by default: the first page of sources.WIN_HTTP.
_WINDOWS_2012_R2 = 9600
_SET_TLS = (
    "Set SchUseStrongCrypto to 1 under HKLM:\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 and its Wow6432Node twin, and under "
    "SCHANNEL\\Protocols\\TLS 1.2 neither Enabled to 0 nor DisabledByDefault to 1. Then restart the server."
)
_WAYS = {
    "scheme": ("it is no https URL", "Set the metadata URL to an https one, with trust_tenant or trust_metadata_url."),
    "dns": ("DNS: its name was not found", "Let the server resolve the name, or let it go through a proxy that does."),
    "tcp": ("TCP: no connection", "Open the way from the server to port 443 of the host, or set its proxy."),
    "timeout": ("no answer in time", "Open the way from the server to port 443 of the host, or set its proxy."),
    "tls": ("TLS: no agreement, or a certificate that the server does not trust", f"{_SET_TLS} Look for a proxy that breaks TLS up."),
    "cut": ("the connection was cut, often since the TLS version is too old", _SET_TLS),
    "proxy_dns": (
        "DNS: the name of the proxy was not found",
        "Let the server resolve the name of its proxy, or correct the account's proxy.",
    ),
    "proxy": ("the proxy refused it", "Let the proxy pass the server without a sign-in to this host."),
    "http": ("HTTP: it was refused", "Check the tenant in the URL: open it in a browser."),
    "redirect": ("it leads to another address, which is not followed", "Set the metadata URL to the final address."),
    "page": ("a page for people came instead of the document", "Let the proxy pass the server without a sign-in to this host."),
}
_OTHER = ("it failed", "Try it on the server: Invoke-WebRequest -UseBasicParsing -Uri <the URL>.")


def check(facts: Facts) -> Iterator[Finding]:
    wanted = _wanted(facts)
    for server in facts.servers:
        settings = server.settings()
        if isinstance(settings, Unknown):
            for rule in RULES:
                yield rule.unknown(server.name, settings.why)
            continue
        for judge in _JUDGES:
            yield from judge(server.name, settings)
        yield from _metadata(server.name, settings, wanted)


def _unread(settings: ServerSettings, *names: str) -> Unknown | None:
    """Why the first of these that was not read was not."""
    found = next((settings["unread"][name] for name in names if name in settings["unread"]), None)
    return Unknown(found.rstrip(".")) if found is not None else None


def _tls(name: str, settings: ServerSettings) -> Iterator[Finding]:
    bits = (("64", "SchUseStrongCrypto"), ("32", "SchUseStrongCrypto of 32-bit programs"))
    wrong = []
    for size, what in bits:
        value = _value(settings, f"strong_crypto_{size}")
        if f"strong_crypto_{size}" not in settings["unread"] and value != 1:
            wrong.append(f"{what} is {'not set' if value is None else value}")
    for side in ("client", "server"):
        if _value(settings, f"tls12_{side}_enabled") == 0:
            wrong.append(f"TLS 1.2 is disabled for the {side} side")
        elif _value(settings, f"tls12_{side}_disabled_by_default"):
            wrong.append(f"TLS 1.2 is off by default for the {side} side")
    names = [name for name in settings if name.startswith(("strong_crypto", "tls12_"))]
    right = False if wrong else _unread(settings, *names) or True
    yield TLS.judged(
        right, name, "SchUseStrongCrypto 1 in both hives, and TLS 1.2 not switched off", ", ".join(wrong) or "TLS 1.2 is used", _SET_TLS
    )


def _win_http(name: str, settings: ServerSettings) -> Iterator[Finding]:
    names = ("winhttp_64", "winhttp_32")
    given = {one: _value(settings, one) for one in names}
    wrong = [f"DefaultSecureProtocols of {one[-2:]}-bit programs is {_set(given[one])}" for one in names if _lacks(given[one])]
    build = settings["windows_build"]
    unset = [one for one in names if given[one] is None]
    right: bool | Unknown = not wrong
    if not wrong and (why := _unread(settings, *names)):
        right = why
    elif not wrong and unset and build is None:
        right = Unknown(f"{_protocols(given)}, and the build of Windows, which decides then, was not read")
    elif not wrong and unset and build is not None and build < _WINDOWS_2012_R2:
        right, wrong = False, [f"{_protocols(dict.fromkeys(unset))}, and Windows is of build {build}"]
    yield WIN_HTTP.judged(
        right,
        name,
        "DefaultSecureProtocols with 0x800 (0xAA0 has it), or a Windows that needs none",
        ", ".join(wrong) or (f"{_protocols(given)}, which Windows takes for TLS 1.2 too" if unset else "TLS 1.2 is among those allowed"),
        "Set DefaultSecureProtocols to 0xAA0 under HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp and its "
        "Wow6432Node twin.",
    )


def _protocols(given: Mapping[str, int | None]) -> str:
    """The values, in words. given: each by its name, which ends with the bits of the programs."""
    told = (f"of {name[-2:]}-bit programs {'is ' * (place == 0)}{_set(given[name])}" for place, name in enumerate(given))
    return f"DefaultSecureProtocols {', '.join(told)}"


def _set(protocols: int | None) -> str:
    # The registry's numbers have 32 bits, and PowerShell gives them a sign.
    return "not set" if protocols is None else f"0x{protocols & 0xFFFFFFFF:X}"


def _lacks(protocols: int | None) -> bool:
    return protocols is not None and not protocols & _WIN_HTTP_TLS12


def _proxy(name: str, settings: ServerSettings) -> Iterator[Finding]:
    account = f"the account {settings['account'] or 'of the run'}"
    by_script = settings["user_proxy_script"]
    uses = bool(settings["user_proxy_enabled"])
    sites = {site: _value(settings, f"web_proxy_{site}") for site in ("internal", "external")}
    own = f"{account} uses {settings['user_proxy'] or 'a proxy'}" if uses else f"{account} uses no proxy"
    if not uses and by_script:
        own = f"{account} has a proxy script, {by_script}"
    web = ", ".join(f"the {site} Web site {'uses ' + str(address) if address else 'none'}" for site, address in sites.items())
    right: bool | Unknown = all(bool(address) == uses for address in sites.values())
    why = _unread(settings, "user_proxy_enabled", "web_proxy_internal", "web_proxy_external")
    if why:
        right = why
    elif not uses and by_script:
        right = Unknown(f"{own}: whether it names a proxy is not known")
    yield PROXY.judged(
        right,
        name,
        "a proxy for the account and in the web.config of both sites, or none anywhere",
        f"{own}, {web}",
        "Set system.net/defaultProxy in the web.config of both sites as the account's proxy is, or take the one that is not needed out.",
    )


def _metadata(name: str, settings: ServerSettings, wanted: Mapping[str, str] | Unknown) -> Iterator[Finding]:
    """wanted: the metadata URLs of the trust's OAuth servers, by their names."""
    if isinstance(wanted, Unknown):
        yield METADATA.unknown(name, wanted.why)
        return
    tried = {one["url"]: one for one in settings["metadata"]}
    for owner, url in wanted.items():
        subject = f"{owner} on {name}"
        if url in tried:
            yield _download(subject, settings, tried[url])
        else:
            yield METADATA.unknown(subject, (_unread(settings, "metadata") or Unknown(f"{url} was not tried there")).why)


def _wanted(facts: Facts) -> Mapping[str, str] | Unknown:
    """What the trust needs: the farm may have OAuth servers of others, which are none of its business."""
    servers, configuration = facts.lead.part("oauth_servers"), facts.lead.part("oauth_configuration")
    if isinstance(servers, Unknown):
        return servers
    clients = None if isinstance(configuration, Unknown) else configuration.get("client_authorization_oauth_server")
    names = [facts.expected.oauth_server_name, *([str(clients)] if clients else [])]
    found = {
        str(one.get("identity")): without_credential(str(one["metadata_url"]))
        for one in servers
        if one.get("metadata_url") and any(same_text(one.get("identity"), name) for name in names)
    }
    return found or Unknown(f"the farm has no OAuth server {names[0]} with a metadata URL")


def _download(subject: str, settings: ServerSettings, one: MetadataDownload) -> Finding:
    if one["outcome"] == "ok":
        return METADATA.passed(subject, f"downloaded from {one['url']}")
    what, remedy = _WAYS.get(one["outcome"], _OTHER)
    status = f" (status {one['status']})" if one["status"] else ""
    way = f", through the proxy {settings['user_proxy']}" if settings["user_proxy_enabled"] and settings["user_proxy"] else ""
    said = f": {one['detail']}".rstrip(".") if one["detail"] else ""
    who = f" by {settings['account']}" if settings["account"] else ""
    return METADATA.failed(subject, f"a download of {one['url']}{who}", f"{what}{status}{way}{said}", remedy)


def _root_store(name: str, settings: ServerSettings) -> Iterator[Finding]:
    count, others = settings["root_certificates"], settings["root_misplaced_count"]
    why = _unread(settings, "root_certificates", "root_misplaced_count")
    wrong = []
    if others:
        shown = settings["root_misplaced"][:5]
        more = f" and {others - len(shown)} more" if others > len(shown) else ""
        wrong.append(f"{others} of them not self-signed: {'; '.join(shown)}{more}")
    if count and count > _MOST_ROOTS:
        wrong.append(f"more than {_MOST_ROOTS}")
    expected = f"self-signed certificates only, {_MOST_ROOTS} at most"
    if not why and not count:
        empty = ROOT_STORE.saying("The server's root store is empty")
        yield empty.warned(name, expected, "none", "Import the roots that the server has to trust (Cert:\\LocalMachine\\Root).")
        return
    yield ROOT_STORE.judged(
        why or not wrong,
        name,
        expected,
        ", ".join([f"{count} certificates", *wrong]),
        "Move certificates that are not self-signed to the intermediate store (Cert:\\LocalMachine\\CA), and take out what nothing needs.",
    )


def _events(name: str, settings: ServerSettings) -> Iterator[Finding]:
    logged = [f"{one['event_id']} {plural(one['count'], 'time')}, last at {one['last']}" for one in settings["events"] if one["count"]]
    told = {one["event_id"] for one in settings["events"]} >= set(EVENT_IDS)
    yield EVENTS.judged(
        _unread(settings, "events") or (not logged if logged or told else Unknown("not all of the events were looked for")),
        name,
        "none of the events 32053 and 32054",
        ", ".join(logged) or "none",
        "Read them in the log Lync Server on the server, and try the mailbox of a user that they name with Test-CsExStorageConnectivity.",
    )


def _value(settings: ServerSettings, name: str) -> Any:
    return settings.get(name)


_JUDGES: tuple[Callable[[str, ServerSettings], Iterator[Finding]], ...] = (_tls, _win_http, _proxy, _root_store, _events)
