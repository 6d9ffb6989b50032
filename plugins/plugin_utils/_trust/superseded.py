# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates of a server's store are left from earlier rolls, with their keys. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import KeptCertificate


def superseded(kept: Sequence[KeptCertificate], used: Collection[str], signs_since: str | None) -> list[KeptCertificate]:
    """Those that no server has assigned and that began before the one that signs; a younger one may be meant to follow it.

    kept: what the store has under the farm's subject with its key. used: thumbprints that sign, are to sign or signed before.
    signs_since: when the certificate that signs began, None where that is not known.
    """
    known = {str(one.get("thumbprint")).upper(): one for one in kept if one.get("thumbprint")}
    older = {
        name: one for name, one in known.items() if name not in used and signs_since and str(one.get("not_before") or "") < signs_since
    }
    return [older[name] for name in sorted(older)]
