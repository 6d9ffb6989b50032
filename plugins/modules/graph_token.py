# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: graph_token
short_description: Sign in to Microsoft Graph once for a play
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Gets an access token for Microsoft Graph, so that the next tasks of the play need no sign-in of their own.
  - The token is returned sealed. Only modules of this collection in the same run of Ansible can read it, so it may be registered, shown
    and logged without harm, and it cannot be stored for later.
  - It is bound to what it was got with. A task whose O(login_url), O(graph_url), O(validate_certs) or O(ca_path) is another, or whose
    O(tenant) is another id or another domain, does not use it and says what differs.
  - An application with a secret, a certificate or a federated token takes two requests to sign in, one that finds the tenant and one for
    the token.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
  - sfb.hybrid_auth.observe
options:
  onprem:
    description:
      - The registered result of M(sfb.hybrid_auth.onprem_info), also where it failed.
      - Where no tenant is named, the farm's default SIP domain names it. The module then also makes sure which tenant it is, and warns
        where none of the farm's SIP domains is verified in it.
    type: dict
  read_credential:
    description:
      - Whether to find out until when the client secret or certificate may sign in. It asks Microsoft Graph for the application, which
        needs C(Application.Read.All); where it may not be read, the end of a certificate is that of its file.
    type: bool
    default: false
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.tenant_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_modern_authentication
  - module: sfb.hybrid_auth.trust_outcome
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_rotation
  - module: sfb.hybrid_auth.trust_settings
  - module: sfb.hybrid_auth.trust_support
  - name: Signing in
    description: Every way to sign in, and which one is used.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/sign-in.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Sign in with a client secret
  sfb.hybrid_auth.graph_token:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: token

- name: Sign in with what the environment has, as in AWX, GitHub Actions or on an Azure virtual machine
  sfb.hybrid_auth.graph_token:
    auth_source: auto
    tenant: contoso.com
  register: token

- name: Read the service principals without another sign-in
  sfb.hybrid_auth.sp_info:
    access_token: "{{ token.access_token }}"
"""

RETURN = r"""
access_token:
  description: The token, sealed, for the option O(access_token) of the next tasks of this play.
  returned: success
  type: str
  sample: sfb-sealed-1:gAAAAABl...
tenant_id:
  description: The id of the tenant that the sign-in was for; V(null) where a ready token does not tell it.
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
expires:
  description: When the token expires, in UTC; V(null) where a ready token does not tell it.
  returned: success
  type: str
  sample: "2026-11-02T09:00:00Z"
cloud:
  description: The cloud that the token is for.
  returned: success
  type: str
  sample: global
graph_url:
  description: The Microsoft Graph endpoint that the token is for.
  returned: success
  type: str
  sample: https://graph.microsoft.com
credential:
  description: What signed in, and until when it may; V(null) without O(read_credential).
  returned: success
  type: dict
  contains:
    subject:
      description: What signed in, in words.
      type: str
      sample: the client secret of application 0a1b2c3d-0000-4000-8000-000000000001 in tenant contoso.com
    end:
      description: When it ends, in UTC; V(null) where it does not, or where that is not known.
      type: str
      sample: "2027-11-02T09:00:00Z"
    problem:
      description: Why its end is not known; V(null) otherwise.
      type: str
permissions:
  description: What the token says that it may. It is Microsoft Graph that decides.
  returned: success
  type: dict
  contains:
    kind:
      description: V(application) or V(delegated); V(null) where the token does not tell.
      type: str
      sample: application
    granted:
      description: Its Graph permissions; V(null) where the token does not tell.
      type: list
      elements: str
      sample: [Application.ReadWrite.All]
    directory_roles:
      description: The ids of the directory roles that it names.
      type: list
      elements: str
      sample: []
auth_source:
  description: How the module signed in, as the option O(auth_source) names it; with O(auth_source=auto) what was found.
  returned: success
  type: str
  sample: client_secret
connection:
  description:
    - What later tasks of the play need to reach the same tenant in the same way, the sealed token among it, for C(module_defaults) of the
      action group C(sfb.hybrid_auth.graph).
  returned: success
  type: dict
  sample:
    access_token: sfb-sealed-1:gAAAAABl...
    cloud: global
    validate_certs: true
tenant:
  description: The tenant that was signed in to, as it was named; V(null) where it was not.
  returned: success
  type: str
  sample: contoso.com
tenant_source:
  description: Whether it was V(given) or is the farm's V(sip_domain); V(null) where there is neither.
  returned: success
  type: str
  sample: given
verified:
  description: Whether one of the farm's SIP domains is verified in the tenant.
  returned: with O(onprem), where the sign-in itself does not prove it
  type: bool
  sample: true
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
      sample: graph_token
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
