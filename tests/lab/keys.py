# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RSA keys for everything that signs in the lab.

Making one takes longer than most tests do, so a process makes few and hands them out in turn.
"""

from __future__ import annotations

import itertools
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

# So many certificates of one size in a row have keys of their own; no test needs more at once.
_DIFFERENT = 6
_turns = itertools.count()


@cache
def named(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key of that name, the same for the whole process."""
    return rsa.generate_private_key(65537, bits)


def another(bits: int) -> rsa.RSAPrivateKey:
    """A key that is not that of the last few certificates."""
    return named(f"certificate {next(_turns) % _DIFFERENT}", bits)
