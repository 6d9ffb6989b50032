# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate as the server that has it tells it. Private to the collection.

Windows signs with certificates that no parser here reads. Their bytes are only passed on to the tenant, so the farm's certificate is what
the server says it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate, sha1_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import decode_base64
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import FIRST, LAST, time_or_none

_TOLD = (
    "thumbprint",
    "content",
    "subject",
    "issuer",
    "serial_number",
    "not_before",
    "not_after",
    "key_type",
    "key_size",
    "signature_algorithm",
)


def from_row(option: str, row: Mapping[str, Any]) -> Certificate:
    """The certificate that a server shows, read from its bytes, or where no parser here reads those, as the server tells it.

    row: as onprem_info returns it. Raises InvalidOptionError where the bytes are not there, or are not those of its thumbprint.
    """
    content = str(row.get("content") or "")
    try:
        return load_certificate(option, content)
    except InvalidOptionError:
        thumbprint, der, size = option_thumbprint(option, row.get("thumbprint")), decode_base64(content), row.get("key_size")
        if der is None or sha1_thumbprint(der) != thumbprint:
            problem = f"the bytes of certificate {thumbprint} are not those that its thumbprint is of"
            raise InvalidOptionError(option, problem, "the certificate as onprem_info returned it") from None
    return Certificate(
        thumbprint=thumbprint,
        der=der,
        subject=_text(row, "subject") or thumbprint,
        issuer=_text(row, "issuer"),
        # A time that the server does not tell is no limit.
        not_before=time_or_none(row.get("not_before")) or FIRST,
        not_after=time_or_none(row.get("not_after")) or LAST,
        key_type=_text(row, "key_type"),
        key_size=size if isinstance(size, int) else None,
        signature_algorithm=_text(row, "signature_algorithm"),
        serial_number=_text(row, "serial_number"),
    )


def as_option(row: Mapping[str, Any]) -> str | dict[str, Any]:
    """What the option certificates of sp_credential takes for it: its bytes, with what the server tells where no parser here reads them."""
    content = str(row["content"])
    try:
        load_certificate("certificates", content)
    except InvalidOptionError:
        return {name: row.get(name) for name in _TOLD}
    return content


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "")
