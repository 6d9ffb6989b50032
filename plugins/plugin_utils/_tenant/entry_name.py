# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The display name by which an entry of keyCredentials tells which deployment put it there. Private to the collection.

It lies beside the key, so every controller sees it, whatever became of the one that wrote it. Anyone may write any display name: it
counts only where it names the certificate that is in the entry, and it is one deployment's only with the mark of one of its hosts, a
pool or a server.
Graph keeps 90 characters: https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import LONGEST_NAME, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted

_PREFIX = "SfB trust "
_DAY = "%Y%m%d"
_MARK_LETTERS = 6
_REST = len(" 20260131-") + _MARK_LETTERS + len(" ") + 40
_FORM = re.compile(rf"{_PREFIX}(?P<deployment>.+) (?P<day>[0-9]{{8}})-(?P<mark>[0-9a-f]{{{_MARK_LETTERS}}}) (?P<thumbprint>[0-9A-F]{{40}})")


@dataclass(frozen=True)
class EntryName:
    """deployment: as far as it fits. mark: of one of its hosts. written: the end of the day, in UTC, on which it was put there."""

    deployment: str
    mark: str
    written: datetime

    def is_of(self, deployment: str, marks: Collection[str]) -> bool:
        """Whether it is of the deployment of that name that has hosts with these marks."""
        return self.mark in marks and same_text(self.deployment, _fitted(deployment))


def mark(host: str) -> str:
    """What stands for a pool or a server, by its FQDN: two deployments may have one name, and none has the other's hosts."""
    return hashlib.sha256(host.strip().lower().encode()).hexdigest()[:_MARK_LETTERS]


def made(deployment: str, hosts: Sequence[str], thumbprint: str, now: datetime) -> str | None:
    """The display name for the entry of a certificate, with the mark of the first host; None where none is known. now: an aware time."""
    if not hosts:
        return None
    day = now.astimezone(timezone.utc).strftime(_DAY)
    return f"{_PREFIX}{_fitted(deployment)} {day}-{mark(hosts[0])} {thumbprint.upper()}"


def read(key: KeyCredential) -> EntryName | None:
    """What the entry's display name tells; None where it has another form, or does not name the certificate that Graph gives with it."""
    found = _FORM.fullmatch(key.display_name or "")
    return alleged(key) if found and key.given and key.thumbprint == found["thumbprint"] else None


def alleged(key: KeyCredential) -> EntryName | None:
    """What the entry's display name tells, whatever certificate it holds, which is nothing to go by; None where it has another form."""
    found = _FORM.fullmatch(key.display_name or "")
    if found is None:
        return None
    try:
        day = datetime.strptime(found["day"], _DAY).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return EntryName(found["deployment"], found["mark"], shifted(day, timedelta(days=1)))


def _fitted(deployment: str) -> str:
    return " ".join(deployment.split())[: LONGEST_NAME - len(_PREFIX) - _REST].strip()
