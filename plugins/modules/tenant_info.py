# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_info
short_description: Find a tenant's id
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Finds the id of a Microsoft 365 tenant from one of its verified domains, which needs no sign-in, or from its display name, or tells
    of which tenants several domains are.
  - With O(domain) and O(domains) the OpenID configuration of the domain's tenant is read. With O(display_name) the organization of the
    tenant that the sign-in is for is read from Microsoft Graph; this needs the permission C(Organization.Read.All).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
options:
  domain:
    description:
      - A verified domain of the tenant.
      - Exactly one of O(domain), O(domains) and O(display_name) is required. A domain of no tenant is an error.
    type: str
  domains:
    description:
      - Domains of which to tell the tenants, such as the SIP domains of a farm. One request is made for each.
      - A domain of no tenant is no error.
    type: list
    elements: str
  tenant_id:
    description:
      - With O(domains), the tenant in which one of them should be verified. No more domains are asked for once one is, and if none
        is, the module warns and names the tenants.
    type: str
  display_name:
    description:
      - The tenant's display name, in any letter case. No match and several matches are errors.
    type: str
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.oauth_server
  - module: sfb.hybrid_auth.trust_plan
  - name: Signing in
    description: Every way to sign in, and which one is used.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/sign-in.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Find the tenant of a domain
  sfb.hybrid_auth.tenant_info:
    domain: contoso.com
  register: tenant

- name: Show its id
  ansible.builtin.debug:
    var: tenant.tenant_id

- name: See whether a domain of the farm is verified in the tenant
  sfb.hybrid_auth.tenant_info:
    domains:
      - contoso.com
      - fabrikam.com
    tenant_id: "{{ tenant.tenant_id }}"

- name: Find the tenant by its display name
  sfb.hybrid_auth.tenant_info:
    display_name: Contoso
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
"""

RETURN = r"""
tenant_id:
  description:
    - The tenant's id. With O(domains), O(tenant_id) where one of them is verified there, else that of the first domain that is of a tenant;
      V(null) where none is.
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
domain:
  description: The domain that was given, or the tenant's default domain.
  returned: when O(domain) or O(display_name) is given
  type: str
  sample: contoso.com
display_name:
  description: The tenant's display name.
  returned: when O(display_name) is given
  type: str
  sample: Contoso
domains:
  description: The domains that were asked for, in order.
  returned: when O(domains) is given
  type: list
  elements: dict
  contains:
    name:
      description: The domain.
      type: str
      sample: contoso.com
    tenant_id:
      description: The tenant in which it is verified; V(null) where no tenant of the cloud has it.
      type: str
verified:
  description: Whether one of the domains is verified in the tenant.
  returned: when O(tenant_id) is given
  type: bool
  sample: true
"""
