# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large estate: many pools, many external names, and many keys of others on each service principal."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ..farm import certificates
from . import audit as states

State = dict[str, Any]


def hosts(count: int) -> list[str]:
    """So many external names."""
    return [f"web{number}.contoso.com" for number in range(count)]


def crowd(pools: int, keys: int) -> State:
    """A greenfield farm with so many pools, and so many keys of others on each principal of its tenant."""
    state = states.greenfield()
    states.farm(state)["cms"]["web_services"] = [
        {"PoolFqdn": f"pool{number}.contoso.com", "InternalFqdn": f"webint{number}.contoso.com", "ExternalFqdn": name}
        for number, name in enumerate(hosts(pools))
    ]
    der = certificates.load(states.made("CN=archive.contoso.com")).public_bytes(Encoding.DER)
    for place, app_id in enumerate((states.SKYPE, states.EXCHANGE)):
        numbers = range(place * keys, (place + 1) * keys)
        states.principal(state, app_id)["keyCredentials"] = [_key(f"{app_id} {number}", der, number) for number in numbers]
    return state


def _key(name: str, der: bytes, number: int) -> State:
    """An entry whose certificate differs from all others in its signature, which nobody here checks; to sign each anew takes long."""
    content = der[:-4] + number.to_bytes(4, "big")
    return {
        **states.entry(name, states.made("CN=archive.contoso.com")),
        "keyId": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "customKeyIdentifier": hashlib.sha1(content, usedforsecurity=False).hexdigest().upper(),
        "displayName": f"CN=archive{number}.contoso.com",
        "key": base64.b64encode(content).decode(),
    }
