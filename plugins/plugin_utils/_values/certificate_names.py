# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domains that a certificate names: in its subject, and as alternative names. Private to the collection."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import distinguished_name

try:
    from cryptography import x509
    from cryptography.x509.oid import NameOID
except ImportError:  # without it no certificate is read at all
    pass


@dataclass(frozen=True)
class Names:
    """common: the subject's common names. alternative: the DNS names among the alternative names. Both as domain_key makes them."""

    common: frozenset[str]
    alternative: frozenset[str]


def domain_key(name: str) -> str:
    """The domain in the form in which two writings of it are the same: lower case, ASCII (RFC 5890), without a final dot."""
    text = name.strip().rstrip(".").lower()
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


def common_names(subject: str | None) -> frozenset[str]:
    """The common names in a subject that Windows shows, such as "CN=contoso.com, O=Contoso"."""
    return frozenset(domain_key(name) for name in distinguished_name.values_of(subject or "", "CN") if name)


def names_in(content: str | None) -> Names | None:
    """The domains in a certificate. content: base64 of its DER form. None where it is not there or cannot be read."""
    if not content:
        return None
    with warnings.catch_warnings():
        # Odd serial numbers and the like are for the audit to judge, not for a Python warning on the terminal.
        warnings.simplefilter("ignore")
        try:
            parsed = x509.load_der_x509_certificate(base64.b64decode(content))
            common = [str(part.value) for part in parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
            return Names(frozenset(map(domain_key, common)), frozenset(map(domain_key, _alternative(parsed))))
        except Exception:  # cryptography raises many kinds, and a name that is not read is not known
            return None


def _alternative(parsed: x509.Certificate) -> Iterable[str]:
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return extension.value.get_values_for_type(x509.DNSName)
