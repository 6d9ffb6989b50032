# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What a module that reads takes; the argument spec is OBSERVE in plugin_utils/_task/arguments.py.
    DOCUMENTATION = r"""
options:
  observe:
    description:
      - Whether to return, beside the result, how the task went and the shape of what was answered, without values, as
        M(sfb.hybrid_auth.trust_support) takes it. Nothing more is read for it.
    type: bool
    default: false
"""
