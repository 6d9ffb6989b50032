# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real certificates with keys for the simulated servers' computer stores."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from .. import keys

OBJECT = "System.Security.Cryptography.X509Certificates.X509Certificate2"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# RFC 8017 appendix C: the last octet of the identifier 1.2.840.113549.1.1.x tells with which hash RSA signs.
_RSA_SIGNATURE = bytes.fromhex("2a864886f70d0101")
_HASHES: dict[str, tuple[int, hashes.HashAlgorithm]] = {"MD5": (4, hashes.MD5()), "SHA1": (5, hashes.SHA1())}  # noqa: S303
_SHA256 = 11
_WINDOWS_PARTS = re.compile(r'([A-Z]+)=("(?:[^"]|"")*"|[^,"]+)')
_TYPES = {
    "CN": x509.NameOID.COMMON_NAME,
    "O": x509.NameOID.ORGANIZATION_NAME,
    "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": x509.NameOID.COUNTRY_NAME,
    "L": x509.NameOID.LOCALITY_NAME,
    "S": x509.NameOID.STATE_OR_PROVINCE_NAME,
    "DC": x509.NameOID.DOMAIN_COMPONENT,
    "E": x509.NameOID.EMAIL_ADDRESS,
}
# Opening a PFX is slow, and the same few are looked at again and again.
_OPENED: dict[str, tuple[Any, x509.Certificate]] = {}


def complete(entry: dict[str, Any]) -> None:
    """Give a certificate of the state its PFX where it has none: subject, names (DNS names), days or not_before and not_after, key_size,
    key_type, hash; with issuer it is issued by that authority, whose certificate becomes the entry's root."""
    if "pfx" in entry:
        return
    now = datetime.now(timezone.utc).replace(microsecond=0)
    begin = _time(entry["not_before"]) if "not_before" in entry else now - timedelta(days=30)
    end = _time(entry["not_after"]) if "not_after" in entry else now + timedelta(days=int(entry.get("days", 330)))
    elliptic = entry.get("key_type") == "ec"
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else keys.another(int(entry.get("key_size", 2048)))
    name = name_of(entry.get("subject", "CN=contoso.com"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name.from_rfc4514_string(entry["issuer"]) if "issuer" in entry else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if entry.get("names"):
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, entry["names"])), critical=False)
    certificate = builder.sign(_authority(entry) if "issuer" in entry else key, hashes.SHA256())
    if entry.get("hash", "SHA256") != "SHA256":
        assert isinstance(key, rsa.RSAPrivateKey)
        certificate = _signed_anew(certificate, key, entry["hash"])
    entry["pfx"] = base64.b64encode(pkcs12.serialize_key_and_certificates(b"issuer", key, certificate, None, NoEncryption())).decode()
    _OPENED[entry["pfx"]] = key, certificate


def name_of(text: str) -> x509.Name:
    """The name in Windows' form or that of RFC 4514; ValueError where it is neither."""
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError:
        parts = _WINDOWS_PARTS.findall(text)
        if ", ".join(f"{kind}={value}" for kind, value in parts) != text:
            raise
        values = [(kind, value[1:-1].replace('""', '"') if value.startswith('"') else value) for kind, value in parts]
        return x509.Name([x509.NameAttribute(_TYPES[kind], value) for kind, value in reversed(values)])


def shown(name: x509.Name) -> str:
    """The name as .NET shows it."""
    words = {oid: kind for kind, oid in _TYPES.items()}
    parts = []
    for one in reversed(list(name)):
        value = str(one.value)
        special = any(sign in value for sign in ',+="<>#;\n') or value != value.strip()
        parts.append(f"{words.get(one.oid, one.rfc4514_attribute_name)}=" + ('"' + value.replace('"', '""') + '"' if special else value))
    return ", ".join(parts)


def _authority(entry: dict[str, Any]) -> rsa.RSAPrivateKey:
    """The key of the authority that issues the certificate."""
    name, key, now = x509.Name.from_rfc4514_string(entry["issuer"]), keys.named(entry["issuer"]), datetime.now(timezone.utc)
    root = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    entry["root"] = root.public_bytes(Encoding.PEM).decode()
    return key


def load(entry: dict[str, Any]) -> x509.Certificate:
    return _opened(entry["pfx"])[1]


def _opened(pfx: str) -> tuple[Any, x509.Certificate]:
    """Key and certificate."""
    if pfx not in _OPENED:
        key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(pfx), None)
        assert certificate is not None
        _OPENED[pfx] = key, certificate
    return _OPENED[pfx]


def private_key(entry: dict[str, Any]) -> Any:
    """The private key, or None where the state says that the computer does not have it."""
    return _opened(entry["pfx"])[0] if entry.get("private_key", True) else None


def thumbprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # Windows names certificates by it


def signature_name(certificate: x509.Certificate) -> str:
    """How it is signed, in Windows' spelling."""
    algorithm = certificate.signature_hash_algorithm
    assert algorithm is not None
    return f"{algorithm.name}{'RSA' if isinstance(certificate.public_key(), rsa.RSAPublicKey) else 'ECDSA'}"


def times(certificate: x509.Certificate) -> tuple[str, str]:
    """When it begins and ends, in UTC."""
    begin = getattr(certificate, "not_valid_before_utc", None) or certificate.not_valid_before.replace(tzinfo=timezone.utc)
    end = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after.replace(tzinfo=timezone.utc)
    return begin.strftime(_TIME), end.strftime(_TIME)


def write_store(folder: Path, entries: dict[str, dict[str, Any]], names: list[str]) -> None:
    """A folder that the PowerShell engine shows as Cert:\\LocalMachine\\My."""
    store = folder / "LocalMachine" / "My"
    store.mkdir(parents=True, exist_ok=True)
    for name in names:
        if entries[name].get("private_key", True):
            (store / f"{name}.pfx").write_bytes(base64.b64decode(entries[name]["pfx"]))
        else:
            (store / f"{name}.cer").write_bytes(load(entries[name]).public_bytes(Encoding.DER))


def remove_from_store(folder: Path, name: str) -> None:
    """Take the certificate of that id out of such a folder, with its key."""
    for ending in ("pfx", "cer"):
        (folder / "LocalMachine" / "My" / f"{name}.{ending}").unlink(missing_ok=True)


def _signed_anew(certificate: x509.Certificate, key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """The certificate with a weak signature, which cryptography makes none of: the algorithm in it is exchanged, and that is signed."""
    octet, algorithm = _HASHES[name]
    before, after = _RSA_SIGNATURE + bytes([_SHA256]), _RSA_SIGNATURE + bytes([octet])
    content = certificate.tbs_certificate_bytes.replace(before, after)
    der = certificate.public_bytes(Encoding.DER).replace(certificate.tbs_certificate_bytes, content).replace(before, after)
    return x509.load_der_x509_certificate(der.replace(certificate.signature, key.sign(content, padding.PKCS1v15(), algorithm)))


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
