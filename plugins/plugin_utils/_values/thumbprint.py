# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SHA-1 thumbprints of certificates, in each of the forms in which people and programs write them. Private to the collection.

People copy hexadecimal digits from a certificate's dialog box, with blanks, colons and characters that cannot be seen. Graph's
customKeyIdentifier is binary, so JSON has it in base64, and what a program stored there may be text of its own:
https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import re

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import decode_base64, text_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare

_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{40}")
_LONGEST = 400  # characters: more than base64 of base64 of the digits with a blank between any two
_SHA1_BYTES = 20
_MOST_LAYERS = 2


def thumbprint_in(text: str | None) -> str | None:
    """The thumbprint as 40 upper-case hexadecimal digits; None where the text holds none.

    The text has the digits, or base64 or base64 of base64 of the 20 bytes or of the digits.
    """
    found = str(text or "")
    if len(found) > _LONGEST:
        return None
    for layer in range(_MOST_LAYERS + 1):
        compact = "".join(bare(found).replace(":", "").split())
        if _HEXADECIMAL.fullmatch(compact):
            return compact.upper()
        decoded = decode_base64(compact) if layer < _MOST_LAYERS else None
        if decoded is None:
            return None
        if len(decoded) == _SHA1_BYTES:
            return decoded.hex().upper()
        found = text_of(decoded) or ""
    return None


def in_upper_case(text: str) -> str:
    """The thumbprint in upper case; words that stand for one which is yet to be made stay as they are."""
    return text.upper() if _HEXADECIMAL.fullmatch(text) else text


def option_thumbprint(option: str, value: object) -> str:
    """The thumbprint in an option; InvalidOptionError where it holds none."""
    found = thumbprint_in(str(value))
    if found is None:
        raise InvalidOptionError(option, f"{str(value)!r} is not a thumbprint", "40 hexadecimal digits")
    return found
