# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the rules of the audit come from. Private to the collection."""

from __future__ import annotations

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import STAGES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import PRODUCTS

PROCEDURE = "https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment"
CERTIFICATE = "https://learn.microsoft.com/skypeforbusiness/manage/authentication/assign-a-server-to-server-certificate"
SERVER_TO_SERVER = "https://learn.microsoft.com/skypeforbusiness/manage/authentication/server-to-server-and-partner-applications"
SERVICE_ACCOUNT = (
    "https://learn.microsoft.com/skypeforbusiness/plan-your-deployment/security/key-security "
    "(the replication service runs as Network Service) and https://learn.microsoft.com/windows/win32/services/networkservice-account"
)
ROLL = "https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates"
KEY_LENGTH = "https://csrc.nist.gov/pubs/sp/800/131/a/r2/final (NIST SP 800-131A, table 2: less than 2048 bits is disallowed)"
WEAK_HASH = "https://csrc.nist.gov/pubs/sp/800/131/a/r2/final (NIST SP 800-131A, table 8: SHA-1 is disallowed for signatures)"
CRYPTOPERIOD = (
    "https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final (NIST SP 800-57 part 1, table 1: one to three years for a signing key) and "
    "https://github.com/cisagov/ScubaGear (CISA's baseline for Entra ID, MS.AAD.5.7: at most 365 days)"
)
DESTRUCTION = (
    "https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final (NIST SP 800-57 part 1, section 8.3.4: keys that are no longer needed are destroyed)"
)
DIAGNOSTIC = "https://github.com/onpremdiag/SfBServer (Microsoft's On Premise Diagnostic, Exchange hybrid integration)"
OAUTH_SERVER = "https://learn.microsoft.com/powershell/module/skypeforbusiness/new-csoauthserver"
PARTNER_APPLICATION = "https://learn.microsoft.com/powershell/module/skypeforbusiness/new-cspartnerapplication"
ONPREM_PARTNER = "https://learn.microsoft.com/skypeforbusiness/manage/authentication/configure-an-on-premises-partner-app"
MODERN_AUTHENTICATION = "https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication"
SERVICE_PRINCIPAL = "https://learn.microsoft.com/graph/api/resources/serviceprincipal"
SIGN_IN = "https://learn.microsoft.com/graph/api/resources/passwordcredential"
KEY_CREDENTIAL = "https://learn.microsoft.com/graph/api/resources/keycredential"
MICROSOFT_APPLICATIONS = (
    "https://github.com/microsoft/zerotrustassessment (Test-Assessment.21774: credentials on applications of Microsoft are suspicious)"
)
SHARED_PRINCIPAL = "https://microsoft.github.io/CSS-Exchange/Hybrid/ConfigureExchangeHybridApplication/ (CVE-2025-53786)"
APP_POLICY = "https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy"
FULL_ACCESS = "https://github.com/cisagov/ScubaGear (AADHybridExchangeHelper: a hybrid application is told by full_access_as_app)"
FEDERATED_CREDENTIAL = "https://learn.microsoft.com/graph/api/resources/federatedidentitycredential"
EXCHANGE_WEB_SERVICES = " and ".join(dict.fromkeys(stage.source for stage in STAGES))
REPLICATION = "https://learn.microsoft.com/powershell/module/skypeforbusiness/get-csmanagementstorereplicationstatus"
SUPPORT = " and ".join(dict.fromkeys(product.source for product in PRODUCTS))
BUILDS = (
    "https://github.com/CVEProject/cvelistV5 (fixed versions), https://learn.microsoft.com/powershell/module/skypeforbusiness/"
    "get-csserverpatchversion, https://github.com/onpremdiag/SfBServer (RDCheckPatchVersion, RDCheckServerVersion)"
)
DOT_NET_TLS = (
    "https://learn.microsoft.com/dotnet/framework/network-programming/tls, https://github.com/onpremdiag/SfBServer "
    "(RDCheckUseStrongCrypto, RDCheckTLSSettings)"
)
WIN_HTTP = (
    "https://learn.microsoft.com/mem/configmgr/core/plan-design/security/enable-tls-1-2-client (Update Windows and WinHTTP), "
    "https://github.com/onpremdiag/SfBServer (RDCheckWinHttpSettings, which asks for the setting on every Windows)"
)
PROXY = f"{MODERN_AUTHENTICATION} (web.config), https://github.com/onpremdiag/SfBServer (RDCheckProxyConfiguration)"
ROOT_STORE = "https://github.com/onpremdiag/SfBServer (RDCheckMisplacedRootCACertificates, RDCheckTooManyCertsRootCA)"
STORAGE_EVENTS = (
    "https://adam-hand.com/2015/12/02/configure-lyncsfb-with-office-365-for-server-to-server-authentication/ (32053; not Microsoft)"
)
CLOCK_SKEW = (
    "https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.tokens.tokenvalidationparameters.defaultclockskew "
    "(300 seconds), RFC 7519 section 4.1.4"
)
