# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits in the shapes of the collection's results, for the tests of the report: as they should be, bad, unread, and with odd names."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=timezone.utc)
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
ISSUER, BEFORE, AFTER, OTHER = (letter * 40 for letter in "ABCD")
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[31m\u202e"


def moment(days: float) -> str:
    """The time so many days from NOW, as the modules write it."""
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(thumbprint: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {
        "thumbprint": thumbprint,
        "subject": "CN=contoso.com",
        "issuer": "CN=Contoso Issuing CA, DC=contoso, DC=com",
        "serial_number": "4D0000001A",
        "not_before": moment(start),
        "not_after": moment(end),
        "days_left": int(end),
        "expired": end <= 0,
        "content": "MIIC",
        "found": True,
        "has_private_key": True,
        "key_type": "RSA",
        "key_size": 2048,
        "signature_algorithm": "sha256",
        "previous_thumbprint": None,
        "effective_date": None,
        **more,
    }


def key(thumbprint: str, start: float, end: float, name: str = "CN=contoso.com", number: int = 1) -> dict[str, Any]:
    return {
        "key_id": f"{number:08d}-2222-4333-8444-555555555555",
        "thumbprint": thumbprint,
        "identifier": thumbprint,
        "subject": name,
        "start": moment(start),
        "end": moment(end),
        "days_left": int(end),
        "expired": end <= 0,
        "usage": "Verify",
        "type": "AsymmetricX509Cert",
        "display_name": name,
        "key_type": "RSA",
    }


def server(name: str, issuer: dict[str, Any] | None, *, lead: bool = False) -> dict[str, Any]:
    """What onprem_info returns: everything of the lead, the certificate of the others."""
    read: dict[str, Any] = {
        "server": {"name": name, "time": moment(0), "culture": "en-US", "powershell": "5.1.20348.2849"},
        "management_module": "SkypeForBusiness",
        "inventory_name": name,
        "controller_time": moment(-4 / 86400),
        "certificate": issuer,
        "previous_certificate": None,
        "signing": {"current": issuer, "next": None, "previous": None},
        "server_settings": {
            "version": "Skype for Business Server 2019 (7.0.2046.0): Volume license key installed.",
            "components": [{"name": "Skype for Business Server 2019, Core Components", "version": "7.0.2046.553"}],
            "strong_crypto_64": 1,
            "strong_crypto_32": 1 if lead else None,
            "unread": {},
        },
    }
    if lead:
        read |= {
            "version": "Skype for Business Server 2019 (7.0.2046.553)",
            "oauth_servers": [
                {
                    "identity": "microsoft.sts",
                    "name": "microsoft.sts",
                    "issuer_identifier": "00000001-0000-0000-c000-000000000000",
                    "realm": TENANT,
                    "metadata_url": f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1",
                    "authorization_uri_override": None,
                    "type": "Acs",
                    "accept_security_identifier_information": False,
                }
            ],
            "partner_applications": [
                {
                    "identity": "microsoft.exchange",
                    "name": "microsoft.exchange",
                    "application_id": EXCHANGE,
                    "realm": TENANT,
                    "trust_level": "Full",
                    "enabled": True,
                    "accept_security_identifier_information": False,
                    "use_oauth_server": True,
                    "metadata_url": None,
                    "auth_token": None,
                    "certificate": None,
                }
            ],
            "oauth_configuration": {
                "identity": "Global",
                "service_name": SKYPE,
                "realm": "contoso.com",
                "exchange_autodiscover_url": "https://autodiscover.contoso.com/autodiscover/autodiscover.svc",
                "exchange_autodiscover_allowed_domains": ["contoso.com"],
                "client_authorization_oauth_server": None,
                "client_adal_auth_override": None,
                "alternate_audience_url": None,
                "additional_audience_urls": [],
            },
            "web_services": [
                {"pool": "pool01.contoso.com", "internal_fqdn": "webint.contoso.com", "external_fqdn": "webext.contoso.com"},
                {"pool": "pool02.contoso.com", "internal_fqdn": "webint2.contoso.com", "external_fqdn": "webext2.contoso.com"},
            ],
            "sip_domains": [{"name": "contoso.com", "default": True}],
            "replicas": [
                {
                    "replica": replica,
                    "up_to_date": True,
                    "last_status_report": moment(-0.01),
                    "last_update_creation": moment(-0.02),
                    "product_version": "7.0.2046.553",
                }
                for replica in ("fe01.contoso.com", "fe02.contoso.com")
            ],
        }
    return read


def finding(identifier: str, status: str, severity: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "title": title if status == "pass" else "It is as documented",
        "heading": f"Not checked: {title}" if status == "skip" else title,
        "severity": severity,
        "status": status,
        "subject": "contoso",
        "expected": "as documented",
        "actual": "as documented" if status == "pass" else "otherwise",
        "remedy": "" if status == "pass" else "Run sfb.hybrid_auth.configure.",
        **more,
    }


def _passed() -> list[dict[str, Any]]:
    return [
        finding("certificate.assigned", "pass", "critical", "The farm has an OAuthTokenIssuer certificate", actual=ISSUER),
        finding("certificate.validity", "pass", "critical", "The certificate is valid", expected="at least 30 days", actual="700 days"),
        finding("certificate.key_size", "pass", "medium", "The certificate's key is long enough", expected=2048, actual=2048),
        finding("roll.staged", "pass", "medium", "A staged certificate is in the tenant before it signs"),
        finding("replication.up_to_date", "pass", "medium", "Every replica is up to date"),
        finding("clock.skew", "pass", "high", "The servers' clocks agree with the controller's", actual="1 second"),
        finding("oauth_server.present", "pass", "critical", "The authorization server is known to the farm", subject="microsoft.sts"),
        finding("oauth_server.metadata_url", "pass", "critical", "Its metadata URL is the tenant's", subject="microsoft.sts"),
        finding("partner_application.present", "pass", "high", "Exchange Online is a partner application", subject="microsoft.exchange"),
        finding("oauth_configuration.service_name", "pass", "high", "The farm's service name is as documented", actual=SKYPE),
        finding("principal.enabled", "pass", "high", "The service principal is enabled", subject="Office 365 Exchange Online"),
        finding(
            "credential.present",
            "pass",
            "critical",
            "The farm's certificate is on the service principal",
            subject="Skype for Business Online",
        ),
        finding("names.present", "pass", "high", "Each external name is a service principal name", expected=["webext.contoso.com"]),
        finding("proof.token", "skip", "info", "The token service gives the farm a token", actual="not asked for"),
    ]


def date(days: float, identifier: str, status: str, what: str, subject: str = f"certificate {ISSUER} (CN=contoso.com)") -> dict[str, Any]:
    """A date of the calendar as trust_audit returns it."""
    severity = {"fail": "critical", "warn": "medium", "pass": "info"}[status]
    return {"date": moment(days), "id": identifier, "status": status, "severity": severity, "subject": subject, "what": what}


def _calendar(end: float) -> list[dict[str, Any]]:
    return [
        date(150, "exchange_online.ews", "warn", "Exchange Web Services of Exchange Online have ended", "deployment contoso"),
        date(end - 30, "certificate.ending_soon", "warn", "The certificate has fewer than 30 days left"),
        date(end - 30, "credential.ending_soon", "warn", "The farm's entry has fewer than 30 days left", "Skype for Business Online"),
        date(end - 30, "credential.ending_soon", "warn", "The farm's entry has fewer than 30 days left", "Office 365 Exchange Online"),
        date(end - 7, "certificate.ending_soon", "fail", "The certificate has fewer than 7 days left"),
        date(end, "certificate.in_date", "fail", "The certificate has expired"),
    ]


def _audit(findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "findings": findings,
        "compliant": not any(one["status"] == "fail" for one in findings),
        "counts": {status: sum(one["status"] == status for one in findings) for status in ("pass", "fail", "warn", "skip")},
    }


def good() -> list[dict[str, Any]]:
    """One deployment as it should be, with a key of ten years from another product and one of 25 days."""
    issuer = certificate(ISSUER, -30, 700)
    return [
        {
            "deployment": "contoso",
            "time": moment(0),
            "audit": {**_audit(_passed()), "calendar": _calendar(700)},
            "provenance": {
                "servers": ["fe01.contoso.com", "fe02.contoso.com"],
                "signed_in_as": "the client secret of application 0a1b2c3d-0000-4000-8000-000000000001 in tenant contoso.com",
                "auth_source": "client_secret",
                "tenant": "contoso.com",
            },
            "onprem": [server("fe01.contoso.com", issuer, lead=True), server("fe02.contoso.com", issuer)],
            "cloud": {
                "service_principals": [
                    {
                        "app_id": SKYPE,
                        "id": "b3f1c6a0-0000-4000-8000-000000000004",
                        "display_name": "Skype for Business Online",
                        "account_enabled": True,
                        "names": [SKYPE, "Microsoft.Lync", f"{SKYPE}/webext.contoso.com", f"{SKYPE}/webext2.contoso.com"],
                        "key_credentials": [key(ISSUER, -30, 700)],
                        "password_credentials": [],
                    },
                    {
                        "app_id": EXCHANGE,
                        "id": "b3f1c6a0-0000-4000-8000-000000000002",
                        "display_name": "Office 365 Exchange Online",
                        "account_enabled": True,
                        "names": [EXCHANGE, "https://outlook.office365.com/"],
                        "key_credentials": [
                            key(ISSUER, -30, 700, number=2),
                            key(OTHER, -900, 2750, "CN=Microsoft Exchange Server Auth Certificate", 3),
                            key("E" * 40, -5, 25, "CN=thirty days", 4),
                        ],
                        "password_credentials": [],
                    },
                ],
                "missing": [],
                "tenant_id": TENANT,
            },
            "proof": None,
            "differences": [],
            "warnings": [],
        }
    ]


def bad() -> list[dict[str, Any]]:
    """One deployment with findings of every status and severity, an expired key, a staged roll and changes that a run would make."""
    (one,) = good()
    one["audit"] = _audit(
        [
            finding(
                "credential.expired",
                "fail",
                "critical",
                "The farm's certificate on the service principal has expired",
                subject="Skype for Business Online",
                expected=f"{ISSUER} until {moment(12)}",
                actual=f"{BEFORE}, expired on {moment(-3)}",
                remedy="Put the certificate that signs now on the service principal: ansible-playbook sfb.hybrid_auth.configure.",
            ),
            finding(
                "oauth_server.metadata_url",
                "fail",
                "critical",
                "The metadata URL is not the tenant's",
                subject="microsoft.sts",
                expected=f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1",
                actual="https://accounts.accesscontrol.windows.net/common/metadata/json/1",
            ),
            finding("principal.enabled", "fail", "high", "The service principal is disabled", subject="Office 365 Exchange Online"),
            finding(
                "names.missing",
                "fail",
                "high",
                "External names are missing in the tenant",
                actual=["webext.contoso.com", "webext2.contoso.com"],
            ),
            finding(
                "replication.up_to_date", "fail", "medium", "A replica is behind", subject="fe02.contoso.com", expected=True, actual=False
            ),
            finding("oauth_configuration.autodiscover", "fail", "low", "The Autodiscover URL is not set", actual=None),
            finding("certificate.ending", "warn", "high", "The certificate ends soon", subject=ISSUER, actual="12 days left"),
            finding("credential.foreign", "warn", "medium", "The service principal holds a key that is not the farm's", actual=OTHER),
            finding("names.stale", "warn", "low", "A name belongs to no pool", actual=[f"{SKYPE}/old.contoso.com"]),
            finding("roll.plan", "warn", "info", "A roll is staged", actual={"thumbprint": AFTER, "effective": moment(6)}),
            *[
                row
                for row in _passed()
                if row["id"] in ("certificate.assigned", "certificate.key_size", "clock.skew", "partner_application.present")
            ],
            finding("proof.mailbox", "skip", "info", "Exchange Online takes the token", actual="not asked for"),
        ]
    )
    one["audit"]["calendar"] = [
        date(5, "certificate.ending_soon", "fail", "The certificate has fewer than 7 days left"),
        date(6, "", "pass", "The farm signs with the staged certificate", f"certificate {AFTER} (CN=contoso.com)"),
        date(6, "credential.own", "fail", "The tenant refuses what the farm signs", f"{AFTER} on {SKYPE}"),
        *_calendar(1825)[:1],
        *(date(1795 + number, "credential.expired", "warn", "The key has expired", f"key {number}") for number in range(9)),
    ]
    now, staged = certificate(ISSUER, -718, 12), certificate(AFTER, -1, 1825, effective_date=moment(6))
    before = certificate(BEFORE, -1463, -3)
    for read in one["onprem"]:
        read["certificate"] = staged
        read["signing"] = {"current": now, "next": staged, "previous": before}
    one["onprem"][0]["replicas"][1]["up_to_date"] = False
    skype, exchange = one["cloud"]["service_principals"]
    skype["key_credentials"] = [key(BEFORE, -1463, -3)]
    exchange["account_enabled"] = False
    exchange["password_credentials"] = [{"key_id": "9" * 8, "display_name": "left over", "start": moment(-90), "end": moment(90)}]
    one["proof"] = {
        "accepted": False,
        "outcome": "refused",
        "explanation": "The token service did not take the farm's assertion: AADSTS700027, the certificate is not registered.",
        "remedy": "Put the certificate on the service principal and wait a few minutes.",
        "steps": [
            {"id": "metadata", "title": "Metadata of the authorization server", "status": "pass", "detail": "read in 0.2 s"},
            {"id": "assertion", "title": "Assertion signed by fe01.contoso.com", "status": "pass", "detail": ISSUER},
            {"id": "token", "title": "Token for Exchange Online", "status": "fail", "detail": "HTTP 401, AADSTS700027"},
            {"id": "mailbox", "title": "Request to a mailbox", "status": "skip", "detail": "there is no token"},
        ],
        "findings": [
            finding("proof.token", "fail", "critical", "The token service refuses the farm", actual="AADSTS700027", remedy="See the proof.")
        ],
    }
    one["differences"] = [
        {
            "step": "certificate",
            "title": "Certificate on the service principals",
            "changed": True,
            "operations": [f"add {ISSUER} to {SKYPE}", f"add {ISSUER} to {EXCHANGE}"],
        },
        {"step": "account", "title": "Exchange Online service principal enabled", "changed": True, "operations": [f"enable {EXCHANGE}"]},
    ]
    one["warnings"] = ["The Exchange Online service principal is shared by all hybrid products (CVE-2025-53786)."]
    return [one]


def two() -> list[dict[str, Any]]:
    """Two deployments, of which one is as it should be."""
    (fine,), (broken,) = good(), bad()
    fine["deployment"] = "fabrikam"
    return [broken, fine]


def unread() -> list[dict[str, Any]]:
    """A deployment of which nothing could be read, and one whose tenant could not."""
    (half,) = good()
    half |= {"deployment": "fabrikam", "cloud": None, "obstacle": None}
    half["audit"] = _audit(
        [
            *_passed()[:9],
            *[finding(row["id"], "skip", row["severity"], row["title"], actual="the tenant was not read") for row in _passed()[10:]],
        ]
    )
    half["errors"] = [
        {
            "subject": "tenant",
            "message": "Sign-in failed: AADSTS7000215: Invalid client secret provided. Correct client_secret.",
        }
    ]
    message = "WinRM did not answer: HTTPSConnectionPool(host='fe01.contoso.com', port=5986): Max retries exceeded."
    return [{"deployment": "contoso", "time": moment(0), "errors": [{"subject": "fe01.contoso.com", "message": message}]}, half]


def long_names() -> list[dict[str, Any]]:
    """Names as long as the directory allows, many servers, and texts that would be code on a page that does not escape."""
    (one,) = bad()
    name = "skype-for-business-front-end-with-a-very-long-name-number"
    one["deployment"] = "a deployment with a name that goes on and on, across more than one line of the page, without any need"
    one["onprem"] = [
        {**copy.deepcopy(one["onprem"][index > 0]), "server": {"name": f"{name}-{index}.emea.corp.contoso.com", "time": moment(0)}}
        for index in range(12)
    ]
    one["onprem"][0]["web_services"] = [
        {"pool": f"{name}-pool-{index}.contoso.com", "internal_fqdn": None, "external_fqdn": "x" * 63 + "." + "y" * 63 + ".contoso.com"}
        for index in range(6)
    ]
    one["onprem"][0]["oauth_servers"][0]["name"] = ATTACK
    one["cloud"]["service_principals"][0]["display_name"] = ATTACK + "W" * 120
    one["cloud"]["service_principals"][1]["names"] = [
        f"{EXCHANGE}/{'n' * 200}",
        *(f"https://mail{index}.contoso.com/" for index in range(40)),
    ]
    one["cloud"]["service_principals"][1]["key_credentials"][0].update(display_name=ATTACK, thumbprint=None, end=moment(36000))
    one["audit"]["findings"][0].update(title=ATTACK, heading=ATTACK, subject=ATTACK * 4, actual={ATTACK: [ATTACK]}, remedy=ATTACK)
    one["warnings"] = [ATTACK]
    one["obstacle"] = ATTACK
    return [one]


def many() -> list[dict[str, Any]]:
    """Deployments that are all bad, each with as much to say as it can have."""
    audits = []
    for number in range(12):
        (one,) = bad()
        one["deployment"] = f"the hybrid of region {number}"
        for found in one["audit"]["findings"]:
            found.update(
                subject=f"{SKYPE} (Skype for Business Online): {found['id']} of region {number}", remedy="Do what is told here. " * 20
            )
        for found in one["audit"]["calendar"]:
            found["subject"] = f"{SKYPE} (Skype for Business Online): {OTHER} (key id 00000000-2222-4333-8444-55555555555{number % 10})"
            found["what"] += f" in region {number}"
        audits.append(one)
    return audits


FIXTURES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "good": good,
    "bad": bad,
    "two": two,
    "unread": unread,
    "long_names": long_names,
    "many": many,
}
