#!/bin/sh
# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/python.sh PYTHON: end at once where that is no Python that runs what is here. It must run where no such Python is.
python=${1:-python3}
if ! version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null); then
  echo "Python 3.10 or newer is needed, and $python does not run. Name another one, such as PYTHON=python3.12." >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  echo "Python 3.10 or newer is needed, and $python is Python $version. Name another one, such as PYTHON=python3.12." >&2
  exit 1
fi
