# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab in the foreground, as make lab starts it."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.lab import Lab
from tests.support.play import ROOT


def test_its_certificates_pass_the_strict_checks_that_python_makes_since_3_13(tmp_path: Path) -> None:
    with Lab(workdir=tmp_path, engine="none") as lab:
        context = ssl.create_default_context(cafile=lab.info["ca_path"])
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        ports = [urlsplit(lab.info["graph_url"]).port, lab.info["front_ends"][0]["https_port"]]
        for port in ports:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
                assert context.wrap_socket(plain, server_hostname="localhost").version() is not None


def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    info = tmp_path / "info.json"
    command = [sys.executable, "-m", "tests.lab", "--info", str(info), "--engine", "none"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as lab:
        try:
            deadline = time.monotonic() + 60
            while not info.exists() or not info.read_text(encoding="utf-8").endswith("}\n"):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            told = json.loads(info.read_text(encoding="utf-8"))
            tenant = told["tenants"][0]
            url = f"{told['login_url']}/{tenant['domain']}/v2.0/.well-known/openid-configuration"
            assert tenant["id"] in requests.get(url, verify=told["ca_path"], timeout=10).json()["issuer"]
            control = told["control_url"]
            assert requests.get(f"{control}/counts", timeout=10).json()["entra"] == 1
            rule = {"on": "entra.*", "do": "status:503"}
            assert requests.post(f"{control}/faults", json=rule, timeout=10).status_code == 204
            assert requests.get(url, verify=told["ca_path"], timeout=10).status_code == 503
            assert requests.post(f"{control}/faults", json={"on": "x", "do": "nonsense"}, timeout=10).status_code == 400
            assert requests.get(f"{control}/faults", timeout=10).json() == {"points": ["entra.discovery"] * 2, "fired": ["entra.discovery"]}
            assert requests.delete(f"{control}/faults", timeout=10).status_code == 204
            assert requests.get(f"{control}/faults", timeout=10).json() == {"points": [], "fired": []}
            assert requests.get(f"{control}/state", timeout=10).json()["deployments"][0]["name"] == "contoso"
            assert [entry["status"] for entry in requests.get(f"{control}/requests", timeout=10).json()] == [200, 503]
            answer = requests.get(f"{told['graph_url']}/v1.0/servicePrincipals", verify=told["ca_path"], timeout=10)
            assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
        finally:
            lab.send_signal(signal.SIGTERM)
            assert lab.wait(timeout=20) == 0
