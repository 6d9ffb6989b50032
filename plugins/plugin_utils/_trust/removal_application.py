# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The farm's key credentials on its dedicated application, which a removal names and leaves. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import from_info
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.removal import Left, Trust

_UNPROVEN = "only its identifier says that it is the farm's, since Microsoft Graph does not give its certificate"
_BY_HAND = "a removal writes to no application; take it away with sp_credential, {}key_id: {} and state: absent"


def left(principals: Mapping[str, Any], trust: Trust, named: str | None) -> list[Left]:
    """What stays on the applications of the tenant's own that were read, each entry by its key id.

    principals: a result of sp_info. named: the application that was asked for (trust_dedicated_application), None where none was.
    """
    applications = principals.get("applications") or ()
    if named and principals.get("applications_problem"):
        why = f"the application was not read, so it is not known whether there are any: {principals['applications_problem']}"
        return [Left(f"the farm's key credentials on dedicated application {named}", why.rstrip("."), decide=True)]
    if named and not any(one["named"] for one in applications):
        why = "the tenant has no application of that name or id; trust_dedicated_application names the one to look at"
        return [Left(f"dedicated application {named}", why, decide=True)]
    return [entry for application in applications for entry in _on(application, trust)]


def _on(application: Mapping[str, Any], trust: Trust) -> Iterator[Left]:
    label = f"{application['app_id']} ({application['display_name']})"
    holders = [(f"application {label}", application, "object: application, ")]
    if application["service_principal"]:
        holders.append((f"the service principal of application {label}", application["service_principal"], ""))
    for holder, entity, where in holders:
        for key in entity["key_credentials"]:
            read = from_info(key)
            what = f"key credential {read.claimed if read.proven is None else read.proven} (key id {read.key_id}) of {holder}"
            if read.only_claims(trust.thumbprints):
                yield Left(what, f"{_UNPROVEN}; {_BY_HAND.format(where, read.key_id)}", decide=True)
            elif trust.is_ours(read):
                kept = trust.claim(read, None)
                yield Left(what, kept or _BY_HAND.format(where, read.key_id), decide=kept is None)
