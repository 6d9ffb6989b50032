# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sp_names
short_description: Manage names of a service principal
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Adds the names of the farm's Web services to a service principal, removes names, or keeps a domain's names exact.
  - The whole list is read until readings agree and then written, so other names stay. It is read back until the directory shows it.
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
    default: 00000004-0000-0ff1-ce00-000000000000
  names:
    description:
      - Host names, each of which stands for the names that O(form) says, or whole names, which are taken as they are
        (C(<app_id>/<host name>) or an https URL).
    type: list
    elements: str
    required: true
  form:
    description:
      - What a host name in O(names) stands for.
      - V(procedure) is C(<app_id>/<host name>), as in the documented procedure for server-to-server authentication.
      - V(url) is C(https://<host name>/) with the final slash, as hybrid modern authentication needs it for the external and the
        internal Web services.
      - V(both) is both of them.
    type: str
    choices:
      - procedure
      - url
      - both
    default: procedure
  state:
    description:
      - V(present) adds the names that are not there. V(absent) removes the given names and no other.
      - V(exact) adds the names that are not there and removes the other names of the farm in O(domains), such as those of a pool that
        is gone. Names of the farm are those of the two forms under O(form), with this O(app_id). Every other name stays, as do names
        of Microsoft's own hosts.
      - Of two farms whose Web services share a domain, each names those of the other in O(keep), as M(sfb.hybrid_auth.trust_plan) does.
    type: str
    choices:
      - present
      - absent
      - exact
    default: present
  domains:
    description:
      - With O(state=exact), where it is required, the DNS domains of your own in which the given names are to be the only ones.
      - A host is in a domain by whole labels, so C(web.evilcontoso.com) is not in V(contoso.com). A domain of Microsoft's is refused.
    type: list
    elements: str
  keep:
    description:
      - With O(state=exact), whole names that stay where they are there, such as those of another farm with Web services in O(domains).
        They are not added.
    type: list
    elements: str
    default: []
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
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_modern_authentication
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_removal
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
  - name: Configure Skype for Business for hybrid modern authentication
    description: Where the names as URLs come from.
    link: https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
"""

EXAMPLES = r"""
- name: Add the external Web services of two pools
  sfb.hybrid_auth.sp_names:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    names:
      - webext.contoso.com
      - webext2.contoso.com

- name: Add a pool's names for hybrid modern authentication too
  sfb.hybrid_auth.sp_names:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    names:
      - webext.contoso.com
      - https://webint.contoso.com/
    form: both

# This removes every other name in contoso.com: look with --check --diff first, and leave it off where two farms share the domain.
- name: Keep only the names of these pools in contoso.com
  sfb.hybrid_auth.sp_names:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    names:
      - webext.contoso.com
      - webext2.contoso.com
    state: exact
    domains:
      - contoso.com

- name: Remove the name of a pool that is gone
  sfb.hybrid_auth.sp_names:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    names:
      - webext-old.contoso.com
    state: absent
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
  sample: ["add name 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com to service principal 00000004-0000-0ff1-ce00-000000000000"]
"""
