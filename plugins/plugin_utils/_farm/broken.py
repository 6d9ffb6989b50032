# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an exception says that the way to a server broke. Private to the collection.

The connection plugins winrm and psrp let through what their libraries raise, and those raise what they use: of requests, of the XML
parser where a proxy answers in HTML, StopIteration where an answer lacks what they look for.
"""

from __future__ import annotations

import traceback

_LIBRARIES = ("winrm", "pypsrp", "requests", "urllib3", "spnego")


def is_broken(exc: BaseException) -> bool:
    """Whether it is an error of the operating system or of one of these libraries, or was raised while one of them ran."""
    if isinstance(exc, OSError) or _package(type(exc).__module__) in _LIBRARIES:
        return True
    frames = traceback.walk_tb(exc.__traceback__)
    return any(_package(str(frame.f_globals.get("__name__"))) in _LIBRARIES for frame, _line in frames)


def said_by(exc: BaseException) -> str:
    """The exception as one line."""
    return " ".join(f"{type(exc).__name__}: {exc}".split()).rstrip(":.")[:500]


def _package(module: str) -> str:
    return module.partition(".")[0]
