# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import from_graph
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.client_certificate import key_pair
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import (
    Certificate,
    check_usable,
    parse_der,
    sha1_thumbprint,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate, load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.pfx import load_pfx

from ..support import NOW, certificate, key, key_pem, pem

MADE = certificate()
DER = MADE.public_bytes(Encoding.DER)
PEM = pem(MADE)


@pytest.mark.parametrize(
    "content",
    [
        PEM,
        PEM.encode(),
        DER,
        base64.b64encode(DER).decode(),
        base64.encodebytes(DER),
        PEM.encode("utf-16"),
        b"\xef\xbb\xbf" + PEM.encode(),
        PEM.replace("\n", "\r\n"),
        "Bag Attributes\n" + key_pem() + PEM,
        PEM + PEM,
        DER.hex(),
        DER.hex(":").upper(),
        f"0x{DER.hex()}".encode(),
        "Zertifikat für Contoso\n".encode("cp1252") + PEM.encode(),
        b"\xef\xbb\xbf" + base64.b64encode(DER),
        "\ufeff" + base64.b64encode(DER).decode(),
        PEM.encode("utf-16-le"),
        PEM.encode("utf-16-be"),
        base64.b64encode(DER).decode().encode("utf-16-le").decode("utf-8"),
        DER.decode("utf-8", "surrogateescape"),
        PEM.encode("utf-16").decode("utf-8", "surrogateescape"),
        DER + b"\0",
        DER + b"\r\n",
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\\r\\n").encode(),
        PEM.replace("A", "A\u200b", 3),
        PEM.replace("CERTIFICATE", "CERTI\u200eFICATE"),
        pkcs7.serialize_certificates([MADE], Encoding.DER),
        pkcs7.serialize_certificates([MADE], Encoding.PEM),
        base64.b64encode(pkcs7.serialize_certificates([MADE], Encoding.DER)).decode(),
    ],
    ids=[
        *("PEM", "PEM bytes", "DER", "base64", "base64 lines", "UTF-16", "byte order mark", "CRLF", "key beside it", "twice"),
        *("hexadecimal", "hexadecimal with colons", "hexadecimal after 0x", "code page 1252 beside it"),
        *("byte order mark and base64", "mark and base64 as text", "UTF-16 LE", "UTF-16 BE", "UTF-16 read as UTF-8"),
        *("DER as a lookup gives it", "UTF-16 with a mark as a lookup gives it"),
        *("zero after DER", "line end after DER", "escaped line ends", "escaped CRLF", "zero-width", "direction mark in the label"),
        *("PKCS#7", "PKCS#7 PEM", "PKCS#7 base64"),
    ],
)
def test_the_certificate_is_read_from_every_form_that_people_have(content: str | bytes) -> None:
    assert load_certificate("certificate_path", content).der == DER


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is empty"),
        ("hello", "not a certificate"),
        (b"\x00\xff\xfe", "neither text nor DER"),
        (key_pem(), "private key where a certificate was meant"),
        (key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "private key where a certificate was meant"),
        (pkcs12.serialize_key_and_certificates(b"x", key(), MADE, None, NoEncryption()), "PFX"),
        (PEM + pem(certificate("fabrikam.com")), "2 different certificates"),
        (PEM[: len(PEM) // 2], "no complete PEM block"),
        (DER[:-10], "not a certificate"),
        (DER + b"more", "not a certificate"),
        (base64.b64encode(pkcs12.serialize_key_and_certificates(b"x", key(), MADE, None, NoEncryption())).decode(), "PFX"),
        (pkcs7.serialize_certificates([MADE, certificate("fabrikam.com")], Encoding.DER), "2 different certificates"),
        (pkcs7.serialize_certificates([MADE], Encoding.DER)[:-40], "not a certificate|PKCS#7 bundle"),
        (
            b"\x30\x14" + bytes.fromhex("06092A864886F70D010702") + bytes(9),
            "PKCS#7 bundle that cannot be read; export the certificate as .cer",
        ),
    ],
    ids=[
        *("empty", "text", "bytes", "key", "DER key", "PFX", "two", "half PEM", "half DER", "DER and more", "PFX in base64"),
        *("PKCS#7 of two", "half a PKCS#7", "damaged PKCS#7"),
    ],
)
def test_anything_else_is_refused_and_not_shown(content: str | bytes, problem: str) -> None:
    with pytest.raises(InvalidOptionError, match=problem) as caught:
        load_certificate("certificate_path", content)
    assert key_pem().splitlines()[1] not in str(caught.value)


def test_a_certificate_that_begins_later_is_warned_about() -> None:
    later = load_certificate("x", pem(certificate(since=-5)))
    assert "is not valid before" in check_usable("x", later, NOW)[0]
    assert check_usable("x", later, NOW + timedelta(days=6)) == []


def described(der: bytes) -> tuple[object, ...]:
    """What is told of a certificate, without what changes with each byte of it."""
    read = parse_der(der)
    assert read.der == der
    assert read.thumbprint == hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    return (read.subject, read.issuer, read.not_before, read.not_after, read.key_type, read.key_size, read.serial_number)


def changed(der: bytes, old: bytes, new: bytes) -> bytes:
    assert old in der
    return der.replace(old, new)


def test_a_version_that_does_not_exist_is_read() -> None:
    assert described(changed(DER, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01")) == described(DER)


def test_a_default_value_that_is_written_all_the_same_is_read() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "contoso.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key().public_key())
        .serial_number(77)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key(), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    odd = changed(made, b"\x55\x1d\x13\x01\x01\xff", b"\x55\x1d\x13\x01\x01\x00")
    with pytest.raises(ValueError, match="EncodedDefault"):
        x509.load_der_x509_certificate(odd).extensions  # noqa: B018
    assert described(odd) == described(made)


def test_characters_that_a_string_type_does_not_allow_are_read() -> None:
    made = certificate("under_score@contoso").public_bytes(Encoding.DER)
    assert described(changed(made, b"\x0c\x13under", b"\x13\x13under")) == described(made)
    odd = described(changed(made, b"\x0c\x13under_score@contoso", "\x13\x13Zürich_core@contoso".encode("latin-1")))
    assert odd[:2] == ("CN=Zürich_core@contoso", "CN=Zürich_core@contoso")


def test_a_negative_serial_number_is_shown_as_windows_shows_it() -> None:
    number = MADE.serial_number.to_bytes(20, "big")
    odd = changed(DER, b"\x02\x14" + number, b"\x02\x14" + b"\xee" + number[1:])
    assert parse_der(odd).serial_number == "EE" + number[1:].hex().upper()


def test_a_key_that_signs_in_another_way_alone_is_refused() -> None:
    """RSASSA-PSS: a Front End signs its assertions as PKCS #1 version 1.5 does."""
    plain, other = bytes.fromhex("06092A864886F70D0101010500"), bytes.fromhex("06092A864886F70D01010A3000")
    odd = load_certificate("certificate", changed(DER, plain, other))
    with pytest.raises(InvalidOptionError, match=r"has a key of type RSASSA-PSS\. Expected an RSA key"):
        check_usable("certificate", odd, NOW)


@pytest.mark.parametrize("tag", [0x03, 0x10, 0x16, 0x80])
def test_a_name_of_a_type_that_no_name_has_is_a_value_error_or_read(tag: int) -> None:
    """cryptography raises TypeError and KeyError for them."""
    odd = DER.replace(b"\x55\x04\x03\x0c", bytes([0x55, 0x04, 0x03, tag]))
    assert odd != DER
    try:
        assert parse_der(odd).der == odd
    except ValueError:
        with pytest.raises(InvalidOptionError):
            load_certificate("certificate", odd)
    content = base64.b64encode(odd).decode()
    assert from_graph({"keyId": "1", "type": "AsymmetricX509Cert", "key": content}).thumbprint == sha1_thumbprint(odd)


@given(st.data())
def test_whatever_the_bytes_are_a_certificate_comes_out_or_a_value_error(data: st.DataObject) -> None:
    der = bytearray(DER)
    for _change in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(der[: data.draw(st.one_of(st.just(len(der)), st.integers(0, len(der))))])
    try:
        read = parse_der(cut)
    except ValueError:
        return
    assert isinstance(read, Certificate)
    assert read.der == cut


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80)))
@example("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----")
@example("0\ud800\0")
@example("0\udc82\0")
def test_whatever_is_handed_over_is_refused_in_words(content: str | bytes) -> None:
    with pytest.raises(InvalidOptionError):
        load_certificate("certificate", content)


