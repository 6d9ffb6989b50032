# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sp_account
short_description: Enable or disable a service principal
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Sets whether a service principal is enabled. The documented procedure enables the one of Exchange Online.
  - Needs the Microsoft Graph permission C(Application.ReadWrite.All).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
options:
  app_id:
    description:
      - The application id of the service principal.
    type: str
    default: 00000002-0000-0ff1-ce00-000000000000
  enabled:
    description:
      - Whether it is to be enabled.
    type: bool
    default: true
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.sp_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
  wait_timeout:
    description:
      - How many seconds a change may take in all, from the first reading until the directory shows it, from 1 to 86400.
      - Within them a request that was throttled, lost or met another writer is planned and sent again, and what a reading no longer shows
        is waited for.
    type: int
    default: 120
seealso:
  - module: sfb.hybrid_auth.sp_info
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Enable Exchange Online
  sfb.hybrid_auth.sp_account:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
"""

RETURN = r"""
written:
  description: What was done before the task failed, in order.
  returned: failure after a part was done
  type: list
  elements: str
  sample:
    - add name 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com to service principal 00000004-0000-0ff1-ce00-000000000000
service_principals:
  description: The service principals as they are now; in check mode as they would be.
  returned: success
  type: list
  elements: dict
  contains:
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
    key_credentials:
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
    password_credentials:
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
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample: ["enable service principal 00000002-0000-0ff1-ce00-000000000000"]
"""
