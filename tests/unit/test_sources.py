# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of the server's documentation that are named as sources: each is one of those that Microsoft has."""

from __future__ import annotations

import re

from tests.support.play import ROOT

_ADDRESS = re.compile(r"https://learn\.microsoft\.com/skypeforbusiness/([a-z0-9/-]*)", re.IGNORECASE)
# By their files in https://github.com/MicrosoftDocs/OfficeDocs-SkypeForBusiness
_PAGES = {
    "deploy/integrate-with-exchange-server/configure-partner-applications",
    "deploy/integrate-with-exchange-server/integrate-with-exchange-server",
    "deploy/integrate-with-exchange-server/oauth-with-online-and-on-premises",
    "hybrid/plan-hybrid-connectivity",
    "manage/authentication/assign-a-server-to-server-certificate",
    "manage/authentication/configure-a-hybrid-environment",
    "manage/authentication/configure-an-on-premises-partner-app",
    "manage/authentication/server-to-server-and-partner-applications",
    "manage/authentication/stage-av-and-oauth-certificates",
    "plan-your-deployment/modern-authentication/topologies-supported",
    "plan-your-deployment/security/key-security",
}


def test_every_page_of_the_servers_documentation_that_is_named_exists() -> None:
    texts = [
        path for folder in ("plugins", "roles", "docs") for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".yml")
    ]
    named = {match[1].lower().rstrip("/") for path in texts for match in _ADDRESS.finditer(path.read_text(encoding="utf-8"))}
    assert named
    assert named <= _PAGES, "is its file there?"
