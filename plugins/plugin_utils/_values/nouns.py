# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers with their nouns. Private to the collection."""

from __future__ import annotations


def plural(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"
