# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import named_certificates, parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import CURRENT, whole_result
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import AFTER, Answer, Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import (
    Certificate,
    FarmReading,
    Signing,
    SipDomain,
    certificate,
    prepared_certificate,
    stored_certificate,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import ONPREM, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import assignment, issue
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.assignment import Assignment
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.issue import SelfSigned
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import MINIMUM_RSA_BITS, check_subject, check_usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_names import domain_key
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.pfx import Pfx, load_pfx
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import option_time, utc_text

_CLOCK = "clock"
# What tells which certificate is assigned, since when, and which was before.
_ASSIGNMENT = ("Thumbprint", "PreviousThumbprint", "EffectiveDate")
_GLOBAL = {"Type": ["OAuthTokenIssuer"], "Identity": "global"}


class ActionModule(HybridAuthAction):
    """Put the next OAuthTokenIssuer certificate into the store, stage or assign it, or remove earlier ones."""

    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **CURRENT,
            "state": {"type": "str", "choices": ["assigned", "in_store", "previous_absent", "store_absent"], "default": "assigned"},
            "source": {"type": "str", "choices": ["thumbprint", "pfx", "self_signed"], "default": "thumbprint"},
            "thumbprint": {"type": "str"},
            "thumbprints": {"type": "list", "elements": "str"},
            "prepared": {"type": "dict"},
            "pfx_path": {"type": "path"},
            "pfx_password": {"type": "str", "no_log": True},
            "subject": {"type": "str"},
            "key_size": {"type": "int", "no_log": False, "choices": [2048, 3072, 4096], "default": MINIMUM_RSA_BITS},
            "valid_days": {"type": "int", "default": 365},
            "withdrawn_thumbprints": {"type": "list", "elements": "str", "default": []},
            "effective_date": {"type": "str"},
            "immediate": {"type": "bool", "default": False},
            "replace_pending": {"type": "bool", "default": False},
            "check_tenant": {"type": "bool", "default": True},
            "cloud": {"type": "dict"},
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
        },
        required_if=[("source", "pfx", ("pfx_path",)), ("state", "store_absent", ("thumbprints",))],
        mutually_exclusive=[("thumbprint", "prepared")],
    )

    PUBLIC = ("certificate", "operations", "signing")

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.shell = ManagementShell(self, params["management_modules"], task_vars, params["endpoint"])
        self.shell.require_runner("a change of the certificate")
        self.warned: list[str] = []
        current = whole_result(params["current"])
        if params["state"] == "store_absent":
            thumbprints = list(dict.fromkeys(option_thumbprint("thumbprints", one) for one in params["thumbprints"]))
            return named_certificates.removed(self.shell, thumbprints, current, check_mode=self.check_mode)
        result = self._remove_previous(current) if params["state"] == "previous_absent" else self._provide(params, current)
        if self.warned:
            result["warnings"] = self.warned
        return result

    def _provide(self, params: dict[str, Any], current: FarmReading | None) -> dict[str, Any]:
        now = datetime.now(timezone.utc)
        wanted = _assignment(params)
        principals = _principals(params) if params["state"] == "assigned" else []
        prepared = _prepared(params["prepared"], self.check_mode)
        if prepared and not prepared["thumbprint"]:
            principals = []  # what is yet to be made cannot be in the tenant
        thumbprint = _thumbprint(params, prepared) if params["source"] == "thumbprint" else None
        pfx = load_pfx("pfx_path", params["pfx_path"], params["pfx_password"]) if params["source"] == "pfx" else None
        if pfx:
            self.warned += check_usable("pfx_path", pfx.certificate, now)
            self.secrets.add(pfx.content)
            self.shell.require_unseen("a PFX and its password")
            self._check_pipelining()
            thumbprint = pfx.certificate.thumbprint
        own = _self_signed(params) if params["source"] == "self_signed" else None
        signing = current.get("signing") if current else None
        if signing and thumbprint and self._settled(thumbprint, signing, wanted, params["state"]):
            return _result(signing, signing, _row_of(signing, thumbprint), ())
        self.withdrawn = [option_thumbprint("withdrawn_thumbprints", one) for one in params["withdrawn_thumbprints"]]
        self.prepared = prepared if self.check_mode else None
        return self._converge(params["state"], wanted, principals, thumbprint, pfx, own)

    def _settled(self, thumbprint: str, signing: Signing, wanted: Assignment, state: str) -> bool:
        """Whether what was read earlier shows that nothing is to be done."""
        row = _row_of(signing, thumbprint)
        if not row or not row["found"] or not row["has_private_key"]:
            return False
        # A default date is that of the roll itself, so the clock does not matter here.
        moment = assignment.effective_date(thumbprint, signing, wanted, datetime.now(timezone.utc))
        return state == "in_store" or assignment.settled(thumbprint, signing, moment, wanted)

    def _converge(
        self,
        state: str,
        wanted: Assignment,
        principals: list[ServicePrincipal],
        thumbprint: str | None,
        pfx: Pfx | None,
        own: SelfSigned | None,
    ) -> dict[str, Any]:
        """Read the farm and the store, then bring the certificate into the store, then stage or assign it."""
        names = ["certificate", *(["sip_domains"] if own else [])]
        asked: dict[str, Any] = {"self_signed": True} if own else {"thumbprints": [one for one in (thumbprint,) if one != issue.NEW]}
        answer = self.shell.run([*parts.calls(names), Call("store", "Read-Certificate", asked)])
        self.warned += answer.warnings
        read = parts.shaped(answer, names)
        before, now, store = read["signing"], parts.clock(read["server"]), answer.rows["store"]
        if own:
            own = replace(own, subject=own.subject or _default_subject(read["sip_domains"]), names=_names(read["sip_domains"]))
        row, making = _making(own, pfx, self.prepared, before, store, now, self.withdrawn)
        assignment.check_certificate(row, now)
        moment = assignment.effective_date(row["thumbprint"], before, wanted, now)
        settled = state == "in_store" or assignment.settled(row["thumbprint"], before, moment, wanted)
        if not settled:
            self.warned += assignment.check_roll(row, before, moment, wanted, now)
            assignment.check_tenant(row["thumbprint"], principals, moment or now)
        operations = [making.operation] if making else []
        if making and not self.check_mode:
            row = self.shell.run([Call("server", "Read-Server"), making.call]).rows["made"][0]
        after = before
        if not settled:
            name = row["thumbprint"]
            operations.append(f"stage {name} to sign from {utc_text(moment)} on" if moment else f"assign {name} to sign at once")
            seen = _Seen(before, answer.rows["certificate"], [*answer.rows["certificate_store"], dict(row)])
            after = _predicted(before, row, moment, now) if self.check_mode else self._assign(seen, name, moment, wanted)
        return _result(before, after, row, operations, making.label if making else None)

    def _assign(self, seen: _Seen, thumbprint: str, moment: datetime | None, wanted: Assignment) -> Signing:
        roll = {"Roll": True, "EffectiveDate": moment} if moment else {}

        def done(after: Signing) -> bool:
            held = not moment or _thumbprint_of(after["current"]) == _thumbprint_of(seen.signing["current"])
            return held and assignment.in_place(thumbprint, after, moment, wanted.immediate)

        after = self._write(Call("set", "Set-CsCertificate", {**_GLOBAL, "Thumbprint": thumbprint, **roll}), seen, done)
        if not done(after):
            raise HybridAuthError(
                f"{self.shell.server}: Set-CsCertificate ran without error, but the farm shows {assignment.shown(after)}.",
                "Look at it with Get-CsCertificate -Type OAuthTokenIssuer; another program may have changed it at the same time.",
            )
        return after

    def _remove_previous(self, current: FarmReading | None) -> dict[str, Any]:
        signing = current.get("signing") if current else None
        if signing and not signing["previous"] and not signing["next"]:
            return _result(signing, signing, None, ())
        answer = self.shell.run(parts.calls(["certificate"]))
        read = parts.shaped(answer, ["certificate"])
        before = read["signing"]
        previous = before["previous"]
        if not previous and not before["next"]:
            return _result(before, before, None, ())
        assignment.check_removal(before, parts.clock(read["server"]))
        operation = f"remove the previous certificate {_thumbprint_of(previous)} from the farm"
        after: Signing = {**before, "previous": None}
        if not self.check_mode:
            seen = _Seen(before, answer.rows["certificate"], answer.rows["certificate_store"])
            call = Call("remove", "Remove-CsCertificate", {**_GLOBAL, "Previous": True})
            after = self._write(call, seen, lambda found: not found["previous"])
            if after["previous"]:
                raise HybridAuthError(
                    f"{self.shell.server}: Remove-CsCertificate ran without error, but the previous certificate is still there.",
                    "Look at it with Get-CsCertificate -Type OAuthTokenIssuer, and run again.",
                )
        return _result(before, after, None, (operation,))

    def _write(self, call: Call, seen: _Seen, done: Callable[[Signing], bool]) -> Signing:
        """Who signs when, read back in the process that wrote, which does so only where it is still as seen.

        HybridAuthError where the cmdlet failed, with how the farm is now, unless that is as wanted all the same.
        """
        (look,) = [one for one in parts.calls(["certificate"]) if one.cmdlet == parts.CERTIFICATE.cmdlet]
        rows = [{name: row[name] for name in _ASSIGNMENT} for row in seen.rows]
        # What is assigned at once begins by the clock of that moment, so the clock is asked after it.
        answer, error = self.shell.change(Write(look, None, rows, (call, Call(_CLOCK, "Read-Server"))))
        self.warned += answer.warnings
        if answer.write is None:
            raise _told(error, self.shell.server, "Nothing was written.")
        if answer.write["state"] == "stale":
            raise HybridAuthError(
                f"{self.shell.server}: another program changed the farm's certificate in between; the farm shows "
                f"{assignment.shown(seen.after(answer, look.id, 'server'))}. Nothing was written.",
                "See what else manages it, and run again.",
            )
        if answer.write["state"] == "failed" and error:
            return self._judged(error, seen, done)
        if AFTER not in answer.rows:
            text = f"The change was made, but not read back, so it is not known how it is now ({answer.write['unread']})."
            raise _told(error, self.shell.server, text)
        return seen.after(answer, AFTER, _CLOCK)

    def _judged(self, error: HybridAuthError, seen: _Seen, done: Callable[[Signing], bool]) -> Signing:
        """Who signs when after a cmdlet failed, where that is as wanted all the same; HybridAuthError that says how it is otherwise."""
        answer, unread = self.shell.attempt(parts.calls(["certificate"]))
        if unread:
            raise _told(error, self.shell.server, f"It is not known how the farm's certificate is now ({unread.message}).")
        after = parts.shaped(answer, ["certificate"])["signing"]
        if done(after):
            self.warned.append(f"{error.message} The farm's certificate is as wanted all the same.")
            return after
        same = assignment.shown(after) == assignment.shown(seen.signing)
        text = "It is as it was." if same else f"The farm shows {assignment.shown(after)}, which is neither as it was nor as wanted."
        raise _told(error, self.shell.server, text, looked=True)

    def _check_pipelining(self) -> None:
        """Without pipelining ansible-core writes a module with its arguments, here a private key, into a file on the server."""
        if not self._is_pipelining_enabled("new"):
            raise HybridAuthError(
                f"{self.shell.server}: with this connection the PFX would be written to a file on the server. Nothing was sent.",
                "Use winrm or psrp, or set ansible_pipelining to true, and do not keep remote files.",
            )


