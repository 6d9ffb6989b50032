# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the role's variables into settings, and say all that is wrong with them at once. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.oauth_server import tenant_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.files import folder
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, environment_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.paths import Paths
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import whole_names
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import onprem_partners, sign_in_check
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.ownership import is_of_the_trust
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import (
    ENTRY_POINTS,
    FACTS,
    MAIN,
    PREFIX,
    VARIABLES,
    Settings,
    taken_by,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.spelling import beginning, nearest
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.variables import each
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import check_authorities
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import host_name, is_guid, is_host_name, same_text, same_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import of_the_role

_NOTHING_CONTACTED = "Nothing was contacted."
# What tells, beside what it could read, that one cannot sign in, and leaves files.
_READING = ("audit", "support")


def read(variables: Mapping[str, Any], entry_point: str, *, check_mode: bool = False, paths: Paths | None = None) -> Settings:
    """The settings that these variables make; nothing is contacted. HybridAuthError that names all that is wrong, each in a line.

    variables: by their whole names. Others among them are left alone where they resemble none of the role's; blank ones are not given.
    entry_point: one of ENTRY_POINTS, or main for configure. check_mode: nothing is written, so a removal needs no confirmation.
    paths: where relative paths begin; without it where the process runs.
    """
    entry_point = "configure" if entry_point == MAIN else entry_point
    if entry_point not in ENTRY_POINTS:
        raise InvalidOptionError("entry_point", f"{entry_point!r} is none", f"one of {', '.join(ENTRY_POINTS)}")
    problems = _Problems()
    _check_names(variables, problems)
    found: dict[str, Any] = {}
    for name in taken_by(entry_point):
        field = VARIABLES[name]
        if field.metadata["kind"].given(variables.get(name)):
            with problems.of(name):
                found[field.name] = field.metadata["kind"].read(name, variables[name])
    settings = _with_whole_names(_with_whole_paths(Settings(**found), paths), problems)
    _check_proof(settings, problems)
    _check_tenant(settings, problems)
    _check_files(settings, problems, entry_point)
    _check_rotation(settings, problems)
    _check_modern_authentication(settings, problems, entry_point)
    for variable, problem in onprem_partners.clashes(settings):
        problems.add(variable, f"{variable}: {problem}. Expected one of its own.")
    if entry_point == "remove" and not check_mode:
        _check_confirmation(settings, problems)
    # An audit of the farm alone is one too: it says in its report that the tenant could not be read, and why. The farm alone is enough to
    # send clients to the tenant no longer, too.
    takes_back = entry_point == "modern_authentication" and settings.modern_authentication_state == "absent"
    if entry_point not in _READING and not takes_back:
        _check_sign_in(settings, problems, entry_point)
    problems.raise_if_any()
    return settings


class _Problems:
    """What is wrong, one line a variable, in the order in which it was found."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def any(self, *variables: str) -> bool:
        return any(variable in self._lines for variable in variables)

    def add(self, variable: str, line: str) -> None:
        self._lines.setdefault(variable, line)

    @contextmanager
    def of(self, variable: str) -> Iterator[None]:
        """Keep what is found wrong in here, as one of this variable."""
        try:
            yield
        except InvalidOptionError as exc:
            self.add(variable, f"{variable}: {exc.problem}. Expected {exc.expected}.")
        except HybridAuthError as exc:
            self.add(variable, f"{variable}: {exc}")

    def raise_if_any(self) -> None:
        lines = list(self._lines.values())
        if len(lines) > 1:
            raise HybridAuthError("\n".join((f"{len(lines)} of the role's variables are wrong. {_NOTHING_CONTACTED}", *lines)))
        if lines:
            raise HybridAuthError(lines[0], "" if _NOTHING_CONTACTED in lines[0] else _NOTHING_CONTACTED)


def _check_names(variables: Mapping[str, Any], problems: _Problems) -> None:
    for name in sorted(name for name in variables if name.startswith(PREFIX) and name not in VARIABLES and name not in FACTS):
        meant = nearest(name, VARIABLES)
        longer = beginning(name, VARIABLES)
        if meant:
            problems.add(name, f"{name}: the role has no such variable. Expected {meant}, which the name resembles.")
        elif longer:
            problems.add(name, f"{name}: the role has no such variable. Expected {' or '.join(longer)}, which begins so.")


def _with_whole_paths(settings: Settings, paths: Paths | None) -> Settings:
    if paths is None:
        return settings
    whole: dict[str, Any] = {}
    for field in VARIABLES.values():
        path, placed = getattr(settings, field.name), field.metadata["kind"].placed
        if placed and path is not None:
            whole[field.name] = paths.folder(path) if placed == "folder" else paths.file(path)
    return replace(settings, **whole)


def _with_whole_names(settings: Settings, problems: _Problems) -> Settings:
    """External names are host names, or whole names of the application that the farm is at its partners."""
    name = "trust_external_fqdns"
    if problems.any(name, "trust_skype_application_id"):
        return settings

    def whole(option: str, given: str) -> str:
        is_host = is_host_name(given.rstrip("."))
        return host_name(option, given) if is_host else whole_names(option, settings.skype_application_id, given, "procedure")[0]

    with problems.of(name):
        return replace(settings, external_fqdns=each(name, settings.external_fqdns, whole))
    return settings


def _check_tenant(settings: Settings, problems: _Problems) -> None:
    tenant, tenant_id = settings.tenant, settings.tenant_id
    if tenant and tenant_id and is_guid(tenant) and tenant != tenant_id:
        problems.add("trust_tenant", f"trust_tenant: it is {tenant}, but trust_tenant_id is {tenant_id}. Expected one tenant in both.")
    other = tenant_id or (tenant if tenant and is_guid(tenant) else None)
    for name in ("metadata_url", "modern_authentication_metadata_url"):
        named = tenant_in(getattr(settings, name))
        if named and other and named != other:
            variable = "trust_tenant_id" if tenant_id else "trust_tenant"
            problem = f"it names tenant {named}, but {variable} is {other}"
            problems.add(f"{PREFIX}{name}", f"{PREFIX}{name}: {problem}. Expected one tenant in both.")


def _check_proof(settings: Settings, problems: _Problems) -> None:
    if settings.prove_exchange and not settings.validate_certs:
        problem = "with trust_validate_certs set to false others could use the token that Exchange Online is shown"
        problems.add("trust_prove_exchange", f"trust_prove_exchange: {problem}. Expected verified TLS, with trust_ca_path if need be.")


def _check_files(settings: Settings, problems: _Problems, entry_point: str) -> None:
    with problems.of("trust_ca_path"):
        check_authorities(settings.ca_path)
    if settings.certificate_path:
        with problems.of("trust_certificate_path"):
            load_certificate_file("trust_certificate_path", settings.certificate_path)
    if entry_point in _READING and settings.report_formats:
        with problems.of("trust_report_path"):
            folder("trust_report_path", settings.report_path)


def _check_rotation(settings: Settings, problems: _Problems) -> None:
    # What is in the file is looked at later: one that is gone or expired must not keep what signs from the tenant.
    name = "trust_rotation_pfx_path"
    if settings.rotation_create == "pfx" and not settings.rotation_pfx_path and not problems.any(name):
        with problems.of(name):
            raise InvalidOptionError(name, "it is not set, but trust_rotation_create is pfx", "the path of a PFX file on the controller")
    # It is due that many days before the present one ends, and follows only where it ends later: each run would make another one.
    name, warn = "trust_rotation_valid_days", "trust_rotation_warn_days"
    short = settings.rotation_create == "self_signed" and settings.rotation_valid_days <= settings.rotation_warn_days
    if short and not problems.any(name, warn):
        problem = f"it is {settings.rotation_valid_days}, and {warn} is {settings.rotation_warn_days}"
        with problems.of(name):
            raise InvalidOptionError(name, f"{problem}, so the new certificate might end before the present one", f"more days than {warn}")
    if settings.rotation_immediate and settings.rotation_effective_date:
        with problems.of("trust_rotation_immediate"):
            raise InvalidOptionError("trust_rotation_immediate", "it is true, and trust_rotation_effective_date is set too", "one of them")


def _check_modern_authentication(settings: Settings, problems: _Problems, entry_point: str) -> None:
    name = "trust_modern_authentication_server"
    # The others read no name but that of the trust's own server, and this one's default says nothing of the farm.
    same = entry_point == "modern_authentication" and same_text(settings.modern_authentication_server, settings.oauth_server_name)
    if same and not problems.any(name, "trust_oauth_server_name"):
        with problems.of(name):
            problem = f"{settings.modern_authentication_server} is the OAuth server of the trust (trust_oauth_server_name)"
            raise InvalidOptionError(name, problem, "a server of its own, since its type and metadata are others")
    name, url = "trust_modern_authentication_metadata_url", settings.modern_authentication_metadata_url
    given = bool(settings.metadata_url) and same_url(url, settings.metadata_url)
    if url and (given or is_of_the_trust(url)) and not problems.any(name, "trust_metadata_url"):
        with problems.of(name):
            problem = f"{url} is the metadata of the trust between servers{' (trust_metadata_url)' if given else ''}"
            raise InvalidOptionError(name, problem, "the federation metadata by which clients sign in")


def _check_confirmation(settings: Settings, problems: _Problems) -> None:
    deployment = settings.deployment
    if not settings.removal_confirmed and not problems.any("trust_deployment"):
        problems.add(
            "trust_remove_confirm",
            f"Removal takes the trust away from deployment {deployment}: the partner application and the OAuth server on the farm, its "
            f"names and its key credentials in the tenant. {_NOTHING_CONTACTED} Look with --check at what would be removed, then set "
            f"trust_remove_confirm to {deployment} and run again.",
        )


def _check_sign_in(settings: Settings, problems: _Problems, entry_point: str) -> None:
    """Where its variables are right one by one: whether they and the environment make one sign-in, and name its cloud's metadata."""
    if problems.any("trust_tenant_id", *(PREFIX + option for option in SIGN_IN)):
        return
    given = settings.whole_sign_in
    try:
        params = sign_in_check.effective(given)
        sign_in_check.check(given, params)
    except InvalidOptionError as exc:
        name = _set_by(exc.option, given)
        problems.add(f"{PREFIX}{exc.option}", f"{name}: {of_the_role(exc.problem)}. Expected {of_the_role(exc.expected)}.")
        return
    except HybridAuthError as exc:
        problems.add(f"{PREFIX}auth_source", of_the_role(str(exc)))
        return
    cloud = cloud_named(params["cloud"])
    if entry_point == "configure" and cloud.metadata_template is None and not settings.metadata_url:
        with problems.of("trust_metadata_url"):
            problem = f"it is not set, and Microsoft documents no metadata URL for the cloud {cloud.name}"
            raise InvalidOptionError(
                "trust_metadata_url", problem, "the URL that Microsoft or your operator named for your tenant's authorization server"
            )
    if entry_point == "modern_authentication" and cloud.federation_metadata is None and not settings.modern_authentication_metadata_url:
        name = "trust_modern_authentication_metadata_url"
        with problems.of(name):
            problem = f"it is not set, and Microsoft documents no federation metadata for clients in the cloud {cloud.name}"
            raise InvalidOptionError(name, problem, "the URL that Microsoft or your operator named for it")


def _set_by(option: str, given: Mapping[str, Any]) -> str:
    """What set an option of the sign-in: the variable of the role, or one of the environment."""
    if option not in SIGN_IN:  # what a platform sets, which is no option
        return option
    variable = environment_of(SIGN_IN[option])
    return PREFIX + option if option in given or variable is None else f"{variable} (for {PREFIX}{option})"
