# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold after a run that went wrong, as pure functions of the states before and after, each made plain()."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.lab.cloud.key_credentials import certificate_of
from tests.lab.farm import certificates
from tests.lab.scenarios import asked_for

from .role import Done

State = dict[str, Any]
LOST, MISSING, UNCLEAR, OPEN, STRANDED = "lost", "missing", "unclear", "not converged", "stranded"
_KEY = ("key", "displayName", "customKeyIdentifier", "startDateTime", "endDateTime")
_AT = 2 + _KEY.index("customKeyIdentifier")
# The day and the host in a new entry's display name: which server was read first, and when, is no difference between two runs.
_WRITTEN = re.compile(r"^(SfB trust .+ )[0-9]{8}-[0-9a-f]{6} ")
_OBJECTS = ("oauth_servers", "partner_applications")


@dataclass(frozen=True)
class Violation:
    """kind: one of the five above."""

    kind: str
    text: str


def plain(state: State, before: State) -> State:
    """The state with its farm's certificates named by thumbprint. One that was not there before is new, and may be another in each run."""
    made: State = copy.deepcopy(state)
    for deployment, old in zip(made["deployments"], before["deployments"], strict=True):
        known = {_thumbprint(entry) for entry in old["certificates"].values()}
        there = {name: _thumbprint(entry) for name, entry in deployment.pop("certificates").items()}
        fresh = [one for one in there.values() if one not in known]
        names = {name: f"new {fresh.index(one) + 1}" if one in fresh else one for name, one in there.items()}
        for front_end in deployment["front_ends"]:
            front_end["store"] = sorted(names[name] for name in front_end["store"])
        issuer = deployment["cms"]["token_issuer"]
        if issuer:
            issuer |= {name: names.get(issuer.get(name)) for name in ("certificate", "previous")}
        entries = [key for tenant in made["tenants"] for one in tenant["service_principals"] for key in one["keyCredentials"]]
        for key in entries:
            own = certificates.thumbprint(certificate_of(key["key"])) if key["key"] else None
            key["displayName"] = _WRITTEN.sub(r"\1", key["displayName"] or "") or None
            if own in fresh:
                key.update(dict.fromkeys(_KEY, f"new {fresh.index(own) + 1}"))
    return made


def settled(state: State) -> State:
    """The state without what may differ between two runs that did the same: ids of new entries, and order."""
    return {
        "tenants": [
            {one["appId"]: (one["accountEnabled"], _names(one), _keys(one)) for one in tenant["service_principals"]}
            for tenant in state["tenants"]
        ],
        "deployments": [
            {
                **{name: sorted((_object(one) for one in deployment["cms"][name]), key=str) for name in _OBJECTS},
                "oauth_configuration": _object(deployment["cms"]["oauth_configuration"]),
                "token_issuer": deployment["cms"]["token_issuer"],
                "stores": {one["name"]: one["store"] for one in deployment["front_ends"]},
            }
            for deployment in state["deployments"]
        ],
    }


def _names(principal: State) -> Counter[tuple[str, ...]]:
    return Counter((name.lower(),) for name in principal["servicePrincipalNames"])


def _keys(principal: State) -> Counter[tuple[str, ...]]:
    return Counter((key["type"], key["usage"], *(str(key[name]) for name in _KEY)) for key in principal["keyCredentials"])


def _object(entry: State) -> State:
    return {name: value for name, value in entry.items() if value not in (None, "", False)}


def _thumbprint(entry: State) -> str:
    return certificates.thumbprint(certificates.load(entry))


def lost(before: State, clean: State, now: State) -> Iterator[Violation]:
    """Keys and names that a clean run leaves alone, and that are not there now. A key counts with all its bytes."""
    for tenants in zip(before["tenants"], clean["tenants"], now["tenants"], strict=True):
        by_id = [{one["appId"]: one for one in tenant["service_principals"]} for tenant in tenants]
        for app_id, principal in by_id[0].items():
            for what, read in (("key", _keys), ("name", _names)):
                first, done, there = (read(one[app_id]) for one in by_id)
                for gone in (first & done) - there:
                    shown = gone[_AT] if what == "key" else gone[0]
                    yield Violation(LOST, f"{what} {shown} of {principal['displayName']}")


