# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of an OAuth server, and the cmdlets that bring it about. Private to the collection.

Facts: https://learn.microsoft.com/powershell/module/skypeforbusiness/new-csoauthserver and set-csoauthserver. Set can change
everything but the realm. Both download the metadata while parameters are bound, so a dead URL changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import OnpremPlan, shown_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OAuthServer, planned_oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import metadata_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, https_url, is_guid, same_text, same_url, url_parts

PARAMETERS = {
    "metadata_url": "MetadataUrl",
    "realm": "Realm",
    "type": "Type",
    "accept_security_identifier_information": "AcceptSecurityIdentifierInformation",
    "authorization_uri_override": "AuthorizationUriOverride",
}
_FEDERATION_METADATA = "/federationmetadata/2007-06/federationmetadata.xml"


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


def find(servers: Sequence[OAuthServer], name: str) -> OAuthServer | None:
    """The server of that name, in any letter case."""
    return next((server for server in servers if same_text(server["identity"], name)), None)


def wanted_realm(wanted: Mapping[str, Any]) -> str | None:
    """The realm that the server must have: the given one, or the tenant that the metadata URL names by its id; None for any.

    Which realm a server gets from federation metadata is not documented.
    """
    if wanted.get("realm") is not None:
        return str(wanted["realm"])
    url = wanted.get("metadata_url")
    return None if is_federation_metadata(url) else tenant_in(url)


def is_federation_metadata(url: str | None) -> bool:
    """Whether the URL is that of federation metadata (XML), as servers for hybrid modern authentication have it."""
    return url_parts(url or "").path.lower().endswith(_FEDERATION_METADATA)


def tenant_in(metadata_url: str | None) -> str | None:
    """The tenant's id that a metadata URL has in its path, in lower case; None where it has none."""
    return next((segment for segment in url_parts(metadata_url or "").path.lower().split("/") if is_guid(segment)), None)


def has_realm(server: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool | None:
    """Whether the server's realm is the wanted one; None where any is right."""
    realm = wanted_realm(wanted)
    return None if realm is None else same_text(server.get("realm"), realm)


def plan(servers: Sequence[OAuthServer], name: str, wanted: Mapping[str, Any] | None, kept: Mapping[str, Any] | None = None) -> OnpremPlan:
    """wanted: the managed settings by their names in PARAMETERS, or None where the server is to be absent.

    kept: the server as it was before a replacement that was cut short; where there is none now, its settings are brought back.
    """
    current = find(servers, name)
    if wanted is None:
        if current is None:
            return OnpremPlan(Change({}, {}))
        change = Change(
            {"name": current["identity"], **_settings(current, PARAMETERS)}, {}, (f"remove OAuth server {current['identity']}",)
        )
        return OnpremPlan(change, (Call("remove", "Remove-CsOAuthServer", {"Identity": current["identity"]}),))
    realm = wanted_realm(wanted)
    if current is None:
        return _create(name, wanted, realm, _creatable(kept or {}))
    identity = current["identity"]
    there: Mapping[str, Any] = current
    different = {setting: value for setting, value in wanted.items() if not _same(setting, there[setting], value)}
    if "metadata_url" not in different and has_realm(current, wanted) is False:
        # The realm came from the metadata when the server was made, and Set cannot change it.
        different["realm"] = realm
    shown = {**wanted, **different}
    before = {"name": name, **_settings(current, shown)}
    after = {"name": name, **{setting: different.get(setting, there[setting]) for setting in shown}}
    predicted = {**current, **different}
    if not different:
        return OnpremPlan(Change(before, before), (), current)
    if "realm" not in different:
        words = tuple(f"set {PARAMETERS[setting]} of OAuth server {identity} to {value!r}" for setting, value in different.items())
        call = Call("set", "Set-CsOAuthServer", {"Identity": identity, **_parameters(different)})
        # With the metadata of another tenant comes its realm.
        told = {"realm": realm} if realm and "metadata_url" in different else {}
        return OnpremPlan(Change(before, after, words), (call,), {**predicted, **told})
    words = (f"replace OAuth server {identity} for its realm {different['realm']!r}",)
    return OnpremPlan(Change(before, after, words), _replace(identity, predicted), predicted, _restore(current), current)


def _create(name: str, wanted: Mapping[str, Any], realm: str | None, kept: Mapping[str, Any]) -> OnpremPlan:
    # The realm is that of the new metadata, unless nothing tells which one that is.
    back = {setting: value for setting, value in kept.items() if setting not in wanted and not (setting == "realm" and realm)}
    settings = {**wanted, **back}
    words = f"create OAuth server {name} with metadata URL {wanted['metadata_url']}"
    if back:
        words += f", and with what it had before its replacement was cut short: {shown_settings(back, PARAMETERS)}"
    told = {"realm": realm} if realm else {}
    return OnpremPlan(
        Change({}, {"name": name, **settings}, (words,)),
        (Call("create", "New-CsOAuthServer", {"Identity": name, **_parameters(settings)}),),
        planned_oauth_server(name, {**told, **settings}),
    )


def _replace(identity: str, predicted: Mapping[str, Any]) -> tuple[Call, ...]:
    """Prove that the metadata can be had, then remove and create."""
    new = {"Identity": identity, **_parameters(_creatable(predicted))}
    return (
        # -InMemory downloads the metadata like a real creation, and stores nothing.
        Call("prove", "New-CsOAuthServer", {**new, "Identity": f"{identity}.check", "InMemory": True}),
        Call("remove", "Remove-CsOAuthServer", {"Identity": identity}),
        Call("create", "New-CsOAuthServer", new),
    )


def _restore(current: OAuthServer) -> tuple[Call, ...]:
    """Make the server again as it was; Set is for what New did not take over."""
    old = {"Identity": current["identity"], **_parameters(_creatable(current))}
    return (
        Call("restore", "New-CsOAuthServer", old),
        Call("restore_rest", "Set-CsOAuthServer", {name: value for name, value in old.items() if name != "Realm"}),
    )


def _creatable(server: Mapping[str, Any]) -> dict[str, Any]:
    return {setting: server[setting] for setting in PARAMETERS if server.get(setting) not in (None, "")}


def _settings(current: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {setting: current[setting] for setting in names}


def _parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {PARAMETERS[setting]: value for setting, value in settings.items()}


def _same(setting: str, current: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return current is wanted
    return same_url(current, wanted) if setting in ("metadata_url", "authorization_uri_override") else same_text(current, wanted)
