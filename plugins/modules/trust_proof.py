# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_proof
short_description: Prove that the tenant accepts the farm's tokens
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Has the server sign a short-lived assertion with the farm's own key, exchanges it from the controller at the tenant's token service
    as the farm does, and explains the answer.
  - The private key never leaves the server. The server signs only assertions of the farm itself for the authorization server, only with
    the assigned, staged or previous C(OAuthTokenIssuer) certificate, and for at most ten minutes.
  - The token that the service gives is thrown away, unless O(exchange) has one sent to Exchange Online. Neither it nor the assertion is
    part of the result.
  - Assertions go to the authorization server hosts of O(cloud), and to hosts that O(metadata_url) or O(token_endpoint) name, to no other.
    Where the farm or a document leads elsewhere, nothing is signed.
  - Signing needs .NET Framework 4.6 or newer on the server; all other modules work with 4.5.2 too.
  - With E(ANSIBLE_DEBUG) it fails before anything is contacted, since ansible-core would print the key that opens the assertion.
  - A refusal does not fail the task. Use RV(accepted) to decide what follows.
  - It takes one PowerShell process, one request for the metadata document and one token request for each name. Without O(current),
    O(tenant_id) and O(metadata_url) one more process reads from the farm which document to ask for.
  - What the proof proves, and what could not be verified about it, is in the document C(docs/proof.md) of the collection.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
attributes:
  check_mode:
    details:
      - The token is asked for in check mode too, since that writes nothing. It leaves an entry in the tenant's sign-in logs.
      - The mailbox test is skipped in check mode.
  diff_mode:
    details: There is nothing to compare.
  idempotent:
    support: N/A
    details: It asks each time.
options:
  name:
    description:
      - The external Web services names to prove, each as C(<application>/<name>@<realm>).
      - The server signs for 50 of them at a time, in a PowerShell process each time.
      - If not set, the application is proved without a name.
    type: list
    elements: str
  tenant_id:
    description:
      - The tenant's id. A metadata document of another tenant is the outcome V(wrong_tenant).
      - It also makes the URL of the metadata document, where neither O(metadata_url) nor O(current) tells it.
    type: str
  cloud:
    description:
      - The Microsoft cloud that the tenant is in, for the URL that is made of O(tenant_id).
    type: str
    choices:
      - global
      - gcc
      - gcc_high
      - dod
      - china
    default: global
  metadata_url:
    description:
      - The metadata document of the authorization server.
      - If not set, the environment variable E(SFB_METADATA_URL) is used, then the URL that the farm's own OAuth server has, where
        O(current) shows it, then the URL of O(tenant_id). With none of them the farm is read first.
    type: str
  oauth_server_name:
    description:
      - The identity of the farm's OAuth server, which is compared with the tenant that was asked.
    type: str
    default: microsoft.sts
  application_id:
    description:
      - The application that the farm signs in as. The server signs for Skype for Business Online, and for the C(ServiceName) of its
        own OAuth configuration.
    type: str
    default: 00000004-0000-0ff1-ce00-000000000000
  realm:
    description:
      - The realm at the end of issuer, audience and resource. By default that of the metadata document.
    type: str
  audience:
    description:
      - The audience of the assertion, without its realm. By default the first one in the metadata document that is of the
        authorization server and of its realm.
      - The server signs for the authorization server, V(00000001-0000-0000-c000-000000000000), and nothing else.
    type: str
  resource:
    description:
      - What the token is asked for. The realm is added where it has none.
      - In other clouds Exchange Online has other host names.
    type: str
    default: 00000002-0000-0ff1-ce00-000000000000/outlook.office365.com
  token_endpoint:
    description:
      - Where the assertion is exchanged. By default the endpoint for OAuth2 issuance in the metadata document.
    type: str
  thumbprint:
    description:
      - The certificate to sign with, which must be the assigned, staged or previous C(OAuthTokenIssuer) certificate of the farm.
      - By default the one that signs at this time. With the staged one you prove a roll before its effective date.
    type: str
  metadata_doubt:
    description:
      - Why the farm's metadata URL is not to be asked, such as RV(sfb.hybrid_auth.trust_audit#module:metadata_doubt). If it is set and not
        empty, nothing is signed, and the outcome is V(not_known) with this reason.
    type: str
  lifetime:
    description:
      - For how many seconds the assertion is valid, from 60 to 600.
    type: int
    default: 300
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) from earlier in the play, from which the farm's OAuth server is
        taken. The certificate is read again.
    type: dict
  ca_path:
    description:
      - PEM file on the controller with the certificate authorities to trust instead of the usual ones, for example of a proxy that
        inspects TLS.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - If not set, the environment variable E(SFB_CA_PATH) is used.
        A relative path in it begins in the folder in which C(ansible-playbook) was started.
    type: path
  validate_certs:
    description:
      - Whether TLS certificates are verified. Without that, who is on the way can use the assertion until it expires.
    type: bool
    default: true
  exchange:
    description:
      - Whether Exchange Web Services of Exchange Online are asked too, once, with the first token that was given. The request asks for the
        definition of a time zone, so it reads and writes nothing of anybody. It is made in check mode too.
      - The token goes to the Exchange Online of O(cloud) and nowhere else. So O(resource) must name that host, and O(validate_certs)
        must be V(true).
      - RV(exchange) says what they answered. It does not change RV(accepted), which is about the token.
    type: bool
    default: false
  mailbox:
    description:
      - The SIP address of a user in whose mailbox C(Test-CsExStorageConnectivity) writes an item. Not done if not set, and never in
        check mode.
    type: str
  mailbox_binding:
    description:
      - How the cmdlet reaches the storage service.
    type: str
    choices:
      - NetNamedPipe
      - NetTCP
    default: NetNamedPipe
  mailbox_storage_host:
    description:
      - The host of the storage service, which V(NetTCP) needs.
    type: str
  mailbox_folder:
    description:
      - The folder that the item is written into. By default the cmdlet's own choice.
    type: str
    choices:
      - ConversationHistory
      - Inbox
      - Dumpster
  mailbox_delete_item:
    description:
      - Whether the cmdlet deletes its item again. With V(false) the task is changed where the test passed, since the item stays.
    type: bool
    default: true
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_report
  - name: Proof
    description: What the proof proves, and how it stays safe.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/proof.md
  - name: Test-CsExStorageConnectivity
    description: The cmdlet's reference.
    link: https://learn.microsoft.com/powershell/module/skypeforbusiness/test-csexstorageconnectivity
  - name: "[MS-XOAUTH]: OAuth 2.0 Authorization Protocol Extensions"
    description: The form of names and claims.
    link: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-xoauth/2a67f794-8455-4dc4-9b0d-9bf0dac6f5ee
