# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: onprem_info
short_description: Read everything about the trust from a Front End
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Reads OAuth servers, partner applications, the OAuth configuration, the OAuthTokenIssuer certificate, Web services, SIP domains,
    version and replication in one PowerShell process, or one cmdlet after the other through a restricted endpoint.
  - What is not gathered is not in the result, so that absent differs from empty. Failing to read is an error.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
  - sfb.hybrid_auth.observe
options:
  gather:
    description:
      - What to read.
      - With V(all), a part whose cmdlet the server does not have is left out, and RV(unknown) says why. A part that is asked for by name
        has to be there, except through a restricted endpoint, where the RBAC roles of the account decide.
      - V(server_settings) is what the server itself has beside the farm's store. V(all) does not include it, since the server downloads
        the metadata of the OAuth servers for it, which takes up to 15 seconds for each of at most four URLs, and looks into its event log.
        No part of it ends the task; RV(server_settings.unread) says what could not be read.
    type: list
    elements: str
    choices:
      - all
      - oauth_servers
      - partner_applications
      - oauth_configuration
      - certificate
      - web_services
      - sip_domains
      - version
      - replication
      - server_settings
    default:
      - all
  local_store:
    description:
      - Read OAuth servers, partner applications and OAuth configuration from the server's own replica instead of the Central
        Management Store, for example to see whether a change has been replicated.
    type: bool
    default: false
  store:
    description:
      - With V(certificate) in O(gather), read too what the computer's certificate store has under the subject of the assigned certificate
        with its private key, such as certificates of earlier rolls, and RV(certificate_checks). A restricted endpoint cannot show it.
    type: bool
    default: false
  metadata_first:
    description:
      - With V(server_settings) in O(gather), the names of the OAuth servers whose metadata is tried before that of others, since at most
        four URLs are. With V(oauth_configuration) the one that clients are sent to is among them.
    type: list
    elements: str
    default:
      - microsoft.sts
      - evoSTS
  store_thumbprints:
    description:
      - With V(certificate) in O(gather), read too whether the computer's certificate store has the certificates of these SHA-1 thumbprints,
        and for what the server uses them. A restricted endpoint cannot show it.
    type: list
    elements: str
    default: []
  certificate_path:
    description:
      - The farm's certificate as a file on the controller, in PEM, DER or base64, for a restricted endpoint, where the certificate
        itself cannot be read. It takes the place of what the computer's store would show, and where the endpoint does not tell which
        certificate is assigned, it is taken for the assigned one.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - An ordinary endpoint tells all of it, and the file is only checked.
    type: path
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.oauth_configuration
  - module: sfb.hybrid_auth.oauth_server
  - module: sfb.hybrid_auth.onprem_certificate
  - module: sfb.hybrid_auth.partner_application
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_proof
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_rotation
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_settings
  - module: sfb.hybrid_auth.trust_support
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Read everything about the trust
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Show until when the farm's certificate is valid
  ansible.builtin.debug:
    msg: "{{ onprem.certificate.thumbprint }} ends on {{ onprem.certificate.not_after }}"

- name: Read only the certificate
  sfb.hybrid_auth.onprem_info:
    gather:
      - certificate

- name: Read what the server itself has too
  sfb.hybrid_auth.onprem_info:
    gather:
      - all
      - server_settings

- name: Read through an endpoint that cannot show the certificate itself
  sfb.hybrid_auth.onprem_info:
    certificate_path: issuer.cer
"""

RETURN = r"""
oauth_servers:
  description: The OAuth servers.
  returned: when gathered
  type: list
  elements: dict
  contains:
    identity:
      description: The name.
      type: str
      sample: microsoft.sts
    name:
      description: The name as a property of its own; V(null) where it is empty.
      type: str
    issuer_identifier:
      description: Who issues the tokens; V(null) where it is empty.
      type: str
      sample: 00000001-0000-0000-c000-000000000000
    realm:
      description: The realm, which is the tenant for Microsoft 365; V(null) where it is empty.
      type: str
    metadata_url:
      description: Where its metadata is; V(null) where it is empty.
      type: str
    authorization_uri_override:
      description: Where clients are sent instead; V(null) where it is not set.
      type: str
    type:
      description: The kind of server; V(null) where it is empty.
      type: str
      sample: Acs
    accept_security_identifier_information:
      description: Whether security identifiers in tokens are accepted; V(null) where the farm does not tell it.
      type: bool
