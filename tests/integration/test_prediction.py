# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode predicts is what the real run then does, field by field, and what a later reading finds."""

from __future__ import annotations

import base64
import copy
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.scenarios import ONPREM_EXCHANGE
from tests.lab.states import renamed, together
from tests.support.estates import host_variables, of_each
from tests.support.play import Run

CONFIGURE = "sfb.hybrid_auth.configure"
SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
ACS = "https://accounts.accesscontrol.windows.net"
RIGHT, OTHER = f"{ACS}/{TENANT}/metadata/json/1", f"{ACS}/contoso.com/metadata/json/1"
Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]


def told(run: Run) -> list[dict[str, Any]]:
    """What each task of the collection that may change something said of itself."""
    assert run.code == 0, run.output
    names = ("changed", "diff", "operations", "warnings")
    results = [
        {"task": task["name"], "host": task["host"], **{name: task["result"].get(name) for name in names}}
        for task in run.record["tasks"]
        if str(task["action"]).startswith("sfb.hybrid_auth.") and "diff" in task["result"]
    ]
    assert results
    # Servers that are at the same task answer in any order.
    return sorted(results, key=lambda entry: str(entry["host"]))


def predict_and_do(lab: Lab, run: Callable[..., Run]) -> list[dict[str, Any]]:
    """What was predicted, which is what was done then."""
    before, mark = lab.state(), lab.mark()
    predicted = told(run("--check", "--diff"))
    assert lab.state() == before
    assert [entry for entry in lab.requests(mark) if entry["write"]] == []
    assert told(run("--diff")) == predicted
    return predicted


def compare(lab: Lab, run: Callable[..., Run]) -> list[dict[str, Any]]:
    """Predict, do, and look again; what was predicted."""
    predicted = predict_and_do(lab, run)
    later = told(run("--check", "--diff"))
    assert [entry["changed"] for entry in later] == [False] * len(later)
    for entry, prediction in zip(later, predicted, strict=True):
        # A new object is shown with the defaults that it is made with; later only what the task manages is.
        promised = {name: prediction["diff"]["after"][name] for name in entry["diff"]["after"]}
        assert entry["diff"]["before"] == entry["diff"]["after"] == promised, prediction["task"]
    return predicted


def empty(_state: dict[str, Any]) -> None:
    """Nothing of the trust is there."""


def half_done(state: dict[str, Any]) -> None:
    """The tenant has everything, the farm only the OAuth server."""
    tenant, cms = state["tenants"][0], state["deployments"][0]["cms"]
    for principal in tenant["service_principals"]:
        principal["accountEnabled"] = True
    tenant["service_principals"][0]["servicePrincipalNames"] += [f"{SKYPE}/{host}.contoso.com" for host in ("webdir", "webext", "webext2")]
    cms["oauth_servers"] = [{"Identity": "microsoft.sts", "Name": "microsoft.sts", "MetadataUrl": RIGHT, "Realm": TENANT, "Type": "Acs"}]


def drifted(state: dict[str, Any]) -> None:
    """Everything is there and each part of it is wrong, spelled in other letter cases where that does not matter."""
    farm, tenant = state["deployments"][0], state["tenants"][0]
    expired = {"subject": "CN=old.contoso.com", "not_before": "2020-01-01T00:00:00Z", "not_after": "2021-01-01T00:00:00Z"}
    certificates.complete(expired)
    old = certificates.load(expired)
    tenant["service_principals"][0]["keyCredentials"] = [
        {
            "keyId": str(uuid.uuid4()),
            "customKeyIdentifier": certificates.thumbprint(old),
            "displayName": "CN=old.contoso.com",
            "startDateTime": "2020-01-01T00:00:00Z",
            "endDateTime": "2021-01-01T00:00:00Z",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": base64.b64encode(old.public_bytes(Encoding.DER)).decode(),
        }
    ]
    tenant["service_principals"][0]["servicePrincipalNames"].append(f"{SKYPE.upper()}/WEBEXT.Contoso.com")
    farm["cms"]["oauth_servers"] = [
        {"Identity": "Microsoft.STS", "Name": "Microsoft.STS", "MetadataUrl": OTHER, "Realm": "contoso.com", "Type": "Acs"}
    ]
    farm["cms"]["partner_applications"] = [
        {
            "Identity": "Microsoft.Exchange",
            "Name": "Microsoft.Exchange",
            "ApplicationIdentifier": "00000003-0000-0ff1-ce00-000000000000",
            "ApplicationTrustLevel": "User",
            "Enabled": False,
            "AuthToken": {"type": "Settings.SSAuth.MetadataUrl", "value": OTHER},
        }
    ]
    farm["cms"]["oauth_configuration"]["ServiceName"] = "00000003-0000-0ff1-ce00-000000000000"


