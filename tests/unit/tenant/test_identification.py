# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an entry is, where lists give no certificate and whoever wrote the entry chose its identifier."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import identification as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import Said, pem, run_action
from .test_actions import CERTIFICATE, EXCHANGE, FIELDS, FOREIGN, GRAPH, MADE, OURS, SKYPE, STRANGERS, TOKEN, Talk, alone, principal

STRANGER = {**FOREIGN, "customKeyIdentifier": CERTIFICATE.thumbprint}
GIVEN = {**STRANGER, "key": STRANGERS.content}


def whole(*keys: dict[str, Any]) -> Said:
    """A principal read alone, with just these keys of its credentials."""
    return Said("GET", alone(SKYPE), answer=principal(SKYPE, keyCredentials=list(keys)))


def single(*keys: dict[str, Any], app_id: str = SKYPE) -> Said:
    """The keys of a principal read alone."""
    url = f"{GRAPH}/servicePrincipals/object-{app_id[:8]}?$select=keyCredentials"
    return Said("GET", url, answer={"keyCredentials": list(keys)})


def told(result: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    """Thumbprint and identifier of each entry."""
    return [(key["thumbprint"], key["identifier"]) for one in result["service_principals"] for key in one["key_credentials"]]


def info(**options: Any) -> dict[str, Any]:
    return run_action("sp_info", {**TOKEN, **(options or {"app_ids": [SKYPE]})})


def test_an_entry_is_told_by_its_certificate_and_not_by_its_identifier(talk: Talk) -> None:
    talk(whole(GIVEN))
    result = info()
    assert told(result) == [(STRANGERS.thumbprint, CERTIFICATE.thumbprint)]
    assert result["service_principals"][0]["key_credentials"][0]["key_type"] == "RSA"
    assert "warnings" not in result


def test_of_a_list_each_principal_with_certificates_is_read_alone(talk: Talk) -> None:
    symmetric = {**FOREIGN, "type": "Symmetric", "keyId": OURS["keyId"]}
    others = [principal(SKYPE, keyCredentials=[symmetric]), principal(EXCHANGE, keyCredentials=[FOREIGN, STRANGER])]
    found = Said("GET", f"{GRAPH}/servicePrincipals?{FIELDS}&$top=100", answer={"value": others})
    talk(found, single({**FOREIGN, "key": STRANGERS.content}, GIVEN, app_id=EXCHANGE))
    assert [thumbprint for thumbprint, _identifier in told(info(all=True))][1:] == [STRANGERS.thumbprint] * 2


def test_where_graph_gives_no_certificate_at_all_the_identifiers_tell_and_it_is_said(talk: Talk) -> None:
    talk(whole(OURS, FOREIGN), single(OURS, FOREIGN))
    result = info()
    assert [thumbprint for thumbprint, _identifier in told(result)] == [CERTIFICATE.thumbprint, STRANGERS.thumbprint]
    (warning,) = result["warnings"]
    assert "gives no certificate of the key credentials of service principal 00000004" in warning
    talk(whole(OURS), single(OURS))
    result = run_action("sp_credential", {**TOKEN, "app_ids": [SKYPE], "certificate_content": pem(MADE)})
    assert result["changed"] is False
    assert result["warnings"] == [warning]


def test_where_graph_gives_others_an_identifier_alone_is_believed_no_more(talk: Talk) -> None:
    other = {**FOREIGN, "key": STRANGERS.content}
    talk(whole(OURS, other), single(OURS, other))
    result = info()
    assert told(result) == [(None, CERTIFICATE.thumbprint), (STRANGERS.thumbprint, STRANGERS.thumbprint)]
    assert "warnings" not in result


def test_a_replica_that_has_not_heard_of_an_entry_is_asked_again_but_not_for_ever(talk: Talk) -> None:
    ours = {**OURS, "key": CERTIFICATE.content}
    talk(whole(GIVEN, OURS), single(GIVEN), single(GIVEN, ours))
    assert [thumbprint for thumbprint, _identifier in told(info())] == [STRANGERS.thumbprint, CERTIFICATE.thumbprint]
    talk(whole(GIVEN, OURS), *(single(GIVEN) for _time in range(3)))
    assert told(info())[1] == (None, CERTIFICATE.thumbprint)


def test_a_certificate_that_this_library_cannot_read_has_its_thumbprint_all_the_same() -> None:
    odd = CERTIFICATE.der.replace(b"\x17\x0d", b"\x04\x0d")  # its validity is not of a time's type
    assert odd != CERTIFICATE.der
    entry = {**STRANGER, "key": base64.b64encode(odd).decode()}
    found = key_credential.from_graph(entry)
    assert found.thumbprint == hashlib.sha1(odd, usedforsecurity=False).hexdigest().upper()
    assert found.given
    assert key_credential.from_graph({**entry, "type": "Symmetric"}).given is False


keys = st.builds(
    KeyCredential,
    key_id=st.uuids().map(str),
    thumbprint=st.sampled_from(["A" * 40, "B" * 40, None]),
    identifier=st.just("A" * 40),
    subject=st.none(),
    start=st.none(),
    end=st.none(),
    usage=st.just("Verify"),
    type=st.sampled_from(["AsymmetricX509Cert", "X509CertAndPassword", "Symmetric", None]),
    display_name=st.none(),
    key_type=st.sampled_from(["RSA", None]),
)


@given(st.lists(keys, max_size=6).map(tuple))
def test_settled_entries_are_told_all_by_certificates_or_all_by_identifiers(listed_keys: tuple[KeyCredential, ...]) -> None:
    found = subject.settled(listed_keys)
    assert [key.key_id for key in found] == [key.key_id for key in listed_keys]
    assert subject.settled(found) == found
    if any(key.given for key in found):
        assert all(key.thumbprint is None for key in found if subject.lacks_certificate(key))
    else:
        assert found == listed_keys


@pytest.fixture
def fooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """Strangers' certificates under the farm's thumbprint on both principals, and nothing of the farm's."""
    return Estate(states.fooled(), tmp_path, monkeypatch)


def own(estate: Estate) -> Any:
    return certificates.load(estate.certificate("issuer"))


def counted(estate: Estate) -> list[int]:
    """How many entries of the farm's certificate, and of others, the principals hold."""
    held = [key for app_id in (SKYPE, EXCHANGE) for key in estate.principal(app_id)["keyCredentials"]]
    thumbprints = [key_credential.from_graph(key).thumbprint for key in held]
    ours = thumbprints.count(certificates.thumbprint(own(estate)))
    return [ours, len(thumbprints) - ours]


@pytest.mark.parametrize("informed", [True, False], ids=["with current", "alone"])
def test_a_strangers_certificate_under_our_thumbprint_is_neither_ours_nor_touched(fooled: Estate, informed: bool) -> None:
    given = {"certificate_content": pem(own(fooled)), **({"current": fooled.cloud()} if informed else {})}
    assert counted(fooled) == [0, 2]
    predicted = fooled.in_tenant("sp_credential", given, check_mode=True)
    done = fooled.in_tenant("sp_credential", given)
    assert done["changed"]
    assert predicted["diff"] == done["diff"]
    assert counted(fooled) == [2, 2]
    assert fooled.in_tenant("sp_credential", {"certificate_content": pem(own(fooled))})["changed"] is False
    removed = fooled.in_tenant("sp_credential", {"thumbprint": certificates.thumbprint(own(fooled)), "state": "absent"})
    assert len(removed["operations"]) == 2
    assert counted(fooled) == [0, 2]
