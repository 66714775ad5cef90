#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The clients and upstreams that the black-box tests use, at the versions written down in tests/:
# two Pythons' packages (openai's newest, and 0.28.1 of the tutorials) and npm's.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# venv FOLDER REQUIREMENTS
venv() {
  if unchanged "$1/stamp" "$2"; then return; fi
  say "Installing $2"
  rm -rf "$1"
  /usr/bin/python3 -m venv "$1"
  "$1/bin/pip" install --quiet --require-virtualenv --requirement "$2"
  stamp "$1/stamp" "$2"
}
venv build/venv tests/requirements.txt
venv build/venv-0.28 tests/requirements-0.28.txt

use_node
npm_packages tests/node
