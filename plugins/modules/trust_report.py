# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_report
short_description: Write the report of audits as HTML, JSON and JUnit XML
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Writes what M(sfb.hybrid_auth.trust_audit) found in one or more deployments to files on the controller that people keep. C(audit.html)
    is one page to read and print, C(audit.json) is the same for programs, C(audit.xml) is for CI systems.
  - A file is written whole or not at all. Files of an earlier report in the folder are replaced.
  - Nothing is contacted. Secrets and certificates are not in the files, but names of servers, domains and service principals are, and
    keys and weaknesses. The umask says who may read them, or O(private).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.report
  - sfb.hybrid_auth.attributes.controller
options:
  audits:
    description:
      - The audits to report, one a deployment, in the order in which they appear.
      - Either they or O(registered) are given.
    type: list
    elements: dict
    suboptions:
      deployment:
        description:
          - Name of the deployment.
        type: str
        required: true
      audit:
        description:
          - The registered result of M(sfb.hybrid_auth.trust_audit). Without it the deployment counts as not read.
        type: dict
      onprem:
        description:
          - The registered results of M(sfb.hybrid_auth.onprem_info), that of the server which read everything first.
        type: list
        elements: dict
      cloud:
        description:
          - "The tenant's half: the registered result of M(sfb.hybrid_auth.sp_info)."
        type: dict
      proof:
        description:
          - The registered result of M(sfb.hybrid_auth.trust_proof), where the trust was tried.
        type: dict
      differences:
        description:
          - The steps that a run would change, each with C(step), C(title) and C(operations), as in the fact C(trust_summary) of the role.
        type: list
        elements: dict
      obstacle:
        description:
          - Why a run would stop before it changes anything.
        type: str
      errors:
        description:
          - What could not be read. A deployment with errors is not compliant.
        type: list
        elements: dict
        suboptions:
          subject:
            description:
              - What could not be read, such as a server.
            type: str
            required: true
          message:
            description:
              - Why, and what to do.
            type: str
            required: true
      warnings:
        description:
          - Warnings of the run in check mode.
        type: list
        elements: str
      unchecked:
        description:
          - Known servers of the deployment that were not looked at. Without them the audit is incomplete, and not compliant.
        type: list
        elements: str
      provenance:
        description:
          - What the report says of where the audit comes from, beside what O(audits[].onprem) and O(audits[].cloud) tell.
        type: dict
        suboptions:
          servers:
            description:
              - The servers of the deployment, as the inventory names them.
            type: list
            elements: str
          signed_in_as:
            description:
              - What signed in to the tenant, in words, such as C(credential.subject) of M(sfb.hybrid_auth.graph_token).
            type: str
          auth_source:
            description:
              - How it signed in, as M(sfb.hybrid_auth.graph_token) returns it.
            type: str
          tenant:
            description:
              - The tenant, as it was named.
            type: str
      fail_on:
        description:
          - What RV(failures) tells of this deployment beside what could not be read. Each choice includes those before it.
        type: str
        choices:
          - never
          - fail
          - difference
          - warn
        default: never
      time:
        description:
          - When the deployment was read, in ISO 8601 such as V(2026-11-02T08:00:00Z), without a zone in UTC. The default is now.
        type: str
  registered:
    description:
      - Names of the variables under which the leads of a play registered their results, in place of O(audits). The keys are C(settings),
        C(servers), C(read), C(token), C(cloud), C(plan), C(audit) and C(proof), for M(sfb.hybrid_auth.trust_settings),
        M(sfb.hybrid_auth.trust_servers), M(sfb.hybrid_auth.onprem_info), M(sfb.hybrid_auth.graph_token), M(sfb.hybrid_auth.sp_info),
        M(sfb.hybrid_auth.trust_plan), M(sfb.hybrid_auth.trust_audit) and M(sfb.hybrid_auth.trust_proof).
    type: dict
  path:
    description:
      - The folder on the controller to write to. It must exist.
      - A relative path begins in the folder of the playbook.
    type: path
    default: .
  private:
    description:
      - Whether only the user who runs Ansible may read the files (mode 0600), whatever the umask.
    type: bool
    default: false
  formats:
    description:
      - Which files to write.
    type: list
    elements: str
    choices:
      - html
      - json
      - xml
    default:
      - html
      - json
      - xml
  title:
    description:
      - Title of the report.
    type: str
    default: Audit of server-to-server authentication
  ending_soon_days:
    description:
      - A certificate with fewer days left, from 1 to 3650, is drawn as ending soon.
    type: int
    default: 30
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_proof
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_settings
  - module: sfb.hybrid_auth.trust_support
  - name: Audits
    description: What an audit reads and judges, and how a run ends.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/audit.md
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
  register: principals

