# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's Graph takes and what it refuses: bodies, queries, methods, batches, secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.cloud import schema

from .tenant import SKYPE, Tenant, entry

_JSON = {"content-type": "application/json"}


def test_annotations_of_bodies_and_entries_are_passed_over_and_a_wrong_type_is_refused() -> None:
    tenant = Tenant()
    typed = {"@odata.type": "#microsoft.graph.keyCredential", **entry()}
    body = {"@odata.type": "#microsoft.graph.servicePrincipal", "keyCredentials@odata.type": "#Collection(x)", "keyCredentials": [typed]}
    assert tenant.change(**body).status == 204
    assert "@odata.type" not in tenant.keys()[0]
    assert tenant.change(keyCredentials=[{**tenant.keys()[0], "@odata.type": "microsoft.graph.keyCredential"}]).status == 204
    for wrong in (
        {**body, "@odata.type": "#microsoft.graph.application"},
        {"keyCredentials": [{**typed, "@odata.type": "#microsoft.graph.passwordCredential"}]},
    ):
        assert tenant.error(tenant.change(**wrong)) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02T03:04:05.1230000-01:30", "2026-01-02T04:34:05.123Z"),
        ("2026-01-02t03:04z", "2026-01-02T03:04:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_kept_in_utc_and_come_back_in_any_form(given: str, kept: str) -> None:
    tenant = Tenant()
    assert tenant.change(keyCredentials=[{**entry(), "startDateTime": given}]).status == 204
    (there,) = tenant.keys()
    assert there["startDateTime"] == kept
    assert tenant.change(keyCredentials=[{**there, "startDateTime": given}]).status == 204
    assert tenant.keys() == [there]


@pytest.mark.parametrize("given", ["2026-01-02T03:04:05", "2026-01-02", "2026-13-02T03:04:05Z", "0001-01-01T00:00:00+01:00", "", 5])
def test_what_is_no_time_with_an_offset_is_refused(given: Any) -> None:
    tenant = Tenant()
    assert tenant.error(tenant.change(keyCredentials=[{**entry(), "startDateTime": given}])) == (400, "BadRequest")


def test_base64_may_have_line_breaks_and_the_client_may_name_its_key() -> None:
    tenant = Tenant()
    broken = "\r\n".join(entry()["key"][start : start + 64] for start in range(0, len(entry()["key"]), 64))
    own = "0A1B2C3D-0000-4000-8000-0000000000FF"
    assert tenant.change(keyCredentials=[{**entry(), "key": broken, "keyId": own}]).status == 204
    (there,) = tenant.keys()
    assert (there["key"], there["keyId"]) == (entry()["key"], own.lower())
    assert tenant.change(keyCredentials=[{**there, "key": broken, "keyId": own}]).status == 204
    assert tenant.keys() == [there]
    assert tenant.error(tenant.change(keyCredentials=[there, there]))[0] == 400


def test_a_long_name_is_shortened() -> None:
    tenant = Tenant()
    assert tenant.change(keyCredentials=[{**entry(), "displayName": "x" * 91}]).status == 204
    assert tenant.keys()[0]["displayName"] == "x" * 90


@pytest.mark.parametrize(
    "wrong",
    [{"key": "no base64!"}, {"key": "TUlJ"}, {"key": 5}, {"keyId": "own"}, {"thumbprint": "AA"}, {"usage": True}, {"displayName": ["x"]}],
)
def test_an_entry_with_another_value_is_refused_and_nothing_changes(wrong: dict[str, Any]) -> None:
    tenant = Tenant()
    assert tenant.error(tenant.change(accountEnabled=False, keyCredentials=[{**entry(), **wrong}]))[0] == 400
    assert (tenant.principal["keyCredentials"], tenant.principal["accountEnabled"]) == ([], True)


@pytest.mark.parametrize(
    "times", [{"startDateTime": "2099-01-01T00:00:00Z"}, {"startDateTime": "2028-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}]
)
def test_an_entry_that_would_begin_after_its_end_is_refused(times: dict[str, str]) -> None:
    tenant = Tenant()
    assert tenant.error(tenant.change(keyCredentials=[{**entry(), **times}])) == (400, "KeyCredentialsInvalidStartDate")
    assert tenant.principal["keyCredentials"] == []


@pytest.mark.parametrize("twice", ["https://webext.contoso.com/", "HTTPS://WebExt.contoso.com/"])
def test_a_name_that_is_given_twice_is_refused(twice: str) -> None:
    tenant = Tenant()
    before = tenant.names()
    told = tenant.change(servicePrincipalNames=[*before, "https://webext.contoso.com/", twice])
    assert tenant.error(told) == (400, "Request_BadRequest")
    assert tenant.names() == before


@pytest.mark.parametrize("body", [b"", b" ", b"{", b"[]", b"[{}]", b"null", b'"text"', b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("path", ["servicePrincipals/{id}", "servicePrincipals/{id}/addPassword", "$batch"])
def test_a_body_that_is_no_json_object_is_answered(body: bytes, path: str) -> None:
    tenant = Tenant()
    method = "PATCH" if path.endswith("}") else "POST"
    assert tenant.error(tenant.send(method, path.format(id=tenant.principal["id"]), body)) == (400, "BadRequest")
    assert tenant.log.entries()[-1]["status"] == 400


def test_a_body_needs_its_content_type() -> None:
    tenant = Tenant()
    told = tenant.send("PATCH", f"servicePrincipals/{tenant.principal['id']}", b"{}", headers={"content-type": ""})
    assert tenant.error(told) == (400, "BadRequest")


@pytest.mark.parametrize(
    "body",
    [
        {"accountEnabled": "true"},
        {"servicePrincipalNames": None},
        {"servicePrincipalNames": "one"},
        {"servicePrincipalNames": ["one", None]},
        {"keyCredentials": {}},
        {"keyCredentials": ["x"]},
        {"passwordCredentials": []},
        {"appId": SKYPE},
        {"servicePrincipalName": ["x"]},
    ],
)
def test_a_property_takes_only_values_of_its_type(body: dict[str, Any]) -> None:
    tenant = Tenant()
    assert tenant.error(tenant.change(**body))[0] == 400


def found(tenant: Tenant, condition: str, **query: str) -> Any:
    told = tenant.ask("GET", "", **{"$filter": condition, "$select": "appId", **query})
    return [one["appId"][:8] for one in told.content["value"]] if told.status == 200 else tenant.error(told)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("servicePrincipalNames/any(n:n eq 'microsoft.LYNC')", ["00000004"]),
        ("servicePrincipalNames/any(c: c eq 'https://outlook.office.com/')", ["00000002"]),
        ("servicePrincipalNames/any(c:c eq 'nobody')", []),
        ("displayName eq 'Skype for Business Online'", ["00000004"]),
        ("accountEnabled eq false", ["00000002"]),
        ("startswith(displayName,'skype') or startswith(displayName, 'Office')", ["00000004", "00000002"]),
        ("(accountEnabled eq true and startswith(displayName,'Office'))", []),
        (f"appId in ('{SKYPE}', 'x') and accountEnabled eq true", ["00000004"]),
        ("displayName eq 'O''Brien'", []),
        ("nothing eq 'x'", (400, "BadRequest")),
        ("appId eq", (400, "BadRequest")),
        ("appId eq 'x' appId eq 'y'", (400, "BadRequest")),
        ("appId eq 'x", (400, "BadRequest")),
        ("", (400, "BadRequest")),
        ("appId ne 'x'", (400, "Request_UnsupportedQuery")),
        ("keyCredentials eq null", (400, "Request_UnsupportedQuery")),
        ("displayName/any(n:n eq 'x')", (400, "Request_UnsupportedQuery")),
        ("accountEnabled eq 'x'", (400, "BadRequest")),
        ("accountEnabled in ('true')", (400, "BadRequest")),
        ("displayName eq true", (400, "BadRequest")),
        ("servicePrincipalNames/any(n:n eq true)", (400, "BadRequest")),
        ("appOwnerOrganizationId eq 'x'", (400, "BadRequest")),
        ("appOwnerOrganizationId eq '0A1B2C3D-0000-4000-8000-000000000001'", []),
        ("displayName eq null", []),
    ],
)
def test_filters(condition: str, expected: Any) -> None:
    assert found(Tenant(), condition) == expected


def test_at_most_fifteen_values_but_in_advanced_queries() -> None:
    tenant = Tenant()
    for count, expected in ((15, []), (16, (400, "Request_UnsupportedQuery"))):
        names = [f"'{number}'" for number in range(count)]
        assert found(tenant, f"appId in ({','.join(names)})") == expected
        assert found(tenant, " or ".join(f"appId eq {name}" for name in names)) == expected
    query = {"$filter": f"appId in ({','.join(names)})", "$count": "true"}
    assert tenant.send("GET", "servicePrincipals", headers={"consistencylevel": "eventual"}, **query).content["@odata.count"] == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"$top": "x"}, "BadRequest"),
        ({"$top": "-1"}, "BadRequest"),
        ({"$top": "\u0663"}, "BadRequest"),
        ({"$top": "0"}, "Request_UnsupportedQuery"),
        ({"$top": "1000"}, "Request_UnsupportedQuery"),
        ({"$skiptoken": "x"}, "Directory_ExpiredPageToken"),
        ({"$skiptoken": ""}, "Directory_ExpiredPageToken"),
        ({"$select": "nothing"}, "BadRequest"),
        ({"$select": ""}, "BadRequest"),
        ({"$count": "maybe"}, "BadRequest"),
        ({"$orderby": "displayName"}, "Request_UnsupportedQuery"),
        ({"$filter": "(" * 3000}, "BadRequest"),
    ],
)
def test_a_query_that_graph_does_not_take(query: dict[str, str], code: str) -> None:
    tenant = Tenant()
    assert tenant.error(tenant.ask("GET", "", **query)) == (400, code)


