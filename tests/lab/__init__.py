# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated hybrid: Front Ends, Entra ID and Graph that real clients cannot tell from real ones."""

from .lab import Lab, engine_path

__all__ = ["Lab", "engine_path"]
