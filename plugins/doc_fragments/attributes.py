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
"""

    # The attributes of the module that writes a report.
    REPORT = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Writes the files in check mode too. Check mode protects the farm and the tenant, which this module does not touch, and an audit,
        may run in check mode, would otherwise leave nothing behind.
      - It never reports a change, so that the recap of an audit counts only what changed in the systems. Where the new files are to
        notify a handler, give the task C(changed_when=true).
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details: The files hold the time at which they were made, so each run writes other ones.
  idempotent:
    description: When run twice in a row with the same options and nothing else changed, the second run changes nothing.
    support: full
    details: It replaces its own files and changes nothing else.
  action:
    description: Runs on the controller as an action plugin.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
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
"""
