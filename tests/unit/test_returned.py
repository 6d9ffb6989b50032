# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules return is what their documentation says, key by key, and what the types say that the code is checked against."""

from __future__ import annotations

import copy
import importlib
import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import shapes as farm
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import shapes as tenant
from tests.lab.state import GREENFIELD
from tests.lab.states import audit as states
from tests.support.shapes import misfits, undocumented, undocumented_keys
from tests.unit.estate import Estate
from tests.unit.support import certificate, pem

WHOLE = {"onprem_info": farm.OnpremReading, "sp_info": tenant.PrincipalsReading, "app_policy_info": tenant.Refusals}
PARTS: dict[tuple[str, str], Any] = {
    ("oauth_server", "oauth_server"): farm.OAuthServer | None,
    ("partner_application", "partner_application"): farm.PartnerApplication | None,
    ("oauth_configuration", "oauth_configuration"): farm.OAuthConfiguration,
    ("onprem_certificate", "certificate"): farm.PreparedCertificate | None,
    ("onprem_certificate", "signing"): farm.Signing,
    ("sp_credential", "service_principals"): list[tenant.ServicePrincipal],
    ("sp_credential", "applications"): list[tenant.ApplicationKeys],
    ("sp_names", "service_principals"): list[tenant.ServicePrincipal],
    ("sp_account", "service_principals"): list[tenant.ServicePrincipal],
}


def returned(module: str) -> dict[str, Any]:
    source = importlib.import_module(f"ansible_collections.sfb.hybrid_auth.plugins.modules.{module}")
    return dict(yaml.safe_load(source.RETURN))


@pytest.mark.parametrize("module", WHOLE)
def test_the_documentation_of_what_is_read_is_its_type(module: str) -> None:
    assert list(undocumented_keys(returned(module), WHOLE[module], module)) == []


@pytest.mark.parametrize(("module", "key"), PARTS, ids=".".join)
def test_the_documentation_of_what_is_written_is_its_type(module: str, key: str) -> None:
    assert list(undocumented(returned(module)[key], PARTS[module, key], f"{module}.{key}")) == []


def _contained(entries: dict[str, Any]) -> list[tuple[frozenset[str], dict[str, Any]]]:
    found = []
    for entry in entries.values():
        inner = entry.get("contains")
        if inner:
            found += [(frozenset(inner), inner), *_contained(inner)]
    return found


def _lines(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


def test_the_same_shape_is_described_in_the_same_words() -> None:
    modules = {*WHOLE, *(module for module, _key in PARTS)}
    known: dict[frozenset[str], dict[str, Any]] = {}
    for keys, entries in (one for module in sorted(modules) for one in _contained(returned(module))):
        words = {name: " ".join(_lines(entry["description"])) for name, entry in entries.items()}
        assert known.setdefault(keys, words) == words


APPLICATION = {"application_id": "00000002-0000-0ff1-ce00-000000000000", "trust_level": "Full"}
STORED = {"state": "in_store", "source": "self_signed", "subject": "CN=contoso.com"}
ASSIGNED = {"source": "self_signed", "subject": "CN=contoso.com", "check_tenant": False}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "an OAuth server": ("oauth_server", {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}),
    "no OAuth server": ("oauth_server", {"state": "absent"}),
    "a partner application": ("partner_application", {"name": "microsoft.exchange", **APPLICATION}),
    "no partner application": ("partner_application", {"name": "microsoft.exchange", "state": "absent"}),
    "the OAuth configuration": ("oauth_configuration", {"service_name": "00000004-0000-0ff1-ce00-000000000000"}),
    "a certificate in the store": ("onprem_certificate", STORED),
    "a certificate that is staged": ("onprem_certificate", {**ASSIGNED, "state": "assigned"}),
    "the previous certificate": ("onprem_certificate", {"state": "previous_absent"}),
    "a certificate of an earlier roll": ("onprem_certificate", {"state": "store_absent", "thumbprints": ["AB" * 20]}),
    "a credential": ("sp_credential", {"certificate_content": pem(certificate())}),
    "names": ("sp_names", {"app_id": "00000004-0000-0ff1-ce00-000000000000", "names": ["webext.contoso.com"]}),
    "an account": ("sp_account", {"app_id": "00000002-0000-0ff1-ce00-000000000000", "enabled": True}),
}


@pytest.mark.parametrize("check_mode", [True, False], ids=["predicted", "done"])
@pytest.mark.parametrize("state", ["greenfield", "right"])
@pytest.mark.parametrize("task", TASKS)
def test_what_is_written_is_returned_in_its_shape(
    task: str, state: str, check_mode: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = json.loads(GREENFIELD.read_text(encoding="utf-8")) if state == "greenfield" else states.right()
    estate = Estate(made, tmp_path, monkeypatch)
    module, options = TASKS[task]
    before = copy.deepcopy(estate.data)
    if module.startswith("sp_"):
        result = estate.in_tenant(module, options, check_mode=check_mode)
    else:
        result = estate.on_server("fe01.contoso.com", module, options, check_mode=check_mode)
    assert not check_mode or estate.data == before
    keys = [key for name, key in PARTS if name == module and (key in result or key != "applications")]
    assert [problem for key in keys for problem in misfits(result[key], PARTS[module, key], key)] == []


@pytest.mark.parametrize(
    ("value", "hint", "said"),
    [
        ({"name": "contoso.com"}, farm.SipDomain, ["x.default is missing"]),
        ({"name": "contoso.com", "default": None, "more": 1}, farm.SipDomain, ["x.more is not in the type"]),
        ({"name": None, "default": True}, farm.SipDomain, ["x.name is null"]),
        ({"name": "contoso.com", "default": 1}, farm.SipDomain, ["x.default is a int, not a bool"]),
        ([{"name": "contoso.com", "default": 1}], list[farm.SipDomain], ["x[0].default is a int, not a bool"]),
        ("contoso.com", list[str], ["x is no list"]),
        ({}, farm.Gathered, []),
    ],
)
def test_a_value_that_is_not_of_its_type_is_seen(value: Any, hint: Any, said: list[str]) -> None:
    assert list(misfits(value, hint, "x")) == said


def test_a_key_that_is_documented_wrongly_is_seen() -> None:
    entries = {"name": {"description": "The domain; V(null) at times.", "type": "str"}, "other": {"description": "x", "type": "str"}}
    assert list(undocumented_keys(entries, farm.SipDomain, "x")) == [
        "x.default is not documented",
        "x.other is documented, but not in the type",
        "x.name: it is said to be null, which it never is",
    ]
    assert list(undocumented({"description": "x", "type": "list", "elements": "str"}, bool | None, "x")) == [
        "x: it may be null, which is not said",
        "x: it is said to be ('list', 'str'), but is a bool",
    ]


def test_every_part_that_is_gathered_is_in_the_type() -> None:
    assert set(get_type_hints(farm.Gathered)) <= set(get_type_hints(farm.OnpremReading))