partner_applications:
  description: The partner applications.
  returned: when gathered
  type: list
  elements: dict
  contains:
    identity:
      description: The name.
      type: str
      sample: microsoft.exchange
    name:
      description: The name as a property of its own; V(null) where it is empty.
      type: str
    application_id:
      description: The application's identifier; V(null) where it is empty.
      type: str
      sample: 00000002-0000-0ff1-ce00-000000000000
    realm:
      description: The application's realm; V(null) where it is empty.
      type: str
    trust_level:
      description: V(Full), V(Application) or V(User); V(null) where it is empty.
      type: str
      sample: Full
    enabled:
      description: Whether it may talk to the farm; V(null) where the farm does not tell it.
      type: bool
    accept_security_identifier_information:
      description: Whether security identifiers in tokens are accepted; V(null) where the farm does not tell it.
      type: bool
    use_oauth_server:
      description: Whether its tokens come from the OAuth server.
      type: bool
    metadata_url:
      description: Where its metadata is; V(null) where its tokens are checked in another way.
      type: str
    auth_token:
      description: The .NET type that tells how its tokens are checked; V(null) where the farm does not tell it.
      type: str
    certificate:
      description: Its certificate, base64 of DER, where it is kept with it; V(null) where its tokens are checked in another way.
      type: str
oauth_configuration:
  description: The OAuth configuration.
  returned: when gathered
  type: dict
  contains:
    identity:
      description: The name; V(null) where it is empty.
      type: str
      sample: Global
    service_name:
      description: The identifier of the farm at partners; V(null) where it is not set.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000
    realm:
      description: The realm; V(null) where it is not set.
      type: str
    exchange_autodiscover_url:
      description: Where Autodiscover is; V(null) where it is not set.
      type: str
    exchange_autodiscover_allowed_domains:
      description: Domains to which Autodiscover may redirect.
      type: list
      elements: str
    client_authorization_oauth_server:
      description: The OAuth server that clients are sent to; V(null) where it is not set.
      type: str
    client_adal_auth_override:
      description: Whether clients may use modern authentication; V(null) where it is empty.
      type: str
      sample: NoOverride
    alternate_audience_url:
      description: Reserved by Microsoft; V(null) where it is not set.
      type: str
    additional_audience_urls:
      description: Reserved by Microsoft.
      type: list
      elements: str
certificate:
  description:
    - The OAuthTokenIssuer certificate; V(null) where none is assigned.
    - Where the server does not tell it, it is not there, and RV(unknown) says why.
  returned: when gathered and known
  type: dict
  contains: &certificate
    thumbprint:
      description: SHA-1 thumbprint, 40 upper-case hexadecimal digits.
      type: str
      sample: BB5D1064437D8720A5C53078185E6A361A78B10A
    found:
      description: Whether it is in the computer store of the server; V(null) where that cannot be read.
      type: bool
    has_private_key:
      description: Whether its private key is there too; V(null) where that cannot be read.
      type: bool
    subject:
      description: Subject; V(null) where nothing tells it.
      type: str
      sample: CN=contoso.com
    issuer:
      description: Issuer; V(null) where nothing tells it.
      type: str
      sample: CN=contoso.com
    serial_number:
      description: Serial number in hexadecimal; V(null) where nothing tells it.
      type: str
    not_before:
      description: When it begins to be valid, in UTC; V(null) where nothing tells it.
      type: str
      sample: "2026-01-15T08:00:00Z"
    not_after:
      description: When it ends, in UTC; V(null) where nothing tells it.
      type: str
      sample: "2028-01-15T08:00:00Z"
    content:
      description: Base64 of the certificate's DER form, without its key; V(null) where it is not in the store.
      type: str
    key_type:
      description: Kind of key; V(null) where the certificate is not in the store.
      type: str
      sample: RSA
    key_size:
      description: Bits of the key; V(null) where the certificate is not in the store.
      type: int
      sample: 2048
    signature_algorithm:
      description: How it is signed; V(null) where the certificate is not in the store.
      type: str
      sample: sha256RSA
    days_left:
      description:
        - Whole days until it ends, negative when it is over, by the server's clock, or the controller's where the server does not tell it;
          V(null) where the end is not known.
      type: int
    expired:
      description: Whether it is over.
      type: bool
    previous_thumbprint:
      description: Thumbprint of the one that was assigned before it; V(null) where there is none, or it is that one itself.
      type: str
    effective_date:
      description: Since when or from when on it signs, in UTC; V(null) where the farm does not tell it, as of one that was assigned before.
      type: str
