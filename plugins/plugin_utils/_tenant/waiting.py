# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a task waits for the directory, and how often it asks meanwhile. Private to the collection."""

from __future__ import annotations

import os
import time

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_PAUSE_SECONDS = 1.0
_LONGEST_PAUSES = 3.0
# A simulated tenant answers at once.
_PAUSE_VARIABLE = "SFB_READ_PAUSE_SECONDS"


class Waiting:
    """timeout: seconds in which everything is to be done, from now on."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._shortest = shortest_pause()
        self._pause = self._shortest

    @property
    def left(self) -> float:
        """Seconds, negative once it is over."""
        return self._deadline - time.monotonic()

    def part(self, share: float) -> Waiting:
        """A wait of its own for a share of the whole time, and no longer than this one."""
        return Waiting(max(min(self.timeout * share, self.left), 0.0))

    def fresh(self) -> None:
        """Something has changed: ask often again."""
        self._pause = self._shortest

    def pause(self) -> bool:
        """Wait before the next question; False, at once, where the time does not allow one."""
        if self._pause > self.left:
            return False
        time.sleep(self._pause)
        self._pause = min(self._pause * 2, self._shortest * _LONGEST_PAUSES)
        return True

    def wait(self, seconds: float | None) -> bool:
        """Wait as long as a service asked for, and at least as pause() does; False, at once, where the time does not allow it."""
        if seconds is None or seconds < self._pause:  # 0 would mean to ask without a pause
            return self.pause()
        if seconds > self.left:
            return False
        time.sleep(seconds)
        return True


def shortest_pause() -> float:
    """Seconds between two questions; HybridAuthError where the environment variable for it is no number."""
    text = os.environ.get(_PAUSE_VARIABLE, "").strip()
    try:
        return max(float(text), 0.01) if text else _PAUSE_SECONDS
    except ValueError:
        raise HybridAuthError(
            f"The environment variable {_PAUSE_VARIABLE} is {text!r}, which is no number of seconds.", "Unset it."
        ) from None
