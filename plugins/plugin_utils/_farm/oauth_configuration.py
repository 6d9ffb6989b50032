# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of the OAuth configuration, and the cmdlet that brings it about. Private to the collection.

Facts: https://learn.microsoft.com/powershell/module/skypeforbusiness/set-csoauthconfiguration. An empty text clears a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import OnpremPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OAuthConfiguration
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import domain_pattern, guid, https_url, same_text, same_url

PARAMETERS = {
    "service_name": "ServiceName",
    "realm": "Realm",
    "exchange_autodiscover_url": "ExchangeAutodiscoverUrl",
    "exchange_autodiscover_allowed_domains": "ExchangeAutodiscoverAllowedDomains",
    "client_authorization_oauth_server": "ClientAuthorizationOAuthServerIdentity",
    "client_adal_auth_override": "ClientAdalAuthOverride",
}


def wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the options of the module oauth_configuration, each of which is there, ask of the configuration; empty texts clear."""
    asked = {name: params[name] for name in PARAMETERS if params[name] is not None}
    if asked.get("service_name"):
        asked["service_name"] = guid("service_name", asked["service_name"])
    if asked.get("exchange_autodiscover_url"):
        asked["exchange_autodiscover_url"] = https_url("exchange_autodiscover_url", asked["exchange_autodiscover_url"])
    for domain in asked.get("exchange_autodiscover_allowed_domains", []):
        domain_pattern("exchange_autodiscover_allowed_domains", domain)
    return asked


def plan(current: OAuthConfiguration, wanted: Mapping[str, Any]) -> OnpremPlan:
    """wanted: the managed settings by their names in PARAMETERS; the others are left alone."""
    there: Mapping[str, Any] = current
    different = {setting: value for setting, value in wanted.items() if not _same(setting, there[setting], value)}
    before = {setting: there[setting] for setting in wanted}
    after = {
        setting: (value or ([] if isinstance(value, list) else None)) if setting in different else before[setting]
        for setting, value in wanted.items()
    }
    operations = tuple(
        f"set {PARAMETERS[setting]} of the OAuth configuration to {value!r}"
        if value
        else f"clear {PARAMETERS[setting]} of the OAuth configuration"
        for setting, value in different.items()
    )
    if not different:
        return OnpremPlan(Change(before, before), (), current)
    parameters = {PARAMETERS[setting]: ";".join(value) if isinstance(value, list) else value for setting, value in different.items()}
    call = Call("set", "Set-CsOAuthConfiguration", {"Identity": current["identity"] or "Global", **parameters})
    return OnpremPlan(Change(before, after, operations), (call,), {**current, **after})


def _same(setting: str, current: Any, wanted: Any) -> bool:
    if setting == "exchange_autodiscover_allowed_domains":
        return {str(domain).lower() for domain in current} == {domain.lower() for domain in wanted}
    return same_url(current, wanted) if setting == "exchange_autodiscover_url" else same_text(current, wanted)
