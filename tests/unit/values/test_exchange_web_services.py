# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of the end of Exchange Web Services, and which addresses are Exchange Online's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import exchange_web_services as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import is_exchange_online


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
        ("https://exchange.contoso.com/autodiscover/autodiscover.svc", False),
        ("https://notoutlook.com/", False),
        ("https://outlook.com.contoso.com/", False),
        ("https://contoso.com/outlook.com", False),
        ("", False),
    ],
)
def test_an_address_is_exchange_onlines_by_its_host_alone(url: str, online: bool) -> None:
    assert is_exchange_online(url) is online