previous_certificate:
  description: The certificate that was assigned before; V(null) where there is none.
  returned: when gathered and known
  type: dict
  contains: *certificate
signing:
  description:
    - Which certificate signs now, which is staged to sign next, and which signed before, by the clock of RV(server).
    - A staged roll is a certificate with an effective date in the future; until then the one before it goes on signing.
  returned: when the certificate is gathered and known
  type: dict
  contains:
    current:
      description: The certificate that signs now; V(null) where none is assigned.
      type: dict
      contains: *certificate
    next:
      description: The certificate that signs from its effective date on; V(null) where no roll is staged.
      type: dict
      contains: *certificate
    previous:
      description: The certificate that signed before; V(null) where none is known.
      type: dict
      contains: *certificate
web_services:
  description: The Web services of all pools and directors.
  returned: when gathered
  type: list
  elements: dict
  contains:
    pool:
      description: The pool or director.
      type: str
      sample: pool01.contoso.com
    internal_fqdn:
      description: Its internal name; V(null) where it is blank, as on Standard Edition.
      type: str
    external_fqdn:
      description: Its external name; V(null) where it is blank.
      type: str
      sample: webext.contoso.com
front_ends:
  description: The Front Ends that the topology has, which are the computers of its pools with User Services.
  returned: with V(all) in O(gather), on an ordinary endpoint, where they could be read
  type: list
  elements: dict
  contains:
    name:
      description: FQDN of the server.
      type: str
      sample: fe01.contoso.com
    pool:
      description: FQDN of its pool.
      type: str
      sample: pool01.contoso.com
sip_domains:
  description: The SIP domains.
  returned: when gathered
  type: list
  elements: dict
  contains:
    name:
      description: The domain.
      type: str
      sample: contoso.com
    default:
      description: Whether it is the default SIP domain; V(null) where the farm does not tell it.
      type: bool
version:
  description: The product's version; V(null) where it is empty.
  returned: when gathered
  type: str
store:
  description: The certificates of the computer's store that have the assigned one's subject and their private key.
  returned: with O(store), where the store can be read
  type: list
  elements: dict
  contains:
    thumbprint:
      description: Its thumbprint.
      type: str
      sample: 7A3B9F1D4C5E6F708192A3B4C5D6E7F801234567
    subject:
      description: Whom it names; V(null) where the store does not tell it.
      type: str
      sample: CN=contoso.com
    issuer:
      description: Who issued it; V(null) where the store does not tell it.
      type: str
      sample: CN=contoso.com
    not_before:
      description: Since when it is valid, in UTC; V(null) where the store does not tell it.
      type: str
    not_after:
      description: Until when it is valid, in UTC; V(null) where the store does not tell it.
      type: str
certificate_checks:
  description:
    - What only the server itself can tell of the assigned certificates that its store has.
    - The private key is opened to learn its file, and signs nothing. What cannot be read does not end the task.
  returned: with O(store), where the store can be read
  type: list
  elements: dict
  contains:
    thumbprint:
      description: Its thumbprint.
      type: str
      sample: BB5D1064437D8720A5C53078185E6A361A78B10A
    key_file:
      description: The file in which the server keeps the private key; V(null) where RV(certificate_checks[].key_unknown) says why.
      type: str
      sample: C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\0f1e2d3c4b5a69788796a5b4c3d2e1f0_0a1b2c3d-0000-4000-8000-000000000001
    key_access:
      description:
        - The access rules of that file, in the order in which Windows asks; V(null) where RV(certificate_checks[].key_unknown) says why.
      type: list
      elements: dict
      contains:
        sid:
          description: Whom the rule concerns, as SID.
          type: str
          sample: S-1-5-20
        name:
          description: The account's name in the server's language; V(null) where it has none, as of one that was deleted.
          type: str
          sample: NT AUTHORITY\NETWORK SERVICE
        allow:
          description: Whether it allows what it names; otherwise it denies it.
          type: bool
        rights:
          description: What it names, as the number of .NET's FileSystemRights.
          type: int
          sample: 1179785
    key_unknown:
      description: Why the file or its access rules are not told; V(null) where they are.
      type: str
    chain_complete:
      description:
        - Whether the server builds the certificate's chain up to an authority that it trusts. Revocation is not asked.
        - V(null) of a self-signed certificate, and where RV(certificate_checks[].chain_unknown) says why.
      type: bool
    chain_problems:
      description: What is wrong with the chain, in the words of .NET's X509ChainStatusFlags.
      type: list
      elements: str
      sample: []
    chain_unknown:
      description: Why the chain is not told; V(null) where it is, and of a self-signed certificate.
      type: str
