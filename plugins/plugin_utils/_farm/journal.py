# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of an object that is being replaced, kept on the controller until that is done. Private to the collection.

A server that is switched off between removal and creation leaves nothing of the object but this. One file an object, in a private folder
below Ansible's home, written before anything is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text

# What was cut short longer ago may have been settled by hand since.
LONGEST = timedelta(days=30)


@dataclass(frozen=True)
class Entry:
    """old: the object as onprem_info shows it. since: when its replacement began, an aware time."""

    old: Mapping[str, Any]
    since: datetime

    def is_stale(self, now: datetime) -> bool:
        return now - self.since > LONGEST


class Journal:
    """The entry of one object of a server's deployment. part: what onprem_info gathers it as. folder: for tests."""

    def __init__(self, server: str, part: str, identity: str, folder: Path | None = None) -> None:
        self._folder = folder or Path(str(constants.config.get_config_value("ANSIBLE_HOME"))) / "sfb_hybrid_auth" / "replaced"
        key = [server.lower(), part, identity.strip().lower()]
        shown = re.sub(r"[^a-z0-9.]+", "-", "_".join(key))[:120]
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]
        self.path = self._folder / f"{shown}-{digest}.json"

    def read(self) -> Entry | None:
        """The entry, or None; HybridAuthError where there is one that cannot be read."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return Entry({name: _setting(value) for name, value in data["old"].items()}, parse_time(str(data["since"])))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError) as exc:
            raise self.damaged(exc) from None

    def damaged(self, why: object) -> HybridAuthError:
        """The error that says why the entry cannot be used."""
        return HybridAuthError(
            f"{self.path}, which keeps the definition of an object whose replacement was cut short, cannot be read: {why}.",
            "Look at it and at the object, and remove the file when the object is as it should be.",
        )

    def keep(self, old: Mapping[str, Any], now: datetime) -> None:
        """Write the entry so that it is on the disk; HybridAuthError where that cannot be done."""
        data = {"old": dict(old), "since": utc_text(now)}
        try:
            self._make_private()
            number, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")  # for its owner alone
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(data, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as exc:
            raise HybridAuthError(
                f"The definition of the object that is to be replaced could not be kept in {self.path}: {exc}.",
                "Make room there or correct its permissions; the folder is below ANSIBLE_HOME.",
                unchanged=True,
            ) from None

    def forget(self) -> None:
        """Remove the entry."""
        self.path.unlink(missing_ok=True)

    def _make_private(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._folder.parent, self._folder):
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                raise PermissionError(f"{folder} is not a folder of this user")
            folder.chmod(0o700)


def _setting(value: Any) -> str | bool | None:
    """The value; TypeError where it is none that an object has."""
    if value is None or isinstance(value, (str, bool)):
        return value
    raise TypeError(f"{value!r} is no setting")
