# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of the role and users of a module call an option. Private to the collection."""

from __future__ import annotations

import re

# The options that the role gives the value of a variable of another name.
_VARIABLES = {
    "exchange_app_id": "trust_exchange_application_id",
    "path": "trust_report_path",
    "skype_app_id": "trust_skype_application_id",
    "thumbprints": "trust_rotation_remove_from_store",
    **{
        name: f"trust_rotation_{name}"
        for name in (
            *("effective_date", "immediate", "key_size", "overlap_days", "pfx_password", "pfx_path", "subject", "valid_days", "warn_days"),
        )
    },
    # The name of the others is the option's behind trust_.
    **{
        name: f"trust_{name}"
        for name in (
            *("access_token", "auth_source", "client_certificate_password", "client_certificate_path", "client_id", "client_secret"),
            *("cloud", "device_code_timeout", "federated_token_file", "federated_token_variable", "graph_url", "login_url"),
            *("managed_identity_client_id", "own_endpoints", "tenant", "tenant_id", "ca_path", "validate_certs", "wait_timeout"),
            *("certificate_path", "dedicated_application", "deployment", "ending_soon_days", "endpoint", "external_fqdns", "fail_days"),
            *("exchange_autodiscover_allowed_domains", "exchange_autodiscover_url", "management_modules", "metadata_url"),
            *("oauth_server_name", "remove_expired", "service_name"),
        )
    },
}
_OF_A_MODULE = re.compile(r" \([^()]* of a module\)")


# The role takes the tenant's id by a variable of its own too.
TENANT = "trust_tenant or trust_tenant_id (tenant of a module)"


def options(*names: str) -> str:
    """Options in a remedy: the role's variables first, since most read it of the role, then what modules call them."""
    return f"{_several([_VARIABLES[name] for name in names])} ({_several(list(names))} of a module)"


def named(option: str) -> str:
    """An option as an error begins with it, with the role's variable where there is one; what stands for one in the environment too."""
    if option.isupper():
        return f"Environment variable '{option}'"
    variable = _VARIABLES.get(option)
    return f"Option '{option}'{f' ({variable} of the role)' if variable else ''}"


def of_the_role(text: str) -> str:
    """A text in which options() stand, with the role's variables alone."""
    return _OF_A_MODULE.sub("", text)


def _several(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
