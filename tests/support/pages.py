# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages for users and what stands in their fences, for the tests that read them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "roles" / "trust" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^( *)```([a-z]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands in one fence. name: the page and the line."""

    name: str
    language: str
    text: str

    def __str__(self) -> str:
        return self.name


def name_of(page: Path) -> str:
    """A page by its path in the collection."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    """A page without what stands in its fences."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def blocks(language: str = "") -> list[Block]:
    """Every fence of that language, or of any."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(f"{name_of(page)}:{line}", match[2], textwrap.dedent(match[3])))
    return [one for one in found if language in ("", one.language)]


def commands(program: str) -> list[tuple[str, str]]:
    """Every call of a program in the fences of the shell, of crontabs and of pipelines, with its place; lines that go on are one."""
    found = []
    for block in blocks():
        if block.language in ("sh", "text", "yaml", "ini"):
            lines = re.sub(r"\\\n\s*", "", block.text).splitlines()
            calls = [re.search(rf"(?<![\w/-]){re.escape(program)} .*", line.partition("# ")[0]) for line in lines]
            found += [(block.name, call[0].strip()) for call in calls if call]
    return found


def anchors(page: Path) -> set[str]:
    """What a link may name on a page, as the forge makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in plain}