@pytest.mark.parametrize("path", ["organization", "applications", "servicePrincipals", f"servicePrincipals(appId='{SKYPE}')"])
def test_select_of_what_is_not_there_is_refused_everywhere(path: str) -> None:
    tenant = Tenant()
    tenant.state.data["tenants"][0]["applications"][0]["roles"].append("Organization.Read.All")
    token = tenant.entra.issue(tenant.state.data["tenants"][0]["id"], "one", roles=["Directory.Read.All"])[0]
    asked = {"headers": {"authorization": f"Bearer {token}"}}
    assert tenant.error(tenant.send("GET", path, **asked, **{"$select": "id,nothing"})) == (400, "BadRequest")
    told = tenant.send("GET", path, **asked, **{"$select": "id, displayName"}).content
    assert set(told.get("value", [told])[0]) - {"@odata.context"} == {"id", "displayName"}
    known = schema.properties({"organization": "organization", "applications": "application"}.get(path, "servicePrincipal"))
    told = tenant.send("GET", path, **asked).content
    assert set(told.get("value", [told])[0]) - {"@odata.context"} == set(known) - {"customSecurityAttributes", "logo"}


def test_pages_follow_on_to_the_end() -> None:
    tenant = Tenant()
    told = tenant.ask("GET", "", **{"top": "1", "$filter": "startswith(displayName,'O') or accountEnabled eq true"})
    link = told.content["@odata.nextLink"]
    assert link.startswith("https://graph.contoso.com/v1.0/servicePrincipals?")
    assert " " not in link
    rest = tenant.ask("GET", "", **{"$top": "1", "$skiptoken": "1"})
    assert "@odata.nextLink" not in rest.content
    assert len(rest.content["value"]) == 1


