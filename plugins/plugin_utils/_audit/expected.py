# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit compares with: the suboptions of 'expected', checked. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import onprem_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.onprem_application import OnpremApplication
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS, cloud_named, metadata_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, guid, host_name, https_url, is_guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.key_owner import UNNAMED
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import RANGES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import thumbprint_in

NAME_FORMS = ("procedure", "url")

# Documented in modules/trust_audit.py.
OPTIONS: dict[str, dict[str, Any]] = {
    "tenant_id": {"type": "str"},
    "cloud": {"type": "str", "choices": list(CLOUDS), "default": "global"},
    "metadata_url": {"type": "str"},
    "modern_authentication_metadata_url": {"type": "str"},
    "oauth_server_name": {"type": "str", "default": "microsoft.sts"},
    "partner_application_name": {"type": "str", "default": "microsoft.exchange"},
    "exchange_application_id": {"type": "str", "default": EXCHANGE_ONLINE},
    "skype_application_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
    "trust_level": {"type": "str", "choices": ["Full", "Application", "User"], "default": "Full"},
    "service_name": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
    "exchange_autodiscover_url": {"type": "str"},
    "external_fqdns": {"type": "list", "elements": "str"},
    "exchange_credential": {"type": "bool", "default": True},
    "exchange_enabled": {"type": "bool", "default": True},
    "dedicated_application": {"type": "str"},
    "name_forms": {"type": "list", "elements": "str", "choices": list(NAME_FORMS), "default": ["procedure"]},
    "known_names": {"type": "list", "elements": "str"},
    "allowed_partner_applications": {"type": "list", "elements": "str"},
    "onprem_applications": {"type": "list", "elements": "dict", "options": onprem_application.OPTIONS},
    "known_thumbprints": {"type": "raw"},
    "ending_soon_days": {"type": "int", "default": 30},
    "fail_days": {"type": "int", "default": 7},
    "longest_validity_days": {"type": "int", "default": 366},
    "roll_near_days": {"type": "int", "default": 7},
    "overlap_days": {"type": "int", "default": 7},
    "replica_report_age_hours": {"type": "int", "default": 24},
    "clock_limit_seconds": {"type": "int", "default": 300},
}


@dataclass(frozen=True)
class Expected:
    """The suboptions, normalised: GUIDs and host names in lower case, what is not set None or empty.

    exchange_autodiscover_url: empty where there is to be none.
    known: who owns a key, by upper-case thumbprint or lower-case key id.
    """

    tenant_id: str | None
    cloud: str
    metadata_url: str | None
    modern_authentication_metadata_url: str | None
    oauth_server_name: str
    partner_application_name: str
    exchange_application_id: str
    skype_application_id: str
    trust_level: str
    service_name: str
    exchange_autodiscover_url: str | None
    external_fqdns: tuple[str, ...]
    exchange_credential: bool
    exchange_enabled: bool
    dedicated_application: str | None
    name_forms: tuple[str, ...]
    known_names: tuple[str, ...]
    allowed_partner_applications: tuple[str, ...]
    onprem_applications: tuple[OnpremApplication, ...]
    known: Mapping[str, str]
    ending_soon_days: int
    fail_days: int
    longest_validity_days: int
    roll_near_days: int
    overlap_days: int
    replica_report_age_hours: int
    clock_limit_seconds: int

    @property
    def credential_app_ids(self) -> tuple[str, ...]:
        """The applications whose principals are to hold the farm's certificate."""
        return tuple(dict.fromkeys((self.skype_application_id, *((self.exchange_application_id,) if self.exchange_credential else ()))))

    @property
    def app_ids(self) -> tuple[str, ...]:
        """The applications whose principals are looked at."""
        return tuple(dict.fromkeys((self.skype_application_id, self.exchange_application_id)))

    def metadata_url_for(self, tenant_id: str | None) -> str | None:
        """The URL that the OAuth server is to have; None where neither options nor Microsoft's pages tell it."""
        if self.metadata_url:
            return self.metadata_url
        if tenant_id is None or cloud_named(self.cloud).metadata_template is None:
            return None
        return metadata_url(self.cloud, tenant_id)


