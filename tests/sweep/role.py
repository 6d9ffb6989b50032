# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the role in this process: their order, conditions and arguments come from its YAML, and its actions do them.

Only what the role uses of ansible-core's language is here, and what is not known is an error. That of ansible-core is ten times slower.
tests/integration/test_sweep.py compares such plays with those of ansible-playbook: tasks, requests, cmdlets and their parameters.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from jinja2 import StrictUndefined, Undefined, UndefinedError, meta
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from tests.support.play import ROOT

_TASKS, _DEFAULTS = ROOT / "roles" / "trust" / "tasks", ROOT / "roles" / "trust" / "defaults" / "main.yml"
_COLLECTION, _BUILTIN = "sfb.hybrid_auth.", "ansible.builtin."
_KEYWORDS = {
    *("name", "when", "register", "vars", "module_defaults", "block", "rescue", "run_once", "loop", "loop_control"),
    *("ignore_unreachable", "any_errors_fatal"),
}
_LOADER = DataLoader()
_WHOLE = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}")
_JINJA = NativeEnvironment(undefined=StrictUndefined)  # nothing of it is a page
_JINJA.tests["skipped"] = lambda registered: bool(registered.get("skipped"))


@dataclass(frozen=True)
class Task:
    """One task on one host, as it is about to be done. args: whole, with what module_defaults give."""

    name: str
    module: str
    host: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """A task that was done. error: what its action raised."""

    task: Task
    result: dict[str, Any]
    error: HybridAuthError | None = None
    rescued: bool = False


