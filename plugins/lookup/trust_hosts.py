# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trust_hosts
short_description: The host pattern of a play, which fails where it matches no host
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - ansible-core ends a play that matches no host with success, so a misspelt group would look like a farm that is in order. A play whose
    C(hosts) is this lookup fails instead, also where C(--limit) leaves no host of the pattern.
  - So it does where one of several patterns is neither a group nor matches a host, since those servers would be missing without a word.
    Patterns that narrow, with C(!) or C(&), may match none.
  - The playbooks of this collection use it. C(--syntax-check), which needs no inventory, passes.
options:
  _terms:
    description:
      - Host patterns as C(hosts) of a play takes them. Where none is given, or nothing but blanks and nulls, it is C(front_ends).
    type: list
    elements: str
seealso:
  - name: Patterns
    description: What a host pattern may be.
    link: https://docs.ansible.com/ansible/latest/inventory_guide/intro_patterns.html
"""

EXAMPLES = r"""
- name: Audit the Front Ends, or fail where there are none
  hosts: "{{ lookup('sfb.hybrid_auth.trust_hosts', 'front_ends,!decommissioned') }}"
  gather_facts: false
  strategy: linear
  tasks:
    - name: Compare the farm and the tenant with the documented state
      ansible.builtin.import_role:
        name: sfb.hybrid_auth.trust
        tasks_from: audit
"""

RETURN = r"""
_raw:
  description: The host patterns, as given.
  type: list
  elements: str
  sample:
    - front_ends
    - "!decommissioned"
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import matching, patterns, unknown


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core ships no types
    """Gives the patterns back where they match a host."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **_kwargs: Any) -> list[str]:
        found = patterns([item for term in terms for item in (term if isinstance(term, list) else [term])])
        given = variables or {}
        if context.CLIARGS.get("syntax"):
            return found
        groups, pattern = given.get("groups", {}), ",".join(found)
        everywhere = matching(groups, found, self._loader)
        strange = unknown(groups, found, self._loader)
        if everywhere and strange:
            raise AnsibleLookupError(
                f"{', '.join(strange)} of the host pattern {pattern} matches no host of the inventory. Nothing was contacted. "
                "Correct it or leave it out, and look with ansible-inventory --graph."
            )
        if everywhere and matching(groups, found, self._loader, given.get("ansible_limit")):
            return found
        if everywhere:
            some = ", ".join([*everywhere[:3], *(["..."] if len(everywhere) > 3 else [])])
            raise AnsibleLookupError(
                f"The host pattern {pattern} matches hosts of the inventory ({some}), but --limit {given['ansible_limit']} leaves none. "
                "Nothing was contacted. Correct --limit, or leave it out."
            )
        raise AnsibleLookupError(
            f"The host pattern {pattern} matches no host of the inventory. Nothing was contacted. "
            "Put the Front Ends into the group front_ends, or name their group, hosts or pattern with -e trust_hosts=..., "
            "and look with ansible-inventory --graph."
        )
