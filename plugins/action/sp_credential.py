# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils import _key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._certificate import (
    Certificate,
    check_usable,
    load_certificate,
    read_certificate,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._key_credential import CredentialRequest, thumbprint_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._principal_action import WRITING, PrincipalAction, PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._service_principal import (
    EXCHANGE_ONLINE,
    PROCEDURE,
    SHARED_PRINCIPAL_WARNING,
    ServicePrincipal,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._times import option_time, utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import guid


class ActionModule(PrincipalAction):
    """Put a certificate on service principals or take credentials away."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **WRITING,
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "certificate_path": {"type": "path"},
            "certificate_content": {"type": "str"},
            "thumbprint": {"type": "str"},
            "key_id": {"type": "str", "no_log": False},
            "display_name": {"type": "str"},
            "start": {"type": "str"},
            "end": {"type": "str"},
            "remove_expired": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("certificate_path", "certificate_content", "thumbprint", "key_id")],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(timezone.utc)
        app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
        if not app_ids:
            raise InvalidOptionError("app_ids", "the list is empty", "at least one application id")
        certificate = _certificate(params)
        present = params["state"] == "present"
        warnings = []
        if present and certificate:
            warnings += check_usable(_source(params), certificate, now)
            if EXCHANGE_ONLINE in app_ids:
                warnings.append(SHARED_PRINCIPAL_WARNING)
        self.request = _request(params, certificate, present, now)
        result = self.converge(params, app_ids)
        if warnings:
            result["warnings"] = [*result.get("warnings", []), *warnings]
        return result

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        request = self.request
        plan = _key_credential.plan(principal.keys, request, now)
        after = (*plan.kept, *((plan.added,) if plan.added else ()))
        return PrincipalPlan(
            principal,
            replace(principal, keys=after),
            Change(
                {"key_credentials": _shown(principal.keys)},
                {"key_credentials": _shown(after)},
                (
                    *((f"add certificate {plan.added.label} to {principal.label}",) if plan.added else ()),
                    *(f"remove credential {key.label} from {principal.label}" for key in plan.dropped),
                ),
            ),
            {"keyCredentials": plan.body(request.certificate, request)},
        )

    def problems(self, plan: PrincipalPlan, found: ServicePrincipal, now: datetime) -> list[str]:
        wanted, certificate = self.request, self.request.certificate
        there = {key.key_id for key in found.keys}
        staying = {key.key_id for key in plan.predicted.keys}
        wrong = [f"{found.label} lost credential {key.label}" for key in plan.predicted.keys if key.key_id and key.key_id not in there]
        wrong += [
            f"{found.label} still has credential {key.label}"
            for key in plan.principal.keys
            if key.key_id not in staying and key.key_id in there
        ]
        if wanted.present and certificate and not any(_key_credential.serves(key, certificate.thumbprint, now) for key in found.keys):
            wrong.append(f"{found.label} lacks certificate {certificate.thumbprint}")
        return wrong


def _shown(keys: tuple[_key_credential.KeyCredential, ...]) -> list[dict[str, Any]]:
    return sorted((key.shown() for key in keys), key=lambda entry: (str(entry["end"]), str(entry["thumbprint"]), str(entry["start"])))


def _source(params: dict[str, Any]) -> str:
    return "certificate_path" if params["certificate_path"] else "certificate_content"


def _certificate(params: dict[str, Any]) -> Certificate | None:
    path, content = params["certificate_path"], params["certificate_content"]
    if path:
        return read_certificate("certificate_path", path)
    return load_certificate("certificate_content", content) if content is not None else None


def _request(params: dict[str, Any], certificate: Certificate | None, present: bool, now: datetime) -> CredentialRequest:
    if present and certificate is None:
        raise HybridAuthError("state is present, but no certificate is given.", "Set certificate_path or certificate_content.")
    if not present and not (certificate or params["thumbprint"] or params["key_id"] or params["remove_expired"]):
        raise HybridAuthError(
            "state is absent, but nothing says which credential goes.",
            "Set key_id, thumbprint, certificate_path, certificate_content or remove_expired.",
        )
    thumbprint = thumbprint_in("".join(params["thumbprint"].replace(":", " ").split())) if params["thumbprint"] else None
    if params["thumbprint"] and (present or not thumbprint):
        raise InvalidOptionError("thumbprint", "it is not usable here", "40 hexadecimal digits, together with state absent")
    name = params["display_name"]
    if name and len(name) > 90:
        raise InvalidOptionError("display_name", f"it has {len(name)} characters", "at most 90 characters")
    start, end = option_time("start", params["start"]), option_time("end", params["end"])
    if certificate and present:
        _check_times(certificate, start, end, now)
    return CredentialRequest(
        present=present,
        certificate=certificate,
        thumbprint=thumbprint,
        key_id=guid("key_id", params["key_id"]) if params["key_id"] else None,
        remove_expired=params["remove_expired"],
        display_name=name,
        start=start,
        end=end,
    )


def _check_times(certificate: Certificate, start: datetime | None, end: datetime | None, now: datetime) -> None:
    validity = f"a time within the certificate's validity, {utc_text(certificate.not_before)} to {utc_text(certificate.not_after)}"
    if start and not certificate.not_before <= start < certificate.not_after:
        raise InvalidOptionError("start", f"{utc_text(start)} is outside of it", validity)
    if end and not certificate.not_before < end <= certificate.not_after:
        raise InvalidOptionError("end", f"{utc_text(end)} is outside of it", validity)
    if end and end <= max(start or now, now):
        raise InvalidOptionError("end", f"{utc_text(end)} is not after the start, or over", validity)