def missing(before: State, clean: State, now: State, replaced: str) -> Iterator[Violation]:
    """Trust objects that are neither as before nor as after a clean run, and whose definition is not kept either.

    replaced: what the controller keeps of objects that are being replaced.
    """
    for deployments in zip(before["deployments"], clean["deployments"], now["deployments"], strict=True):
        forms = [_by_identity(deployment) for deployment in deployments]
        for identity in dict.fromkeys(name for form in forms for name in form):
            old, new, there = (form.get(identity) for form in forms)
            if there in (old, new) or (there is None and old and f'"{identity[1]}"' in replaced):
                continue
            yield Violation(MISSING, f"{identity[0]} {identity[1]} is {there}, it was {old} and is to be {new}")


def stranded(now: State) -> Iterator[Violation]:
    """What clients lack that are sent to the tenant to sign in: the OAuth server that they are sent to, or a name that they ask for."""
    for deployment, tenant in zip(now["deployments"], now["tenants"], strict=False):
        cms = deployment["cms"]
        named = str(cms["oauth_configuration"].get("ClientAuthorizationOAuthServerIdentity") or "").lower()
        known = {name.lower() for one in tenant["service_principals"] for name in one["servicePrincipalNames"]}
        if named and named not in [one["Identity"].lower() for one in cms["oauth_servers"]]:
            yield Violation(STRANDED, f"clients are sent to {named}, which is not there")
        for name in asked_for(deployment) if named else ():
            if name not in known:
                yield Violation(STRANDED, f"clients are sent to the tenant, which does not know {name}")


def _by_identity(deployment: State) -> dict[tuple[str, str], State | None]:
    cms = deployment["cms"]
    found: dict[tuple[str, str], State | None] = {(name, one["Identity"]): _object(one) for name in _OBJECTS for one in cms[name]}
    found["oauth_configuration", "Global"] = _object(cms["oauth_configuration"])
    found["token_issuer", "global"] = cms["token_issuer"]
    return found


def unclear(failures: Iterable[Done], done: Iterable[Done], known: Iterable[str]) -> Iterator[Violation]:
    """Messages of a failed run that do not help. known: the names of servers, principals and hosts, one of which is to be named.

    done: all tasks of the run, since a decision says what an earlier task failed at, with its remedy.
    """
    words = [one.lower() for one in known]
    remedies = [one.error.remedy.strip() for one in done if one.error is not None and one.error.remedy.strip()]
    for one in failures:
        said = str(one.result.get("msg") or "")
        where = f"{one.task.name}: {said}"
        if not said or "Unexpected " in said or "Traceback" in said:
            yield Violation(UNCLEAR, f"no message of ours: {where}")
        elif not any(word in said.lower() for word in words):
            yield Violation(UNCLEAR, f"no server and no principal is named: {where}")
        elif not any(remedy in said for remedy in remedies):
            yield Violation(UNCLEAR, f"no remedy is given: {where}")


def secret(shown: str, secrets: Iterable[str]) -> Iterator[Violation]:
    """Secrets in what a run showed."""
    if any(one in shown for one in secrets):
        yield Violation(UNCLEAR, "a secret is shown")


def known_names(state: State) -> list[str]:
    """The names by which a message may tell where it went wrong."""
    servers = [one["name"] for deployment in state["deployments"] for one in deployment["front_ends"]]
    principals = [one[name] for tenant in state["tenants"] for one in tenant["service_principals"] for name in ("appId", "displayName")]
    tenants = [f"tenant {domain}" for tenant in state["tenants"] for domain in tenant["domains"]]
    return [*servers, *principals, *tenants, "graph.microsoft.com", "login.microsoftonline.com"]
