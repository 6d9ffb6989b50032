# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the tenant's own applications the audit takes for the farm's, and what it says of those that may open every mailbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import hint
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW, run_action
from .test_audit import DEFAULTS

State = dict[str, Any]
DEDICATED, PERMISSION = "principal.dedicated_application", "principal.application_permission"
SFB = f"{states.HYBRID} (SfB hybrid)"


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[dict[str, str]]]]:
    def judge(
        state: State, named: str | None = None, cloud: dict[str, Any] | None = None, **expected: Any
    ) -> dict[str, list[dict[str, str]]]:
        estate = Estate(state, tmp_path, monkeypatch)
        servers, _cloud = estate.everything()
        read = cloud or estate.cloud(application_permissions=True, dedicated_application=named)
        wanted = {**states.RIGHT_EXPECTED, "dedicated_application": named, **expected}
        result = run_action("trust_audit", {"onprem": servers, "cloud": read, "expected": wanted})
        found: dict[str, list[dict[str, str]]] = {}
        for one in result["findings"]:
            found.setdefault(one["id"], []).append(one)
        return found

    return judge


Audited = Callable[..., dict[str, list[dict[str, str]]]]


def own(state: State) -> dict[str, Any]:
    return states.entry("elsewhere", states.farm(state)["certificates"]["issuer"])


def test_the_farms_certificate_on_the_service_principal_serves_as_well(audited: Audited) -> None:
    state = states.right()
    states.dedicated(state)["keyCredentials"] = []
    states.principal(state, states.HYBRID)["keyCredentials"] = [own(state)]
    (found,) = audited(state)[DEDICATED]
    assert (found["status"], found["actual"].startswith(SFB)) == ("pass", True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: states.dedicated(state).update(keyCredentials=[]), "lacks the farm's certificate"),
        (
            lambda state: states.dedicated(state).update(displayName=states.EXCHANGE_SERVERS, keyCredentials=[]),
            "named like Exchange Server's own",
        ),
        (lambda state: states.principal(state, states.HYBRID).update(accountEnabled=False), "its service principal is disabled"),
        (lambda state: states.dedicated(state)["keyCredentials"][0].update(endDateTime=states.at(-1)), "ended on"),
    ],
)
def test_what_keeps_an_application_from_being_the_farms_is_told(audited: Audited, change: Callable[[State], None], told: str) -> None:
    state = states.right()
    change(state)
    (found,) = audited(state)[DEDICATED]
    assert found["status"] == "warn"
    assert told in found["actual"]


def test_a_staged_certificate_belongs_on_it_before_it_signs(audited: Audited) -> None:
    state = states.right()
    states.staged(state, 20)
    (found,) = audited(state)[DEDICATED]
    assert (found["status"], ", and the staged " in found["actual"]) == ("pass", True)
    states.dedicated(state)["keyCredentials"].pop()
    (found,) = audited(state)[DEDICATED]
    assert (found["status"], ", lacks " in found["actual"], "object: application" in found["remedy"]) == ("warn", True, True)


def test_the_application_that_is_named_is_the_only_one_that_counts(audited: Audited) -> None:
    state = states.right()
    other = "40000000-0000-4000-8000-000000000000"
    states.add_application(state, other, "Spare")
    for named in (states.HYBRID, "sfb hybrid", "SfB hybrid"):
        assert [one["status"] for one in audited(state, named)[DEDICATED]] == ["pass"]
    (found,) = audited(state, other)[DEDICATED]
    assert (found["status"], found["actual"]) == ("warn", f"{other} (Spare): lacks the farm's certificate")
    assert found["heading"] == "The application that trust_dedicated_application names lacks the farm's certificate"
    assert "so put the farm's certificate on it" in found["remedy"], "it is named, so nobody is told to name it"
    (found,) = audited(state, "Fabrikam")[DEDICATED]
    assert (found["status"], found["actual"]) == ("warn", "the tenant owns no application Fabrikam")
    assert found["remedy"].startswith("Correct trust_dedicated_application")
    states.add_application(state, "50000000-0000-4000-8000-000000000000", "Spare")
    (found,) = audited(state, "Spare")[DEDICATED]
    assert (found["status"], found["remedy"]) == ("warn", "Name it by its application id.")


def test_one_without_the_permission_is_the_farms_where_it_is_named(audited: Audited) -> None:
    state = states.right()
    state["tenants"][0]["app_role_assignments"] = []
    found = audited(state)
    assert [one["status"] for one in found[DEDICATED]] == ["warn"]
    assert [(one["status"], one["actual"]) for one in found[PERMISSION]] == [
        ("pass", "no application and no managed identity has full_access_as_app")
    ]
    found = audited(state, states.HYBRID)
    assert [one["status"] for one in found[DEDICATED]] == ["pass"]


