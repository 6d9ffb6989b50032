# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of the end of Exchange Web Services, and which addresses are Exchange Online's."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import exchange_web_services as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import is_exchange_online
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import FIXES

ROOT = Path(__file__).parents[3]
SECOND = timedelta(seconds=1)
# The months of the stages, with what may stand before them.
_DATE = re.compile(r"(?:\b\d{1,2}(?:st|nd|rd|th)?\s+)?\b(?:October\s+202[56]|April\s+2027)\b")
# The server's own updates came in one of these months too.
_UPDATES = re.compile(rf"\b(?:updates|fixes) of {FIXES}\b")
_HOMES = [ROOT / "plugins" / "plugin_utils" / "_values" / f"{name}.py" for name in ("exchange_web_services", "server_builds")]


def dates(path: Path) -> set[str]:
    return {" ".join(found.split()) for found in _DATE.findall(_UPDATES.sub("", path.read_text(encoding="utf-8")))}


def test_the_stages_are_in_order_and_begin_with_their_day() -> None:
    assert [stage.day for stage in subject.STAGES] == ["31 October 2025", "10 October 2026", "1 April 2027"]
    for stage in subject.STAGES:
        assert not stage.reached(stage.begins - timedelta(seconds=1))
        assert stage.reached(stage.begins)
        assert stage.source.startswith("https://learn.microsoft.com/") is stage.official


@pytest.mark.parametrize(
    ("url", "online"),
    [
        ("https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc", True),
        ("https://Outlook.Office365.com:443/EWS/Exchange.asmx", True),
        ("https://autodiscover-s-dod.office365.us/autodiscover/autodiscover.svc", True),
        ("https://autodiscover-s.partner.outlook.cn/autodiscover/autodiscover.svc", True),
        ("https://autodiscover-s.outlook.com./autodiscover/autodiscover.svc", True),
        ("https://autodiscover.contoso.mail.onmicrosoft.com/autodiscover/autodiscover.svc", True),
        ("https://autodiscover.contoso.onmicrosoft.com/autodiscover/autodiscover.svc", True),
        ("https://autodiscover.contoso.mail.onmicrosoft.us/autodiscover/autodiscover.svc", True),
        ("https://autodiscover.contoso.partner.mail.onmschina.cn/autodiscover/autodiscover.svc", True),
        ("https://autodiscover.mail.notonmicrosoft.com/", False),
        ("https://exchange.contoso.com/autodiscover/autodiscover.svc", False),
        ("https://notoutlook.com/", False),
        ("https://outlook.com.contoso.com/", False),
        ("https://contoso.com/outlook.com", False),
        ("", False),
    ],
)
def test_an_address_is_exchange_onlines_by_its_host_alone(url: str, online: bool) -> None:
    assert is_exchange_online(url) is online


def test_every_page_says_the_same_dates() -> None:
    for name in ("README.md", "docs/security.md", "docs/proof.md", "docs/findings.md"):
        assert dates(ROOT / name) == {stage.day for stage in subject.STAGES}, name


def test_no_other_file_says_a_date_of_its_own() -> None:
    files = [path for folder in ("docs", "plugins", "roles", "playbooks") for path in sorted((ROOT / folder).rglob("*.*"))]
    texts = [path for path in files if path.suffix in (".md", ".py", ".yml", ".j2") and path not in _HOMES]
    assert len(texts) > 100
    for path in texts:
        assert dates(path) <= ({stage.day for stage in subject.STAGES} if path.suffix == ".md" else set()), path


@pytest.mark.parametrize(
    ("now", "cost", "says"),
    [
        (subject.SHARED_BLOCKED.begins - SECOND, "what comes through this principal until 31 October 2025", "end on 1 April 2027"),
        (
            subject.SHARED_BLOCKED.begins,
            "nothing that is known",
            "refuse what comes through the shared principal since 31 October 2025 and",
        ),
        (
            subject.ALLOW_LIST.begins,
            "nothing that is known",
            "let in only applications on the tenant's list since 10 October 2026 and end on",
        ),
        (subject.END.begins, "nothing that is known", "ended on 1 April 2027"),
    ],
)
def test_what_it_would_cost_and_spare_is_one_sentence_of_the_day(now: datetime, cost: str, says: str) -> None:
    sentence = subject.taking_back(now)
    assert sentence.startswith(f"Today trust_exchange_credential: false would cost {cost}, since Exchange Web Services ")
    assert says in sentence
    assert sentence.endswith(", and would spare the tenant this risk.")
    assert sentence.count(".") == 1
