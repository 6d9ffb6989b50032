# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for the files in which Windows keeps private keys, with the accounts that may read them, and for the authorities it trusts.

Where the files are: https://learn.microsoft.com/windows/win32/seccng/key-storage-and-retrieval
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from . import certificates
from .binder import CmdletError
from .cmdlets import Row, row

# The engine has no access rules.
NAME = "Get-Acl"
_FOLDERS = {"capi": ("RSA", "MachineKeys"), "cng": ("Keys",)}
_FULL, _READ = 0x1F01FF, 0x120089
# What Windows gives a new key of the computer, and read access for the product's services.
RULES: list[dict[str, Any]] = [
    {"sid": "S-1-5-18", "name": "NT AUTHORITY\\SYSTEM", "allow": True, "rights": _FULL},
    {"sid": "S-1-5-32-544", "name": "BUILTIN\\Administrators", "allow": True, "rights": _FULL},
    {"sid": "S-1-5-20", "name": "NT AUTHORITY\\NETWORK SERVICE", "allow": True, "rights": _READ},
]
_NO_FILE = "its provider keeps the private key in no file that it tells"
_WINDOWS = ("C:", "ProgramData", "Microsoft", "Crypto")


def rules(front_end: Mapping[str, Any], name: str) -> Any:
    """The access rules of the key of the certificate of that id, or the text of the error with which they cannot be read."""
    return front_end["key_access"].get(name, RULES)


def file_name(certificate: x509.Certificate) -> str:
    """The file's name, by which the stand-in in the engine finds it too: it knows the key alone."""
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    modulus = public.public_numbers().n
    return hashlib.sha256(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).hexdigest()


def write(folder: Path, entries: Mapping[str, dict[str, Any]], names: list[str]) -> None:
    """A folder that stands for %ProgramData%, and the roots that the computer trusts, as OpenSSL reads them."""
    for name in names:
        where = _FOLDERS.get(entries[name].get("key_provider", "capi"))
        if where and _has_key(entries[name]):
            path = folder.joinpath("ProgramData", *_WINDOWS[2:], *where, file_name(certificates.load(entries[name])))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a key", encoding="ascii")
    (folder / "no roots").mkdir(parents=True, exist_ok=True)
    trusted = (entry["root"] for entry in entries.values() if "root" in entry and entry.get("trusted", True))
    (folder / "roots.pem").write_text("".join(trusted), encoding="ascii")


def access(front_end: Mapping[str, Any], entries: Mapping[str, dict[str, Any]], path: str) -> list[Row]:
    """What Get-Acl tells of the file, one object for each rule; CmdletError where it cannot be read."""
    wanted = path.replace("\\", "/").rpartition("/")[2]
    name = next(name for name in front_end["store"] if _has_key(entries[name]) and file_name(certificates.load(entries[name])) == wanted)
    told = rules(front_end, name)
    if isinstance(told, str):
        raise CmdletError(told, "System.UnauthorizedAccessException,Microsoft.PowerShell.Commands.GetAclCommand", "PermissionDenied")
    kinds = {"sid": "text", "name": "text", "allow": "flag", "rights": "number"}
    return [row("LabRule", **{key: (kind, rule[key]) for key, kind in kinds.items()}) for rule in told]


def check(front_end: Mapping[str, Any], entries: Mapping[str, dict[str, Any]], thumbprint: str) -> dict[str, Any] | None:
    """What the runner on the server tells of a certificate in its store, for machines without an engine; None of one that is not there."""
    stored = (name for name in front_end["store"] if certificates.thumbprint(certificates.load(entries[name])) == thumbprint)
    name = next(stored, None)
    return None if name is None else {"thumbprint": thumbprint, **_key(front_end, name, entries[name]), **_chain(entries[name])}


def _has_key(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("private_key", True)) and entry.get("key_type") != "ec"


def _key(front_end: Mapping[str, Any], name: str, entry: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(("key_file", "key_access", "key_unknown"))
    where = _FOLDERS.get(entry.get("key_provider", "capi"))
    if not entry.get("private_key", True):
        return {**told, "key_unknown": "the private key is not on the server"}
    if entry.get("key_type") == "ec":
        return {**told, "key_unknown": "the key is not an RSA key"}
    if where is None:
        return {**told, "key_unknown": _NO_FILE}
    told["key_file"] = "\\".join((*_WINDOWS, *where, file_name(certificates.load(entry))))
    access = rules(front_end, name)
    return {**told, "key_unknown": access} if isinstance(access, str) else {**told, "key_access": access}


def _chain(entry: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"chain_complete": None, "chain_problems": [], "chain_unknown": None}
    if "root" not in entry:
        return told
    trusted = entry.get("trusted", True)
    return {**told, "chain_complete": trusted, "chain_problems": [] if trusted else ["PartialChain"]}
