# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_audit
short_description: Judge what was read of the farm and the tenant
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Makes findings out of what M(sfb.hybrid_auth.onprem_info) and M(sfb.hybrid_auth.sp_info) returned. Check mode says what a run would
    change; this says whether the state is right and safe, who else has a key, and when something ends.
  - It contacts nothing.
  - What cannot be known is a finding with the status V(skip) and the reason, and never passes.
  - The file C(docs/findings.md) of the collection lists all findings with their reasons and sources.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
options:
  deployment:
    description:
      - The deployment's name, for the findings that are about it as a whole.
    type: str
    default: default
  settings:
    description:
      - The key RV(sfb.hybrid_auth.trust_settings#module:settings) of a registered result of M(sfb.hybrid_auth.trust_settings), beside
        O(members).
    type: dict
  members:
    description:
      - The entry of the deployment in RV(sfb.hybrid_auth.trust_servers#module:deployments). Takes the place of O(onprem),
        O(servers_expected) and O(deployment).
    type: dict
  readings:
    description:
      - The name of the variable under which each of the O(members) registered its result of M(sfb.hybrid_auth.onprem_info).
    type: str
    default: _trust_read
  neighbours:
    description:
      - The name of the variable under which the first of the O(members) has the result of M(sfb.hybrid_auth.trust_servers) with
        RV(sfb.hybrid_auth.trust_servers#module:known). Keys and names of other deployments of the tenant are told by their names.
    type: str
    default: _trust_neighbours
  onprem:
    description:
      - The registered results of M(sfb.hybrid_auth.onprem_info), one for each server of the deployment that was read. The findings of the
        area C(server) need C(server_settings), which has to be gathered by name.
      - The first is the lead, which gathered everything. Of the others the certificate is enough.
      - A result of a task that failed or was skipped counts as a server that could not be read.
    type: list
    elements: dict
    default: []
  servers_expected:
    description:
      - The names of all servers that should have been read, as the inventory or the servers themselves name them.
    type: list
    elements: str
    default: []
  cloud:
    description:
      - "The tenant's half: the registered result of M(sfb.hybrid_auth.sp_info)."
    type: dict
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token) with O(sfb.hybrid_auth.graph_token#module:read_credential), which tells
        until when what signed in may do so.
    type: dict
  refusals:
    description:
      - The registered result of M(sfb.hybrid_auth.app_policy_info), also where it failed, which tells whether the tenant would take the
        farm's certificate.
    type: dict
  expected:
    description:
      - What is compared with. The defaults are those of the documented procedure.
    type: dict
    suboptions:
      tenant_id:
        description:
          - The tenant's id. If not set, the one that the sign-in of O(cloud) reached.
        type: str
      cloud:
        description:
          - The Microsoft cloud that the tenant is in. It decides the metadata URL.
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
          - The metadata URL that the OAuth server is to have, where it is not the documented one of the cloud.
        type: str
      modern_authentication_metadata_url:
        description:
          - The metadata URL that the OAuth server of hybrid modern authentication is to have, where it is neither the documented one of
            the cloud nor names the tenant by its id.
        type: str
      oauth_server_name:
        description:
          - The name of the tenant's OAuth server in the farm.
        type: str
        default: microsoft.sts
      partner_application_name:
        description:
          - The name of the partner application in the farm.
        type: str
        default: microsoft.exchange
      exchange_application_id:
        description:
          - The application id of the partner application.
        type: str
        default: 00000002-0000-0ff1-ce00-000000000000
      skype_application_id:
        description:
          - The application id of the service principal that carries the farm's names.
        type: str
        default: 00000004-0000-0ff1-ce00-000000000000
      trust_level:
        description:
          - The trust level of the partner application.
        type: str
        choices:
          - Full
          - Application
          - User
        default: Full
      service_name:
        description:
          - The farm's service name in the OAuth configuration.
        type: str
        default: 00000004-0000-0ff1-ce00-000000000000
      exchange_autodiscover_url:
        description:
          - The Autodiscover URL in the OAuth configuration. If not set, any https URL of an Autodiscover service is right. An empty text
            means that there is to be none, as for M(sfb.hybrid_auth.oauth_configuration).
        type: str
      external_fqdns:
        description:
          - The external Web services FQDNs that the service principal is to have as names. If not set, those of the topology.
        type: list
        elements: str
      exchange_credential:
        description:
          - Whether the farm's certificate is wanted on the service principal of O(expected.exchange_application_id).
        type: bool
        default: true
      exchange_enabled:
        description:
          - Whether the service principal of O(expected.exchange_application_id) is to be enabled. With V(false) it is not judged.
        type: bool
        default: true
      dedicated_application:
        description:
          - The farm's dedicated application, by its display name, its application id or the id of the application object. It alone passes
            then, where it holds the farm's certificate. Give the same to M(sfb.hybrid_auth.sp_info).
          - If not set, any of the tenant's own applications with full_access_as_app that holds the farm's certificate passes.
        type: str
      name_forms:
        description:
          - The spellings in which a name is to be there, V(procedure) for C(<application id>/<host>) as in the procedure, V(url) for
            C(https://<host>/) as hybrid modern authentication uses it.
        type: list
        elements: str
        choices:
          - procedure
          - url
        default:
          - procedure
      known_names:
        description:
          - Hosts that are right as names although the topology does not have them, for example those of another deployment.
        type: list
        elements: str
      allowed_partner_applications:
        description:
          - Names or application ids of other partner applications that may have full trust.
        type: list
        elements: str
      onprem_applications:
        description:
          - The partner applications that are wanted for on-premises products, beside Exchange Online.
        type: list
        elements: dict
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
      known_thumbprints:
        description:
          - Who owns keys on the service principals that are not the farm's, by SHA-1 thumbprint, or by key id for symmetric keys
            and secrets, and federated credentials by their id.
          - Either a dict of owners, or a list of dicts with C(thumbprint) and C(owner), or a list of thumbprints.
        type: raw
      ending_soon_days:
        description:
          - A certificate with fewer days left ends soon, from 1 to 3650.
        type: int
        default: 30
      fail_days:
        description:
          - A certificate with fewer days left fails, unless a staged one takes over in time. So does the farm's entry on a principal.
          - From 1 to 3650.
        type: int
        default: 7
      longest_validity_days:
        description:
          - A certificate or key that is valid for more days, from 1 to 3650, is valid too long.
        type: int
        default: 366
      roll_near_days:
        description:
          - A staged certificate that the tenant lacks is a failure when it signs within so many days, and a warning before.
          - From 1 to 3650.
        type: int
        default: 7
      overlap_days:
        description:
          - How many days the previous certificate stays in the tenant after the next one took effect, for RV(calendar).
          - From 2 to 3650.
        type: int
        default: 7
      replica_report_age_hours:
        description:
          - A replica whose last report is more hours old, from 1 to 8760, is warned about.
        type: int
        default: 24
      clock_limit_seconds:
        description:
          - How many seconds two clocks may be apart, from 1 to 3600. Tokens are refused beyond five minutes.
        type: int
        default: 300
seealso:
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.oauth_configuration
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_settings
  - name: Audits
    description: What an audit reads and judges, and how a run ends.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/audit.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Read everything about the trust
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Read the two service principals of the procedure, and the applications that may open every mailbox
  sfb.hybrid_auth.sp_info:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    application_permissions: true
  register: principals
  run_once: true

- name: Judge what was read
  sfb.hybrid_auth.trust_audit:
    deployment: contoso
    onprem: "{{ ansible_play_hosts | map('extract', hostvars, 'onprem') | list }}"
    servers_expected: "{{ ansible_play_hosts_all }}"
    cloud: "{{ principals }}"
    expected:
      tenant_id: 5588b4fd-f26d-475c-824f-9911277ab13e
      exchange_credential: false
      known_thumbprints:
        B7D3F0C61E4A49858F6F0D1BB1C9E2A47D5E6F10: Exchange Server
  register: audit
  run_once: true

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ item.severity }} {{ item.subject }}: {{ item.heading }}, {{ item.actual }}. {{ item.remedy }}"
  loop: "{{ audit.findings | selectattr('status', 'in', ['fail', 'warn']) }}"
  loop_control:
    label: "{{ item.id }}"
  run_once: true
"""

RETURN = r"""
findings:
  description:
    - What was found, in a fixed order. All values are texts.
    - An id comes once for each subject, for example for each server or key.
  returned: success, without O(members)
  type: list
  elements: dict
  contains:
    id:
      description: The rule, as C(<area>.<slug>). Ids stay the same from version to version.
      type: str
      sample: certificate.ending_soon
    title:
      description: What is to be right.
      type: str
      sample: The certificate does not end soon
    heading:
      description:
        - What is the case, as RV(findings[].title) where it passes, the opposite where it fails or warns, and C(Not checked:) with the
          title where it was skipped.
      type: str
      sample: The certificate ends soon
    severity:
      description: How much depends on it, V(critical), V(high), V(medium), V(low) or V(info).
      type: str
      sample: medium
    status:
      description:
        - V(pass), V(fail), V(warn), or V(skip) for what cannot be known.
      type: str
      sample: warn
    subject:
      description: The object that it is about.
      type: str
      sample: certificate BB5D1064437D8720A5C53078185E6A361A78B10A (CN=contoso.com)
    expected:
      description: What would be right; empty where there is nothing to say.
      type: str
      sample: 30 days left or more
    actual:
      description: What was found, or why it is not known.
      type: str
      sample: 12 days left, until 2026-12-07T08:00:00Z
    remedy:
      description: What to do next; empty where nothing is wrong.
      type: str
      sample: "Run sfb.hybrid_auth.configure, which puts it there, or use sp_credential."
calendar:
  description:
    - Every date to come that changes what the findings say as long as what was read stays so, in order. A date that was not read is not
      in it. All values are texts.
  returned: success, without O(members)
  type: list
  elements: dict
  contains:
    date:
      description: From when on it is so, in UTC.
      type: str
      sample: "2027-01-02T08:00:00Z"
    id:
      description: The finding that changes, as in RV(findings[].id); empty where none does.
      type: str
      sample: certificate.ending_soon
    status:
      description: What the finding says from then on, V(fail) or V(warn); V(pass) where nothing is wrong then.
      type: str
      sample: warn
    severity:
      description: How much depends on it then, as in RV(findings[].severity).
      type: str
      sample: medium
    subject:
      description: The object that it is about.
      type: str
      sample: certificate BB5D1064437D8720A5C53078185E6A361A78B10A (CN=contoso.com)
    what:
      description: What is so from then on, as a sentence without full stop.
      type: str
      sample: The certificate has fewer than 30 days left
packed:
  description:
    - RV(findings) as a short text that M(sfb.hybrid_auth.trust_report) reads, since a play keeps what its tasks registered until its end,
      and a tenant with many keys has thousands of findings. Look at them in the role's C(trust_audit).
  returned: success, with O(members)
  type: str
  sample: eAGLjgUAARUAuQ==
packed_calendar:
  description: RV(calendar), as RV(packed) has the findings.
  returned: success, with O(members)
  type: str
  sample: eAGLjgUAARUAuQ==
metadata_doubt:
  description:
    - What failed about the metadata URL of the farm's OAuth server, in sentences; empty where nothing did. M(sfb.hybrid_auth.trust_proof)
      takes it, so that a farm that was led astray signs nothing.
  returned: success
  type: str
  sample: ""
compliant:
  description: Whether no finding has the status V(fail). Look at RV(counts) for what was skipped.
  returned: success
  type: bool
  sample: true
counts:
  description: The number of findings by status.
  returned: success
  type: dict
  contains:
    pass:
      description: What is right.
      type: int
      sample: 61
    fail:
      description: What is wrong.
      type: int
      sample: 0
    warn:
      description: What should be looked at.
      type: int
      sample: 3
    skip:
      description: What could not be known.
      type: int
      sample: 2
deployment:
  description: The deployment's name.
  returned: success
  type: str
  sample: contoso
"""
