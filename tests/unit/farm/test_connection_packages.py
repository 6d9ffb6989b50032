# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the connection of a play lacks on the controller is named, with the command that installs it, before a server is contacted."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.connection_packages import check
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import LOCAL, run_action

SERVER, UPN = "fe01.contoso.com", "sfbadmin@contoso.com"
MODULES = ("winrm", "pypsrp", "requests_credssp", "kerberos", "gssapi", "krb5", "socks")


def connection(kind: str, **variables: Any) -> Any:
    """ansible-core's own plugin with these variables of the host."""
    made = connection_loader.get(kind, PlayContext(), os.devnull)
    given = {"inventory_hostname": SERVER, "ansible_user": "CONTOSO\\sfbadmin", "ansible_password": "Lab-Passw0rd!", **variables}
    made.set_options(var_options={**given, "_extras": {name: one for name, one in given.items() if name == "ansible_winrm_proxy"}})
    return made


@pytest.fixture
def lacks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A controller that has everything but these modules, and kinit or not."""

    def without(*modules: str, kinit: bool = True) -> None:
        for name in MODULES:
            monkeypatch.setitem(sys.modules, name, None if name in modules else ModuleType(name))  # type: ignore[arg-type]
        monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/kinit" if kinit else None)

    return without


def credssp(**more: Any) -> dict[str, Any]:
    return {"ansible_winrm_transport": "credssp", "ansible_psrp_auth": "credssp", **more}


def kerberos(**more: Any) -> dict[str, Any]:
    return {"ansible_winrm_transport": "kerberos", "ansible_psrp_auth": "kerberos", **more}


SOCKS = {"ansible_winrm_proxy": "socks5h://127.0.0.1:1080", "ansible_psrp_proxy": "socks5h://127.0.0.1:1080"}


@pytest.mark.parametrize(
    ("kind", "variables", "module", "package", "file"),
    [
        ("winrm", credssp(), "winrm", "pywinrm", "requirements.txt"),
        ("winrm", credssp(), "requests_credssp", "requests-credssp", "requirements.txt"),
        ("winrm", kerberos(), "kerberos", "pykerberos", "requirements-kerberos.txt"),
        ("winrm", {"ansible_user": UPN}, "kerberos", "pykerberos", "requirements-kerberos.txt"),
        ("winrm", credssp(**SOCKS), "socks", "PySocks", "requirements.txt"),
        ("psrp", credssp(), "pypsrp", "pypsrp", "requirements-psrp.txt"),
        ("psrp", credssp(), "requests_credssp", "requests-credssp", "requirements.txt"),
        ("psrp", kerberos(), "gssapi", "gssapi", "requirements-kerberos.txt"),
        ("psrp", kerberos(), "krb5", "krb5", "requirements-kerberos.txt"),
        ("psrp", credssp(ansible_psrp_credssp_auth_mechanism="kerberos"), "krb5", "krb5", "requirements-kerberos.txt"),
        ("psrp", {"ansible_psrp_negotiate_delegate": True}, "gssapi", "gssapi", "requirements-kerberos.txt"),
        ("psrp", SOCKS, "socks", "PySocks", "requirements.txt"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    lacks: Any, kind: str, variables: dict[str, Any], module: str, package: str, file: str
) -> None:
    made = connection(kind, **variables)
    lacks()
    check(made, SERVER)
    lacks(module)
    with pytest.raises(HybridAuthError) as told:
        check(made, SERVER)
    said = str(told.value)
    assert said.startswith(
        f"The Python package '{package}' is not installed for the Python that runs Ansible, and the connection to {SERVER} "
    )
    assert "Nothing was contacted." in said
    named = Path(shlex.split(said.rpartition("-m pip install -r ")[2])[0])
    assert named.name == file
    assert any(line.startswith(package) for line in named.read_text(encoding="utf-8").splitlines())
    assert ("bindep.txt" in said) == ("kerberos" in file)
    assert ("ansible_winrm_transport" in said) == (variables == {"ansible_user": UPN})


@pytest.mark.parametrize(
    ("kind", "variables"),
    [
        ("winrm", {"ansible_winrm_transport": "ntlm"}),
        ("winrm", {}),
        ("winrm", {"ansible_winrm_transport": "kerberos,ntlm"}),
        ("psrp", {}),
        ("psrp", {"ansible_psrp_auth": "negotiate", "ansible_psrp_proxy": "http://proxy.contoso.com:8080"}),
        ("ssh", {"ansible_password": ""}),
        ("local", {}),
    ],
)
def test_what_is_not_used_need_not_be_there(lacks: Any, kind: str, variables: dict[str, Any]) -> None:
    made = connection(kind, **variables)
    lacks(
        "requests_credssp", "kerberos", "gssapi", "krb5", "socks", *(() if kind in ("winrm", "psrp") else ("winrm", "pypsrp")), kinit=False
    )
    check(made, SERVER)


@pytest.mark.parametrize(
    ("variables", "needed"),
    [
        ({}, True),
        ({"ansible_winrm_kinit_mode": "managed", "ansible_password": ""}, True),
        ({"ansible_winrm_kinit_mode": "manual"}, False),
        ({"ansible_password": ""}, False),
    ],
)
def test_kinit_is_needed_where_ansible_gets_the_ticket(lacks: Any, variables: dict[str, Any], needed: bool) -> None:
    made = connection("winrm", **kerberos(**variables))
    lacks(kinit=False)
    if not needed:
        check(made, SERVER)
        return
    with pytest.raises(HybridAuthError, match=r"'kinit' is not on .* Nothing was contacted\. .* krb5-user.* krb5-workstation"):
        check(made, SERVER)


def ssh(monkeypatch: pytest.MonkeyPatch, core: str, **variables: Any) -> Any:
    """ansible-core's own plugin with the options that it has in this version: before 2.19 there is one way for a password."""
    made = connection("ssh", **variables)
    own = made.get_option

    def get_option(option: str, *arguments: Any, **more: Any) -> Any:
        if option == "password_mechanism":
            if core == "2.18":
                raise KeyError(option)
            return variables.get("ansible_ssh_password_mechanism", "ssh_askpass")
        return own(option, *arguments, **more)

    monkeypatch.setattr(made, "get_option", get_option)
    return made


