# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task changes, as plain data from which changed, diff and check mode all come. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """The planned change of one object.

    before and after have the same normalised shape; an absent object is an empty mapping.
    operations says in an administrator's words what is done, one entry an operation, in order;
    it is empty exactly when nothing changes.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    operations: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.operations)

    def as_result(self) -> dict[str, Any]:
        """The part of a task's result that every resource module returns."""
        return {
            "changed": self.changed,
            "diff": {"before": dict(self.before), "after": dict(self.after)},
            "operations": list(self.operations),
        }
