#!/usr/bin/env bash
# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The playbook tests on the oldest and the newest supported ansible-core, each on the newest Python that it supports and that is here.
# CORES="2.17 2.21" tests/cores.sh names others.
set -euo pipefail
cd "$(dirname "$0")/.."
# The newest Python of each ansible-core: https://docs.ansible.com/ansible/latest/reference_appendices/release_and_maintenance.html
declare -A newest=([2.17]=3.12 [2.18]=3.13 [2.19]=3.13 [2.20]=3.14 [2.21]=3.14)
python_at_most() { # 3.13 -> the newest interpreter from 3.10 to 3.13 that really runs
  local minor folder candidate
  for minor in $(seq "${1#3.}" -1 10); do
    for candidate in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python; do
      if "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        echo "$candidate"
        return
      fi
    done
  done
  echo "no Python from 3.10 to $1 was found" >&2
  return 1
}
for core in ${CORES:-2.17 2.21}; do
  python=$(python_at_most "${newest[$core]}")
  folder=.cache/core-$core
  if [ ! -e "$folder/ready" ]; then
    echo "setting up ansible-core $core on $("$python" --version)"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install -q --disable-pip-version-check "ansible-core~=$core.0" -r requirements.txt -r tests/requirements-run.txt
    touch "$folder/ready"
  fi
  echo "playbook tests on $("$folder/bin/ansible" --version | head -1), $("$folder/bin/python" --version)"
  make -s .cache/dev/ansible_collections/sfb/hybrid_auth
  "$folder/bin/python" -m pytest -n 2 --dist worksteal ${TESTS:-tests/integration} ${ONLY:+-k "$ONLY"}
done
