# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On-premises Exchange and SharePoint beside Exchange Online, from greenfield to removal, with the role's tasks in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import packed
from tests.lab.farm import certificates
from tests.lab.scenarios import EXCHANGE, ONPREM_EXCHANGE, configured, onprem_exchange
from tests.lab.state import State as Fresh
from tests.sweep.hybrid import Hybrid
from tests.sweep.role import Play
from tests.sweep.script import PROCESS, Script

SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
ONPREM_SHAREPOINT = "https://sharepoint.contoso.com/_layouts/15/metadata/json/1"
MAIL = "https://mail.contoso.com/autodiscover/metadata/json/1"
EXCHANGE_WANTED = {"trust_exchange_onprem_metadata_url": ONPREM_EXCHANGE}
BOTH = {**EXCHANGE_WANTED, "trust_sharepoint_onprem_metadata_url": ONPREM_SHAREPOINT}
COMMON = {
    "trust_deployment": "contoso",
    "trust_tenant": "contoso.com",
    "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001",
    "trust_client_secret": "lab~Secret.0123456789",
    "trust_report_formats": "none",
}
READS = 2  # one process for each Front End


class Runs:
    """Plays of the role, one after the other, on one estate. processes: those of PowerShell in the last run."""

    def __init__(self, state: dict[str, Any], folder: Path) -> None:
        self.hybrid = Hybrid(state, folder)
        self.processes = 0

    def play(self, entry_point: str, *, check_mode: bool = False, **variables: Any) -> Play:
        script = Script()
        played, _alive = self.hybrid.play(entry_point, {**COMMON, **variables}, script, check_mode=check_mode)
        self.processes = script.met.count(PROCESS)
        return played

    def done(self, entry_point: str, *, check_mode: bool = False, **variables: Any) -> Play:
        played = self.play(entry_point, check_mode=check_mode, **variables)
        assert not played.failed, [one.result.get("msg") for one in played.failures]
        return played

    def failure(self, entry_point: str, **variables: Any) -> str:
        """The message with which it ends, with nothing written on the farm."""
        before = self.applications
        (message,) = {str(failed.result["msg"]) for failed in self.play(entry_point, **variables).failures}
        assert self.applications == before
        return message

    def predicted_and_done(self, entry_point: str, **variables: Any) -> list[str]:
        """The cmdlets that wrote, where check mode wrote nothing and said what was done then."""
        before = self.hybrid.state()
        predicted = changes(self.done(entry_point, check_mode=True, **variables))
        assert self.hybrid.state() == before
        assert changes(self.done(entry_point, **variables)) == predicted
        return self.written

    @property
    def written(self) -> list[str]:
        """What wrote on the farm in the last run."""
        return [str(one["verb"]) for one in self.hybrid.requests if one["kind"] == "cmdlet" and one["write"] and one["status"] == 200]

    @property
    def applications(self) -> dict[str, tuple[str, str | None]]:
        """Application id and metadata URL of each partner application, by its name."""
        cms = self.hybrid.state()["deployments"][0]["cms"]
        return {one["Identity"]: (one["ApplicationIdentifier"], one["AuthToken"]["value"]) for one in cms["partner_applications"]}


def changes(played: Play) -> list[tuple[str, bool, Any, Any]]:
    """What each task that may change something said of itself."""
    return [
        (one.task.name, bool(one.result["changed"]), one.result["operations"], one.result["diff"])
        for one in played.done
        if "operations" in one.result and "diff" in one.result
    ]


def runs(folder: Path, change: Callable[[dict[str, Any]], None] | None = None, *, trusted: bool = True, **farm: Any) -> Runs:
    """On an estate that has the trust with Exchange Online, or nothing. change: of the Central Management Store first. farm: settings."""
    state = configured() if trusted else Fresh().data
    for certificate in state["deployments"][0]["certificates"].values():
        certificates.complete(certificate)
    state["deployments"][0].update(farm)
    if change:
        change(state["deployments"][0]["cms"])
    return Runs(state, folder)


def named_so(cms: dict[str, Any]) -> None:
    """microsoft.exchange is the on-premises Exchange, as Microsoft's page for that has it."""
    cms["partner_applications"] = [onprem_exchange(name="microsoft.exchange")]


def findings(played: Play, rule: str) -> dict[str, tuple[str, str]]:
    told = packed.unpack(played.fact("_trust_findings")["packed"])
    return {one["subject"]: (one["status"], one["actual"]) for one in told if one["id"] == rule}


