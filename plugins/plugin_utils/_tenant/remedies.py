# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about what Microsoft Graph and Entra ID refuse: by their code first, then by HTTP's status. Private to the collection."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import TENANT, options


@dataclass(frozen=True)
class Refusal:
    """code: what the answer's code or text has in it. remedy: a sentence. source: where the code is told of."""

    code: str
    remedy: str
    source: str


_GRAPH_ERRORS = "https://learn.microsoft.com/graph/errors"
_POLICIES = "https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy"
_EVALUATION = "https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation"
_CREDENTIAL_STAYS = "A key credential that is there cannot be altered: remove it by key_id and add the certificate again."
_INSIDE = "Leave out start and end, so that they come from the certificate, or give times inside its validity."
_ELSEWHERE = "Another object of the tenant holds the value: find it with sp_info and 'all: true', and remove it there first."
_TOKEN = (
    "Get a new token: this one is damaged, expired, or for another service or cloud. Where it was given, correct "
    f"{options('access_token')}, in the environment AZURE_ACCESS_TOKEN."
)
_PERMISSION = "Give the application the Graph permission {permission} as an application permission, and have an administrator consent."

# The first that fits is taken, so what tells more stands before what tells less.
GRAPH = (
    Refusal("ConcurrencyViolation", "Another program was writing to it all the time: let it end, and run again.", _GRAPH_ERRORS),
    Refusal("KeyNotUpdatable", _CREDENTIAL_STAYS, "https://github.com/Azure/azure-powershell/issues/6784"),
    Refusal("Update to existing credential", _CREDENTIAL_STAYS, "https://github.com/Azure/azure-powershell/issues/6855"),
    Refusal("KeyCredentialsInvalidStartDate", _INSIDE, "https://github.com/hashicorp/terraform-provider-azuread/issues/1582"),
    Refusal("start date is invalid", _INSIDE, "https://github.com/hashicorp/terraform-provider-azuread/issues/1582"),
    Refusal("KeyCredentialsInvalidEndDate", _INSIDE, "https://github.com/microsoft/Microsoft365DSC/issues/3426"),
    Refusal("end date is invalid", _INSIDE, "https://github.com/Azure/azure-cli/issues/11146"),
    Refusal(
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "The tenant's app management policy allows certificates of a shorter life alone: use one that ends earlier (of one that the role "
        "made, name the thumbprint in trust_rotation_earlier_thumbprints and lower trust_rotation_valid_days), or have it changed.",
        _POLICIES,
    ),
    Refusal(
        "CredentialTypeNotAllowedAsPerAppPolicy",
        "The tenant's app management policy forbids key credentials of this kind: have an exception made for this application.",
        _POLICIES,
    ),
    Refusal(
        "AsPerAppPolicy",
        "The tenant's app management policy forbids it: use a certificate that it allows, or have the policy changed.",
        _POLICIES,
    ),
    Refusal(
        "CannotUpdateLockedServicePrincipalProperty",
        "Who owns the application has locked this property of its service principals, so no administrator of the tenant can change it. "
        "Use an application of your own (trust_exchange_credential: false, or app_ids of a module), or ask its owner.",
        "https://github.com/Azure/azure-cli/issues/28734",
    ),
    Refusal(
        "Directory_ResourceSizeExceeded",
        "The object holds as much as it may: have key credentials removed that are expired or needed by nobody (sp_credential with "
        "remove_expired or key_id), and names of hosts that are gone (sp_names), then run again.",
        "https://github.com/microsoftgraph/microsoft-graph-docs/issues/21469",
    ),
    Refusal(
        "Directory_QuotaExceeded",
        "The tenant, or the account that signs in, may own no more objects: have some deleted for good, or the quota raised.",
        "https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions",
    ),
    Refusal("MultipleObjectsWithSameKeyValue", _ELSEWHERE, "https://github.com/KelvinTegelaar/CIPP/issues/1142"),
    Refusal("ObjectConflict", _ELSEWHERE, _GRAPH_ERRORS),
    Refusal("is already in use", _ELSEWHERE, "https://github.com/KelvinTegelaar/CIPP/issues/1142"),
    Refusal("same value for property", _ELSEWHERE, _GRAPH_ERRORS),
    Refusal(
        "ontinuous access evaluation",
        "The token was withdrawn before its end, or the controller's address is not one that Conditional Access allows: sign in again, "
        "and have the address allowed for the application.",
        _EVALUATION,
    ),
    Refusal(
        "insufficient_claims",
        "The tenant asks for a new sign-in before it takes the token again: sign in again, and if it stays so, look at the Conditional "
        "Access policies for the application.",
        _EVALUATION,
    ),
    Refusal(
        "Authorization_IdentityNotFound",
        "The application that signs in has no service principal in this tenant: consent to it there, or correct "
        f"{options('tenant', 'client_id')}.",
        "https://learn.microsoft.com/graph/resolve-auth-errors",
    ),
    Refusal("Authorization_RequestDenied", _PERMISSION, "https://learn.microsoft.com/graph/resolve-auth-errors"),
    Refusal(
        "InvalidAuthenticationToken",
        _TOKEN,
        "https://learn.microsoft.com/graph/resolve-auth-errors",
    ),
    Refusal(
        "Request_ResourceNotFound",
        "Check the application ids and that the sign-in is for the right tenant.",
        "https://learn.microsoft.com/graph/resolve-auth-errors",
    ),
    Refusal("Directory_ExpiredPageToken", "The list changed while it was read. Run again.", _GRAPH_ERRORS),
)
GRAPH_BY_STATUS = {
    401: _TOKEN,
    403: _PERMISSION,
    404: "Check the application ids and that the sign-in is for the right tenant.",
    409: _ELSEWHERE,
    413: "The request was too large: have key credentials removed that are expired or needed by nobody, then run again.",
    429: "The service was asked again several times. Wait some minutes, and run again.",
}
_GRAPH_ELSE = "See what it says against, with sp_info where it is about a service principal, and that no proxy answers in Graph's place."