"""

EXAMPLES = r"""
- name: Prove that the tenant accepts the farm's tokens
  sfb.hybrid_auth.trust_proof:
    tenant_id: 5588b4fd-f26d-475c-824f-9911277ab13e
  register: proof

- name: Show the verdict
  ansible.builtin.debug:
    msg: "{{ proof.outcome }}: {{ proof.explanation }} {{ proof.remedy }}"

- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: farm

- name: Prove each name of the external Web services
  sfb.hybrid_auth.trust_proof:
    name: "{{ farm.web_services | map(attribute='external_fqdn') | select | list }}"
    current: "{{ farm }}"
  register: names

- name: Name those that are not accepted
  ansible.builtin.debug:
    msg: "{{ names.proofs | rejectattr('accepted') | map(attribute='explanation') | list }}"

- name: Prove the way to a mailbox too, which writes an item and deletes it
  sfb.hybrid_auth.trust_proof:
    tenant_id: 5588b4fd-f26d-475c-824f-9911277ab13e
    mailbox: sip:proof@contoso.com
"""

RETURN = r"""
accepted:
  description: Whether the trust works for everything that was asked; V(null) where that is not known.
  returned: success
  type: bool
  sample: true
outcome:
  description:
    - One of V(accepted), V(unknown_key), V(name_not_registered), V(disabled_account), V(wrong_tenant), V(clock), V(wrong_certificate)
      and V(not_known). Of several names the first that is refused, else the first that is not known.
  returned: success
  type: str
  sample: accepted
explanation:
  description: What happened.
  returned: success
  type: str
  sample: >-
    The token service gave 00000004-0000-0ff1-ce00-000000000000@5588b4fd-f26d-475c-824f-9911277ab13e a token for
    00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@5588b4fd-f26d-475c-824f-9911277ab13e.
remedy:
  description: What to do; empty where nothing is to be done.
  returned: success
  type: str
  sample: ""
tenant_id:
  description: The realm that was asked, which is the tenant's id; V(null) where no metadata document was had.
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
metadata_url:
  description: The metadata document that was asked for; V(null) where none is known.
  returned: success
  type: str
  sample: https://accounts.accesscontrol.windows.net/5588b4fd-f26d-475c-824f-9911277ab13e/metadata/json/1
