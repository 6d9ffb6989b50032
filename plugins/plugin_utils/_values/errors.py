# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that a user can meet: each says what happened, on which object, and what to do next. Private to the collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import named

_NOTHING_CHANGED = "Nothing was changed."
_ENDS = (".", "!", "?", ":", ";")


def sentence(text: str) -> str:
    """The text with a full stop where another program's words end without one, so that another sentence may follow. Blank stays blank."""
    text = text.rstrip()
    return text if not text or text.rstrip("\"')").endswith(_ENDS) else f"{text}."


class HybridAuthError(Exception):
    """A failure with a message meant for the administrator.

    message: what happened and on which object, as a sentence.
    remedy: what to do next, as a sentence; it is appended to the message.
    unchanged: whether its text says that nothing was changed; the message does not, so that a part of a whole can leave that to the whole.
    details: plain data that the task's result carries beside the message.
    """

    def __init__(self, message: str, remedy: str = "", *, unchanged: bool = False, **details: Any) -> None:
        message = sentence(message)
        super().__init__(" ".join(part for part in (message, _NOTHING_CHANGED if unchanged else "", remedy) if part))
        self.message, self.remedy, self.unchanged, self.details = message, remedy, unchanged, details


class InvalidOptionError(HybridAuthError):
    """An option's value is not what the option takes. Raised before anything is contacted.

    option, problem, expected: the parts of the message, for who shows them in words of its own.
    """

    def __init__(self, option: str, problem: str, expected: str) -> None:
        self.option, self.problem, self.expected = option, problem, expected
        super().__init__(f"{named(option)}: {problem}.", f"Expected {expected}.", option=option)
