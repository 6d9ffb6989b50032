# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of the collection's actions. Private to the collection.

It checks the options, performs, answers errors as data and shows no secret.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments, environment_of, given
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.paths import Paths
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.secrets import mask, secret_values
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.error_chain import causes_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import observing, seconds_since
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import check_python
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe, text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import RANGES

# What the requests package reads: https://requests.readthedocs.io/en/latest/user/advanced/#proxies
_NETWORK = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SHOW_TRACEBACK = 3  # -vvv, as ansible-core does
# What ansible-core itself reads of a result, and what tasks ask for by name: a secret such as a letter must not change these names.
_FLAGS = ("changed", "failed", "unreachable", "skipped")
_WORDS = ("msg", "warnings", "diff", "exception", "obstacles", "failure", "applications_problem")


class HybridAuthAction(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """An action whose subclass gives ARGUMENTS and perform()."""

    TRANSFERS_FILES = False
    _supports_async = False
    _supports_check_mode = True
    _supports_diff = True

    ARGUMENTS: ClassVar[Arguments]
    # Parts of the result that tasks use. They hold no secret by how they are made, and stay as they are where a secret, such as a password
    # of digits, is in a date or a certificate of theirs.
    PUBLIC: ClassVar[tuple[str, ...]] = ()

    # What must not be shown; perform() adds the secrets that it obtains.
    secrets: set[str]
    # Names of the options that the task itself gives: not null, and for a sign-in option not blank.
    given: frozenset[str]

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Do the task and return its result; raise HybridAuthError for a failure the user can meet."""
        raise NotImplementedError

    @property
    def check_mode(self) -> bool:
        return bool(self._task.check_mode)

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self.ARGUMENTS
        seen: dict[str, Any] = {}
        secrets = self.secrets = secret_values(arguments.options, self._task.args)
        try:
            check_python()
            params = self._checked(arguments)
            secrets.update(secret_values(arguments.options, params))
            result.update(self._performed(params, task_vars or {}, seen))
        except InvalidOptionError as exc:
            result.update({"failed": True, "msg": self._refused(exc), **exc.details})
        except HybridAuthError as exc:
            # What is unreachable is not failed as well: failed would win.
            ended = {} if exc.details.get("unreachable") else {"failed": True}
            result.update({**ended, "msg": str(exc), **exc.details})
        except AnsibleConnectionFailure as exc:
            said = text(mask(str(exc), secrets))
            if not seen:
                raise AnsibleConnectionFailure(said) from None
            result.update({"unreachable": True, "msg": said})  # with what was observed, for which ansible-core's own has no place
        except AnsibleError as exc:
            result.update({"failed": True, "msg": str(exc)})
        except Exception as exc:
            result.update(
                {
                    "failed": True,
                    "msg": f"Unexpected {type(exc).__name__} in {self._task.action}: {str(exc).rstrip('.')}. "
                    "Please report it with the output of -vvv.",
                }
            )
            if Display().verbosity >= _SHOW_TRACEBACK:
                result["exception"] = traceback.format_exc()
        if seen:
            result["observed"] = seen
        if ignored := self._ignored_environment(arguments):
            result["warnings"] = [*(result.get("warnings") or []), ignored]
        public = {name: result.pop(name) for name in (*_FLAGS, *self.PUBLIC) if name in result}
        words = {name: mask(result.pop(name), secrets) for name in _WORDS if name in result}
        masked: dict[str, Any] = mask(result, secrets)
        # What farm and tenant hold may be written by others, and is shown by callbacks.
        shown: dict[str, Any] = safe(masked | words | public)
        return shown

    def _performed(self, params: dict[str, Any], task_vars: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
        """What perform() returns. seen: gets what the task saw where the option observe asks for it, also where it fails."""
        if not params.get("observe"):
            return self.perform(params, task_vars)
        began = time.monotonic()
        with observing() as noted:
            try:
                return self.perform(params, task_vars)
            except Exception as exc:
                seen["causes"] = causes_of(exc)
                raise
            finally:
                seen.update({"module": type(self).__module__.rpartition(".")[2], "seconds": seconds_since(began), **noted})

    def _refused(self, error: InvalidOptionError) -> str:
        """The error, which names the environment variable where that says what the option is."""
        variable = None if error.option in self.given else environment_of(self.ARGUMENTS.options.get(error.option, {}))
        if variable is None:
            return str(error)
        return f"Environment variable '{variable}' (option '{error.option}'): {error.problem}. {error.remedy}"

    def _said(self, error: Any) -> str:
        """What is wrong with the task's options, in ansible-core's words for modules."""
        said = str(error.msg)
        return f"Unsupported parameters for ({self._task.action}) module: {said}" if isinstance(error, UnsupportedError) else said

    def _ignored_environment(self, arguments: Arguments) -> str | None:
        """A warning where the keyword environment sets what this action would read: it is for programs that a task starts."""
        read = {name for option in arguments.options.values() for name in (option.get("fallback") or (None, ()))[1]}
        named = {str(name) for one in getattr(self._task, "environment", None) or () if isinstance(one, Mapping) for name in one}
        unheard = sorted(named & {*read, *(_NETWORK if read else ())})
        if not unheard:
            return None
        return (
            f"{', '.join(unheard)} in 'environment' {'does' if len(unheard) == 1 else 'do'} nothing for {self._task.action}, which runs in "
            "Ansible's own process: use the task's options, or set it where ansible-playbook is started."
        )

    def _checked(self, arguments: Arguments) -> dict[str, Any]:
        validator = ArgumentSpecValidator(
            arguments.options,
            mutually_exclusive=arguments.mutually_exclusive,
            required_one_of=arguments.required_one_of,
            required_if=arguments.required_if,
            required_by=arguments.required_by,
        )
        args = given(self._task.args, arguments.options)
        self.given = frozenset(args)
        validation = validator.validate(args)
        if validation.error_messages:
            # A misspelt option explains why another one is missing.
            errors = sorted(validation.errors, key=lambda one: not isinstance(one, UnsupportedError))
            raise HybridAuthError("; ".join(map(self._said, errors)).rstrip(".") + ".")
        params: Mapping[str, Any] = validation.validated_parameters
        for name, option in arguments.options.items():
            if option["type"] == "int" and name in RANGES:
                RANGES[name].check(name, params[name])
        return {**params, **self._placed(params, arguments)}

    @property
    def paths(self) -> Paths:
        return Paths(self._task, self._loader)

    def _placed(self, params: Mapping[str, Any], arguments: Arguments) -> dict[str, str]:
        """The options of type path, whole. One of the environment begins where ansible-playbook was started, as for other programs."""
        paths = [name for name, option in arguments.options.items() if option["type"] == "path" and params.get(name) is not None]
        return {
            name: self.paths.folder(params[name]) if name in arguments.folders else self.paths.file(params[name])
            for name in paths
            if name in self.given or name in arguments.folders
        }
