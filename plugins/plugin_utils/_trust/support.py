# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the support playbook tells of a deployment and its tenant: how reading went, and shapes. Private to the collection.

It is made of what the reading tasks observed, of versions, and of words and numbers that say nothing of whose they are. Every value is
chosen key by key, so what a reading has beside those, a message among them, cannot come along.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import observed, server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import AUTH_SOURCES, ONPREM
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.closing import closing, warnings_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import build_in, product_of, shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.shape import OTHER, version, word
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.versions import ansible_core, collection

# Raised where a program that reads the bundle would have to change.
FORMAT = 1
_PACKAGES = (
    *("ansible-core", "requests", "urllib3", "cryptography", "msal", "certifi", "pywinrm", "pypsrp", "pyspnego", "requests-credssp"),
    *("requests-ntlm", "requests-kerberos", "pykerberos", "gssapi", "krb5", "PyYAML", "Jinja2", "xmltodict"),
)
# https://packaging.python.org/en/latest/specifications/version-specifiers/, without what a distributor adds.
_PACKAGE_VERSION = re.compile(r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)*")
_CULTURE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?")
# What kept a server from the metadata, as the runner names it.
_OUTCOMES = frozenset({"ok", "scheme", "dns", "tcp", "timeout", "tls", "cut", "proxy", "proxy_dns", "http", "redirect", "page", "other"})
_SETTINGS = server_settings.NAMES
# What is asked of the tenant, in this order, and the module that asks.
STEPS = {"sign_in": "graph_token", "service_principals": "sp_info", "refusals": "app_policy_info"}
_UNREAD = frozenset({"failed", "unreachable"})


@dataclass(frozen=True)
class Observed:
    """What a play registered of one deployment. servers: results of onprem_info, the lead's first; None of one that was not asked.

    unchecked: how many servers are known and not in this run. steps: what was registered of each of STEPS; where one failed, its result
    stands in place of others' too.
    """

    servers: Sequence[Mapping[str, Any] | None]
    unchecked: int
    steps: Mapping[str, Mapping[str, Any] | None]


def bundle(deployments: Sequence[Observed]) -> dict[str, Any]:
    """The whole bundle as plain data."""
    return {"format": FORMAT, "controller": controller(), "deployments": [_deployment(one) for one in deployments]}


def controller() -> dict[str, Any]:
    """The versions at work where Ansible runs; a package that is not there is left out."""
    return {
        "collection": _package_version(collection()),
        "ansible_core": _package_version(ansible_core()),
        "python": _package_version(platform.python_version()),
        "system": word(sys.platform, {"linux", "darwin"}),
        "packages": {name: told for name in _PACKAGES if (told := _installed(name)) is not None},
    }


def lines(made: Mapping[str, Any]) -> list[str]:
    """The bundle in a few lines for a terminal."""
    found = [_controller_line(made["controller"])]
    for number, one in enumerate(made["deployments"], 1):
        servers = one["servers"]
        read = sum(server["state"] == "read" for server in servers)
        found.append(f"deployment {number}: {read} of {len(servers)} servers read{_slowest(servers)}")
        found += [f"  server {place}: {_failed(server)}" for place, server in enumerate(servers, 1) if server["state"] != "read"]
        found += [f"  {name}: {_failed(step)}" for name, step in one["tenant"]["steps"].items() if step["state"] != "read"]
    return found


def closing_lines(made: Mapping[str, Any]) -> list[str]:
    """The line with which the playbook ends for each deployment, which is told by its number alone."""
    return [_closing(number, one) for number, one in enumerate(made["deployments"], 1)]


def _closing(number: int, one: Mapping[str, Any]) -> str:
    asked = [*one["servers"], *one["tenant"]["steps"].values()]
    whole = all(found["state"] == "read" for found in one["servers"]) and not one["unchecked"]
    steps = {found["state"] for found in one["tenant"]["steps"].values()}
    tenant = "not read" if "read" not in steps else "read in part" if steps & _UNREAD else "read"
    verdict = "read as a whole" if whole and tenant == "read" else "read in part; what is missing is in the bundle with the reason"
    return closing(str(number), verdict, tenant, ends=warnings_text(sum(found["warnings"] for found in asked)))


def _controller_line(told: Mapping[str, Any]) -> str:
    return f"sfb.hybrid_auth {told['collection']}, ansible-core {told['ansible_core']}, Python {told['python']}"


