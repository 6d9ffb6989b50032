# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read, as folded tables of a report's page. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.tables import Cell, Fold, Table, table
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import (
    STATES,
    day,
    icon,
    minute,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural


def folds(deployment: Mapping[str, Any]) -> list[Fold]:
    """The facts of a deployment, each kind folded."""
    facts = deployment["facts"]
    return [
        _fold(
            "Farm",
            [server["name"] for server in facts["servers"]] or None,
            [
                table(
                    "Servers that were read",
                    ("Server", "Clock", "Certificate", "Private key"),
                    [
                        (
                            server["name"],
                            minute(server["time"]),
                            _stored(server["certificate"]),
                            None if server["certificate"] is None else server["certificate"]["has_private_key"],
                        )
                        for server in facts["servers"]
                    ],
                ),
                table(
                    "What the servers themselves have",
                    ("Server", "Product", "Build", "Strong cryptography of .NET"),
                    [
                        (server["name"], server["product"], server["build"], _flag("Strong cryptography of .NET", server["strong_crypto"]))
                        for server in facts["servers"]
                        if server["product"] or server["build"] or server["strong_crypto"] is not None
                    ],
                ),
                *([table("Product", ("Version",), [(facts["version"],)])] if facts["version"] else []),
            ],
            "server",
        ),
        _fold("Certificate", _issuers(facts), [_issuer_table(facts)], "certificate"),
        _objects(facts),
        _fold(
            "Service principals and keys",
            facts["service_principals"],
            _principal_tables(facts),
            "service principal",
        ),
        _names(facts),
        _fold(
            "Replicas of the Central Management Store",
            facts["replicas"],
            [
                table(
                    "Replication",
                    ("Replica", "Up to date", "Last report", "Version"),
                    [
                        (row["replica"], _flag("Up to date", row["up_to_date"]), minute(row["last_status_report"]), row["product_version"])
                        for row in facts["replicas"] or []
                    ],
                )
            ],
            "replica",
        ),
        proof_fold(deployment["proof"]),
    ]


def _fold(title: str, rows: Sequence[Any] | None, tables: Sequence[Table], noun: str) -> Fold:
    if rows is None:
        return Fold(title, "not read", (), "This was not read.")
    if not rows:
        return Fold(title, "none", (), f"There is no {noun}.")
    return Fold(title, plural(len(rows), noun), tuple(one for one in tables if one.rows), "")


def _flag(label: str, value: Any) -> Cell:
    return Cell(label, shown(value), "unknown" if value is None else "pass" if value else "fail")


def _stored(certificate: Mapping[str, Any] | None) -> str | None:
    if certificate is None:
        return None
    return str(certificate["thumbprint"]) if certificate["found"] else f"{certificate['thumbprint']} is not in the store"


def _issuers(facts: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    if not facts["servers"]:
        return None
    certificate = facts["servers"][0]["certificate"]
    return [certificate] if certificate else []


def _issuer_table(facts: Mapping[str, Any]) -> Table:
    rows = _issuers(facts) or []
    properties = {
        "Thumbprint": "thumbprint",
        "Subject": "subject",
        "Issuer": "issuer",
        "Key": "key_type",
        "Bits": "key_size",
        "Signature": "signature_algorithm",
    }
    shape = [
        (*(row[name] for name in properties.values()), day(row["not_before"]), day(row["not_after"]), minute(row["effective_date"]))
        for row in rows
    ]
    return table("The OAuthTokenIssuer certificate", (*properties, "Valid from", "Valid until", "Takes effect"), shape)


def _objects(facts: Mapping[str, Any]) -> Fold:
    servers, applications, configuration = facts["oauth_servers"], facts["partner_applications"], facts["oauth_configuration"]
    rows = None if servers is None and applications is None and configuration is None else [*(servers or []), *(applications or [])]
    tables = [
        table(
            "OAuth servers",
            ("Name", "Type", "Realm", "Metadata URL"),
            [(row["name"], row["type"], row["realm"], row["metadata_url"]) for row in servers or []],
        ),
        table(
            "Partner applications",
            ("Name", "Application id", "Trust level", "Enabled", "Uses the OAuth server"),
            [
                (row["name"], row["application_id"], row["trust_level"], row["enabled"], row["use_oauth_server"])
                for row in applications or []
            ],
        ),
        table(
            "OAuth configuration",
            ("Service name", "Realm", "Autodiscover URL", "Autodiscover domains", "OAuth server of clients"),
            [] if configuration is None else [tuple(configuration.values())],
        ),
    ]
    return _fold("Trust objects", rows if rows is None else [*rows, *([configuration] if configuration else [])], tables, "object")


def _principal_tables(facts: Mapping[str, Any]) -> list[Table]:
    principals = facts["service_principals"] or []
    missing = facts["missing_service_principals"] or []
    made = [
        table(
            "Service principals",
            ("Name", "Application id", "Enabled", "Keys", "Secrets", "Names"),
            [
                (
                    row["display_name"],
                    row["app_id"],
                    _flag("Enabled", row["account_enabled"]),
                    str(len(row["keys"])),
                    str(len(row["secrets"])),
                    str(len(row["names"])),
                )
                for row in principals
            ]
            + [("the tenant has none", app_id, _flag("Enabled", None), "0", "0", "0") for app_id in missing],
        )
    ]
    made += [
        table(
            f"Keys of {row['display_name'] or row['app_id']}",
            ("Thumbprint", "Key id", "Display name", "From", "Until", "Usage"),
            [
                (key["thumbprint"], key["key_id"], key["display_name"], day(key["start"]), day(key["end"]), key["usage"])
                for key in row["keys"]
            ],
        )
        for row in principals
    ]
    made += [
        table(
            f"Secrets of {row['display_name'] or row['app_id']}",
            ("Key id", "Display name", "From", "Until"),
            [(secret["key_id"], secret["display_name"], day(secret["start"]), day(secret["end"])) for secret in row["secrets"]],
        )
        for row in principals
    ]
    return made


def _names(facts: Mapping[str, Any]) -> Fold:
    principals, services = facts["service_principals"], facts["web_services"]
    rows = None if principals is None and services is None else [*(services or []), *(n for row in principals or [] for n in row["names"])]
    tables = [
        table(
            "Web services of the pools",
            ("Pool", "Internal name", "External name"),
            [(row["pool"], row["internal_fqdn"], row["external_fqdn"]) for row in services or []],
        ),
        *(
            table(f"Names of {row['display_name'] or row['app_id']}", ("Service principal name",), [(name,) for name in row["names"]])
            for row in principals or []
        ),
    ]
    return _fold("Names", rows, tables, "name")


_ACCEPTED = {True: ("accepted", "pass"), False: ("not accepted", "fail"), None: ("not known", "unknown")}


def proof_fold(proof: Mapping[str, Any] | None) -> Fold:
    """What the token service and Exchange Online answered when the trust was tried."""
    if proof is None:
        return Fold("Proof", "not made", (), "No token was asked for in this audit.")
    said, sign = _ACCEPTED[proof["accepted"]]
    rows = [
        (
            Cell("Step", step["title"], icon(step["status"]) if step["status"] in STATES else "unknown"),
            STATES.get(step["status"], step["status"]),
            step["detail"],
        )
        for step in proof["steps"]
    ]
    outcome = [
        (
            Cell("Outcome", proof["outcome"] or "\u2013", sign),
            proof["explanation"],
            proof["remedy"],
        )
    ]
    tables = [
        table("What came of it", ("Outcome", "Explanation", "Remedy"), outcome),
        table("Steps of the proof", ("Step", "State", "Detail"), rows),
    ]
    return Fold("Proof", said, tuple(one for one in tables if one.rows), "")
