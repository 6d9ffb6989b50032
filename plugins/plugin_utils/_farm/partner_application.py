# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of a partner application, and the cmdlets that bring it about. Private to the collection.

Facts: https://learn.microsoft.com/powershell/module/skypeforbusiness/new-cspartnerapplication and set-cspartnerapplication.
Set can change everything but the application identifier and the realm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import OnpremPlan, shown_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import PartnerApplication, planned_partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import decode_base64
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, https_url, same_text, same_url

# How the application's tokens are checked: exactly one of these is wanted.
SOURCES = {"use_oauth_server": "UseOAuthServer", "metadata_url": "MetadataUrl", "certificate": "CertificateRawData"}
SETTINGS = {
    "trust_level": "ApplicationTrustLevel",
    "enabled": "Enabled",
    "accept_security_identifier_information": "AcceptSecurityIdentifierInformation",
}
# Only New takes these.
FIXED = {"application_id": "ApplicationIdentifier", "realm": "Realm"}
PARAMETERS = {**FIXED, **SETTINGS, **SOURCES}


def wanted(params: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What the options of the module partner_application, each of which is there, ask of one that is to be present. now: an aware time."""
    asked: dict[str, Any] = {}
    if params["use_oauth_server"] is False:
        raise InvalidOptionError(
            "use_oauth_server", "false alone leaves open how tokens are checked", "true, or metadata_url or certificate"
        )
    if params["metadata_url"]:
        # New takes no identifier beside it. What the metadata is to name can be compared all the same.
        asked["metadata_url"] = https_url("metadata_url", params["metadata_url"])
        if params["metadata_application_id"]:
            asked["application_id"] = guid("metadata_application_id", params["metadata_application_id"])
    else:
        asked["application_id"] = guid("application_id", params["application_id"])
    if params["use_oauth_server"]:
        asked["use_oauth_server"] = True
    if params["certificate"]:
        if not params["realm"]:
            raise InvalidOptionError("realm", "it is not set", "the application's realm, since certificate is given")
        certificate = load_certificate("certificate", params["certificate"])
        check_usable("certificate", certificate, now)
        asked["certificate"] = certificate.content
    asked["trust_level"] = params["trust_level"]
    for name in ("realm", "enabled", "accept_security_identifier_information"):
        if params[name] is not None:
            asked[name] = params[name]
    return asked


def find(applications: Sequence[PartnerApplication], name: str) -> PartnerApplication | None:
    """The application of that name, in any letter case."""
    return next((application for application in applications if same_text(application["identity"], name)), None)


def check_metadata(found: Mapping[str, Any] | None, wanted: Mapping[str, Any], server: str) -> None:
    """HybridAuthError where the metadata that was just taken is of another application than the wanted one."""
    url, wished = wanted.get("metadata_url"), wanted.get("application_id")
    if found is None or not url or not wished or same_text(found["application_id"], wished):
        return
    raise HybridAuthError(
        f"{server}: the metadata at {url} is that of application {found['application_id'] or '(none)'}, and not of {wished}.",
        "Correct the URL, metadata_url of a module or the variable of the role whose name ends so, and run again.",
    )


def back(before: Mapping[str, Any] | None, applications: Sequence[PartnerApplication], name: str) -> OnpremPlan:
    """The plan that makes an application again as it was before a change that was carried out; None is one that was not there."""
    if before is None:
        return plan(applications, name, None)
    settings = {setting: before[setting] for setting in PARAMETERS if before.get(setting) not in (None, "")}
    source = next((one for one in SOURCES if settings.get(one)), None)
    # What a metadata URL tells comes with it, be it by Set or by New.
    gone = {*SOURCES, *(FIXED if source == "metadata_url" else ())} - {source}
    return plan(applications, name, {setting: value for setting, value in settings.items() if setting not in gone})


def plan(
    applications: Sequence[PartnerApplication], name: str, wanted: Mapping[str, Any] | None, kept: Mapping[str, Any] | None = None
) -> OnpremPlan:
    """wanted: the managed settings by their names in PARAMETERS, or None where the application is to be absent.

    kept: the application as it was before a replacement that was cut short; where there is none now, its settings are brought back.
    """
    current = find(applications, name)
    if wanted is None:
        if current is None:
            return OnpremPlan(Change({}, {}))
        change = Change(
            {"name": current["identity"], **_shown(current, PARAMETERS)}, {}, (f"remove partner application {current['identity']}",)
        )
        return OnpremPlan(change, (Call("remove", "Remove-CsPartnerApplication", {"Identity": current["identity"]}),))
    if current is None:
        return _create(name, wanted, kept or {})
    identity = current["identity"]
    different = {setting: value for setting, value in wanted.items() if not _same(setting, current, value)}
    # A change of the kind loses what the old kind had, so the diff shows every kind.
    shown = {**wanted, **(SOURCES if any(source in different for source in SOURCES) else {})}
    before = {"name": name, **_shown(current, shown)}
    if not different:
        return OnpremPlan(Change(before, before), (), current)
    predicted = {**current, **different}
    if any(source in different for source in SOURCES):
        predicted |= {source: different.get(source, False if source == "use_oauth_server" else None) for source in SOURCES}
    after = {"name": name, **_shown(predicted, shown)}
    fixed = [setting for setting in FIXED if setting in different]
    if fixed:
        words = f"replace partner application {identity} for its {' and '.join(PARAMETERS[setting] for setting in fixed)}"
        return OnpremPlan(Change(before, after, (words,)), _replace(current, predicted), predicted, _restore(current), current)
    operations = tuple(
        f"set {PARAMETERS[setting]} of partner application {identity} to {_word(setting, value)}" for setting, value in different.items()
    )
    call = Call("set", "Set-CsPartnerApplication", {"Identity": identity, **_parameters(different)})
    return OnpremPlan(Change(before, after, operations), (call,), predicted)


def _create(name: str, wanted: Mapping[str, Any], kept: Mapping[str, Any]) -> OnpremPlan:
    source = {} if any(one in wanted for one in SOURCES) else {"use_oauth_server": True}
    # The kind is the wanted one, and with a metadata URL the identifier and the realm come from there.
    left_out = {*wanted, *SOURCES, *(FIXED if "metadata_url" in wanted else ())}
    back = {setting: value for setting, value in _creatable(kept).items() if setting not in left_out}
    settings = {**source, **wanted, **back}
    words = f"create partner application {name}"
    if back:
        words += f", and with what it had before its replacement was cut short: {shown_settings(back, PARAMETERS)}"
    change = Change({}, {"name": name, **_shown(settings, settings)}, (words,))
    create = Call("create", "New-CsPartnerApplication", {"Identity": name, **_parameters(_creatable(settings))})
    return OnpremPlan(change, (create,), planned_partner_application(name, settings))


def _replace(current: PartnerApplication, predicted: Mapping[str, Any]) -> tuple[Call, ...]:
    identity = current["identity"]
    if not current["use_oauth_server"] and not current["metadata_url"]:
        raise HybridAuthError(
            f"Partner application {identity} holds a certificate, which cannot be restored if its replacement fails.",
            f"Remove it first (Remove-CsPartnerApplication -Identity {identity}), and run again.",
            unchanged=True,
        )
    return (
        Call("remove", "Remove-CsPartnerApplication", {"Identity": identity}),
        Call("create", "New-CsPartnerApplication", {"Identity": identity, **_parameters(_creatable(predicted))}),
    )


def _restore(current: PartnerApplication) -> tuple[Call, ...]:
    """Make the application again as it was; Set is for what New did not take over."""
    identity, old = current["identity"], _creatable(current)
    rest = {setting: value for setting, value in old.items() if setting in SETTINGS}
    return (
        Call("restore", "New-CsPartnerApplication", {"Identity": identity, **_parameters(old)}),
        Call("restore_rest", "Set-CsPartnerApplication", {"Identity": identity, **_parameters(rest)}),
    )


def _creatable(application: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that New takes for this application's kind; with a metadata URL it takes no identifier and no realm."""
    settings = {name: application.get(name) for name in PARAMETERS if application.get(name) not in (None, "")}
    source = next((name for name in SOURCES if settings.get(name)), "use_oauth_server")
    drop = {*SOURCES, *(FIXED if source == "metadata_url" else ())} - {source}
    return {name: value for name, value in settings.items() if name not in drop}


def _parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {PARAMETERS[setting]: value for setting, value in settings.items()}


def _shown(settings: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {setting: settings.get(setting) for setting in names}


def _word(setting: str, value: Any) -> str:
    return "the given certificate" if setting == "certificate" else repr(value)


def _same(setting: str, current: Mapping[str, Any], wanted: Any) -> bool:
    there = current[setting]
    if setting == "certificate":
        return decode_base64(there or "") == decode_base64(wanted)
    if isinstance(wanted, bool):
        return there is wanted
    return same_url(there, wanted) if setting == "metadata_url" else same_text(there, wanted)
