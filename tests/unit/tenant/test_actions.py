# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud actions, as transcripts of what they say to Microsoft Graph."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import parse_der
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

from ..support import NOW, Conversation, Said, certificate, key_pem, pem, run_action

SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
GRAPH = "https://graph.microsoft.com/v1.0"
FIELDS = "$select=id,appId,displayName,accountEnabled,servicePrincipalNames,keyCredentials,passwordCredentials"
TOKEN = {"access_token": "opaque-access-token"}
MADE = certificate()
CERTIFICATE = parse_der(MADE.public_bytes(Encoding.DER))
STRANGERS = parse_der(certificate("fabrikam.com").public_bytes(Encoding.DER))
FOREIGN = {
    "keyId": "11111111-1111-1111-1111-111111111111",
    "customKeyIdentifier": STRANGERS.thumbprint,
    "displayName": "CN=fabrikam.com",
    "startDateTime": "2026-01-01T00:00:00Z",
    "endDateTime": "2036-01-01T00:00:00Z",
    "type": "AsymmetricX509Cert",
    "usage": "Verify",
    "key": None,
}
OURS = {
    **FOREIGN,
    "keyId": "22222222-2222-2222-2222-222222222222",
    "customKeyIdentifier": CERTIFICATE.thumbprint,
    "displayName": "CN=contoso.com",
    "startDateTime": utc_text(CERTIFICATE.not_before),
    "endDateTime": utc_text(CERTIFICATE.not_after),
}
Talk = Callable[..., Conversation]
# The certificates that Graph gives of a single principal, by the identifier beside them.
KEYS = {one.thumbprint: one.content for one in (CERTIFICATE, STRANGERS)}


def principal(app_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"object-{app_id[:8]}",
        "appId": app_id,
        "displayName": "Skype for Business Online" if app_id == SKYPE else "Office 365 Exchange Online",
        "accountEnabled": True,
        "servicePrincipalNames": [app_id],
        "keyCredentials": [],
        "passwordCredentials": [],
        **changed,
    }


def listed(*app_ids: str) -> str:
    ids = ",".join(f"'{app_id}'" for app_id in app_ids)
    return f"{GRAPH}/servicePrincipals?$filter=appId in ({ids})&{FIELDS}"


def alone(app_id: str) -> str:
    return f"{GRAPH}/servicePrincipals(appId='{app_id}')?{FIELDS}"


def reads(*principals: dict[str, Any], times: int = 1) -> list[Said]:
    url = listed(*(entry["appId"] for entry in principals))
    return [Said("GET", url, answer={"value": copy.deepcopy(list(principals))}) for _time in range(times)]


def wholes(*principals: dict[str, Any], times: int = 1) -> list[Said]:
    """Each principal read alone, with the keys of its credentials."""
    shown = copy.deepcopy(list(principals))
    for key in (key for one in shown for key in one["keyCredentials"]):
        key["key"] = key["key"] or KEYS.get(key["customKeyIdentifier"])
    return [Said("GET", alone(one["appId"]), answer=copy.deepcopy(one)) for _time in range(times) for one in shown]


def writes(app_id: str, body: Any) -> Said:
    return Said("PATCH", f"{GRAPH}/servicePrincipals/object-{app_id[:8]}", 204, body=body)


def info_of(*principals: dict[str, Any], talk: Talk) -> dict[str, Any]:
    talk(*wholes(*principals))
    return run_action("sp_info", {**TOKEN, "app_ids": [entry["appId"] for entry in principals]})


def test_sp_info_reads_each_principal_of_the_procedure(talk: Talk) -> None:
    said = talk(*wholes(principal(SKYPE, keyCredentials=[FOREIGN]), principal(EXCHANGE)))
    said.left[1].status, said.left[1].answer = 404, {"error": {"code": "Request_ResourceNotFound", "message": "not there"}}
    result = run_action("sp_info", TOKEN)
    assert result["missing"] == [EXCHANGE]
    (key,) = result["service_principals"][0]["key_credentials"]
    assert (key["thumbprint"], key["expired"], key["usage"]) == (STRANGERS.thumbprint, False, "Verify")
    assert result["changed"] is False


def test_sp_info_follows_the_pages_of_the_tenant_but_to_no_other_host(talk: Talk) -> None:
    first = f"{GRAPH}/servicePrincipals?{FIELDS}&$top=100"
    talk(
        Said("GET", first, answer={"value": [principal(SKYPE)], "@odata.nextLink": f"{GRAPH}/servicePrincipals?$skiptoken=2"}),
        Said("GET", f"{GRAPH}/servicePrincipals?$skiptoken=2", answer={"value": [principal(EXCHANGE)]}),
    )
    assert len(run_action("sp_info", {**TOKEN, "all": True})["service_principals"]) == 2
    talk(Said("GET", first, answer={"value": [], "@odata.nextLink": "https://graph.fabrikam.com/v1.0/servicePrincipals"}))
    assert "not followed" in run_action("sp_info", {**TOKEN, "all": True})["msg"]


