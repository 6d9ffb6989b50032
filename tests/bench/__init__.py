# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import sys

from tests.support.play import DEVELOPMENT

# Where the working tree is a collection, whose modules run here beside other clients.
if str(DEVELOPMENT) not in sys.path:
    sys.path.insert(0, str(DEVELOPMENT))
