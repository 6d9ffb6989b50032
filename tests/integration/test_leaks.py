# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is in anything that a run leaves: every entry point and every sign-in, at the highest verbosity, with faults.

Looked at are the output, the log file, the cache of facts, what ansible-runner keeps, the reports and whatever else lies in the run's
folders. First the search finds what was planted in each of them.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import yaml
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from tests.lab import Lab
from tests.lab.cloud.entra import Entra
from tests.lab.cloud.federation import AUDIENCE
from tests.lab.cloud.json_web_token import Signer
from tests.lab.cloud.token_service import TokenService
from tests.lab.farm.farm import FrontEnd
from tests.lab.farm.python_runner import Runner
from tests.support.play import NOT_INHERITED, invocation, run_playbook
from tests.support.secret_search import files_in, forms, found_in
from tests.unit.support import certificate, key, pem

from .test_rotation import farm, pfx
from .test_sign_in import CLIENT, IDENTITY, KUBERNETES, ROLES, TENANT

Start = Callable[[dict[str, Any]], Lab]
CANARY = 'the-canary/+"\u00e4\\ of this test'
PASSWORDS = {"client certificate's password": "pass-of-the-client/+\u00e4", "PFX password": "pass-of-the-next/+\u00e4"}
APPLICATION = {"tenant": "contoso.com", "client_id": CLIENT}
# Each is asked for a token once, in one play.
SIGN_INS: dict[str, dict[str, Any]] = {
    "client_secret": {**APPLICATION, "client_secret": "{{ lookup('env', 'LEAK_SECRET') }}"},
    "client_certificate": {
        **APPLICATION,
        "client_certificate_path": "{{ lookup('env', 'LEAK_FOLDER') }}/client.pfx",
        "client_certificate_password": PASSWORDS["client certificate's password"],
    },
    "federated": {**APPLICATION, "federated_token_variable": "LEAK_FEDERATED"},
    "managed_identity": {"auth_source": "managed_identity"},
    "cli": {"auth_source": "cli"},
    "access_token": {"access_token": "{{ lookup('env', 'LEAK_TOKEN') }}"},
    "device_code": {**APPLICATION, "auth_source": "device_code", "device_code_timeout": 60},
}
NONE = dict.fromkeys(("trust_client_secret", "trust_client_certificate_path", "trust_access_token"), "")
pytestmark = pytest.mark.either_runner


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """Every command line on the servers, which their lists of processes show. None has its work without standard input."""
    lines: list[tuple[str, bytes]] = []
    run = FrontEnd.run

    def kept(self: FrontEnd, command: Any, stdin: bytes, user: str) -> Any:
        assert stdin
        lines.append(("command line", f"{command.text}\n{command.script}".encode()))
        return run(self, command, stdin, user)

    monkeypatch.setattr(FrontEnd, "run", kept)
    return lines


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The secrets that come to be while the lab works, by name."""
    made: dict[str, str] = {}
    sign, token, handle, answer = Signer.sign, Entra._token, TokenService.handle, Runner.answer

    def keep(name: str, secret: str) -> None:
        made[f"{name} {len(made)}"] = secret

    def signed(self: Signer, claims: dict[str, Any]) -> str:
        text = sign(self, claims)
        keep("signature of a token", text.rpartition(".")[2])
        return text

    def cut(self: Entra, tenant: str, request: Any) -> Any:
        """The first token comes without its end, which is no fault of the connection."""
        found = token(self, tenant, request)
        form = parse_qs(request.body.decode())
        for name in ("client_assertion", "device_code"):
            if name in form:
                keep(name, form[name][0].rpartition(".")[2])
        if isinstance(found.content, dict) and "access_token" in found.content and "cut" not in made:
            made["cut"] = found.content["access_token"].rpartition(".")[2]
            found = replace(found, content=json.dumps(found.content).encode()[:-1])
        return found

    def exchanged(self: TokenService, request: Any) -> Any:
        found = handle(self, request)
        for text in parse_qs(request.body.decode()).get("assertion", []):
            keep("signature of an assertion", text.rpartition(".")[2])
        if isinstance(found.content, dict) and "access_token" in found.content:
            keep("token of the proof", found.content["access_token"].rpartition(".")[2])
        return found

    def answered(self: Runner, text: str) -> str:
        for call in json.loads(text).get("calls") or ():
            if call["parameters"].get("seal"):
                keep("seal", call["parameters"]["seal"])
        return answer(self, text)

    monkeypatch.setattr(Signer, "sign", signed)
    monkeypatch.setattr(Entra, "_token", cut)
    monkeypatch.setattr(TokenService, "handle", exchanged)
    monkeypatch.setattr(Runner, "answer", answered)
    return made


@pytest.fixture
def lab(start: Start, greenfield: dict[str, Any]) -> Lab:
    tenant = farm(greenfield)["tenants"][0]
    issuer, subject = KUBERNETES
    tenant["applications"][0].update(
        certificate=pem(certificate("client.contoso.com")),
        federated_credentials=[{"name": "0", "issuer": issuer, "subject": subject, "audiences": [AUDIENCE]}],
        public_client=True,
        delegated=ROLES,
    )
    tenant["managed_identities"] = [{"client_id": IDENTITY, "system": True, "roles": ROLES}]
    return start(greenfield)


@pytest.fixture
def given(lab: Lab, known: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a run, in which all secrets come that an administrator has. They lie in a folder that is not searched."""
    folder = tmp_path / "given"
    folder.mkdir()
    client = load_pem_x509_certificate(lab.state()["tenants"][0]["applications"][0]["certificate"].encode())
    password = PASSWORDS["client certificate's password"].encode()
    protection = BestAvailableEncryption(password)
    (folder / "client.pfx").write_bytes(pkcs12.serialize_key_and_certificates(b"app", key(), client, None, protection))
    token, expires = lab.entra.issue(TENANT, CLIENT, scp=" ".join(ROLES))
    said = json.dumps({"accessToken": token, "expires_on": expires, "tenant": TENANT, "tokenType": "Bearer"})
    (folder / "az").write_text(f"#!{sys.executable}\nprint({said!r})\n", encoding="utf-8")
    (folder / "az").chmod(0o700)
    identity = lab.info["environments"]["app_service"]
    next_pfx = pfx(folder, PASSWORDS["PFX password"])
    secret = lab.info["tenants"][0]["client_secret"]
    known.update(PASSWORDS)
    known["client secret"] = secret
    known["header of the identity"] = identity["IDENTITY_HEADER"]
    known["PFX"] = base64.b64encode(next_pfx.read_bytes()).decode()[200:280]
    return {
        **identity,
        **{name: lab.info[name.removeprefix("SFB_").lower()] for name in ("SFB_LOGIN_URL", "SFB_GRAPH_URL", "SFB_CA_PATH")},
        "SFB_METADATA_URL": lab.info["tenants"][0]["metadata_url"],
        "PATH": f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LEAK_FOLDER": str(folder),
        "LEAK_SECRET": secret,
        "LEAK_TOKEN": lab.entra.issue(TENANT, CLIENT, roles=ROLES)[0],
        "LEAK_FEDERATED": lab.providers.token(*KUBERNETES),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
    }


