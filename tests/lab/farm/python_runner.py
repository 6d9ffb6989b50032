# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner on the server does, for machines without PowerShell: executes a request of cs_invoke on the simulated cmdlets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from . import assertion, certificates
from .binder import COMMAND_MISSING, SIGNATURES, CmdletError
from .cmdlets import Row, token_text
from .odd import UNREADABLE

ALLOWED = (
    *(f"{verb}-Cs{noun}" for noun in ("OAuthServer", "PartnerApplication") for verb in ("Get", "New", "Set", "Remove")),
    *("Get-CsOAuthConfiguration", "Set-CsOAuthConfiguration", "Get-CsCertificate", "Get-CsService", "Get-CsSipDomain"),
    *("Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus", "Read-Certificate", "Read-Server"),
    *("Set-CsCertificate", "Remove-CsCertificate", "New-StoreCertificate", "Import-StoreCertificate"),
    *("Remove-StoreCertificate", "Get-CsServerPatchVersion", "Read-ServerSetting", "Read-CertificateCheck"),
    *("New-Assertion", "Test-CsExStorageConnectivity", "Get-CsComputer"),
)
AFTER = "after"
_SHOWN_VALUE = "Value="
_KINDS = ("text", "flag", "number", "time", "list", "typed")


class Runner:
    """invoke: runs a cmdlet with its parameters. store: the certificates of the server, each with its key where that is there.

    clock_offset: seconds that the server's clock is ahead. settings: the rows of what the server itself has, by its version and the
    metadata URLs. check: what it tells of a certificate of its store beside that, by thumbprint; None of one that it has not.
    """

    def __init__(
        self,
        name: str,
        module: str | None,
        invoke: Callable[[str, dict[str, Any]], list[Row]],
        store: list[assertion.Stored],
        clock_offset: float = 0,
        settings: Callable[[str | None, list[str]], list[dict[str, Any]]] = lambda _version, _urls: [],
        check: Callable[[str], dict[str, Any] | None] = lambda _thumbprint: None,
    ) -> None:
        self._settings, self._check = settings, check
        self._name, self._module, self._invoke, self._store, self._clock_offset = name, module, invoke, store, clock_offset
        self._warnings: list[str] = []

    def answer(self, text: str) -> str:
        """One line of JSON."""
        result: dict[str, Any] = {"changed": False, "module": None, "answers": {}, "unknown": {}, "failure": None, "write": None}
        result["warnings"] = self._warnings = []
        try:
            request = json.loads(text)
        except ValueError as exc:
            result["failure"] = _failure(None, f"The request is not JSON: {exc}", "InvalidRequest", "InvalidRequest")
            return json.dumps(result)
        self._shapes: dict[str, Any] | None = {} if request.get("observe") else None
        if self._shapes is not None:
            result["shapes"] = self._shapes
        result["failure"] = _problem(request) or self._import(request, result)
        self._failures: list[dict[str, Any]] | None = None
        if self._shapes is not None and not request.get("write") and result["failure"] is None:
            result["failures"] = self._failures = []
        for call in request.get("calls") or () if result["failure"] is None else ():
            if not self._tried(call, result) and self._failures is None:
                break
        if request.get("write") and result["failure"] is None:
            self._change(request["write"], result)
        return json.dumps(result)

    def _import(self, request: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
        result["module"] = next((name for name in request["modules"] if name == self._module), None)
        if result["module"]:
            return None
        message = " ".join(
            f"{name}: The specified module '{name}' was not loaded because no valid module file was found in any module directory."
            for name in request["modules"]
        )
        error_id = "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"
        return _failure({"id": None, "cmdlet": "Import-Module"}, message, error_id, "ModuleMissing")

    def _tried(self, call: dict[str, Any], result: dict[str, Any]) -> bool:
        """Whether the request may go on after the call."""
        try:
            self._call(call, result["answers"])
        except CmdletError as exc:
            if self._failures is not None:
                self._failures.append(_failed(call, exc))
            missing = call.get("optional") and exc.error_id == COMMAND_MISSING
            if not missing and not call.get("tolerant"):
                result["failure"] = result["failure"] or _failed(call, exc)
                return False
            result["unknown"][call["id"]] = exc.message
        return True

    def _change(self, write: dict[str, Any], result: dict[str, Any]) -> None:
        look, answers = write["look"], result["answers"]
        if not self._tried(look, result):
            return
        outcome: dict[str, Any] = {"state": "stale", "restored": [], "unread": None}
        result["write"] = outcome
        if not _as_seen(write, answers[look["id"]]):
            return
        outcome["state"] = "done" if all(self._tried(call, result) for call in write["calls"]) else "failed"
        looked = self._look(write, result)
        if outcome["state"] == "done":
            return
        for step in write.get("restore") or ():
            settled = looked and (_as_seen(write, answers[AFTER]) if outcome["restored"] else _find(answers[AFTER], write["identity"]))
            if settled or not looked:
                return
            report = {"id": step["id"], "cmdlet": step["cmdlet"], "ok": True, "message": None}
            try:
                self._call(step, {})
            except CmdletError as exc:
                report.update(ok=False, message=exc.message)
            outcome["restored"].append(report)
            looked = self._look(write, result)

    def _look(self, write: dict[str, Any], result: dict[str, Any]) -> bool:
        read: dict[str, Any] = {}
        result["answers"].pop(AFTER, None)
        try:
            self._call(write["look"], read)
        except CmdletError as exc:
            result["failure"] = result["failure"] or _failed(write["look"], exc)
            result["write"]["unread"] = exc.message
            return False
        result["answers"][AFTER] = read[write["look"]["id"]]
        return True

    def _call(self, call: dict[str, Any], answers: dict[str, Any]) -> None:
        parameters = call.get("parameters") or {}
        if call["cmdlet"] == "Read-Server":
            now = (datetime.now(timezone.utc) + timedelta(seconds=self._clock_offset)).strftime("%Y-%m-%dT%H:%M:%SZ")
            answers[call["id"]] = [{"name": self._name, "time": now, "culture": "en-US", "powershell": "5.1.17763.1"}]
        elif call["cmdlet"] == "Read-ServerSetting":
            versions = [row["text"] for row in answers.get(str(parameters.get("version_of")), ())]
            told = answers.get(str(parameters.get("configuration_of")), ())
            named = [*parameters.get("first", ()), *(row["ClientAuthorizationOAuthServerIdentity"] for row in told)]
            first = {str(name).lower() for name in named if name}
            servers = answers.get(str(parameters.get("urls_of")), ())
            urls = [row["MetadataUrl"] for row in sorted(servers, key=lambda row: str(row["Identity"]).lower() not in first)]
            answers[call["id"]] = self._settings(next(iter(versions), None), [url for url in urls if url])
        elif call["cmdlet"] == "Read-Certificate":
            answers[call["id"]] = self._read_store(parameters, answers)
        elif call["cmdlet"] == "Read-CertificateCheck":
            checked = (self._check(thumbprint) for thumbprint in self._wanted(parameters, answers))
            answers[call["id"]] = [one for one in checked if one is not None]
        elif call["cmdlet"] == "New-StoreCertificate":
            begin = datetime.now(timezone.utc) - timedelta(minutes=parameters["backdated_minutes"])
            times = {"NotBefore": begin, "NotAfter": begin + timedelta(days=parameters["valid_days"])}
            wanted = {"Subject": parameters["subject"], "KeyLength": parameters["key_size"], "KeyExportPolicy": "Exportable"}
            if parameters.get("dns_names"):
                wanted["DnsName"] = parameters["dns_names"]
            told = {name: {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ")} for name, time in times.items()}
            answers[call["id"]] = [self._stored("New-SelfSignedCertificate", {**wanted, **told})]
        elif call["cmdlet"] == "Import-StoreCertificate":
            answers[call["id"]] = [self._stored("Add-StoreCertificate", {"Pfx": _without_password(parameters)})]
        elif call["cmdlet"] == "Remove-StoreCertificate":
            answers[call["id"]] = [self._removed(str(parameters.get("thumbprint") or ""))]
        elif call["cmdlet"] == "New-Assertion":
            answers[call["id"]] = assertion.rows(call.get("parameters"), self._assigned, self._service_name, self._store)
        else:
            sets = SIGNATURES[call["cmdlet"]]["parameter_sets"].values()
            quiet = {name: value for name, value in (("Confirm", False), ("Force", True)) if any(name in one for one in sets)}
            rows = self._invoke(call["cmdlet"], {**parameters, **quiet, "ErrorAction": "Stop"})
            objects = _unrolled(rows)
            if self._shapes is not None:
                self._shapes[call["id"]] = _shapes(objects)
            answers[call["id"]] = self._rows(call, objects) if call.get("select") else []

    def _rows(self, call: dict[str, Any], objects: list[Row]) -> list[dict[str, Any]]:
        made = [_projected(row, call["select"]) for row in objects]
        foreign = [row["type"] for row, one in zip(objects, made, strict=True) if one is None]
        if foreign and len(foreign) == len(made):
            text = f"it returned a {foreign[0]}, which has none of the properties that were asked for, and nothing else"
            raise CmdletError(text, "ForeignObject", "InvalidResult")
        for kind in foreign:
            self._warnings.append(
                f"{call['cmdlet']} returned a {kind}, which has none of the properties that were asked for; it was left out."
            )
        return [one for one in made if one is not None]

    def _read_store(self, parameters: dict[str, Any], answers: dict[str, Any]) -> list[dict[str, Any]]:
        if parameters.get("self_signed"):
            own = [one.certificate for one in self._store if one.key is not None and one.certificate.subject == one.certificate.issuer]
            return [self._certificate(certificates.thumbprint(certificate)) for certificate in own]
        if parameters.get("subject_of"):
            subjects = {str(row["Subject"]).lower() for row in answers.get(parameters["subject_of"], []) if row["Subject"]}
            held = [one.certificate for one in self._store if one.key is not None]
            return [self._certificate(certificates.thumbprint(one)) for one in held if certificates.shown(one.subject).lower() in subjects]
        return [self._certificate(thumbprint) for thumbprint in self._wanted(parameters, answers)]

    @staticmethod
    def _wanted(parameters: dict[str, Any], answers: dict[str, Any]) -> list[str]:
        """Given thumbprints, and those that an earlier call listed as assigned."""
        assigned = answers.get(str(parameters.get("of")), [])
        wanted = [*parameters.get("thumbprints", ()), *(row[name] for row in assigned for name in ("Thumbprint", "PreviousThumbprint"))]
        return list(dict.fromkeys(str(one).upper() for one in wanted if one))

    def _stored(self, cmdlet: str, given: dict[str, Any]) -> dict[str, Any]:
        (made,) = self._invoke(cmdlet, given)
        entry = {"pfx": made["properties"]["Pfx"]["value"]}
        self._store.append(assertion.Stored(certificates.load(entry), certificates.private_key(entry)))
        return self._certificate(made["properties"]["Thumbprint"]["value"])

    def _removed(self, asked: str) -> dict[str, Any]:
        select = {"Use": "text?", "Thumbprint": "text", "PreviousThumbprint": "text"}
        thumbprint = asked.upper()
        for given in ({"Type": ["OAuthTokenIssuer"]}, {}):
            rows = self._rows({"cmdlet": "Get-CsCertificate", "select": select}, _unrolled(self._invoke("Get-CsCertificate", given)))
            for one in rows:
                if thumbprint in (str(one["Thumbprint"]).upper(), str(one["PreviousThumbprint"]).upper()):
                    use = one["Use"] or "its use is not told"
                    raise CmdletError(f"the server has the certificate {asked} assigned ({use})", "CertificateInUse", "ResourceBusy")
        if not re.fullmatch("[0-9A-F]{40}", thumbprint):
            said = f"'{thumbprint}' is no thumbprint"
            raise CmdletError(said, said, "OperationStopped")
        found = any(certificates.thumbprint(one.certificate) == thumbprint for one in self._store)
        if found:
            self._invoke("Clear-StoreCertificate", {"Thumbprint": thumbprint})
            self._store[:] = [one for one in self._store if certificates.thumbprint(one.certificate) != thumbprint]
        return {"thumbprint": thumbprint, "found": found}

    def _assigned(self) -> list[dict[str, Any]]:
        select = {"Thumbprint": "text", "PreviousThumbprint": "text", "EffectiveDate": "time"}
        rows = self._invoke("Get-CsCertificate", {"Type": ["OAuthTokenIssuer"]})
        return self._rows({"cmdlet": "Get-CsCertificate", "select": select}, _unrolled(rows))

    def _service_name(self) -> str | None:
        call = {"cmdlet": "Get-CsOAuthConfiguration", "select": {"ServiceName": "text"}}
        rows = self._rows(call, _unrolled(self._invoke("Get-CsOAuthConfiguration", {})))
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
            "subject": certificates.shown(certificate.subject),
            "issuer": certificates.shown(certificate.issuer),
            "serial_number": _hexadecimal(certificate.serial_number),
            "not_before": begin,
            "not_after": end,
            "content": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
            "key_type": kind,
            "key_size": public.key_size,
            "signature_algorithm": certificates.signature_name(certificate),
            "has_private_key": found.key is not None,
        }


def _shapes(objects: list[Row]) -> list[dict[str, Any]]:
    """Of each type the number of objects and the properties, which the lab adds to its objects one by one."""
    found: dict[str, dict[str, Any]] = {}
    for one in objects:
        names = one.get("properties") or {}
        made = {"type": one["type"], "count": 0, "properties": [{"name": name, "type": "System.Object", "own": False} for name in names]}
        found.setdefault(one["type"], made)["count"] += 1
    return list(found.values())


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


def _unrolled(rows: list[Any]) -> list[Row]:
    return [one for row in rows for one in (_unrolled(row) if isinstance(row, list) else [row])]


def _projected(row: Row, select: dict[str, str]) -> dict[str, Any] | None:
    """The row as plain data, None for one that has none of the properties."""
    properties = row.get("properties", {})
    if "*" in select:
        return {"text": row.get("text") or _as_hash(properties)}
    if not any(name in properties for name in select):
        return None
    shown = next(
        (one["value"] for name in select if select[name].startswith("text") and (one := properties.get(name)) and one["value"]), None
    )
    there = f"'{shown}' ({row['type']})" if shown else f"a {row['type']}"
    for name in select:
        if properties.get(name, {}).get("kind") == UNREADABLE:
            said = f"it returned {there}, whose {name} cannot be read: {properties[name]['value']}"
            raise CmdletError(said, "UnreadableProperty", "InvalidResult")
    for name, kind in select.items():
        if name not in properties and not kind.endswith("?"):
            raise CmdletError(f"it returned {there}, which has no property {name}", "MissingProperty", "InvalidResult")
    return {name: _value(properties.get(name), kind.rstrip("?")) for name, kind in select.items()}


def _as_hash(properties: dict[str, Any]) -> str:
    """What PowerShell makes of an object that has no text of its own."""
    return "@{" + "; ".join(f"{name}={one['value']}" for name, one in properties.items()) + "}"


def _find(rows: list[dict[str, Any]], identity: str) -> dict[str, Any] | None:
    return next((row for row in rows if str(row["Identity"]).strip().lower() == identity.strip().lower()), None)


def _as_seen(write: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    if write["identity"] is None:
        return len(rows) == len(write["seen"]) and all(_has(row, seen) for row, seen in zip(rows, write["seen"], strict=True))
    row, seen = _find(rows, write["identity"]), write["seen"]
    if row is None or seen is None:
        return row is None and seen is None
    return _has(row, seen)


def _has(row: dict[str, Any], seen: dict[str, Any]) -> bool:
    return all(_comparable(row[name]) == _comparable(value) for name, value in seen.items())


def _comparable(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(one.strip() for text in value for one in str(text).split(";") if one.strip()).lower()
    if isinstance(value, dict):
        text = str(value.get("text") or "")
        inner = value["value"] or (text[len(_SHOWN_VALUE) :] if text.startswith(_SHOWN_VALUE) else "")
        return f"{value['type']} {inner}".strip().lower()
    return "" if value is None else str(value).strip().lower()


def _value(entry: dict[str, Any] | None, kind: str) -> Any:
    value = entry["value"] if entry else None
    if kind == "list":
        several = [] if value is None else value if isinstance(value, list) else [value]
        return [one["text"] if isinstance(one, dict) else str(one) for one in several]
    if value is None:
        return None
    if kind == "typed":
        return {"type": value["type"], "text": token_text(value), "value": value["value"]}
    if kind == "time":
        return value or None
    return value if kind in ("flag", "number") else str(value)


def _problem(request: Any) -> dict[str, Any] | None:
    if not isinstance(request, dict) or not request.get("modules") or not (request.get("calls") or request.get("write")):
        return _failure(None, "The request names no modules or no calls.", "InvalidRequest", "InvalidRequest")
    seen = {AFTER}
    write = request.get("write") or {}
    changing = [*([write["look"]] if write.get("look") else []), *(write.get("calls") or ()), *(write.get("restore") or ())]
    for step in (*(request.get("calls") or ()), *changing):
        if not step.get("id") or not step.get("cmdlet"):
            return _failure(step, "A call has no id or no cmdlet.", "InvalidRequest", "InvalidRequest")
        if step["cmdlet"] not in ALLOWED:
            return _failure(step, f"The cmdlet '{step['cmdlet']}' is not one that this module runs.", "NotAllowed", "NotAllowed")
        for name, kind in (step.get("select") or {}).items():
            if kind.rstrip("?") not in _KINDS:
                return _failure(step, f"The kind '{kind}' of {name} is not known.", "InvalidRequest", "InvalidRequest")
        if step["id"] in seen:
            return _failure(step, f"The id '{step['id']}' is used twice.", "InvalidRequest", "InvalidRequest")
        seen.add(step["id"])
    known, told = (write.get("look") or {}).get("select") or {}, write.get("seen")
    if write.get("identity") is None:
        named = isinstance(told, list) and not write.get("restore")
    else:
        named = bool(write["identity"]) and "Identity" in known
    names = {name for row in (told if isinstance(told, list) else [told or {}]) for name in row}
    if write and not (named and write.get("calls") and names <= set(known)):
        message = "A change needs the object that it changes, what was seen of it and calls."
        return _failure(None, message, "InvalidRequest", "InvalidRequest")
    return None


def _failed(call: dict[str, Any], exc: CmdletError) -> dict[str, Any]:
    return _failure(call, exc.message, exc.error_id, exc.category, exc.parameter)


def _failure(call: dict[str, Any] | None, message: str, error_id: str, category: str, parameter: str | None = None) -> dict[str, Any]:
    where = {"id": (call or {}).get("id"), "cmdlet": (call or {}).get("cmdlet")}
    return {**where, "message": message, "error_id": error_id, "category": category, "parameter": parameter}
