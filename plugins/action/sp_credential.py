# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential, plans, refusals
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.action import WRITING, PrincipalAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import LONGEST_NAME, CredentialRequest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import (
    APPLICATIONS,
    PRINCIPALS,
    WORDS,
    ServicePrincipal,
    shared_principal_warning,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate, check_usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate, load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import option_time, utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told_certificate import from_row

_COLLECTIONS = {"service_principal": PRINCIPALS, "application": APPLICATIONS}
_RESULTS = {PRINCIPALS: "service_principals", APPLICATIONS: "applications"}


class ActionModule(PrincipalAction):
    """Put certificates on service principals or take credentials away."""

    kinds = ("credential ", "certificate ")
    # By the object's path the ids of the entries that go; empty until that is decided.
    going: Mapping[str, frozenset[str]] = MappingProxyType({})
    whole_keys = True
    PUBLIC = (*PrincipalAction.PUBLIC, "applications")

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **WRITING,
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
            "object": {"type": "str", "choices": list(_COLLECTIONS), "default": "service_principal"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "certificate_path": {"type": "path"},
            "certificate_content": {"type": "str"},
            "certificates": {"type": "list", "elements": "raw"},
            "thumbprint": {"type": "list", "elements": "str"},
            "key_id": {"type": "list", "elements": "str", "no_log": False},
            "display_name": {"type": "str"},
            "display_names": {"type": "dict"},
            "start": {"type": "str"},
            "end": {"type": "str"},
            "valid_at": {"type": "dict"},
            "remove_expired": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("certificate_path", "certificate_content", "certificates", "thumbprint", "key_id")],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(timezone.utc)
        app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
        if not app_ids:
            raise InvalidOptionError("app_ids", "the list is empty", "at least one application id")
        collection = _COLLECTIONS[params["object"]]
        if collection == APPLICATIONS:
            _check_owned(app_ids)
        certificates = _certificates(params)
        present = params["state"] == "present"
        warnings = []
        if present and certificates:
            for certificate in certificates:
                warnings += check_usable(_source(params), certificate, now)
            if EXCHANGE_ONLINE in app_ids and collection == PRINCIPALS:
                warnings.append(shared_principal_warning(now))
        self.request = _request(params, certificates, present, now)
        result = self.converge(params, app_ids, collection)
        if not present:
            warnings += _unproven(result[_RESULTS[collection]], self.request)
        if warnings:
            result["warnings"] = [*result.get("warnings", []), *warnings]
        return result

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        return plans.credentials(principal, replace(self.request, going=self.going.get(principal.path)), now)

    def decided(self, plans: Sequence[PrincipalPlan]) -> None:
        self.going = {
            one.principal.path: frozenset(str(key.key_id) for key in one.principal.keys if key not in one.predicted.keys) for one in plans
        }

    def problems(self, found: ServicePrincipal, now: datetime) -> list[str]:
        if not self.request.present:
            return []
        return [
            f"{found.label} lacks certificate {certificate.thumbprint}"
            for certificate in self.request.certificates
            if not key_credential.any_serves(found.keys, certificate.thumbprint, self.request.needed(certificate, now))
        ]

    def foreseen(self, connection: TenantConnection, plans: Sequence[PrincipalPlan], now: datetime) -> list[str]:
        """What the tenant refuses on application objects, which nothing asks about beforehand; the role asks for service principals."""
        adding = [
            one for one in plans if one.principal.collection == APPLICATIONS and any(key.key_id is None for key in one.predicted.keys)
        ]
        if not adding:
            return []
        app_ids = [one.principal.app_id for one in adding]
        told = refusals.read(connection.graph(), app_ids, connection.permissions(), assigned=True, collection=APPLICATIONS)
        self_signed = {one.thumbprint for one in self.request.certificates if one.self_signed}
        found = refused.of_plans(told, adding, now, self_signed, WORDS[APPLICATIONS])
        for one in found:
            if one.certain:
                raise HybridAuthError(one.problem, one.remedy)
        return refused.warnings(found)


def _unproven(principals: Sequence[Mapping[str, Any]], request: CredentialRequest) -> list[str]:
    """A warning for each entry that stays although its identifier names what the task has removed. principals: as the task shows them."""
    return [
        f"Key credential {key.label} of {one['app_id']} stays: {key.unproven}."
        for one in principals
        for key in map(key_credential.from_info, one["key_credentials"])
        if key.only_claims(request.named)
    ]


def _check_owned(app_ids: list[str]) -> None:
    """InvalidOptionError where one is Microsoft's, of which a tenant has the service principal alone; the default names such ones."""
    foreign = [app_id for app_id in app_ids if app_id in PROCEDURE]
    if foreign:
        raise InvalidOptionError(
            "app_ids", f"{', '.join(foreign)} is Microsoft's own, and object is application", "the id of an application of the tenant's own"
        )


def _source(params: dict[str, Any]) -> str:
    return next((name for name in ("certificate_path", "certificates") if params[name]), "certificate_content")


def _certificates(params: dict[str, Any]) -> tuple[Certificate, ...]:
    """The certificates that the task names, each once."""
    path, content = params["certificate_path"], params["certificate_content"]
    if path:
        return (load_certificate_file("certificate_path", path),)
    if content is not None:
        return (load_certificate("certificate_content", content),)
    loaded = [
        from_row("certificates", one) if isinstance(one, Mapping) else load_certificate("certificates", str(one))
        for one in params["certificates"] or ()
    ]
    return tuple({certificate.thumbprint: certificate for certificate in loaded}.values())


def _request(params: dict[str, Any], certificates: tuple[Certificate, ...], present: bool, now: datetime) -> CredentialRequest:
    if present and not certificates:
        raise HybridAuthError(
            "state is present, but no certificate is given.", "Set certificate_path, certificate_content or certificates."
        )
    if not present and not (certificates or params["thumbprint"] or params["key_id"] or params["remove_expired"]):
        raise HybridAuthError(
            "state is absent, but nothing says which key credential goes.",
            "Set key_id, thumbprint, certificate_path, certificate_content, certificates or remove_expired.",
        )
    thumbprints = tuple(option_thumbprint("thumbprint", text) for text in params["thumbprint"] or ())
    names = {option_thumbprint("display_names", one): str(text) for one, text in (params["display_names"] or {}).items()}
    for option, name in [("display_name", params["display_name"]), *(("display_names", name) for name in names.values())]:
        if name and len(name) > LONGEST_NAME:
            raise InvalidOptionError(option, f"{name!r} has {len(name)} characters", f"at most {LONGEST_NAME} characters")
    start, end = option_time("start", params["start"]), option_time("end", params["end"])
    valid_at = _valid_at(params["valid_at"])
    if present:
        for certificate in certificates:
            _check_times(certificate, start, end, now)
            moment = valid_at.get(certificate.thumbprint)
            if moment and not (start or certificate.not_before) <= moment < (end or certificate.not_after):
                raise InvalidOptionError("valid_at", f"{utc_text(moment)} is outside of the key credential's validity", "a time within it")
    return CredentialRequest(
        present=present,
        certificates=certificates,
        thumbprints=thumbprints,
        key_ids=tuple(guid("key_id", key_id) for key_id in params["key_id"] or ()),
        remove_expired=params["remove_expired"],
        display_name=params["display_name"],
        display_names=names,
        start=start,
        end=end,
        valid_at=valid_at,
    )


def _valid_at(given: dict[str, Any] | None) -> dict[str, datetime]:
    found = {option_thumbprint("valid_at", name): option_time("valid_at", moment) for name, moment in (given or {}).items()}
    return {thumbprint: moment for thumbprint, moment in found.items() if moment}


def _check_times(certificate: Certificate, start: datetime | None, end: datetime | None, now: datetime) -> None:
    validity = f"a time within the certificate's validity, {utc_text(certificate.not_before)} to {utc_text(certificate.not_after)}"
    if start and not certificate.not_before <= start < certificate.not_after:
        raise InvalidOptionError("start", f"{utc_text(start)} is outside of it", validity)
    if end and not certificate.not_before < end <= certificate.not_after:
        raise InvalidOptionError("end", f"{utc_text(end)} is outside of it", validity)
    if end and end <= max(start or now, now):
        raise InvalidOptionError("end", f"{utc_text(end)} is not after the start, or over", validity)
