# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One wish and three clients: what the tenant holds at the end is the same.

The farm's certificate beside those of others, the names of its Web services, one certificate away, and the account enabled.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab

from . import estate
from .estate import EXCHANGE, OVER, SKYPE
from .programs import AzureCli, graph_sdk
from .wishes import Modules, by_azure_cli, by_modules


def _azure_cli(lab: Lab, folder: Path) -> None:
    azure = AzureCli(lab, folder)
    by_azure_cli(azure, folder)
    azure.run("ad", "sp", "credential", "delete", "--id", SKYPE, "--key-id", OVER, "--cert")


def _graph_sdk(lab: Lab, _folder: Path) -> None:
    key = estate.ours_key()
    graph_sdk(
        lab,
        *({"do": "add_key", "app_id": app_id, "certificate": key, "display_name": "ours"} for app_id in (SKYPE, EXCHANGE)),
        {"do": "remove_key", "app_id": SKYPE, "key_id": OVER},
        {"do": "add_names", "app_id": SKYPE, "names": estate.names(SKYPE)},
        {"do": "enable", "app_id": EXCHANGE, "enabled": True},
    )


def _modules(lab: Lab, _folder: Path) -> None:
    modules = Modules(lab)
    by_modules(modules)
    modules.run("sp_credential", app_ids=[SKYPE], state="absent", key_id=OVER)


def _end(client: Callable[[Lab, Path], None], folder: Path) -> dict[str, Any]:
    with Lab(estate.state(), workdir=folder / "lab", engine="none") as lab:
        client(lab, folder)
        return {
            app_id: {
                "certificates": estate.certificates(lab, app_id),
                "names": sorted(estate.principal(lab, app_id)["servicePrincipalNames"]),
                "secrets": estate.principal(lab, app_id)["passwordCredentials"],
                "enabled": estate.principal(lab, app_id)["accountEnabled"],
            }
            for app_id in (SKYPE, EXCHANGE)
        }


@pytest.mark.parametrize("client", [_azure_cli, _graph_sdk], ids=["azure_cli", "graph_sdk"])
def test_the_end_is_that_of_our_modules(client: Callable[[Lab, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFB_READ_PAUSE_SECONDS", "0.01")
    ours = _end(_modules, tmp_path / "ours")
    assert len(ours[SKYPE]["certificates"]) == len(ours[EXCHANGE]["certificates"]) == 2
    assert _end(client, tmp_path / "theirs") == ours
