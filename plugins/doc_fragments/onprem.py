# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What every on-premises module takes; the argument spec is ONPREM in plugin_utils/_arguments.py.
    DOCUMENTATION = r"""
options:
  management_modules:
    description:
      - Names of the PowerShell modules with the management cmdlets. The first that can be imported is used. A path is refused, since
        what lies there would run with the account's rights.
    type: list
    elements: str
    default:
      - SkypeForBusiness
      - Lync
  endpoint:
    description:
      - Whether PowerShell may run scripts on the inventory host (V(full)), or single cmdlets only (V(restricted)), as through the
        remote PowerShell of Skype for Business, C(https://<front end>/OcsPowershell). There the same cmdlets are called one by one,
        without any script and without a second hop, as far as the RBAC roles of the account expose them.
      - V(auto) means V(restricted) where the connection is P(ansible.builtin.psrp#connection) and its path or its configuration is not
        the default one.
      - O(management_modules) does not matter to a restricted endpoint, and C(become) cannot be used there.
    type: str
    choices:
      - auto
      - full
      - restricted
    default: auto
attributes:
  action_group:
    description: Use C(group/sfb.hybrid_auth.onprem) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - sfb.hybrid_auth.onprem
requirements:
  - Windows PowerShell 5.1 and the Skype for Business Server or Lync Server 2013 management tools on the inventory host
  - The Python packages of the collection's C(requirements.txt) on the controller; those of C(requirements-psrp.txt) where the connection is
    P(ansible.builtin.psrp#connection), and those of C(requirements-kerberos.txt) where it signs in with Kerberos
notes:
  - The inventory host is a Front End, or another domain-joined server with the management tools, reached over WinRM, PSRP or SSH.
  - The Central Management Store and Active Directory are a second hop from the server. Use CredSSP, Kerberos with
    delegation, or C(become) with C(runas).
  - Writing needs membership in the group C(RTCUniversalServerAdmins), reading in C(RTCUniversalReadOnlyAdmins).
"""
