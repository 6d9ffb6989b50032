# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment's keys on the Exchange Online principal where it is to hold none: which go, which stay and why. Private to the collection.

All hybrid products share that principal (CVE-2025-53786), so trust_exchange_credential: false takes back what the deployment has there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import CredentialRequest, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.steps import Step, merged


def taken_back(
    settings: Settings, principals: Iterable[ServicePrincipal], thumbprints: Collection[str], neighbours: Neighbours, now: datetime
) -> tuple[Step, dict[str, Any]]:
    """The step, and the options of sp_credential.

    principals: that of Exchange Online, as far as the tenant has it. thumbprints: of the certificates that the farm tells. now: an aware
    time.
    """
    holders = tuple(principals)
    ours = [(one, key) for one in holders for key in one.keys if _is_ours(key, thumbprints, neighbours)]
    claims = [(key, neighbours.claim(key, one.app_id, now)) for one, key in ours]
    key_ids = tuple(str(key.key_id) for key, claim in claims if claim is None)
    planned = [plans.credentials(one, CredentialRequest(present=False, key_ids=key_ids), now) for one in holders]
    losses = tuple(removal for one in planned for removal in one.removals)
    unproven = [(key, key.unproven) for one in holders for key in one.keys if key.only_claims(thumbprints)]
    warnings = tuple(
        f"Key credential {key.label} stays on the Exchange Online service principal although trust_exchange_credential is false: {why}."
        for key, why in (*claims, *unproven)
        if why is not None
    )
    arguments = {
        "app_ids": list(settings.withdrawn_app_ids),
        "state": "absent",
        "key_id": list(key_ids),
        "wait_timeout": settings.wait_timeout,
    }
    return Step("withdrawal", merged(planned), losses, warnings), arguments


def _is_ours(key: KeyCredential, thumbprints: Collection[str], neighbours: Neighbours) -> bool:
    """Whether the entry is of a certificate that the farm tells, or of one that the deployment put there before, by its display name."""
    named = neighbours.named(key)
    return key.key_id is not None and key.is_usual and (key.proven in thumbprints or (named is not None and named.own))
