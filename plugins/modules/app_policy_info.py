# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: app_policy_info
short_description: Read what the tenant refuses of new certificates
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Reads the app management policies of the tenant and of each service principal or application object, which may forbid certificates that
    live too long, and whether the application of a service principal locks its key credentials.
  - What cannot be read is no error. It is told in RV(policy_problem), and the problem of each of the RV(objects).
  - Policies need the Microsoft Graph permission C(Policy.Read.All), beside C(Application.Read.All). Where the token of an application says
    that it has neither that nor a directory role, none is asked for. Otherwise it is one request for the tenant's policy, and if that is
    given, one for each service principal.
  - Of a service principal of Skype for Business Online or Exchange Online no lock can be read, since their applications are Microsoft's.
    Of any other it is one request.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
  - sfb.hybrid_auth.observe
options:
  app_ids:
    description:
      - The application ids of the service principals. The default are those of the documented procedure.
    type: list
    elements: str
    default:
      - 00000004-0000-0ff1-ce00-000000000000
      - 00000002-0000-0ff1-ce00-000000000000
  principals:
    description:
      - The registered result of M(sfb.hybrid_auth.sp_info). The application objects in its C(applications) are asked about too, which costs
        one request each where the tenant's policy restricts certificates on application objects, and none elsewhere.
    type: dict
  assigned:
    description:
      - Whether to look for policies that are assigned to the service principals also where the tenant's own restricts no certificate. With
        V(false) that costs one request in most tenants, and a policy that is stricter than the tenant's is not seen.
    type: bool
    default: true
seealso:
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_rotation
  - module: sfb.hybrid_auth.trust_support
  - name: Preparing
    description: Which rights the accounts need.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/prepare.md
  - name: App management policies
    description: What they restrict, and which of them is in force.
    link: https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy
"""

EXAMPLES = r"""
- name: See what the tenant refuses
  sfb.hybrid_auth.app_policy_info:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
  register: refusals

- name: Show it
  ansible.builtin.debug:
    var: refusals.objects
"""

RETURN = r"""
objects:
  description: What each service principal is bound by.
  returned: success
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000
    policy:
      description: The name of the app management policy that is in force, or C(the tenant's own); V(null) where it was not read.
      type: str
      sample: the tenant's own
    restrictions:
      description: What the policy says of certificates that are added; nothing where it is off.
      type: list
      elements: dict
      contains:
        type:
          description: The kind of restriction.
          type: str
          sample: asymmetricKeyLifetime
        longest_seconds:
          description: How long a certificate may live; V(null) where the restriction is of another kind.
          type: int
          sample: 31536000
        created_after:
          description: In UTC, the time after which an object must have been created to be bound; V(null) where all are.
          type: str
    locked:
      description: Whether the application locks the key credentials of its service principals; V(null) where it is another tenant's and
        does not tell.
      type: bool
    problem:
      description: Why a part of this is not known; V(null) where it is.
      type: str
applications:
  description: What each application object of O(principals) is bound by, with the keys of RV(objects).
  returned: success
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
      sample: 10000000-0000-4000-8000-000000000000
    policy:
      description: The name of the app management policy that is in force, or C(the tenant's own); V(null) where it was not read.
      type: str
      sample: the tenant's own
    restrictions:
      description: What the policy says of certificates that are added; nothing where it is off.
      type: list
      elements: dict
      contains:
        type:
          description: The kind of restriction.
          type: str
          sample: asymmetricKeyLifetime
        longest_seconds:
          description: How long a certificate may live; V(null) where the restriction is of another kind.
          type: int
          sample: 31536000
        created_after:
          description: In UTC, the time after which an object must have been created to be bound; V(null) where all are.
          type: str
    locked:
      description: Whether the application locks the key credentials of its service principals; V(null) where it is another tenant's and
        does not tell.
      type: bool
    problem:
      description: Why a part of this is not known; V(null) where it is.
      type: str
policy_problem:
  description: Why no policy is known; V(null) where they are.
  returned: success
  type: str
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
      sample: app_policy_info
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
