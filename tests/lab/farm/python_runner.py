# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner on the server does, for machines without PowerShell: executes a request of cs_invoke on the simulated cmdlets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from . import assertion, certificates
from .binder import COMMAND_MISSING, SIGNATURES, CmdletError
from .cmdlets import Row

ALLOWED = (
    *(f"{verb}-Cs{noun}" for noun in ("OAuthServer", "PartnerApplication") for verb in ("Get", "New", "Set", "Remove")),
    *("Get-CsOAuthConfiguration", "Set-CsOAuthConfiguration", "Get-CsCertificate", "Get-CsService", "Get-CsSipDomain"),
    *("Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus", "Read-Certificate", "Read-Server"),
    *("Set-CsCertificate", "Remove-CsCertificate", "New-StoreCertificate", "Import-StoreCertificate"),
    *("New-Assertion", "Test-CsExStorageConnectivity"),
)
_KINDS = ("text", "flag", "number", "time", "list", "typed")


class Runner:
    """invoke: runs a cmdlet with its parameters. store: the certificates of the server, each with its key where that is there.

    clock_offset: seconds that the server's clock is ahead.
    """

    def __init__(
        self,
        name: str,
        module: str | None,
        invoke: Callable[[str, dict[str, Any]], list[Row]],
        store: list[assertion.Stored],
        clock_offset: float = 0,
    ) -> None:
        self._name, self._module, self._invoke, self._store, self._clock_offset = name, module, invoke, store, clock_offset

    def answer(self, text: str) -> str:
        """One line of JSON."""
        result: dict[str, Any] = {"changed": False, "module": None, "answers": {}, "unknown": {}}
        result |= {"failure": None, "undone": [], "warnings": []}
        try:
            request = json.loads(text)
        except ValueError as exc:
            result["failure"] = _failure(None, f"The request is not JSON: {exc}", "InvalidRequest", "InvalidRequest")
            return json.dumps(result)
        result["failure"] = _problem(request) or self._import(request, result)
        if result["failure"] is None:
            self._run(request["calls"], result)
        return json.dumps(result)

    def _import(self, request: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
        result["module"] = next((name for name in request["modules"] if name == self._module), None)
        if result["module"]:
            return None
        message = " ".join(
            f"The specified module '{name}' was not loaded because no valid module file was found in any module directory."
            for name in request["modules"]
        )
        error_id = "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"
        return _failure({"id": None, "cmdlet": "Import-Module"}, message, error_id, "ModuleMissing")

    def _run(self, calls: list[dict[str, Any]], result: dict[str, Any]) -> None:
        undo: list[list[dict[str, Any]]] = []
        for call in calls:
            try:
                self._call(call, result["answers"])
            except CmdletError as exc:
                if call.get("optional") and exc.error_id == COMMAND_MISSING:
                    result["unknown"][call["id"]] = exc.message
                    continue
                result["failure"] = _failure(call, exc.message, exc.error_id, exc.category, exc.parameter)
                for step in (step for steps in reversed(undo) for step in steps):
                    report = {"id": step["id"], "cmdlet": step["cmdlet"], "ok": True, "message": None}
                    try:
                        self._call(step, {})
                    except CmdletError as failed:
                        report.update(ok=False, message=failed.message)
                    result["undone"].append(report)
                return
            if call.get("undo"):
                undo.append(call["undo"])

    def _call(self, call: dict[str, Any], answers: dict[str, Any]) -> None:
        parameters = call.get("parameters") or {}
        if call["cmdlet"] == "Read-Server":
            now = (datetime.now(timezone.utc) + timedelta(seconds=self._clock_offset)).strftime("%Y-%m-%dT%H:%M:%SZ")
            answers[call["id"]] = [{"name": self._name, "time": now, "culture": "en-US", "powershell": "5.1.17763.1"}]
        elif call["cmdlet"] == "Read-Certificate":
            answers[call["id"]] = self._read_store(parameters, answers)
        elif call["cmdlet"] == "New-StoreCertificate":
            end = (datetime.now(timezone.utc) + timedelta(days=parameters["valid_days"])).strftime("%Y-%m-%dT%H:%M:%SZ")
            wanted = {"Subject": parameters["subject"], "KeyLength": parameters["key_size"], "KeyExportPolicy": "Exportable"}
            answers[call["id"]] = [self._stored("New-SelfSignedCertificate", {**wanted, "NotAfter": {"time": end}})]
        elif call["cmdlet"] == "Import-StoreCertificate":
            answers[call["id"]] = [self._stored("Add-StoreCertificate", {"Pfx": _without_password(parameters)})]
        elif call["cmdlet"] == "New-Assertion":
            answers[call["id"]] = assertion.rows(call.get("parameters"), self._assigned, self._service_name, self._store)
        else:
            sets = SIGNATURES[call["cmdlet"]]["parameter_sets"].values()
            quiet = {name: value for name, value in (("Confirm", False), ("Force", True)) if any(name in one for one in sets)}
            rows = self._invoke(call["cmdlet"], {**parameters, **quiet})
            answers[call["id"]] = [_projected(row, call.get("select") or {}) for row in rows]

    def _read_store(self, parameters: dict[str, Any], answers: dict[str, Any]) -> list[dict[str, Any]]:
        if parameters.get("self_signed"):
            own = [one.certificate for one in self._store if one.key is not None and one.certificate.subject == one.certificate.issuer]
            return [self._certificate(certificates.thumbprint(certificate)) for certificate in own]
        assigned = answers.get(str(parameters.get("of")), [])
        wanted = [*parameters.get("thumbprints", ()), *(row[name] for row in assigned for name in ("Thumbprint", "PreviousThumbprint"))]
        return [self._certificate(thumbprint) for thumbprint in dict.fromkeys(str(one).upper() for one in wanted if one)]

    def _stored(self, cmdlet: str, given: dict[str, Any]) -> dict[str, Any]:
        (made,) = self._invoke(cmdlet, given)
        entry = {"pfx": made["properties"]["Pfx"]["value"]}
        self._store.append(assertion.Stored(certificates.load(entry), certificates.private_key(entry)))
        return self._certificate(made["properties"]["Thumbprint"]["value"])

    def _assigned(self) -> list[dict[str, Any]]:
        select = {"Thumbprint": "text", "PreviousThumbprint": "text", "EffectiveDate": "time"}
        return [_projected(row, select) for row in self._invoke("Get-CsCertificate", {"Type": ["OAuthTokenIssuer"]})]

    def _service_name(self) -> str | None:
        rows = [_projected(row, {"ServiceName": "text"}) for row in self._invoke("Get-CsOAuthConfiguration", {})]
        return next((row["ServiceName"] for row in rows), None)

    def _certificate(self, thumbprint: str) -> dict[str, Any]:
        found = next((one for one in self._store if certificates.thumbprint(one.certificate) == thumbprint), None)
        names = ("subject", "issuer", "serial_number", "not_before", "not_after", "content", "key_type", "key_size", "signature_algorithm")
        if found is None:
            return {"thumbprint": thumbprint, "found": False, **dict.fromkeys((*names, "has_private_key"))}
        certificate = found.certificate
        begin, end = certificates.times(certificate)
        public = certificate.public_key()
        assert isinstance(public, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey))
        kind = "RSA" if isinstance(public, rsa.RSAPublicKey) else "ECDSA"
        return {
            "thumbprint": thumbprint,
            "found": True,
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "serial_number": _hexadecimal(certificate.serial_number),
            "not_before": begin,
            "not_after": end,
            "content": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
            "key_type": kind,
            "key_size": public.key_size,
            "signature_algorithm": certificates.signature_name(certificate),
            "has_private_key": found.key is not None,
        }