def test_what_says_where_an_answer_comes_from() -> None:
    tenant = Tenant()
    base = "https://graph.contoso.com/v1.0/$metadata#servicePrincipals"
    assert tenant.ask("GET", "").content["@odata.context"] == base
    assert tenant.ask("GET", "", **{"$select": "id,appId"}).content["@odata.context"] == f"{base}(id,appId)"
    told = tenant.send("GET", f"servicePrincipals/{tenant.principal['id']}", headers={"client-request-id": "mine"})
    assert told.content["@odata.context"] == f"{base}/$entity"
    assert told.headers["client-request-id"] == "mine" != told.headers["request-id"]
    refused = tenant.send("GET", "servicePrincipals/nobody")
    inner = refused.content["error"]["innerError"]
    assert inner["request-id"] == refused.headers["request-id"] == inner["client-request-id"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x.y.z", "Basic eDp5"])
def test_who_has_no_token_is_told_where_to_get_one(authorization: str) -> None:
    tenant = Tenant()
    told = tenant.send("GET", "servicePrincipals", headers={"authorization": authorization})
    assert tenant.error(told) == (401, "InvalidAuthenticationToken")
    assert told.headers["WWW-Authenticate"].startswith('Bearer realm=""')


def test_a_token_for_another_service_is_refused() -> None:
    tenant = Tenant()
    token = tenant.entra.issue(tenant.state.data["tenants"][0]["id"], "one", roles=["Directory.Read.All"], audience="https://other")[0]
    assert tenant.send("GET", "servicePrincipals", headers={"authorization": f"Bearer {token}"}).status == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "servicePrincipals/{id}", "GET, HEAD, PATCH"),
        ("DELETE", "servicePrincipals/{id}", "GET, HEAD, PATCH"),
        ("POST", "servicePrincipals", "GET, HEAD"),
        ("PATCH", "servicePrincipals", "GET, HEAD"),
        ("PATCH", "organization/x", "GET, HEAD"),
        ("GET", "servicePrincipals/{id}/addPassword", "POST"),
        ("GET", "$batch", "POST"),
    ],
)
def test_other_methods_are_not_allowed(method: str, path: str, allowed: str) -> None:
    tenant = Tenant()
    told = tenant.send(method, path.format(id=tenant.principal["id"]), b"{}")
    assert (*tenant.error(told), told.headers["Allow"]) == (405, "Request_BadRequest", allowed)


