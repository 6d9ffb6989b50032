# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until the directory agrees with what was written, and keep the workers of one run from writing at once. Private to the collection.

Entra ID answers reads from replicas, so a read soon after a write may still show the old object, and the write of a list that was
read stale loses entries (https://learn.microsoft.com/entra/architecture/architecture, "Consistency").
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

T = TypeVar("T")

_AGREEING_READS = 3
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0
# A simulated tenant has no replicas to wait for.
_PAUSE_VARIABLE = "SFB_READ_PAUSE_SECONDS"


def wait_until(read: Callable[[], T], problems: Callable[[T], list[str]], subject: str, timeout: float) -> T:
    """What read() gives once it has shown no problem several times in a row.

    timeout: seconds, after which HybridAuthError tells the last problems.
    """
    shortest = _shortest_pause()
    deadline = time.monotonic() + timeout
    pause, agreeing = shortest, 0
    while True:
        found = read()
        wrong = problems(found)
        agreeing = 0 if wrong else agreeing + 1
        if agreeing == _AGREEING_READS:
            return found
        if wrong and time.monotonic() + pause > deadline:
            raise HybridAuthError(
                f"Microsoft Graph took the change of {subject}, but {timeout:g} seconds later it shows: {'; '.join(wrong)}.",
                "Another program may have written at the same time. Look at it with sp_info, and run again.",
                problems=wrong,
            )
        time.sleep(pause)
        pause = shortest if not wrong else min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _shortest_pause() -> float:
    text = os.environ.get(_PAUSE_VARIABLE, "").strip()
    try:
        return max(float(text), 0.01) if text else _PAUSE_SECONDS
    except ValueError:
        raise HybridAuthError(
            f"The environment variable {_PAUSE_VARIABLE} is {text!r}, which is no number of seconds.", "Unset it."
        ) from None


@contextmanager
def exclusive(folder: str, name: str) -> Iterator[None]:
    """Hold a lock against the other workers of this run of Ansible: they share the folder of temporary files."""
    path = Path(folder) / f"sfb_hybrid_auth-{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Journal:
    """What this run of Ansible wrote to the directory, kept for its later tasks in its folder of temporary files, which ends with it.

    A task that reads an object from a replica that has not heard of an earlier task's write would merge its own change into the old
    list and so undo that write. Entries hold ids and names only. Use it while holding exclusive().
    """

    def __init__(self, folder: str, name: str) -> None:
        self._path = Path(folder) / f"sfb_hybrid_auth-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"

    def entries(self) -> dict[str, dict[str, Any]]:
        """What was written, by the object's path."""
        try:
            entries: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return entries

    def add(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember these entries; an object's newer properties replace its older ones."""
        entries = self.entries()
        for path, entry in written.items():
            entries[path] = {**entries.get(path, {}), **entry}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(self._path)
