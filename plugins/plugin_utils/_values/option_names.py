# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of the role and users of a module call an option. Private to the collection."""

from __future__ import annotations

# The others have the option's name behind trust_.
_VARIABLES = {
    "path": "trust_report_path",
    "subject": "trust_rotation_subject",
    "thumbprints": "trust_rotation_remove_from_store",
}


def options(*names: str) -> str:
    """Options in a remedy: the role's variables first, since most read it of the role, then what modules call them."""
    return f"{_several([_VARIABLES.get(name, f'trust_{name}') for name in names])} ({_several(list(names))} of a module)"


def _several(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
