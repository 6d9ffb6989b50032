# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the values of secret options out of everything a task returns. Private to the collection.

ansible-core does not censor what an action plugin returns, so the base class of the actions does it with this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ansible.module_utils.common.parameters import remove_values, sanitize_keys


def secret_values(options: Mapping[str, Any], *sources: Mapping[str, Any]) -> set[str]:
    """The texts that must not be shown: values of options marked no_log in any source or in their environment variables."""
    found: set[str] = set()
    for name, spec in options.items():
        if not spec.get("no_log"):
            continue
        for source in sources:
            for key in (name, *spec.get("aliases", ())):
                found.update(_texts(source.get(key)))
        _strategy, *rest = spec.get("fallback", (None,))
        for variable in rest[0] if rest else ():
            found.update(_texts(os.environ.get(variable)))
    return found


def mask(value: Any, secrets: Iterable[str]) -> Any:
    """The value with every secret in it replaced, in any of the spellings that messages and URLs use.

    A value without any is given back itself, since replacing copies all of it, and what an audit returns is large.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    return value if _is_free_of(value, spellings) else sanitize_keys(remove_values(value, spellings), spellings)


def _is_free_of(value: Any, spellings: set[str]) -> bool:
    """Whether it is plain data through and through, and nothing in it has a secret; what is not plain counts as unknown."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if one.__class__ is dict:
            waiting += one.keys()
            waiting += one.values()
        elif one.__class__ is list:
            waiting += one
        elif isinstance(one, (str, int, float)):
            text = str(one)
            if any(spelling in text for spelling in spellings):
                return False
        elif one is not None:
            return False
    return True


def _texts(value: Any) -> set[str]:
    if value is None or isinstance(value, bool):
        return set()
    if isinstance(value, Mapping):
        return set().union(*(_texts(item) for item in value.values())) if value else set()
    if isinstance(value, (list, tuple)):
        return set().union(*(_texts(item) for item in value)) if value else set()
    text = str(value).strip()
    return {text} if text else set()


def _spellings(secret: str) -> set[str]:
    lines = {line for line in secret.splitlines() if len(line) >= 16 and not line.startswith("-----")}
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe=""), quote_plus(secret), *lines}