@pytest.mark.parametrize(
    ("core", "variables", "needed"),
    [
        ("2.18", {}, True),
        ("2.18", {"ansible_password": ""}, False),
        ("2.19", {}, False),
        ("2.19", {"ansible_ssh_password_mechanism": "sshpass"}, True),
        ("2.19", {"ansible_ssh_password_mechanism": "disable"}, False),
        ("2.19", {"ansible_ssh_password_mechanism": "sshpass", "ansible_password": ""}, False),
    ],
)
def test_sshpass_is_needed_where_this_ansible_core_gives_ssh_the_password_with_it(
    monkeypatch: pytest.MonkeyPatch, core: str, variables: dict[str, Any], needed: bool
) -> None:
    made = ssh(monkeypatch, core, **variables)
    monkeypatch.setattr(shutil, "which", "/usr/bin/{}".format)
    check(made, SERVER)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    if not needed:
        check(made, SERVER)
        return
    other = "update ansible-core" if core == "2.18" else "remove ansible_ssh_password_mechanism"
    text = rf"over SSH with a password needs it\. Nothing was contacted\. Install it \(apt-get install sshpass, .* or {other}"
    with pytest.raises(HybridAuthError, match=text):
        check(made, SERVER)


def test_the_role_looks_before_anything_is_contacted(lacks: Any) -> None:
    made = connection("psrp", **credssp())
    lacks("pypsrp")

    def prepare(action: Any) -> None:
        action._templar = SimpleNamespace(template=lambda value: value)

    told = {"inventory_hostname": SERVER}
    done = run_action("trust_settings", {"entry_point": "audit"}, connection=made, prepare=prepare, task_vars=told)
    assert done["failed"]
    assert (done["package"], "requirements-psrp.txt" in done["msg"], made._connected) == ("pypsrp", True, False)
    assert not run_action("trust_settings", {"entry_point": "audit"}, connection=LOCAL, prepare=prepare, task_vars=told).get("failed")


def test_a_module_of_a_play_of_ones_own_looks_too(lacks: Any) -> None:
    made = connection("psrp", **credssp())
    lacks("requests_credssp")
    done = run_action("onprem_info", {}, connection=made, task_vars={"inventory_hostname": SERVER})
    assert done["failed"]
    assert (done["package"], "Nothing was contacted." in done["msg"], made._connected) == ("requests-credssp", True, False)
