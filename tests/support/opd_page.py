# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/opd.md, made from a table of the diagnostic's rules: python -m tests.support.opd_page writes it, unit tests compare.

The facts about the rules are from their scripts at https://github.com/onpremdiag/SfBServer, read as of April 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.audit import RULES

from .play import ROOT

PAGE = ROOT / "docs" / "opd.md"
# Those of trust_proof, which no rule of the audit has.
PROOF = ("proof.token", "proof.exchange", "proof.mailbox")


@dataclass(frozen=True)
class Row:
    """A rule of the diagnostic, OPD. asks: the state that it takes for right. findings: those that ask for it here.

    differs: where the two judge a state differently. Where there is no finding, why there is none.
    """

    rule: str
    asks: str
    findings: tuple[str, ...] = ()
    differs: str = ""


_USERS = "It concerns users and their domains, not the tokens between farm and tenant."
_OTHERS_CERTIFICATES = (
    "The certificates of the server's other services sign no token of this trust, and an audit asks `Get-CsCertificate` for "
    "OAuthTokenIssuer alone"
)
_MUTUAL = (
    "It concerns TLS with certificates on both sides, by which Front Ends know each other. A token of this trust goes over TLS with the "
    "service's certificate alone. A root store with too many certificates, which keeps servers apart too, is told by `server.root_store`."
)
_EXCHANGE_SIDE = "It is a setting of the on-premises Exchange, which this collection neither signs in to nor changes"

