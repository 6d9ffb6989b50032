# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product of each server: whether it is supported on the day of the audit, and its build. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timezone

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import ServerSettings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import (
    FAULTS,
    FIXES,
    Build,
    Product,
    build_in,
    day_text,
    product_of,
    shown,
)

SUPPORTED = Rule(
    "server.supported",
    "Microsoft supports the server's product",
    "high",
    ("fail",),
    "What is found in it after the end of support stays open, and what changes in the tenant is not followed.",
    sources.SUPPORT,
    otherwise="Microsoft no longer supports the server's product",
)
BUILD = Rule(
    "server.build",
    "The server's build has the known fixes and is the same on all servers",
    "high",
    ("fail",),
    f"The updates of {FIXES} close {', '.join(FAULTS)}; servers of different builds do not behave alike. An update brings only the "
    "components that it changes, so the highest build of a server is compared with the known one, and the lower components are named.",
    sources.BUILDS,
    otherwise="The server's build lacks known fixes, or differs from another server's",
)
RULES = (SUPPORTED, BUILD)

# A version tells its build by the last of them.
_NUMBERS = 4

Elsewhere = dict[str, dict[Build, list[str]]]

_UPDATE = "Install the newest update of the product on every server, one after the other, and look with Get-CsServerPatchVersion."


def check(facts: Facts) -> Iterator[Finding]:
    components = {server.name: _components(server) for server in facts.servers}
    elsewhere = _elsewhere(components)
    untold = {server.name: _untold(server) for server in facts.servers}
    unknown = next((name for name, one in components.items() if isinstance(one, Unknown) or untold[name]), None)
    for server in facts.servers:
        found = product(server)
        yield _supported(facts, server, found)
        yield _build(server, found, components[server.name], elsewhere, unknown, untold[server.name])


def product(server: Server) -> Product | Unknown:
    """The product on the server, as the table knows it."""
    settings = server.settings()
    if isinstance(settings, Unknown):
        return settings
    version = settings["version"]
    if version is None:
        return Unknown(f"{server.name} did not tell its product: {settings['unread'].get('version', 'it is empty')}".rstrip("."))
    found = product_of(version)
    components = _components(server)
    if found and found.below and not isinstance(components, Unknown) and _level(components) >= found.below:
        return Unknown(f"it calls itself {found.name}, but the build {shown(_level(components))} is not one of that product's")
    return found or Unknown(f"'{version}' is no product of the table of builds")


def _supported(facts: Facts, server: Server, known: Product | Unknown) -> Finding:
    if isinstance(known, Unknown):
        return SUPPORTED.unknown(server.name, known.why)
    today, end = facts.now.astimezone(timezone.utc).date(), day_text(known.supported_until)
    if not known.official:
        if today > known.supported_until:
            return SUPPORTED.unknown(server.name, f"how long {known.name} is supported after {end}")
        return SUPPORTED.passed(server.name, f"{known.name}, supported at least until {end}, as others cite Microsoft")
    if today <= known.supported_until:
        return SUPPORTED.passed(server.name, f"{known.name}, supported until {end}")
    paid = ""
    if known.paid_until:
        over = today > known.paid_until
        paid = f"; the support that is paid for {'ended' if over else 'ends'} on {day_text(known.paid_until)}, as others cite Microsoft"
    return SUPPORTED.failed(
        server.name,
        "a product with support",
        f"{known.name}, whose support ended on {end}{paid}",
        "Upgrade to Skype for Business Server Subscription Edition, or move the users to Teams.",
    )


def _components(server: Server) -> dict[str, Build] | Unknown:
    """The build of each component of the product on the server."""
    settings = server.settings()
    if isinstance(settings, Unknown):
        return settings
    if "components" in settings["unread"]:
        return Unknown(f"{server.name} did not tell its build: {settings['unread']['components']}".rstrip("."))
    found = _versions(settings)
    known = {name: build for name, build in found.items() if build}
    if not known:
        return Unknown(f"{server.name} did not tell the version of {next(iter(found), 'any component')}")
    return known


def _versions(settings: ServerSettings) -> dict[str, Build | None]:
    """The build of each component, None where its version tells none."""
    found = {one["name"].rpartition(",")[2].strip(): build_in(one["version"]) for one in settings["components"]}
    return {name: build if build and len(build) == _NUMBERS else None for name, build in found.items()}


def _untold(server: Server) -> str:
    """A component whose version the server did not tell, as a clause; empty where there is none."""
    settings = server.settings()
    found = {} if isinstance(settings, Unknown) else _versions(settings)
    untold = next((name for name, build in found.items() if build is None), "")
    return f"{server.name} did not tell the version of {untold}" if untold else ""


def _level(components: Mapping[str, Build]) -> Build:
    """The build that the server was patched to: the highest, since an update brings only the components that it changes."""
    return max(components.values())


def _build(
    server: Server, known: Product | Unknown, own: dict[str, Build] | Unknown, elsewhere: Elsewhere, unknown: str | None, untold: str
) -> Finding:
    """unknown: a server whose build is not known as a whole. untold: what this one did not tell of it; an old build that was read fails."""
    if isinstance(known, Unknown) or isinstance(own, Unknown):
        return BUILD.unknown(server.name, known.why if isinstance(known, Unknown) else own.why if isinstance(own, Unknown) else "")
    level = _level(own)
    wrong = []
    if level < known.fixed:
        wrong.append(f"below {shown(known.fixed)}, which has the fixes of {FIXES}")
    if level < known.dedicated:
        wrong.append(f"below {shown(known.dedicated)}, the least build for a dedicated application")
    mixed = [f"{name} is {shown(build)}, of another version than the product" for name, build in own.items() if build[:3] != known.baseline]
    differs = list(_differences(own, elsewhere))
    kinds = {"lacks known fixes": wrong, "is not that of its product": mixed, "differs from another server's": differs}
    rule = BUILD.saying(f"The server's build {' and '.join(words for words, found in kinds.items() if found)}")
    wrong = [*wrong, *mixed, *differs]
    lower = ", ".join(f"{name} {shown(build)}" for name, build in sorted(own.items()) if build < level)
    text = f"{shown(level)}, the highest of its components; lower: {lower}" if lower else shown(level)
    why = untold or f"{shown(level)} has the known fixes, but the build of {unknown} is not known"
    return rule.judged(
        Unknown(why) if unknown and not wrong else not wrong,
        server.name,
        f"{shown(known.fixed)} or newer, the same on all servers",
        "; ".join([text, *wrong, *([untold] if untold else [])]),
        _UPDATE,
    )


def _elsewhere(all_components: Mapping[str, dict[str, Build] | Unknown]) -> Elsewhere:
    """By component, its name without letter case, the servers that have each build of it."""
    found: Elsewhere = {}
    for server, components in all_components.items():
        for name, build in () if isinstance(components, Unknown) else components.items():
            found.setdefault(name.casefold(), {}).setdefault(build, []).append(server)
    return found


def _differences(own: Mapping[str, Build], elsewhere: Elsewhere) -> Iterator[str]:
    """What of this server has another build than most of the others have."""
    for name, build in own.items():
        others = {one: servers for one, servers in elsewhere[name.casefold()].items() if one != build}
        if others:
            most, servers = max(others.items(), key=lambda one: len(one[1]))
            more = f" and {len(servers) - 1} more" if len(servers) > 1 else ""
            yield f"{name} is {shown(build)}, and {shown(most)} on {servers[0]}{more}"
