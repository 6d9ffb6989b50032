# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_servers
short_description: Tell which servers of a play work for which deployment
version_added: 0.1.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Says for each deployment of the play which of its servers are there, which one does what is done once, and which the inventory knows but
    this run does not check, because of C(--limit) or because they come in a later batch of a play with C(serial).
  - It refuses a play whose strategy lets servers be at different tasks at one time, such as C(free) and C(host_pinned). There one server
    would change tenant and farm while another has not been looked at.
  - The servers of a deployment are those that have its name in C(trust_deployment) in the inventory. Those for which the inventory has none
    belong together where they are in the group, or match the pattern, that C(trust_hosts) names. A server of the play that it does not
    match is warned about.
  - Give the task C(run_once), since the answer is the same for every server. Nothing is contacted.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
options:
  settings:
    description:
      - Name of the variable into which M(sfb.hybrid_auth.trust_settings) was registered on each server.
      - A server that skipped that task takes no part. Where it failed on one, this task fails.
    type: str
    default: _trust_settings
seealso:
  - module: sfb.hybrid_auth.trust_settings
  - plugin: sfb.hybrid_auth.trust_hosts
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Check the settings
  sfb.hybrid_auth.trust_settings:
    entry_point: configure
  register: _trust_settings

- name: Settle which servers work for which deployment
  sfb.hybrid_auth.trust_servers:
  run_once: true
  register: trust_servers

- name: Read the farm where its work is done
  sfb.hybrid_auth.onprem_info:
  when: inventory_hostname in trust_servers.leads
"""

RETURN = r"""
deployments:
  description: Each deployment that has a server in this batch, by name.
  returned: success
  type: dict
  contains:
    lead:
      description: The server that does what is done once for the deployment, which is its first one in the batch.
      type: str
      sample: fe01.contoso.com
    members:
      description: The servers of the deployment that this run has, in this batch and earlier ones, also those in RV(deployments.lost).
      type: list
      elements: str
      sample:
        - fe01.contoso.com
        - fe02.contoso.com
    batch:
      description: The members that are at work in this batch.
      type: list
      elements: str
      sample:
        - fe01.contoso.com
        - fe02.contoso.com
    lost:
      description: The members that failed or could not be reached until now.
      type: list
      elements: str
      sample: []
    unchecked:
      description: Servers of the deployment that the inventory has, and this run does not, or not in a batch until now. Where it cannot be
        told which these are and C(--limit) is given, one sentence says so.
      type: list
      elements: str
      sample:
        - fe03.contoso.com
    later:
      description: Those of them that a later batch of the play has.
      type: list
      elements: str
      sample: []
  sample:
    contoso:
      lead: fe01.contoso.com
      members:
        - fe01.contoso.com
        - fe02.contoso.com
      batch:
        - fe01.contoso.com
        - fe02.contoso.com
      lost: []
      unchecked:
        - fe03.contoso.com
      later: []
leads:
  description: The lead of each deployment.
  returned: success
  type: list
  elements: str
  sample:
    - fe01.contoso.com
"""