# How a deployment is found, and how many tasks change something then.
FOUND: dict[str, tuple[Callable[[dict[str, Any]], None], int]] = {"empty": (empty, 6), "half": (half_done, 3), "drifted": (drifted, 6)}


@pytest.mark.either_runner
def test_configure_predicts_what_it_does(start: Start, play: Play, greenfield: dict[str, Any], tmp_path: Path) -> None:
    estates = []
    for name, (change, _changes) in FOUND.items():
        estate = copy.deepcopy(greenfield)
        change(estate)
        estates.append(renamed(estate, name))
    lab = start(together(*estates))
    # What is another's in the drifted one is taken over by name.
    mine = host_variables(
        tmp_path, of_each({"drifted": {"trust_takeover": ["Microsoft.Exchange", "00000003-0000-0ff1-ce00-000000000000"]}})
    )
    predicted = predict_and_do(lab, lambda *options: play(lab, CONFIGURE, *mine, *options))
    changed = Counter(entry["host"].split(".")[1] for entry in predicted if entry["changed"])
    assert changed == {name: changes for name, (_change, changes) in FOUND.items()}
    # The deployments are right now: nothing is predicted, and doing nothing is done as well.
    after, mark = lab.state(), lab.mark()
    for mode in (["--check"], []):
        later = play(lab, CONFIGURE, "--diff", *mine, *mode)
        assert (later.code, later.total("changed")) == (0, 0), later.output
        assert [summary["changed"] for summary in later.fact("trust_summary")] == [False] * len(FOUND)
    assert lab.state() == after
    assert [entry for entry in lab.requests(mark) if entry["write"]] == []


def server(name: str, **changed: Any) -> dict[str, Any]:
    return {"Identity": name, "Name": name, "MetadataUrl": OTHER, "Realm": TENANT, "Type": "Acs", **changed}


def application(name: str, token: str = "UseOAuthServer", value: str | None = None, **changed: Any) -> dict[str, Any]:
    entry = {"Identity": name, "Name": name, "ApplicationIdentifier": EXCHANGE, "ApplicationTrustLevel": "Full", "Enabled": True}
    return {**entry, "AuthToken": {"type": f"Settings.SSAuth.{token}", "value": value}, **changed}


def principal(number: int, **changed: Any) -> dict[str, Any]:
    app_id = f"0000000{number}-0000-4000-8000-000000000000"
    entry = {"id": f"b3f1c6a0-0000-4000-8000-00000000001{number}", "appId": app_id, "displayName": f"Application {number}"}
    return {**entry, "accountEnabled": True, "servicePrincipalNames": [app_id], "keyCredentials": [], "passwordCredentials": [], **changed}


