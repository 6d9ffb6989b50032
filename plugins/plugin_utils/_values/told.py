# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of a server or another subject, which is named once. Private to the collection."""

from __future__ import annotations


def about(subject: str, message: str) -> str:
    """The message with its subject before it, where it does not begin with that itself."""
    return message if message.startswith((f"{subject} ", f"{subject}: ")) else f"{subject}: {message}"
