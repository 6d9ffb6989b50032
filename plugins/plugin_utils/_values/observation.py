# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task saw while it was at work, for a report that shows no values: kept only where it is asked for. Private to the collection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypedDict

_SEEN: ContextVar[dict[str, list[dict[str, Any]]] | None] = ContextVar("seen", default=None)
_DIGITS = 3


class Observed(TypedDict, total=False):
    """What a task returns beside its result where it is asked for: seconds, processes on a server, requests to the services."""

    observed: dict[str, Any]


@contextmanager
def observing() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Keep what note() is given, by its kind."""
    seen: dict[str, list[dict[str, Any]]] = {}
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)


def is_observed() -> bool:
    """Whether anybody wants to know."""
    return _SEEN.get() is not None


def note(kind: str, seen: dict[str, Any]) -> None:
    """Keep one thing that was seen, which holds no value of a farm or a tenant."""
    kept = _SEEN.get()
    if kept is not None:
        kept.setdefault(kind, []).append(seen)


def seconds_since(began: float) -> float:
    """The seconds since that moment of time.monotonic()."""
    return round(time.monotonic() - began, _DIGITS)
