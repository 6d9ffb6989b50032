# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of the servers themselves: by date, by product and build, and where a part of it was not read."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import audit, expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import server_builds
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW
from .test_audit import DEFAULTS, SERVERS

Servers = list[dict[str, Any]]
SE, OF_2019, OF_2015 = (f"Skype for Business Server {name}" for name in ("Subscription Edition", "2019", "2015"))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Servers:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return Estate(states.right(), tmp_path_factory.mktemp("right"), monkeypatch).everything()[0]


@pytest.fixture
def servers(read: Servers) -> Servers:
    return copy.deepcopy(read)


def said(servers: Servers, rule: str, now: datetime = NOW) -> list[tuple[str, str, str]]:
    """Status, subject and what there is of the findings of that rule."""
    known = facts("contoso", servers, SERVERS, None, expected.expected(DEFAULTS), now)
    return [(one.status, one.subject, one.actual) for one in audit.audit(known) if one.id == f"server.{rule}"]


def product(servers: Servers, name: str, baseline: str, *builds: int) -> None:
    """The product and the last number of its components' versions, one for each server."""
    for server, build in zip(servers, builds or (0,), strict=False):
        server["server_settings"].update(
            version=f"{name} ({baseline}.0): Volume license key installed.",
            components=[{"name": f"{name}, Core Components", "version": f"{baseline}.{build}"}],
        )


@pytest.mark.parametrize(
    ("name", "baseline", "day", "status", "words"),
    [
        (OF_2015, "6.0.9319", "2025-10-14", "pass", "supported until 14 October 2025"),
        (OF_2015, "6.0.9319", "2025-10-15", "fail", "that is paid for ends on 31 October 2026"),
        (OF_2019, "7.0.2046", "2026-11-01", "fail", "that is paid for ended on 31 October 2026"),
        (SE, "7.0.2046", "2035-12-31", "pass", "at least until 31 December 2035, as others cite"),
        (SE, "7.0.2046", "2036-01-01", "skip", "how long"),
        ("Lync Server 2013", "5.0.8308", "2026-11-01", "skip", "no product of the table"),
        ("Skype for Business Server 2031", "8.0.1", "2031-11-01", "skip", "no product of the table"),
        (OF_2015, "7.0.2046", "2026-11-01", "skip", "no product of the table"),
    ],
)
def test_support_ends_by_the_product_and_the_date(servers: Servers, name: str, baseline: str, day: str, status: str, words: str) -> None:
    product(servers, name, baseline, 1, 1)
    now = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=timezone.utc)
    for found in said(servers, "supported", now):
        assert found[0] == status
        assert words in found[2]


@pytest.mark.parametrize("version", ["7.0.2046.x", "7.0.2046", "unknown", None])
def test_a_component_without_a_build_is_not_checked(servers: Servers, version: str | None) -> None:
    product(servers, SE, "7.0.2046", 889, 889)
    servers[0]["server_settings"]["components"].append({"name": "Web Components", "version": version})
    (found, other) = said(servers, "build")
    assert (found[0], other[0]) == ("skip", "skip")
    assert "fe01.contoso.com did not tell the version of Web Components" in found[2]
    product(servers, SE, "7.0.2046", 888)
    assert said(servers, "build")[0][0] == "fail"
    for server in servers:
        product([server], SE, "7.0.2046", 879)
        server["server_settings"]["components"].append({"name": "Web Components", "version": version})
    for server, old in zip(SERVERS, said(servers, "build"), strict=True):
        assert old[0] == "fail"
        assert old[2].startswith("7.0.2046.879; below 7.0.2046.889, which has the fixes of October 2026")
        assert old[2].endswith(f"; {server} did not tell the version of Web Components")


