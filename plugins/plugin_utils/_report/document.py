# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document behind a report: everything it shows, as plain data with a schema (docs/audit-schema.json). Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import dates
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.certificates import certificates
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.headline import headline, severe
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.links import area, links
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.provenance import of_deployment, of_report
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import chosen
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import SEVERITIES, STATUSES, undecided
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import plain, text, text_or_none
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import build_in, shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import option_time, utc_text

SCHEMA_VERSION = "1.1"

_FINDING = ("id", "title", "heading", "severity", "status", "subject", "expected", "actual", "remedy")
_NEEDED = tuple(name for name in _FINDING if name != "heading")
_CERTIFICATE = ("thumbprint", "subject", "issuer", "not_before", "not_after", "key_type", "key_size", "signature_algorithm")
# What a report keeps of each kind of object. Nothing here is a secret; certificates are named and not copied.
_OBJECTS = {
    "web_services": ("pool", "internal_fqdn", "external_fqdn"),
    "sip_domains": ("name", "default"),
    "oauth_servers": ("name", "issuer_identifier", "realm", "metadata_url", "type"),
    "partner_applications": ("name", "application_id", "trust_level", "enabled", "use_oauth_server", "metadata_url"),
    "replicas": ("replica", "up_to_date", "last_status_report", "product_version"),
}
_CONFIGURATION = (
    "service_name",
    "realm",
    "exchange_autodiscover_url",
    "exchange_autodiscover_allowed_domains",
    "client_authorization_oauth_server",
)
_KEY = ("key_id", "thumbprint", "display_name", "subject", "start", "end", "days_left", "usage", "type")
_SECRET = ("key_id", "display_name", "start", "end")
_STEP = ("id", "title", "status", "detail")


def document(audits: Sequence[Mapping[str, Any]], *, title: str, now: datetime, ending_soon_days: int) -> dict[str, Any]:
    """The document for these audits, in the shape of option audits of trust_report.

    now: when the report is made, aware; also the time of audits that have none. ending_soon_days: from when a certificate ends soon.
    Raises InvalidOptionError where the audits are not in that shape.
    """
    deployments = [deployment(index, audit, now, ending_soon_days) for index, audit in enumerate(audits)]
    return {**head(deployments, title=title, now=now, ending_soon_days=ending_soon_days), "deployments": deployments}


def head(deployments: Sequence[Mapping[str, Any]], *, title: str, now: datetime, ending_soon_days: int) -> dict[str, Any]:
    """The document without its deployments, of which verdict, compliant, counts and findings are enough.

    InvalidOptionError where there is none.
    """
    if not deployments:
        raise InvalidOptionError("audits", "it is empty", "at least one audit")
    verdict = _total_verdict([str(one["verdict"]) for one in deployments])
    return {
        "schema_version": SCHEMA_VERSION,
        "title": text(title),
        "generated": utc_text(now),
        "ending_soon_days": ending_soon_days,
        "verdict": verdict,
        "headline": headline(verdict, severe(finding for one in deployments for finding in one["findings"])),
        "compliant": all(bool(one["compliant"]) for one in deployments),
        "counts": {status: sum(one["counts"][status] for one in deployments) for status in STATUSES},
        "provenance": of_report(),
    }


def _total_verdict(verdicts: Sequence[str]) -> str:
    return next((verdict for verdict in ("not_compliant", "incomplete") if verdict in verdicts), "compliant")


def deployment(index: int, given: Mapping[str, Any], now: datetime, ending_soon_days: int) -> dict[str, Any]:
    """One of the document's deployments. index: the place of its audit in the option, for messages."""
    where = f"audits[{index}]"
    moment = option_time(f"{where}.time", given.get("time")) or now
    audit, proof = given.get("audit") or {}, given.get("proof") or None
    findings = _findings(f"{where}.audit.findings", audit.get("findings") or [])
    findings = _sorted(
        findings + _findings(f"{where}.proof.findings", (proof or {}).get("findings") or [], {one["id"] for one in findings})
    )
    differences = [_difference(step) for step in given.get("differences") or []]
    errors = [{"subject": text(error.get("subject")), "message": text(error.get("message"))} for error in given.get("errors") or []]
    if not audit and not errors:
        errors = [{"subject": text(given["deployment"]), "message": "Nothing was audited: there is no result of trust_audit."}]
    obstacle = text_or_none(given.get("obstacle"))
    broken = bool(differences or obstacle or any(finding["status"] == "fail" for finding in findings))
    unchecked = [text(server) for server in given.get("unchecked") or []]
    verdict = "not_compliant" if broken else "incomplete" if errors or unchecked or undecided(errors, findings) else "compliant"
    onprem, cloud = given.get("onprem") or [], given.get("cloud") or None
    principals = (cloud or {}).get("service_principals") or []
    return {
        "name": text(given["deployment"]),
        "time": utc_text(moment),
        "verdict": verdict,
        "headline": headline(verdict, severe(findings)),
        "compliant": verdict == "compliant",
        "counts": {status: sum(finding["status"] == status for finding in findings) for status in STATUSES},
        "severities": {
            severity: sum(finding["severity"] == severity and finding["status"] in ("fail", "warn") for finding in findings)
            for severity in SEVERITIES
        },
        "errors": errors,
        "unchecked": unchecked,
        "obstacle": obstacle,
        "differences": differences,
        "warnings": [text(warning) for warning in given.get("warnings") or []],
        "calendar": dates(audit.get("calendar") or []),
        "findings": findings,
        "links": links(findings),
        "certificates": certificates(onprem, principals, moment, ending_soon_days),
        "facts": _facts(onprem, cloud),
        "proof": _proof(proof),
        "provenance": of_deployment(given.get("provenance") or {}, onprem, cloud, moment),
    }