_ENTRA_CODES = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
_FEDERATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_FEDERATED = f"Compare the {{}} above, letter case included, with the application's federated credentials: {_FEDERATION}"
_LOGIN_ISSUE = "https://github.com/Azure/login/issues/482"
_WORKLOAD_ISSUE = "https://github.com/Azure/azure-workload-identity/issues/1200"
_CERTIFICATE_CREDENTIALS = "https://learn.microsoft.com/entra/identity-platform/certificate-credentials"

ENTRA = (
    Refusal("AADSTS90002", f"Check {TENANT} and, for another cloud than the global one, {options('cloud')}.", _ENTRA_CODES),
    Refusal("AADSTS900021", f"Check {TENANT}.", _ENTRA_CODES),
    Refusal("AADSTS900023", f"Check {TENANT}: it is neither a tenant id nor a domain of a tenant.", _ENTRA_CODES),
    Refusal(
        "AADSTS700016",
        f"Check {options('client_id', 'tenant')}: the application must be registered in that tenant, or consented to there.",
        _ENTRA_CODES,
    ),
    Refusal(
        "AADSTS7000215",
        f"Check {options('client_secret')}, in the environment AZURE_SECRET: it must be the secret's value, not its id.",
        _ENTRA_CODES,
    ),
    Refusal("AADSTS7000222", "The client secret expired: make a new one for the application.", _ENTRA_CODES),
    Refusal(
        "AADSTS700027.*expired",
        f"The certificate of {options('client_certificate_path')} expired, or its entry at the application did: upload a new one, and "
        "sign in with it.",
        _CERTIFICATE_CREDENTIALS,
    ),
    Refusal(
        "AADSTS700027",
        f"Upload the certificate of {options('client_certificate_path')} to the application, or use the one that is there; "
        "a federated token must be signed by the issuer that it names.",
        _ENTRA_CODES,
    ),
    Refusal("AADSTS700024", "The clock of the controller is wrong, or the certificate or federated token is not valid now.", _ENTRA_CODES),
    Refusal("AADSTS7000112", "The application is disabled in the tenant: enable its service principal.", _ENTRA_CODES),
    Refusal("AADSTS70021", _FEDERATED.format("issuer, subject and audience"), _FEDERATION),
    Refusal("AADSTS700211", _FEDERATED.format("issuer"), _LOGIN_ISSUE),
    Refusal("AADSTS700212", _FEDERATED.format("audience"), _LOGIN_ISSUE),
    Refusal("AADSTS700213", _FEDERATED.format("subject"), _LOGIN_ISSUE),
    Refusal("AADSTS7002137", _FEDERATED.format("subject"), _WORKLOAD_ISSUE),
    Refusal("AADSTS7002138", _FEDERATED.format("subject"), _WORKLOAD_ISSUE),
    Refusal(
        "AADSTS7000218",
        "Switch 'Allow public client flows' on for the application: a person signs in through it, without a secret.",
        _ENTRA_CODES,
    ),
    Refusal("AADSTS65001", "Have an administrator consent to the application's delegated Graph permissions.", _ENTRA_CODES),
    Refusal(
        "AADSTS53003",
        "A Conditional Access policy blocks the application: let it sign in from the controller's address.",
        _ENTRA_CODES,
    ),
)


def of_graph(status: int, told: str, writing: bool) -> str:
    """What to do about an answer of Graph. told: its code, its text and its challenge."""
    permission = "Application.ReadWrite.All" if writing else "Application.Read.All (Organization.Read.All for the tenant's name)"
    by_code = next((one.remedy for one in GRAPH if one.code in told), None)
    by_status = GRAPH_BY_STATUS.get(429 if status >= 500 else status, _GRAPH_ELSE)
    return (by_status if by_code is None else by_code).format(permission=permission)


def of_entra(description: str) -> str:
    """What to do about a refused sign-in. description: Entra ID's, which begins with its code, or with none."""
    code = entra_code(description)
    if code is None:
        return f"Check {options('login_url', 'tenant', 'client_id')}, and that no proxy answers in its place."
    for one in ENTRA:
        # A code's digits may begin with another code's.
        if re.match(rf"{one.code}(?!\d)", description, re.IGNORECASE | re.DOTALL):
            return one.remedy
    # The page of the codes names this one.
    return f"Microsoft explains the code at https://login.microsoftonline.com/error?code={code.removeprefix('AADSTS')}."


def entra_code(description: str) -> str | None:
    """The code that Entra ID's description begins with."""
    code = re.match(r"AADSTS\d+", description)
    return code[0] if code else None
