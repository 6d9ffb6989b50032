# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/variables.md, made from the table of the role's variables: python -m tests.support.variables_page writes it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import ENTRY_POINTS, MAIN, VARIABLES

from .play import ROOT

PAGE = ROOT / "docs" / "variables.md"
ROLE = ROOT / "roles" / "trust"
SPECS: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]

_HEAD = """<!--
Copyright (c) 2026, the sfb.hybrid_auth contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by: python -m tests.support.variables_page
-->
# Variables of the role

Every variable of `sfb.hybrid_auth.trust` and of the playbooks. A run checks them before it contacts anything, and reports at once all
that is wrong. `ansible-doc -t role sfb.hybrid_auth.trust` shows the same.

- **Blank is not given.** A variable that is null, holds only blanks, or is a list, also one written as text, of which nothing is left
  without the blank entries, has its default, as if it were left out. So a blank answer of an AWX survey changes nothing.
- **A text may stand for every kind**, as surveys and `-e name=value` send it: `no` or `"false"`, `"30"`, and for a list a text with
  commas, one item a line, or a list in JSON. Words of a choice may be in any letter case. A run drops zero-width characters and marks of
  direction, which come along with a copied thumbprint.
- **Emptying a setting has a word of its own.** `trust_exchange_autodiscover_url: clear` and `trust_exchange_autodiscover_allowed_domains:
  clear` empty the setting on the farm. Where it is not given, or blank, a run leaves the setting alone.
- **A run refuses a misspelt name** with the nearest one, such as `trust_exchange_credentials`, and one that lacks its last word, such as
  `trust_fail`, with those that begin so. It leaves other variables that begin with `trust_` alone; they may be another role's.
- **A path** that is not whole begins at the playbook, as everywhere in Ansible. A file is searched for as by `ansible.builtin.copy`: in
  the role that uses this one, in the folder of the playbook, and in their `files`. For the playbooks of the collection, also where a
  playbook imports one, it begins in the folder in which `ansible-playbook` was started. `~` and `$NAME` in it are replaced.
- **An entry point reads its own variables** only: a wrong `trust_rotation_overlap_days` does not stop `configure`.
- The table names the variable of the environment, where there is one; it counts where the role's variable is not given
  ([sign-in.md](sign-in.md)).

`trust_summary`, `trust_audit`, `trust_rotation`, `trust_removal` and `trust_modern_authentication` are facts that the role leaves, not
variables.
"""
_AREAS = {
    "All entry points": set(ENTRY_POINTS),
    "`audit` and `support`": {"audit", "support"},
    "`audit`, `remove` and `support`": {"audit", "remove", "support"},
    "`audit` and `rotate`": {"audit", "rotate"},
    "`audit` and `modern_authentication`": {"audit", "modern_authentication"},
    **{f"Only `{name}`": {name} for name in ENTRY_POINTS[1:] if name != "support"},
}


def page() -> str:
    """The page as it should be. ValueError for a variable whose entry points no table of it has."""
    homeless = [name for name in VARIABLES if _taken(name) not in _AREAS.values()]
    if homeless:
        raise ValueError(f"no table of the page is for the entry points of {', '.join(homeless)}")
    text = _HEAD
    for title, taken in _AREAS.items():
        text += f"\n## {title}\n\n| variable | takes | default | meaning |\n|---|---|---|---|\n"
        text += "".join(_line(name) for name in VARIABLES if _taken(name) == taken)
    return text


def _taken(name: str) -> set[str]:
    """The entry points that read the variable."""
    return set(VARIABLES[name].metadata["entry_points"] or ENTRY_POINTS)


def spec_of(name: str) -> dict[str, Any]:
    """What the argument specs say of a variable, in the first entry point that has it."""
    return next(entry["options"][name] for entry in SPECS.values() if name in entry["options"])


def entry_points_in_specs(name: str) -> set[str]:
    """The entry points whose argument specs have the variable, with main under the name of its playbook."""
    return {"configure" if entry == MAIN else entry for entry, spec in SPECS.items() if name in spec["options"]}


def default_of(name: str) -> Any:
    """The default as YAML has it; None where nothing, an empty list or an empty dictionary stands for 'not given'."""
    default = VARIABLES[name].default
    return (list(default) or None) if isinstance(default, tuple) else default if isinstance(default, (str, int)) else None


def takes(name: str) -> str:
    """The sentence of the argument specs that says what the variable takes."""
    return f"It takes {VARIABLES[name].metadata['kind'].words}."


def _line(name: str) -> str:
    meaning = " ".join(_markdown(line) for line in spec_of(name)["description"] if line != takes(name))
    return f"| `{name}` | {VARIABLES[name].metadata['kind'].words} | {_shown(default_of(name))} | {meaning} |\n"


def _shown(default: Any) -> str:
    if default is None:
        return ""
    text = ", ".join(default) if isinstance(default, list) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def _markdown(text: str) -> str:
    plain = re.sub(r"[A-Z]\(([^)#]*)(?:#[a-z]+)?\)", r"`\1`", " ".join(text.split()))
    return plain.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
