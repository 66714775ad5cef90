#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the console (web/dist), which the binary embeds; does nothing while web/ is unchanged.
set -euo pipefail
source "$(dirname "$0")/common.sh"

if [ -d web/dist ] && unchanged build/console.stamp web; then exit 0; fi
say "Building the console"
use_node
npm_packages web
npm --prefix web run --silent build >&2
stamp build/console.stamp web
