# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a relative path that a task gives begins on the controller. Private to the collection."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFileNotFound

_PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
# As ansible.builtin.copy searches.
_FILES = "files"


class Paths:
    """The relative paths of a task, as Ansible has them: they begin in the folder of the playbook.

    Nobody keeps files beside the playbooks of this collection, where it is installed. For those they begin in the folder in which
    ansible-playbook was started.
    """

    def __init__(self, task: Any, loader: Any) -> None:
        self._task, self._loader = task, loader

    def folder(self, path: str) -> str:
        """Where a task writes."""
        return path if _is_whole(path) else os.path.normpath(self._start / path)

    def file(self, path: str) -> str:
        """What a task reads: the first that is there as ansible.builtin.copy searches, in a role and its files, then at the playbook.

        Where there is none it is the one at the playbook, so that an error names a path.
        """
        if not path or _is_whole(path):
            return path
        places = [place for place in map(str, self._task.get_search_path()) if not _is_own(place)]
        try:
            found = self._loader.path_dwim_relative_stack([*places, str(self._start)], _FILES, path)
        except AnsibleFileNotFound:
            return self.folder(path)
        return self.folder(path) if _is_own(found) else os.path.normpath(found)

    @property
    def _start(self) -> Path:
        base = Path(str(self._loader.get_basedir())).absolute()
        return Path.cwd() if base.resolve() == _PLAYBOOKS else base


def _is_whole(path: str) -> bool:
    return Path(path).is_absolute()


def _is_own(place: str) -> bool:
    """Whether it is in a folder of this collection, such as that of its role's tasks, in which no file of a user lies."""
    found, own = Path(place).resolve(), _PLAYBOOKS.parent
    return any(found.is_relative_to(own / name) for name in ("roles", "playbooks"))
