# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by every script: where things are, and how we speak.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Precompiled headers would otherwise make ccache miss every time.
export CCACHE_SLOPPINESS=pch_defines,time_macros
export PIP_DISABLE_PIP_VERSION_CHECK=1 NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false
export NPM_CONFIG_UPDATE_NOTIFIER=false

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '%s\n' "$1" >&2; exit "${2:-1}"; }

# unchanged STAMP PATH...: whether the files there are those of the last `stamp STAMP PATH...`.
fingerprint() {
  find "$@" \( -name node_modules -o -name dist \) -prune -o -type f -print0 |
    sort -z | xargs -0 -r sha256sum | sha256sum
}
unchanged() { [ -e "$1" ] && [ "$(cat "$1")" = "$(fingerprint "${@:2}")" ]; }
stamp() { mkdir -p "$(dirname "$1")" && fingerprint "${@:2}" >"$1"; }

# npm_packages FOLDER: installs what FOLDER's lock file names, unless that is what is there.
npm_packages() {
  if unchanged "$1/node_modules/stamp" "$1/package-lock.json"; then return; fi
  say "Installing $1/package-lock.json"
  (cd "$1" && npm ci --no-progress --loglevel=error >&2)
  stamp "$1/node_modules/stamp" "$1/package-lock.json"
}

# use_node: from here on, node and npm are those of scripts/node. Under Debian's Node 18, npm leaves
# out the optional packages that ask for a newer one, and with them the console's bundler.
use_node() {
  npm_packages scripts/node
  PATH=$PWD/scripts/node/node_modules/.bin:$PATH
}

# build PRESET [TARGET...]
build() {
  local folder=build/$1
  npm_packages vocabularies || return
  if [ ! -e "$folder/build.ninja" ]; then
    say "Configuring $folder"
    cmake --preset "$1" >/dev/null || return
  fi
  cmake --build "$folder" --parallel "${TOLLGATE_JOBS:-2}" --target "${@:2}"
}
