# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether keys and signatures are strong enough. Private to the collection."""

from __future__ import annotations

import re

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import MINIMUM_RSA_BITS

# NIST SP 800-131A revision 2, table 2: 112 bits of security.
_MINIMUM_BITS = {"RSA": MINIMUM_RSA_BITS, "DSA": 2048, "ECDSA": 224}
# Names that contain one another, such as sha1 and sha11: digits end the name.
_WEAK = re.compile(r"(md2|md4|md5|sha-?1)(?!\d)", re.IGNORECASE)
_STRONG = re.compile(r"sha(2|3|-?(224|256|384|512))|ed25519|ed448", re.IGNORECASE)


def strong_key(kind: str | None, bits: int | None) -> bool | Unknown:
    """Whether a key of that kind (RSA, DSA, ECDSA) is long enough."""
    least = _MINIMUM_BITS.get(str(kind).upper())
    if least is None or bits is None:
        return Unknown(f"the length of its key ({kind or 'of unknown kind'}) cannot be judged")
    return bits >= least


def strong_hash(algorithm: str | None) -> bool | Unknown:
    """Whether a signature algorithm, named as Windows or OpenSSL do, uses a hash without known collisions."""
    name = str(algorithm or "")
    if _WEAK.search(name):
        return False
    if _STRONG.search(name):
        return True
    return Unknown(f"its signature algorithm ({name or 'not read'}) does not tell the hash")


def key_text(kind: str | None, bits: int | None) -> str:
    return f"{kind or 'key of unknown kind'}{f', {bits} bits' if bits else ''}"
