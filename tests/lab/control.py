# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own door: state, request log and faults while it runs."""

from __future__ import annotations

import json
from typing import Any

from .cloud.device_codes import DeviceCodes
from .cloud.https import Answer, HttpsServer, Request
from .faults import Faults
from .log import RequestLog
from .state import State


class Control:
    """State, requests, counts, faults, the points that faults may be at, and device codes: README.md lists what it answers."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, device_codes: DeviceCodes) -> None:
        self._state, self._log, self._faults, self._device_codes = state, log, faults, device_codes
        self.server = HttpsServer(self._handle, None)

    def _handle(self, request: Request) -> Answer:
        since = int(request.query.get("since", 0))
        reads: dict[str, Any] = {
            "/state": self._state.snapshot,
            "/requests": lambda: self._log.entries(since),
            "/counts": lambda: self._log.counts(since),
            "/faults": lambda: {"points": self._faults.points, "fired": self._faults.fired},
            "/device-codes": self._device_codes.shown,
        }
        if request.method == "GET" and request.path in reads:
            return Answer(content=reads[request.path]())
        if request.path == "/faults" and request.method == "DELETE":
            self._faults.clear()
            self._faults.forget()
            return Answer(204)
        if request.path == "/faults" and request.method == "POST":
            try:
                self._faults.add(json.loads(request.body))
            except (ValueError, AttributeError) as exc:
                return Answer(400, {"error": str(exc)})
            return Answer(204)
        if request.path == "/device-codes" and request.method == "POST":
            try:
                wanted = json.loads(request.body)
                return Answer(content={"settled": self._device_codes.settle(wanted["do"], wanted.get("user_code"))})
            except (ValueError, KeyError, AttributeError) as exc:
                return Answer(400, {"error": str(exc)})
        return Answer(404, {"error": f"there is no {request.method} {request.path}"})