def test_sp_credential_adds_the_certificate_and_keeps_what_is_there(talk: Talk) -> None:
    before, after = principal(SKYPE, keyCredentials=[FOREIGN]), principal(SKYPE, keyCredentials=[FOREIGN, OURS])
    new = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": CERTIFICATE.content, "displayName": "CN=contoso.com"}
    arguments = {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(MADE)}
    talk(*wholes(before))
    predicted = run_action("sp_credential", dict(arguments), check_mode=True)
    talk(*wholes(before, times=2), writes(SKYPE, {"keyCredentials": [FOREIGN, new]}), *wholes(before), *wholes(after, times=3))
    real = run_action("sp_credential", dict(arguments))
    assert real["changed"] is True
    assert [key["thumbprint"] for key in real["service_principals"][0]["key_credentials"]] == [STRANGERS.thumbprint, CERTIFICATE.thumbprint]
    assert (predicted["diff"], predicted["operations"]) == (real["diff"], real["operations"])
    talk(*wholes(after))
    assert run_action("sp_credential", dict(arguments))["changed"] is False


def test_a_stale_reading_does_not_undo_what_an_earlier_task_wrote(talk: Talk) -> None:
    second = certificate("fabrikam.com")
    other = parse_der(second.public_bytes(Encoding.DER))
    KEYS[other.thumbprint] = other.content
    added = {**OURS, "keyId": "33333333-3333-3333-3333-333333333333", "customKeyIdentifier": other.thumbprint}
    old, first = principal(SKYPE), principal(SKYPE, keyCredentials=[OURS])
    talk(*wholes(old, times=2), Said("PATCH", f"{GRAPH}/servicePrincipals/object-00000004", 204), *wholes(first))
    assert run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(MADE)})["changed"]

    def echoes_the_first(body: Any) -> None:
        assert [entry.get("keyId") for entry in body["keyCredentials"]] == [OURS["keyId"], None]

    talk(
        *wholes(old),
        *wholes(old),
        *wholes(first),
        Said("PATCH", f"{GRAPH}/servicePrincipals/object-00000004", 204, check=echoes_the_first),
        *wholes(principal(SKYPE, keyCredentials=[OURS, added])),
    )
    assert run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(second)})["changed"]


def test_sp_credential_contacts_nothing_where_current_shows_the_certificate(talk: Talk) -> None:
    current = info_of(principal(SKYPE, keyCredentials=[OURS]), talk=talk)
    talk()
    arguments = {**TOKEN, "app_ids": [SKYPE], "certificate_content": CERTIFICATE.content, "current": current}
    assert run_action("sp_credential", arguments)["changed"] is False


def test_sp_credential_fails_loudly_where_another_entry_is_lost(talk: Talk) -> None:
    before, after = principal(SKYPE, keyCredentials=[FOREIGN]), principal(SKYPE, keyCredentials=[OURS])
    said = talk(*wholes(before, times=2), Said("PATCH", f"{GRAPH}/servicePrincipals/object-00000004", 204), *wholes(after, times=99))
    result = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(MADE)})
    said.left.clear()
    assert result["failed"]
    assert result["changed"] is True
    assert "lacks key credential " + STRANGERS.thumbprint in result["msg"]
    assert f"This was done: add certificate {CERTIFICATE.thumbprint}" in result["msg"]


@pytest.mark.parametrize(
    "named", [{"key_id": OURS["keyId"]}, {"thumbprint": CERTIFICATE.thumbprint.lower()}, {"certificate_content": pem(MADE)}]
)
def test_sp_credential_removes_just_what_is_named(named: dict[str, str], talk: Talk) -> None:
    before, after = principal(SKYPE, keyCredentials=[OURS, FOREIGN]), principal(SKYPE, keyCredentials=[FOREIGN])
    talk(*wholes(before, times=2), writes(SKYPE, {"keyCredentials": [FOREIGN]}), *wholes(after))
    assert run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "state": "absent", **named})["changed"]


THIRD = parse_der(certificate(days=700).public_bytes(Encoding.DER))
KEYS[THIRD.thumbprint] = THIRD.content
OTHER = {**FOREIGN, "keyId": "33333333-3333-3333-3333-333333333333", "customKeyIdentifier": THIRD.thumbprint}


