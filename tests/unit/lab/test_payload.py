# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module is found in what each ansible-core sends, whose forms differ."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from tests.lab.winrm.payload import ModulePayload, parse_module_payload

ARGUMENTS = {"request": '{"calls": []}', "_ansible_module_name": "sfb.hybrid_auth.cs_invoke", "_ansible_check_mode": True}
BECOME = {"name": "become_wrapper.ps1", "params": {"BecomeUser": "CONTOSO\\admin"}}


def sent(head: str, body: bytes) -> bytes:
    return head.encode() + b"\n\0\0\0\0\n" + body


def before_2_19() -> bytes:
    document = {"module_entry": "...", "module_args": ARGUMENTS, "become_user": "CONTOSO\\admin"}
    return sent("&chcp.com 65001 > $null", json.dumps(document).encode())


def since_2_19() -> bytes:
    wrapper = {"name": "module_wrapper.ps1", "params": {"Variables": [{"Name": "complex_args", "Value": ARGUMENTS}]}}
    return sent("{}", json.dumps({"actions": [BECOME, wrapper]}).encode())


def since_2_22(*, compressed: bool) -> bytes:
    wrapper = {"name": "module_wrapper.ps1", "params": {"ArgumentJSON": json.dumps(ARGUMENTS)}}
    body = json.dumps({"actions": [BECOME, wrapper]}).encode()
    body = base64.b64encode(gzip.compress(body)) if compressed else body
    return sent("{}", body)


@pytest.mark.parametrize("stdin", [before_2_19(), since_2_19(), since_2_22(compressed=False), since_2_22(compressed=True)])
def test_the_module_is_found_with_its_options_and_its_user(stdin: bytes) -> None:
    assert parse_module_payload(stdin) == ModulePayload(
        "sfb.hybrid_auth.cs_invoke", {"request": ARGUMENTS["request"]}, "CONTOSO\\admin", check_mode=True
    )


def test_what_is_no_module_is_told_from_one() -> None:
    assert parse_module_payload(b"hostname") is None
