# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sign-in options say, checked before anything is contacted. Private to the collection."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._certificate import Certificate, parse_der
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._clouds import cloud_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._token import AccessToken, read_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import guid, https_url, is_guid, is_host_name, same_url

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key, pkcs12
except ImportError:  # reported when a certificate is to be read
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_NOT_VERIFIED = "TLS certificates are not verified (validate_certs is false): anyone on the way can read and change the sign-in."


@dataclass(frozen=True)
class Endpoints:
    """Where sign-in and Graph are, without a final slash, and how TLS is verified."""

    cloud: str
    login_url: str
    graph_url: str
    validate_certs: bool
    ca_path: str | None

    @property
    def warnings(self) -> list[str]:
        return [] if self.validate_certs else [_NOT_VERIFIED]


@dataclass(frozen=True)
class ClientCertificate:
    """The signing-in application's certificate with its private key, both as unencrypted PEM text that stays in memory."""

    certificate: Certificate
    certificate_pem: str
    private_key_pem: str


@dataclass(frozen=True)
class SignIn:
    """One way to sign in: a ready token, or an application with exactly one of secret and certificate."""

    token: AccessToken | None = None
    tenant: str = ""
    client_id: str = ""
    secret: str | None = None
    certificate: ClientCertificate | None = None


def endpoints(params: Mapping[str, Any]) -> Endpoints:
    """The endpoints that the options name; InvalidOptionError where one cannot be used."""
    cloud = cloud_named(params["cloud"])
    ca_path = params.get("ca_path") or None
    if ca_path and not Path(ca_path).exists():
        raise InvalidOptionError("ca_path", f"there is no file {ca_path}", "the path of a PEM file on the controller")
    urls = {name: https_url(name, params[name]) if params.get(name) else getattr(cloud, name) for name in ("login_url", "graph_url")}
    return Endpoints(
        cloud=cloud.name,
        login_url=urls["login_url"].rstrip("/"),
        graph_url=urls["graph_url"].rstrip("/").removesuffix("/v1.0"),
        validate_certs=bool(params["validate_certs"]),
        ca_path=ca_path,
    )


def sign_in(params: Mapping[str, Any], given: Collection[str], where: Endpoints) -> SignIn:
    """The sign-in that the options name.

    given: names of the options that the task itself sets; they win over what comes from the environment.
    """
    kind = _kind(params, given)
    if kind == "access_token":
        return SignIn(token=_usable_token(params["access_token"], where))
    missing = [name for name in ("tenant", "client_id") if not params.get(name)]
    if missing:
        raise HybridAuthError(
            f"The sign-in lacks {' and '.join(missing)}.",
            "Set the option, or its environment variable (AZURE_TENANT, AZURE_CLIENT_ID).",
        )
    tenant, client_id = tenant_name("tenant", params["tenant"]), guid("client_id", params["client_id"])
    if kind == "client_secret":
        return SignIn(tenant=tenant, client_id=client_id, secret=str(params["client_secret"]).strip())
    return SignIn(
        tenant=tenant,
        client_id=client_id,
        certificate=client_certificate(params["client_certificate_path"], params.get("client_certificate_password")),
    )


def tenant_name(option: str, value: str) -> str:
    """The tenant's id or domain in lower case; InvalidOptionError if it is neither."""
    text = str(value).strip().lower()
    if is_guid(text) or is_host_name(text):
        return text
    raise InvalidOptionError(
        option, f"{str(value)!r} names no tenant", "the tenant's id (a GUID) or one of its verified domains such as contoso.com"
    )


def _kind(params: Mapping[str, Any], given: Collection[str]) -> str:
    kinds = ("access_token", "client_secret", "client_certificate_path")
    spelled = {*given, *(("client_secret",) if "secret" in given else ())}
    explicit = [kind for kind in kinds if params.get(kind) and kind in spelled]
    if "access_token" not in explicit and len(explicit) > 1:
        raise HybridAuthError(
            "The options client_secret and client_certificate_path are both set, which leaves open how to sign in.", "Set one of them."
        )
    usable = explicit or [kind for kind in kinds if params.get(kind)]
    if not usable:
        raise HybridAuthError(
            "No sign-in to Microsoft Graph is given.",
            "Set tenant and client_id with client_secret or client_certificate_path, or set access_token; each may also come "
            "from its environment variable (AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET, ...).",
        )
    return usable[0]


def _usable_token(text: str, where: Endpoints) -> AccessToken:
    token = read_token(text)
    if token.expires is not None and token.expires <= time.time():
        raise HybridAuthError(f"The access token expired on {token.expires_text}.", "Get a new one, for example with graph_token.")
    if token.graph_url and not same_url(token.graph_url, where.graph_url):
        raise HybridAuthError(
            f"The access token is for {token.graph_url}, but the task is to talk to {where.graph_url}. It was not sent.",
            "Give the task the same cloud and graph_url as graph_token had.",
        )
    return token


def client_certificate(path: str, password: str | None) -> ClientCertificate:
    """The certificate and private key in a PEM or PFX file; InvalidOptionError that never holds any of the content."""
    option = "client_certificate_path"
    if not HAS_CRYPTOGRAPHY:
        raise HybridAuthError(
            "The Python package 'cryptography' is not installed for the Python that runs Ansible.",
            "Install what the collection needs with 'pip install -r requirements.txt'.",
        )
    try:
        content = Path(path).read_bytes()
    except OSError as exc:
        raise InvalidOptionError(option, f"{path} cannot be read: {exc.strerror}", "a PEM or PFX file on the controller") from None
    secret = password.encode() if password else None
    try:
        key, certificate = _pem_pair(content, secret) if b"-----BEGIN" in content else _pfx_pair(content, secret)
    except TypeError:
        raise InvalidOptionError(
            option, f"the private key in {path} and client_certificate_password do not go together", "a password where the key has one"
        ) from None
    except ValueError:
        raise InvalidOptionError(
            option,
            f"{path} holds no certificate with private key, or client_certificate_password is wrong",
            "a PEM file with the certificate and its private key, or a PFX file",
        ) from None
    if key.public_key() != certificate.public_key():
        raise InvalidOptionError(option, f"the private key in {path} does not belong to the certificate", "a certificate and its own key")
    return ClientCertificate(
        certificate=parse_der(certificate.public_bytes(Encoding.DER)),
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        private_key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
    )


def _pem_pair(content: bytes, secret: bytes | None) -> tuple[Any, x509.Certificate]:
    key: Any = load_pem_private_key(content[_start_of_key(content) :], secret)
    for certificate in x509.load_pem_x509_certificates(content):
        if certificate.public_key() == key.public_key():
            return key, certificate
    raise ValueError("no certificate of that key")


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
