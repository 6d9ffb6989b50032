# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what a service of Microsoft's answered, without values. Private to the collection.

Names come from https://learn.microsoft.com/graph/api/overview (service principals, applications, key and password credentials, app
management policies, errors), RFC 6749 and 6750, https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, the
metadata document of the documented procedure and RFC 9110. Any other name is counted and not told.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS, cloud_named, host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.error_chain import causes_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.shape import OTHER, shape, word, words

PROPERTIES = words(
    "value error code message details target innerError date request-id client-request-id @odata.context @odata.nextLink @odata.type "
    "@odata.count id appId displayName deletedDateTime accountEnabled appDisplayName appOwnerOrganizationId servicePrincipalNames "
    "servicePrincipalType signInAudience keyCredentials passwordCredentials customKeyIdentifier endDateTime startDateTime key keyId "
    "type usage hint secretText appRoles appRoleId appRoleAssignments appRoleAssignedTo resourceId resourceDisplayName principalId "
    "principalDisplayName principalType createdDateTime requiredResourceAccess resourceAccess resourceAppId identifierUris "
    "servicePrincipalLockConfiguration isEnabled allProperties credentialsWithUsageVerify credentialsWithUsageSign tokenEncryptionKeyId "
    "appManagementPolicies applicationRestrictions servicePrincipalRestrictions restrictions restrictionType maxLifetime state "
    "restrictForAppsCreatedAfterDateTime certificateBasedApplicationConfigurationIds excludeActors customSecurityAttributes "
    "audiences identifierUriRestrictions nonDefaultUriAddition uriAdditionWithoutUniqueTenantIdentifier isStateSetByMicrosoft "
    "excludeAppsReceivingV2Tokens excludeSaml description verifiedDomains domains federatedIdentityCredentials issuer subject "
    # of the sign-in
    "access_token token_type expires_in ext_expires_in expires_on not_before refresh_in resource scope refresh_token id_token client_info "
    "error_description error_codes error_uri timestamp trace_id correlation_id suberror claims user_code device_code verification_uri "
    "interval authorization_endpoint token_endpoint tenant_region_scope cloud_instance_name cloud_graph_host_name msgraph_host "
    "rbac_url jwks_uri userinfo_endpoint end_session_endpoint device_authorization_endpoint response_types_supported "
    "response_modes_supported subject_types_supported id_token_signing_alg_values_supported scopes_supported claims_supported "
    "token_endpoint_auth_methods_supported http_logout_supported frontchannel_logout_supported kerberos_endpoint api-version metadata "
    # of the authorization server's metadata
    "realm name serviceName version allowedAudiences keys keyValue keyinfo x5t endpoints location protocol"
)
HEADERS = words(
    "age alt-svc cache-control client-request-id connection content-encoding content-language content-length content-security-policy "
    "content-type date etag expires last-modified location nel odata-version p3p pragma ratelimit-limit ratelimit-remaining "
    "ratelimit-reset referrer-policy report-to request-id retry-after server set-cookie strict-transport-security transfer-encoding "
    "vary via warning www-authenticate x-content-type-options x-ews-policy-reason x-frame-options x-ms-ags-diagnostic "
    "x-ms-clitelem x-ms-ests-server x-ms-httpver x-ms-request-id x-ms-resource-unit x-ms-srs x-ms-throttle-information "
    "x-ms-throttle-limit-percentage x-ms-throttle-scope x-powered-by x-xss-protection"
)
_SEGMENTS = words(
    "v1.0 v2.0 servicePrincipals applications appRoleAssignments appRoleAssignedTo appManagementPolicies policies organization domains "
    "defaultAppManagementPolicy federatedIdentityCredentials oauth2 token devicecode metadata json 1 .well-known openid-configuration "
    "common organizations instance discovery tenantRelationships findTenantInformationByDomainName findTenantInformationByTenantId "
    "identity msi"
)
_PARAMETERS = frozenset({"$select", "$filter", "$top", "$count", "$expand", "$orderby", "$skiptoken", "realm", "api-version"})
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"})
# RFC 6749 section 5.2, RFC 8628 section 3.5, https://learn.microsoft.com/entra/identity-platform/reference-error-codes and
# https://learn.microsoft.com/graph/errors, with what is known of the errors of Entra ID's objects. A code of another form may be anything.
_CODES = words(
    "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope unsupported_response_type "
    "access_denied server_error temporarily_unavailable interaction_required login_required consent_required invalid_resource "
    "authorization_pending authorization_declined slow_down expired_token bad_verification_code invalid_tenant invalid_token "
    "Authorization_RequestDenied Authorization_IdentityNotFound Authentication_MissingOrMalformed Authentication_ExpiredToken "
    "Authentication_Unauthorized AuthenticationError AuthenticationFailed InvalidAuthenticationToken CompactToken Request_BadRequest "
    "Request_ResourceNotFound Request_UnsupportedQuery Request_MultipleObjectsWithSameKeyValue Request_DataContractVersionMissing "
    "Request_InvalidDataContractVersion Request_InvalidReplicaSessionKey Request_ThrottledTemporarily Directory_ConcurrencyViolation "
    "Directory_QuotaExceeded Directory_ResourceSizeExceeded Directory_ExpiredPageToken Directory_BindingRedirection "
    "Directory_BindingRedirectionInternalServerError Directory_CompanyNotFound Directory_ObjectNotFound Directory_ReplicaUnavailable "
    "Headers_DataContractVersionMissing Headers_HeaderNotSupported Service_InternalServerError KeyNotUpdatable "
    "KeyCredentialsInvalidEndDate CannotUpdateLockedServicePrincipalProperty CredentialInvalidLifetimeAsPerAppPolicy "
    "CredentialTypeNotAllowedAsPerAppPolicy "
    "BadRequest Forbidden Unauthorized NotFound ResourceNotFound MethodNotAllowed NotAcceptable TooManyRequests InternalServerError "
    "ServiceUnavailable GatewayTimeout UnknownError accessDenied activityLimitReached generalException invalidRange invalidRequest "
    "itemNotFound malwareDetected nameAlreadyExists notAllowed notSupported resourceModified resyncRequired serviceNotAvailable "
    "quotaLimitReached unauthenticated"
)
_HEAD = re.compile(r"([A-Za-z]+)\(.*\)")
_NUMBER = range(100, 10_000_000)


