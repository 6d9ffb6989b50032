# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with an application's certificate. Private to the collection."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method, application, lacking
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import Certificate, parse_der
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import content_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.encoded import BEGIN, binary_form, is_der, pem_text, text_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key, pkcs12
except ImportError:  # reported when a certificate is to be read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class KeyPair:
    """The signing-in application's certificate with its private key, both as unencrypted PEM text that stays in memory."""

    certificate: Certificate
    certificate_pem: str
    private_key_pem: str


@dataclass(frozen=True)
class ClientCertificate(Method):
    """An application that signs an assertion with its private key (RFC 7523)."""

    source: ClassVar[str] = "client_certificate"
    tenant: str
    client_id: str
    pair: KeyPair

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> ClientCertificate:
        tenant, client_id = application(params, where)
        if not params.get("client_certificate_path"):
            raise lacking("client_certificate_path", "AZURE_X509_CERTIFICATE_PATH")
        return cls(tenant, client_id, key_pair(params["client_certificate_path"], params.get("client_certificate_password")))

    @property
    def description(self) -> str:
        return f"the certificate {self.pair.certificate.thumbprint} of application {self.client_id} in tenant {self.tenant}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        secrets.add(self.pair.private_key_pem)
        credential = {"private_key": self.pair.private_key_pem, "public_certificate": self.pair.certificate_pem}
        return entra.client_token(where, self.tenant, self.client_id, credential, secrets)


def key_pair(path: str, password: str | None) -> KeyPair:
    """The certificate and private key in a PEM or PFX file; InvalidOptionError that never holds any of the content."""
    option = "client_certificate_path"
    if not HAS_CRYPTOGRAPHY:
        raise missing("cryptography", "reading the client certificate")
    content = content_of(option, path, "a PEM or PFX file on the controller")
    try:
        secret = password.encode() if password else None
        text = "" if is_der(content) else text_of(content) or ""
        with warnings.catch_warnings():
            # An odd serial number is nothing that a Python warning on the terminal helps with.
            warnings.simplefilter("ignore")
            key, certificate = _pem_pair(pem_text(text).encode(), secret) if BEGIN in text else _pfx_pair(binary_form(content), secret)
    except TypeError:
        raise InvalidOptionError(
            option,
            f"the private key in {path} and {options('client_certificate_password')} do not go together",
            "a password where the key has one",
        ) from None
    except UnsupportedAlgorithm as exc:  # a curve, or a kind of key
        raise InvalidOptionError(
            option, f"the private key in {path} is of a kind that cannot be used ({str(exc).rstrip('.')})", "an RSA key"
        ) from None
    except ValueError:
        raise InvalidOptionError(
            option,
            f"{path} holds no certificate with private key that the sign-in can use, or {options('client_certificate_password')} is wrong",
            "a PEM file with the certificate and its private key, or a PFX file",
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidOptionError(
            option, f"the private key in {path} is no RSA key", "an RSA key, which alone can sign the request for a token"
        )
    if key.public_key() != certificate.public_key():
        raise InvalidOptionError(option, f"the private key in {path} does not belong to the certificate", "a certificate and its own key")
    return KeyPair(
        certificate=parse_der(certificate.public_bytes(Encoding.DER)),
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        private_key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
    )


def _pem_pair(content: bytes, secret: bytes | None) -> tuple[Any, x509.Certificate]:
    key: Any = load_pem_private_key(content[_start_of_key(content) :], secret)
    for block in _CERTIFICATE.findall(content):
        try:
            certificate = x509.load_pem_x509_certificate(block)
            fits = certificate.public_key() == key.public_key()
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):  # an odd one of the chain, or the one that is said to be missing
            continue
        if fits:
            return key, certificate
    raise ValueError("no certificate of that key that can be read")


def _start_of_key(content: bytes) -> int:
    for label in (b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"):
        start = content.find(b"-----BEGIN " + label + b"-----")
        if start >= 0:
            return start
    raise ValueError("no private key")


def _pfx_pair(content: bytes, secret: bytes | None) -> tuple[Any, x509.Certificate]:
    key, certificate, _others = pkcs12.load_key_and_certificates(content, secret)
    if key is None or certificate is None:
        raise ValueError("no key or no certificate")
    return key, certificate
