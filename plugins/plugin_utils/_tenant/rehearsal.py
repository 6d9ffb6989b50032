# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier tasks of a run with --check said that they would make of a service principal. Private to the collection.

Two deployments of one tenant share its service principals. In a real run the tasks of the second find what the first wrote; with --check
they are shown what the first would have written, so that a change is predicted as often as it is done. A single task with check_mode in a
run that writes is no rehearsal: it asks what it would do now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible import context

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal, names_in


def is_rehearsal() -> bool:
    """Whether the whole run of Ansible is in check mode."""
    return bool(context.CLIARGS.get("check"))


def foreseen(predicted: ServicePrincipal, names: Iterable[str], now: datetime) -> dict[str, Any]:
    """What a write of these properties, by Graph's names, would make of a principal, as plain data for applied()."""
    info = predicted.info(now)
    values = {
        "keyCredentials": info["key_credentials"],
        "servicePrincipalNames": info["names"],
        "accountEnabled": info["account_enabled"],
    }
    return {name: values[name] for name in names}


def applied(found: ServicePrincipal, entry: Mapping[str, Any]) -> ServicePrincipal:
    """The principal as it would be by now. entry: what foreseen() gave; None for a property that was really written since.

    Raises AttributeError, TypeError or ValueError where it is not what foreseen() gave.
    """
    said = {name: value for name, value in entry.items() if value is not None}
    changes: dict[str, Any] = {}
    if "keyCredentials" in said:
        changes["keys"] = tuple(map(key_credential.from_info, said["keyCredentials"]))
    if "servicePrincipalNames" in said:
        changes["names"] = names_in(said["servicePrincipalNames"])
    if "accountEnabled" in said:
        changes["account_enabled"] = said["accountEnabled"]
    return replace(found, **changes)
