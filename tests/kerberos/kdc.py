# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key distribution center of MIT Kerberos on this machine, as a domain controller has one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

REALM = "CONTOSO.COM"
_PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local")
# Debian has the programs of a server where the PATH of a user need not lead.
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
_CLIENT = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  .contoso.com = {realm}
[dbmodules]
  {realm} = {{
    db_library = db2
    database_name = {folder}/principal
  }}
"""
_SERVER = """\
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
"""


def lacking() -> list[str]:
    """The programs that are not on this machine."""
    return [name for name in _PROGRAMS if not shutil.which(name, path=_PATH)]


@contextmanager
def realm(folder: Path, users: dict[str, str], services: Iterable[str]) -> Iterator[dict[str, str]]:
    """A running realm; yields what the environment of its clients and of its servers has to say. users: passwords by name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"KRB5_CONFIG": str(folder / "krb5.conf"), "KRB5_KDC_PROFILE": str(folder / "kdc.conf"), "KRB5_KTNAME": str(folder / "keytab")}
    (folder / "krb5.conf").write_text(_CLIENT.format(realm=REALM, port=port, folder=folder), encoding="utf-8")
    (folder / "kdc.conf").write_text(_SERVER.format(realm=REALM, port=port, folder=folder), encoding="utf-8")
    environment = {**os.environ, **told, "PATH": _PATH}

    def run(*command: str, words: str = "") -> None:
        done = subprocess.run(command, env=environment, input=words, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run("kdb5_util", "-r", REALM, "create", "-s", "-W", words="master\nmaster\n")
    orders = [f"addprinc -pw {password} {name}" for name, password in users.items()]
    orders += [order for service in services for order in (f"addprinc -randkey {service}", f"ktadd -k {told['KRB5_KTNAME']} {service}")]
    run("kadmin.local", "-r", REALM, words="\n".join([*orders, "quit", ""]))
    with subprocess.Popen(["krb5kdc", "-n", "-r", REALM], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield told
        finally:
            process.terminate()


def _wait(port: int) -> None:
    for _attempt in range(100):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"no key distribution center on port {port}")