def _slowest(servers: Sequence[Mapping[str, Any]]) -> str:
    seconds = [one["observed"]["seconds"] for one in servers if one["observed"].get("seconds") is not None]
    return f", the slowest in {max(seconds)} seconds" if seconds else ""


def _failed(step: Mapping[str, Any]) -> str:
    failure = step.get("failure") or {}
    requests = step["observed"].get("requests") or ()
    ids = [failure.get("cmdlet"), failure.get("error_id"), failure.get("category")]
    ids += [one.get("failed") for one in step["observed"].get("processes") or ()]
    last = [requests[-1].get("status"), *requests[-1].get("errors", ()), requests[-1].get("failed")] if requests else []
    said = " ".join(str(one) for one in (*ids, *last) if one) or " ".join((step["observed"].get("causes") or ())[-1:])
    return f"{step['state']}{f' ({said})' if said else ''}"


def _deployment(one: Observed) -> dict[str, Any]:
    token = one.steps.get("sign_in") or {}
    return {
        "servers": [_server(result, lead=place == 0) for place, result in enumerate(one.servers)],
        "unchecked": one.unchecked,
        "tenant": {
            "cloud": word(token.get("cloud"), CLOUDS),
            "auth_source": word(token.get("auth_source"), AUTH_SOURCES),
            "verified": token.get("verified") if isinstance(token.get("verified"), bool) else None,
            "steps": _steps(one.steps),
        },
    }


def _steps(steps: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """Each step. One with the result of another's module failed by that: an earlier one ended the reading, a later one came after it."""
    made: dict[str, Any] = {}
    for place, name in enumerate(STEPS):
        result = steps.get(name)
        asked = word(((result or {}).get("observed") or {}).get("module"), STEPS.values())
        if asked in (None, OTHER, STEPS[name]):
            made[name] = _result(result)
        else:
            made[name] = _result({"observed": {}} if list(STEPS.values()).index(str(asked)) > place else None)
    return made


def _result(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """How a task ended, and what it observed. That has been made without values, so it is taken as it is."""
    found = result or {}
    if not found or found.get("skipped"):
        state = "not asked"
    elif found.get("unreachable"):
        state = "unreachable"
    else:
        state = "failed" if found.get("failed") else "read"
    seen = found.get("observed")
    return {
        "state": state,
        "failure": observed.of_failure(found.get("failure")),
        "warnings": len(found.get("warnings") or ()),
        "observed": dict(seen) if isinstance(seen, Mapping) else {},
    }


def _server(result: Mapping[str, Any] | None, *, lead: bool) -> dict[str, Any]:
    found = result or {}
    told = found.get("server") or {}
    settings = found.get("server_settings") or {}
    named = found.get("version") or settings.get("version")
    build, product = build_in(named), product_of(named) if named else None
    culture = str(told.get("culture") or "")
    return {
        "lead": lead,
        **_result(result),
        "endpoint": word(found.get("endpoint"), {"full", "restricted"}),
        "management_module": word(found.get("management_module"), ONPREM["management_modules"]["default"]),
        "powershell": version(told.get("powershell")),
        "culture": culture if _CULTURE.fullmatch(culture) else None,
        "windows_build": _number(settings.get("windows_build")),
        "product": product.name if product else OTHER if named else None,
        "build": (version(shown(build)) or OTHER) if build else None,
        "patch_levels": sorted({patch for one in settings.get("components") or () if (patch := version(one.get("version")))}),
        "metadata_downloads": [
            {"outcome": word(one.get("outcome"), _OUTCOMES), "status": _number(one.get("status"))} for one in settings.get("metadata") or ()
        ],
        "events": _events(settings.get("events") or ()),
        "settings_unread": sorted(name for name in settings.get("unread") or () if name in _SETTINGS),
    }


def _events(told: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """How often the server logged each of the events that are asked for."""
    return {str(one["event_id"]): _number(one.get("count")) for one in told if one["event_id"] in server_settings.EVENTS}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _installed(package: str) -> str | None:
    try:
        return _package_version(metadata.version(package))
    except metadata.PackageNotFoundError:
        return None


def _package_version(text: Any) -> str | None:
    """The version up to what a distributor adds; other where it is none."""
    if text is None:
        return None
    found = _PACKAGE_VERSION.match(str(text))
    return found[0] if found else OTHER
