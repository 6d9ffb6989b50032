# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_removal
short_description: Plan what taking the trust away removes, and what stays
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Says, from what M(sfb.hybrid_auth.onprem_info) and M(sfb.hybrid_auth.sp_info) read, which objects, names and key credentials belong to
    this farm's trust in this tenant, so that other modules can remove them, and what stays and why.
  - What belongs to the farm is recognised by its OAuthTokenIssuer certificates and its topology, which a removal leaves alone. So a
    removal that was cut off can be finished. A key credential that the deployment put there before goes too, as its own display name
    tells, which says nothing of another one of the same certificate.
  - What another deployment of the tenant signs with, is to sign with or is called stays, as far as O(neighbours) tells it.
  - It warns about what stays because it points elsewhere or because others need it. Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.deployment
options:
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token), beside O(members).
    type: dict
  onprem:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) that gathered C(oauth_servers), C(partner_applications),
        C(oauth_configuration), C(certificate) and C(web_services).
      - Either it or O(members) is given. With O(members), O(settings) say what the other options would.
    type: dict
  servers:
    description:
      - Results of M(sfb.hybrid_auth.onprem_info) from further servers of the deployment, whose certificates belong to the farm too.
    type: list
    elements: dict
    default: []
  principals:
    description:
      - The whole registered result of M(sfb.hybrid_auth.sp_info).
    type: dict
    required: true
  refusals:
    description:
      - The registered result of M(sfb.hybrid_auth.app_policy_info), also where it failed. Without it nothing is known of what the tenant
        refuses, which stops nothing.
    type: dict
  tenant_id:
    description:
      - The tenant's id, needed with O(onprem). An OAuth server that points to another tenant stays.
    type: str
  cloud:
    description:
      - The Microsoft cloud that the tenant is in.
      - If not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) is used, in which V(AzureUSGovernment) means V(gcc_high).
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
      - URL of the authorization server's metadata, where it is not the one of the cloud.
    type: str
  oauth_server:
    description:
      - Name of the OAuth server of the trust.
    type: str
    default: microsoft.sts
  partner_application:
    description:
      - Name of the partner application of the trust.
    type: str
    default: microsoft.exchange
  exchange_app_id:
    description:
      - Application id of Exchange Online. A partner application for another application stays.
    type: str
    default: 00000002-0000-0ff1-ce00-000000000000
  skype_app_id:
    description:
      - Application id of Skype for Business Online.
    type: str
    default: 00000004-0000-0ff1-ce00-000000000000
  service_name:
    description:
      - The ServiceName that the trust sets in the OAuth configuration.
    type: str
    default: 00000004-0000-0ff1-ce00-000000000000
  clear_service_name:
    description:
      - Whether that ServiceName is to be cleared. By default it stays, since what was there before is not known.
    type: bool
    default: false
  certificate_path:
    description:
      - Path on the controller of a further certificate that belongs to the farm.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
    type: path
  names:
    description:
      - Further service principal names that go, beside those of the hosts in the topology. A host name stands for
        C(<skype_app_id>/<host name>).
    type: list
    elements: str
    default: []
  although_foreign:
    description:
      - Names of OAuth servers and partner applications that go although they point elsewhere or others need them.
    type: list
    elements: str
    default: []
  onprem_applications:
    description:
      - The partner applications that were made for on-premises products. One that has another product or another metadata URL stays.
    type: list
    elements: dict
    default: []
    suboptions:
      product:
        description:
          - Which product it is for. It decides the application's identifier.
        type: str
        choices:
          - exchange
          - sharepoint
        required: true
      name:
        description:
          - The partner application's name. If not set, V(Exchange) or V(microsoft.sharepoint).
        type: str
      metadata_url:
        description:
          - The URL of the product's metadata.
        type: str
        required: true
      trust_level:
        description:
          - The partner application's trust level.
        type: str
        choices:
          - Full
          - Application
          - User
        default: Full
seealso:
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.oauth_server
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.partner_application
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.trust_outcome
  - name: Removal
    description: What a removal takes away and what it keeps.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/removal.md
"""

EXAMPLES = r"""
- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Read the tenant
  sfb.hybrid_auth.sp_info:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: tenant

- name: Plan the removal
  sfb.hybrid_auth.trust_removal:
    onprem: "{{ onprem }}"
    principals: "{{ tenant }}"
    tenant_id: "{{ tenant.tenant_id }}"
  register: plan

- name: Show what would stay
  ansible.builtin.debug:
    var: plan.left
"""

RETURN = r"""
partner_application:
  description: Whether the partner application goes where it is there.
  returned: success
  type: bool
  sample: true
onprem_applications:
  description: The partner applications for on-premises products that go where they are there.
  returned: success
  type: list
  elements: str
  sample:
    - Exchange
oauth_server:
  description: Whether the OAuth server goes where it is there.
  returned: success
  type: bool
  sample: true
service_name:
  description: Whether ServiceName of the OAuth configuration is to be cleared.
  returned: success
  type: bool
  sample: false
app_ids:
  description: The service principals of the trust that the tenant has.
  returned: success
  type: list
  elements: str
  sample:
    - 00000004-0000-0ff1-ce00-000000000000
thumbprints:
  description: The certificates whose key credentials go.
  returned: success
  type: list
  elements: str
  sample:
    - BB5D1064437D8720A5C53078185E6A361A78B10A
key_ids:
  description:
    - The ids of the credentials that go, by the application id of the service principal that has them. They are all that a run removes,
      whatever it reads later, and an id says nothing of another service principal.
    - One of which only the identifier says that it is of these certificates is not among them; RV(left) has it.
  returned: success
  type: dict
  sample:
    00000004-0000-0ff1-ce00-000000000000:
      - 11111111-1111-1111-1111-111111111111
names:
  description: The service principal names that go where they are there.
  returned: success
  type: list
  elements: str
  sample:
    - 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com
    - https://webext.contoso.com/
left:
  description: What stays, and why.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The object.
      type: str
      sample: ServiceName of the OAuth configuration (00000004-0000-0ff1-ce00-000000000000)
    why:
      description: The reason.
      type: str
      sample: what was there before is not known; trust_remove_service_name clears it
deployment:
  description: Name of the deployment.
  returned: with O(members)
  type: str
  sample: contoso
tenant_id:
  description: The tenant's id.
  returned: with O(members)
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
obstacles:
  description: What stands in the way, each with C(subject) and C(message). Nothing may be removed where there is any.
  returned: with O(members)
  type: list
  elements: dict
  sample: []
ahead:
  description: In check mode, what would end a run that writes before it does so in the tenant, as sentences. The plan is returned all the
    same.
  returned: with O(members)
  type: list
  elements: str
  sample: []
steps:
  description: Whether each step of the removal is to be done, by its name; C(preflight) says whether the tenant is to be asked before that
    which applications lock their key credentials.
  returned: with O(members)
  type: dict
  sample:
    preflight: false
    partner_application: true
    oauth_server: true
    oauth_configuration: false
    names: true
    certificate: true
arguments:
  description: The options of the modules that do the steps, by the step's name; under C(certificate) a list of C(app_id) and C(key_id).
  returned: with O(members)
  type: dict
  sample:
    oauth_server:
      name: microsoft.sts
      state: absent
"""
