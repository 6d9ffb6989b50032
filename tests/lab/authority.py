# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority for the lab's own servers, made anew at each start."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import keys


class Authority:
    """ca_pem: what clients trust. certificate, key: what the servers show for localhost and 127.0.0.1.

    Python 3.13 checks strictly (RFC 5280): the authority needs keyUsage with keyCertSign, and both need key identifiers.
    """

    def __init__(self, workdir: Path) -> None:
        self.ca_pem, self.certificate, self.key = workdir / "ca.pem", workdir / "server.pem", workdir / "server.key"
        now = datetime.now(timezone.utc)
        ca_key, server_key = keys.named("authority"), keys.named("servers")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab CA")])
        identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
        base = (
            x509.CertificateBuilder().issuer_name(name).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        )
        ca = (
            base.subject_name(name)
            .public_key(ca_key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        server = (
            base.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
            .public_key(server_key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(server_key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        self.ca_pem.write_bytes(ca.public_bytes(Encoding.PEM))
        self.certificate.write_bytes(server.public_bytes(Encoding.PEM))
        self.key.touch(mode=0o600)
        self.key.write_bytes(server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
