# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of variables as a task sees them: templates evaluated, vaulted texts decrypted. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError


def templated(templar: Any, variables: Mapping[str, Any], omit: Any) -> dict[str, Any]:
    """The values of these variables by name, without those that are omitted; HybridAuthError that names each that has no value.

    omit: the value of the variable of that name, which before ansible-core 2.19 is a text.
    """
    values: dict[str, Any] = {}
    problems = []
    for name, raw in variables.items():
        value = _value(templar, raw)
        if isinstance(value, AnsibleError):
            problems.append(f"{name}: its value cannot be told: {str(value).strip().rstrip('.')}.")
        elif value is not _OMITTED and not (isinstance(value, str) and value == omit):
            values[name] = value
    if problems:
        raise HybridAuthError("\n".join(problems), "Nothing was contacted.")
    return values


_OMITTED = object()


def _value(templar: Any, raw: Any) -> Any:
    try:
        return _plain(templar.template(raw))
    except AnsibleError as exc:
        return _OMITTED if type(exc).__name__ == "AnsibleValueOmittedError" else exc


def _plain(value: Any) -> Any:
    """The value with its vaulted texts decrypted, which before ansible-core 2.19 are objects of their own."""
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
