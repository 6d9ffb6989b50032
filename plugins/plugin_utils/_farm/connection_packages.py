# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the way to a server needs on the controller, looked at before any server is contacted. Private to the collection.

ansible-core itself finds a package missing only when it connects, and says that the server is unreachable.
https://docs.ansible.com/ansible/latest/collections/ansible/builtin/winrm_connection.html, psrp_connection.html
and ssh_connection.html, where password_mechanism is new in ansible-core 2.19
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

_PSRP, _KERBEROS = "requirements-psrp.txt", "requirements-kerberos.txt"
_NOTHING_CONTACTED = "Nothing was contacted."


def check(connection: Any, server: str) -> None:
    """HybridAuthError where the play's connection to the server needs something that is not installed on the controller.

    connection: the task's connection plugin with its options set. Nothing is contacted.
    """
    ways = {"winrm": _winrm, "psrp": _psrp, "ssh": _ssh}
    way = ways.get(str(getattr(connection, "transport", None)))
    lacking = next(way(connection, f"the connection to {server}"), None) if way else None
    if lacking:
        raise HybridAuthError(f"{lacking.message} {_NOTHING_CONTACTED}", lacking.remedy, **lacking.details)


def _winrm(connection: Any, purpose: str) -> Iterator[HybridAuthError]:
    if not _is_there("winrm"):
        yield missing("pywinrm", f"{purpose} over WinRM")
        return
    given = [str(one) for one in _option(connection, "transport") or [] if one]
    user = str(_option(connection, "remote_user") or "")
    # Without a transport ansible-core takes Kerberos for such a name; before 2.19 it goes on with Basic, which takes no domain account.
    transports = given or (["kerberos"] if "@" in user else [])
    lacks = [next(_transport(connection, one, purpose), None) for one in transports]
    lacking = [one for one in lacks if one]
    # They are tried one after the other, so one that works is enough.
    if lacking and len(lacking) == len(lacks):
        first = lacking[0]
        if given:
            yield first
        else:
            text = f"{first.message} It is Kerberos since ansible_winrm_transport is not set and {user} has an @."
            yield HybridAuthError(text, f"Set it, to credssp for example. {first.remedy}", **first.details)
    yield from _proxy((_option(connection, "_extras") or {}).get("ansible_winrm_proxy"), purpose)


def _transport(connection: Any, transport: str, purpose: str) -> Iterator[HybridAuthError]:
    if transport == "credssp" and not _is_there("requests_credssp"):
        yield missing("requests-credssp", f"{purpose} with CredSSP")
    if transport == "kerberos":
        if not _is_there("kerberos"):
            yield missing("pykerberos", f"{purpose} with Kerberos", _KERBEROS)
        mode, password = (_option(connection, one) for one in ("kerberos_mode", "remote_password"))
        program = str(_option(connection, "kerberos_command") or "kinit")
        if (mode == "managed" or (mode is None and password)) and not shutil.which(program):
            yield HybridAuthError(
                f"The program '{program}' is not on the controller's PATH, and {purpose} with Kerberos needs it.",
                "Install it (apt-get install krb5-user, or dnf install krb5-workstation), or name its path in ansible_winrm_kinit_cmd.",
            )


def _psrp(connection: Any, purpose: str) -> Iterator[HybridAuthError]:
    if not _is_there("pypsrp"):
        yield missing("pypsrp", f"{purpose} over PSRP", _PSRP)
        return
    auth, within, delegates = (_option(connection, one) for one in ("auth", "credssp_auth_mechanism", "negotiate_delegate"))
    if auth == "credssp" and not _is_there("requests_credssp"):
        yield missing("requests-credssp", f"{purpose} with CredSSP")
    # With negotiate it would go on with NTLM, which delegates nothing.
    if auth == "kerberos" or (auth == "credssp" and within == "kerberos") or (auth == "negotiate" and delegates):
        for package in ("gssapi", "krb5"):
            if not _is_there(package):
                yield missing(package, f"{purpose} with Kerberos", _KERBEROS)
    yield from _proxy(_option(connection, "proxy"), purpose)


def _ssh(connection: Any, purpose: str) -> Iterator[HybridAuthError]:
    mechanism = _option(connection, "password_mechanism")
    password = _option(connection, "password") or connection._play_context.password  # which has the one of --ask-pass
    # An ansible-core without the option knows this way alone.
    if password and mechanism in (None, "sshpass") and not shutil.which("sshpass"):
        other = "remove ansible_ssh_password_mechanism" if mechanism else "update ansible-core to 2.19 or newer"
        yield HybridAuthError(
            f"The program 'sshpass' is not on the controller's PATH, and {purpose} over SSH with a password needs it.",
            f"Install it (apt-get install sshpass, or dnf install sshpass), or {other}, since ansible-core 2.19 needs none.",
        )


def _proxy(url: Any, purpose: str) -> Iterator[HybridAuthError]:
    if str(url or "").lower().startswith("socks") and not _is_there("socks"):
        yield missing("PySocks", f"{purpose} through a SOCKS proxy")


def _option(connection: Any, name: str) -> Any:
    """The option's value; None where the plugin has none of that name, or nothing set it."""
    try:
        return connection.get_option(name)
    except KeyError:
        return None


def _is_there(module: str) -> bool:
    """Whether it can be imported, which the connection plugin has done already where it can. One whose system library is gone cannot."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True
