# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to sign in by real ansible-playbook runs: the environment says how, the tasks say nothing.

What a sign-in that cannot be says is asked in this process, over the same connections.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab import Lab
from tests.lab.cloud.federation import AUDIENCE
from tests.support.play import NOT_INHERITED, Run, run_playbook
from tests.unit.support import run_action

CONFIGURE = "sfb.hybrid_auth.configure"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
IDENTITY = "0a1b2c3d-0000-4000-8000-00000000000a"
ROLES = ["Application.ReadWrite.All", "Organization.Read.All"]
KUBERNETES, GITLAB = (
    ("https://oidc.contoso.com", "system:serviceaccount:awx:default"),
    ("https://gitlab.contoso.com", "project_path:contoso/hybrid"),
)
GITHUB = ("https://token.actions.githubusercontent.com", "repo:contoso/hybrid:environment:production")
APPLICATION = {"AZURE_TENANT": "contoso.com", "AZURE_CLIENT_ID": CLIENT}
Start, Token = Callable[[dict[str, Any]], Lab], Callable[..., dict[str, Any]]


# Signing in is the controller's work.
pytestmark = pytest.mark.either_runner


@pytest.fixture
def lab(start: Start, greenfield: dict[str, Any]) -> Lab:
    tenant = greenfield["tenants"][0]
    tenant["applications"][0].update(
        federated_credentials=[
            {"name": str(index), "issuer": issuer, "subject": subject, "audiences": [AUDIENCE]}
            for index, (issuer, subject) in enumerate((KUBERNETES, GITLAB, GITHUB))
        ],
        public_client=True,
        delegated=ROLES,
    )
    tenant["managed_identities"] = [{"client_id": IDENTITY, "system": True, "roles": ROLES}]
    return start(greenfield)


def run(lab: Lab, folder: Path, what: str | dict[str, Any], environment: dict[str, str], *options: str) -> Run:
    """A playbook, or graph_token with these options and sp_info with its token, on localhost."""
    playbook = what
    if not isinstance(what, str):
        tasks = [
            {"name": "Sign in", "sfb.hybrid_auth.graph_token": what, "register": "token"},
            {"name": "Read", "sfb.hybrid_auth.sp_info": {"access_token": "{{ token.access_token }}"}},
        ]
        path = folder / "tasks.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        playbook = str(path)
    endpoints = {name: lab.info[name.removeprefix("SFB_").lower()] for name in ("SFB_LOGIN_URL", "SFB_GRAPH_URL", "SFB_CA_PATH")}
    return run_playbook(str(playbook), lab.inventory, folder / "run", *options, extra_environment={**endpoints, **environment})


