# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_modern_authentication
short_description: Plan what switching hybrid modern authentication on or off takes
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Decides from what M(sfb.hybrid_auth.onprem_info) and M(sfb.hybrid_auth.sp_info) read which names, which OAuth server and which setting
    hybrid modern authentication of a deployment takes, so that other modules can do it. The role's entry point C(modern_authentication)
    does its steps.
  - On, the names of all internal and external Web services come first, then the OAuth server, and last
    C(ClientAuthorizationOAuthServerIdentity), which is the switch. Off, it is the other way round.
  - What is another tenant's or another product's stays until C(trust_takeover) names it. Names that C(configure) wants, or that another
    deployment of the tenant needs, for its clients or for C(configure), stay too.
  - Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.deployment
options:
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token).
    type: dict
  principals:
    description:
      - The registered result of M(sfb.hybrid_auth.sp_info).
    type: dict
notes:
  - Where the state is C(absent) and something stands in the way, such as a tenant that could not be read, the switch alone is taken back
    all the same, and RV(failure) says why the run fails at its end. So clients are not kept out.
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.oauth_configuration
  - module: sfb.hybrid_auth.oauth_server
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.trust_outcome
  - name: Hybrid modern authentication
    description: When to switch, and the way back.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/modern-authentication.md
  - name: Configure Skype for Business for hybrid modern authentication
    description: The procedure.
    link: https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
"""

EXAMPLES = r"""
- name: Check the variables
  sfb.hybrid_auth.trust_settings:
    entry_point: modern_authentication
  register: settings

- name: Tell which servers work for which deployment
  sfb.hybrid_auth.trust_servers:
    settings: settings
  register: servers
  run_once: true

- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Sign in
  sfb.hybrid_auth.graph_token:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: token

- name: Read the tenant
  sfb.hybrid_auth.sp_info:
    access_token: "{{ token.access_token }}"
  register: tenant

- name: Decide what the switch takes
  sfb.hybrid_auth.trust_modern_authentication:
    settings: "{{ settings.settings }}"
    members: "{{ servers.deployments[settings.settings.deployment] }}"
    readings: onprem
    token: "{{ token }}"
    principals: "{{ tenant }}"
  register: plan
  when: inventory_hostname in servers.leads

- name: Show the names that clients ask for
  ansible.builtin.debug:
    var: plan.names
  when: inventory_hostname in servers.leads
"""

RETURN = r"""
deployment:
  description: Name of the deployment.
  returned: success
  type: str
  sample: contoso
lead:
  description: The server that does what belongs to the deployment as a whole.
  returned: success
  type: str
  sample: fe01.contoso.com
tenant_id:
  description: The tenant's id; V(null) where it is not known.
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
state:
  description: Whether hybrid modern authentication is to be V(present) or V(absent).
  returned: success
  type: str
  sample: present
server:
  description: Name of its OAuth server.
  returned: success
  type: str
  sample: evoSTS
clients:
  description: The OAuth server that clients are sent to afterwards; V(null) where they are sent to none.
  returned: success
  type: str
  sample: evoSTS
names:
  description: The service principal names that clients ask for, as far as the topology is known.
  returned: success
  type: list
  elements: str
  sample:
    - https://webext.contoso.com/
    - https://webint.contoso.com/
due:
  description: Whether each step changes something, by its name.
  returned: success
  type: dict
  sample:
    names: true
    oauth_server: true
    oauth_configuration: true
acts:
  description: Whether any step changes something.
  returned: success
  type: bool
  sample: true
enables:
  description: Whether the steps that switch it on are to be done.
  returned: success
  type: bool
  sample: true
disables:
  description: Whether the steps that switch it off are to be done.
  returned: success
  type: bool
  sample: false
steps:
  description: What is planned, in the order in which it is done, in the form of RV(sfb.hybrid_auth.trust_plan#module:steps).
  returned: success
  type: list
  elements: dict
  sample:
    - step: oauth_configuration
      title: OAuth configuration
      changed: true
      operations:
        - set ClientAuthorizationOAuthServerIdentity of the OAuth configuration to 'evoSTS'
      diff:
        before:
          client_authorization_oauth_server: null
        after:
          client_authorization_oauth_server: evoSTS
      losses: []
      warnings: []
arguments:
  description: The options of the modules that do the steps, by the step's name.
  returned: success
  type: dict
  sample:
    oauth_configuration:
      client_authorization_oauth_server: evoSTS
left:
  description: What stays although the state is absent, and why.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The object.
      type: str
      sample: name https://webext.contoso.com/ of service principal 00000004-0000-0ff1-ce00-000000000000
    why:
      description: The reason.
      type: str
      sample: configure adds it, since trust_name_form is both
obstacles:
  description: What stands in the way, each with C(subject) and C(message). Nothing may be written where there is any.
  returned: success
  type: list
  elements: dict
  sample: []
ahead:
  description: In check mode, what would end a run that writes before it does so in the tenant, as sentences. The plan is told all the same.
  returned: success
  type: list
  elements: str
  sample: []
failure:
  description:
    - Why the run fails at its end although the switch was taken back. Empty where it does not.
  returned: success
  type: str
  sample: ""
"""
