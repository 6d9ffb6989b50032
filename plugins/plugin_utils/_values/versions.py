# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which collection and which ansible-core are at work. Private to the collection."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import yaml
from ansible import release

_ROOT = Path(__file__).resolve().parents[3]


@cache
def collection() -> str | None:
    """The version of this collection; None where neither file that tells it is there."""
    manifest, galaxy = _ROOT / "MANIFEST.json", _ROOT / "galaxy.yml"  # of an installed one, and of its source
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    return str(yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"]) if galaxy.is_file() else None


def ansible_core() -> str:
    """The version of the ansible-core that runs this."""
    return str(release.__version__)
