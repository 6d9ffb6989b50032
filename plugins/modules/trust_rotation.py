# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_rotation
short_description: Tell what a roll of the farm's certificate needs of the tenant
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Compares the certificates that a farm signs with, by date, with the key credentials of its tenant's service principals. It says which of
    them are missing, which may go, which stay and why, and what will be due when.
  - Nothing is contacted. It works on what M(sfb.hybrid_auth.onprem_info) and M(sfb.hybrid_auth.sp_info) returned, at the time that the
    server's clock showed then. M(sfb.hybrid_auth.sp_credential) does what it tells.
  - The certificate that signs and the one that is staged must be in the tenant. The one that signed before goes once the overlap after its
    successor's effective date is over. What the deployment put there before, as its display name tells, and the farm has no longer, goes
    after the overlap too. Expired key credentials go if the farm once used their certificate, or if they have its subject.
    Every other key credential stays, unless its thumbprint is in O(remove_thumbprints).
  - Certificates that O(settings) name to leave the servers' stores (C(trust_rotation_remove_from_store)) leave them unless anything may
    still need one of them, which is an obstacle with the server, the principal or the deployment.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.deployment
options:
  onprem:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info), with the certificate gathered.
      - Either it or O(members) is given.
    type: dict
  token:
    description:
      - The registered result of M(sfb.hybrid_auth.graph_token), beside O(members).
    type: dict
  pfx_password:
    description:
      - The password of the PFX file that O(settings) names, beside O(members). What is in it is judged before anything is written.
    type: str
  prepared:
    description:
      - The registered result of M(sfb.hybrid_auth.onprem_certificate) with
        O(sfb.hybrid_auth.onprem_certificate#module:state=in_store), beside O(members). Whether that certificate is to follow the one that
        signs is decided then.
    type: dict
  staged:
    description:
      - The registered result of M(sfb.hybrid_auth.onprem_certificate) that staged a certificate, so that what comes after it is told.
    type: dict
  cloud:
    description:
      - "The tenant's half: the whole registered result of M(sfb.hybrid_auth.sp_info), or of M(sfb.hybrid_auth.sp_credential)."
    type: dict
    required: true
  refusals:
    description:
      - The registered result of M(sfb.hybrid_auth.app_policy_info), also where it failed. Without it nothing is known of what the tenant
        refuses, which stops nothing.
    type: dict
  app_ids:
    description:
      - The application ids of the service principals that hold the farm's certificate. O(cloud) must hold them all.
    type: list
    elements: str
    default:
      - 00000004-0000-0ff1-ce00-000000000000
      - 00000002-0000-0ff1-ce00-000000000000
  overlap_days:
    description:
      - How many days an earlier certificate stays after its successor took effect, from 2 to 3650.
      - Tokens that it signed are in use for some time. Microsoft asks for 24 hours between two certificates of this type; two days cover
        that and clocks that differ, and a week leaves time to notice that something still uses the old one.
    type: int
    default: 7
  warn_days:
    description:
      - How many days before the certificate that signs expires its successor is due, from 1 to 3650.
    type: int
    default: 60
  fail_days:
    description:
      - How many days before the certificate that signs ends a run fails where no other one takes over in time, from 1
        to 3650.
    type: int
    default: 7
  earlier_thumbprints:
    description:
      - Thumbprints of certificates that the farm used in earlier rolls. The farm itself remembers only the last one.
    type: list
    elements: str
    default: []
  remove_thumbprints:
    description:
      - Thumbprints of certificates that may go now, whoever put them there and whether or not an overlap is over.
      - The certificates that sign now or next stay, even if they are named here.
    type: list
    elements: str
    default: []
seealso:
  - module: sfb.hybrid_auth.app_policy_info
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_certificate
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_outcome
  - module: sfb.hybrid_auth.trust_servers
  - name: Rotation
    description: How the certificate rolls to the next one, day by day.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/rotation.md
  - name: Stage AV and OAuth certificates
    description: How the farm rolls from one certificate to the next.
    link: https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
"""

EXAMPLES = r"""
- name: Read the farm's certificates
  sfb.hybrid_auth.onprem_info:
    gather:
      - certificate
  register: onprem

- name: Read the service principals
  sfb.hybrid_auth.sp_info:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: principals

- name: Tell what is due
  sfb.hybrid_auth.trust_rotation:
    onprem: "{{ onprem }}"
    cloud: "{{ principals }}"
  register: rotation

- name: Show it
  ansible.builtin.debug:
    msg: "{{ rotation.operations + rotation.upcoming | map(attribute='text') | list }}"
"""

RETURN = r"""
due:
  description: Whether the tenant needs a change now.
  returned: success
  type: bool
successor_due:
  description: Whether the certificate that signs ends within O(warn_days) and no other one is staged.
  returned: success
  type: bool
previous_over:
  description: Whether the farm still remembers the certificate that signed before, although the overlap is over.
  returned: success
  type: bool
operations:
  description: What is to be done in the tenant now, in words.
  returned: success
  type: list
  elements: str
  sample:
    - "add certificate BB5D1064437D8720A5C53078185E6A361A78B10A to service principal 00000004-0000-0ff1-ce00-000000000000: it signs now"
add:
  description: The certificates that are missing.
  returned: success
  type: list
  elements: dict
  contains:
    thumbprint:
      description: SHA-1 thumbprint.
      type: str
    subject:
      description: Subject.
      type: str
    content:
      description: Base64 of the certificate's DER form.
      type: str
    app_ids:
      description: The service principals that lack it.
      type: list
      elements: str
    reason:
      description: Why it must be there.
      type: str
      sample: it signs now
    valid_at:
      description: When a key credential of it has to be valid, in ISO 8601 in UTC, for O(sfb.hybrid_auth.sp_credential#module:valid_at).
      type: str
remove:
  description: The key credentials that go.
  returned: success
  type: list
  elements: dict
  contains:
    app_id:
      description: The service principal.
      type: str
    key_id:
      description: The key credential.
      type: str
    thumbprint:
      description: SHA-1 thumbprint of its certificate; V(null) where Microsoft Graph gives none.
      type: str
    display_name:
      description: The key credential's display name; V(null) where it has none.
      type: str
    end:
      description: When the key credential ends, in UTC; V(null) where that was not read.
      type: str
    owner:
      description: V(ours), V(foreign) or V(unknown).
      type: str
    reason:
      description: Why it goes.
      type: str
    remedy:
      description:
        - Of a key credential that stays and that the administrator may have removed, the variable that does it; V(null) of others.
        - Where Microsoft Graph does not give the certificate, it is M(sfb.hybrid_auth.sp_credential) with the id of the key credential.
      type: str
      sample: "trust_rotation_remove_thumbprints: [BB5D1064437D8720A5C53078185E6A361A78B10A]"
    told:
      description: Whether the output of a roll names the key credential, one of the deployment's that stays though the farm has it no
        longer.
      type: bool
      sample: false
keep:
  description: The key credentials that stay, with the values of RV(remove); V(reason) says why.
  returned: success
  type: list
  elements: dict
certificates:
  description: The farm's certificates as they stand after the run, the one that signs first.
  returned: success
  type: list
  elements: dict
  contains:
    thumbprint:
      description: Its thumbprint.
      type: str
    role:
      description:
        - V(signs now), V(signs next), V(signed before), or the same of one other server by its name.
        - V(removed from 2 stores), with their number, for one that leaves the servers' stores.
      type: str
    app_ids:
      description: The service principals that hold it.
      type: list
      elements: str
    since:
      description: From when on it signs; V(null) where that is not known, and for one that signed before.
      type: str
    until:
      description: When it expires; V(null) where that was not read.
      type: str
    action:
      description: What happens to it next, as in RV(upcoming); V(null) where nothing is due.
      type: str
    date:
      description: When that is, or since when a successor is due; V(null) where nothing is due.
      type: str
upcoming:
  description: What happens or becomes due, the earliest first.
  returned: success
  type: list
  elements: dict
  contains:
    date:
      description: When, in UTC.
      type: str
    action:
      description:
        - V(switch) when another certificate begins to sign, V(remove) when an earlier one may go, V(stage) since when a successor is to
          be staged, V(expire) when a certificate ends, V(entry_ends) when a key credential ends before its certificate.
      type: str
    thumbprint:
      description: The certificate.
      type: str
    app_ids:
      description: The service principals that it concerns; empty where it concerns the farm.
      type: list
      elements: str
    text:
      description: The same in words.
      type: str
      sample: BB5D1064437D8720A5C53078185E6A361A78B10A, which signed before, stays until 2028-10-25T12:00:00Z, when the overlap ends
    by:
      description: The playbook or the person that sees to it, such as C(the farm); V(null) where a certificate ends by itself.
      type: str
      sample: sfb.hybrid_auth.rotate
obstacles:
  description: What stands in the way, each with C(subject) and C(message).
  returned: success
  type: list
  elements: dict
  sample: []
ahead:
  description: In check mode, what would end a run that writes before it does so in the tenant, as sentences. The plan is told all the same.
  returned: with O(members)
  type: list
  elements: str
  sample: []
failure:
  description: Why the run is to fail once what is due has been done, with O(obstacles=fail); empty where it is not. With obstacles the
    only step that is due then is to add what is missing.
  returned: with O(members)
  type: str
  sample: ''
deployment:
  description: Name of the deployment.
  returned: with O(members)
  type: str
  sample: contoso
lead:
  description: The server that does what belongs to the deployment.
  returned: with O(members)
  type: str
  sample: fe01.contoso.com
tenant_id:
  description: The tenant's id.
  returned: with O(members)
  type: str
  sample: 5588b4fd-f26d-475c-824f-9911277ab13e
certificate:
  description: The certificate that signs, with C(thumbprint), C(subject) and C(not_after).
  returned: with O(members)
  type: dict
  sample:
    thumbprint: BB5D1064437D8720A5C53078185E6A361A78B10A
    subject: CN=contoso.com
    not_after: '2028-05-01T08:00:00Z'
steps:
  description: Whether each step of a roll is due now, which are C(store), C(add), C(stage), C(forget) and C(from_store); C(later) says
    whether what comes after a staging can be told, C(preflight) whether the tenant is to be asked what it refuses before that, and C(pfx)
    whether the certificate comes from a PFX file.
  returned: with O(members)
  type: dict
  sample:
    store: false
    pfx: false
    add: true
    stage: false
    forget: false
    from_store: false
    later: false
    preflight: true
arguments:
  description: The options of the modules that do the steps, by the step's name; under C(remove) a list of C(app_id) and C(key_id),
    under C(from_store) the thumbprints that leave the store of each server.
  returned: with O(members)
  type: dict
  sample:
    remove: []
    from_store: {}
unmade:
  description: What is done with a certificate that is yet to be made, which check mode can only say.
  returned: with O(members)
  type: list
  elements: str
  sample: []
"""