def _without_password(parameters: dict[str, Any]) -> str:
    """The PFX as the engine's store hands it on; CmdletError as X509Certificate2 fails."""
    try:
        key, certificate, _others = pkcs12.load_key_and_certificates(
            base64.b64decode(parameters["content"]), (parameters.get("password") or "").encode() or None
        )
    except ValueError:
        raise CmdletError("The specified network password is not correct.", "ConstructorInvokedThrowException", "NotSpecified") from None
    return base64.b64encode(pkcs12.serialize_key_and_certificates(None, key, certificate, None, NoEncryption())).decode()  # type: ignore[arg-type]


def _hexadecimal(number: int) -> str:
    text = f"{number:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def _projected(row: Row, select: dict[str, str]) -> dict[str, Any]:
    if "*" in select:
        return {"text": row["text"]}
    return {name: _value(row["properties"].get(name), kind) for name, kind in select.items()}


def _value(entry: dict[str, Any] | None, kind: str) -> Any:
    value = entry["value"] if entry else None
    if kind == "list":
        return [] if value is None else [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if value is None:
        return None
    if kind == "typed":
        return {"type": value["type"], "text": value["type"], "value": value["value"]}
    if kind == "time":
        return value or None
    return value if kind in ("flag", "number") else str(value)


def _problem(request: Any) -> dict[str, Any] | None:
    if not isinstance(request, dict) or not request.get("modules") or not request.get("calls"):
        return _failure(None, "The request names no modules or no calls.", "InvalidRequest", "InvalidRequest")
    seen: set[str] = set()
    for call in request["calls"]:
        for step in (call, *(call.get("undo") or ())):
            if not step.get("id") or not step.get("cmdlet"):
                return _failure(step, "A call has no id or no cmdlet.", "InvalidRequest", "InvalidRequest")
            if step["cmdlet"] not in ALLOWED:
                return _failure(step, f"The cmdlet '{step['cmdlet']}' is not one that this module runs.", "NotAllowed", "NotAllowed")
            for name, kind in (step.get("select") or {}).items():
                if kind not in _KINDS:
                    return _failure(step, f"The kind '{kind}' of {name} is not known.", "InvalidRequest", "InvalidRequest")
        if call["id"] in seen:
            return _failure(call, f"The id '{call['id']}' is used twice.", "InvalidRequest", "InvalidRequest")
        seen.add(call["id"])
    return None


def _failure(call: dict[str, Any] | None, message: str, error_id: str, category: str, parameter: str | None = None) -> dict[str, Any]:
    where = {"id": (call or {}).get("id"), "cmdlet": (call or {}).get("cmdlet")}
    return {**where, "message": message, "error_id": error_id, "category": category, "parameter": parameter}