def pfx(password: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", key(), MADE, None, encryption)


@pytest.mark.parametrize("password", [None, "Umlaut \u00fc"])
@pytest.mark.parametrize(
    "form", [bytes, base64.b64encode, base64.encodebytes, lambda content: content.hex().encode(), lambda content: content + b"\0"]
)
def test_a_pfx_is_read_as_a_key_vault_gives_it(form: object, password: str | None, tmp_path: Path) -> None:
    assert callable(form)
    content = pfx(password.encode() if password else None)
    (tmp_path / "x.pfx").write_bytes(form(content))
    read = load_pfx("pfx_path", str(tmp_path / "x.pfx"), password)
    assert (read.certificate.der, base64.b64decode(read.content)) == (DER, content)


@pytest.mark.parametrize(
    "form",
    [
        str.encode,
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\\n").encode(),
        lambda text: ("\ufeff" + text.replace("A", "A\u200b", 2)).encode(),
        lambda _text: pfx(None),
        lambda _text: base64.b64encode(pfx(None)),
    ],
    ids=["PEM", "UTF-16", "UTF-16 LE", "escaped line ends", "zero-width", "PFX", "PFX in base64"],
)
def test_the_client_certificate_is_read_from_the_same_forms(form: object, tmp_path: Path) -> None:
    assert callable(form)
    (tmp_path / "client.pem").write_bytes(form(key_pem() + PEM))
    read = key_pair(str(tmp_path / "client.pem"), None)
    assert (read.certificate.der, read.private_key_pem) == (DER, key_pem())


def odd_version(der: bytes) -> str:
    """The certificate with a version that does not exist, as PEM."""
    odd = base64.encodebytes(changed(der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01")).decode()
    return f"-----BEGIN CERTIFICATE-----\n{odd}-----END CERTIFICATE-----\n"


@pytest.mark.filterwarnings("error")
def test_an_odd_certificate_beside_the_clients_own_does_not_stop_it(tmp_path: Path) -> None:
    number = MADE.serial_number.to_bytes(20, "big")
    negative = base64.encodebytes(changed(DER, b"\x02\x14" + number, b"\x02\x14" + b"\xee" + number[1:])).decode()
    own = f"-----BEGIN CERTIFICATE-----\n{negative}-----END CERTIFICATE-----\n"
    (tmp_path / "client.pem").write_text(odd_version(DER) + own + key_pem())
    assert key_pair(str(tmp_path / "client.pem"), None).certificate.serial_number.startswith("EE")


@pytest.mark.parametrize("password", [None, "p\udcffw"])
def test_a_client_certificate_that_the_sign_in_cannot_use_is_refused_in_words(password: str | None, tmp_path: Path) -> None:
    (tmp_path / "client.pem").write_text(odd_version(DER) + key_pem())
    with pytest.raises(InvalidOptionError, match="holds no certificate with private key that the sign-in can use"):
        key_pair(str(tmp_path / "client.pem"), password)


def test_a_client_certificate_without_an_rsa_key_is_refused_before_anything_is_contacted(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(MADE.subject)
        .issuer_name(MADE.issuer)
        .public_key(curve.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .sign(curve, hashes.SHA256())
    )
    text = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() + pem(made)
    (tmp_path / "client.pem").write_text(text)
    with pytest.raises(InvalidOptionError, match=r"is no RSA key\. Expected an RSA key"):
        key_pair(str(tmp_path / "client.pem"), None)


@pytest.mark.parametrize("oid", ["06072A8648CE3D0202", "06072A8648CE3C0201"])
def test_a_client_key_of_a_kind_that_is_not_known_is_refused_in_words(oid: str, tmp_path: Path) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    der = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    odd = der.replace(bytes.fromhex("06072A8648CE3D0201"), bytes.fromhex(oid))
    body = base64.encodebytes(odd).decode()
    path = tmp_path / "client.pem"
    path.write_text(f"{PEM}-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")
    with pytest.raises(InvalidOptionError, match="client_certificate_path"):
        key_pair(str(path), None)


@pytest.mark.parametrize("read", [lambda path: load_certificate_file("certificate", path), lambda path: load_pfx("pfx", path, None)])
def test_a_path_that_no_file_has_is_refused_in_words(read: Callable[[str], object]) -> None:
    with pytest.raises(InvalidOptionError, match="cannot be read"):
        read("a\0b")
