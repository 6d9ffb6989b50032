# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import (
    existing,
    issue,
    refused,
    registered,
    rotation,
    rotation_refused,
    sign_in_end,
    store_removal,
    successor,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.plan import (
    account_obstacles,
    disabled_problems,
    server_obstacles,
    tenant_obstacles,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import (
    Deployment,
    Obstacle,
    Unread,
    check_obstacles,
    failure,
    split_obstacles,
    unchecked_warnings,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told_certificate import as_option

_SUCCESSOR = "Stage its successor now, or have it made with trust_rotation_create."
_RESTRICTED = (
    "this endpoint tells no time, so dates are judged by the controller's clock. No script may run there, so what a roll needs of the farm "
    "is left to you: import, stage and forget its certificates with Set-CsCertificate and Remove-CsCertificate."
)


class ActionModule(HybridAuthAction):
    """Tell what a roll needs of the tenant and the farm; nothing is contacted."""

    ARGUMENTS = Arguments(
        {
            **registered.DEPLOYMENT,
            "token": {"type": "dict"},
            "onprem": {"type": "dict"},
            "cloud": {"type": "dict", "required": True},
            "refusals": {"type": "dict"},
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
            "overlap_days": {"type": "int", "default": 7},
            "warn_days": {"type": "int", "default": 60},
            "fail_days": {"type": "int", "default": 7},
            "earlier_thumbprints": {"type": "list", "elements": "str", "default": []},
            "remove_thumbprints": {"type": "list", "elements": "str", "default": []},
            "pfx_password": {"type": "str", "no_log": True},
            "prepared": {"type": "dict"},
            "staged": {"type": "dict"},
        },
        required_one_of=[("onprem", "members")],
        mutually_exclusive=[("onprem", "members")],
        required_by={"members": ("settings",)},
    )

    # What tasks use has no password in it, and one such as pfx, or a digit, must not change an option, a date or a certificate.
    PUBLIC = (
        *("deployment", "lead", "tenant_id", "certificate", "due", "successor_due", "previous_over"),
        *("operations", "unmade", "add", "remove", "keep", "certificates", "upcoming", "steps", "arguments"),
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        if params["settings"] is None:
            return _of_one_server(params)
        settings = registered.settings_in(params)
        params = {**params, **_given(settings)}
        deployment = registered.deployment_in(params, settings, task_vars)
        tenant = registered.tenant_in(params["token"], params["cloud"], params["refusals"])
        # Without these nothing is known of what to write, or where.
        first = [
            *split_obstacles(deployment),
            *tenant_obstacles(settings, tenant),
            *existing.absent_obstacles(settings, deployment, tenant),
        ]
        obstacles = [*server_obstacles(settings, deployment, names=False), *account_obstacles(settings, tenant)]
        fails = params["obstacles"] == "fail"
        if fails and (first or not deployment.read):
            check_obstacles(settings.deployment, [*first, *obstacles])
        # A lead that was not read is an obstacle to all but what the others show to be missing in the tenant.
        name = next(iter(deployment.read), deployment.lead)
        leading = deployment.read.get(name)
        signing, moment = _signing(leading, params["staged"])
        # Only the lead tells whether there is a trust; without it a tenant that holds nothing of the farm's is given nothing.
        if fails and name != deployment.lead and not (isinstance(tenant, Unread) or existing.holds_any(settings, deployment, tenant)):
            check_obstacles(settings.deployment, obstacles)
        restricted = leading is not None and leading["endpoint"] == "restricted"
        # The others were read before what was staged in between.
        others = {} if params["staged"] else _others(deployment, name)
        neighbours = registered.neighbours_in(params, settings, deployment, params["token"]["tenant_id"], params["cloud"], task_vars)
        rules = replace(
            _rules(params),
            coming=_coming(settings, params["prepared"]),
            wanted_on=settings.credential_app_ids,
            create="none" if restricted else settings.rotation_create,
        )
        plan = rotation.plan(
            signing,
            [*_principals(params, settings.named_app_ids), *_opted_out(settings, params["cloud"])],
            rules,
            moment,
            others,
            neighbours,
        )
        obstacles += [Obstacle(deployment.subject, problem, remedy) for problem, remedy in plan.problems]
        comes = False
        if not restricted:
            password, due = params["pfx_password"], plan.successor_due
            comes, told = successor.coming(settings, signing, password, successor_due=due, now=moment)
            obstacles += told
        if not isinstance(tenant, Unread) and tenant.refusals is not None:
            made = (params["prepared"] or {}).get("certificate")
            coming = successor.candidate(settings, params["pfx_password"], moment, made) if comes else None
            plan, told = rotation_refused.without(plan, tenant.refusals, settings.credential_app_ids, signing, coming, moment)
            obstacles += told
            comes = comes and not told
        rights = refused.sign_in(params["token"], writes=fails and bool(plan.add or plan.remove or comes), check_mode=self.check_mode)
        if rights.obstacles:
            obstacles += rights.obstacles
            plan, comes = replace(plan, add=()), False
        around = store_removal.Around(plan.keep, neighbours, rules.coming, rules.overlap, moment)
        leaving, told = store_removal.decide(settings.rotation_remove_from_store, deployment, around)
        obstacles += told
        sign_in = sign_in_end.ending(params["token"], settings.fail_days, moment)
        beside = [*([f"{sign_in} {sign_in_end.REMEDY}"] if sign_in else []), *disabled_problems(settings, tenant)]
        held = bool(obstacles) and fails
        if held and not plan.add:
            ending = [Obstacle(deployment.subject, plan.ending, _SUCCESSOR)] if plan.ending else []
            check_obstacles(settings.deployment, [*obstacles, *ending, *(Obstacle(deployment.subject, one) for one in beside)])
        if held:
            plan, leaving = plan.held(), store_removal.StoreRemoval()
        plan = replace(
            plan,
            previous_over=plan.previous_over and not restricted,
            warnings=(
                *unchecked_warnings(deployment),
                *([f"{name}: {_RESTRICTED}"] if restricted else []),
                *rights.warnings,
                *plan.warnings,
                *(
                    f"{soon} {sign_in_end.REMEDY}"
                    for soon in [sign_in or sign_in_end.ending(params["token"], settings.rotation_warn_days, moment)]
                    if soon
                ),
            ),
            certificates=leaving.told(plan.certificates),
        )
        to_do = _to_do(settings, plan, signing, params["prepared"], leaving, held=held or restricted, comes=comes)
        to_do["arguments"]["add"]["display_names"] = neighbours.display_names(_new(plan, params["prepared"]), moment)
        return {
            **_result(_with_the_farm(plan, to_do["steps"]), [*first, *obstacles]),
            "lead": params["members"]["lead"],
            "tenant_id": params["token"]["tenant_id"],
            "certificate": _named(signing),
            **to_do,
            "ahead": list(rights.ahead),
            "failure": _failure(settings, plan, obstacles if held else [], beside, staging=to_do["steps"]["stage"]),
        }


def _of_one_server(params: Mapping[str, Any]) -> dict[str, Any]:
    """The result without settings, by what one server told."""
    signing, moment = _signing(params["onprem"], params["staged"])
    plan = rotation.plan(signing, _principals(params, {}), _rules(params), moment)
    for problem, remedy in plan.problems:
        raise HybridAuthError(problem, remedy)
    return _result(plan, [])


def _with_the_farm(plan: rotation.RotationPlan, steps: Mapping[str, bool]) -> rotation.RotationPlan:
    """The plan with what these steps make of the farm."""
    if steps["store"] or steps["stage"]:
        return plan.staging()
    return plan.forgetting() if steps["forget"] else plan


def _result(plan: rotation.RotationPlan, obstacles: Sequence[Obstacle]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "changed": False,
        "due": bool(plan.operations),
        "successor_due": plan.successor_due,
        "previous_over": plan.previous_over,
        "operations": plan.operations,
        "upcoming": [entry.shown() for entry in plan.upcoming],
        "obstacles": [obstacle.shown() for obstacle in obstacles],
    }
    for name in ("add", "remove", "keep", "certificates"):
        result[name] = [entry.shown() for entry in getattr(plan, name)]
    if plan.warnings:
        result["warnings"] = list(plan.warnings)
    return result


def _failure(
    settings: Settings, plan: rotation.RotationPlan, obstacles: Sequence[Obstacle], beside: Sequence[str], *, staging: bool
) -> str:
    """Why the run is to fail once what is due has been done; empty where it is not. beside: what else is wrong, with what to do."""
    told = [text] if (text := failure(settings.deployment, obstacles)) else []
    if plan.ending and not staging:
        told.append(f"Deployment {settings.deployment}: {plan.ending} {_SUCCESSOR}")
    told += [f"Deployment {settings.deployment}: {one}" for one in beside]
    return " ".join(told)


def _given(settings: Settings) -> dict[str, Any]:
    """The options of the task that the settings say."""
    return {
        "app_ids": list(settings.credential_app_ids),
        "overlap_days": settings.rotation_overlap_days,
        "warn_days": settings.rotation_warn_days,
        "fail_days": settings.fail_days,
        "earlier_thumbprints": list(settings.rotation_earlier_thumbprints),
        "remove_thumbprints": list(settings.rotation_remove_thumbprints),
    }


def _signing(onprem: Mapping[str, Any] | None, staged: Mapping[str, Any] | None) -> tuple[Signing, datetime]:
    """Who signs when, after what was staged in between, and the server's time; the controller's where a restricted endpoint tells none."""
    signing, server = (onprem or {}).get("signing"), (onprem or {}).get("server")
    clock = isinstance(server, Mapping) and (server.get("time") or (onprem or {}).get("controller_time"))
    if not _tells_who_signs(signing) or not clock:
        raise InvalidOptionError("onprem", "it holds no certificate", "the registered result of onprem_info that gathered it")
    after = (staged or {}).get("signing")
    return cast("Signing", _as_if_made(after) if isinstance(after, Mapping) and _tells_who_signs(after) else signing), parse_time(
        str(clock)
    )


def _as_if_made(signing: Mapping[str, Any]) -> dict[str, Any]:
    """Who signs when, in check mode as if a certificate that is yet to be made were in the store, from which the tenant gets it."""
    return {
        name: {**row, "content": row["content"] or issue.NEW} if isinstance(row, Mapping) and row.get("thumbprint") == issue.NEW else row
        for name, row in signing.items()
    }


def _others(deployment: Deployment, name: str) -> dict[str, Signing]:
    """Who signs when by what the servers beside that one told."""
    return {other: read["signing"] for other, read in deployment.read.items() if other != name and "signing" in read}


def _tells_who_signs(value: Any) -> bool:
    return isinstance(value, Mapping) and {"current", "next", "previous"} <= set(value)


def _named(signing: Mapping[str, Any]) -> dict[str, Any] | None:
    """What names the certificate that signs."""
    current = signing.get("current")
    return {name: current[name] for name in ("thumbprint", "subject", "not_after")} if current else None


def _rules(params: Mapping[str, Any]) -> Rules:
    return Rules(
        overlap=timedelta(days=params["overlap_days"]),
        warn=timedelta(days=params["warn_days"]),
        fail=timedelta(days=params["fail_days"]),
        earlier=_thumbprints("earlier_thumbprints", params["earlier_thumbprints"]),
        named=_thumbprints("remove_thumbprints", params["remove_thumbprints"]),
    )


def _principals(params: Mapping[str, Any], given_by: Mapping[str, str]) -> list[service_principal.ServicePrincipal]:
    app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
    if not app_ids:
        raise InvalidOptionError("app_ids", "the list is empty", "at least one application id")
    principals = service_principal.from_current(params["cloud"], app_ids)
    if principals is None:
        if set(app_ids) & set(params["cloud"].get("missing") or ()):
            return service_principal.in_reading(params["cloud"], app_ids, given_by)
        there = {entry["app_id"] for entry in params["cloud"]["service_principals"]}
        missing = ", ".join(app_id for app_id in app_ids if app_id not in there)
        raise InvalidOptionError("cloud", f"it does not hold {missing}", "the registered result of sp_info that read all of app_ids")
    return principals


def _opted_out(settings: Settings, cloud: Mapping[str, Any]) -> list[service_principal.ServicePrincipal]:
    """The principals that are looked at and are not to hold the farm's certificate, as far as the tenant has them."""
    found = (service_principal.from_current(cloud, [one]) for one in settings.withdrawn_app_ids)
    return [principal for principals in found for principal in principals or ()]


def _coming(settings: Settings, prepared: Mapping[str, Any] | None) -> dict[str, str]:
    """Why certificates stay that the farm is yet to be told of, by thumbprint."""
    found = dict.fromkeys(_made(prepared), "it is about to be staged")
    if settings.certificate_path is not None:
        given = load_certificate_file("trust_certificate_path", settings.certificate_path).thumbprint
        found.setdefault(given, "trust_certificate_path names it")
    return found


def _new(plan: rotation.RotationPlan, prepared: Mapping[str, Any] | None) -> list[str]:
    """The thumbprints of what may be added."""
    return [*(addition.thumbprint for addition in plan.add), *_made(prepared)]


def _made(prepared: Mapping[str, Any] | None) -> list[str]:
    """The thumbprint of the certificate that was made for the roll; nothing where none was, or it is yet to be made."""
    made = (prepared or {}).get("certificate") or {}
    return [str(made["thumbprint"]).upper()] if made.get("thumbprint") else []


def _holders(settings: Settings, plan: rotation.RotationPlan, *, made: bool) -> list[str]:
    """The applications whose service principals are written: those that lack something, or all where one was made for the roll."""
    lacking = {app_id for addition in plan.add for app_id in addition.app_ids}
    return [one for one in settings.credential_app_ids if made or not lacking or one in lacking]


def _to_do(
    settings: Settings,
    plan: rotation.RotationPlan,
    signing: Signing,
    prepared: Mapping[str, Any] | None,
    leaving: store_removal.StoreRemoval,
    *,
    held: bool,
    comes: bool,
) -> dict[str, Any]:
    """What the role's steps are to do, in their order; a certificate that is yet to be made in check mode can only be said.

    held: something stands in the way, or no script may run there, so that nothing is done on the farm. comes: a certificate that follows.
    """
    store = successor.store_arguments(settings) if comes and not held else None
    made = None if held else (prepared or {}).get("certificate")
    stage = successor.follows(made, signing)
    certificates: list[str | Mapping[str, Any]] = [addition.form for addition in plan.add]
    unmade: list[str] = []
    if stage and made:
        if made.get("content"):
            certificates.append(as_option(made))
        else:
            unmade = [f"add the new certificate to service principal {app_id}" for app_id in settings.credential_app_ids]
    removals: dict[str, list[str]] = {}
    for verdict in plan.remove:
        removals.setdefault(verdict.principal.app_id, []).append(str(verdict.key.key_id))
    writes, lockable = store is not None or bool(certificates), refused.lockable(removals)
    forget = settings.rotation_remove_previous and plan.previous_over and not stage
    return {
        "deployment": settings.deployment,
        "steps": {
            "store": store is not None,
            "pfx": store is not None and store["source"] == "pfx",
            "add": bool(certificates),
            "stage": stage,
            "forget": forget,
            "later": stage,
            "preflight": writes or bool(lockable),
            "from_store": bool(leaving.servers),
        },
        "arguments": {
            "preflight": {"app_ids": [*dict.fromkeys((*(settings.credential_app_ids if writes else ()), *lockable))], "assigned": writes},
            "store": store or {},
            "add": {
                "app_ids": _holders(settings, plan, made=stage and bool(made)),
                "certificates": certificates,
                "valid_at": {addition.thumbprint: utc_text(addition.valid_at) for addition in plan.add},
                "wait_timeout": settings.wait_timeout,
            },
            "stage": {
                "effective_date": settings.rotation_effective_date,
                "immediate": settings.rotation_immediate,
                "app_ids": list(settings.credential_app_ids),
            },
            "remove": [{"app_id": app_id, "key_id": key_ids} for app_id, key_ids in removals.items()],
            "from_store": {server: list(gone) for server, gone in leaving.servers.items()},
        },
        "unmade": unmade,
    }


def _thumbprints(option: str, texts: Sequence[str]) -> frozenset[str]:
    return frozenset(option_thumbprint(option, text) for text in texts)
