# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit looks at: the results of onprem_info and sp_info, with the reasons for what they lack. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.expected import Expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Certificate, FarmReading, ServerSettings, Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.shapes import PrincipalsReading, ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import sign_in_end, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.sign_in_end import SignIn
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text

Object = Mapping[str, Any]
_LISTS = ("oauth_servers", "partner_applications", "web_services", "sip_domains", "replicas", "store", "certificate_checks")
_OBJECTS = ("oauth_configuration", "certificate", "previous_certificate", "signing", "server", "server_settings")
# What a part is gathered as, where that has another name.
_GATHERED_AS = {"replicas": "replication", "signing": "certificate", "previous_certificate": "certificate"}
# What the lead alone reads, since it is the same for all servers of the deployment.
_OF_THE_DEPLOYMENT = ("oauth_servers", "partner_applications", "oauth_configuration", "web_services", "sip_domains", "replicas")
# What only a runner on the server can tell.
_OF_THE_STORE = ("store", "certificate_checks")
_NOT_READ = ("failed", "skipped", "unreachable")


def named(objects: Sequence[Object], identity: str) -> Object | None:
    """The object of the farm that has this identity, in any letter case."""
    return next((one for one in objects if same_text(one.get("identity"), identity)), None)


@dataclass(frozen=True)
class Server:
    """One server of the deployment. read: what onprem_info returned of it, or why it did not.

    lead_unread: why the deployment's lead was not read, in whose place this one stands, as a clause.
    """

    name: str
    read: FarmReading | Unknown
    lead_unread: str = ""

    def part(self, name: str) -> Any | Unknown:
        """A part of what was read, as onprem_info calls it."""
        if isinstance(self.read, Unknown):
            return self.read
        value = self.read.get(name)
        return Unknown(self._why_not(name)) if value is None else value

    def settings(self) -> ServerSettings | Unknown:
        """What the server itself has."""
        told = self.part(server_settings.NAME)
        return told if isinstance(told, Unknown) else server_settings.complete(told)

    def certificate(self) -> Certificate | Unknown | None:
        """The certificate that signs by this server's clock; None where none is assigned."""
        if isinstance(self.read, Unknown):
            return self.read
        if "certificate" not in self.read or "certificate" in self._unknown:
            return Unknown(self._why_not("certificate"))
        assigned = self.read["certificate"]
        if assigned is None:
            return None
        signing = self.read.get("signing")
        return (signing.get("current") if signing else None) or assigned

    def following(self) -> Certificate | Unknown | None:
        """The certificate of a staged roll; None where none is staged."""
        if isinstance(self.certificate(), Unknown) or self.certificate() is None:
            return Unknown(f"no certificate is known of {self.name}")
        signing: Signing | Unknown = self.part("signing")
        return signing if isinstance(signing, Unknown) else signing.get("next")

    @property
    def _unknown(self) -> Object:
        """Why parts that were asked for are not known, by what onprem_info calls them where it gathers, as of a restricted endpoint."""
        told = {} if isinstance(self.read, Unknown) else self.read.get("unknown")
        return told if isinstance(told, Mapping) else {}

    def _why_not(self, part: str) -> str:
        reason = self._unknown.get(_GATHERED_AS.get(part, part))
        if part in _OF_THE_STORE and not isinstance(self.read, Unknown) and self.read.get("endpoint") == "restricted":
            reason = "a restricted endpoint opens neither the certificate store nor the files of keys"
        if not reason and self.lead_unread and part in _OF_THE_DEPLOYMENT:
            return self.lead_unread
        return f"{self.name}: {reason}".rstrip(".") if reason else f"onprem_info did not gather {part} from {self.name}"


@dataclass(frozen=True)
class Facts:
    """deployment: its name. servers: the lead first, then the others that were read, then those that were not. now: an aware time.

    neighbours: the other deployments of the tenant.
    sign_in: what signs in to the tenant, with its end. refusals: a result of app_policy_info, None where it was not asked.
    """

    deployment: str
    servers: tuple[Server, ...]
    complete: bool | Unknown
    cloud: PrincipalsReading | Unknown
    expected: Expected
    now: datetime
    sign_in: SignIn
    neighbours: Neighbours = field(default_factory=Neighbours)
    refusals: Object | None = None

    @property
    def subject(self) -> str:
        """What a finding about the deployment as a whole is about."""
        return f"deployment {self.deployment}"

    @property
    def lead(self) -> Server:
        return self.servers[0]

    @property
    def tenant_id(self) -> str | None:
        """The tenant that is expected, or that the sign-in reached."""
        told = None if isinstance(self.cloud, Unknown) else self.cloud.get("tenant_id")
        return self.expected.tenant_id or (str(told).lower() if told else None)

    def principal(self, app_id: str) -> ServicePrincipal | Unknown | None:
        """The service principal of an application; None where the tenant has none."""
        if isinstance(self.cloud, Unknown):
            return self.cloud
        listed = self.cloud.get("service_principals")
        if listed is None:
            return Unknown("sp_info gave no service_principals")
        found = next((entry for entry in listed if same_text(entry.get("app_id"), app_id)), None)
        if found is None and not any(same_text(missing, app_id) for missing in self.cloud.get("missing") or []):
            return Unknown(f"sp_info was not asked for {app_id}")
        return found

    @cached_property
    def own_certificates(self) -> dict[str, str]:
        """The farm's certificates that are known, by thumbprint, each with its role."""
        read = [server.read for server in self.servers if not isinstance(server.read, Unknown)]
        return {thumbprint: f"the farm's, {role}" for thumbprint, role in usable.farms_certificates(read).items()}


