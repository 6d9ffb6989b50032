# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Device codes (RFC 8628) that wait for a person: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

_LIFETIME_SECONDS = 900
INTERVAL_SECONDS = 1


@dataclass
class DeviceCode:
    """state: pending, approved or declined. expires: seconds since 1970-01-01 UTC."""

    user_code: str
    device_code: str
    client_id: str
    expires: float
    state: str = "pending"


class DeviceCodes:
    """All codes that were given out."""

    def __init__(self) -> None:
        self._codes: list[DeviceCode] = []
        self._lock = threading.Lock()

    def start(self, client_id: str) -> DeviceCode:
        user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXYZ23456789") for _index in range(9))
        made = DeviceCode(user_code, secrets.token_urlsafe(32), client_id, time.time() + _LIFETIME_SECONDS)
        with self._lock:
            self._codes.append(made)
        return made

    def find(self, device_code: str) -> DeviceCode | None:
        with self._lock:
            return next((one for one in self._codes if one.device_code == device_code), None)

    def settle(self, do: str, user_code: str | None = None) -> int:
        """Approve or decline what waits, or only that code; the number of codes. ValueError for another deed."""
        if do not in ("approve", "decline"):
            raise ValueError(f"a device code can be approved or declined, not {do!r}")
        with self._lock:
            waiting = [one for one in self._codes if one.state == "pending" and user_code in (None, one.user_code)]
            for one in waiting:
                one.state = f"{do}d"
        return len(waiting)

    def shown(self) -> list[dict[str, str]]:
        """What the control shows: no device code."""
        with self._lock:
            return [{"user_code": one.user_code, "client_id": one.client_id, "state": one.state} for one in self._codes]
