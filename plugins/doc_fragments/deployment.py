# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What every decision over a whole deployment takes; the argument spec is DEPLOYMENT in plugin_utils/_trust/registered.py.
    DOCUMENTATION = r"""
options:
  settings:
    description:
      - The key RV(sfb.hybrid_auth.trust_settings#module:settings) of a registered result of M(sfb.hybrid_auth.trust_settings).
    type: dict
  members:
    description:
      - The entry of the deployment in RV(sfb.hybrid_auth.trust_servers#module:deployments).
      - Says which hosts of the play are the deployment's servers.
    type: dict
  readings:
    description:
      - The name of the variable under which each of the O(members) registered its result of M(sfb.hybrid_auth.onprem_info). A server that
        failed or could not be reached is an obstacle.
    type: str
    default: _trust_read
  neighbours:
    description:
      - The name of the variable under which the first of the O(members) has the result of M(sfb.hybrid_auth.trust_servers) with
        RV(sfb.hybrid_auth.trust_servers#module:known). It says which key credentials and names are those of other deployments of the
        tenant.
      - Without it no other deployment is known.
    type: str
    default: _trust_neighbours
  obstacles:
    description:
      - Whether the task fails where there are obstacles (V(fail)), with all of them in its message, or only tells them (V(return)).
      - A removal and a roll cannot be planned where the first server or the tenant was not read, so that fails with both.
      - A deployment of which servers come in a later batch of a play with C(serial), or are not in the inventory although
        C(trust_front_ends) names them, is an obstacle for what writes, so for M(sfb.hybrid_auth.trust_plan) only with V(fail).
    type: str
    choices:
      - fail
      - return
    default: return
"""