def test_head_reads_and_is_no_write() -> None:
    tenant = Tenant()
    assert tenant.send("HEAD", "servicePrincipals").status == 200
    assert tenant.log.counts()["graph_writes"] == 0


def test_counts_need_their_header() -> None:
    tenant = Tenant()
    assert tenant.error(tenant.send("GET", "servicePrincipals/$count")) == (400, "Request_UnsupportedQuery")
    told = tenant.send("GET", "servicePrincipals/$count", headers={"consistencylevel": "eventual"})
    assert (told.content, told.headers["Content-Type"]) == (b"2", "text/plain")
    assert "@odata.count" not in tenant.ask("GET", "", **{"$count": "true"}).content


def batch(tenant: Tenant, *requests: dict[str, Any]) -> Any:
    return tenant.send("POST", "$batch", json.dumps({"requests": list(requests)}).encode())


def test_a_batch_answers_each_request_by_itself() -> None:
    tenant = Tenant()
    one = f"/servicePrincipals/{tenant.principal['id']}"
    told = batch(
        tenant,
        {"id": "1", "method": "PATCH", "url": one, "body": {"accountEnabled": False}, "headers": {"Content-Type": "application/json"}},
        {"id": "2", "method": "GET", "url": f"{one}?$select=accountEnabled", "dependsOn": ["1"]},
        {"id": "3", "method": "GET", "url": "/servicePrincipals/nobody"},
        {"id": "4", "method": "GET", "url": one, "dependsOn": ["3"]},
        {"id": "5", "method": "GET", "url": f"https://graph.contoso.com/v1.0{one}"},
        {"id": "6", "method": "GET", "url": f"/v1.0{one}"},
    ).content["responses"]
    assert [(one["id"], one["status"]) for one in told] == [("1", 204), ("2", 200), ("3", 404), ("4", 424), ("5", 400), ("6", 400)]
    assert told[4]["body"]["error"]["message"] == "Resource not found for the segment 'https:'."
    assert told[1]["body"]["accountEnabled"] is False
    assert tenant.log.counts() == {"powershell": 0, "entra": 0, "graph_reads": 5, "graph_writes": 1}


def test_what_goes_wrong_with_a_request_of_a_batch_is_in_its_answer() -> None:
    tenant = Tenant()
    tenant.faults.add({"on": "graph.get", "nth": 2, "do": "throttle:7"})
    get = {"method": "GET", "url": "/servicePrincipals"}
    told = batch(tenant, *({"id": name, **get} for name in "abc"))
    assert [one["status"] for one in told.content["responses"]] == [200, 429, 200]
    assert told.content["responses"][1]["headers"]["Retry-After"] == "7"
    tenant.faults.add({"on": "graph.get", "nth": 1, "do": "reset"})
    assert batch(tenant, {"id": "a", **get}).reset


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [5],
        [{"id": "1", "method": "GET"}],
        [{"id": 1, "method": "GET", "url": "/organization"}],
        [{"id": "1", "method": "PATCH", "url": "/servicePrincipals/x", "body": {}}],
        [{"id": "1", "method": "GET", "url": "/organization"}] * 2,
        [{"id": "1", "method": "GET", "url": "/organization", "headers": ["a"]}],
        [{"id": "1", "method": "GET", "url": "/organization", "headers": 5}],
        [{"id": "1", "method": "GET", "url": "/organization", "dependsOn": 5}],
        [{"id": "1", "method": "GET", "url": "/organization", "dependsOn": [["2"]]}],
        [{"id": str(number), "method": "GET", "url": "/organization"} for number in range(21)],
    ],
)
def test_a_batch_that_is_none_is_refused_whole(requests: list[Any]) -> None:
    tenant = Tenant()
    assert tenant.error(batch(tenant, *requests)) == (400, "BadRequest")


