# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof says in the shape of the audit's findings. Private to the collection."""

from __future__ import annotations

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.exchange import Entry
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import Verdict
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.heading import heading

_STATUS = {True: "pass", False: "fail", None: "warn"}
# What is to be, what is the case where it failed, and where it is not known.
_TOKEN = (
    "The tenant gives the farm a token",
    "The tenant gives the farm no token",
    "It is not known whether the tenant gives the farm a token",
)
_ASTRAY = "The tenant gives the farm a token, but the farm asks elsewhere or nowhere"
_EXCHANGE = (
    "Exchange Online lets in the farm with its token",
    "Exchange Online does not let in the farm with its token",
    "It is not known whether Exchange Online lets in the farm with its token",
)
_MAILBOX = (
    "The farm's storage service reaches a mailbox",
    "The farm's storage service does not reach a mailbox",
    "It is not known whether the farm's storage service reaches a mailbox",
)


def token(subject: str, verdict: Verdict, *, led_astray: bool = False) -> dict[str, str]:
    """Whether the tenant gives the farm a token. led_astray: the farm's own OAuth server does not lead to that tenant."""
    status, actual, remedy = _STATUS[verdict.accepted], verdict.explanation, verdict.remedy
    title, refused, unknown = _TOKEN
    if verdict.accepted and led_astray:
        status, unknown = "warn", _ASTRAY
        actual += " But the farm's own OAuth server does not lead to that tenant, so the farm asks elsewhere, or nowhere."
        remedy = "Bring the OAuth server to the documented state with sfb.hybrid_auth.configure, or with oauth_server."
    found = actual if verdict.accepted else f"{verdict.outcome}: {actual}"
    return _finding("proof.token", (title, refused, unknown), "high", status, subject, "accepted", found, remedy)


def exchange(entry: Entry) -> dict[str, str]:
    """Whether Exchange Online lets in the farm with its token."""
    found = entry.explanation if entry.outcome == "let_in" else f"{entry.outcome}: {entry.explanation}"
    return _finding("proof.exchange", _EXCHANGE, "high", entry.found, entry.url, "let_in", found, entry.remedy)


def mailbox(address: str, status: str, found: str, remedy: str) -> dict[str, str]:
    """Whether the farm's storage service reaches a mailbox. status: pass, fail, warn or skip."""
    return _finding("proof.mailbox", _MAILBOX, "medium", status, address, "Test-CsExStorageConnectivity passes", found, remedy)


def _finding(
    name: str, words: tuple[str, str, str], severity: str, status: str, subject: str, expected: str, actual: str, remedy: str
) -> dict[str, str]:
    title, wrong, unknown = words
    return {
        "id": name,
        "title": title,
        "heading": heading(status, title, unknown if status == "warn" else wrong),
        "severity": severity,
        "status": status,
        "subject": subject,
        "expected": expected,
        "actual": actual,
        "remedy": remedy,
    }
