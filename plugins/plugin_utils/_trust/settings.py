# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's variables as checked settings, before anything is contacted. Private to the collection.

The fields of Settings are the one table of the variables: argument specs, defaults and docs/variables.md are compared with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import onprem_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import AUTH_SOURCES, ONPREM, SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.variables import (
    DOMAIN_PATTERN,
    ENVIRONMENT_NAME,
    FOLDER,
    GUID,
    HOST,
    HOSTS,
    IDENTITY,
    MODULE_NAME,
    MOMENT,
    OWN_DOMAIN,
    OWNERS,
    PATH,
    SECRET,
    SERVICE_NAME,
    SUBJECT,
    TENANT,
    TEXT,
    THUMBPRINT,
    URL,
    YES_NO,
    clearable,
    list_of,
    list_or_nothing,
    number,
    one_number_of,
    one_of,
    variable,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import RANGES

PREFIX = "trust_"
ENTRY_POINTS = ("configure", "audit", "rotate", "remove", "modern_authentication", "support")
# Those whose readings are to tell how they went.
OBSERVED = ("support",)
MAIN = "main"  # what a role calls the entry point that the playbook calls configure
# What the role itself leaves as facts under names like its variables'.
FACTS = ("trust_summary", "trust_audit", "trust_rotation", "trust_removal", "trust_modern_authentication")
_NOT_VERIFIED = (
    "trust_validate_certs is false: the TLS certificates of sign-in and Microsoft Graph are not verified, so anyone on the way can read "
    "and change the sign-in."
)
_WISHED = ("name", "metadata_url", "trust_level")
_READING = ("audit", "support")
_AUDIT, _ROTATE, _REMOVE, _MODERN = ("audit",), ("rotate",), ("remove",), ("modern_authentication",)


@dataclass(frozen=True)
class Settings:
    """What the variables of the role say, each under its name without trust_, in its normal form; what is not given has its default.

    GUIDs, host names and domains are in lower case, thumbprints in upper case, times in UTC as ISO 8601, paths without ~ and variables.
    A list is empty where nothing is given; of the two that can be cleared, None is not given and empty is to be cleared. Variables that the
    entry point does not take have their defaults. Secrets are in no dictionary and no representation of it.
    """

    hosts: str = variable(HOSTS, "front_ends")
    deployment: str = variable(TEXT, "default")
    front_ends: tuple[str, ...] = variable(list_of(TEXT), ())
    management_modules: tuple[str, ...] = variable(list_of(MODULE_NAME), tuple(ONPREM["management_modules"]["default"]))
    endpoint: str = variable(one_of(*ONPREM["endpoint"]["choices"]), "auto")
    tenant: str | None = variable(TENANT)
    tenant_id: str | None = variable(GUID)
    client_id: str | None = variable(GUID)
    client_secret: str | None = variable(SECRET, secret=True)
    client_certificate_path: str | None = variable(PATH)
    client_certificate_password: str | None = variable(SECRET, secret=True)
    access_token: str | None = variable(SECRET, secret=True)
    cloud: str | None = variable(one_of(*CLOUDS))
    login_url: str | None = variable(URL)
    graph_url: str | None = variable(URL)
    own_endpoints: bool = variable(YES_NO, False)
    ca_path: str | None = variable(PATH)
    validate_certs: bool = variable(YES_NO, True)
    auth_source: str | None = variable(one_of(*AUTH_SOURCES))
    federated_token_file: str | None = variable(PATH)
    federated_token_variable: str | None = variable(ENVIRONMENT_NAME)
    managed_identity_client_id: str | None = variable(GUID)
    device_code_timeout: int = variable(number(RANGES["device_code_timeout"]), 300)
    oauth_server_name: str = variable(TEXT, "microsoft.sts")
    metadata_url: str | None = variable(URL)
    partner_application_name: str = variable(TEXT, "microsoft.exchange")
    partner_application_trust_level: str = variable(one_of("Full", "Application", "User"), "Full")
    exchange_onprem_metadata_url: str | None = variable(URL)
    exchange_onprem_name: str = variable(TEXT, onprem_application.PRODUCTS["exchange"].name)
    exchange_onprem_trust_level: str = variable(one_of(*onprem_application.TRUST_LEVELS), "Full")
    sharepoint_onprem_metadata_url: str | None = variable(URL)
    sharepoint_onprem_name: str = variable(TEXT, onprem_application.PRODUCTS["sharepoint"].name)
    sharepoint_onprem_trust_level: str = variable(one_of(*onprem_application.TRUST_LEVELS), "Full")
    service_name: str = variable(GUID, SKYPE_FOR_BUSINESS_ONLINE)
    exchange_autodiscover_url: str | None = variable(clearable(URL))
    exchange_autodiscover_allowed_domains: tuple[str, ...] | None = variable(clearable(list_of(DOMAIN_PATTERN)))
    exchange_application_id: str = variable(GUID, EXCHANGE_ONLINE)
    skype_application_id: str = variable(GUID, SKYPE_FOR_BUSINESS_ONLINE)
    exchange_credential: bool = variable(YES_NO, True)
    exchange_enabled: bool = variable(YES_NO, True)
    certificate_path: str | None = variable(PATH)
    external_fqdns: tuple[str, ...] = variable(list_of(SERVICE_NAME), ())
    name_form: str = variable(one_of("procedure", "url", "both"), "procedure")
    names_exact_domains: tuple[str, ...] = variable(list_of(OWN_DOMAIN), ())
    remove_expired: bool = variable(YES_NO, False)
    takeover: tuple[str, ...] = variable(list_of(IDENTITY), ())
    wait_timeout: int = variable(number(RANGES["wait_timeout"]), 120)
    rotation_warn_days: int = variable(number(RANGES["warn_days"]), 60)
    fail_days: int = variable(number(RANGES["fail_days"]), 7)
    report_path: str = variable(FOLDER, ".", entry_points=_READING)
    report_private: bool = variable(YES_NO, False, entry_points=_AUDIT)
    report_formats: tuple[str, ...] = variable(list_or_nothing(one_of("html", "json", "xml")), ("html", "json", "xml"), entry_points=_AUDIT)
    fail_on: str = variable(one_of("never", "fail", "difference", "warn"), "never", entry_points=_AUDIT)
    prove: bool = variable(YES_NO, False, entry_points=_AUDIT)
    prove_exchange: bool = variable(YES_NO, False, entry_points=_AUDIT)
    ending_soon_days: int = variable(number(RANGES["ending_soon_days"]), 30, entry_points=_AUDIT)
    known_thumbprints: Mapping[str, str] = variable(OWNERS, {}, entry_points=_AUDIT)
    known_names: tuple[str, ...] = variable(list_of(HOST), (), entry_points=_AUDIT)
    allowed_partner_applications: tuple[str, ...] = variable(list_of(TEXT), (), entry_points=_AUDIT)
    dedicated_application: str | None = variable(TEXT, entry_points=(*_READING, *_REMOVE))
    remove_confirm: str | None = variable(TEXT, entry_points=_REMOVE)
    remove_service_name: bool = variable(YES_NO, False, entry_points=_REMOVE)
    remove_foreign: tuple[str, ...] = variable(list_of(TEXT), (), entry_points=_REMOVE)
    modern_authentication_state: str = variable(one_of("present", "absent"), "present", entry_points=_MODERN)
    modern_authentication_server: str = variable(TEXT, "evoSTS", entry_points=_MODERN)
    modern_authentication_metadata_url: str | None = variable(URL, entry_points=(*_AUDIT, *_MODERN))
    rotation_overlap_days: int = variable(number(RANGES["overlap_days"]), 7, entry_points=(*_AUDIT, *_ROTATE))
    rotation_earlier_thumbprints: tuple[str, ...] = variable(list_of(THUMBPRINT), (), entry_points=_ROTATE)
    rotation_remove_thumbprints: tuple[str, ...] = variable(list_of(THUMBPRINT), (), entry_points=_ROTATE)
    rotation_remove_from_store: tuple[str, ...] = variable(list_of(THUMBPRINT), (), entry_points=_ROTATE)
    rotation_create: str = variable(one_of("none", "self_signed", "pfx"), "none", entry_points=_ROTATE)
    rotation_pfx_path: str | None = variable(PATH, entry_points=_ROTATE)
    rotation_pfx_password: str | None = variable(SECRET, entry_points=_ROTATE, secret=True)
    rotation_subject: str | None = variable(SUBJECT, entry_points=_ROTATE)
    rotation_key_size: int = variable(one_number_of(2048, 3072, 4096), 2048, entry_points=_ROTATE)
    rotation_valid_days: int = variable(number(RANGES["valid_days"]), 365, entry_points=_ROTATE)
    rotation_effective_date: str | None = variable(MOMENT, entry_points=_ROTATE)
    rotation_immediate: bool = variable(YES_NO, False, entry_points=_ROTATE)
    rotation_remove_previous: bool = variable(YES_NO, False, entry_points=_ROTATE)

    @property
    def sign_in(self) -> dict[str, Any]:
        """The options of the action group graph that are given, without secrets. What is missing comes from the environment or the farm."""
        return {option: value for option, value in self.whole_sign_in.items() if PREFIX + option not in SECRETS}

    @property
    def whole_sign_in(self) -> dict[str, Any]:
        """As sign_in, with the secrets, which are there only where the settings were read and not taken from facts."""
        options = {option: getattr(self, option) for option in SIGN_IN} | {"tenant": self.tenant or self.tenant_id}
        return {option: value for option, value in options.items() if value not in (None, VARIABLES[PREFIX + option].default)}

    @property
    def onprem(self) -> dict[str, Any]:
        """The options of the action group onprem."""
        return {"management_modules": list(self.management_modules), "endpoint": self.endpoint}

    @property
    def app_ids(self) -> tuple[str, ...]:
        """The applications whose service principals are looked at."""
        return tuple(dict.fromkeys((self.skype_application_id, self.exchange_application_id, *self.withdrawn_app_ids)))

    @property
    def withdrawn_app_ids(self) -> tuple[str, ...]:
        """The applications whose service principals are to lose the farm's certificate: the shared one, whatever id the partner has."""
        return () if self.exchange_credential or self.skype_application_id == EXCHANGE_ONLINE else (EXCHANGE_ONLINE,)

    @property
    def named_app_ids(self) -> dict[str, str]:
        """The variable by the application that it names."""
        return {
            self.exchange_application_id: "trust_exchange_application_id",
            self.skype_application_id: "trust_skype_application_id",
        }

    @property
    def credential_app_ids(self) -> tuple[str, ...]:
        """The applications whose service principals are to hold the farm's certificate."""
        return self.app_ids if self.exchange_credential else (self.skype_application_id,)

    @property
    def onprem_applications(self) -> tuple[onprem_application.OnpremApplication, ...]:
        """The on-premises products that are to be partner applications: those with a metadata URL."""
        wished = ((one, {what: getattr(self, f"{one.step}_{what}") for what in _WISHED}) for one in onprem_application.PRODUCTS.values())
        return tuple(onprem_application.OnpremApplication(one, **wish) for one, wish in wished if wish["metadata_url"])

    @property
    def removal_confirmed(self) -> bool:
        """Whether a removal is asked for by the deployment's name."""
        return self.remove_confirm == self.deployment

    @property
    def metadata_first(self) -> tuple[str, ...]:
        """The OAuth servers whose metadata an audit tries before that of others: the tenant's, and the one that clients are sent to."""
        return (self.oauth_server_name, self.modern_authentication_server)

    @property
    def name_forms(self) -> tuple[str, ...]:
        """The forms in which the names of the Web services are wanted."""
        return ("procedure", "url") if self.name_form == "both" else (self.name_form,)

    @property
    def warnings(self) -> tuple[str, ...]:
        return () if self.validate_certs else (_NOT_VERIFIED,)

    def as_facts(self) -> dict[str, Any]:
        """Everything but secrets as plain data, with what follows from the variables beside them."""
        facts = {name: _plain(getattr(self, name)) for name in (*_SHOWN, *_DERIVED)}
        return facts | {"onprem_applications": [one.shown for one in self.onprem_applications]}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Settings:
        """The settings that as_facts() showed, without secrets."""
        values: dict[str, Any] = {name: tuple(facts[name]) if isinstance(facts[name], list) else facts[name] for name in _SHOWN}
        return cls(**values)


# Every variable of the role, by its name, in the order in which the documentation has them.
VARIABLES: dict[str, dataclasses.Field[Any]] = {PREFIX + field.name: field for field in dataclasses.fields(Settings)}
SECRETS = tuple(name for name, field in VARIABLES.items() if field.metadata["secret"])
_SHOWN = tuple(field.name for name, field in VARIABLES.items() if name not in SECRETS)
_DERIVED = ("sign_in", "onprem", "app_ids", "credential_app_ids", "name_forms", "metadata_first")


def taken_by(entry_point: str) -> tuple[str, ...]:
    """The names of the variables that an entry point takes."""
    return tuple(name for name, field in VARIABLES.items() if entry_point in (field.metadata["entry_points"] or (MAIN, *ENTRY_POINTS)))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
