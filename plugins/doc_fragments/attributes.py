# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The attributes of a module that writes.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row with the same options and nothing else changed, the second run changes nothing.
    support: full
  action:
    description: Runs on the controller as an action plugin.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: none
"""

    # The attributes of a module that only reads.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: This module reads and never changes anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details: This module reads and never changes anything.
  idempotent:
    description: When run twice in a row with the same options and nothing else changed, the second run changes nothing.
    support: full
  action:
    description: Runs on the controller as an action plugin.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: none
"""

    # The attributes of the module that writes a report.
    REPORT = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: partial
    details:
      - Writes the files in check mode too. Check mode protects the farm and the tenant, which this module does not touch, and an audit
        in check mode would otherwise leave nothing behind.
      - It never reports a change, so that the recap of an audit counts only what changed in the systems. Where the new files are to
        notify a handler, give the task C(changed_when=true).
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details: The files hold the time at which they were made, so each run writes other ones.
  idempotent:
    description: When run twice in a row with the same options and nothing else changed, the second run changes nothing.
    support: partial
    details: Each run replaces its own files, which hold the time at which they were made, and changes nothing else. It reports no change.
  action:
    description: Runs on the controller as an action plugin.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: none
"""

    # The attributes of the module that runs on the server.
    RUNNER = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: none
    details: It always runs, and calls what the request says.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  idempotent:
    description: When run twice in a row with the same options and nothing else changed, the second run changes nothing.
    support: N/A
    details: It depends on the request.
  action:
    description: Runs on the controller as an action plugin.
    support: none
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: none
"""

    # The attributes of a module that contacts no server.
    CONTROLLER = r"""
options: {}
attributes:
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
    details: It runs on the controller, whatever the inventory host is.
  connection:
    description: Uses the target's configured connection information to execute code on it.
    support: none
    details: No connection to the inventory host is made.
  become:
    description: Is usable alongside C(become) keywords.
    support: N/A
    details: It runs as the user who runs Ansible, also with C(become).
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: N/A
    details: It runs on the controller, also with C(delegate_to).
"""

    # The attributes of a module that works on a server.
    SERVER = r"""
options: {}
attributes:
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: windows
  connection:
    description: Uses the target's configured connection information to execute code on it.
    support: full
  become:
    description: Is usable alongside C(become) keywords.
    support: partial
    details: The method is C(runas). A restricted endpoint refuses it.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: partial
    details:
      - The cmdlets run on the host to which the task is delegated.
      - Messages bear the name of the inventory host, and so does the definition of a replaced object that is kept for a later run.
"""
