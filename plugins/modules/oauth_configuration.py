# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: oauth_configuration
short_description: Manage the farm's OAuth configuration
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Sets what is given and leaves everything else alone. An empty text or list clears a setting.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
options:
  service_name:
    description:
      - The identifier of the farm at partners. For a hybrid it is V(00000004-0000-0ff1-ce00-000000000000).
    type: str
  realm:
    description:
      - The realm.
    type: str
  exchange_autodiscover_url:
    description:
      - Where the Autodiscover service of Exchange is.
    type: str
  exchange_autodiscover_allowed_domains:
    description:
      - Domains to which Autodiscover may redirect, such as V(*.contoso.com). The order does not matter.
    type: list
    elements: str
  client_authorization_oauth_server:
    description:
      - The identity of the OAuth server that clients are sent to for modern authentication.
    type: str
  client_adal_auth_override:
    description:
      - Whether clients may use modern authentication.
    type: str
    choices:
      - NoOverride
      - Allowed
      - Disallowed
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.trust_audit
  - module: sfb.hybrid_auth.trust_modern_authentication
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Set the identifier of the farm
  sfb.hybrid_auth.oauth_configuration:
    service_name: 00000004-0000-0ff1-ce00-000000000000

# What the setting holds is lost: look with --check --diff first.
- name: Clear the Autodiscover domains
  sfb.hybrid_auth.oauth_configuration:
    exchange_autodiscover_allowed_domains: []
"""

RETURN = r"""
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - set ServiceName of the OAuth configuration to '00000004-0000-0ff1-ce00-000000000000'
oauth_configuration:
  description: The OAuth configuration as it is now, in check mode as it would be.
  returned: success
  type: dict
  contains:
    identity:
      description: The name; V(null) where it is empty.
      type: str
      sample: Global
    service_name:
      description: The identifier of the farm at partners; V(null) where it is not set.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000
    realm:
      description: The realm; V(null) where it is not set.
      type: str
    exchange_autodiscover_url:
      description: Where Autodiscover is; V(null) where it is not set.
      type: str
    exchange_autodiscover_allowed_domains:
      description: Domains to which Autodiscover may redirect.
      type: list
      elements: str
    client_authorization_oauth_server:
      description: The OAuth server that clients are sent to; V(null) where it is not set.
      type: str
    client_adal_auth_override:
      description: Whether clients may use modern authentication; V(null) where it is empty.
      type: str
      sample: NoOverride
    alternate_audience_url:
      description: Reserved by Microsoft; V(null) where it is not set.
      type: str
    additional_audience_urls:
      description: Reserved by Microsoft.
      type: list
      elements: str
"""
