# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The heading of a finding: what is the case. Private to the collection."""

from __future__ import annotations


def heading(status: str, title: str, otherwise: str) -> str:
    """The right state where it passes, the wrong one where it fails or warns, and what was not checked where it was skipped.

    title, otherwise: the two states, as sentences without full stop.
    """
    if status == "skip":
        return f"Not checked: {title}"
    return title if status == "pass" else otherwise
