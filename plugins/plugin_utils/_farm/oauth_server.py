# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of an OAuth server, and the cmdlets that bring it about. Private to the collection.

Facts: https://learn.microsoft.com/powershell/module/skypeforbusiness/new-csoauthserver and set-csoauthserver. Set can change
everything but the realm. Both download the metadata while parameters are bound, so a dead URL changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import OnpremPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import planned_oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import metadata_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, https_url, same_text, same_url

Found = TypeVar("Found", bound=Mapping[str, Any])
PARAMETERS = {
    "metadata_url": "MetadataUrl",
    "realm": "Realm",
    "type": "Type",
    "accept_security_identifier_information": "AcceptSecurityIdentifierInformation",
    "authorization_uri_override": "AuthorizationUriOverride",
}


def wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the options of the module oauth_server, each of which is there, ask of a server that is to be present."""
    if params["metadata_url"]:
        url = https_url("metadata_url", params["metadata_url"])
    elif params["tenant_id"]:
        url = metadata_url(params["cloud"], guid("tenant_id", params["tenant_id"]))
    else:
        raise InvalidOptionError("tenant_id", "neither it nor metadata_url is set", "one of them, since state is present")
    asked = {"metadata_url": url}
    if params["authorization_uri_override"]:
        https_url("authorization_uri_override", params["authorization_uri_override"])
    for name in ("realm", "type", "accept_security_identifier_information", "authorization_uri_override"):
        if params[name] is not None:
            asked[name] = params[name]
    return asked


def find(servers: Sequence[Found], name: str) -> Found | None:
    """The server of that name, in any letter case."""
    return next((server for server in servers if same_text(server["identity"], name)), None)


def plan(servers: Sequence[Mapping[str, Any]], name: str, wanted: Mapping[str, Any] | None) -> OnpremPlan:
    """wanted: the managed settings by their names in PARAMETERS, or None where the server is to be absent."""
    current = find(servers, name)
    if wanted is None:
        if current is None:
            return OnpremPlan(Change({}, {}))
        change = Change(
            {"name": current["identity"], **_settings(current, PARAMETERS)}, {}, (f"remove OAuth server {current['identity']}",)
        )
        return OnpremPlan(change, (Call("remove", "Remove-CsOAuthServer", {"Identity": current["identity"]}),))
    after = {"name": name, **wanted}
    if current is None:
        change = Change({}, after, (f"create OAuth server {name} with metadata URL {wanted['metadata_url']}",))
        return OnpremPlan(
            change, (Call("create", "New-CsOAuthServer", {"Identity": name, **_parameters(wanted)}),), planned_oauth_server(name, wanted)
        )
    identity = current["identity"]
    different = {setting: value for setting, value in wanted.items() if not _same(setting, current[setting], value)}
    before = {"name": name, **_settings(current, wanted)}
    after = {"name": name, **{setting: wanted[setting] if setting in different else current[setting] for setting in wanted}}
    predicted = {**current, **different}
    if not different:
        return OnpremPlan(Change(before, before), (), current)
    if "realm" not in different:
        words = tuple(f"set {PARAMETERS[setting]} of OAuth server {identity} to {value!r}" for setting, value in different.items())
        return OnpremPlan(
            Change(before, after, words), (Call("set", "Set-CsOAuthServer", {"Identity": identity, **_parameters(different)}),), predicted
        )
    return OnpremPlan(
        Change(before, after, (f"replace OAuth server {identity} for its realm {wanted['realm']!r}",)),
        _replace(current, predicted),
        predicted,
    )


def _replace(current: Mapping[str, Any], predicted: Mapping[str, Any]) -> tuple[Call, ...]:
    """Prove that the metadata can be had, then remove and create; what fails is undone in the same process."""
    identity = current["identity"]
    old = {"Identity": identity, **_parameters({setting: current[setting] for setting in PARAMETERS if current[setting] not in (None, "")})}
    new = {
        "Identity": identity,
        **_parameters({setting: predicted[setting] for setting in PARAMETERS if predicted[setting] not in (None, "")}),
    }
    return (
        # -InMemory downloads the metadata like a real creation, and stores nothing.
        Call("prove", "New-CsOAuthServer", {**new, "Identity": f"{identity}.check", "InMemory": True}),
        Call("remove", "Remove-CsOAuthServer", {"Identity": identity}, undo=(Call("undo_remove", "New-CsOAuthServer", old),)),
        Call("create", "New-CsOAuthServer", new),
    )


def _settings(current: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {setting: current[setting] for setting in names}


def _parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {PARAMETERS[setting]: value for setting, value in settings.items()}


def _same(setting: str, current: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return current is wanted
    return same_url(current, wanted) if setting in ("metadata_url", "authorization_uri_override") else same_text(current, wanted)