@pytest.mark.best_runner
def test_every_module_predicts_what_it_does(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    farm, tenant = greenfield["deployments"][0], greenfield["tenants"][0]
    farm["cms"]["oauth_servers"] = [
        server("set"),
        server("replaced", Realm="fabrikam.com"),
        server("removed"),
        server("kept", MetadataUrl=RIGHT),
    ]
    farm["cms"]["partner_applications"] = [
        application("set", Enabled=False),
        application("replaced", ApplicationIdentifier=SKYPE),
        application("other source", "MetadataUrl", OTHER),
        application("another product", "MetadataUrl", OTHER, ApplicationIdentifier=SKYPE),
        application("removed"),
        application("kept"),
    ]
    farm["cms"]["oauth_configuration"] = {
        "Realm": "contoso.com",
        "ExchangeAutodiscoverUrl": "https://old.contoso.com/",
        "ExchangeAutodiscoverAllowedDomains": "*.contoso.com",
    }
    farm["certificates"]["next"] = {"subject": "CN=contoso.com", "days": 900}
    certificates.complete(farm["certificates"]["next"])
    farm["front_ends"][0]["store"].append("next")
    staged = certificates.thumbprint(certificates.load(farm["certificates"]["next"]))
    effective = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%dT%H:00:00Z")
    made: dict[str, Any] = {"subject": "CN=partner.fabrikam.com"}
    certificates.complete(made)
    content = base64.b64encode(certificates.load(made).public_bytes(Encoding.DER)).decode()
    (foreign,) = copy.deepcopy(tenant["service_principals"][1]["keyCredentials"])
    over = {**foreign, "keyId": str(uuid.uuid4()), "endDateTime": "2025-05-01T08:00:00Z", "displayName": "CN=over"}
    tenant["service_principals"] += [
        principal(1, keyCredentials=[foreign]),
        principal(2, keyCredentials=[foreign, over]),
        principal(3, keyCredentials=[foreign, over]),
        principal(4),
        principal(5),
        principal(6, accountEnabled=False),
        principal(7),
        principal(8),
    ]
    tenant["service_principals"][-5]["servicePrincipalNames"] += ["https://partner.fabrikam.com/"]
    tenant["service_principals"][-4]["servicePrincipalNames"] += [f"{principal(5)['appId']}/partner.fabrikam.com", "Partner"]
    tenant["service_principals"][-1]["servicePrincipalNames"] += [
        "https://gone.contoso.com/",
        f"{principal(8)['appId']}/other.fabrikam.com",
    ]
    by_number = {number: principal(number)["appId"] for number in range(1, 9)}
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("oauth_server", {"name": "created", "tenant_id": TENANT, "accept_security_identifier_information": True}),
        ("oauth_server", {"name": "SET", "tenant_id": TENANT, "authorization_uri_override": "https://login.contoso.com/"}),
        ("oauth_server", {"name": "replaced", "tenant_id": TENANT, "realm": TENANT}),
        ("oauth_server", {"name": "removed", "state": "absent"}),
        ("oauth_server", {"name": "never there", "state": "absent"}),
        ("oauth_server", {"name": "kept", "tenant_id": TENANT.upper()}),
        ("partner_application", {"name": "created"}),
        ("partner_application", {"name": "created with certificate", "certificate": content, "realm": "fabrikam.com"}),
        ("partner_application", {"name": "set", "enabled": True, "trust_level": "User"}),
        ("partner_application", {"name": "replaced", "use_oauth_server": True}),
        ("partner_application", {"name": "other source", "metadata_url": RIGHT}),
        ("partner_application", {"name": "on premises", "metadata_url": ONPREM_EXCHANGE, "metadata_application_id": EXCHANGE}),
        ("partner_application", {"name": "another product", "metadata_url": ONPREM_EXCHANGE, "metadata_application_id": EXCHANGE}),
        ("partner_application", {"name": "removed", "state": "absent"}),
        ("partner_application", {"name": "kept", "use_oauth_server": True, "enabled": True}),
        (
            "oauth_configuration",
            {"service_name": SKYPE, "exchange_autodiscover_url": "", "exchange_autodiscover_allowed_domains": ["fabrikam.com"]},
        ),
        ("sp_credential", {"app_ids": [by_number[1]], "certificate_content": content, "display_name": "CN=partner"}),
        ("sp_credential", {"app_ids": [by_number[2]], "state": "absent", "key_id": foreign["keyId"]}),
        ("sp_credential", {"app_ids": [by_number[3]], "certificate_content": content, "remove_expired": True}),
        ("sp_names", {"app_id": by_number[4], "names": ["webext.contoso.com", "https://Partner.fabrikam.com/"]}),
        ("sp_names", {"app_id": by_number[5], "names": ["partner.fabrikam.com"], "state": "absent"}),
        (
            "sp_names",
            {"app_id": by_number[8], "names": ["webext.contoso.com"], "form": "both", "state": "exact", "domains": ["contoso.com"]},
        ),
        ("onprem_certificate", {"thumbprint": staged, "effective_date": effective, "check_tenant": False}),
        ("sp_account", {"app_id": by_number[6]}),
        ("sp_account", {"app_id": by_number[7], "enabled": False}),
    ]
    lab = start(greenfield)
    sign_in = {
        "tenant": "contoso.com",
        "client_id": lab.info["tenants"][0]["client_id"],
        "client_secret": lab.info["tenants"][0]["client_secret"],
        **{name: lab.info[name] for name in ("login_url", "graph_url", "ca_path")},
    }
    # Of the modules that have several, each second task is given what was read, and the others read it themselves.
    read: dict[str, Any] = {"current": "{{ farm }}"}
    tasks: list[dict[str, Any]] = [
        {"name": "Read", "sfb.hybrid_auth.onprem_info": {"gather": ["oauth_servers", "partner_applications"]}, "register": "farm"}
    ]
    for index, (module, options) in enumerate(wanted):
        more = sign_in if module.startswith("sp_") else read if module in ("oauth_server", "partner_application") and index % 2 else {}
        tasks.append({"name": f"{module} {index}", f"sfb.hybrid_auth.{module}": {**options, **more}})
    predicted = compare(lab, lambda *options: play(lab, tasks, "--limit", "fe01.contoso.com", *options))
    unchanged = [wanted[index] for index, entry in enumerate(predicted) if not entry["changed"]]
    assert [options["name"] for _module, options in unchanged] == ["never there", "kept", "kept"]


