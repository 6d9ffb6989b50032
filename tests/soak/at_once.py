# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several ansible-playbook processes at once on one service principal, each with a certificate and a name of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.lab import Lab, keys
from tests.lab.cloud.key_credentials import made
from tests.lab.state import GREENFIELD
from tests.support.play import invocation

SKYPE = "00000004-0000-0ff1-ce00-000000000000"
_LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    """there: whose certificate and name are both there. claimed: which runs ended well. foreign: whether another's key and names stayed."""

    there: set[int]
    claimed: set[int]
    foreign: bool
    seconds: float
    writes: int
    reads: int
    outputs: list[str]

    @property
    def untrue(self) -> set[int]:
        """Runs that ended well although something of theirs is lost."""
        return self.claimed - self.there


def at_once(folder: Path, runs: int, graph: dict[str, Any], *, spread: float = 0.0, pause: str | None = None) -> Outcome:
    """graph: the lab's settings of that name. spread: seconds over which the runs are started. pause: between two readings, as a text."""
    state = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    principal = next(one for one in state["tenants"][0]["service_principals"] if one["appId"] == SKYPE)
    principal["keyCredentials"] = [
        made({"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "theirs", "key": _certificate("theirs")})
    ]
    before = principal["servicePrincipalNames"]
    with Lab({**state, "graph": graph}, workdir=folder / "lab", engine="none") as lab:
        begin, processes = time.monotonic(), []
        for number in range(runs):
            processes.append(_begin(lab, folder, number, pause))
            time.sleep(spread / runs)
        codes = [process.wait(timeout=_LONGEST_SECONDS) for process in processes]
        seconds, counts = time.monotonic() - begin, lab.counts()
        after = next(one for one in lab.state()["tenants"][0]["service_principals"] if one["appId"] == SKYPE)
    held = {entry["displayName"] for entry in after["keyCredentials"] if entry["key"]}
    names = set(after["servicePrincipalNames"])
    return Outcome(
        there={number for number in range(runs) if f"CN=farm{number}.contoso.com" in held and f"{SKYPE}/web{number}.contoso.com" in names},
        claimed={number for number, code in enumerate(codes) if code == 0},
        foreign="theirs" in held and set(before) <= names,
        seconds=seconds,
        writes=counts["graph_writes"],
        reads=counts["graph_reads"],
        outputs=[(folder / str(number) / "output").read_text(encoding="utf-8") for number in range(runs)],
    )


def table(folder: Path, cases: Sequence[tuple[list[float], float]], runs: int) -> bool:
    """A line for each case (the replicas' lags, the spread); whether everything was there and nobody said what is not true."""
    print(f"{runs} runs at once, each with a certificate and a name of its own")
    print("replicas lag, s    started over    there    said so    not true    others' kept    writes    reads    seconds")
    right = True
    for number, (lags, spread) in enumerate(cases):
        told = at_once(folder / str(number), runs, {"replica_lag": lags}, spread=spread)
        right = right and len(told.there) == runs and told.foreign and not told.untrue
        shown = ", ".join(f"{lag:g}" for lag in lags)
        print(
            f"{shown:<19}{spread:>8g} s{len(told.there):>8}/{runs}{len(told.claimed):>9}/{runs}{len(told.untrue):>12}"
            f"{'yes' if told.foreign else 'NO':>16}{told.writes:>10}{told.reads:>9}{told.seconds:>11.0f}",
            flush=True,
        )
    return right


def _begin(lab: Lab, folder: Path, number: int, pause: str | None) -> subprocess.Popen[bytes]:
    own = folder / str(number)
    own.mkdir(parents=True)
    tenant = lab.info["tenants"][0]
    connection = {name: lab.info[name] for name in ("login_url", "graph_url", "ca_path")}
    connection |= {"tenant": tenant["id"], "client_id": tenant["client_id"], "client_secret": tenant["client_secret"]}
    tasks = [
        {
            "sfb.hybrid_auth.sp_credential": {
                **connection,
                "app_ids": [SKYPE],
                "certificate_content": _certificate(f"farm{number}.contoso.com"),
            }
        },
        {"sfb.hybrid_auth.sp_names": {**connection, "names": [f"web{number}.contoso.com"]}},
    ]
    playbook = own / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    command, environment = invocation(playbook, Path("localhost,"), own, "-c", "local")
    environment["TMPDIR"] = str(folder)  # they are runs of one user on one machine
    if pause is None:
        del environment["SFB_READ_PAUSE_SECONDS"]
    else:
        environment["SFB_READ_PAUSE_SECONDS"] = pause
    with (own / "output").open("wb") as output:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=own)


def _certificate(subject: str) -> str:
    """A certificate in base64."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.now(timezone.utc)
    key = keys.named("soak", 2048)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = (
        built.serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
    )
    return base64.b64encode(built.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()
