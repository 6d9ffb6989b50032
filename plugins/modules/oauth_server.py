# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: oauth_server
short_description: Manage an OAuth server of the farm
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Makes the farm trust an authorization server, such as that of the Microsoft 365 tenant.
  - What is there is changed in place. Only another realm takes a replacement; then the metadata is proved to be reachable first, and a
    failure brings back what was there.
  - The server itself downloads the metadata when it is created or its URL is set.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
options:
  name:
    description:
      - The OAuth server's identity.
    type: str
    default: microsoft.sts
  state:
    description:
      - Whether it is to be there.
    type: str
    choices:
      - present
      - absent
    default: present
  tenant_id:
    description:
      - The tenant whose authorization server is meant. The metadata URL is built from it and O(cloud).
      - Exactly one of O(tenant_id) and O(metadata_url) is required with O(state=present).
    type: str
  metadata_url:
    description:
      - The URL of the authorization server's metadata.
    type: str
  cloud:
    description:
      - The Microsoft cloud that the tenant is in.
      - If not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) is used, in which V(AzureUSGovernment) means V(gcc_high).
    type: str
    choices:
      - global
      - gcc
      - gcc_high
      - dod
      - china
    default: global
  realm:
    description:
      - The realm. If not set, it comes from the metadata and is not managed.
    type: str
  type:
    description:
      - The kind of server, for example V(Acs), V(AzureAD) or V(ADFS). If not set, it is not managed.
    type: str
  accept_security_identifier_information:
    description:
      - Whether security identifiers in tokens are accepted. If not set, it is not managed.
    type: bool
  authorization_uri_override:
    description:
      - Where clients are sent instead of what the metadata says. An empty text clears it. If not set, it is not managed.
    type: str
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.partner_application
  - module: sfb.hybrid_auth.tenant_info
  - module: sfb.hybrid_auth.trust_modern_authentication
  - module: sfb.hybrid_auth.trust_removal
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Trust the authorization server of the tenant
  sfb.hybrid_auth.oauth_server:
    tenant_id: 5588b4fd-f26d-475c-824f-9911277ab13e
"""

RETURN = r"""
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - create OAuth server microsoft.sts with metadata URL https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1
replaced:
  description:
    - The OAuth server that was replaced, as RV(oauth_server) shows one.
    - A failure has it too, where a replacement was begun and what became of it is not known to be whole.
    - Until the new one is in place, this is kept in a private file below C(ANSIBLE_HOME) on the controller, so that a later run can bring
      back what one that was cut short lost.
  returned: when it was replaced, or would be
  type: dict
  sample: {"identity": "microsoft.sts", "realm": "contoso.com", "type": "Acs"}
oauth_server:
  description:
    - The OAuth server as it is now, in check mode as it would be; V(null) where it is absent.
    - In check mode an object that is yet to be made has what the task sets; what only the farm can tell is V(null).
  returned: success
  type: dict
  contains:
    identity:
      description: The name.
      type: str
      sample: microsoft.sts
    name:
      description: The name as a property of its own; V(null) where it is empty.
      type: str
    issuer_identifier:
      description: Who issues the tokens; V(null) where it is empty.
      type: str
      sample: 00000001-0000-0000-c000-000000000000
    realm:
      description: The realm, which is the tenant for Microsoft 365; V(null) where it is empty.
      type: str
    metadata_url:
      description: Where its metadata is; V(null) where it is empty.
      type: str
    authorization_uri_override:
      description: Where clients are sent instead; V(null) where it is not set.
      type: str
    type:
      description: The kind of server; V(null) where it is empty.
      type: str
      sample: Acs
    accept_security_identifier_information:
      description: Whether security identifiers in tokens are accepted; V(null) where the farm does not tell it.
      type: bool
"""