@pytest.mark.parametrize(
    "named",
    [{"key_id": [OURS["keyId"], OTHER["keyId"].upper()]}, {"thumbprint": [CERTIFICATE.thumbprint, THIRD.thumbprint.lower()]}],
    ids=["key ids", "thumbprints"],
)
def test_sp_credential_removes_several_in_one_request(named: dict[str, list[str]], talk: Talk) -> None:
    before, after = principal(SKYPE, keyCredentials=[OURS, FOREIGN, OTHER]), principal(SKYPE, keyCredentials=[FOREIGN])
    talk(*wholes(before))
    predicted = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "state": "absent", **named}, check_mode=True)
    talk(*wholes(before, times=2), writes(SKYPE, {"keyCredentials": [FOREIGN]}), *wholes(after))
    real = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "state": "absent", **named})
    assert len(real["operations"]) == 2
    assert (predicted["diff"], predicted["operations"]) == (real["diff"], real["operations"])
    talk(*wholes(after))
    assert run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "state": "absent", **named})["changed"] is False


def test_sp_credential_adds_what_is_missing_of_several_in_one_request(talk: Talk) -> None:
    second, third = (parse_der(certificate(days=days).public_bytes(Encoding.DER)) for days in (500, 600))
    entries = [
        {**OURS, "keyId": one.thumbprint, "customKeyIdentifier": one.thumbprint, "endDateTime": utc_text(one.not_after)}
        for one in (second, third)
    ]
    KEYS.update({one.thumbprint: one.content for one in (second, third)})
    new = [
        {"type": "AsymmetricX509Cert", "usage": "Verify", "key": one.content, "displayName": "CN=contoso.com"} for one in (second, third)
    ]
    before, after = principal(SKYPE, keyCredentials=[OURS]), principal(SKYPE, keyCredentials=[OURS, *entries])
    arguments = {**TOKEN, "app_ids": [SKYPE], "certificates": [one.content for one in (CERTIFICATE, second, third, second)]}
    talk(*wholes(before, times=2), writes(SKYPE, {"keyCredentials": [OURS, *new]}), *wholes(after))
    assert len(run_action("sp_credential", dict(arguments))["operations"]) == 2
    talk(*wholes(after))
    assert run_action("sp_credential", dict(arguments))["changed"] is False


def test_sp_credential_plans_for_every_principal_before_it_writes_to_one(talk: Talk) -> None:
    said = talk(*wholes(principal(SKYPE), principal(EXCHANGE)))
    said.left[1].status, said.left[1].answer = 404, {"error": {"code": "Request_ResourceNotFound", "message": "not there"}}
    result = run_action("sp_credential", {**TOKEN, "certificate_content": pem(MADE)})
    assert result["failed"]
    assert EXCHANGE in result["msg"]
    assert "Nothing was changed" in result["msg"]


def test_sp_credential_warns_about_the_shared_principal_alone(talk: Talk) -> None:
    for app_id, count in ((EXCHANGE, 1), (SKYPE, 0)):
        talk(*wholes(principal(app_id, keyCredentials=[OURS])))
        result = run_action("sp_credential", {**TOKEN, "app_ids": [app_id], "certificate_content": pem(MADE)})
        assert len(result.get("warnings", [])) == count
        assert all("Today trust_exchange_credential: false would cost nothing that is known" in text for text in result.get("warnings", []))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "no certificate is given"),
        ({"certificate_content": "nonsense"}, "certificate_content"),
        ({"certificates": [CERTIFICATE.content, ""]}, "Option 'certificates': it is empty"),
        ({"certificates": []}, "no certificate is given"),
        ({"state": "absent", "key_id": ["contoso"]}, "is not a GUID"),
        ({"certificate_content": key_pem()}, "private key"),
        ({"certificate_content": pem(certificate(days=-1, since=9))}, "expired"),
        ({"certificate_content": pem(certificate(bits=1024))}, "1024"),
        ({"certificate_path": "/nowhere/issuer.cer"}, "cannot be read"),
        ({"certificate_content": pem(MADE), "certificate_path": "x"}, "mutually exclusive"),
        ({"certificate_content": pem(MADE), "app_ids": ["contoso"]}, "is not a GUID"),
        ({"certificate_content": pem(MADE), "end": "soon"}, "is not a time"),
        ({"certificate_content": pem(MADE), "end": utc_text(NOW + timedelta(days=999))}, "Option 'end'"),
        ({"state": "absent"}, "which key credential goes"),
        ({"certificate_content": pem(MADE), "valid_at": {"AB": "2031-01-01"}}, "'AB' is not a thumbprint"),
        ({"certificate_content": pem(MADE), "valid_at": {CERTIFICATE.thumbprint: "soon"}}, "is not a time"),
        (
            {"certificate_content": pem(MADE), "valid_at": {CERTIFICATE.thumbprint: "2099-01-01"}},
            "outside of the key credential's validity",
        ),
        ({"certificate_content": pem(MADE), "thumbprint": "A" * 40}, "mutually exclusive"),
        ({"thumbprint": "A" * 40}, "no certificate is given"),
        ({"state": "absent", "thumbprint": "12"}, "40 hexadecimal digits"),
    ],
)
def test_sp_credential_refuses_bad_input_before_anything_is_contacted(options: dict[str, Any], problem: str, talk: Talk) -> None:
    result = run_action("sp_credential", {**TOKEN, **options})
    assert result["failed"]
    assert problem in result["msg"]


