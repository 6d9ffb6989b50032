# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs of this controller want of service principals: a journal that outlives them, and a lock among them. Private to the collection.

Microsoft Graph replaces whole lists and answers reads from replicas. A run that reads what an earlier run wrote seconds ago from a replica
that has not heard of it would write the list without it. So each run says here what it wants before it writes, and no run writes from a
reading that lacks it. Entries hold ids, thumbprints and names only, and count for an hour.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_KEPT_SECONDS = 3600.0
# So long may the other runs before this one take; a run that waits on a lagging replica holds the lock meanwhile.
_LONGEST_LOCK_SECONDS = 1800.0
_LOCK_PAUSE_SECONDS = 0.05


class Wishes:
    """The wishes for service principals.

    name: the address of the Graph that has them. folder: for tests; by default one for this user alone, for all runs on this machine.
    Use everything but exclusive() while holding that.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"sfb_hybrid_auth-{os.geteuid()}"
        self._path = self._folder / f"{hashlib.sha256(name.lower().encode()).hexdigest()[:16]}.json"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock against every other run and worker of this user on this machine; HybridAuthError where it cannot be had."""
        self._make_private()
        deadline = time.monotonic() + _LONGEST_LOCK_SECONDS
        with self._lock_file() as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as exc:
                    if exc.errno not in (errno.EAGAIN, errno.EACCES):
                        raise HybridAuthError(f"{handle.name} cannot be locked: {exc}.", "Set TMPDIR to a local folder.") from None
                if time.monotonic() > deadline:
                    raise HybridAuthError(
                        f"Other runs on this machine have been writing to the same service principals for {_LONGEST_LOCK_SECONDS / 60:g} "
                        f"minutes: {handle.name} is locked.",
                        "See what they wait for, end them, and run again.",
                        unchanged=True,
                    )
                time.sleep(_LOCK_PAUSE_SECONDS)
            yield

    def _lock_file(self) -> TextIO:
        path = self._path.with_suffix(".lock")
        try:
            return path.open("w")
        except OSError as exc:
            raise HybridAuthError(f"{path} cannot be locked: {exc}.", "Remove it, or set TMPDIR elsewhere.", unchanged=True) from None

    def there(self, path: str) -> set[str]:
        """The facts that are wanted of the object at that path."""
        return {fact for fact, wish in self._wishes(path).items() if wish["there"]}

    def gone(self, path: str) -> set[str]:
        """The facts that are not wanted of it."""
        return {fact for fact, wish in self._wishes(path).items() if not wish["there"]}

    def want(self, path: str, there: Iterable[str], gone: Iterable[str]) -> None:
        """Say what is wanted now; it takes the place of what was wanted of the same facts."""
        now = time.time()
        said = {fact: {"there": True, "at": now} for fact in there} | {fact: {"there": False, "at": now} for fact in gone}
        self._change(path, said, ())

    def forget(self, path: str, facts: Iterable[str]) -> None:
        """These facts are no longer anyone's wish, or were settled otherwise."""
        self._change(path, {}, facts)

    @property
    def echoes_keys(self) -> bool:
        """Whether this tenant loses a key that is sent back as null, so that each key is to be sent back itself."""
        return bool(self._read().get("echoes_keys"))

    def note_that_keys_are_echoed(self) -> None:
        self._write({**self._read(), "echoes_keys": True})

    def _wishes(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._read()["principals"].get(path, {})
        return found

    def _change(self, path: str, said: Mapping[str, Any], forgotten: Iterable[str]) -> None:
        data = self._read()
        kept = {fact: wish for fact, wish in data["principals"].get(path, {}).items() if fact not in set(forgotten)}
        data["principals"][path] = kept | dict(said)
        self._write(data)

    def _read(self) -> dict[str, Any]:
        """The journal without what is too old."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            oldest = time.time() - _KEPT_SECONDS
            principals = {
                path: {fact: wish for fact, wish in wishes.items() if wish["at"] > oldest and _is_wish(wish)}
                for path, wishes in data["principals"].items()
            }
        except FileNotFoundError:
            return {"principals": {}}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise HybridAuthError(
                f"{self._path}, which tells what recent runs wrote to service principals, cannot be read: {exc}.",
                "Remove it once no run has written for some minutes.",
                unchanged=True,
            ) from None
        return {**data, "principals": principals}

    def _write(self, data: Mapping[str, Any]) -> None:
        try:
            number, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(data, file)
            Path(name).replace(self._path)
        except OSError as exc:
            raise HybridAuthError(
                f"What is about to be written to service principals could not be noted in {self._path}: {exc}.",
                "Make room there, or set TMPDIR to another folder.",
            ) from None

    def _make_private(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self._folder.lstat()
        except OSError as exc:
            raise HybridAuthError(f"{self._folder} cannot be made: {exc}.", "Set TMPDIR to another folder.", unchanged=True) from None
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise HybridAuthError(
                f"{self._folder} is not a folder for this user alone.",
                "Remove it, or set TMPDIR to a folder of your own.",
                unchanged=True,
            )


def _is_wish(wish: Mapping[str, Any]) -> bool:
    """True; TypeError for what no run wrote."""
    if not isinstance(wish["there"], bool):
        raise TypeError(f"{wish['there']!r} says nothing of a wish")
    return True