def expected(options: Mapping[str, Any]) -> Expected:
    """The checked form of the suboptions, each of which is there; InvalidOptionError for one that is not usable."""

    def text(name: str) -> str | None:
        value = options[name]
        return None if value is None or not str(value).strip() else str(value).strip()

    def needed(name: str) -> str:
        value = text(name)
        if value is None:
            raise InvalidOptionError(f"expected.{name}", "it is empty", f"a value such as {OPTIONS[name]['default']}, or leave it out")
        return value

    def texts(name: str) -> list[str]:
        return [str(value) for value in options[name] or []]

    def number(name: str) -> int:
        return RANGES[name].check(f"expected.{name}", options[name])

    def url(name: str) -> str | None:
        value = text(name)
        return https_url(f"expected.{name}", value) if value else None

    tenant = text("tenant_id")
    autodiscover = None if options["exchange_autodiscover_url"] is None else str(options["exchange_autodiscover_url"]).strip()
    return Expected(
        tenant_id=guid("expected.tenant_id", tenant) if tenant else None,
        cloud=needed("cloud"),
        metadata_url=url("metadata_url"),
        modern_authentication_metadata_url=url("modern_authentication_metadata_url"),
        oauth_server_name=needed("oauth_server_name"),
        partner_application_name=needed("partner_application_name"),
        exchange_application_id=guid("expected.exchange_application_id", needed("exchange_application_id")),
        skype_application_id=guid("expected.skype_application_id", needed("skype_application_id")),
        trust_level=needed("trust_level"),
        service_name=guid("expected.service_name", needed("service_name")),
        exchange_autodiscover_url=https_url("expected.exchange_autodiscover_url", autodiscover) if autodiscover else autodiscover,
        external_fqdns=tuple(dict.fromkeys(host_name("expected.external_fqdns", name) for name in texts("external_fqdns"))),
        exchange_credential=bool(options["exchange_credential"]),
        exchange_enabled=bool(options["exchange_enabled"]),
        dedicated_application=text("dedicated_application"),
        name_forms=_forms(texts("name_forms")),
        known_names=tuple(host_name("expected.known_names", name) for name in texts("known_names")),
        allowed_partner_applications=tuple(name.strip().lower() for name in texts("allowed_partner_applications")),
        onprem_applications=onprem_application.given("expected.onprem_applications", options["onprem_applications"]),
        known=_known(options["known_thumbprints"]),
        ending_soon_days=number("ending_soon_days"),
        fail_days=number("fail_days"),
        longest_validity_days=number("longest_validity_days"),
        roll_near_days=number("roll_near_days"),
        overlap_days=number("overlap_days"),
        replica_report_age_hours=number("replica_report_age_hours"),
        clock_limit_seconds=number("clock_limit_seconds"),
    )


def _forms(given: Sequence[str]) -> tuple[str, ...]:
    if not given:
        raise InvalidOptionError("expected.name_forms", "the list is empty", f"at least one of {', '.join(NAME_FORMS)}")
    return tuple(dict.fromkeys(given))


def _known(given: Any) -> dict[str, str]:
    """Owners by thumbprint or key id, from a dict of owners, a list of dicts with thumbprint and owner, or a list of thumbprints."""
    if not given:
        return {}
    wrong = InvalidOptionError(
        "expected.known_thumbprints",
        "it is not usable",
        "a dict of owners by thumbprint, a list of dicts with thumbprint and owner, or a list of thumbprints",
    )
    if isinstance(given, Mapping):
        pairs: list[tuple[Any, Any]] = list(given.items())
    elif isinstance(given, list):
        pairs = [(entry.get("thumbprint"), entry.get("owner")) if isinstance(entry, Mapping) else (entry, None) for entry in given]
    else:
        raise wrong
    found = {}
    for name, owner in pairs:
        if not isinstance(name, str) or not isinstance(owner, (str, type(None))):
            raise wrong
        found[_key(name)] = (owner or "").strip() or UNNAMED
    return found


def _key(name: str) -> str:
    text = bare(name)
    if is_guid(text):
        return text.lower()
    thumbprint = thumbprint_in(text)
    if thumbprint is None:
        raise InvalidOptionError(
            "expected.known_thumbprints", f"{text!r} is neither a thumbprint nor a key id", "40 hexadecimal digits, or a GUID"
        )
    return thumbprint