@pytest.fixture
def token(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """graph_token with options, in this process and with this environment alone."""

    def sign_in(environment: dict[str, str], options: dict[str, Any]) -> dict[str, Any]:
        for name in os.environ:
            if name.startswith(NOT_INHERITED):
                monkeypatch.delenv(name)
        endpoints = {name: lab.info[name.removeprefix("SFB_").lower()] for name in ("SFB_LOGIN_URL", "SFB_GRAPH_URL", "SFB_CA_PATH")}
        for name, value in {**endpoints, **environment}.items():
            monkeypatch.setenv(name, value)
        return run_action("graph_token", options)

    return sign_in


def failure(result: dict[str, Any]) -> str:
    assert result.get("failed"), result
    return str(result["msg"])


def kubernetes(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    file = folder / "azure-identity-token"
    file.write_text(lab.providers.token(*KUBERNETES), encoding="ascii")
    return {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(file)}, {}, {file.read_text(encoding="ascii")}


def gitlab(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    token = lab.providers.token(*GITLAB)
    return {**APPLICATION, "GITLAB_AZURE_TOKEN": token}, {"federated_token_variable": "GITLAB_AZURE_TOKEN"}, {token}


def github(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    job = lab.info["environments"]["github"]
    return {**APPLICATION, **job}, {}, {job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]}


def virtual_machine(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    return {**lab.info["environments"]["virtual_machine"], "ANSIBLE_AZURE_AUTH_SOURCE": "msi"}, {}, set()


def app_service(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    service = lab.info["environments"]["app_service"]
    return service, {}, {service["IDENTITY_HEADER"]}


def cli(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    token, expires = lab.entra.issue(TENANT, CLIENT, scp=" ".join(ROLES))
    answer = json.dumps({"accessToken": token, "expires_on": expires, "tenant": TENANT, "tokenType": "Bearer"})
    return {"PATH": f"{_az(folder, f'print({answer!r})')}{os.pathsep}{os.environ['PATH']}"}, {}, {token}


def awx(lab: Lab, folder: Path) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    secret = lab.info["tenants"][0]["client_secret"]
    extra = {"AZURE_SECRET": secret, "AZURE_SUBSCRIPTION_ID": "1", "AZURE_CLOUD_ENVIRONMENT": "AzureCloud"}
    return {**APPLICATION, **extra}, {}, {secret}


def _az(folder: Path, code: str) -> Path:
    """A folder with an az that runs this code."""
    made = folder / "bin"
    made.mkdir()
    (made / "az").write_text(f"#!{sys.executable}\nimport sys\n{code}\n", encoding="utf-8")
    (made / "az").chmod(0o700)
    return made


@pytest.mark.parametrize(
    ("prepare", "source", "entra"),
    [
        (kubernetes, "federated", 2),
        (gitlab, "federated", 2),
        (github, "federated", 2),
        (virtual_machine, "managed_identity", 0),
        (app_service, "managed_identity", 0),
        (cli, "cli", 0),
        (awx, "client_secret", 2),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_environment_alone_says_how_to_sign_in(lab: Lab, tmp_path: Path, prepare: Any, source: str, entra: int) -> None:
    environment, options, secrets = prepare(lab, tmp_path)
    mark = lab.mark()
    done = run(lab, tmp_path, options, environment, "-vvv")
    assert done.code == 0, done.output
    (token,), (info,) = done.results("graph_token"), done.results("sp_info")
    assert (token["auth_source"], token["tenant_id"], len(info["service_principals"])) == (source, TENANT, 2)
    assert lab.counts(mark)["entra"] == entra
    assert f"Signing in to {lab.info['graph_url']} with " in done.output
    for shown in (done.output, json.dumps(done.record)):
        assert not [secret for secret in secrets if secret in shown]
        assert "eyJ0eXAiOiAiSldU" not in shown  # how the tokens of the lab and of its identity providers begin


def test_a_person_reads_the_code_in_the_output_while_the_task_waits(lab: Lab, tmp_path: Path) -> None:
    url = f"{lab.info['control_url']}/device-codes"

    def approve() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not requests.post(url, json={"do": "approve"}, timeout=10).json()["settled"]:
            time.sleep(0.2)

    person = threading.Thread(target=approve, daemon=True)
    person.start()
    done = run(lab, tmp_path, {"auth_source": "device_code", "device_code_timeout": 60}, APPLICATION)
    person.join(60)
    assert done.code == 0, done.output
    assert done.results("graph_token")[0]["auth_source"] == "device_code"
    assert f"enter the code {requests.get(url, timeout=10).json()[0]['user_code']}" in done.output


def test_a_code_that_nobody_enters_fails_the_task_in_time(token: Token) -> None:
    begun = time.monotonic()
    done = token(APPLICATION, {"auth_source": "device_code", "device_code_timeout": 2})
    assert "Nobody entered the device code within 2 seconds" in failure(done)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("environment", "options", "part"),
    [
        ({"AZURE_AD_USER": "admin@contoso.com", "AZURE_PASSWORD": "awx-password"}, {}, "client, secret and tenant"),
        ({"AZURE_CLOUD_ENVIRONMENT": "https://management.contoso.com"}, {}, "Azure Stack"),
        ({"ANSIBLE_AZURE_AUTH_SOURCE": "credential_file"}, {}, "credential_file"),
        ({"SFB_GRAPH_URL": "", **APPLICATION, "AZURE_SECRET": "x"}, {}, "Option 'graph_url'"),
        ({**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": "/nowhere/token"}, {}, "/nowhere/token cannot be read"),
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}, {}, "runs on Azure"),
        ({"PATH": "/nowhere"}, {"auth_source": "cli"}, "(az) is not on PATH"),
    ],
)
def test_each_sign_in_that_cannot_be_has_its_message(
    lab: Lab, token: Token, environment: dict[str, str], options: dict[str, Any], part: str
) -> None:
    if "PATH" in environment:
        environment = {"PATH": str(Path(sys.executable).parent)}
    mark = lab.mark()
    done = token(environment, options)
    assert part in failure(done)
    assert lab.requests(mark) == []
    assert "awx-password" not in json.dumps(done)


def test_the_azure_clis_own_words_are_passed_on(token: Token, tmp_path: Path) -> None:
    code = "sys.exit('ERROR: Please run ' + repr('az login') + ' to setup account.')"
    done = token({"PATH": f"{_az(tmp_path, code)}{os.pathsep}{os.environ['PATH']}"}, {})
    assert "The Azure CLI is not signed in" in failure(done)


def test_an_outage_of_the_machines_endpoint_is_waited_out_or_named(lab: Lab, token: Token, tmp_path: Path) -> None:
    environment = virtual_machine(lab, tmp_path)[0]
    lab.fault({"on": "identity.token", "do": "status:429", "times": 2})
    assert token(environment, {})["tenant_id"] == TENANT
    lab.clear_faults()
    lab.fault({"on": "identity.token", "do": "status:500", "times": 99})
    assert "temporarily_unavailable" in failure(token(environment, {}))


@pytest.mark.parametrize("how", ["federated", "managed_identity"])
def test_the_whole_procedure_runs_without_any_stored_secret(lab: Lab, tmp_path: Path, how: str) -> None:
    variables: dict[str, Any] = {"trust_client_secret": None, "trust_auth_source": how}
    if how == "federated":
        environment, _options, secrets = kubernetes(lab, tmp_path)
        variables["trust_federated_token_file"] = environment["AZURE_FEDERATED_TOKEN_FILE"]
        environment = {}
    else:
        environment, secrets = lab.info["environments"]["virtual_machine"], set()
    first = run(lab, tmp_path, CONFIGURE, environment, "-e", json.dumps(variables), "-vv")
    assert (first.code, first.total("changed")) == (0, 6), first.output
    assert {token["auth_source"] for token in first.results("graph_token")} == {how}
    assert not [secret for secret in secrets if secret in first.output]
    mark = lab.mark()
    second = run(lab, tmp_path, CONFIGURE, environment, "-e", json.dumps(variables))
    assert (second.code, second.total("changed")) == (0, 0), second.output
    # A managed identity's sign-in names no tenant, so whether the SIP domain is the tenant's takes one look.
    counts = {"powershell": 2, "entra": 2 if how == "federated" else 1, "graph_reads": 2, "graph_writes": 0}
    assert lab.counts(mark) == counts
    assert len([entry for entry in lab.requests(mark) if entry["kind"] == "identity"]) == (0 if how == "federated" else 1)


@pytest.mark.parametrize("by", ["environment", "variable"])
def test_the_cloud_of_the_environment_reaches_the_farm(lab: Lab, tmp_path: Path, by: str) -> None:
    environment = {"AZURE_CLOUD_ENVIRONMENT": "AzureUSGovernment" if by == "environment" else "AzureChinaCloud"}
    options = ["-e", "trust_cloud=dod"] if by == "variable" else []
    done = run(lab, tmp_path, CONFIGURE, environment, "--check", "--diff", *options)
    assert done.code == 0, done.output
    (token,), (server,) = done.results("graph_token"), done.results("oauth_server")
    assert token["cloud"] == ("gcc_high" if by == "environment" else "dod")
    assert f"https://login.microsoftonline.us/{TENANT}/metadata/json/1" in json.dumps(server["diff"]["after"])


@pytest.mark.parametrize("forks", ["1", "8"])
def test_a_token_passes_between_the_workers_of_a_run_and_to_no_other_run(lab: Lab, tmp_path: Path, forks: str) -> None:
    environment, _options, _secrets = awx(lab, tmp_path)
    names = [f"worker{number}" for number in range(8)]
    others = dict(zip(names, [*names[1:], names[0]], strict=True))
    inventory = tmp_path / "workers.json"
    hosts = {name: {"other": other, "ansible_connection": "local"} for name, other in others.items()}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    sign_in = {"name": "Sign in", "sfb.hybrid_auth.graph_token": {}, "register": "token"}
    read = {"name": "Read", "sfb.hybrid_auth.sp_info": {"access_token": "{{ hostvars[other].token.access_token }}"}}

    def done(tasks: list[dict[str, Any]]) -> Run:
        playbook = tmp_path / "tasks.json"
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        where = {name: lab.info[name.removeprefix("SFB_").lower()] for name in ("SFB_LOGIN_URL", "SFB_GRAPH_URL", "SFB_CA_PATH")}
        return run_playbook(playbook, inventory, tmp_path / "run", "--forks", forks, extra_environment={**where, **environment})

    first = done([sign_in, read])
    assert first.code == 0, first.output
    assert len(first.results("sp_info")) == len(names)
    assert list((tmp_path / "run" / "ansible" / "tmp").iterdir()) == []
    left = first.results("graph_token")[0]["access_token"]
    mark = lab.mark()
    again = done([{"name": "Read", "sfb.hybrid_auth.sp_info": {"access_token": left}}])
    assert again.total("failures") == len(names)
    assert {"in another run of Ansible" in result["msg"] for result in again.results("sp_info")} == {True}
    assert lab.counts(mark) == {"powershell": 0, "entra": 0, "graph_reads": 0, "graph_writes": 0}