def beside(state: dict[str, Any], name: str) -> None:
    """A second deployment of the same tenant, like the first one, with Front Ends of its own."""
    other = copy.deepcopy(state["deployments"][0])
    other["name"] = name
    for front_end in other["front_ends"]:
        front_end["name"] = front_end["name"].replace(".contoso.com", f".{name}.contoso.com")
    state["deployments"].append(other)


@pytest.mark.either_runner
def test_what_two_deployments_of_a_tenant_do_once_is_predicted_once(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    beside(greenfield, "second")
    lab = start(greenfield)
    # With one fork it is the same deployment each time that comes first.
    predicted = predict_and_do(lab, lambda *options: play(lab, CONFIGURE, "--forks", "1", *options))
    assert play(lab, CONFIGURE, "--check").total("changed") == 0
    enabling = [entry for entry in predicted if entry["operations"] and entry["operations"][0].startswith("enable ")]
    assert len(enabling) == 1


@pytest.mark.either_runner
def test_a_task_with_check_mode_in_a_run_that_writes_asks_each_time(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    sign_in = {
        "tenant": "contoso.com",
        "client_id": lab.info["tenants"][0]["client_id"],
        "client_secret": lab.info["tenants"][0]["client_secret"],
        **{name: lab.info[name] for name in ("login_url", "graph_url", "ca_path")},
    }
    ask = {"name": "Ask", "sfb.hybrid_auth.sp_account": sign_in, "check_mode": True}
    run = play(lab, [ask, ask, {**ask, "check_mode": False}, ask], "--limit", "fe01.contoso.com")
    assert [entry["changed"] for entry in told(run)] == [True, True, True, False]