def _findings(where: str, given: Sequence[Mapping[str, Any]], known: set[str] | None = None) -> list[dict[str, Any]]:
    """The findings in their shape; those of the proof that the audit has taken over already are left out."""
    shape = []
    for index, finding in enumerate(given):
        missing = [name for name in _NEEDED if name not in finding]
        if missing:
            raise InvalidOptionError(f"{where}[{index}]", f"{', '.join(missing)} is missing", "findings as trust_audit returns them")
        for name, allowed in (("status", STATUSES), ("severity", SEVERITIES)):
            if finding[name] not in allowed:
                raise InvalidOptionError(f"{where}[{index}].{name}", f"{finding[name]!r} is unknown", f"one of {', '.join(allowed)}")
        row = chosen(finding, _FINDING)
        row.update({name: text(finding[name]) for name in ("id", "title", "subject", "remedy")})
        row["heading"] = text(finding.get("heading") or finding["title"])
        if row["id"] not in (known or ()):
            shape.append({"id": row["id"], "area": area(row["id"]), **{name: row[name] for name in _FINDING[1:]}})
    return shape


def _sorted(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What failed first, then warnings, then what was not checked, then what passed; the severest first in each."""
    order = {name: index for names in (STATUSES, SEVERITIES) for index, name in enumerate(names)}
    return sorted(findings, key=lambda one: (order[one["status"]], order[one["severity"]], one["id"], one["subject"]))


def _difference(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "step": text(step.get("step")),
        "title": text(step.get("title") or step.get("step")),
        "operations": [text(operation) for operation in step.get("operations") or []],
        "losses": [text(loss) for loss in step.get("losses") or []],
    }


def _facts(onprem: Sequence[Mapping[str, Any]], cloud: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was read. None stands for what was not read, an empty list for what there is none of."""
    lead: Mapping[str, Any] = onprem[0] if onprem else {}
    configuration = lead.get("oauth_configuration")
    return {
        "servers": [_server(server) for server in onprem],
        "version": text_or_none(lead.get("version")),
        **{
            name: None if lead.get(name) is None else [chosen(row, properties) for row in lead[name]]
            for name, properties in _OBJECTS.items()
        },
        "oauth_configuration": None if configuration is None else chosen(configuration, _CONFIGURATION),
        "tenant_id": text_or_none((cloud or {}).get("tenant_id")),
        "service_principals": None if cloud is None else [_principal(row) for row in cloud.get("service_principals") or []],
        "missing_service_principals": None if cloud is None else [text(app_id) for app_id in cloud.get("missing") or []],
    }


def _server(server: Mapping[str, Any]) -> dict[str, Any]:
    machine, certificate = server.get("server") or {}, server.get("certificate")
    return {
        "name": text(machine.get("name")),
        "time": text_or_none(machine.get("time")),
        "powershell": text_or_none(machine.get("powershell")),
        **_itself(server.get("server_settings") or {}),
        "certificate": None if not certificate else chosen(certificate, (*_CERTIFICATE, "found", "has_private_key", "effective_date")),
    }


def _itself(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Product, patch level and TLS of a server; None for what was not read."""
    listed = [one for one in settings.get("components") or [] if isinstance(one, Mapping)]
    builds = [build for one in listed if (build := build_in(str(one.get("version"))))]
    bits, unread = ("strong_crypto_64", "strong_crypto_32"), settings.get("unread")
    known = isinstance(unread, Mapping) and not any(name in unread for name in bits)
    return {
        "product": text_or_none(str(settings.get("version") or "").partition("(")[0].strip()),
        "build": shown(max(builds)) if builds else None,
        "strong_crypto": all(settings.get(name) == 1 for name in bits) if known else None,
    }


def _principal(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **chosen(row, ("app_id", "display_name", "account_enabled")),
        "names": plain(row.get("names") or []),
        "keys": [chosen(key, _KEY) for key in row.get("key_credentials") or []],
        "secrets": [chosen(secret, _SECRET) for secret in row.get("password_credentials") or []],
    }


def _proof(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not given:
        return None
    return {
        # None where nothing was answered that tells.
        "accepted": given.get("accepted") if isinstance(given.get("accepted"), bool) else None,
        **{name: text(given.get(name)) for name in ("outcome", "explanation", "remedy")},
        "steps": [{name: text(step.get(name)) for name in _STEP} for step in given.get("steps") or []],
    }
