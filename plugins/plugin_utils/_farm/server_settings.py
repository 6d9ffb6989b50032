# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server itself has beside the farm's store: product, patch level, TLS, proxy, root store, events, the way to the metadata. Private.

It costs a download and a look into the event log, so it is read only where it is asked for by name. What could not be read is never
absent: unread says why. The names are those of the runner's rows, plugins/module_utils/_CsServerSettings.psm1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import (
    MetadataDownload,
    Row,
    ServerComponent,
    ServerEvent,
    ServerSettings,
    text,
)

# What it is gathered as.
NAME = "server_settings"
READ = "Read-ServerSetting"
CMDLETS = ("Get-CsServerVersion", "Get-CsServerPatchVersion", "Get-CsOAuthServer")
EVENTS = (32053, 32054)

_VERSION, _COMPONENTS, _URLS = "server_version", "server_components", "server_urls"
_SELECT = dict.fromkeys(("setting", "subject", "value", "detail", "unread"), "text")
_NUMBERS = (
    *("strong_crypto_64", "strong_crypto_32", "winhttp_64", "winhttp_32", "windows_build", "user_proxy_enabled", "root_certificates"),
    *("root_misplaced_count", "tls12_client_enabled", "tls12_client_disabled_by_default"),
    *("tls12_server_enabled", "tls12_server_disabled_by_default"),
)
_TEXTS = ("account", "user_proxy", "user_proxy_script", "web_proxy_internal", "web_proxy_external")
# Of each list the values that its elements have, and those that may be None.
_LISTS: dict[str, tuple[dict[str, type], tuple[str, ...]]] = {
    "components": ({"name": str}, ("version",)),
    "root_misplaced": ({}, ()),
    "events": ({"event_id": int, "count": int}, ("last",)),
    "metadata": ({"url": str, "outcome": str}, ("status", "detail")),
}
_ALL = ("version", *_NUMBERS, *_TEXTS, *_LISTS)
# What it has a name for.
NAMES = frozenset(_ALL)
_RESTRICTED = "a restricted endpoint opens neither the registry nor files, stores and event logs"
_UNTOLD = "the server did not tell it"
_CREDENTIAL, _QUERY = re.compile(r"[^/@;=\s]*@"), re.compile(r"\?[^;\s]*")


def calls(gathered: Sequence[str], restricted: bool = False, first: Sequence[str] = ()) -> list[Call]:
    """The calls that read it. gathered: the parts that the same request reads, whose answers are used.

    restricted: whether an endpoint is asked that tells what cmdlets tell, and downloads nothing. first: the names of the OAuth servers
    whose metadata is tried before that of others, as is that of the one that clients are sent to where the configuration is gathered.
    """
    version = "version" if "version" in gathered else _VERSION
    urls = "oauth_servers" if "oauth_servers" in gathered else _URLS
    given = {"configuration_of": "oauth_configuration", "first": [*first]}
    own = {
        _VERSION: Call(_VERSION, "Get-CsServerVersion", {}, {"*": "text"}, tolerant=True),
        # The server's own replica: what it works with, and no way to another server.
        _URLS: Call(_URLS, "Get-CsOAuthServer", {"LocalStore": True}, {"Identity": "text", "MetadataUrl": "text"}, tolerant=True),
    }
    return [
        *(own[name] for name in (version, urls) if name in own and not (restricted and name == _URLS)),
        Call(_COMPONENTS, "Get-CsServerPatchVersion", {}, {"ComponentName": "text", "Version": "text"}, tolerant=True),
        Call(NAME, READ, {"version_of": version, "urls_of": urls, **given}, _SELECT, tolerant=True),
    ]


def shaped(answer: Answer) -> ServerSettings:
    """What the answer to calls() tells."""
    rows = answer.rows.get(NAME, [])
    why = _RESTRICTED if answer.restricted else answer.unknown.get(NAME, _UNTOLD)
    unread: dict[str, str] = {}
    found: dict[str, Any] = {
        **{name: _number(rows, name, why, unread) for name in _NUMBERS},
        **{name: _text(rows, name, why, unread) for name in _TEXTS},
    }
    versions = _of_cmdlet(answer, _VERSION if _VERSION in {*answer.rows, *answer.unknown} else "version", "version", unread)
    return {
        "version": next((text(row["text"]) for row in versions if text(row["text"])), None),
        "components": [_component(row) for row in _of_cmdlet(answer, _COMPONENTS, "components", unread)],
        **found,  # type: ignore[typeddict-item]
        "root_misplaced": [str(row["value"]) for row in rows if row["setting"] == "root_misplaced"],
        "events": _events(rows, why, unread),
        "metadata": _downloads(answer, rows, why, unread),
        "unread": unread,
    }


