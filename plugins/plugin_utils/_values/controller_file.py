# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the controller that options name, each readable or refused with the reason. Private to the collection."""

from __future__ import annotations

import ssl
from pathlib import Path

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

_AUTHORITIES = "the path of a PEM file on the controller with certificates of authorities"


def content_of(option: str, path: str, expected: str, most: int = -1) -> bytes:
    """The file's bytes, at most that many; InvalidOptionError where there is no such file or it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as exc:  # ValueError: a path with a null character, which no file has
        raise InvalidOptionError(option, f"{path} cannot be read: {getattr(exc, 'strerror', exc)}", expected) from None


def check_authorities(path: str | None) -> None:
    """InvalidOptionError of the option ca_path unless OpenSSL, as it does for each connection, finds certificates in the file."""
    if not path:
        return
    content_of("ca_path", path, _AUTHORITIES, 1)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise InvalidOptionError("ca_path", f"{path} holds no certificate in PEM, or a damaged one", _AUTHORITIES) from None