def of_answer(method: str, url: str, status: int, headers: Any, content: Any) -> dict[str, Any]:
    """What came of one request. content: the answer's JSON, None where it is none.

    path: with known segments alone; parameters: the names of the query's. errors: the numbers and words of the services' own errors.
    """
    names, host = [str(name).lower() for name in headers], _host(url)
    return {
        "host": host,
        "method": word(method, _METHODS),
        "path": _path(url),
        "parameters": sorted({str(word(name, _PARAMETERS)) for name, _value in parse_qsl(urlsplit(url).query, keep_blank_values=True)}),
        "status": int(status),
        "headers": sorted({name for name in names if name in HEADERS}),
        "other_headers": sum(name not in HEADERS for name in names),
        "body": shape(content, PROPERTIES),
        "errors": _errors(content),
    }


def of_failure(method: str, url: str, error: BaseException) -> dict[str, Any]:
    """What is told of a request that had no answer. failed: the class of the innermost error, which is the program's own; causes: all."""
    causes = causes_of(error)
    return {"host": _host(url), "method": word(method, _METHODS), "path": _path(url), "failed": causes[-1], "causes": causes}


def _host(url: str) -> str:
    """Which service a host is, never its name: sign_in or graph of a cloud of Microsoft's, another one, or the machine's own identity."""
    host = host_of(url)
    for name in CLOUDS:
        cloud = cloud_named(name)
        if host == host_of(cloud.graph_url):
            return "graph"
        metadata = {host_of(one) for one in (cloud.metadata_template, cloud.federation_metadata) if one}
        if host in {host_of(cloud.login_url), *cloud.other_login_hosts}:
            return "sign_in"
        if host in metadata:
            return "metadata"
        if host == cloud.exchange_host:
            return "exchange"
    return OTHER


def _path(url: str) -> str:
    return "/".join(_segment(one) for one in unquote(urlsplit(url).path).strip("/").split("/"))


def _segment(text: str) -> str:
    function = _HEAD.fullmatch(text)
    if function and function[1] in _SEGMENTS:
        return f"{function[1]}(...)"
    return text if text in _SEGMENTS else "..."


def _errors(content: Any) -> list[str]:
    """The codes of an error: its word where that is known, and the numbers of the sign-in."""
    if not isinstance(content, dict) or "error" not in content:
        return []
    error, numbers = content["error"], content.get("error_codes")
    code = error.get("code") if isinstance(error, dict) else error
    told = [str(word(code, _CODES))] if isinstance(code, str) and code else []
    whole = [one for one in (numbers if isinstance(numbers, list) else ()) if isinstance(one, int) and not isinstance(one, bool)]
    return told + [f"AADSTS{one}" for one in whole if one in _NUMBER]
