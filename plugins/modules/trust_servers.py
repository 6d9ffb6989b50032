# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_servers
short_description: Tell which servers of a play work for which deployment
version_added: 1.0.0
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
  - sfb.hybrid_auth.attributes.controller
options:
  settings:
    description:
      - Name of the variable into which M(sfb.hybrid_auth.trust_settings) was registered on each server.
      - A server that skipped that task takes no part. Where it failed on one, this task fails.
    type: str
    default: _trust_settings
  readings:
    description:
      - Name of the variable into which M(sfb.hybrid_auth.onprem_info) was registered on each server. With it RV(known) is told.
    type: str
  plans:
    description:
      - Name of the variable into which M(sfb.hybrid_auth.trust_rotation) was registered on the leads. With it RV(from_store) is told.
    type: str
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_rotation
  - module: sfb.hybrid_auth.trust_settings
  - module: sfb.hybrid_auth.trust_support
  - name: Inventories
    description: Which servers work for which deployment.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/inventories.md
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
      description: Servers of the deployment that the inventory has or C(trust_front_ends) names, and this run does not, or not in a batch
        until now. Where it cannot be told which these are and C(--limit) is given, one sentence says so.
      type: list
      elements: str
      sample:
        - fe03.contoso.com
    later:
      description: Those of them that a later batch of the play has.
      type: list
      elements: str
      sample: []
    missing:
      description: Those of them that C(trust_front_ends) names and the inventory does not have, as in a slice of a job of AWX.
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
      missing: []
several:
  description: Whether the play and the inventory name more than one deployment.
  returned: success
  type: bool
  sample: true
known:
  description:
    - What is known of each deployment that the play and the inventory name. Decisions ask it whose a key or a name is in a tenant that
      several deployments share.
  returned: when O(readings) is given
  type: list
  elements: dict
  contains:
    deployment:
      description: Its name.
      type: str
      sample: contoso
    lead:
      description: The server that reads everything; where none did, its first one.
      type: str
      sample: fe01.contoso.com
    read:
      description: Whether the server that reads everything was read. Otherwise what the deployment signs with is not known.
      type: bool
      sample: true
    topology:
      description: Whether that told its pools, so that RV(known.names) has all of them.
      type: bool
      sample: true
    here:
      description: Whether the play has servers of it.
      type: bool
      sample: true
    tenant_ids:
      description: The tenant's id where the variables of the deployment give it.
      type: list
      elements: str
      sample: []
    app_ids:
      description: The applications whose service principals are to hold its certificate.
      type: list
      elements: str
      sample:
        - 00000004-0000-0ff1-ce00-000000000000
    overlap_days:
      description: For how many days what it signed with before stays in use; none where its variables do not tell.
      type: int
      sample: 7
    uses:
      description: The certificates that its servers sign with, are to sign with or signed with before.
      type: list
      elements: dict
      contains:
        thumbprint:
          description: SHA-1 thumbprint.
          type: str
        role:
          description: V(current), V(next) or V(previous).
          type: str
        since:
          description: Since when the certificate signs that signs now, in UTC; none where the farm does not tell.
          type: str
    names:
      description: The service principal names that stand for it, in both forms.
      type: list
      elements: str
    client_names:
      description:
        - The names in the form of URLs that its clients ask for, where they are sent to the tenant or this is not known, or that
          C(configure) adds.
      type: list
      elements: str
    hosts:
      description: The FQDNs that tell its farm from every other one, its pools and the servers that were read.
      type: list
      elements: str
      sample:
        - pool01.contoso.com
from_store:
  description:
    - The thumbprints of the certificates that leave the computer store of each server, by the plans of those leads that have not failed.
      A server without any is not there.
  returned: when O(plans) is given
  type: dict
  sample:
    fe01.contoso.com:
      - 7A3B9F1D4C5E6F708192A3B4C5D6E7F801234567
leads:
  description: The lead of each deployment.
  returned: success
  type: list
  elements: str
  sample:
    - fe01.contoso.com
"""
