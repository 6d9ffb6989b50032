# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's applications that the trust deals with: their ids, the same in every tenant and cloud, and names. Private to the collection.

https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment and
https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
"""

from __future__ import annotations

EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
# On premises and online: https://learn.microsoft.com/skypeforbusiness/manage/authentication/configure-an-on-premises-partner-app
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
SKYPE_FOR_BUSINESS_ONLINE = "00000004-0000-0ff1-ce00-000000000000"
# The service principals that the procedure puts the farm's certificate on.
PROCEDURE = (SKYPE_FOR_BUSINESS_ONLINE, EXCHANGE_ONLINE)

# The application that issues tokens, as the audience of assertions and the issuer of an OAuth server names it.
AUTHORIZATION_SERVER = "00000001-0000-0000-c000-000000000000"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"

# How Microsoft's script names the application that takes the shared principal's place; it also takes a name of one's own:
# https://microsoft.github.io/CSS-Exchange/Hybrid/ConfigureExchangeHybridApplication/
DEDICATED_APPLICATION = "ExchangeServerApp-"

# The application permission for every mailbox by Exchange Web Services, by which such applications are told, whatever their name:
# https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth and
# https://github.com/cisagov/ScubaGear (AADHybridExchangeHelper)
FULL_ACCESS_AS_APP = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
