# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of a service principal: whose a name is, and what each state leaves of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal_name as names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import dns_domain

from ..support import Conversation, run_action
from .test_actions import EXCHANGE, SKYPE, TOKEN, principal, reads, writes

Talk = Callable[..., Conversation]
DOMAINS = ["contoso.com", "sip.fabrikam.com"]
MICROSOFTS = [
    SKYPE,
    "Microsoft.Lync",
    "https://api.skypeforbusiness.com/",
    f"{SKYPE}/lyncmx.com",
    f"{SKYPE}/*.infra.lync.com",
    f"{SKYPE}/*.online.lync.com",
    f"{SKYPE}/webdir.online.lync.com",
]
FOREIGN = [
    f"{EXCHANGE}/webext.contoso.com",
    f"{SKYPE}/web.evilcontoso.com",
    f"{SKYPE}/fabrikam.com",
    f"{SKYPE}/*.contoso.com",
    "https://webext.contoso.com/path",
    "https://webext.contoso.com:8443/",
    "http://webext.contoso.com/",
    "contoso.com",
    "https://contoso.com.example/",
]

labels = st.sampled_from(["webext", "webint", "old", "WEB", "contoso", "evilcontoso"])
hosts = st.builds(
    lambda parts, tail: ".".join([*parts, tail]),
    st.lists(labels, max_size=2),
    st.sampled_from(
        ["contoso.com", "Contoso.COM", "evilcontoso.com", "fabrikam.com", "sip.fabrikam.com", "lync.com", "contoso.com.example"]
    ),
)
spelled = st.builds(
    lambda host, form: form.format(host),
    hosts,
    st.sampled_from([f"{SKYPE}/{{}}", f"{SKYPE.upper()}/{{}}", "https://{}/", "HTTPS://{}", "https://{}/x", f"{EXCHANGE}/{{}}", "{}"]),
)
lists = st.lists(st.one_of(spelled, st.sampled_from([*MICROSOFTS, *FOREIGN])), max_size=12, unique_by=str.lower)
wishes = st.lists(hosts.map(lambda host: f"{SKYPE}/{host.lower()}"), min_size=1, max_size=4)


def lower(values: Any) -> set[str]:
    return {value.lower() for value in values}


@given(lists, wishes)
def test_exact_leaves_the_wanted_names_and_removes_nothing_outside_the_domains(current: list[str], wanted: list[str]) -> None:
    plan = names.plan(current, wanted, "exact", SKYPE, DOMAINS)
    assert lower(wanted) <= lower(plan.whole)
    assert lower(plan.whole) == (lower(current) - lower(plan.removed)) | lower(plan.added)
    for name in plan.removed:
        host = names.host_in(SKYPE, name)
        assert host is not None
        assert any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)
    assert not lower(plan.removed) & lower([*MICROSOFTS, *FOREIGN])
    inside = [name for name in plan.whole if dns_domain.in_any(names.host_in(SKYPE, name) or "", DOMAINS)]
    assert lower(inside) <= lower(wanted)


@given(lists, wishes, st.sampled_from(["present", "absent", "exact"]))
def test_a_second_run_changes_nothing_whatever_the_letter_case(current: list[str], wanted: list[str], state: str) -> None:
    first = names.plan(current, wanted, state, SKYPE, DOMAINS)
    swapped = [name.swapcase() for name in first.whole]
    for whole in (first.whole, swapped):
        again = names.plan(whole, wanted, state, SKYPE, DOMAINS)
        assert (again.whole, again.added, again.removed) == (tuple(whole), (), ())


@given(lists, wishes)
def test_present_removes_nothing_and_absent_adds_nothing(current: list[str], wanted: list[str]) -> None:
    present, absent = (names.plan(current, wanted, state, SKYPE) for state in ("present", "absent"))
    assert present.whole[: len(current)] == tuple(current)
    assert lower(absent.whole) == lower(current) - lower(wanted)
    assert absent.added == ()


@given(hosts)
def test_a_host_is_found_again_in_each_form(host: str) -> None:
    host = host.lower()
    procedure, url = names.names_of(SKYPE, host, "both")
    assert (procedure, url) == (f"{SKYPE}/{host}", f"https://{host}/")
    assert names.host_in(SKYPE, procedure.upper()) == names.host_in(SKYPE, url.upper()) == host
    assert names.whole_names("names", SKYPE, url, "procedure") == [url]
    assert names.whole_names("names", SKYPE, procedure, "url") == [procedure]


@given(hosts, st.sampled_from(["contoso.com", "fabrikam.com", "com", "lync.com"]))
def test_a_host_is_in_a_domain_by_whole_labels(host: str, domain: str) -> None:
    tail = host.lower().split(".")[-len(domain.split(".")) :]
    assert dns_domain.in_domain(host, domain) is (tail == domain.split("."))


@given(st.text(max_size=30))
def test_any_text_may_stand_in_the_list(text: str) -> None:
    assume(names.host_in(SKYPE, text) is None)
    assert names.plan([text], [f"{SKYPE}/webext.contoso.com"], "exact", SKYPE, DOMAINS).removed == ()


def test_sp_names_keeps_a_domain_exact(talk: Talk) -> None:
    stays = [*MICROSOFTS, *FOREIGN, f"{SKYPE}/WEBEXT.contoso.com"]
    before = principal(SKYPE, servicePrincipalNames=[*stays, f"{SKYPE}/old.contoso.com", "https://OLD.contoso.com/"])
    whole = [*stays, "https://webext.contoso.com/"]
    after = principal(SKYPE, servicePrincipalNames=whole)
    arguments = {**TOKEN, "names": ["webext.contoso.com"], "form": "both", "state": "exact", "domains": ["Contoso.com."]}
    talk(*reads(before))
    predicted = run_action("sp_names", dict(arguments), check_mode=True)
    talk(*reads(before, times=2), writes(SKYPE, {"servicePrincipalNames": whole}), *reads(before), *reads(after, times=3))
    real = run_action("sp_names", dict(arguments))
    label = f"service principal {SKYPE} (Skype for Business Online)"
    assert real["operations"] == [
        f"add name https://webext.contoso.com/ to {label}",
        f"remove name {SKYPE}/old.contoso.com from {label}",
        f"remove name https://OLD.contoso.com/ from {label}",
    ]
    assert (predicted["diff"], predicted["operations"]) == (real["diff"], real["operations"])
    talk(*reads(after))
    assert run_action("sp_names", dict(arguments))["changed"] is False


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"state": "exact"}, "domains"),
        ({"state": "exact", "domains": []}, "the list is empty"),
        ({"state": "exact", "domains": ["com"]}, "is not a fully qualified host name"),
        ({"state": "exact", "domains": ["*.contoso.com"]}, "is not a fully qualified host name"),
        ({"state": "exact", "domains": ["contoso.com", "Online.Lync.com"]}, "online.lync.com is Microsoft's"),
        ({"state": "exact", "domains": ["contoso.onmicrosoft.com"]}, "is Microsoft's"),
        ({"state": "exact", "domains": ["cloud.microsoft"]}, "is Microsoft's"),
        ({"state": "exact", "domains": ["contoso.com"], "names": []}, "with state absent"),
        ({"domains": ["contoso.com"]}, "state is present"),
        ({"form": "spn"}, "must be one of"),
    ],
)
def test_sp_names_refuses_bad_input_before_anything_is_contacted(options: dict[str, Any], problem: str, talk: Talk) -> None:
    talk()
    result = run_action("sp_names", {**TOKEN, "names": ["webext.contoso.com"], **options})
    assert result["failed"]
    assert problem in result["msg"]
