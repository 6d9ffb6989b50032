# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_application
short_description: Manage a partner application of the farm
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Makes the farm trust an application, such as Exchange Online.
  - What is there is changed in place. Another application identifier or realm takes a replacement; a failure in it brings back what was
    there.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
options:
  name:
    description:
      - The partner application's identity.
    type: str
    default: microsoft.exchange
  state:
    description:
      - Whether it is to be there.
    type: str
    choices:
      - present
      - absent
    default: present
  application_id:
    description:
      - The application's identifier. With O(metadata_url) it comes from the metadata, and this option cannot be given.
    type: str
    default: 00000002-0000-0ff1-ce00-000000000000
  trust_level:
    description:
      - V(Full) lets the application act for itself and for any user in the realm.
    type: str
    choices:
      - Full
      - Application
      - User
    default: Full
  use_oauth_server:
    description:
      - The application's tokens come from the OAuth server. This is what is created where none of O(use_oauth_server),
        O(metadata_url) and O(certificate) is set; at most one of them can be.
    type: bool
  metadata_url:
    description:
      - The application's tokens are checked with the metadata at this URL, as those of an Exchange or SharePoint on premises. The server
        itself downloads it.
      - Another URL is set in place. Whether the server then reads the application's identifier anew is not documented.
      - Cannot be combined with O(application_id), O(use_oauth_server), O(certificate) and O(realm).
    type: str
  metadata_application_id:
    description:
      - The application's identifier that the metadata at O(metadata_url) is to have, V(00000002-0000-0ff1-ce00-000000000000) for Exchange
        and V(00000003-0000-0ff1-ce00-000000000000) for SharePoint. If not set, it is not looked at.
      - What is there with another identifier is replaced. Metadata of another application is an error, which says what the farm has then.
    type: str
  certificate:
    description:
      - The application's tokens are checked with this certificate, as PEM or base64 of DER. Requires O(realm).
    type: str
  realm:
    description:
      - The application's realm. If not set, it is not managed. Cannot be combined with O(metadata_url).
    type: str
  enabled:
    description:
      - Whether the application may talk to the farm. A new one may. If not set, it is not managed.
    type: bool
  accept_security_identifier_information:
    description:
      - Whether security identifiers in tokens are accepted. If not set, it is not managed.
    type: bool
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
seealso:
  - module: sfb.hybrid_auth.oauth_server
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.trust_removal
  - name: Setting up
    description: What a run finds, decides and leaves to others.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/configure.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
  - name: Configure an on-premises partner application
    description: Exchange and SharePoint on premises.
    link: https://learn.microsoft.com/skypeforbusiness/manage/authentication/configure-an-on-premises-partner-app
"""

EXAMPLES = r"""
- name: Make Exchange Online a partner application
  sfb.hybrid_auth.partner_application:
    use_oauth_server: true
    enabled: true

- name: Make the on-premises Exchange one beside it
  sfb.hybrid_auth.partner_application:
    name: Exchange
    metadata_url: https://autodiscover.contoso.com/autodiscover/metadata/json/1
    metadata_application_id: 00000002-0000-0ff1-ce00-000000000000
    enabled: true

- name: Make the on-premises SharePoint one
  sfb.hybrid_auth.partner_application:
    name: microsoft.sharepoint
    metadata_url: https://sharepoint.contoso.com/_layouts/15/metadata/json/1
    metadata_application_id: 00000003-0000-0ff1-ce00-000000000000
"""

RETURN = r"""
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - create partner application microsoft.exchange
replaced:
  description:
    - The partner application that was replaced, as RV(partner_application) shows one.
    - A failure has it too, where a replacement was begun and what became of it is not known to be whole.
    - Until the new one is in place, this is kept in a private file below C(ANSIBLE_HOME) on the controller, so that a later run can bring
      back what one that was cut short lost.
  returned: when it was replaced, or would be
  type: dict
  sample: {"identity": "microsoft.exchange", "application_id": "00000002-0000-0ff1-ce00-000000000000"}
partner_application:
  description:
    - The partner application as it is now, in check mode as it would be; V(null) where it is absent.
    - In check mode an object that is yet to be made has what the task sets; what only the farm can tell is V(null).
  returned: success
  type: dict
  contains:
    identity:
      description: The name.
      type: str
      sample: microsoft.exchange
    name:
      description: The name as a property of its own; V(null) where it is empty.
      type: str
    application_id:
      description: The application's identifier; V(null) where it is empty.
      type: str
      sample: 00000002-0000-0ff1-ce00-000000000000
    realm:
      description: The application's realm; V(null) where it is empty.
      type: str
    trust_level:
      description: V(Full), V(Application) or V(User); V(null) where it is empty.
      type: str
      sample: Full
    enabled:
      description: Whether it may talk to the farm; V(null) where the farm does not tell it.
      type: bool
    accept_security_identifier_information:
      description: Whether security identifiers in tokens are accepted; V(null) where the farm does not tell it.
      type: bool
    use_oauth_server:
      description: Whether its tokens come from the OAuth server.
      type: bool
    metadata_url:
      description: Where its metadata is; V(null) where its tokens are checked in another way.
      type: str
    auth_token:
      description: The .NET type that tells how its tokens are checked; V(null) where the farm does not tell it.
      type: str
    certificate:
      description: Its certificate, base64 of DER, where it is kept with it; V(null) where its tokens are checked in another way.
      type: str
"""
