# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said where a service cannot be talked to, and whether it may have acted all the same."""

from __future__ import annotations

from typing import Any

import pytest
from requests import exceptions
from urllib3 import HTTPResponse, HTTPSConnectionPool
from urllib3.exceptions import IncompleteRead, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, UnansweredError, reaching, repeated_for
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

HOST = "graph.microsoft.com"
POOL: Any = HTTPSConnectionPool(HOST)
RESET = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def repeated(reason: Exception) -> exceptions.ConnectionError:
    """What requests makes of a request that failed so each time."""
    return exceptions.ConnectionError(MaxRetryError(POOL, "/v1.0/servicePrincipals", reason))


@pytest.mark.parametrize(
    ("raised", "said", "sent"),
    [
        (exceptions.ConnectTimeout(), "did not answer in time.", False),
        (exceptions.ReadTimeout(), "did not answer in time.", True),
        (repeated(ReadTimeoutError(POOL, "/", "Read timed out. (read timeout=60)")), "did not answer in time.", True),
        (
            repeated(NewConnectionError(POOL, "Failed to establish a new connection: [Errno 111] Connection refused")),
            "cannot be reached from the controller: Failed to establish a new connection: [Errno 111] Connection refused.",
            False,
        ),
        (repeated(RESET), "cannot be reached from the controller: [Errno 104] Connection reset by peer.", True),
        (exceptions.ConnectionError(RESET), "cannot be reached from the controller: [Errno 104] Connection reset by peer.", True),
        (
            OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /etc/none.pem"),
            "was not asked: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/none.pem.",
            False,
        ),
        (
            exceptions.ChunkedEncodingError(ProtocolError("Connection broken", IncompleteRead(10, 20))),
            "broke off its answer: IncompleteRead(10 bytes read, 20 more expected).",
            True,
        ),
    ],
)
def test_a_failure_names_the_host_and_not_an_object_of_the_program(raised: Exception, said: str, sent: bool) -> None:
    with pytest.raises(HybridAuthError) as caught, reaching(f"https://{HOST}/v1.0/servicePrincipals"):
        raise raised
    assert caught.value.message == f"{HOST} {said}"
    assert caught.value.remedy
    assert isinstance(caught.value, UnansweredError) is sent


@pytest.mark.parametrize(
    "asked",
    [{"response": HTTPResponse(status=429, headers={"Retry-After": "20"})}, {"error": ReadTimeoutError(POOL, "/", "Read timed out.")}],
)
def test_nothing_is_repeated_beyond_the_time_that_a_task_has(asked: dict[str, Any]) -> None:
    retries = HttpSession.adapter().max_retries
    assert retries.increment("GET", "/", _pool=POOL, **asked).total == retries.total - 1
    with repeated_for(30):
        assert retries.increment("GET", "/", _pool=POOL, **asked).total == retries.total - 1
    with repeated_for(6 if "response" in asked else 0), pytest.raises(MaxRetryError):
        retries.increment("GET", "/", _pool=POOL, **asked)
