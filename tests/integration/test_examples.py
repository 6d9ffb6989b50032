# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EXAMPLES of every module run as they stand, and so do the plays of the pages on the shared principal and on what was lost."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.farm import certificates
from tests.lab.states import audit as states
from tests.support.play import ROOT, run_playbook

RUNNER = ROOT / "plugins" / "modules" / "cs_invoke.yml"
ONPREM = {*yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]["onprem"], RUNNER.stem}
# Modules whose attributes say that they change nothing, so that an audit's recap counts no change.
READING = {
    path.stem for path in RUNNER.parent.glob("*.py") if re.search(r"hybrid_auth\.attributes\.(info|report)$", path.read_text(), re.M)
}
MODULES = [*sorted((ROOT / "plugins" / "modules").glob("[a-z]*.py")), RUNNER]


def examples(path: Path) -> str:
    if path.suffix == ".yml":
        return str(yaml.safe_load(path.read_text(encoding="utf-8"))["EXAMPLES"])
    scope: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)  # noqa: S102  # a file of documentation only
    return str(scope["EXAMPLES"])


def run_examples(lab: Lab, paths: list[Path], tmp_path: Path) -> None:
    """A play for each module, in one playbook: first those that only read, so that they meet what the state says."""
    folder = tmp_path / "run"
    folder.mkdir()
    issuer = certificates.load(lab.state()["deployments"][0]["certificates"]["issuer"])
    (folder / "issuer.cer").write_bytes(base64.b64encode(issuer.public_bytes(Encoding.DER)))
    plays = []
    for path in sorted(paths, key=lambda path: path.stem not in READING):
        tasks = "".join(f"    {line}\n" if line else "\n" for line in examples(path).splitlines())
        plays.append(f"- name: {path.stem}\n  hosts: front_ends\n  gather_facts: false\n  tasks:\n{tasks}")
    playbook = folder / "examples.yml"
    playbook.write_text("\n".join(plays), encoding="utf-8")
    tenant = lab.info["tenants"][0]
    environment = {
        "AZURE_CLIENT_ID": tenant["client_id"],
        "AZURE_SECRET": tenant["client_secret"],
        "SFB_LOGIN_URL": lab.info["login_url"],
        "SFB_GRAPH_URL": lab.info["graph_url"],
        "SFB_CA_PATH": lab.info["ca_path"],
        "SFB_METADATA_URL": tenant["metadata_url"],
    }
    run = run_playbook(playbook, lab.inventory, folder, "--limit", "fe01.contoso.com", extra_environment=environment)
    assert run.code == 0, run.output
    for path in paths:
        assert run.results(path.stem), path.stem
        if path.stem in READING:
            assert [result for result in run.results(path.stem) if result["changed"]] == []


@pytest.mark.best_runner
def test_the_examples_of_the_farms_modules_run(start: Callable[[dict[str, Any]], Lab], greenfield: dict[str, Any], tmp_path: Path) -> None:
    run_examples(start(greenfield), [path for path in MODULES if path.stem in ONPREM], tmp_path)


@pytest.mark.either_runner
def test_the_examples_of_the_other_modules_run(start: Callable[[dict[str, Any]], Lab], greenfield: dict[str, Any], tmp_path: Path) -> None:
    run_examples(start(greenfield), [path for path in MODULES if path.stem not in ONPREM], tmp_path)


def signed_in(lab: Lab, **more: Any) -> tuple[list[str], dict[str, str]]:
    """The variables of an inventory with a sign-in, as words for ansible-playbook, and the environment that leads to the lab."""
    tenant = lab.info["tenants"][0]
    names = {"tenant": "id", "client_id": "client_id", "client_secret": "client_secret"}
    variables = {**{f"trust_{name}": tenant[key] for name, key in names.items()}, **more}
    environment = {"SFB_LOGIN_URL": lab.info["login_url"], "SFB_GRAPH_URL": lab.info["graph_url"], "SFB_CA_PATH": lab.info["ca_path"]}
    return ["-e", json.dumps(variables)], environment


@pytest.mark.either_runner
def test_the_plays_of_the_page_on_what_was_lost_run(start: Callable[[dict[str, Any]], Lab], tmp_path: Path) -> None:
    state, thumbprints = states.right(), {}
    states.staged(state, 3)
    for name, subject in (("right", "CN=contoso.com"), ("theirs", "CN=mail.contoso.com")):
        entry = states.farm(state)["certificates"][name] = states.made(subject, days=800)
        made = certificates.load(entry)
        thumbprints[name] = certificates.thumbprint(made)
        (tmp_path / f"{name}.cer").write_bytes(made.public_bytes(Encoding.DER))
    for front_end in states.farm(state)["front_ends"]:
        front_end["store"].append("right")
    lab = start(state)
    page = (ROOT / "docs" / "restore.md").read_text(encoding="utf-8").replace("/etc/trust/", f"{tmp_path}/")
    plays = "".join(re.findall(r"```yaml\n(- .*?)```", page, re.S))
    playbook = tmp_path / "page.yml"
    playbook.write_text(re.sub(r"thumbprint: [0-9A-F]{40}", f"thumbprint: {thumbprints['right']}", plays), encoding="utf-8")
    words, environment = signed_in(lab)
    run = run_playbook(playbook, lab.inventory, tmp_path / "run", *words, extra_environment=environment)
    assert run.code == 0, run.output
    after = lab.state()
    skype, token_issuer = states.principal(after, states.SKYPE), states.farm(after)["cms"]["token_issuer"]
    assert set(thumbprints.values()) <= {one["customKeyIdentifier"] for one in skype["keyCredentials"]}
    assert "https://lync.fabrikam.com/" in skype["servicePrincipalNames"]
    assert (token_issuer["certificate"], token_issuer["previous"]) == ("right", "issuer")
    begins = datetime.fromisoformat(token_issuer["effective_date"].replace("Z", "+00:00"))
    assert 23 < (begins - datetime.now(timezone.utc)).total_seconds() / 3600 <= 25


@pytest.mark.either_runner
def test_the_plays_of_the_page_on_the_shared_principal_run(start: Callable[[dict[str, Any]], Lab], tmp_path: Path) -> None:
    state = states.right()
    states.dedicated(state)["keyCredentials"] = []
    shared = states.principal(state, states.EXCHANGE)["keyCredentials"]
    shared.append({**states.entry("wizard", states.made("CN=fabrikam.com")), "keyId": "11111111-1111-1111-1111-111111111111"})
    lab = start(state)
    page = (ROOT / "docs" / "shared-principal.md").read_text(encoding="utf-8")
    playbook = tmp_path / "page.yml"
    playbook.write_text("".join(re.findall(r"```yaml\n(- .*?)```", page, re.S)), encoding="utf-8")
    words, environment = signed_in(lab, trust_dedicated_application=states.HYBRID)
    run = run_playbook(playbook, lab.inventory, tmp_path / "run", *words, extra_environment=environment)
    assert run.code == 0, run.output
    after = lab.state()
    assert len(states.dedicated(after)["keyCredentials"]) == 1
    assert states.principal(after, states.EXCHANGE)["keyCredentials"] == []
