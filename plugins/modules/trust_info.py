# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_info
short_description: Settle tenant, certificate and names from what the farm says
version_added: 0.1.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Says which tenant to sign in to, which certificate and which names the trust needs, from what M(sfb.hybrid_auth.onprem_info) read.
  - Each can be given instead. What is given is taken, and the module warns where it differs from what the farm says, with both values.
  - Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.graph
options:
  onprem:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) that gathered C(certificate), C(web_services) and C(sip_domains).
    type: dict
    required: true
  tenant_id:
    description:
      - The id of the tenant, where it is known.
      - If neither it nor O(tenant) is given, the farm's default SIP domain names the tenant.
    type: str
  certificate_path:
    description:
      - Path on the controller of the farm's certificate as PEM, DER or base64, instead of the one that was read from the server.
    type: path
  external_fqdns:
    description:
      - External names of the Web services, or whole service principal names, instead of those in the topology.
    type: list
    elements: str
    default: []
  form:
    description:
      - The form of the names, as in M(sfb.hybrid_auth.sp_names). With V(url) and V(both) the names of the internal Web services are
        wanted too, as URLs.
    type: str
    choices:
      - procedure
      - url
      - both
    default: procedure
  app_id:
    description:
      - The application id of the service principal that gets the names.
    type: str
    default: 00000004-0000-0ff1-ce00-000000000000
  unchecked:
    description:
      - Servers of the deployment that were not read. The module warns and names them.
    type: list
    elements: str
    default: []
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.tenant_info
"""

EXAMPLES = r"""
- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Settle what the trust needs
  sfb.hybrid_auth.trust_info:
    onprem: "{{ onprem }}"
    form: both
  register: trust

- name: Show it
  ansible.builtin.debug:
    msg: "{{ trust.tenant }} is to know {{ trust.certificate.thumbprint }} and {{ trust.names | join(', ') }}"
"""

RETURN = r"""
tenant:
  description: The tenant to sign in to, as its id or a domain; V(null) where nothing is given and the farm has no SIP domain.
  returned: success
  type: str
  sample: contoso.com
tenant_source:
  description: Whether it was V(given) or is the farm's V(sip_domain).
  returned: success
  type: str
  sample: sip_domain
tenant_id:
  description: The tenant's id where it is known without asking; else V(null).
  returned: success
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
tenant_proven:
  description:
    - Whether a sign-in that succeeds proves that a SIP domain of the farm is verified in the tenant, since it goes to that very domain.
  returned: success
  type: bool
  sample: true
sip_domains:
  description: The farm's SIP domains, the default one first.
  returned: success
  type: list
  elements: str
  sample:
    - contoso.com
certificate:
  description: The certificate that the tenant is to know; V(null) where the farm has none and none is given.
  returned: success
  type: dict
  contains:
    thumbprint:
      description: SHA-1 thumbprint.
      type: str
      sample: BB5D1064437D8720A5C53078185E6A361A78B10A
    subject:
      description: Subject.
      type: str
      sample: CN=contoso.com
    not_after:
      description: When it ends, in UTC.
      type: str
      sample: '2028-05-01T08:00:00Z'
    source:
      description: Whether it comes from the V(server) or a V(file).
      type: str
      sample: server
external_fqdns:
  description: External names of the Web services of all pools and directors in the topology, without blank and duplicate ones.
  returned: success
  type: list
  elements: str
  sample:
    - webext.contoso.com
internal_fqdns:
  description: Internal names of the Web services. The pool's FQDN stands for a blank one, as on Standard Edition.
  returned: success
  type: list
  elements: str
  sample:
    - webint.contoso.com
names:
  description: The service principal names that are wanted.
  returned: success
  type: list
  elements: str
  sample:
    - 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com
"""
