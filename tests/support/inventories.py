# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories in the documentation, by the names of their sections."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_PAGES = ("README.md", "docs/inventories.md", "docs/restricted-endpoint.md")


def documented() -> dict[str, str]:
    """The text of each inventory, by page, section and its place there, such as docs/inventories.md#runas-1."""
    found = {}
    for page in _PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            title, _line, body = section.partition("\n")
            blocks = [one for one in re.findall(r"^```yaml\n(.*?)^```$", body, re.MULTILINE | re.DOTALL) if one.startswith("front_ends:")]
            anchor = title.lower().replace(" ", "-")
            found.update({f"{page}#{anchor}-{number}": block for number, block in enumerate(blocks, 1)})
    return found


def variables(text: str) -> dict[str, Any]:
    """What an inventory sets for its group."""
    given: dict[str, Any] = yaml.safe_load(text)["front_ends"]["vars"]
    return given
