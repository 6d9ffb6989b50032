# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line with which each playbook ends for a deployment, in one form for all of them. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import soon_text, time_or_none, utc_text


def closing(
    deployment: str, verdict: str, tenant: str | None, *more: str, certificate: str = "", names: Iterable[str] = (), ends: str = ""
) -> str:
    """The line: what the run came to, the tenant, what else there is to say, the certificate, the names, and how it ends (warnings).

    certificate: as certificate_text() gives it. What is empty is left out.
    """
    told = ", ".join(dict.fromkeys(names))
    parts = [
        verdict,
        f"tenant {tenant or 'not known'}",
        *more,
        certificate,
        f"names {told}" if told else "",
        ends,
    ]
    return f"Deployment {deployment}: {'; '.join(part for part in parts if part)}"


def warnings_text(count: int) -> str:
    """How many warnings a run gave, which Ansible has shown by then."""
    return "no warnings" if not count else f"{plural(count, 'warning')}, shown above"


def certificate_text(certificate: Mapping[str, Any] | None, now: datetime) -> str:
    """The farm's certificate, from when on it signs where that is to come, and its end; empty where there is no certificate.

    One that is yet to be made has words in place of a thumbprint, which name it whole.

    certificate: with thumbprint, subject, not_after and effective_date as far as there are. now: an aware time.
    """
    if not certificate:
        return ""
    ends = time_or_none(certificate.get("not_after"))
    when = ""
    if ends:
        when = f", ends {utc_text(ends)} ({soon_text(ends, now)})" if now < ends else f", ended on {utc_text(ends)}"
    begins = time_or_none(certificate.get("effective_date"))
    pending = f", signs from {utc_text(begins)} on ({soon_text(begins, now)})" if begins and now < begins else ""
    subject = f" ({certificate['subject']})" if certificate.get("subject") else ""
    name = str(certificate["thumbprint"])
    return f"{name if ' ' in name else f'certificate {name}'}{subject}{pending}{when}"
