# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab of one's own for each test, and what certificates and wishes the clients get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab

from .estate import state


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """With foreign certificates on both principals, as a tenant in use has them."""
    with Lab(state(), workdir=tmp_path / "lab", engine="none") as running:
        yield running