named_certificates:
  description: The certificates of O(store_thumbprints), in that order.
  returned: with O(store_thumbprints), where the store can be read
  type: list
  elements: dict
  contains:
    thumbprint:
      description: Its thumbprint.
      type: str
      sample: 7A3B9F1D4C5E6F708192A3B4C5D6E7F801234567
    found:
      description: Whether it is in the store.
      type: bool
    not_after:
      description: Until when it is valid, in UTC; V(null) where it is not in the store.
      type: str
    uses:
      description: For what the server has it assigned, or had it before, in the words of C(Get-CsCertificate).
      type: list
      elements: str
      sample: []
replicas:
  description: State of replication; gathered as V(replication).
  returned: when gathered
  type: list
  elements: dict
  contains:
    replica:
      description: The server.
      type: str
      sample: fe01.contoso.com
    up_to_date:
      description: Whether it has the latest changes; V(null) where the farm does not tell it.
      type: bool
    last_status_report:
      description: When it last reported, in UTC; V(null) where it never did.
      type: str
    last_update_creation:
      description: When the last update was made, in UTC; V(null) where there was none.
      type: str
    product_version:
      description: Its version; V(null) where it is empty.
      type: str
server_settings:
  description:
    - What the server itself has, which decides whether the trust works. Numbers are those of the registry.
    - What was not read is in RV(server_settings.unread), as almost all of it is through a restricted endpoint.
  returned: when gathered
  type: dict
  contains:
    version:
      description: The product with its first version, as the server's Get-CsServerVersion tells it; V(null) where it was not read.
      type: str
      sample: "Skype for Business Server 2019 (7.0.2046.0): Volume license key installed."
    components:
      description: The components of the product on the server.
      type: list
      elements: dict
      contains:
        name:
          description: The component.
          type: str
          sample: Skype for Business Server 2019, Core Components
        version:
          description: Its version, which tells the update; V(null) where it is empty.
          type: str
          sample: 7.0.2046.583
    account:
      description: The account of the run, whose proxy settings these are; V(null) where it was not read.
      type: str
      sample: CONTOSO\sfbadmin
    strong_crypto_64:
      description: C(SchUseStrongCrypto) of .NET Framework 4 for 64-bit programs; V(null) where it is not set or was not read.
      type: int
    strong_crypto_32:
      description: C(SchUseStrongCrypto) of .NET Framework 4 for 32-bit programs; V(null) where it is not set or was not read.
      type: int
    tls12_client_enabled:
      description: C(Enabled) of TLS 1.2 in SCHANNEL for connections that the server opens; V(null) where it is not set or was not read.
      type: int
    tls12_client_disabled_by_default:
      description: C(DisabledByDefault) of TLS 1.2 in SCHANNEL for connections that the server opens;
        V(null) where it is not set or was not read.
      type: int
    tls12_server_enabled:
      description: C(Enabled) of TLS 1.2 in SCHANNEL for connections that the server takes; V(null) where it is not set or was not read.
      type: int
    tls12_server_disabled_by_default:
      description: C(DisabledByDefault) of TLS 1.2 in SCHANNEL for connections that the server takes;
        V(null) where it is not set or was not read.
      type: int
    winhttp_64:
      description: C(DefaultSecureProtocols) of WinHTTP for 64-bit programs; V(null) where it is not set or was not read.
      type: int
    winhttp_32:
      description: C(DefaultSecureProtocols) of WinHTTP for 32-bit programs; V(null) where it is not set or was not read.
      type: int
    windows_build:
      description: The build of Windows; V(null) where it was not read.
      type: int
      sample: 17763
    user_proxy_enabled:
      description: C(ProxyEnable) of the account's internet settings; V(null) where it is not set or was not read.
      type: int
    user_proxy:
      description: C(ProxyServer) of the account's internet settings, without a user and a password;
        V(null) where it is not set or was not read.
      type: str
    user_proxy_script:
      description: C(AutoConfigURL) of the account's internet settings, without a user, a password and a query;
        V(null) where it is not set or was not read.
      type: str
    web_proxy_internal:
      description: The address of C(defaultProxy) in the internal Web site's web.config, without a user and a password;
        V(null) where it is not set or was not read.
      type: str
    web_proxy_external:
      description: The address of C(defaultProxy) in the external Web site's web.config, without a user and a password;
        V(null) where it is not set or was not read.
      type: str
    root_certificates:
      description: How many certificates the computer's root store has; V(null) where it was not read.
      type: int
    root_misplaced_count:
      description: How many of them are not self-signed; V(null) where it was not read.
      type: int
    root_misplaced:
      description: The subjects of these, at most 20.
      type: list
      elements: str
    events:
      description: How often the events 32053 and 32054 of LS Storage Service were logged within a day, with at most 200 looked at.
      type: list
      elements: dict
      contains:
        event_id:
          description: The event.
          type: int
        count:
          description: How often it was logged.
          type: int
        last:
          description: When it was logged last, in UTC; V(null) where it was not.
          type: str
    metadata:
      description: What came of it when the server downloaded the metadata of each OAuth server. No redirect is followed.
      type: list
      elements: dict
      contains:
        url:
          description: The URL.
          type: str
        outcome:
          description: V(ok), or what kept it from it, V(scheme), V(dns), V(tcp), V(timeout), V(tls), V(cut), V(proxy), V(proxy_dns),
            V(http), V(redirect), V(page) or V(other).
          type: str
        status:
          description: The status of HTTP; V(null) where there was no answer.
          type: int
        detail:
          description: What the server said of it, in its language; V(null) where it went well.
          type: str
    unread:
      description: By the name of what could not be read, why.
      type: dict
      sample: {}
