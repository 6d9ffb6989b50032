# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's YAML orders steps and decides nothing: how much it computes is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, nodes

ROLES = Path(__file__).parents[2] / "roles"
MOST_OPERATORS, MOST_IN_ONE, MOST_FACTS = 20, 2, 8
# Keys whose text is an expression without braces.
_EXPRESSIONS = ("when", "until", "failed_when", "changed_when", "that")
_OPERATORS = (nodes.Filter, nodes.Test, nodes.CondExpr, nodes.BinExpr, nodes.UnaryExpr, nodes.Compare, nodes.Concat, nodes.Call)


def texts(content: Any, *, expression: bool = False) -> Iterator[str]:
    """Every text with a template in it, those of expressions in braces."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from texts(value, expression=key in _EXPRESSIONS)
    elif isinstance(content, list):
        for entry in content:
            yield from texts(entry, expression=expression)
    elif isinstance(content, str) and (expression or "{{" in content or "{%" in content):
        yield f"{{{{ {content} }}}}" if expression and "{{" not in content else content


def expressions() -> dict[str, int]:
    """The operators in each expression of the role's tasks, variables and defaults."""
    environment = Environment(autoescape=True)
    environment.filters = _Anything()
    environment.tests = _Anything()
    found = {}
    for path in sorted(ROLES.rglob("*.yml")):
        if path.parent.name == "meta":
            continue
        for number, text in enumerate(texts(yaml.safe_load(path.read_text(encoding="utf-8")))):
            found[f"{path.relative_to(ROLES)} {number}: {text}"] = sum(1 for _node in environment.parse(text).find_all(_OPERATORS))
    return found


class _Anything(dict[str, Any]):
    """Ansible's own filters and tests need not be there to be counted."""

    def __contains__(self, name: object) -> bool:
        return True


def test_the_role_computes_next_to_nothing() -> None:
    counted = expressions()
    assert len(counted) > 50
    assert sum(counted.values()) <= MOST_OPERATORS, {text: number for text, number in counted.items() if number}
    assert {text: number for text, number in counted.items() if number > MOST_IN_ONE} == {}


def test_the_counter_sees_what_it_counts() -> None:
    environment = Environment(autoescape=True)
    (text,) = texts([{"when": "a in b and not c"}])
    assert sum(1 for _node in environment.parse(text).find_all(_OPERATORS)) == 3
    (text,) = texts({"x": "{{ (a + b) | length if c is defined else d.get('e') }}"})
    assert sum(1 for _node in environment.parse(text).find_all(_OPERATORS)) == 5


def test_few_facts_are_set_and_each_public_one_in_one_place() -> None:
    facts: list[str] = []
    setting = 0
    for path in sorted(ROLES.rglob("tasks/*.yml")):
        for task in _tasks(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if "ansible.builtin.set_fact" in task:
                setting += 1
                facts += [name for name in task["ansible.builtin.set_fact"] if not name.startswith("_")]
    assert setting <= MOST_FACTS
    assert sorted(facts) == ["trust_audit", "trust_modern_authentication", "trust_removal", "trust_rotation", "trust_summary"]


def _tasks(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from _tasks(entry.get(part) or [])
