# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_settings
short_description: Check the variables of the trust role before anything is contacted
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Turns the variables of the role P(sfb.hybrid_auth.trust#role) into checked settings, and says everything that is wrong with them
    at once.
  - The variables are those that the task sees. They are not options of the module. The file C(docs/variables.md) of the collection lists
    them.
  - A variable that is null or holds nothing but blanks is not given, so its default applies, or the environment for those that may come
    from there.
  - A text may stand for every kind. V(no) and V("false") are taken for a truth value, V("30") for a number, and for a list a text with
    commas, one entry a line, or a list in JSON.
  - An unknown variable whose name begins with C(trust_) is refused where it resembles one of the role. Others are left alone, since they
    may be another role's.
  - A Python package or a program that the task's connection needs on the controller is looked for too, such as C(requests-credssp) where
    C(ansible_winrm_transport) is V(credssp). Where it is missing the task fails with the command that installs it.
  - Nothing is contacted. Files on the controller that the variables name are read.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes.info
  - sfb.hybrid_auth.attributes.controller
options:
  entry_point:
    description:
      - The entry point of the role whose variables are checked. V(main) is V(configure).
      - For V(remove), C(trust_remove_confirm) must be the name of the deployment, except in check mode.
      - For V(audit) and V(support), it is not checked whether one can sign in, since they tell that beside what they could read.
    type: str
    required: true
    choices:
      - main
      - configure
      - audit
      - rotate
      - remove
      - modern_authentication
      - support
seealso:
  - module: sfb.hybrid_auth.graph_token
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_report
  - module: sfb.hybrid_auth.trust_servers
  - module: sfb.hybrid_auth.trust_support
  - name: The role's variables
    description: Each with what it takes and its default.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/variables.md
"""

EXAMPLES = r"""
- name: See what the variables of the host say
  sfb.hybrid_auth.trust_settings:
    entry_point: configure
  register: checked

- name: Sign in as they say
  sfb.hybrid_auth.graph_token:
    client_secret: "{{ trust_client_secret }}"
  module_defaults:
    group/sfb.hybrid_auth.graph: "{{ checked.settings.sign_in }}"
"""

RETURN = r"""
settings:
  description:
    - Every variable of the role but the secret ones, under its name without C(trust_), in its normal form, with its default where it is not
      given.
    - GUIDs, host names and domains are in lower case, thumbprints in upper case, times in UTC as ISO 8601.
    - C(exchange_autodiscover_url) and C(exchange_autodiscover_allowed_domains) are V(null) where they are not given, and empty where they
      are to be cleared.
    - Variables that the entry point does not take have their defaults.
  returned: success
  type: dict
  sample:
    deployment: default
    exchange_autodiscover_url: null
    external_fqdns: []
    wait_timeout: 120
  contains:
    sign_in:
      description: The options of the action group C(graph) that are given, without secrets.
      type: dict
      sample:
        tenant: contoso.com
        client_id: 4a1aa1d5-c567-49d0-ad0b-cd957a47f842
    onprem:
      description: The options of the action group C(onprem).
      type: dict
      sample:
        management_modules:
          - SkypeForBusiness
          - Lync
        endpoint: auto
    app_ids:
      description: The applications whose service principals are looked at.
      type: list
      elements: str
      sample:
        - 00000004-0000-0ff1-ce00-000000000000
        - 00000002-0000-0ff1-ce00-000000000000
    credential_app_ids:
      description: The applications whose service principals are to hold the farm's certificate.
      type: list
      elements: str
      sample:
        - 00000004-0000-0ff1-ce00-000000000000
        - 00000002-0000-0ff1-ce00-000000000000
    onprem_applications:
      description: The partner applications for on-premises products, in the form of
        O(sfb.hybrid_auth.trust_removal#module:onprem_applications).
      type: list
      elements: dict
      sample: []
    observe:
      description: Whether what reads is to tell how that went, without values, as for V(support).
      type: bool
      sample: false
    name_forms:
      description: The forms in which the names of the Web services are wanted, V(procedure) and V(url).
      type: list
      elements: str
      sample:
        - procedure
    metadata_first:
      description: The names of the OAuth servers, the trust's and the clients', whose metadata an audit tries before that of others.
      type: list
      elements: str
      sample:
        - microsoft.sts
        - evoSTS
"""