def test_both_exchanges_and_sharepoint_from_nothing_to_their_removal(tmp_path: Path) -> None:
    estate = runs(tmp_path, trusted=False)
    written = estate.predicted_and_done("main", **BOTH)
    assert written.count("New-CsPartnerApplication") == 3
    assert estate.processes == READS + 5  # OAuth server, three partner applications, OAuth configuration
    assert estate.applications == {
        "Exchange": (EXCHANGE, ONPREM_EXCHANGE),
        "microsoft.sharepoint": (SHAREPOINT, ONPREM_SHAREPOINT),
        "microsoft.exchange": (EXCHANGE, None),
    }
    again = estate.done("main", **BOTH)
    assert (again.fact("trust_summary")["changed"], estate.processes, estate.written) == (False, READS, [])

    audit = estate.done("audit", **BOTH)
    assert [status for status, _actual in findings(audit, "partner_application.onprem").values()] == ["pass", "pass"]
    assert [status for status, _actual in findings(audit, "partner_application.others_full_trust").values()] == ["pass"]
    assert audit.fact("_trust_plan")["acts"] is False

    preview = estate.done("remove", check_mode=True, **BOTH)
    went = [line for step in preview.fact("trust_removal")["steps"] for line in step["operations"]]
    assert [line for line in went if "partner application" in line] == [
        *("remove partner application microsoft.exchange", "remove partner application Exchange"),
        "remove partner application microsoft.sharepoint",
    ]
    estate.predicted_and_done("remove", trust_remove_confirm="contoso", **BOTH)
    assert estate.applications == {}
    estate.done("remove", trust_remove_confirm="contoso", **BOTH)
    assert (estate.processes, estate.written) == (READS, [])


def test_without_their_urls_no_step_is_theirs_and_no_process_more(tmp_path: Path) -> None:
    estate = runs(tmp_path, lambda cms: cms["partner_applications"].append(onprem_exchange()))
    made = estate.done("main", trust_exchange_onprem_name="Other")
    assert {step["step"] for step in made.fact("trust_summary")["steps"]}.isdisjoint({"exchange_onprem", "sharepoint_onprem"})
    assert (estate.processes, estate.written) == (READS, [])
    estate.done("remove", trust_remove_confirm="contoso")
    assert set(estate.applications) == {"Exchange"}


def test_a_farm_whose_name_is_the_on_premises_exchange_gets_both(tmp_path: Path) -> None:
    estate = runs(tmp_path, named_so)
    message = estate.failure("main")
    assert all(
        word in message for word in (f"trust_exchange_onprem_metadata_url to {ONPREM_EXCHANGE}", "trust_takeover: [microsoft.exchange]")
    )
    assert "makes partner application Exchange before" in estate.failure("main", **EXCHANGE_WANTED)
    advised = findings(estate.done("audit"), "partner_application.oauth_server")
    assert advised == {"partner application microsoft.exchange": ("fail", f"by {ONPREM_EXCHANGE}")}

    written = estate.predicted_and_done("main", trust_takeover=["microsoft.exchange"], **EXCHANGE_WANTED)
    # The on-premises one is there before its old name is Exchange Online's.
    assert written == ["New-CsPartnerApplication", "Set-CsPartnerApplication"]
    assert estate.applications == {"microsoft.exchange": (EXCHANGE, None), "Exchange": (EXCHANGE, ONPREM_EXCHANGE)}
    assert estate.done("main", **EXCHANGE_WANTED).fact("trust_summary")["changed"] is False


def test_it_may_keep_its_name_where_exchange_online_has_another(tmp_path: Path) -> None:
    estate = runs(tmp_path, named_so)
    names = {"trust_exchange_onprem_name": "microsoft.exchange", "trust_partner_application_name": "Exchange Online"}
    estate.predicted_and_done("main", **names, **EXCHANGE_WANTED)
    assert estate.applications == {"microsoft.exchange": (EXCHANGE, ONPREM_EXCHANGE), "Exchange Online": (EXCHANGE, None)}


def test_another_url_is_set_in_place(tmp_path: Path) -> None:
    estate = runs(tmp_path, lambda cms: cms["partner_applications"].append(onprem_exchange(MAIL, Enabled=False)))
    made = estate.done("main", check_mode=True, **EXCHANGE_WANTED)
    (step,) = (one for one in made.fact("trust_summary")["steps"] if one["step"] == "exchange_onprem")
    assert step["losses"] == [f"MetadataUrl {MAIL} of partner application Exchange"]
    assert estate.predicted_and_done("main", **EXCHANGE_WANTED) == ["Set-CsPartnerApplication"]
    assert estate.processes == READS + 1
    assert estate.applications["Exchange"] == (EXCHANGE, ONPREM_EXCHANGE)


