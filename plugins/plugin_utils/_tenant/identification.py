# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate each entry of keyCredentials holds. Private to the collection.

Graph leaves the certificate (key) out of lists and gives it where one object is asked for it, and whoever writes an entry chooses its
identifier (https://learn.microsoft.com/graph/api/resources/keycredential). So an entry is told by its certificate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential

Keys = tuple[KeyCredential, ...]
# A replica that answers may not have heard of an entry of the list.
_MOST_READS = 3


def lacks_certificate(key: KeyCredential) -> bool:
    """Whether the entry may hold a certificate, and Graph did not give it."""
    return key.may_hold_certificate and not key.given


def identified(graph: Graph, path: str, label: str, keys: Keys) -> Keys:
    """The entries of the object at a path with their certificates, settled. Nothing is asked where none lacks its own."""
    if not any(map(lacks_certificate, keys)):
        return keys
    told: dict[str | None, KeyCredential] = {}
    for _reading in range(_MOST_READS):
        single = graph.read(path, label, {"$select": "keyCredentials"})
        entries = key_credential.entries_in(single.get("keyCredentials"), label)
        shown = {key.key_id: key for key in map(key_credential.from_graph, entries)}
        told |= shown
        # A replica that lacks another entry is behind, and may still show a key that is gone.
        if all(key.key_id in shown for key in keys):
            break
    return settled(_with(keys, told))


def settled(keys: Keys) -> Keys:
    """The entries without thumbprints that are only claimed, where Graph gives the certificates of others.

    Where it gives none at all, identifiers are all that tells entries apart, and they stay: told_by_identifiers().
    """
    if not any(key.given for key in keys):
        return keys
    return proven(keys)


def proven(keys: Keys) -> Keys:
    """The entries without thumbprints that are only claimed, as they come to be once one is added whose certificate Graph gives."""
    return tuple(replace(key, thumbprint=None) if lacks_certificate(key) else key for key in keys)


def told_by_identifiers(keys: Iterable[KeyCredential]) -> bool:
    """Whether entries that were identified have nothing but their identifiers to be told by."""
    listed = list(keys)
    return any(map(lacks_certificate, listed)) and not any(key.given for key in listed)


def _with(keys: Keys, told: dict[str | None, KeyCredential]) -> Keys:
    """The entries with the certificates of those that are told, and everything else as it is."""
    return tuple(_of(key, told[key.key_id]) if lacks_certificate(key) and key.key_id in told else key for key in keys)


def _of(key: KeyCredential, told: KeyCredential) -> KeyCredential:
    return replace(
        key,
        thumbprint=told.thumbprint,
        subject=told.subject,
        key_type=told.key_type,
        key_size=told.key_size,
        signature_algorithm=told.signature_algorithm,
        encoding=told.encoding,
        stored=told.stored,
    )
