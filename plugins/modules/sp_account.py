# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sp_account
short_description: Enable or disable a service principal
version_added: 0.1.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Sets whether a service principal is enabled. The documented procedure enables the one of Exchange Online.
  - Needs the Microsoft Graph permission C(Application.ReadWrite.All).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.graph
options:
  app_id:
    description:
      - The application id of the service principal.
    type: str
    default: 00000002-0000-0ff1-ce00-000000000000
  enabled:
    description:
      - Whether it is to be enabled.
    type: bool
    default: true
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.sp_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
  wait_timeout:
    description:
      - How many seconds to wait after a change until the directory shows it several times in a row.
    type: int
    default: 120
seealso:
  - module: sfb.hybrid_auth.sp_info
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
"""

EXAMPLES = r"""
- name: Enable Exchange Online
  sfb.hybrid_auth.sp_account:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
"""

RETURN = r"""
service_principals:
  description:
    - The service principals as they are now, in the shape that M(sfb.hybrid_auth.sp_info) returns; in check mode as they would be.
  returned: success
  type: list
  elements: dict
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample: ["enable service principal 00000002-0000-0ff1-ce00-000000000000"]
"""