@pytest.mark.parametrize(
    ("name", "baseline", "builds", "statuses", "words"),
    [
        (SE, "7.0.2046", (889, 889), ["pass", "pass"], "7.0.2046.889"),
        (SE, "7.0.2046", (900, 900), ["pass", "pass"], "7.0.2046.900"),
        (SE, "7.0.2046", (888, 888), ["fail", "fail"], "below 7.0.2046.889, which has the fixes of October 2026"),
        (SE, "7.0.2046", (819, 819), ["fail", "fail"], "below 7.0.2046.820, the least build for a dedicated application"),
        (SE, "7.0.2046", (889, 890), ["fail", "fail"], "Core Components is 7.0.2046.889, and 7.0.2046.890 on fe02.contoso.com"),
        (OF_2019, "7.0.2046", (583, 583), ["pass", "pass"], "7.0.2046.583"),
        # A product's name that belies its build.
        (OF_2019, "7.0.2046", (889, 889), ["skip", "skip"], "is not one of that product's"),
        (OF_2015, "6.0.9319", (886, 881), ["fail", "fail"], "6.0.9319.881 on fe02.contoso.com"),
    ],
)
def test_a_build_is_judged_by_its_product_and_beside_the_others(
    servers: Servers, name: str, baseline: str, builds: tuple[int, int], statuses: list[str], words: str
) -> None:
    product(servers, name, baseline, *builds)
    found = said(servers, "build")
    assert [one[0] for one in found] == statuses
    assert words in found[0][2]


def test_the_components_that_are_lower_than_the_build_of_their_server_are_named(servers: Servers) -> None:
    """On Premise Diagnostic fails there; an update brings only what it changes, so the finding says what it took instead."""
    for server in servers:
        listed = {"Web Components Server": "7.0.2046.889", "Core Components": "7.0.2046.0", "Conferencing Server": "7.0.2046.830"}
        server["server_settings"]["components"] = [{"name": f"{SE}, {name}", "version": version} for name, version in listed.items()]
    text = "7.0.2046.889, the highest of its components; lower: Conferencing Server 7.0.2046.830, Core Components 7.0.2046.0"
    assert [(one[0], one[2]) for one in said(servers, "build")] == [("pass", text)] * 2


def test_a_component_is_compared_without_the_letter_case_of_its_name(servers: Servers) -> None:
    for server, name, build in zip(servers, ("Core Components", "CORE Components"), (889, 880), strict=True):
        listed = {name: f"7.0.2046.{build}", "Web Components Server": "7.0.2046.889"}
        server["server_settings"]["components"] = [{"name": f"{SE}, {one}", "version": version} for one, version in listed.items()]
    first, second = said(servers, "build")
    assert (first[0], second[0]) == ("fail", "fail")
    assert first[2] == "7.0.2046.889; Core Components is 7.0.2046.889, and 7.0.2046.880 on fe02.contoso.com"
    assert "CORE Components is 7.0.2046.880, and 7.0.2046.889 on fe01.contoso.com" in second[2]


def test_a_component_of_another_version_than_the_product_and_a_server_that_tells_nothing_are_said(servers: Servers) -> None:
    servers[0]["server_settings"]["components"].append({"name": f"{SE}, Web Components Server 2", "version": "6.0.9319.886"})
    assert "Web Components Server 2 is 6.0.9319.886, of another version" in said(servers, "build")[0][2]
    del servers[0]["server_settings"]["components"][-1]
    servers[1]["server_settings"]["unread"]["components"] = "Access is denied."
    assert [(one[0], one[2].rpartition(": ")[2]) for one in said(servers, "build")] == [
        ("skip", "7.0.2046.889 has the known fixes, but the build of fe02.contoso.com is not known"),
        ("skip", "Access is denied"),
    ]


