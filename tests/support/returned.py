# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare what a module really returned with its RETURN, at every depth."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

# What ansible-core or every action adds.
COMMON = {"changed", "diff", "warnings", "failed", "invocation", "skipped", "skip_reason", "results", "item"}


@cache
def documented(module: str) -> dict[str, Any]:
    return dict(yaml.safe_load(importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.modules.{module}").RETURN))


def told(entry: Mapping[str, Any]) -> str:
    text = entry["description"]
    return text if isinstance(text, str) else " ".join(text)


def strangers(value: Any, entry: Mapping[str, Any], where: str) -> Iterator[str]:
    """What of a value its documentation lacks."""
    if value is None:
        if "V(null)" not in told(entry):
            yield f"{where} may be null, which is not said"
    elif isinstance(value, list):
        if entry["type"] != "list":
            yield f"{where} is a list"
        for one in value:
            yield from strangers(one, {**entry, "type": entry.get("elements", ""), "description": "V(null)"}, f"{where}[]")
    elif isinstance(value, dict):
        if entry["type"] != "dict":
            yield f"{where} is a dictionary"
        for name, one in value.items() if "contains" in entry else ():
            if name in entry["contains"]:
                yield from strangers(one, entry["contains"][name], f"{where}.{name}")
            else:
                yield f"{where}.{name} is not documented"
    elif entry["type"] not in {"str": ("str",), "int": ("int", "float"), "bool": ("bool",), "float": ("float",)}[type(value).__name__]:
        yield f"{where} is a {type(value).__name__}, and is said to be a {entry['type']}"


def undocumented(module: str, result: Mapping[str, Any]) -> list[str]:
    """What of a whole result its documentation lacks, and what it says that every result has."""
    entries = documented(module)
    always = {name for name, entry in entries.items() if entry["returned"] in ("always", "success")}
    return [
        *(one for name, value in result.items() if name in entries for one in strangers(value, entries[name], name)),
        *(f"{name} is not documented" for name in result if name not in entries and name not in COMMON),
        *(f"{name} is missing" for name in sorted(always - set(result))),
    ]
