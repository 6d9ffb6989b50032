# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose another's key is, as the options tell, in words. Private to the collection."""

from __future__ import annotations

# Stands for the owner of a key that is told without one.
UNNAMED = "known"


def owned(what: str, owner: str) -> str:
    """A thing of that owner, such as 'a key of the archive'; 'a known key' where none is named."""
    return f"a known {what}" if owner == UNNAMED else f"a {what} of {owner}"
