# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server of the lab's cloud: every request gets an answer, whatever its method and however its body comes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.lab.cloud.https import Answer, HttpsServer, Request


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    def handle(request: Request) -> Answer:
        return Answer(content={"method": request.method, "body": request.body.decode()})

    made = HttpsServer(handle, None)
    yield made
    made.stop()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_reaches_the_handler(server: HttpsServer, method: str) -> None:
    assert requests.request(method, server.url, data="x", timeout=10).json() == {"method": method, "body": "x"}


def test_head_has_no_body_and_the_connection_goes_on(server: HttpsServer) -> None:
    with requests.Session() as session:
        head = session.head(server.url, timeout=10)
        assert (head.content, int(head.headers["Content-Length"])) == (b"", len('{"method": "HEAD", "body": ""}'))
        assert session.get(server.url, timeout=10).json()["method"] == "GET"


def test_a_body_may_come_in_chunks(server: HttpsServer) -> None:
    with requests.Session() as session:
        for _time in range(2):
            pieces: Any = iter([b"a" * 10, b"b"])
            assert session.post(server.url, data=pieces, timeout=10).json()["body"] == "a" * 10 + "b"


@pytest.mark.parametrize("header", ["Content-Length: x", "Transfer-Encoding: chunked\r\n\r\nzz"])
def test_a_length_that_is_none_is_answered(server: HttpsServer, header: str) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=10) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
