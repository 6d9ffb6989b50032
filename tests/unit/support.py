# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action as ansible-core would, and talk to it in recorded conversations."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import requests
from ansible.parsing.dataloader import DataLoader
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from requests.adapters import BaseAdapter

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.seal import unseal
from tests.lab import keys

NOW = datetime.now(timezone.utc).replace(microsecond=0)
LOCAL = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/tmp/none", _IS_WINDOWS=False))


def key(bits: int = 2048) -> Any:
    """An RSA key, the same for each size."""
    return keys.named("unit tests", bits)


def certificate(subject: str = "contoso.com", *, days: int = 365, since: int = 1, bits: int = 2048) -> x509.Certificate:
    """A self-signed certificate that began `since` days ago and ends in `days` days."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(bits).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=since))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key(bits), hashes.SHA256())
    )


def pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(bits: int = 2048) -> str:
    private: bytes = key(bits).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode()


def roll(current: Any = None, following: Any = None, previous: Any = None) -> Any:
    """Who signs now, next and before, as onprem_info returns it."""
    return {"current": current, "next": following, "previous": previous}


def run_action(
    name: str,
    args: dict[str, Any],
    *,
    check_mode: bool = False,
    connection: Any = None,
    prepare: Any = None,
    task_vars: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of the action plugin of that name."""
    module = importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.action.{name}")
    task = SimpleNamespace(
        args=args,
        async_val=0,
        check_mode=check_mode,
        diff=True,
        action=f"sfb.hybrid_auth.{name}",
        no_log=False,
        get_search_path=list,
    )
    action = module.ActionModule(
        task=task,
        connection=connection or LOCAL,
        play_context=SimpleNamespace(),
        loader=DataLoader(),
        templar=None,
        shared_loader_obj=None,
    )
    if prepare:
        prepare(action)
    result: dict[str, Any] = action.run(task_vars=task_vars or {})
    return result


def opened(sealed: str, tenant: str | None = None, **options: Any) -> str:
    """The token in what graph_token returned, as a task with these options reads it."""
    return unseal(sealed, endpoints({"cloud": "global", "validate_certs": True, **options}), tenant).value


class Clock:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Said:
    """One expected request with its answer. body: what the JSON body must be, or a function that checks it."""

    method: str
    url: str
    status: int = 200
    answer: Any = None
    body: Any = None
    check: Callable[[Any], None] | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Conversation(BaseAdapter):
    """Answers requests in the expected order; an unexpected one fails, and so does one that was not made."""

    def __init__(self, *said: Said) -> None:
        super().__init__()
        self.left = list(said)
        self.seen: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> requests.Response:  # type: ignore[override]
        self.seen.append(request)
        assert self.left, f"unexpected {request.method} {request.url}"
        said = self.left.pop(0)
        assert (request.method, unquote(str(request.url)).replace("+", " ")) == (said.method, said.url)
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        if said.body is not None:
            assert json.loads(str(body)) == said.body
        if said.check is not None:
            said.check(json.loads(str(body)) if str(body).startswith("{") else body)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = said.status, request, str(request.url)
        answer.headers.update(said.headers)
        text = "" if said.answer is None else said.answer if isinstance(said.answer, str) else json.dumps(said.answer)
        answer.raw = io.BytesIO(text.encode())
        return answer

    def close(self) -> None:
        """Nothing is open."""