@pytest.fixture
def person(lab: Lab) -> Iterator[None]:
    """Somebody who enters each device code."""
    done = threading.Event()

    def enter() -> None:
        while not done.is_set():
            requests.post(f"{lab.info['control_url']}/device-codes", json={"do": "approve"}, timeout=10)
            done.wait(0.3)

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join(10)


def playbook(folder: Path, *entry_points: dict[str, Any]) -> Path:
    """Plant the canary, sign in each way, then run these entry points."""
    planted = [
        {"name": "Plant", "ansible.builtin.debug": {"msg": CANARY}},
        {"name": "Keep", "ansible.builtin.set_fact": {"leak_canary": CANARY, "cacheable": True}},
    ]
    signed_in = [
        {"name": f"Sign in with {name}", "sfb.hybrid_auth.graph_token": options, "register": "token", "ignore_errors": True}
        for name, options in [("an answer that is cut", SIGN_INS["client_secret"]), *SIGN_INS.items()]
    ]
    first = {"name": "Sign in", "hosts": "localhost", "gather_facts": False, "tasks": [*planted, *signed_in]}
    imported = [{"name": "Run", "ansible.builtin.import_playbook": one["of"], "vars": {**NONE, **one["vars"]}} for one in entry_points]
    path = folder / "leaks.yml"
    path.write_text(yaml.safe_dump([first, *imported]), encoding="utf-8")
    return path


def check(places: list[tuple[str, bytes]], known: dict[str, str], planted: tuple[str, ...]) -> None:
    """The search finds the canary where it was planted, and no secret anywhere."""
    seen = {place for place, _name, _form in found_in(places, {"canary": CANARY})}
    assert [kind for kind in planted if not any(place.startswith(kind) for place in seen)] == [], sorted(seen)
    kinds = {name.rstrip(" 0123456789") for name in known}
    assert {*PASSWORDS, "client secret", "header of the identity", "PFX", "cut", "client_assertion", "signature of a token"} <= kinds
    assert found_in(places, known) == set()