# What is changed of the lead's settings; the status, and what is said.
CHANGES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "strong cryptography is off": ("tls", {"strong_crypto_64": 0}, "fail", "SchUseStrongCrypto is 0"),
    "TLS 1.2 is disabled": ("tls", {"tls12_client_enabled": 0}, "fail", "disabled for the client side"),
    "TLS 1.2 is off by default": ("tls", {"tls12_server_disabled_by_default": 1}, "fail", "off by default for the server side"),
    "TLS 1.2 is named": ("tls", {"tls12_client_enabled": 1, "tls12_client_disabled_by_default": 0}, "pass", "TLS 1.2 is used"),
    "a hive is not read": ("tls", {"strong_crypto_32": None, "unread": {"strong_crypto_32": "No access."}}, "skip", "No access"),
    "one hive is not read and the other is wrong": (
        "tls", {"strong_crypto_64": None, "strong_crypto_32": None, "unread": {"strong_crypto_32": "No access."}}, "fail", "is not set"
    ),
    "WinHTTP lacks TLS 1.2": ("winhttp", {"winhttp_32": 0x280}, "fail", "0x280"),
    "WinHTTP has TLS 1.2": ("winhttp", {"winhttp_64": 0xAA0, "winhttp_32": 0xA80}, "pass", "among those allowed"),
    "WinHTTP of one hive is set": (
        "winhttp", {"winhttp_64": 0xAA0}, "pass",
        "DefaultSecureProtocols of 64-bit programs is 0xAA0, of 32-bit programs not set, which Windows takes for TLS 1.2 too",
    ),
    "WinHTTP of one hive of an old Windows is set": (
        "winhttp", {"winhttp_32": 0x800, "windows_build": 9200}, "fail",
        "DefaultSecureProtocols of 64-bit programs is not set, and Windows is of build 9200",
    ),
    "WinHTTP of one hive is set and Windows is not known": (
        "winhttp", {"winhttp_64": 0xAA0, "windows_build": None}, "skip",
        "DefaultSecureProtocols of 64-bit programs is 0xAA0, of 32-bit programs not set, and the build of Windows",
    ),
    "WinHTTP of an old Windows": ("winhttp", {"windows_build": 9200}, "fail", "build 9200"),
    "WinHTTP of a Windows that is not known": ("winhttp", {"windows_build": None}, "skip", "was not read"),
    "a proxy everywhere": (
        "proxy", {"user_proxy_enabled": 1, "user_proxy": "p:80", "web_proxy_internal": "http://p", "web_proxy_external": "http://p"},
        "pass", "CONTOSO\\sfbadmin uses p:80",
    ),
    "a proxy on one site": ("proxy", {"web_proxy_external": "http://p"}, "warn", "the internal Web site none, the external Web site"),
    "a proxy script": ("proxy", {"user_proxy_script": "http://pac"}, "skip", "http://pac"),
    "no web.config": ("proxy", {"unread": {"web_proxy_internal": "no file."}}, "skip", "no file"),
    "too many roots": ("root_store", {"root_certificates": 101}, "warn", "more than 100"),
    "no root": ("root_store", {"root_certificates": 0}, "warn", "none"),
    "a log that is not there": ("events", {"events": [], "unread": {"events": "There is no such log."}}, "skip", "There is no such log"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_server_has_is_judged_and_what_was_not_read_is_not(servers: Servers, name: str) -> None:
    rule, change, status, words = CHANGES[name]
    servers[0]["server_settings"].update(change)
    lead, other = said(servers, rule)
    assert (lead[0], lead[1], other[0]) == (status, SERVERS[0], "pass"), lead
    assert words in lead[2]


def test_a_number_of_the_registry_is_shown_without_a_sign(servers: Servers) -> None:
    servers[0]["server_settings"].update(winhttp_64=-1, winhttp_32=None)
    servers[1]["server_settings"].update(winhttp_64=-0x801, winhttp_32=None)
    lead, other = said(servers, "winhttp")
    assert "of 64-bit programs is 0xFFFFFFFF" in lead[2]
    assert "of 64-bit programs is 0xFFFFF7FF" in other[2]


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        ("dns", None, "DNS"),
        ("tcp", None, "TCP"),
        ("tls", None, "TLS"),
        ("timeout", None, "in time"),
        ("cut", None, "cut"),
        ("proxy_dns", None, "DNS: the name of the proxy was not found, through the proxy p:80"),
        ("proxy", 407, "proxy refused it (status 407), through the proxy p:80"),
        ("http", 404, "HTTP: it was refused (status 404)"),
        ("redirect", 302, "not followed"),
        ("page", 200, "page for people"),
        ("later", None, "it failed"),
    ],
)
def test_a_download_that_failed_says_where(servers: Servers, outcome: str, status: int | None, words: str) -> None:
    settings = servers[0]["server_settings"]
    settings.update(user_proxy_enabled=1, user_proxy="p:80")
    settings["metadata"][0].update(outcome=outcome, status=status, detail="gone")
    lead, other = said(servers, "metadata_reachable")
    assert (lead[:2], other[0]) == (("fail", f"microsoft.sts on {SERVERS[0]}"), "pass")
    assert words in lead[2]
    assert lead[2].endswith(": gone")