def test_a_private_key_beside_the_certificate_is_neither_read_nor_shown(tmp_path: Path, talk: Talk) -> None:
    file = tmp_path / "both.pem"
    file.write_text(key_pem() + pem(MADE))
    talk(*wholes(principal(SKYPE, keyCredentials=[OURS])))
    result = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_path": str(file)})
    assert result["changed"] is False
    assert key_pem().splitlines()[1] not in json.dumps(result)


def test_sp_names_writes_the_union(talk: Talk) -> None:
    before = principal(SKYPE, servicePrincipalNames=[SKYPE, "Microsoft.Lync", f"{SKYPE}/WEBEXT.contoso.com"])
    whole = [*before["servicePrincipalNames"], f"{SKYPE}/webext2.contoso.com"]
    after = principal(SKYPE, servicePrincipalNames=list(reversed(whole)))
    arguments = {**TOKEN, "names": ["webext.contoso.com", "Webext2.Contoso.com", f"{SKYPE.upper()}/webext2.contoso.com"]}
    talk(*reads(before, times=2), writes(SKYPE, {"servicePrincipalNames": whole}), *reads(after))
    assert len(run_action("sp_names", dict(arguments))["operations"]) == 1
    talk(*reads(after))
    assert run_action("sp_names", dict(arguments))["changed"] is False


def test_sp_names_says_what_to_do_when_another_object_has_the_name(talk: Talk) -> None:
    refused = {"error": {"code": "Request_MultipleObjectsWithSameKeyValue", "message": "already in use"}}
    talk(*reads(principal(SKYPE), times=2), Said("PATCH", f"{GRAPH}/servicePrincipals/object-00000004", 409, refused))
    result = run_action("sp_names", {**TOKEN, "names": ["webext.contoso.com"]})
    assert result["failed"]
    assert "Another object of the tenant" in result["msg"]


@pytest.mark.parametrize("name", ["contoso", "http://webext.contoso.com/", f"{EXCHANGE}/webext.contoso.com", "webext.contoso.com:443"])
def test_sp_names_refuses_what_is_no_name(name: str) -> None:
    result = run_action("sp_names", {**TOKEN, "names": [name]})
    assert result["failed"]
    assert "Option 'names'" in result["msg"]


def test_sp_account_enables_and_in_check_mode_only_says_so(talk: Talk) -> None:
    before, after = principal(EXCHANGE, accountEnabled=False), principal(EXCHANGE)
    talk(*reads(before))
    predicted = run_action("sp_account", dict(TOKEN), check_mode=True)
    assert predicted["changed"]
    talk(*reads(before), writes(EXCHANGE, {"accountEnabled": True}), *reads(after))
    real = run_action("sp_account", dict(TOKEN))
    assert predicted["diff"] == real["diff"]


@pytest.mark.parametrize(
    ("status", "part"), [(401, "new token"), (403, "Application.Read.All"), (429, "Wait some minutes"), (503, "Wait some minutes")]
)
def test_each_refusal_of_graph_has_its_remedy(status: int, part: str, talk: Talk) -> None:
    talk(Said("GET", alone(SKYPE), status, {"error": {"code": "Code", "message": "Text."}}))
    result = run_action("sp_info", dict(TOKEN))
    assert result["failed"]
    assert part in result["msg"]
    assert f"{status} Code, Text." in result["msg"]


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://portal.fabrikam.com/login", "portal.fabrikam.com"),
        ("http://[", "another address"),
        ("https://portal.fabrikam.com:99999999/", "portal.fabrikam.com:99999999"),
        ("\xe9\xff", "another address"),
        ("https://\ud800", ""),
    ],
)
def test_a_redirect_is_not_followed(location: str, named: str, talk: Talk) -> None:
    talk(Said("GET", alone(SKYPE), 302, headers={"location": location}))
    result = run_action("sp_info", dict(TOKEN))
    assert result["failed"]
    assert f"sent the request on to {named}" in result["msg"]
    assert "not followed" in result["msg"]
    assert "Check trust_cloud, trust_login_url and trust_graph_url (cloud, login_url and graph_url of a module)" in result["msg"]


def test_a_pause_that_is_no_number_is_refused(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFB_READ_PAUSE_SECONDS", "soon")
    talk()
    result = run_action("sp_account", dict(TOKEN))
    assert result["failed"]
    assert "SFB_READ_PAUSE_SECONDS" in result["msg"]