@pytest.mark.parametrize(
    ("other", "written"),
    [
        (onprem_exchange(ApplicationIdentifier=SHAREPOINT), ["Remove-CsPartnerApplication", "New-CsPartnerApplication"]),
        (onprem_exchange(AuthToken={"type": "Settings.SSAuth.UseOAuthServer", "value": None}), ["Set-CsPartnerApplication"]),
    ],
    ids=["another application", "another kind"],
)
def test_what_else_has_the_name_is_taken_over_by_name_only(other: dict[str, Any], written: list[str], tmp_path: Path) -> None:
    estate = runs(tmp_path, lambda cms: cms["partner_applications"].append(other))
    message = estate.failure("main", **EXCHANGE_WANTED)
    assert all(word in message for word in ("partner application Exchange", "trust_exchange_onprem_name", "trust_takeover: [Exchange]"))
    assert estate.predicted_and_done("main", trust_takeover=["Exchange"], **EXCHANGE_WANTED) == written
    assert estate.applications["Exchange"] == (EXCHANGE, ONPREM_EXCHANGE)


@pytest.mark.parametrize("error", [None, "The remote server returned an error: (503) Server Unavailable."], ids=["no host", "refused"])
def test_metadata_that_cannot_be_had_is_told_with_server_and_url(error: str | None, tmp_path: Path) -> None:
    state = configured()
    if error:
        state["deployments"][0]["metadata_documents"][MAIL] = {"error": error}
    message = Runs(state, tmp_path).failure("main", trust_exchange_onprem_metadata_url=MAIL)
    assert all(word in message for word in ("fe01.contoso.com", MAIL, "The server itself downloads the metadata", "Exchange"))


@pytest.mark.parametrize("there", [None, onprem_exchange(MAIL, Enabled=False)], ids=["made", "set in place"])
def test_metadata_of_another_product_is_told_and_the_change_is_taken_back(there: dict[str, Any] | None, tmp_path: Path) -> None:
    documents = {url: {"application_id": id_, "realm": None} for url, id_ in ((MAIL, EXCHANGE), (ONPREM_SHAREPOINT, SHAREPOINT))}
    estate = runs(
        tmp_path,
        lambda cms: cms["partner_applications"].extend([there] if there else []),
        set_takes_identifier=True,
        metadata_documents=documents,
    )
    before = estate.hybrid.state()["deployments"][0]["cms"]["partner_applications"]
    (failed,) = estate.play("main", trust_exchange_onprem_metadata_url=ONPREM_SHAREPOINT).failures
    after = estate.hybrid.state()["deployments"][0]["cms"]["partner_applications"]
    assert [one for one in after if one["Identity"] == "Exchange"] == [one for one in before if one["Identity"] == "Exchange"]
    message = str(failed.result["msg"])
    assert all(
        word in message for word in ("fe01.contoso.com", ONPREM_SHAREPOINT, SHAREPOINT, EXCHANGE, "was taken back", "Correct the URL")
    )
    assert ("is as it was" in message) == bool(there)


def test_one_url_for_two_products_is_refused_before_anything_is_contacted(tmp_path: Path) -> None:
    estate = runs(tmp_path)
    urls = {"trust_exchange_onprem_metadata_url": ONPREM_SHAREPOINT, "trust_sharepoint_onprem_metadata_url": ONPREM_SHAREPOINT}
    message = estate.failure("main", **urls)
    assert message.startswith("trust_sharepoint_onprem_metadata_url: ")
    assert "is the URL in trust_exchange_onprem_metadata_url too" in message
    assert estate.hybrid.requests == []


def test_a_removal_leaves_what_is_not_as_the_run_makes_it_unless_it_is_named(tmp_path: Path) -> None:
    estate = runs(tmp_path, lambda cms: cms["partner_applications"].append(onprem_exchange(MAIL)))
    left = estate.done("remove", trust_remove_confirm="contoso", **EXCHANGE_WANTED)
    assert set(estate.applications) == {"Exchange"}
    assert any(MAIL in one and ONPREM_EXCHANGE in one for one in left.fact("trust_removal")["warnings"])
    estate.done("remove", trust_remove_confirm="contoso", trust_remove_foreign=["exchange"], **EXCHANGE_WANTED)
    assert estate.applications == {}


def test_one_name_for_two_products_is_refused_before_anything_is_contacted(tmp_path: Path) -> None:
    estate = runs(tmp_path)
    message = estate.failure("main", trust_exchange_onprem_name="Microsoft.Exchange", **EXCHANGE_WANTED)
    assert message.startswith("trust_exchange_onprem_name: Microsoft.Exchange is the name in trust_partner_application_name too")
    assert estate.hybrid.requests == []