@dataclass(frozen=True)
class _Making:
    """How a certificate comes into the store. label: what the diff shows of it."""

    operation: str
    label: str
    call: Call


@dataclass(frozen=True)
class _Seen:
    """What was read before a write: who signs when, the rows that told it, and the certificates that it may come to."""

    signing: Signing
    rows: Sequence[Mapping[str, Any]]
    store: Sequence[dict[str, Any]]

    def after(self, answer: Answer, call_id: str, clock_id: str) -> Signing:
        """Who signs when, by the rows of a call of the write and of one that read the clock."""
        rows = {"server": answer.rows[clock_id], "certificate": answer.rows[call_id], "certificate_store": list(self.store)}
        return parts.shaped(replace(answer, rows=rows), ["certificate"])["signing"]


def _told(error: HybridAuthError | None, server: str, text: str, *, looked: bool = False) -> HybridAuthError:
    """The error with what is known of the farm; looked: it was looked at afterwards, so the server can be reached."""
    if error is None:
        return HybridAuthError(f"{server}: {text}", "Look at it with Get-CsCertificate -Type OAuthTokenIssuer, and run again.")
    details = {name: value for name, value in error.details.items() if not (looked and name == "unreachable")}
    return HybridAuthError(f"{error.message} {text}", error.remedy, **details)


