# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Farms with whatever an object may hold: each is read, taken as current, and decided, judged and reported in words."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.packed import unpack
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.parts import PARTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OnpremReading
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.states import audit as states
from tests.support.shapes import result_misfits

from ..estate import Estate
from ..support import certificate, run_action

WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
LEAD = "fe01.contoso.com"
DER = certificate().public_bytes(Encoding.DER)
ODD_TEXTS = (
    *("sfb_se01.contoso.com", "b\u00fccher.contoso.com", "*.contoso.com", "contoso.com.", "..", "a\u202eb\x07\ud800", "x" * 300),
    *("https://[", "https://a:99999/", "https://accounts.accesscontrol.windows.net/x/metadata/json/1"),
    *(states.TENANT.upper(), "ab " * 20, "\u200e" + "AB" * 20, "0" * 40, "microsoft.sts", "MICROSOFT.Exchange"),
)
TEXTS = st.one_of(st.none(), st.text(max_size=10), st.sampled_from(ODD_TEXTS))
IDENTITIES = st.one_of(st.text("a\u00df\u0130.-_\u202e", min_size=1, max_size=8), st.sampled_from(ODD_TEXTS))
ODD_TIMES = (
    *("0001-01-01T00:00:00Z", "0999-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "2026-02-03T04:05:06Z", "2099-01-01T00:00:00Z"),
    "9999-12-31T23:59:59Z",
)
TIMES = st.none() | st.sampled_from(ODD_TIMES)
FLAGS = st.none() | st.booleans()
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "flag": FLAGS,
    "time": TIMES,
    "list": st.lists(TEXTS.map(str), max_size=2),
    "typed": st.none() | st.fixed_dictionaries({"type": TEXTS.map(str), "text": TEXTS.map(str), "value": TEXTS}),
}
CONTENT = st.none() | st.sampled_from(
    [
        base64.b64encode(one).decode()
        for one in (DER, DER[:-9], DER.replace(b"contoso", b"c\xff\x00toso"), b"0\x82", b"", b"-----BEGIN CERTIFICATE-----")
    ]
)
STORED = st.fixed_dictionaries(
    {},
    optional={
        "found": FLAGS,
        "has_private_key": FLAGS,
        **dict.fromkeys(("subject", "issuer", "serial_number", "signature_algorithm"), TEXTS),
        **dict.fromkeys(("not_before", "not_after"), TIMES),
        "content": CONTENT,
        "key_type": st.sampled_from([None, "RSA", "ECDSA", "unknown", "1.2.3"]),
        "key_size": st.sampled_from([None, 0, 1024, 2048, 2**31 - 1]),
    },
)
SERVER = st.fixed_dictionaries({}, optional={"name": TEXTS, "time": TIMES, "culture": TEXTS, "powershell": TEXTS})
# Without these an object cannot be told from another, and its part is not read.
NAMES = ("Identity", "Name", "PoolFqdn", "ReplicaFqdn")


def values_of(name: str, kind: str) -> st.SearchStrategy[Any]:
    return IDENTITIES if name in NAMES else KINDS[kind.rstrip("?")]


# By what the rows are of: what is changed of one of them.
CHANGES = {
    **{
        name: st.fixed_dictionaries({}, optional={prop: values_of(prop, kind) for prop, kind in part.select.items()})
        for name, part in PARTS.items()
    },
    "version": st.fixed_dictionaries({"text": TEXTS}),
    "server": SERVER,
    "certificate_store": STORED,
    "store": STORED,
}
ODD = st.fixed_dictionaries({}, optional={name: st.lists(change, max_size=3) for name, change in CHANGES.items()})
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Answer, dict[str, Any], dict[str, Any]]]:
    """What the runner answers of a farm that is right, what onprem_info makes of another server of it, and its tenant."""
    kept: list[Answer] = []
    with pytest.MonkeyPatch.context() as patch:
        estate = Estate(states.right(), tmp_path_factory.mktemp("estate"), patch)
        others, cloud = estate.everything()
        front_end = estate._farm.front_ends[LEAD]

        def execute(module_args: dict[str, Any], **_given: Any) -> Answer:
            kept.append(json.loads(front_end.runner("CONTOSO\\sfbadmin").answer(module_args["request"])))
            return copy.deepcopy(kept[-1])

        onprem({}, execute)
    yield kept[0], others[1], cloud


def onprem(options: dict[str, Any], execute: Any) -> dict[str, Any]:
    def prepare(action: Any) -> None:
        action._execute_module = execute

    named = {"inventory_hostname": LEAD}
    return run_action("onprem_info", {"store": True, **options}, connection=WINDOWS, prepare=prepare, task_vars=named)


def changed(answer: Answer, odd: dict[str, list[dict[str, Any]]]) -> Answer:
    """The answer with these changes of its rows, one after the other; a further row is one more like the first."""
    made = copy.deepcopy(answer)
    for name, changes in odd.items():
        rows = made["answers"][name]
        template = copy.deepcopy(rows[0]) if rows else None
        for index, change in enumerate(changes):
            if index < len(rows):
                rows[index].update(change)
            elif template is not None and name not in ("server", "oauth_configuration"):
                rows.append({**template, **change})
    return made