TABLE: dict[str, tuple[Row, ...]] = {
    "Exchange integration": (
        Row(
            "RDOAuthCertificateValid",
            "an OAuthTokenIssuer certificate with a thumbprint, whose end has not come",
            ("certificate.present", "certificate.in_date"),
            "OPD looks at the server on which it runs; the audit at every Front End, and also at a certificate that is not valid yet.",
        ),
        Row(
            "RDTestOAuthServerConfiguration",
            "`microsoft.sts` is there and has a realm, and its metadata URL is the authorization server's for that realm",
            ("oauth_server.present", "oauth_server.realm", "oauth_server.metadata_url"),
            "OPD takes the tenant from the realm, so a farm that points to another tenant is right for it; `oauth_server.tenant` "
            "fails there. It knows the host of the global cloud only, the audit that of the chosen one.",
        ),
        Row(
            "RDTestPartnerApplication",
            "`Microsoft.Exchange` is there, enabled, and has the id of Exchange Online",
            ("partner_application.present", "partner_application.enabled", "partner_application.application_id"),
            "The audit knows another name where `trust_partner_application_name` gives it.",
        ),
        Row(
            "RDCsPartnerApplication",
            "an application `EXCHANGE` whose tokens are checked by a metadata URL that ends in `/autodiscover/metadata/json/1`",
            ("partner_application.onprem",),
            "OPD asks for an on-premises Exchange in every hybrid, so a farm whose Exchange is online only fails there. The audit "
            "asks for it where `trust_exchange_onprem_metadata_url` does, and compares the whole URL.",
        ),
        Row(
            "RDTestAppPrincipalExists",
            "the service principal of Skype for Business Online has credentials and names, and the external Web services FQDN is in one "
            "of them",
            ("principal.present", "credential.own", "names.external_fqdn"),
            "OPD takes anybody's key credential for right; the audit asks for the farm's own. OPD joins the FQDNs of all "
            "pools to one text with blanks, so with more than one it fails even where all are there; the audit looks for each.",
        ),
        Row(
            "RDExchangeAutodiscoverUrl",
            "`ExchangeAutodiscoverUrl` leads to `/autodiscover/autodiscover.svc`",
            ("oauth_configuration.autodiscover_url",),
            "It is an error for OPD; the audit warns, and fails only where `trust_exchange_autodiscover_url` says which it is to be, since "
            "a farm that uses nothing of Exchange needs none. OPD takes a URL with http too; the audit warns of it.",
        ),
        Row(
            "RDTestExchangeConnectivity",
            "`Test-CsExStorageConnectivity` passes for a user",
            ("proof.mailbox",),
            "The test writes into that user's mailbox, so an audit does not run it; `trust_proof` does where `mailbox` names one.",
        ),
        Row(
            "RDCheckUserUCSConnectivity",
            "`Test-CsUnifiedContactStore` reads a user's contacts from Exchange",
            differs="It asks for one user's contacts, whose place is that user's setting; `proof.mailbox` goes the same way to a mailbox.",
        ),
        Row(
            "RDCheckUserUCSStatus",
            "`Debug-CsUnifiedContactStore` shows that a user's contacts have moved to Exchange",
            differs="Where a user's contacts are is that user's setting, and no part of the trust.",
        ),
        Row(
            "RDTestAutoDiscover",
            "a public DNS server knows `autodiscover` in the domain of the account that runs it, and an alias is in that domain",
            differs="The domain of an account is not that of the mailboxes, and an alias to Exchange Online is usual where "
            "mailboxes are there. An audit asks no public DNS server; `proof.mailbox` shows whether Autodiscover works.",
        ),
        Row(
            "RDTestExchangeCertificateForAutodiscover",
            "the on-premises Exchange shows a certificate at its Autodiscover address",
            differs=f"{_EXCHANGE_SIDE}; `proof.mailbox` shows whether the way there works.",
        ),
        Row(
            "RDAutoDiscoverServiceInternalUri",
            "the on-premises Exchange has an internal URI of Autodiscover",
            differs=f"{_EXCHANGE_SIDE}.",
        ),
        Row(
            "RDExchangePowerShellCmdletsLoaded",
            "a session to the on-premises Exchange can be opened",
            differs="It is needed by OPD's rules about Exchange alone, which have no finding here.",
        ),
    ),
    "Modern authentication": (
        Row(
            "RDCheckOAuthIsConfigured",
            "the OAuth configuration lists OAuth servers",
            ("oauth_server.present",),
            "Any OAuth server is right for OPD; the audit asks for the tenant's.",
        ),
        Row(
            "RDCheckModernAuth",
            "an OAuth server that `sts.windows.net` issues, and a switch, `ClientAuthorizationOAuthServerIdentity`, that names `evoSTS`",
            ("names.modern_authentication",),
            "OPD asks for the switch everywhere, and knows the name `evoSTS` only. Off is right for the audit; where it is on, the "
            "server may have any name, and type, tenant, security identifiers and every name that clients ask for must be right too. The "
            "hosting provider's shared address space, which OPD also checks, is no part of an audit: it leads SIP, not tokens.",
        ),
        Row(
            "RDCheckTenantModernAuthEnabled",
            "the hosting provider shares its address space, and `ClientAdalAuthOverride` is `Allowed` where it is set",
            ("names.modern_authentication",),
            "OPD asks Skype for Business Online for the setting; the audit judges the farm's own, and only where the switch is on. "
            "There `Disallowed` fails. `NoOverride`, which Microsoft's procedure leaves as it is, passes, although its overview "
            "calls all but `Allowed` disabled: which of the two holds is not known, and the finding says so.",
        ),
        Row(
            "RDCheckServicePoints",
            "Microsoft's sign-in and revocation hosts are reached over TLS",
            ("server.metadata_reachable",),
            "The audit has each server download the metadata of the trust's own OAuth servers, the one host that the trust cannot do "
            "without, "
            "and says where the way ends. It tries no hosts of revocation lists, and none that only clients ask.",
        ),
        Row(
            "RDCheckServerVersion",
            "`Get-CsServerVersion` names a product that OPD knows",
            ("server.supported",),
            "A product that the audit's table does not know is not checked, so it does not pass. The audit also says when the support of a "
            "known one ends.",
        ),
        Row(
            "RDCheckForLyncServers",
            "no service of the topology has a version below 7",
            ("server.supported",),
            "OPD's limit also takes Skype for Business Server 2015 for Lync, and looks at the whole topology; the audit looks at "
            "the servers of the inventory, and says of each product of its table until when it is supported. Lync Server is not in that "
            "table, so a server of it is not checked.",
        ),
        Row("RDCheckSipDomainIsFederated", "the sign-in service knows the user's SIP domain", differs=_USERS),
        Row("RDCheckDirSyncEnabled", "the tenant has directory synchronization", differs=_USERS),
    ),
    "TLS": (
        Row(
            "RDCheckUseStrongCrypto",
            "`SchUseStrongCrypto` is set for each .NET version, for 64-bit and 32-bit programs",
            ("server.tls",),
            "The audit asks for the value of .NET Framework 4, with which the product and Windows PowerShell 5.1 work.",
        ),
        Row(
            "RDCheckTLSSettings",
            "TLS 1.2 is enabled for the server side in so many words, and TLS 1.0 and 1.1 are disabled",
            ("server.tls",),
            "The audit asks that TLS 1.2 is not switched off, for the client and the server side; Windows has it on where nothing is "
            "set. It "
            "does not ask for the end of TLS 1.0 and 1.1: that is wise, but what a server still takes from old clients does not touch "
            "this trust.",
        ),
        Row(
            "RDCheckWinHttpSettings",
            "`DefaultSecureProtocols` is 0xAA0 for 64-bit and 32-bit programs",
            ("server.winhttp",),
            "Since Windows Server 2012 R2 WinHTTP uses TLS 1.2 where nothing is set, so that is right for the audit, and so is any value "
            "with TLS 1.2.",
        ),
        Row(
            "RDCheckSSLSettings",
            "SSL 2.0 and 3.0 are disabled for the server side",
            differs="What a server still takes from old clients does not touch this trust: the farm calls the tenant, whose services take "
            "TLS 1.2 alone.",
        ),
        Row(
            "RDCheckSchannelTrustMode",
            "`ClientAuthTrustMode` of SCHANNEL has the value for exclusive trust in certificate authorities",
            differs=_MUTUAL,
        ),
        Row(
            "RDCheckSchannelSessionTicket",
            "`EnableSessionTicket` of SCHANNEL has the value that OPD knows",
            differs=_MUTUAL,
        ),
        Row(
            "RDCheckSQLVersion",
            "the version of the SQL Server of the pool can be read",
            differs="The way between Front Ends and their databases is no part of this trust.",
        ),
    ),
    "The server": (
        Row(
            "RDCheckPatchVersion",
            "each component of `Get-CsServerPatchVersion` has at least the newest build that OPD knows",
            ("server.build",),
            "OPD's table ends in 2022. The audit's has the security updates of October 2026 and knows Subscription Edition; it takes "
            "the highest build of a server for the server's, since an update brings only the components that it changes, names the "
            "components that are lower, and compares the servers with each other, component by component.",
        ),
        Row(
            "RDCheckCMSReplicationStatus",
            "every replica is up to date",
            ("replication.up_to_date",),
        ),
        Row(
            "RDCheckProxyConfiguration",
            "a proxy for the account and in the web.config of the internal and the external Web site, or none anywhere",
            ("server.proxy",),
            "OPD's result is an error; the audit warns, since the services do not use the account's proxy. Where the account has a "
            "proxy script, which may name a proxy or none, it is not checked.",
        ),
        Row(
            "RDCheckForProxy",
            "the account has no proxy",
            ("server.proxy",),
            "A proxy is right for the audit where the Web sites have one too.",
        ),
        Row(
            "RDCheckMisplacedRootCACertificates",
            "every certificate in the computer's root store is self-signed",
            ("server.root_store",),
        ),
        Row("RDCheckTooManyCertsRootCA", "the computer's root store has certificates, and at most 100", ("server.root_store",)),
        Row(
            "RDDuplicatesInTrustedRootCA",
            "no certificate is in the computer's root store twice",
            differs="A root certificate that came twice, by hand and from a group policy, changes no decision about a certificate.",
        ),
        Row(
            "RDCheckCertsExpiring",
            "no certificate of the server's services ends within 45 days",
            ("certificate.ending_soon",),
            "The audit says it 30 days before; `trust_ending_soon_days: 45` is OPD's limit. "
            f"{_OTHERS_CERTIFICATES}, so watch their ends elsewhere.",
        ),
        Row(
            "RDCheckSfbServerCertificateExpired",
            "the server has a default certificate whose end has not come",
            differs=f"{_OTHERS_CERTIFICATES}.",
        ),
        Row(
            "RDCheckSfbServerCertificateValid",
            "the default certificate names the server and its pool",
            differs=f"{_OTHERS_CERTIFICATES}. Which names the OAuthTokenIssuer certificate should have, `certificate.subject` and "
            "`certificate.sip_domains` say.",
        ),
    ),
}
ROWS = tuple(row for rows in TABLE.values() for row in rows)
_HEAD = """<!--
Copyright (c) 2026, the sfb.hybrid_auth contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by: python -m tests.support.opd_page
-->
# Beside Microsoft's On Premise Diagnostic

Microsoft's [On Premise Diagnostic](https://github.com/onpremdiag/SfBServer) (OPD) checks a Front End in scenarios of rules. These are its
rules that concern this trust, in our words, as of its last change in April 2022; the [finding](findings.md) that asks for the same here;
and where the two judge a state differently. Its rules about SQL Server, Edge Servers, federation, DNS and performance are
about something else.

Where the condition of a rule is broken, its finding does not pass, with the exceptions in the last column: tests look at such a state of
the simulated farm for each. No farm was at hand on which to run both.

Three things are different in general:

- In a scenario on Exchange or modern authentication OPD stops at the first rule that is broken. An audit says everything at once.
- OPD looks at the server on which it runs. An audit looks at every Front End of the inventory, and compares them.
- A value that OPD cannot read fails or passes, as it comes. An audit marks it as *not checked*, with the reason.
"""
_BEYOND = """
## What goes beyond

OPD has no rule for these findings:

"""


