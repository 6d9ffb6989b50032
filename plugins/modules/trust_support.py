# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_support
short_description: Write a bundle for a report of a fault, without values of the farm and the tenant
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Writes how the reading tasks of a play went to C(support.json) on the controller, with mode 0600. The file is for people who have
    neither the farm nor the tenant, and is made to be attached to a report.
  - It has versions, the kind of connection and endpoint, the seconds that each step took, and the shape of what was answered. That is
    kinds and counts of values, names of properties and types, identifiers of errors, status codes and names of headers.
  - It has no value of the farm or the tenant, so no name, domain, address, thumbprint, id, key or account. No text of an error is in it,
    since that may hold any of these. A name, a type or an identifier that is not known beforehand is counted as C(other).
  - Nothing is contacted. Give the tasks that read O(sfb.hybrid_auth.onprem_info#module:observe).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.report
  - sfb.hybrid_auth.attributes.controller
options:
  registered:
    description:
      - Names of the variables under which the hosts of a play registered their results. The keys are C(settings), C(servers), C(read),
        C(token), C(cloud) and C(refusals), for M(sfb.hybrid_auth.trust_settings), M(sfb.hybrid_auth.trust_servers),
        M(sfb.hybrid_auth.onprem_info), M(sfb.hybrid_auth.graph_token), M(sfb.hybrid_auth.sp_info) and
        M(sfb.hybrid_auth.app_policy_info).
    type: dict
    required: true
  path:
    description:
      - The folder on the controller to write to. It must exist.
      - A relative path begins in the folder of the playbook.
    type: path
    default: .
seealso:
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_settings
  - name: The first run
    description: What the bundle holds, and when to make one.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/first-run.md
"""

EXAMPLES = r"""
- name: Write what the tasks before observed
  sfb.hybrid_auth.trust_support:
    path: /var/tmp
    registered:
      settings: checked
      servers: known
      read: read
      token: token
      cloud: principals
      refusals: refusals
  run_once: true
"""

RETURN = r"""
path:
  description: The file that was written.
  returned: success
  type: str
  sample: /var/tmp/support.json
shown:
  description: The bundle in a few lines for a terminal, which have no values of the farm and the tenant either.
  returned: success
  type: list
  elements: str
  sample:
    - sfb.hybrid_auth 1.0.0, ansible-core 2.19.4, Python 3.11.2
    - deployment 1: 2 of 2 servers read, the slowest in 4.21 seconds
    - "Deployment 1: read as a whole; tenant read; no warnings"
"""
