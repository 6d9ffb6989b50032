# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's error answers: https://learn.microsoft.com/graph/errors."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """Graph's error answer. headers: what it has beside the usual ones."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers or {}


def error(code: str, message: str) -> dict[str, Any]:
    """The content of an error answer, before the request's ids are added to it."""
    return {"error": {"code": code, "message": message}}