- name: Judge what was read
  sfb.hybrid_auth.trust_audit:
    deployment: contoso
    onprem:
      - "{{ onprem }}"
    servers_expected:
      - "{{ inventory_hostname }}"
    cloud: "{{ principals }}"
  register: audit

# It lists keys and weaknesses: keep it out of the folder of the playbook, which many may read, and out of version control.
- name: Write the report for its reader alone
  sfb.hybrid_auth.trust_report:
    path: /var/tmp
    private: true
    audits:
      - deployment: contoso
        audit: "{{ audit }}"
        onprem:
          - "{{ onprem }}"
        cloud: "{{ principals }}"
  register: report

- name: Show it in the terminal
  ansible.builtin.debug:
    var: report.lines
"""

RETURN = r"""
paths:
  description: Where the files are, by format.
  returned: success
  type: dict
  sample:
    html: /srv/audit/audit.html
    json: /srv/audit/audit.json
    xml: /srv/audit/audit.xml
verdict:
  description:
    - The worst of all deployments.
    - V(not_compliant) where a check failed or a run would change something or stop, V(incomplete) where nothing of that is so but
      something could not be read, else V(compliant).
  returned: success
  type: str
  sample: compliant
headline:
  description: The verdict in words. What is compliant may have warnings of high severity, which are named.
  returned: success
  type: str
  sample: Compliant with 3 high warnings
compliant:
  description: Whether every deployment is compliant.
  returned: success
  type: bool
  sample: true
counts:
  description: How many findings have each status, over all deployments.
  returned: success
  type: dict
  contains:
    fail:
      description: Failed.
      type: int
      sample: 0
    warn:
      description: Warnings.
      type: int
      sample: 1
    skip:
      description: Not checked.
      type: int
      sample: 2
    pass:
      description: Passed.
      type: int
      sample: 28
lines:
  description: The report in a few lines for the terminal. The last ones sum up each deployment.
  returned: success
  type: list
  elements: str
  sample: ["contoso: compliant (1 warning, 2 not checked, 28 passed)"]
deployments:
  description: The conclusion about each deployment, in the order of O(audits).
  returned: success, with O(audits)
  type: list
  elements: dict
  contains:
    deployment:
      description: The deployment.
      type: str
      sample: contoso
    verdict:
      description: As RV(verdict), of this deployment.
      type: str
      sample: compliant
    headline:
      description: As RV(headline), of this deployment.
      type: str
      sample: Compliant
    compliant:
      description: Whether it is compliant.
      type: bool
      sample: true
    counts:
      description: As RV(counts), of this deployment.
      type: dict
    findings:
      description: The findings of the audit and of the proof, what failed first.
      type: list
      elements: dict
    differences:
      description: The steps that a run would change.
      type: list
      elements: dict
    obstacle:
      description: Why a run would stop; V(null) where it would not.
      type: str
    errors:
      description: What could not be read, each with C(subject) and C(message).
      type: list
      elements: dict
    warnings:
      description: Warnings of the run in check mode.
      type: list
      elements: str
    calendar:
      description: The dates that change the verdict, as M(sfb.hybrid_auth.trust_audit) returns them.
      type: list
      elements: dict
    provenance:
      description:
        - Where the audit comes from, with the servers, what signed in (C(signed_in_as), C(auth_source)), C(tenant) and C(tenant_id), when
          the first reading C(began) and for how many C(seconds) it took. What is not known is V(null).
      type: dict
shown:
  description: RV(lines), and the path of each file.
  returned: success
  type: list
  elements: str
  sample:
    - 'report: /var/reports/audit.html'
conclusions:
  description: The conclusions, as in RV(deployments), by the deployment's name.
  returned: success, with O(registered)
  type: dict
  sample: {}
failures:
  description: Why a run should fail, by the deployment's name; those without a reason are not there.
  returned: success
  type: dict
  sample:
    contoso: 'Deployment contoso: 2 failed, and trust_fail_on is fail. The report names each.'
"""
