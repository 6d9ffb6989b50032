# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of the sign-in that the role's variables and the environment mean, before anything is contacted. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.choice import sign_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

# Stands for the farm's default SIP domain, which names the tenant where nothing else does, and which only the farm can tell.
_TENANT_OF_THE_FARM = "tenant.invalid"


def effective(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of the sign-in as a task has it to which these are given; HybridAuthError where the environment has what cannot be."""
    validation = ArgumentSpecValidator(SIGN_IN).validate(dict(given))
    if validation.error_messages:
        raise HybridAuthError("; ".join(validation.error_messages) + ".")
    return dict(validation.validated_parameters)


def check(given: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """HybridAuthError where no task could sign in with this. given: options that the variables set. params: effective() of them."""
    sign_in({**params, "tenant": params["tenant"] or _TENANT_OF_THE_FARM}, set(given), endpoints(params))
