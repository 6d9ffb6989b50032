# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_outcome
short_description: Sum up what a run of the role did
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Makes the summary of a run, and the few lines that say it, from the plan and from what the tasks of its steps returned.
  - A step that was skipped since nothing was due is told as it was planned. Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
options:
  run:
    description:
      - Which entry point of the role it is.
    type: str
    choices:
      - configure
      - rotate
      - remove
      - modern_authentication
    required: true
  plan:
    description:
      - The registered result of M(sfb.hybrid_auth.trust_plan), M(sfb.hybrid_auth.trust_rotation), M(sfb.hybrid_auth.trust_removal) or
        M(sfb.hybrid_auth.trust_modern_authentication) for a whole deployment.
    type: dict
    required: true
  done:
    description:
      - The registered results of the tasks that did the steps, by the step's name, also those that were skipped.
    type: dict
    default: {}
  later:
    description:
      - With V(rotate), the result of M(sfb.hybrid_auth.trust_rotation) after a certificate was staged, where one was.
    type: dict
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token), whose warnings belong to the summary.
    type: dict
  removed_from_store:
    description:
      - With V(rotate), name of the variable into which M(sfb.hybrid_auth.onprem_certificate) was registered on each server of which
        certificates left the store.
    type: str
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_certificate
  - module: sfb.hybrid_auth.trust_modern_authentication
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_rotation
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
"""

EXAMPLES = r"""
- name: Read the farm
  sfb.hybrid_auth.onprem_info:
  register: onprem

- name: Decide what the trust takes
  sfb.hybrid_auth.trust_plan:
    onprem: "{{ onprem }}"
  register: plan

- name: Sum it up
  sfb.hybrid_auth.trust_outcome:
    run: configure
    plan: "{{ plan }}"
  register: outcome

- name: Show it
  ansible.builtin.debug:
    msg: "{{ outcome.lines }}"
"""

RETURN = r"""
summary:
  description:
    - What the role keeps as the fact C(trust_summary), C(trust_rotation), C(trust_removal) or C(trust_modern_authentication).
  returned: success
  type: dict
  sample:
    deployment: contoso
    changed: false
    warnings: []
lines:
  description: The summary for people, a line each. The last one sums the deployment up, as every playbook ends.
  returned: success
  type: list
  elements: str
  sample:
    - 'Deployment contoso: nothing to change; tenant 5588b4fd-f26d-475c-824f-9911277ab13e; names webext.contoso.com; no warnings'
"""
