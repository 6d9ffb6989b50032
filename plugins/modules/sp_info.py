# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sp_info
short_description: Read service principals with their names and key credentials
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Reads service principals of the tenant with account state, names, certificates and secrets.
  - Microsoft Graph leaves certificates out of lists, so this costs one request for each service principal.
  - Needs the Microsoft Graph permission C(Application.Read.All).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
  - sfb.hybrid_auth.observe
options:
  app_ids:
    description:
      - The application ids of the service principals to read.
      - The default are those of the documented procedure, Skype for Business Online (V(00000004-0000-0ff1-ce00-000000000000))
        and Exchange Online (V(00000002-0000-0ff1-ce00-000000000000)).
    type: list
    elements: str
  all:
    description:
      - Read all service principals of the tenant, those that have certificates once more one by one. Cannot be combined with O(app_ids).
    type: bool
    default: false
  dedicated_applications:
    description:
      - Also look for the dedicated hybrid application that takes the place of the shared Exchange Online principal.
      - It costs one more request. Without it, RV(dedicated_applications) is not in the result.
    type: bool
    default: false
  dedicated_application_names:
    description:
      - Texts with which the display name of such an application begins.
      - The default is the name that Microsoft's script for Exchange Server gives. It also takes a name of one's own, and how
        the one for Skype for Business Server names its application is not published, so name yours here.
    type: list
    elements: str
    default:
      - ExchangeServerApp-
  application_permissions:
    description:
      - Also read the tenant's own applications that may open every mailbox, which are those with the application permission
        C(full_access_as_app) for Exchange Online, whatever their name. A dedicated hybrid application is one of them.
      - It costs one request, where there are such applications two more for each 15 of them, and one for each that has certificates.
        Their federated identity credentials come with them.
      - Without it and without O(dedicated_application), RV(applications) is not in the result.
    type: bool
    default: false
  dedicated_application:
    description:
      - Also read this application of the tenant's own, with or without that permission, such as the dedicated hybrid application of
        Skype for Business Server.
      - Its display name, its application id or the id of the application object.
    type: str
seealso:
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_certificate
  - module: sfb.hybrid_auth.sp_account
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_modern_authentication
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_proof
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_rotation
  - module: sfb.hybrid_auth.trust_support
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Read the two service principals of the procedure
  sfb.hybrid_auth.sp_info:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: principals

- name: Show who has a certificate there, and until when
  ansible.builtin.debug:
    msg: "{{ item.display_name }}: {{ item.key_credentials | map(attribute='thumbprint') | join(', ') }}"
  loop: "{{ principals.service_principals }}"
  loop_control:
    label: "{{ item.app_id }}"
"""

RETURN = r"""
service_principals:
  description: The service principals that the tenant has.
  returned: success
  type: list
  elements: dict
  contains: &principal
    app_id:
      description: The application's id.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000
    id:
      description: The id of the service principal's object in this tenant.
      type: str
      sample: 6f1d3f9e-3a9c-4c3f-9d3e-0f1f4d5a8b11
    display_name:
      description: The service principal's display name; V(null) where it has none.
      type: str
      sample: Skype for Business Online
    account_enabled:
      description: Whether users and services can sign in to it; V(null) where it is not told.
      type: bool
      sample: true
    names:
      description: Its service principal names.
      type: list
      elements: str
      sample: ["00000004-0000-0ff1-ce00-000000000000/webext.contoso.com"]
    key_credentials: &keys
      description: Its key credentials.
      type: list
      elements: dict
      contains:
        key_id:
          description: The id of the key credential; V(null) of one that check mode predicts.
          type: str
        thumbprint:
          description:
            - The certificate's SHA-1 thumbprint, whatever encoding is stored; V(null) where it cannot be told.
            - Where the key type is V(null), Microsoft Graph did not give the certificate, and this is what the identifier claims.
          type: str
        identifier:
          description:
            - The identifier as it is stored; V(null) where there is none.
            - Whoever writes a key credential chooses it, so it may name another certificate than the one that is there.
          type: str
        subject:
          description: The certificate's subject; V(null) where Microsoft Graph does not give the certificate.
          type: str
        start:
          description: When the key credential begins to be valid, in UTC; V(null) where it has no begin.
          type: str
        end:
          description: When it ends, in UTC; V(null) where it has no end.
          type: str
        days_left:
          description: Whole days until then, negative when it is over; V(null) where it has no end.
          type: int
        expired:
          description: Whether it is over.
          type: bool
        usage:
          description: What the key credential may be used for; V(null) where Microsoft Graph does not return it.
          type: str
          sample: Verify
        type:
          description: The kind of key credential; V(null) where Microsoft Graph does not return it.
          type: str
          sample: AsymmetricX509Cert
        display_name:
          description: The key credential's display name; V(null) where it has none.
          type: str
        key_type:
          description: Kind of the certificate's key; V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: RSA
        key_size:
          description: Bits of the certificate's key; V(null) where Microsoft Graph does not give the certificate.
          type: int
          sample: 2048
        signature_algorithm:
          description: How the certificate is signed; V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: sha256RSA
        encoding:
          description:
            - How the certificate is written there, V(der), V(pem), or V(text) for base64 within base64, since programs differ;
              V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: der
        unread:
          description:
            - Properties in which Microsoft Graph gave something that is not of their kind, so that they are not told here.
            - Such a key credential stays as it is stored when another one is written.
          type: list
          elements: str
          sample: []
    password_credentials: &secrets
      description: Its secrets, without their values.
      type: list
      elements: dict
      contains:
        key_id:
          description: The id of the secret; V(null) where Microsoft Graph does not return it.
          type: str
        display_name:
          description: The secret's display name; V(null) where it has none.
          type: str
        start:
          description: When it begins to be valid, in UTC; V(null) where it has no begin.
          type: str
        end:
          description: When it ends, in UTC; V(null) where it has no end.
          type: str