def test_every_application_with_the_permission_is_listed_with_what_signs_in_as_it(audited: Audited) -> None:
    state = states.right()
    states.add_application(state, "40000000-0000-4000-8000-000000000000", states.EXCHANGE_SERVERS)
    states.add_application(
        state, "50000000-0000-4000-8000-000000000000", "Archive", states.entry("archive", states.made("CN=fabrikam.com"))
    )
    secret = {
        "keyId": "60000000-0000-4000-8000-000000000000",
        "displayName": "tape",
        "startDateTime": states.at(-9),
        "endDateTime": states.at(99),
    }
    state["tenants"][0]["applications"][-1]["graph"]["passwordCredentials"] = [secret]
    farms, exchange, archive = audited(state)[PERMISSION]
    assert (farms["subject"], farms["status"], exchange["status"], archive["status"]) == (SFB, "pass", "warn", "warn")
    assert "named like Exchange Server's own: no certificate, no secret and no federated credential" in exchange["actual"]
    assert re.search("until", farms["actual"]) and not re.search("until.*until", farms["actual"])
    assert "named CN=fabrikam.com" in archive["actual"]
    assert "a secret tape (key id 60000000-0000-4000-8000-000000000000), of an unknown owner" in archive["actual"]
    known = {states.entry("archive", states.made("CN=fabrikam.com"))["customKeyIdentifier"]: "the archive", secret["keyId"]: "the archive"}
    assert [one["status"] for one in audited(state, known_thumbprints=known)[PERMISSION]] == ["pass", "warn", "pass"]


@pytest.mark.parametrize("hidden", [(0,), (1,), (0, 1)])
def test_a_certificate_that_only_an_identifier_tells_passes_nothing(audited: Audited, hidden: tuple[int, ...]) -> None:
    state = states.right()
    states.staged(state, 20)
    assert audited(state)[DEDICATED][0]["status"] == "pass"
    for number in hidden:
        states.dedicated(state)["keyCredentials"][number]["key"] = None
    (found,), (permission,) = (audited(state)[rule] for rule in (DEDICATED, PERMISSION))
    assert (found["status"], permission["status"]) == ("skip", "skip")
    assert "Microsoft Graph does not give its certificate" in found["actual"]
    key_ids = {key["keyId"]: "the farm" for key in states.dedicated(state)["keyCredentials"]}
    (permission,) = audited(state, known_thumbprints=key_ids)[PERMISSION]
    assert permission["status"] == "pass", "the owner is told by the key id"


def test_the_application_that_is_named_is_not_to_be_named_again(audited: Audited) -> None:
    state = states.right()
    state["tenants"][0]["applications"][-1]["federated_credentials"] = [
        {"id": "60000000-0000-4000-8000-000000000000", "issuer": None, "name": "jobs", "subject": None, "audiences": []}
    ]
    for named, part in ((None, "If it is the farm's, name it"), ("SfB hybrid", "trust_dedicated_application names it, so ask")):
        (found,) = audited(state, named)[PERMISSION]
        assert (found["status"], part in found["remedy"]) == ("warn", True)
        assert "issuer not told, subject" in found["actual"]


@pytest.mark.parametrize("subject", ["system:serviceaccount:jobs:archive", None])
def test_a_federated_credential_signs_in_as_the_application(audited: Audited, subject: str | None) -> None:
    state, told = states.right(), {"id": "60000000-0000-4000-8000-000000000000", "issuer": "https://sts.fabrikam.com", "name": "jobs"}
    state["tenants"][0]["applications"][-1]["federated_credentials"] = [
        {**told, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}
    ]
    (found,) = audited(state)[PERMISSION]
    assert (found["subject"], found["status"]) == (SFB, "warn")
    assert found["heading"] == "An application that may open every mailbox has a federated credential of an unknown owner"
    shown = f"a federated credential jobs (id {told['id']}), issuer {told['issuer']}, subject {subject or 'not told by Graph v1.0'}"
    assert f"{shown}, of an unknown owner" in found["actual"]
    (found,) = audited(state, known_thumbprints={told["id"]: "the archive"})[PERMISSION]
    assert (found["status"], f"{shown}, the archive" in found["actual"]) == ("pass", True)