@pytest.mark.parametrize("path", [f"servicePrincipals(appId='{SKYPE}')", "applications(appId='0a1b2c3d-0000-4000-8000-000000000001')"])
def test_a_secret_is_given_once_and_can_be_taken_away(path: str) -> None:
    tenant = Tenant()
    asked = {"passwordCredential": {"displayName": "az", "endDateTime": "2999-01-01T00:00:00.5+01:00"}}
    made = tenant.send("POST", f"{path}/addPassword", json.dumps(asked).encode())
    assert made.status == 200
    assert made.content["secretText"].startswith(made.content["hint"])
    assert made.content["endDateTime"] == "2998-12-31T23:00:00.5Z"
    (shown,) = tenant.send("GET", path).content["passwordCredentials"]
    assert shown == {name: value for name, value in made.content.items() if name[0] != "@"} | {"secretText": None}
    gone = json.dumps({"keyId": shown["keyId"]}).encode()
    assert tenant.send("POST", f"{path}/removePassword", gone).status == 204
    assert tenant.error(tenant.send("POST", f"{path}/removePassword", gone)) == (400, "Request_BadRequest")
    assert tenant.send("GET", path).content["passwordCredentials"] == []
    over = {"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}}
    assert tenant.error(tenant.send("POST", f"{path}/addPassword", json.dumps(over).encode()))[0] == 400


def test_an_application_keeps_the_certificates_that_it_is_given() -> None:
    tenant = Tenant()
    path = "applications(appId='0a1b2c3d-0000-4000-8000-000000000001')"
    assert tenant.send("PATCH", path, json.dumps({"keyCredentials": [entry()]}).encode()).status == 204
    shown = tenant.send("GET", path, **{"$select": "id,keyCredentials"}).content
    assert shown["keyCredentials"][0]["key"] == entry()["key"]
    assert tenant.send("GET", f"applications/{shown['id']}").content["appId"] == "0a1b2c3d-0000-4000-8000-000000000001"


_FEDERATED = {"issuer": "https://sts.fabrikam.com", "subject": "job", "audiences": ["api://AzureADTokenExchange"]}


def _with_federated(count: int = 1, **graph: Any) -> Tenant:
    tenant = Tenant(**graph)
    tenant.state.data["tenants"][0]["applications"][0]["federated_credentials"] = [
        {**_FEDERATED, "subject": f"job {number}"} for number in range(count)
    ]
    return tenant


def test_an_application_comes_with_its_federated_credentials_where_that_is_asked_for() -> None:
    tenant = _with_federated()
    (plain, *_others) = tenant.send("GET", "applications").content["value"]
    assert "federatedIdentityCredentials" not in plain
    asked = {"$select": "appId", "$expand": "federatedIdentityCredentials"}
    (listed, *_others) = tenant.send("GET", "applications", **asked).content["value"]
    assert set(listed) == {"appId", "federatedIdentityCredentials"}
    (one,) = listed["federatedIdentityCredentials"]
    assert set(one) == {"id", "name", "issuer", "subject", "audiences", "description"}
    path = f"applications(appId='{listed['appId']}')"
    alone = tenant.send("GET", path, **{"$expand": "federatedIdentityCredentials"}).content
    assert alone["federatedIdentityCredentials"] == [one]
    assert tenant.send("GET", f"{path}/federatedIdentityCredentials").content["value"] == [one]


def test_expand_gives_twenty_of_a_relation_and_no_link_to_more() -> None:
    tenant = _with_federated(21)
    (listed, *_others) = tenant.send("GET", "applications", **{"$expand": "federatedIdentityCredentials"}).content["value"]
    assert len(listed["federatedIdentityCredentials"]) == 20
    assert not [name for name in listed if "nextLink" in name]


@pytest.mark.parametrize(
    ("path", "graph", "query", "status"),
    [
        ("applications", {"expand": "refused"}, {"$expand": "federatedIdentityCredentials"}, 400),
        ("applications", {"expand": "left_out"}, {"$expand": "federatedIdentityCredentials"}, 200),
        ("applications", {}, {"$expand": "owners"}, 400),
        ("applications", {}, {"$expand": "federatedIdentityCredentials($select=issuer)"}, 400),
        ("applications", {}, {"$expand": "federatedIdentityCredentials", "$count": "true"}, 400),
        ("servicePrincipals", {}, {"$expand": "federatedIdentityCredentials"}, 400),
    ],
)
def test_what_expand_does_not_give(path: str, graph: dict[str, Any], query: dict[str, str], status: int) -> None:
    answer = _with_federated(**graph).send("GET", path, headers={"consistencylevel": "eventual"}, **query)
    assert answer.status == status
    assert "federatedIdentityCredentials" not in json.dumps(answer.content.get("value", ""))