def page() -> str:
    """The page as it should be."""
    parts = [_HEAD]
    for title, rows in TABLE.items():
        parts.append(f"\n## {title}\n\n| rule of OPD | what it asks for | finding | where the two differ, or why there is no finding |\n")
        parts.append("|---|---|---|---|\n")
        parts.extend(_line(row) for row in rows)
    parts.append(_BEYOND)
    areas: dict[str, list[str]] = {}
    for name in beyond():
        areas.setdefault(name.partition(".")[0], []).append(name)
    parts.extend(f"- [{area}]({_address(names[0])}): {', '.join(f'`{name}`' for name in names)}\n" for area, names in areas.items())
    return "".join(parts)


def beyond() -> tuple[str, ...]:
    """The findings that no rule of the diagnostic asks for."""
    covered = {name for row in ROWS for name in row.findings}
    return tuple(name for name in (*RULES, *PROOF) if name not in covered)


def _line(row: Row) -> str:
    found = ", ".join(f"[`{name}`]({_address(name)})" for name in row.findings) or "none"
    return f"| {row.rule} | {row.asks} | {found} | {row.differs or 'they agree'} |\n"


def _address(name: str) -> str:
    area = name.partition(".")[0]
    return "proof.md" if area == "proof" else f"findings.md#{area}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