def without_credential(address: str) -> str:
    """The address as the runner tells it, without the user and password that it may carry, and without a query."""
    return _QUERY.sub("", _CREDENTIAL.sub("", address))


def complete(told: Mapping[str, Any]) -> ServerSettings:
    """The shape of what a registered result holds; what it lacks, or holds in another form, is unread."""
    given = told.get("unread")
    # Without it nothing tells what is not set from what was not read.
    unread = {str(name): str(why) for name, why in given.items()} if isinstance(given, Mapping) else dict.fromkeys(_ALL, _UNTOLD)
    values: dict[str, Any] = {}
    for name in _ALL:
        value = told.get(name)
        fits = name in told and (_is_list(name, value) if name in _LISTS else value is None or isinstance(value, _kind(name)))
        # These are there on every server.
        if not fits or (value is None and name in ("version", "root_certificates", "root_misplaced_count")):
            unread.setdefault(name, _UNTOLD)
        values[name] = (value if fits else []) if name in _LISTS else value if fits else None
    return {**values, "unread": unread}  # type: ignore[typeddict-item]


def _kind(name: str) -> type:
    return int if name in _NUMBERS else str


def _is_list(name: str, value: Any) -> bool:
    if name == "root_misplaced":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    needed, optional = _LISTS[name]
    return isinstance(value, list) and all(
        isinstance(one, Mapping) and {*needed, *optional} <= set(one) and all(isinstance(one[key], kind) for key, kind in needed.items())
        for one in value
    )


def _of_cmdlet(answer: Answer, call: str, name: str, unread: dict[str, str]) -> list[dict[str, Any]]:
    if call not in answer.rows:
        unread[name] = answer.unknown.get(call, _UNTOLD)
    elif not answer.rows[call]:
        unread[name] = "its cmdlet returned nothing"
    return answer.rows.get(call, [])


def _row(rows: Sequence[Row], name: str, why: str, unread: dict[str, str]) -> Row | None:
    """The row of a setting; None where it was not read, with the reason in unread."""
    row = next((one for one in rows if one["setting"] == name), None)
    if row is None or row["unread"] is not None:
        unread[name] = str(row["unread"]) if row else why
        return None
    return row


def _number(rows: Sequence[Row], name: str, why: str, unread: dict[str, str]) -> int | None:
    value = _text(rows, name, why, unread)
    if not value:
        return None
    if not value.lstrip("-").isdigit():
        unread[name] = f"it holds {value!r}, which is no number"
        return None
    return int(value)


def _text(rows: Sequence[Row], name: str, why: str, unread: dict[str, str]) -> str | None:
    row = _row(rows, name, why, unread)
    value = text(row["value"]) if row else None
    return without_credential(value) if value and "proxy" in name else value


def _component(row: Mapping[str, Any]) -> ServerComponent:
    return {"name": text(row["ComponentName"]) or "", "version": text(row["Version"])}


def _events(rows: Sequence[Row], why: str, unread: dict[str, str]) -> list[ServerEvent]:
    told = {str(row["subject"]): row for row in rows if row["setting"] == "event"}
    found: list[ServerEvent] = []
    for number in EVENTS:
        row = told.get(str(number))
        if row is None or row["unread"] is not None or not str(row["value"]).isdigit():
            unread["events"] = str(row["unread"]) if row and row["unread"] else why
        else:
            found.append({"event_id": number, "count": int(row["value"]), "last": row["detail"]})
    return found


def _downloads(answer: Answer, rows: Sequence[Row], why: str, unread: dict[str, str]) -> list[MetadataDownload]:
    tried: list[MetadataDownload] = []
    for row in rows:
        if row["setting"] == "metadata":
            outcome, _blank, status = str(row["value"]).partition(" ")
            detail = text(row["detail"])
            tried.append(
                {
                    "url": str(row["subject"]).strip(),
                    "outcome": outcome,
                    "status": int(status) if status.isdigit() else None,
                    "detail": detail,
                }
            )
    if not tried:
        asked = next((name for name in (_URLS, "oauth_servers") if name in {*answer.rows, *answer.unknown}), None)
        if not rows:
            unread["metadata"] = why
        elif asked is None or asked not in answer.rows:
            unread["metadata"] = f"the OAuth servers were not read: {answer.unknown.get(asked or '', _UNTOLD)}"
    return tried