def test_federated_credentials_that_were_not_read_are_not_none(audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Estate(states.right(), tmp_path, monkeypatch).cloud(application_permissions=True)
    del read["applications"][0]["federated_credentials"]
    (found,) = audited(states.right(), cloud=read)[PERMISSION]
    assert found["status"] == "skip"


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("ManagedIdentity", "A managed identity may open every mailbox"),
        ("Application", "A service principal without an application object may open every mailbox"),
        (None, "A service principal without an application object may open every mailbox"),
    ],
)
def test_a_service_principal_without_an_application_object_is_named(
    kind: str | None, heading: str, audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Estate(states.right(), tmp_path, monkeypatch).cloud(application_permissions=True)
    made = {"app_id": "30000000-0000-4000-8000-000000000000", "id": "A0000000-0000-4000-8000-000000000000", "display_name": "archive-vm"}
    there = {**read, "identities": [{**made, "type": kind, "account_enabled": False}]}
    found = audited(states.right(), cloud=there)[PERMISSION][-1]
    assert (found["status"], found["heading"]) == ("warn", heading)
    assert "archive-vm" in found["subject"]
    assert "disabled" in found["actual"]
    assert "trust_known_thumbprints" in found["remedy"]
    known = audited(states.right(), cloud=there, known_thumbprints={made["id"]: "the archive"})[PERMISSION][-1]
    assert (known["status"], "the archive" in known["actual"]) == ("pass", True)
    del there["identities"]
    assert audited(states.right(), cloud=there)[PERMISSION][-1]["status"] == "skip"


def test_what_was_not_read_passes_nothing(audited: Audited) -> None:
    state = states.right()
    cloud = {"service_principals": [], "missing": [], "applications": [], "applications_problem": "Microsoft Graph did not give it: 403."}
    for told in (cloud, {"service_principals": [], "missing": []}):
        found = audited(state, cloud=told)
        assert {one["status"] for one in (*found[DEDICATED], *found[PERMISSION])} == {"skip"}


@pytest.mark.parametrize(("value", "may"), [(states.HYBRID, True), (states.EXCHANGE, False), ("contoso", False)])
def test_an_id_that_is_unknown_may_be_a_dedicated_applications(audited: Audited, value: str, may: bool) -> None:
    state = states.right()
    states.cms(state, "oauth_configuration", ServiceName=value)
    states.cms(state, "partner_applications", ApplicationIdentifier=value)
    found = audited(state)
    (service,) = found["oauth_configuration.service_name"]
    assert ("may be a dedicated application's" in service["actual"]) is may
    (partner,) = found["partner_application.application_id"]
    assert ("may be a dedicated application's" in partner["actual"]) is may


def test_a_key_of_exchange_servers_on_the_shared_principal_may_be_the_wizards(audited: Audited) -> None:
    state = states.right()
    states.foreign(state, states.EXCHANGE)
    states.add_key(state, states.EXCHANGE, "archive", states.made("CN=archive.fabrikam.com"))
    archive, exchange = sorted(audited(state)["credential.shared_foreign"], key=lambda one: "Exchange Server's" in one["actual"])
    assert exchange["actual"] == "a foreign key; by its subject it is likely Exchange Server's"
    assert f'"{exchange["actual"]}"' in (Path(__file__).parents[3] / "docs" / "shared-principal.md").read_text(encoding="utf-8")
    assert "Hybrid Configuration Wizard" in exchange["remedy"]
    assert "Wizard" not in archive["remedy"]


@pytest.mark.parametrize(
    ("subject", "maker"),
    [
        ("CN=CLI-Login", "Azure CLI"),
        ("CN=KeyVault Generated", "Azure CLI with a key vault"),
        ("CN=Microsoft Exchange Server Auth Certificate", "Exchange Server"),
        ("CN=SharePoint Security Token Service,OU=SharePoint,O=Microsoft,C=US", "SharePoint Server"),
    ],
)
def test_a_foreign_key_names_what_likely_made_it(audited: Audited, subject: str, maker: str) -> None:
    state = states.right()
    states.add_key(state, states.EXCHANGE, "foreign", states.made(subject))
    (foreign,) = audited(state)["credential.shared_foreign"]
    assert foreign["actual"] == f"a foreign key; by its subject it is likely {maker}'s"


EXCHANGE_SUBJECT = "CN=Microsoft Exchange Server Auth Certificate"
THOUGH = ", though its display name {} speaks of {}"


@pytest.mark.parametrize(
    ("subject", "name", "told"),
    [
        (None, "Microsoft Exchange Server Auth Certificate", "by its display name alone it is likely Exchange Server's"),
        (EXCHANGE_SUBJECT, EXCHANGE_SUBJECT, "by its subject it is likely Exchange Server's"),
        (EXCHANGE_SUBJECT, "CN=CLI-Login", "by its subject it is likely Exchange Server's" + THOUGH.format("CN=CLI-Login", "Azure CLI")),
        ("CN=sharepoint.fabrikam.com", None, "named CN=sharepoint.fabrikam.com"),
        (f"{EXCHANGE_SUBJECT} copy", None, f"named {EXCHANGE_SUBJECT} copy"),
        (f"{EXCHANGE_SUBJECT} x", f"{EXCHANGE_SUBJECT} x", f"named {EXCHANGE_SUBJECT} x; the name speaks of Exchange Server"),
        ("CN=fabrikam.com", "SharePoint", "named CN=fabrikam.com" + THOUGH.format("SharePoint", "SharePoint Server")),
        ("CN=fabrikam.com", "archive", "named CN=fabrikam.com"),
        (None, "archive", "named archive"),
        (None, None, "it has no name"),
    ],
)
def test_the_certificates_whole_subject_is_believed_before_a_name_that_anyone_may_write(
    subject: str | None, name: str | None, told: str
) -> None:
    nothing = facts("contoso", [], [], None, expected.expected(DEFAULTS), NOW)
    assert hint(nothing, {"subject": subject, "display_name": name}) == told


@pytest.mark.parametrize(
    ("encoding", "put"),
    [
        ("pem", "; by how it is written, Terraform likely put it there"),
        ("text", "; by how it is written, Microsoft's script UploadAuthCert.ps1 likely put it there"),
        ("der", ""),
        (None, ""),
    ],
)
def test_a_foreign_key_names_what_likely_put_it_there(encoding: str | None, put: str) -> None:
    nothing = facts("contoso", [], [], None, expected.expected(DEFAULTS), NOW)
    assert hint(nothing, {"subject": "CN=archive.fabrikam.com", "encoding": encoding}) == f"named CN=archive.fabrikam.com{put}"


def test_an_entry_that_ends_soon_is_told_before_the_farm_is_shut_out(audited: Audited) -> None:
    state = states.right()
    states.dedicated(state)["keyCredentials"][0].update(endDateTime=states.at(3))
    (found,) = [one for one in audited(state, exchange_credential=False)["credential.ending_soon"] if one["subject"] == SFB]
    assert (found["status"], "valid_at" in found["remedy"], "object: application" in found["remedy"]) == ("fail", True, True)
    assert audited(state)[DEDICATED][0]["status"] == "pass"


def test_of_several_that_hold_the_certificate_the_one_that_serves_longest_counts(audited: Audited) -> None:
    state = states.right()
    states.dedicated(state)["keyCredentials"][0].update(endDateTime=states.at(3))
    spare = "40000000-0000-4000-8000-000000000000"
    states.add_application(state, spare, "Spare", own(state))
    (found,) = [one for one in audited(state)["credential.ending_soon"] if one["subject"].startswith((states.HYBRID, spare))]
    assert (found["subject"], found["status"]) == (f"{spare} (Spare)", "pass")


@pytest.mark.parametrize("name", [states.EXCHANGE_SERVERS, "ExchangeServerApp-x", "ExchangeServerApp"])
def test_a_name_like_exchange_servers_proves_nothing(audited: Audited, name: str) -> None:
    state = states.right()
    states.dedicated(state).update(displayName=name, keyCredentials=[states.entry("archive", states.made("CN=fabrikam.com"))])
    found = audited(state)
    (lacking,), (known,) = found[DEDICATED], found[PERMISSION]
    assert (lacking["status"], known["status"]) == ("warn", "warn")
    like = name == states.EXCHANGE_SERVERS
    assert ("named like Exchange Server's own" in lacking["actual"], "named like Exchange Server's own" in known["actual"]) == (like, like)


def test_one_of_that_name_that_holds_the_farms_certificate_counts_by_it(audited: Audited) -> None:
    state = states.right()
    states.dedicated(state).update(displayName=states.EXCHANGE_SERVERS)
    assert audited(state)[DEDICATED][0]["status"] == "pass"


def test_the_heading_says_what_the_one_that_holds_it_lacks(audited: Audited) -> None:
    state = states.right()
    states.staged(state, 20)
    states.dedicated(state)["keyCredentials"].pop()
    assert audited(state)[DEDICATED][0]["heading"] == "The farm's dedicated application lacks the staged certificate"
    state = states.right()
    states.principal(state, states.HYBRID).update(accountEnabled=False)
    assert audited(state)[DEDICATED][0]["heading"] == "Nothing can sign in as the application that holds the farm's certificate"
