# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a token that the farm signs at this moment would be accepted: by the entries that the tenant's service principals hold."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .farm import certificates
from .farm.certificate_cmdlets import signs_now


def accepted(state: dict[str, Any], deployment: int = 0, tenant: int = 0) -> dict[str, bool]:
    """For each service principal, by its application id, whether it verifies what the deployment signs now."""
    farm = state["deployments"][deployment]
    signer = certificates.thumbprint(certificates.load(farm["certificates"][signs_now(farm["cms"]["token_issuer"])]))
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        principal["appId"]: any(
            key["customKeyIdentifier"] == signer and key["usage"] == "Verify" and key["endDateTime"] > now
            for key in principal["keyCredentials"]
        )
        for principal in state["tenants"][tenant]["service_principals"]
    }
