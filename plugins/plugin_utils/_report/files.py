# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the files of a report, each whole or not at all. Private to the collection."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_EVERYBODY, _OWNER = 0o666, 0o600  # without what the umask takes away


def folder(option: str, value: str | None) -> Path:
    """The folder that an option names, the current one by default; InvalidOptionError where it is none."""
    path, expected = Path(value or ".").absolute(), "an existing folder on the controller"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InvalidOptionError(option, f"{str(path)!r} is not there", expected) from None
    except OSError as exc:
        raise InvalidOptionError(option, f"{str(path)!r} cannot be used: {exc.strerror}", expected) from None
    if not stat.S_ISDIR(mode):
        raise InvalidOptionError(option, f"{str(path)!r} is no folder", expected)
    return path


def write(place: Path, files: Mapping[str, Iterable[str]], *, private: bool = False) -> dict[str, str]:
    """Write these files, by name, from the pieces of their text, and return their paths.

    A reader finds the old file or the new one, never a part. private: whether only the user of Ansible may read them, whatever the umask.
    """
    return {name: str(_write(place / name, content, _OWNER if private else _EVERYBODY)) for name, content in files.items()}


def _write(path: Path, pieces: Iterable[str], mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        temporary.unlink(missing_ok=True)
        raise HybridAuthError(
            f"The report {path} could not be written: {exc.strerror or exc}.",
            f"Choose another folder with {options('path')}, or make room there.",
        ) from None
    return path