@dataclass(frozen=True)
class _Scope:
    """What a task inherits."""

    defaults: tuple[Mapping[str, Any], ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    ignore_unreachable: bool = False

    def inside(self, task: Mapping[str, Any]) -> _Scope:
        own = task.get("module_defaults")
        return _Scope(
            (*self.defaults, *([own] if own else [])),
            {**self.variables, **task.get("vars", {})},
            bool(task.get("ignore_unreachable", self.ignore_unreachable)),
        )


Prepare = Callable[[Any, Task], None]


class Play:
    """A play of the role on some hosts. variables: of each host. prepare: gives an action what it needs of the connection."""

    def __init__(self, variables: Mapping[str, Mapping[str, Any]], prepare: Prepare, *, check_mode: bool = False) -> None:
        self.hosts = list(variables)
        self._prepare, self._check_mode = prepare, check_mode
        defaults = _read(_DEFAULTS)
        self._variables: dict[str, dict[str, Any]] = {host: {**defaults, **own} for host, own in variables.items()}
        self._lost: set[str] = set()
        self.done: list[Done] = []
        self.failed: set[str] = set()

    def run(self, entry_point: str) -> None:
        """All tasks of the entry point, a key of the role's task files."""
        self.failed = set()
        for task in _tasks(f"{entry_point}.yml"):
            self.failed |= self._list([task], [host for host in self.hosts if host not in self.failed], _Scope())
        self.failed |= self._lost

    @property
    def failures(self) -> list[Done]:
        """What ended the play for a host."""
        return [one for one in self.done if not one.rescued and (one.result.get("failed") or one.result.get("unreachable"))]

    @property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """Of each host: those that were given, registered ones and facts."""
        return self._variables

    def fact(self, name: str) -> Any:
        """A registered variable or a fact of the first host that has it."""
        return next((own[name] for own in self._variables.values() if name in own), None)

    def _list(self, tasks: Iterable[Mapping[str, Any]], hosts: Sequence[str], scope: _Scope) -> set[str]:
        """The hosts that failed."""
        failed: set[str] = set()
        for task in tasks:
            left = [host for host in hosts if host not in failed and host not in self._lost]
            failed |= self._one(task, left, scope.inside(task)) if left else set()
        return failed

    def _one(self, task: Mapping[str, Any], hosts: Sequence[str], scope: _Scope) -> set[str]:
        if "block" in task:
            failed = self._list(task["block"], hosts, scope)
            if "rescue" not in task or not failed:
                return failed
            self.done = [replace(one, rescued=one.rescued or one.task.host in failed) for one in self.done]
            return self._list(task["rescue"], [host for host in hosts if host in failed], scope)
        (module,) = set(task) - _KEYWORDS
        action = module.removeprefix(_BUILTIN)
        condition = task.get("when")
        chosen = [host for host in hosts if condition is None or self._true(condition, host, scope)]
        if action in ("import_tasks", "include_tasks"):
            return self._list(_tasks(task[module]), chosen, scope)
        if task.get("run_once"):
            chosen = chosen[:1]
        failed = set()
        for host in hosts if not task.get("run_once") else hosts[:1]:
            if host not in chosen:
                self._register(task, [host], {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"})
                continue
            done = self._looped(task, module, host, scope) if "loop" in task else self._single(task, module, host, scope)
            self.done.append(done)
            self._register(task, hosts if task.get("run_once") else [host], done.result)
            if done.result.get("unreachable") and not scope.ignore_unreachable:
                self._lost.add(host)
            elif done.result.get("failed"):
                failed.add(host)
                # ansible-core's own is not the registered one: it still has this key.
                self._variables[host]["ansible_failed_result"] = {**done.result, "_ansible_no_log": False}
        return set(self.hosts) if failed and task.get("any_errors_fatal") else failed

    def _register(self, task: Mapping[str, Any], hosts: Sequence[str], result: Mapping[str, Any]) -> None:
        if "register" in task:
            for host in hosts:
                self._variables[host][task["register"]] = result

    def _looped(self, task: Mapping[str, Any], module: str, host: str, scope: _Scope) -> Done:
        items = self._value(task["loop"], host, scope)
        each = [self._single(task, module, host, replace(scope, variables={**scope.variables, "item": item})) for item in items]
        results = [{**one.result, "item": item} for one, item in zip(each, items, strict=True)]
        whole: dict[str, Any] = {
            "changed": any(one.get("changed") for one in results),
            "results": results,
            **({} if results else {"skipped": True, "skipped_reason": "No items in the list"}),
        }
        wrong = next((one for one in each if one.result.get("failed")), None)
        if wrong:
            whole |= {"failed": True, "msg": wrong.result["msg"]}
        last = wrong or (each[-1] if each else None)
        return Done(last.task if last else Task(task["name"], module, host, {}), whole, wrong.error if wrong else None)

    def _single(self, task: Mapping[str, Any], module: str, host: str, scope: _Scope) -> Done:
        own = task[module] or {}
        if not module.startswith(_COLLECTION):
            return self._builtin(Task(task["name"], module, host, self._value(own, host, scope)))
        short = module.removeprefix(_COLLECTION)
        args: dict[str, Any] = {}
        given: dict[str, Any] = {}
        for defaults in scope.defaults:
            given |= defaults
        groups = [name for name, members in _groups().items() if short in members]
        for name in (*(f"group/{_COLLECTION}{group}" for group in groups), module):
            args |= self._value(given[name], host, scope) if name in given else {}
        made = Task(task["name"], short, host, {**args, **self._value(own, host, scope)})
        return self._act(made, scope)

    def _act(self, task: Task, scope: _Scope) -> Done:
        variables = self._seen(task.host, scope)
        play = SimpleNamespace(strategy="linear")
        given = SimpleNamespace(
            args=dict(task.args),
            async_val=0,
            check_mode=self._check_mode,
            diff=False,
            action=f"{_COLLECTION}{task.module}",
            no_log=False,
            get_play=lambda: play,
            get_search_path=list,
        )
        action = _action(task.module)(
            task=given,
            connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True)),
            play_context=SimpleNamespace(),
            loader=_LOADER,
            templar=Templar(loader=_LOADER, variables=variables),
            shared_loader_obj=None,
        )
        self._prepare(action, task)
        errors: list[HybridAuthError] = []
        perform = action.perform

        def watched(params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
            try:
                done: dict[str, Any] = perform(params, task_vars)
            except HybridAuthError as exc:
                errors.append(exc)
                raise
            return done

        action.perform = watched
        try:
            result = action.run(task_vars=variables)
        except AnsibleConnectionFailure as exc:
            result = {"unreachable": True, "changed": False, "msg": str(exc)}
        return Done(task, {"changed": False, **result}, errors[0] if errors else None)

    def _builtin(self, task: Task) -> Done:
        action = task.module.removeprefix(_BUILTIN)
        if action == "set_fact":
            self._variables[task.host] |= task.args
        elif action == "fail":
            return Done(task, {"changed": False, "failed": True, "msg": task.args["msg"]})
        elif action != "debug":
            raise NotImplementedError(task.module)
        return Done(task, {"changed": False, **task.args})

    def _seen(self, host: str, scope: _Scope) -> dict[str, Any]:
        alive = [one for one in self.hosts if one not in self._lost | self.failed]
        return {
            **self._variables[host],
            **scope.variables,
            "inventory_hostname": host,
            "hostvars": self._variables,
            "groups": {"all": self.hosts, "front_ends": self.hosts},
            "ansible_play_hosts_all": self.hosts,
            "ansible_play_batch": alive,
            "ansible_play_hosts": alive,
        }

    def _value(self, template: Any, host: str, scope: _Scope) -> Any:
        """The template's value: a text of nothing but an expression is what that comes to."""
        if isinstance(template, dict):
            return {key: self._value(one, host, scope) for key, one in template.items()}
        if isinstance(template, list):
            return [self._value(one, host, scope) for one in template]
        if not isinstance(template, str) or "{{" not in template:
            return template
        whole = _WHOLE.fullmatch(template)
        if not whole:
            return _JINJA.from_string(template).render({**self._variables[host], **scope.variables, "inventory_hostname": host})
        value = self._expression(whole[1], host, scope)
        if isinstance(value, Undefined):
            raise UndefinedError(f"{template}: {value._undefined_message}")
        return value

    def _expression(self, text: str, host: str, scope: _Scope) -> Any:
        names, compiled = _compiled(text)
        own = {name: self._lazy(scope.variables[name], host, scope) for name in names if name in scope.variables}
        return compiled({**self._variables[host], "inventory_hostname": host, **own})

    def _lazy(self, value: Any, host: str, scope: _Scope) -> Any:
        """A variable of a task, of which another expression may not need what is not there."""
        if isinstance(value, dict):
            return {key: self._lazy(one, host, scope) for key, one in value.items()}
        whole = _WHOLE.fullmatch(value) if isinstance(value, str) else None
        return self._expression(whole[1], host, scope) if whole else value

    def _true(self, condition: Any, host: str, scope: _Scope) -> bool:
        value = self._expression(str(condition), host, scope)
        if not isinstance(value, bool):
            raise TypeError(f"the condition {condition!r} is {value!r}")
        return value


def shown(done: Iterable[Done]) -> str:
    """Everything that a run showed of its tasks, as text."""
    return json.dumps([(one.task.name, one.result) for one in done], default=str, ensure_ascii=False)


@cache
def _action(module: str) -> Any:
    return importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.action.{module}").ActionModule


@cache
def _groups() -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    return found


@cache
def _compiled(expression: str) -> tuple[frozenset[str], Callable[..., Any]]:
    """The names that an expression needs, and the expression."""
    names = frozenset(meta.find_undeclared_variables(_JINJA.parse("{{ " + expression + " }}")))
    return names, _JINJA.compile_expression(expression, undefined_to_none=False)


@cache
def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _tasks(name: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = _read(_TASKS / name)
    return found
