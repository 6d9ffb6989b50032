#!/usr/bin/env bash
# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The playbook tests on every ansible-core there is from the oldest supported one on, each on the newest Python that it supports and that is
# here. One that is coming is tested too; what fails there is said, and fails nothing. tests/support/cores.py asks PyPI what there is.
# CORES="2.17 newest coming" tests/cores.sh names some of them. python3 -m tests.support.cores --readme writes the outcome into README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
plan=$("${PYTHON:-python3}" -m tests.support.cores ${CORES:-})
needed=$(cat requirements.txt tests/requirements-run.txt tests/lab/requirements.txt tests/requirements-build.txt | cksum | cut -d ' ' -f 1)
# The report says whether it is of all the playbook tests, for the table in README.md.
name=pytest
[ -z "${TESTS:-}${ONLY:-}" ] || name=choice
outcome=0
said=()
mkdir -p .cache/cores
set_up() { # RELEASE PYTHON PROGRAM: the folder of its environment has a file ready afterwards
  local folder=.cache/core-$1-$2-$needed
  [ ! -e "$folder/ready" ] || return 0
  echo "setting up ansible-core $1 on Python $2"
  "$3" -m venv "$folder" &&
    "$folder/bin/python" -m pip install -q --disable-pip-version-check "ansible-core==$1" -r requirements.txt -r tests/requirements-run.txt &&
    touch "$folder/ready"
}
export -f set_up
export needed
on_one() { # RELEASE PYTHON: 0 where all passed
  local folder=.cache/core-$1-$2-$needed
  [ -e "$folder/ready" ] || return
  echo "playbook tests on $("$folder/bin/ansible" --version | head -1), $("$folder/bin/python" --version)"
  make -s .cache/dev/ansible_collections/sfb/hybrid_auth || return
  "$folder/bin/python" -m pytest -n 2 --dist worksteal --junit-xml ".cache/cores/$1-$2.xml" \
    -o "junit_suite_name=$name" ${TESTS:-tests/integration} ${ONLY:+-k "$ONLY"} </dev/null
}
# Setting up one takes one core of this machine, so two are set up at once.
while IFS=$'\t' read -r release python kind program; do
  [ -z "$program" ] || printf '%s\0' "$release" "$python" "$program"
done <<<"$plan" | xargs -0 -r -n 3 -P 2 bash -c 'set_up "$@"' set_up || true
while IFS=$'\t' read -r release python kind program; do
  if [ -z "$program" ]; then
    verdict="not tested, since none of the Pythons that it supports is here"
    passed=false
  elif on_one "$release" "$python"; then
    verdict=passed
    passed=true
  else
    verdict=failed
    passed=false
  fi
  said+=("ansible-core $release, Python $python: $verdict$([ "$kind" = released ] || echo " (not released yet, so it decides nothing)")")
  "$passed" || [ "$kind" != released ] || outcome=1
done <<<"$plan"
printf '%s\n' "${said[@]}"
exit $outcome
