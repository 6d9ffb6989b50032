# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real browser: one Chromium for all tests, and the pages of the fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import page
from tests.browser.browser import Browser
from tests.support import reports


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of each fixture, by name."""
    folder = tmp_path_factory.mktemp("pages")
    for name, audits in reports.FIXTURES.items():
        made = document(audits(), title="Audit of server-to-server authentication", now=reports.NOW, ending_soon_days=30)
        (folder / f"{name}.html").write_text(html(page(made)), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in reports.FIXTURES}
