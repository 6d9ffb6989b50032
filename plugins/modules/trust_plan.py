# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_plan
short_description: Decide what a deployment's trust takes, before anything is written
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Makes the one decision of a run from what every server and the tenant showed. It settles tenant, certificate and names, plans every step
    with what it changes and what it loses, and lists what stands in the way.
  - The steps come from the planners of the modules that write, so what they would change is what this module tells.
  - A step that would lose what looks like another's is an obstacle until its takeover is asked for. Such are a partner application of
    another kind or for another application, a ServiceName that is not known, and an OAuth server of another tenant.
  - Each fact can be given instead of taken from the farm. What is given is taken, and the module warns where it differs, with both values.
  - Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
  - sfb.hybrid_auth.deployment
options:
  onprem:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) that gathered C(certificate), C(web_services) and C(sip_domains).
      - For a deployment of one server, in a play of one's own; either it or O(members) is given. The steps on the farm are planned as far
        as their parts were gathered too.
    type: dict
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token), also where it failed.
    type: dict
  principals:
    description:
      - The registered result of M(sfb.hybrid_auth.sp_info), also where it failed. Without it no step in the tenant is planned.
    type: dict
  refusals:
    description:
      - The registered result of M(sfb.hybrid_auth.app_policy_info), also where it failed. Without it nothing is known of what the tenant
        refuses, which stops nothing.
    type: dict
  refusals_follow:
    description:
      - Whether another decision follows with O(refusals) where a certificate is due. Then this one leaves it to that one to fail with
        O(obstacles=fail) and to warn, so that all is in one message.
    type: bool
    default: false
  tenant_id:
    description:
      - The id of the tenant, where it is known.
      - If neither it nor O(tenant) is given, the farm's default SIP domain names the tenant.
    type: str
  certificate_path:
    description:
      - Path on the controller of the farm's certificate as PEM, DER or base64, instead of the one that was read from the server.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
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
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.sp_names
  - module: sfb.hybrid_auth.tenant_info
  - module: sfb.hybrid_auth.trust_outcome
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_settings
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
"""

EXAMPLES = r"""
- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Settle what the trust needs
  sfb.hybrid_auth.trust_plan:
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
    effective_date:
      description: From when on the farm signs with it, in UTC; V(null) where it was not staged.
      type: str
      sample: '2027-03-01T08:00:00Z'
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
deployment:
  description: Name of the deployment.
  returned: success
  type: str
  sample: contoso
lead:
  description: The server that does what belongs to the deployment.
  returned: success
  type: str
  sample: fe01.contoso.com
servers:
  description: The deployment's servers in this run.
  returned: success
  type: list
  elements: str
  sample:
    - fe01.contoso.com
unchecked:
  description: Known servers of the deployment that are not in this run.
  returned: success
  type: list
  elements: str
  sample: []
due:
  description: Whether each step changes something, by its name.
  returned: success
  type: dict
  sample:
    certificate: true
    withdrawal: false
    account: false
    names: false
    oauth_server: false
    exchange_onprem: false
    sharepoint_onprem: false
    partner_application: false
    oauth_configuration: false
acts:
  description: Whether any step changes something.
  returned: success
  type: bool
  sample: true
steps:
  description: The steps that could be planned, in the order in which they are done.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description:
        - V(certificate), V(withdrawal), V(account), V(names), V(oauth_server), V(exchange_onprem), V(sharepoint_onprem),
          V(partner_application) or V(oauth_configuration).
      type: str
      sample: oauth_configuration
    title:
      description: Its name for people.
      type: str
      sample: OAuth configuration
    changed:
      description: Whether it changes something.
      type: bool
      sample: true
    operations:
      description: What it does, in order.
      type: list
      elements: str
      sample:
        - clear ExchangeAutodiscoverUrl of the OAuth configuration
    diff:
      description: The state before and after it; empty for a step that changes nothing.
      type: dict
      sample:
        before: {}
        after: {}
    losses:
      description: Values that are gone afterwards and that no other option brings back.
      type: list
      elements: str
      sample:
        - ExchangeAutodiscoverUrl https://autodiscover.contoso.com/autodiscover/autodiscover.svc of the OAuth configuration
    warnings:
      description: What to know of it.
      type: list
      elements: str
      sample: []
arguments:
  description: The options of the module that does each step, by the step's name.
  returned: success
  type: dict
  sample:
    account:
      app_id: 00000002-0000-0ff1-ce00-000000000000
      enabled: true
      wait_timeout: 120
obstacles:
  description: What stands in the way. Nothing may be written where there is any, unless RV(failure) is set; then only what RV(steps) has.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: The server or the object that it is about.
      type: str
      sample: fe02.contoso.com
    message:
      description: What is wrong and what to do.
      type: str
      sample: 'fe02.contoso.com: the OAuthTokenIssuer certificate is not assigned. Assign one certificate to all Front Ends, and run again.'
failure:
  description:
    - Why a run is to fail at its end, with all obstacles; empty where it is not.
    - With O(obstacles=fail) and a trust that is there already, the tenant gets the certificates that sign whatever else is wrong. Then this
      is set, and RV(steps) has that step alone. Where nothing of the kind is due, the task itself fails.
  returned: success
  type: str
  sample: ''
ahead:
  description: In check mode, what would end a run that writes before it does so in the tenant, as sentences. The plan is told all the same.
  returned: success
  type: list
  elements: str
  sample: []
expected:
  description: The option O(sfb.hybrid_auth.trust_audit#module:expected) for this deployment.
  returned: success
  type: dict
  sample:
    tenant_id: 5588b4fd-f26d-475c-824f-9911277ab13e
prove:
  description: Whether the settings ask for a proof and the lead was read.
  returned: success
  type: bool
  sample: false
proof:
  description: The options of M(sfb.hybrid_auth.trust_proof) for this deployment.
  returned: success
  type: dict
  sample:
    name:
      - webext.contoso.com
"""