def _making(
    own: SelfSigned | None,
    pfx: Pfx | None,
    prepared: Mapping[str, Any] | None,
    signing: Signing,
    store: list[dict[str, Any]],
    now: datetime,
    withdrawn: Sequence[str],
) -> tuple[Mapping[str, Any], _Making | None]:
    """The certificate as it is or will be in the store, and what brings it there where it is missing."""
    if own:
        found = issue.find_self_signed(own, signing, store, now, withdrawn)
        if found is not None:
            return found, None
        call = Call("made", "New-StoreCertificate", own.parameters)
        return own.row(now), _Making(f"create certificate {own.label}", own.label, call)
    if pfx and not (store[0]["found"] and store[0]["has_private_key"]):
        thumbprint = pfx.certificate.thumbprint
        call = Call("made", "Import-StoreCertificate", {"content": pfx.content, "password": pfx.password})
        return pfx.certificate.row(there=True), _Making(f"import certificate {thumbprint} ({pfx.certificate.subject})", thumbprint, call)
    if prepared and not any(one["found"] for one in store):
        return {**prepared, "thumbprint": prepared["thumbprint"] or issue.NEW}, None
    return store[0], None


def _result(
    before: Signing,
    after: Signing,
    row: Mapping[str, Any] | None,
    operations: Sequence[str],
    made: str | None = None,
) -> dict[str, Any]:
    stored: tuple[dict[str, Any], dict[str, Any]] = ({"in_store": None}, {"in_store": made}) if made else ({}, {})
    change = Change({**assignment.shown(before), **stored[0]}, {**assignment.shown(after), **stored[1]}, tuple(operations))
    shown = prepared_certificate(row, there=row["thumbprint"] != issue.NEW) if row else None
    return {**change.as_result(), "certificate": shown, "signing": dict(after)}


