#!/usr/bin/env bash
# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the site of the installed collection in a folder: build.sh FOLDER. Run by `make docs`; a warning is an error.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
site=$1
antsibull-docs sphinx-init --use-current --fail-on-error --dest-dir "$site" --sphinx-theme sphinx_rtd_theme \
    --index-rst-source "$here/index.rst" --title sfb.hybrid_auth --project sfb.hybrid_auth \
    --copyright "the sfb.hybrid_auth contributors" sfb.hybrid_auth >"$site/../log"
tail -n +4 "$here/conf.py" >>"$site/conf.py"
"$site/build.sh" >>"$site/../log" 2>&1 || { cat "$site/../log"; exit 1; }