token_endpoint:
  description: Where the assertion was exchanged; V(null) where no metadata document was had.
  returned: success
  type: str
  sample: https://accounts.accesscontrol.windows.net/tokens/OAuth/2
resource:
  description: What the token was asked for; V(null) where no metadata document was had.
  returned: success
  type: str
  sample: 00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@5588b4fd-f26d-475c-824f-9911277ab13e
thumbprint:
  description: The certificate that signed, or that was to sign; V(null) where nothing was asked to be signed.
  returned: success
  type: str
  sample: 3F1A9C5E0B7D2468ACE013579BDF2468ACE01357
proofs:
  description: The verdict for each name.
  returned: success
  type: list
  elements: dict
  contains:
    issuer:
      description: The issuer of the assertion.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com@5588b4fd-f26d-475c-824f-9911277ab13e
    accepted:
      description: As above, for this issuer; V(null) where that is not known.
      type: bool
      sample: true
    outcome:
      description: As above.
      type: str
      sample: accepted
    explanation:
      description: As above.
      type: str
      sample: The token service gave a token.
    remedy:
      description: As above.
      type: str
      sample: ""
    error_code:
      description: The code of the refusal; V(null) where there was none.
      type: str
      sample: AADSTS700027
    token:
      description: What may be shown of the token; V(null) where there was none.
      type: dict
      contains:
        lifetime:
          description: For how many seconds it would have been valid; V(null) where the answer does not tell it.
          type: int
          sample: 28799
        audience:
          description: What it is for; V(null) where neither token nor answer tells it.
          type: str
          sample: 00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@5588b4fd-f26d-475c-824f-9911277ab13e
        issuer:
          description: The issuer of the token; V(null) where it does not tell it.
          type: str
          sample: 00000001-0000-0000-c000-000000000000@5588b4fd-f26d-475c-824f-9911277ab13e
exchange:
  description: What Exchange Web Services of Exchange Online answered to the token; V(null) where O(exchange) did not ask for it.
  returned: success
  type: dict
  contains:
    outcome:
      description:
        - V(let_in), V(token_refused) (401), V(policy) (403 with the header C(X-EWS-Policy-Reason)), V(forbidden) (403 without it), or
          V(not_known) for anything else, and where there was no token to ask with.
      type: str
      sample: policy
    url:
      description: What was asked, or was to be.
      type: str
      sample: https://outlook.office365.com/EWS/Exchange.asmx
    status:
      description: The HTTP status; V(null) where there was no answer.
      type: int
      sample: 403
    policy_reason:
      description: The text of the header C(X-EWS-Policy-Reason); V(null) without it.
      type: str
      sample: The application is not allowed by the organization.
    explanation:
      description: What happened.
      type: str
      sample: "A policy keeps the farm out: Exchange Web Services answered 403 with X-EWS-Policy-Reason."
    remedy:
      description: What to do, by the date of the run; empty where nothing is to be done.
      type: str
      sample: Look at the tenant's list with Get-OrganizationConfig.
steps:
  description:
    - What was done, in order, with the ids C(metadata), C(farm), C(certificate), C(clock), C(token) (one for each name), C(exchange) where
      it was asked for, and C(mailbox).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The step.
      type: str
      sample: token
    title:
      description: Its name.
      type: str
      sample: Token for an assertion of the farm
    status:
      description: V(pass), V(fail), or V(skip) where it was not done or its result is not known.
      type: str
      sample: pass
    detail:
      description: What was seen.
      type: str
      sample: The token service gave a token.
findings:
  description: The same as findings of an audit, with the ids C(proof.token) (one for each name), C(proof.exchange) where it
    was asked for, and C(proof.mailbox).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The finding.
      type: str
      sample: proof.token
    title:
      description: What is to be.
      type: str
      sample: The tenant gives the farm a token
    heading:
      description: What is the case, as in the findings of M(sfb.hybrid_auth.trust_audit).
      type: str
      sample: The tenant gives the farm a token
    severity:
      description: How much it matters.
      type: str
      sample: high
    status:
      description: V(pass), V(fail), V(warn) where it is not known, or V(skip).
      type: str
      sample: pass
    subject:
      description: What it is about.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000@5588b4fd-f26d-475c-824f-9911277ab13e
    expected:
      description: What should be.
      type: str
      sample: accepted
    actual:
      description: What is.
      type: str
      sample: The token service gave a token.
    remedy:
      description: What to do.
      type: str
      sample: ""
"""