CONFIGURE = {
    "of": "sfb.hybrid_auth.configure",
    "vars": {
        "trust_client_certificate_path": "{{ lookup('env', 'LEAK_FOLDER') }}/client.pfx",
        "trust_client_certificate_password": PASSWORDS["client certificate's password"],
    },
}
AUDIT = {"of": "sfb.hybrid_auth.audit", "vars": {"trust_federated_token_variable": "LEAK_FEDERATED", "trust_prove": True}}
ROTATE = {
    "of": "sfb.hybrid_auth.rotate",
    "vars": {
        "trust_auth_source": "managed_identity",
        "trust_rotation_create": "pfx",
        "trust_rotation_pfx_path": "{{ lookup('env', 'LEAK_FOLDER') }}/next.pfx",
        "trust_rotation_pfx_password": PASSWORDS["PFX password"],
    },
}
REMOVE = {
    "of": "sfb.hybrid_auth.remove",
    "vars": {"trust_client_secret": "{{ lookup('env', 'LEAK_SECRET') }}", "trust_remove_confirm": "contoso"},
}


def _kept_by_runner(artifacts: str, kept: Path) -> tuple[str, ...]:
    """Where ansible-runner itself keeps output, events and facts."""
    return tuple(f"{Path(artifacts).relative_to(kept)}/{name}" for name in ("stdout", "job_events/", "fact_cache/"))


def test_ansible_runner_keeps_no_secret_of_any_entry_point(
    lab: Lab,
    given: dict[str, str],
    known: dict[str, str],
    started: list[tuple[str, bytes]],
    person: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith(NOT_INHERITED)]:
        monkeypatch.delenv(name)
    kept = tmp_path / "kept"
    (kept / "runner").mkdir(parents=True)
    files = {"ANSIBLE_LOG_PATH": str(kept / "log"), "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(kept / "facts")}
    command, environment = invocation(playbook(tmp_path, CONFIGURE, AUDIT, ROTATE, REMOVE), lab.inventory, kept, extra_environment=given)
    for name, value in {**environment, **files}.items():
        monkeypatch.setenv(name, value)  # what is given to ansible-runner itself it writes to a file
    monkeypatch.chdir(kept)
    lab.fault({"on": "graph.get", "nth": 3, "do": "status:503"})
    lab.fault({"on": "tokens.post", "nth": 1, "do": "truncate"})
    # Of tests/requirements-run.txt; where the tests' environment is older than that, the others run all the same.
    run = pytest.importorskip("ansible_runner").run(
        private_data_dir=str(kept / "runner"),
        playbook=command[3],
        inventory=str(lab.inventory),
        cmdline=f"-vvvvv --diff -e trust_report_path={kept} -e trust_report_private=yes",
        suppress_env_files=True,
        quiet=True,
        timeout=280,
    )
    output = run.stdout.read()
    ended = [event["event_data"] for event in run.events if event["event"] == "runner_on_failed"]
    failed = [(one["task"], one["res"].get("msg")) for one in ended if not one.get("ignore_errors")]
    assert (run.rc, failed) == (0, []), output[-3000:]
    kinds = {name.rstrip(" 0123456789") for name in known}
    assert {"seal", "signature of an assertion", "device_code"} <= kinds
    # ansible-runner writes the environment in which a run was started into this file, as docs/security.md says.
    places = [(place, content) for place, content in files_in(kept) if not place.endswith("/command")]
    assert {name for _place, name, _form in found_in([("command", (Path(run.config.artifact_dir) / "command").read_bytes())], known)}
    assert len(started) > 5
    check([*places, *started], known, ("log", *_kept_by_runner(run.config.artifact_dir, kept)))
    assert stat.S_IMODE((kept / "audit.html").stat().st_mode) == 0o600


def test_with_the_debug_variable_nothing_is_printed_either(
    lab: Lab, given: dict[str, str], known: dict[str, str], person: None, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    files = {"ANSIBLE_LOG_PATH": str(kept / "log"), "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(kept / "facts"), "ANSIBLE_DEBUG": "1"}
    run = run_playbook(playbook(tmp_path, ROTATE), lab.inventory, kept, "-vvvvv", extra_environment={**given, **files})
    assert "with ANSIBLE_DEBUG ansible-core prints what it sends" in run.output
    assert not any(name.startswith("seal") for name in known)
    assert [entry for entry in lab.requests() if entry["write"]] == []
    check([("output", run.output.encode()), *files_in(kept)], known, ("output", "log", "facts/"))


def test_the_canary_is_looked_for_in_every_form() -> None:
    for form, text in forms(CANARY).items():
        assert {("place", "canary", form)} <= found_in([("place", b"x" + text)], {"canary": CANARY})