missing:
  description: Application ids in O(app_ids) for which the tenant has no service principal.
  returned: success
  type: list
  elements: str
  sample: []
dedicated_applications:
  description: The service principals found for O(dedicated_applications).
  returned: when O(dedicated_applications=true)
  type: list
  elements: dict
  contains: *principal
applications:
  description: The applications found for O(application_permissions) and O(dedicated_application).
  returned: when O(application_permissions=true), or with O(dedicated_application)
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
    id:
      description: The id of the application object, which has keys of its own.
      type: str
    display_name:
      description: The application's display name; V(null) where it has none.
      type: str
      sample: SfB hybrid contoso
    key_credentials: *keys
    password_credentials: *secrets
    federated_credentials:
      description: Its federated identity credentials. A token of that issuer and subject signs in as the application, without a key.
      type: list
      elements: dict
      contains:
        id:
          description: The id of the credential; V(null) where Graph does not tell it.
          type: str
        name:
          description: Its name; V(null) where Graph does not tell it.
          type: str
          sample: automation
        issuer:
          description: The identity provider whose tokens it takes; V(null) where Graph does not tell it.
          type: str
          sample: https://token.actions.githubusercontent.com
        subject:
          description: The subject of those tokens; V(null) where Graph v1.0 tells none, since the credential matches by an expression.
          type: str
          sample: repo:contoso/hybrid:environment:production
    service_principal:
      description: The application's service principal, with keys of its own too; V(null) where the tenant has none of it.
      type: dict
      contains: *principal
    full_access_granted:
      description: Whether it has the application permission C(full_access_as_app) for Exchange Online.
      type: bool
    full_access_requested:
      description: Whether it asks for that permission, which is not whether it has it.
      type: bool
    named:
      description: Whether it is the one that O(dedicated_application) names.
      type: bool
identities:
  description: The service principals with C(full_access_as_app) of which the tenant has no application object, such as managed
    identities and applications of other tenants.
  returned: when O(application_permissions=true), or with O(dedicated_application)
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
    id:
      description: The id of the service principal.
      type: str
    display_name:
      description: The display name; V(null) where it has none.
      type: str
      sample: archive-vm
    type:
      description: C(servicePrincipalType) of Graph, V(ManagedIdentity) of a managed identity; V(null) where Graph does not return it.
      type: str
      sample: ManagedIdentity
    account_enabled:
      description: Whether anything may sign in as it; V(null) where Graph does not return it.
      type: bool
applications_problem:
  description: Why the applications are not known; V(null) where they are.
  returned: when O(application_permissions=true), or with O(dedicated_application)
  type: str
tenant_time:
  description: The clock of Microsoft Graph, in UTC, from the Date header of its last answer; V(null) where it had none.
  returned: success
  type: str
  sample: "2026-11-24T08:00:00Z"
controller_time:
  description: The controller's clock, in UTC, in the middle of the request that told RV(tenant_time); V(null) where no request was made.
  returned: success
  type: str
  sample: "2026-11-24T08:00:00Z"
clock_uncertainty:
  description:
    - Seconds by which a comparison of the two clocks may be off; V(null) where no request was made.
    - It is half of the request's duration, since the service looked at its clock at some moment of it.
  returned: success
  type: float
  sample: 0.1
tenant_id:
  description: The tenant's id; V(null) where a ready token does not tell it.
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
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
      sample: sp_info
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