def in_words(result: dict[str, Any]) -> dict[str, Any]:
    assert "Unexpected" not in str(result.get("msg")), result["msg"]
    json.dumps(result)
    return result


SETTINGS = (
    {"exchange_credential": False},
    {"name_form": "both", "prove": True, "names_exact_domains": ("contoso.com",), "rotation_remove_previous": True},
)


def each(kind: str, value: Any) -> dict[str, list[dict[str, Any]]]:
    """Every property of the kind with this value, in the first row of each part but for what names the object."""
    made = {
        name: [{prop: value for prop, told in part.select.items() if told.rstrip("?") == kind and prop not in NAMES}]
        for name, part in PARTS.items()
        if name != "version"
    }
    if kind == "text":
        return {**made, "version": [{"text": value}]}
    return {**made, "server": [{"time": value}], "certificate_store": [{"not_before": value, "not_after": value}]}


@pytest.mark.parametrize("chosen", SETTINGS, ids=["some", "all"])
@pytest.mark.parametrize(("kind", "value"), [*(("text", one) for one in (None, "", *ODD_TEXTS)), *(("time", one) for one in ODD_TIMES)])
def test_an_odd_value_everywhere_is_decided_judged_and_reported(read: Any, kind: str, value: Any, chosen: Any, tmp_path: Path) -> None:
    follow(read, each(kind, value), chosen, tmp_path)


@given(odd=ODD, chosen=st.sampled_from(SETTINGS))
@settings(max_examples=30)
def test_whatever_a_farm_holds_is_read_decided_judged_and_reported(
    read: Any, odd: Any, chosen: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd"
    path.mkdir(exist_ok=True)
    follow(read, odd, chosen, path)


def in_play(action: Any) -> None:
    action._task.get_play = lambda: SimpleNamespace(strategy="linear")


def play_of(hostvars: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """The variables of a play over these hosts, each of which has the settings."""
    hosts = list(hostvars)
    names = {name: {"trust_deployment": "contoso", "_trust_settings": {"settings": facts}, **found} for name, found in hostvars.items()}
    return {
        **dict.fromkeys(("ansible_play_hosts_all", "ansible_play_batch", "ansible_play_hosts"), hosts),
        "groups": {"all": hosts, "front_ends": hosts},
        "hostvars": names,
    }


def follow(read: Any, odd: dict[str, list[dict[str, Any]]], chosen: dict[str, Any], path: Path) -> None:
    """Read the farm, decide, judge, report, and see what the modules that write would do."""
    answer, other, cloud = read
    reading = in_words(onprem({}, lambda **_given: changed(answer, odd)))
    if reading.get("failed"):
        assert reading["msg"].startswith(("Get-Cs", LEAD)), reading["msg"]
        return
    assert result_misfits(reading, OnpremReading) == []
    reading = json.loads(json.dumps(reading))
    facts = Settings(deployment="contoso", **chosen).as_facts()
    token = {"tenant_id": states.TENANT, "cloud": "global", "tenant": "contoso.com", "tenant_source": "sip_domain"}
    members = {"lead": LEAD, "members": [LEAD, "fe02.contoso.com"]}
    hostvars = {LEAD: {"_trust_read": reading, "_trust_token": token}, "fe02.contoso.com": {"_trust_read": other}}
    given: dict[str, Any] = {"settings": facts, "members": members}
    task_vars = {"hostvars": hostvars}
    told = in_words(run_action("trust_servers", {"readings": "_trust_read"}, prepare=in_play, task_vars=play_of(hostvars, facts)))
    assert not told.get("failed"), told["msg"]
    plan = in_words(run_action("trust_plan", {**given, "token": token, "principals": cloud}, task_vars=task_vars))
    in_words(run_action("trust_rotation", {**given, "token": token, "cloud": cloud}, task_vars=task_vars))
    in_words(run_action("trust_removal", {**given, "token": token, "principals": cloud}, task_vars=task_vars))
    audit = in_words(run_action("trust_audit", {**given, "cloud": cloud, "expected": plan.get("expected", {})}, task_vars=task_vars))
    assert not audit.get("failed"), audit["msg"]
    audit["findings"] = unpack(audit.pop("packed"))
    differences = [step for step in plan.get("steps", []) if step["changed"]] if plan.get("steps") and "changed" in plan["steps"][0] else []
    told = {"deployment": "contoso", "audit": audit, "onprem": [reading, other], "cloud": cloud, "differences": differences}
    report = in_words(run_action("trust_report", {"audits": [told], "path": str(path)}))
    assert not report.get("failed"), report["msg"]
    for module, arguments in (
        ("oauth_server", {"tenant_id": states.TENANT}),
        ("partner_application", {}),
        (
            "oauth_configuration",
            {
                "realm": "contoso.com",
                "exchange_autodiscover_allowed_domains": ["contoso.com"],
                "exchange_autodiscover_url": "https://a.contoso.com/",
            },
        ),
        ("oauth_server", {"state": "absent"}),
        ("partner_application", {"state": "absent"}),
    ):
        done = in_words(
            run_action(
                module, {**arguments, "current": reading}, connection=WINDOWS, check_mode=True, task_vars={"inventory_hostname": LEAD}
            )
        )
        # An application with a certificate of its own is not replaced by another kind: it could not be brought back.
        assert not done.get("failed") or module == "partner_application", done["msg"]