def facts(
    deployment: str,
    onprem: Sequence[Object],
    servers_expected: Sequence[str],
    cloud: Object | None,
    expected: Expected,
    now: datetime,
    neighbours: Neighbours | None = None,
    token: Object | None = None,
    refusals: Object | None = None,
    why_unread: Mapping[str, str] | None = None,
    lead: str | None = None,
) -> Facts:
    """The facts in registered results; InvalidOptionError where they are something else.

    why_unread: why servers were not read, as messages by their names. lead: the one that reads what is the deployment's; the first
    where it is not told.
    """
    read = [_server(index, entry) for index, entry in enumerate(onprem)]
    names = {name for server, aliases in read for name in (server.name.lower(), *aliases)}
    unread = [name for name in dict.fromkeys(map(str, servers_expected)) if not is_named(name, names)]
    servers = [server for server, _aliases in read] or [Server(f"deployment {deployment}", Unknown("no server of the deployment was read"))]
    why = {name: _unread(name, message) for name, message in (why_unread or {}).items()}
    missing = [Server(name, Unknown(why.get(name) or f"{name} was not read")) for name in unread]
    if lead in why:
        servers[0] = replace(servers[0], lead_unread=why[lead])
    complete: bool | Unknown = not unread if servers_expected else Unknown("servers_expected does not tell which servers there are")
    told = sign_in_end.of(token)
    return Facts(deployment, (*servers, *missing), complete, _cloud(cloud), expected, now, told, neighbours or Neighbours(), refusals)


def _unread(name: str, message: str) -> str:
    """Why a server was not read, as a clause that names it."""
    said = message.strip().rstrip(".")
    return said if said.lower().startswith(name.lower()) else f"{name} could not be read: {said}"


def is_named(name: str, names: Collection[str]) -> bool:
    """Whether a server is among these, which are in lower case; the inventory may have the short name or the fully qualified one."""
    wanted = name.strip().lower()
    if wanted in names:
        return True
    short = "." not in wanted
    return any(known.partition(".")[0] == wanted if short else wanted.partition(".")[0] == known for known in names)


def _server(index: int, entry: Any) -> tuple[Server, set[str]]:
    option = "onprem"
    if not isinstance(entry, Mapping):
        raise InvalidOptionError(option, f"entry {index + 1} is no result", "a list of registered results of onprem_info")
    host = entry.get("server")
    own_name = host.get("name") if isinstance(host, Mapping) else None
    given = [str(name) for name in (entry.get("inventory_name"), own_name) if name]
    name = given[0] if given else f"server {index + 1}"
    aliases = {alias.lower() for alias in given}
    if any(entry.get(flag) for flag in _NOT_READ):
        said = str(entry.get("msg") or entry.get("skip_reason") or "its task did not run").strip().rstrip(".")
        return Server(name, Unknown(f"{name} could not be read: {said}")), aliases
    if not any(part in entry for part in (*_LISTS, *_OBJECTS, "management_module")):
        raise InvalidOptionError(option, f"entry {index + 1} is no result of onprem_info", "the whole registered results of onprem_info")
    for part in _LISTS:
        _check_list(option, f"{part} of {name}", entry.get(part))
    for part in _OBJECTS:
        if not isinstance(entry.get(part), (Mapping, type(None))):
            raise InvalidOptionError(option, f"{part} of {name} is damaged", "the whole registered results of onprem_info")
    return Server(name, cast("FarmReading", entry)), aliases


def _cloud(entry: Any) -> PrincipalsReading | Unknown:
    if not entry:
        return Unknown("the tenant was not read")
    if not isinstance(entry, Mapping):
        raise InvalidOptionError("cloud", "it is no result", "the whole registered result of sp_info")
    if any(entry.get(flag) for flag in _NOT_READ):
        said = str(entry.get("msg") or entry.get("skip_reason") or "the task did not run").strip().rstrip(".")
        return Unknown(f"the tenant could not be read: {said}")
    if "service_principals" not in entry and "missing" not in entry:
        raise InvalidOptionError("cloud", "it is no result of sp_info", "the whole registered result of sp_info")
    for part in ("service_principals", "dedicated_applications", "applications"):
        _check_list("cloud", part, entry.get(part))
        for principal in entry.get(part) or []:
            behind = principal.get("service_principal")
            if not isinstance(behind, (Mapping, type(None))):
                raise InvalidOptionError("cloud", f"the service principal of {principal.get('app_id')} is damaged", "the whole result")
            _check_list("cloud", f"federated_credentials of {principal.get('app_id')}", principal.get("federated_credentials"))
            for holder, inner in product((principal, behind or {}), ("key_credentials", "password_credentials")):
                _check_list("cloud", f"{inner} of {holder.get('app_id')}", holder.get(inner))
    return cast("PrincipalsReading", entry)


def _check_list(option: str, what: str, value: Any) -> None:
    if value is not None and not (isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value)):
        raise InvalidOptionError(option, f"{what} is damaged", "the whole registered result")
