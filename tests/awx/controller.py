# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of AWX's API that the modules of awx.awx use to lay things out, on this machine alone."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "token-of-the-controller"
# Inputs that the credential types call secret: AWX shows a word in their place, and keeps what it has where it is sent that word.
_SECRET, _HIDDEN = ("password", "secret"), "$encrypted$"
_THERE = {"organizations": ["Default"], "credential_types": ["Machine", "Microsoft Azure Resource Manager"]}
# One template of jobs is found among those of every kind.
_KINDS = ("job_templates", "workflow_job_templates")
_ABOUT_THE_LIST = ("order_by", "page_size", "not__id")


class Controller(ThreadingHTTPServer):
    """What was laid out: objects by kind and what hangs on them, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.surveys: dict[str, Any] = {}
        self.related: dict[str, list[int]] = defaultdict(list)
        for kind, names in _THERE.items():
            for name in names:
                self.add(kind, {"name": name})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        number = 1 + sum(len(listed) for listed in self.objects.values())
        path = f"/api/v2/{kind}/{number}/"
        hanging = ("survey_spec", "credentials", "success_nodes", "always_nodes", "failure_nodes", "labels", "instance_groups")
        notifications = [f"notification_templates_{when}" for when in ("started", "success", "error", "approvals")]
        made = {
            **given,
            "id": number,
            "type": kind.rstrip("s"),
            "url": path,
            "summary_fields": {},
            "related": {name: f"{path}{name}/" for name in (*hanging, *notifications)},
        }
        if kind == "projects":
            made.update(status="successful", scm_revision="")
        self.objects[kind].append(made)
        return made

    def listed(self, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        kinds = _KINDS if kind == "unified_job_templates" else (kind,)
        wanted = {name: value for name, value in query.items() if name not in _ABOUT_THE_LIST and not name.startswith("or__")}
        either = {name.removeprefix("or__"): value for name, value in query.items() if name.startswith("or__")}
        return [
            one
            for each in kinds
            for one in self.objects[each]
            if all(self._value(one, name) == value for name, value in wanted.items())
            and (not either or any(str(one.get(name)) == value for name, value in either.items()))
        ]

    def _value(self, one: dict[str, Any], name: str) -> str:
        """What a filter compares: a property, or the name of the object whose id a property has."""
        own, _separator, of_other = name.partition("__")
        if of_other == "name":
            (value,) = (other["name"] for other in self.objects[f"{own}s"] if other["id"] == one.get(own))
            return str(value)
        return str(one.get(own))


class _Handler(BaseHTTPRequestHandler):
    server: Controller

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the objects are what is looked at."""

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def do_PATCH(self) -> None:
        self._reply()

    def _reply(self) -> None:
        split = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        path = re.fullmatch(r"/api/v2/([a-z_]+)/(?:(\d+)/(?:([a-z_]+)/)?)?", split.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, content = 401, {"detail": "Authentication credentials were not provided."}
        elif not path:
            status, content = 404, {"detail": "Not found."}
        elif path[3]:
            status, content = self._hanging(split.path, path[3], body)
        else:
            status, content = self._object(path[1], path[2], dict(parse_qsl(split.query)), body)
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _hanging(self, path: str, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        """What hangs on an object: its survey, or the ids of others."""
        if name == "survey_spec":
            if self.command == "POST":
                self.server.surveys[path] = body
            return 200, self.server.surveys.get(path, {})
        if self.command == "POST":
            self.server.related[path].append(body["id"])
            return 204, None
        ids = self.server.related[path]
        return 200, _page([{"id": one} for one in ids])

    def _object(self, kind: str, number: str | None, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if number:
            (one,) = (one for one in self.server.objects[kind] if one["id"] == int(number))
            if self.command == "PATCH":
                one.update(_kept(body, one))  # inputs as a whole: one that is not sent is gone
            return 200, _shown(one)
        if self.command == "POST":
            return 201, _shown(self.server.add(kind, body))
        return 200, _page([_shown(one) for one in self.server.listed(kind, query)])


def _kept(body: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    if "inputs" not in body:
        return body
    inputs = {name: before["inputs"][name] if value == _HIDDEN else value for name, value in body["inputs"].items()}
    return {**body, "inputs": inputs}


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    if "inputs" not in one:
        return one
    return {**one, "inputs": {name: _HIDDEN if name in _SECRET and value else value for name, value in one["inputs"].items()}}


def _page(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(found), "results": found, "next": None, "previous": None}


@contextmanager
def controller() -> Iterator[Controller]:
    """A controller that has an organization and its credential types, until the block ends."""
    server = Controller()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
