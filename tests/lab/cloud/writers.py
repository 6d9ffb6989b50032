# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other tools that write to the same service principals, at a chosen request of whoever is watched."""

from __future__ import annotations

import copy
from typing import Any

from ..state import State
from .key_credentials import made
from .replicas import Replicas

_DOES = {"add_keys", "remove_keys", "add_names", "remove_names", "account_enabled"}
_KNOWN = {"on", "nth", "times", "after", "app_id", *_DOES}


class Writers:
    """Rules such as {"on": "graph.patch", "nth": 2, "after": true, "app_id": "...", "add_keys": [...]}.

    Each acts before, or with "after" after, that occurrence of a request to Graph. add_keys: as in a PATCH. remove_keys: key ids, or "*".
    """

    def __init__(self, state: State, replicas: Replicas) -> None:
        self._state, self._replicas = state, replicas
        self._rules: list[dict[str, Any]] = []
        for rule in state.data["writers"]:
            self.add(rule)

    def add(self, rule: dict[str, Any]) -> None:
        """Add a rule; ValueError if it is none."""
        if set(rule) - _KNOWN or not {"on", "app_id"} <= set(rule) or not _DOES & set(rule):
            raise ValueError(
                f"a writer has on, app_id and one of {', '.join(sorted(_DOES))}, and may have nth, times and after; got {rule!r}"
            )
        with self._state.lock:
            self._rules.append({"nth": 1, "times": 1, "after": False, **copy.deepcopy(rule), "seen": 0})

    def act(self, point: str, *, after: bool) -> None:
        """Carry out the rules that are due at this occurrence of a request."""
        with self._state.lock:
            for rule in self._rules:
                if rule["on"] != point or rule["after"] is not after:
                    continue
                rule["seen"] += 1
                if rule["nth"] <= rule["seen"] < rule["nth"] + rule["times"]:
                    self._write(rule)

    def _write(self, rule: dict[str, Any]) -> None:
        for tenant in self._state.data["tenants"]:
            for principal in tenant["service_principals"]:
                if principal["appId"].lower() != rule["app_id"].lower():
                    continue
                self._replicas.changes(principal)
                gone = rule.get("remove_keys", [])
                keys = [] if gone == "*" else [entry for entry in principal["keyCredentials"] if entry["keyId"] not in gone]
                principal["keyCredentials"] = [*keys, *(made(entry) for entry in rule.get("add_keys", []))]
                names = [name for name in principal["servicePrincipalNames"] if name not in rule.get("remove_names", [])]
                principal["servicePrincipalNames"] = [*names, *(name for name in rule.get("add_names", []) if name not in names)]
                if "account_enabled" in rule:
                    principal["accountEnabled"] = rule["account_enabled"]