def test_metadata_of_others_is_none_of_the_trusts_business(servers: Servers) -> None:
    other = "https://sts.fabrikam.com/metadata/json/1"
    servers[0]["oauth_servers"].append({**servers[0]["oauth_servers"][0], "identity": "fabrikam.sts", "metadata_url": other})
    servers[0]["server_settings"]["metadata"].append({"url": other, "outcome": "dns", "status": None, "detail": None})
    assert [one[0] for one in said(servers, "metadata_reachable")] == ["pass", "pass"]
    servers[0]["oauth_configuration"]["client_authorization_oauth_server"] = "fabrikam.sts"
    assert [one[0] for one in said(servers, "metadata_reachable")] == ["fail", "skip", "pass", "pass"]


def test_a_restricted_endpoint_says_what_it_cannot_tell() -> None:
    calls = server_settings.calls([], restricted=True)
    assert [call.cmdlet for call in calls] == ["Get-CsServerVersion", "Get-CsServerPatchVersion", "Read-ServerSetting"]
    rows = {calls[0].id: [{"text": f"{SE} (7.0.2046.0)"}], calls[2].id: []}
    told = server_settings.shaped(Answer(rows, [], None, restricted=True, unknown={calls[1].id: "it is not in the role"}))
    assert (told["version"], told["unread"]["components"]) == (f"{SE} (7.0.2046.0)", "it is not in the role")
    assert {name for name, value in told.items() if value in (None, [])} - {"root_misplaced"} == set(told["unread"])
    assert "restricted endpoint" in told["unread"]["events"]


def test_no_address_shows_who_signs_in_to_a_proxy() -> None:
    assert server_settings.without_credential("http://user:p%40ss@proxy.contoso.com:8080") == "http://proxy.contoso.com:8080"
    assert server_settings.without_credential("http=user:pass@a:80;https=b:80") == "http=a:80;https=b:80"
    assert server_settings.without_credential("https://pac.contoso.com/x?key=1") == "https://pac.contoso.com/x"


def test_the_table_knows_each_product_once() -> None:
    for one in server_builds.PRODUCTS:
        told = server_builds.product_of(f"{one.name} ({server_builds.shown(one.baseline)}.0): Volume license key installed.")
        assert told is one
        assert one.dedicated < one.fixed
        assert one.fixed[:3] == one.dedicated[:3] == one.baseline
    assert server_builds.build_in("7.0.2046") == (7, 0, 2046)
    assert server_builds.build_in(f"7.0.{'9' * 5000}") is None
    assert server_builds.build_in("none") is server_builds.build_in(None) is None


def test_an_event_that_came_once_is_said_so(servers: Servers) -> None:
    servers[0]["server_settings"]["events"] = [{"event_id": 32054, "count": 1, "last": "2026-11-24T10:00:00Z"}]
    assert said(servers, "events")[0][2] == "32054 1 time, last at 2026-11-24T10:00:00Z"
