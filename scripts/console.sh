#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the console (web/dist), which the binary embeds, with its client made from the OpenAPI
# document; does nothing while neither has changed.
set -euo pipefail
source "$(dirname "$0")/common.sh"

parts=(web openapi scripts/openapi.py)
if [ -d web/dist ] && unchanged build/console.stamp "${parts[@]}"; then exit 0; fi
say "Building the console"
use_node
npm_packages web
npm_packages web/generator
npm --prefix web run --silent build >&2
stamp build/console.stamp "${parts[@]}"