def _predicted(before: Signing, row: Mapping[str, Any], moment: datetime | None, now: datetime) -> Signing:
    current = before["current"]
    new = certificate(
        stored_certificate(row),
        now,
        previous_thumbprint=_thumbprint_of(current),
        effective_date=utc_text(moment or now),
    )
    return {**before, "next": new} if moment else {"current": new, "next": None, "previous": current}


def _thumbprint_of(one: Certificate | None) -> str | None:
    return one["thumbprint"] if one else None


def _row_of(signing: Signing, thumbprint: str) -> Certificate | None:
    return next((one for one in (signing["current"], signing["next"]) if one and one["thumbprint"] == thumbprint), None)


def _assignment(params: Mapping[str, Any]) -> Assignment:
    effective = option_time("effective_date", params["effective_date"])
    if effective and params["immediate"]:
        raise InvalidOptionError("immediate", "it is true, and effective_date is set too", "one of them")
    return Assignment(effective, params["immediate"], params["replace_pending"])


def _principals(params: Mapping[str, Any]) -> list[ServicePrincipal]:
    """The service principals that must hold the certificate before it is staged."""
    if not params["check_tenant"]:
        return []
    app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
    found = service_principal.from_current(params["cloud"], app_ids)
    if not found:
        raise InvalidOptionError(
            "cloud",
            "it does not show the service principals that must hold the certificate first",
            "the registered result of sp_info or sp_credential for app_ids, or check_tenant set to false",
        )
    return found


def _prepared(result: Mapping[str, Any] | None, check_mode: bool) -> Mapping[str, Any] | None:
    """The certificate in an earlier task's result; only in check mode may it be one that is yet to be made."""
    if result is None:
        return None
    certificate = result.get("certificate")
    if not isinstance(certificate, dict) or "thumbprint" not in certificate or not (certificate["thumbprint"] or check_mode):
        raise InvalidOptionError("prepared", "it holds no certificate", "the registered result of a task with state in_store")
    return certificate


def _thumbprint(params: Mapping[str, Any], prepared: Mapping[str, Any] | None) -> str:
    if prepared:
        return str(prepared["thumbprint"] or issue.NEW)
    if not params["thumbprint"]:
        raise InvalidOptionError("thumbprint", "it is missing", "40 hexadecimal digits, or prepared")
    return option_thumbprint("thumbprint", params["thumbprint"])


def _self_signed(params: Mapping[str, Any]) -> SelfSigned:
    if params["state"] == "assigned" and params["check_tenant"]:
        raise InvalidOptionError(
            "source",
            "the tenant cannot hold a certificate that is made only now",
            "state in_store, then sp_credential, then state assigned with its thumbprint; or check_tenant set to false",
        )
    for option, problem in (("thumbprint", "it names a certificate"), ("pfx_path", "it names a file"), ("pfx_password", "it is set")):
        if params[option]:
            raise InvalidOptionError(option, f"{problem}, and source is self_signed", "no value, or another source")
    subject = check_subject("subject", params["subject"]) if params["subject"] else ""
    return SelfSigned(subject, params["key_size"], params["valid_days"])


def _names(domains: Sequence[SipDomain]) -> tuple[str, ...]:
    """The SIP domains, the default one first, as the certificate's alternative names hold them, in ASCII (RFC 5280 section 7.2)."""
    return tuple(dict.fromkeys(domain_key(entry["name"]) for entry in sorted(domains, key=lambda entry: not entry["default"])))


def _default_subject(domains: Sequence[SipDomain]) -> str:
    """The default SIP domain as a name, since the certificate's subject holds the name of the SIP domain."""
    default = next((entry["name"] for entry in domains if entry["default"]), None)
    if not default:
        raise HybridAuthError("The farm tells no default SIP domain.", f"Set {options('subject')}.")
    return f"CN={default}"
