# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of the actions that write on-premises objects: read, plan, write and read back. Private to the collection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FarmReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError

CURRENT: dict[str, dict[str, Any]] = {"current": {"type": "dict"}}


@dataclass(frozen=True)
class OnpremPlan:
    """calls: the cmdlets that make the change, in order. predicted: the object as it will be, None where it will be absent."""

    change: Change
    calls: tuple[Call, ...] = ()
    predicted: Mapping[str, Any] | None = None


class OnpremAction(HybridAuthAction):
    """An action whose subclass says what it wants of one part of what onprem_info reads."""

    PART: ClassVar[str]
    RESULT: ClassVar[str]

    @abstractmethod
    def plan(self, found: Any) -> OnpremPlan:
        """The plan for the part as it was read; nothing is contacted."""

    @abstractmethod
    def find(self, found: Any) -> Mapping[str, Any] | None:
        """The task's own object in the part as it was read."""

    def converge(self, params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Read, plan, write in one process and compare what it reads back with the plan."""
        shell = ManagementShell(self, params["management_modules"], task_vars, params["endpoint"])
        warnings: list[str] = []
        found = self._current(params["current"])
        plan = self.plan(found) if found is not None else None
        if plan is None or plan.change.changed:
            read = shell.run(parts.calls([self.PART]))
            warnings += read.warnings
            plan = self.plan(self._found(read))
        now = plan.predicted
        if plan.change.changed and not self.check_mode:
            written = shell.run([*plan.calls, *parts.calls([self.PART], prefix="after_")])
            warnings += written.warnings
            after = self._found(written, "after_")
            now = self.find(after)
            left = self.plan(after)
            if left.change.changed:
                raise HybridAuthError(
                    f"{shell.server}: the cmdlets ran without error, but it would still take: {'; '.join(left.change.operations)}.",
                    "Look at the object in the Management Shell; another program may have changed it at the same time.",
                    diff=left.change.as_result()["diff"],
                )
        result = plan.change.as_result()
        result[self.RESULT] = dict(now) if now is not None else None
        if warnings:
            result["warnings"] = warnings
        return result

    def _found(self, answer: Answer, prefix: str = "") -> Any:
        found: Mapping[str, Any] = parts.shaped(answer, [self.PART], prefix)
        return found[self.PART]

    def _current(self, current: Mapping[str, Any] | None) -> Any:
        whole: Mapping[str, Any] | None = whole_result(current)
        return None if whole is None else whole.get(self.PART)


def whole_result(current: Mapping[str, Any] | None) -> FarmReading | None:
    """What the option 'current' holds; InvalidOptionError where it is not what onprem_info returned."""
    if current is not None and "management_module" not in current:
        raise InvalidOptionError("current", "it is no result of onprem_info", "the whole registered result of onprem_info")
    return cast("FarmReading | None", current)
