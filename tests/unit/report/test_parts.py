# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report that is written deployment by deployment is the same text as one that is made as a whole."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.junit import junit
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import page
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.parts import FORMATS, Parts
from tests.support import reports

_NOT_OF_THE_COVER = ("facts", "certificates", "links", "proof", "warnings", "severities", "time")


def written(place: Path, made: dict[str, Any]) -> dict[str, str]:
    with Parts(FORMATS, made["ending_soon_days"]) as parts:
        for one in made["deployments"]:
            parts.add(one)
        brief = [{name: value for name, value in one.items() if name not in _NOT_OF_THE_COVER} for one in made["deployments"]]
        assert list(place.iterdir()) == []
        paths = parts.write(place, {**made, "deployments": brief})
    return {name: Path(path).read_text(encoding="utf-8") for name, path in paths.items()}


@pytest.mark.parametrize("fixture", reports.FIXTURES.values(), ids=reports.FIXTURES)
def test_the_files_are_what_the_whole_document_gives(tmp_path: Path, fixture: Callable[[], list[dict[str, Any]]]) -> None:
    made = document(fixture(), title='<Audit> & "more"', now=reports.NOW, ending_soon_days=30)
    assert written(tmp_path, made) == {
        "html": html(page(made)),
        "json": json.dumps(made, indent=2, ensure_ascii=False) + "\n",
        "xml": f'<?xml version="1.0" encoding="UTF-8"?>\n{junit(made)}\n',
    }


def test_memory_holds_a_fraction_of_what_is_written(tmp_path: Path) -> None:
    (one,) = document(reports.good(), title="Audit", now=reports.NOW, ending_soon_days=30)["deployments"]
    with Parts(FORMATS, 30) as parts:
        parts.add(one)
        tracemalloc.start()
        for _number in range(100):
            parts.add(one)
        head = {**document(reports.good(), title="Audit", now=reports.NOW, ending_soon_days=30), "deployments": [one]}
        paths = parts.write(tmp_path, head)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < sum(Path(path).stat().st_size for path in paths.values()) / 3