server:
  description: The server that was asked. A restricted endpoint tells nothing of it.
  returned: success
  type: dict
  contains:
    name:
      description: Its name; V(null) through a restricted endpoint.
      type: str
      sample: fe01.contoso.com
    time:
      description: Its clock, in UTC; V(null) through a restricted endpoint, where the controller's clock is used.
      type: str
    culture:
      description: Its culture, which decides how it reads dates; V(null) through a restricted endpoint.
      type: str
      sample: en-US
    powershell:
      description: Its PowerShell version; V(null) through a restricted endpoint.
      type: str
      sample: "5.1.17763.1"
controller_time:
  description: The controller's clock, in UTC, in the middle of the call that read the server's clock in RV(server).
  returned: success
  type: str
  sample: "2026-11-24T08:00:01Z"
clock_uncertainty:
  description:
    - Seconds by which a comparison of the two clocks may be off.
    - It is half of the call's duration, since the server looked at its clock at some moment of the call.
  returned: success
  type: float
  sample: 2.4
inventory_name:
  description: The name that the server has in the inventory.
  returned: success
  type: str
  sample: fe01.contoso.com
management_module:
  description: The PowerShell module that was used; V(null) through a restricted endpoint, which has its own.
  returned: success
  type: str
  sample: SkypeForBusiness
endpoint:
  description: The kind of endpoint that was used, V(full) or V(restricted).
  returned: success
  type: str
  sample: full
unknown:
  description:
    - By what it is gathered as, why a part could not be read - its cmdlet is missing, from an older management module or for the
      RBAC roles of the account at a restricted endpoint.
    - On an ordinary endpoint only O(gather=all) allows for that. A cmdlet that fails is an error everywhere.
  returned: success
  type: dict
  sample: {}
observed:
  description:
    - How the task went and the shape of what was answered, also where the task failed. It holds kinds, counts, and names and identifiers
      that are known beforehand, and none of the values.
  returned: when O(observe) is true
  type: dict
  contains:
    module:
      description: The module that the task ran.
      type: str
      sample: onprem_info
    seconds:
      description: How long the task took.
      type: float
      sample: 3.21
    causes:
      description: The classes of the errors with which the task failed, the innermost last. It is not there where the task did not fail.
      type: list
      elements: str
    processes:
      description: One entry for each request to a server, with the shape of what each cmdlet returned, and identifiers of what failed.
      type: list
      elements: dict
    requests:
      description: One entry for each request to a service, with the status, the names of the headers and the shape of the answer.
      type: list
      elements: dict
"""
