# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exception came from, told by the names of classes: no message, which holds names and addresses. Private to the collection."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.shape import OTHER

_MOST = 10
# Of the packages that speak with servers and services; a class of any other may be anybody's.
_PACKAGES = frozenset(
    {"builtins", "socket", "ssl", "http", "requests", "urllib3", "winrm", "pypsrp", "spnego", "msal", "ansible", "ansible_collections"}
)


def causes_of(error: BaseException) -> list[str]:
    """The classes of an exception and of what it came from, the innermost last, with the operating system's name of an error's number,
    such as ConnectionRefusedError ECONNREFUSED."""
    told = [_class_of(one) for one in _chain(error)][:_MOST]
    return list(dict.fromkeys(told))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    inner: BaseException | None = error
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = _inner(inner)


def _inner(error: BaseException) -> BaseException | None:
    """What it wraps: urllib3 has it as its reason, requests as an argument; else what was raised before it."""
    wrapped = (getattr(error, "reason", None), error.__cause__, *getattr(error, "args", ()), error.__context__)
    return next((one for one in wrapped if isinstance(one, BaseException)), None)


def _class_of(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__.partition(".")[0] not in _PACKAGES:
        return OTHER
    return f"{kind.__name__}{_number(error)}"


def _number(error: BaseException) -> str:
    number: Any = getattr(error, "errno", None)
    name = errno.errorcode.get(number) if isinstance(number, int) and not isinstance(error, UnicodeError) else None
    return f" {name}" if name and type(error).__module__ == "builtins" else ""
